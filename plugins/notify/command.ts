/** Runs commands one after the other, each within a time, with a bounded queue before them; nobody waits for them. */

/** One run. */
export interface Run {
  /** The program by its whole path, and its arguments; no shell. */
  readonly command: readonly string[];
  /** What it reads. */
  readonly input: string;
  /** Beside PATH and LANG; nothing of the daemon's own environment is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** As whom it runs; the daemon's own user if absent. */
  readonly uid?: number;
  readonly gid?: number;
}

export interface CommandRunnerOptions {
  /** Milliseconds that a run may take. */
  readonly limit: number;
  /** Runs that wait at most. */
  readonly queue: number;
  /** Hears why a run failed; not of a second failure in a row. */
  readonly onFailure: (message: string) => void;
  /** Runs a task after so many milliseconds, unless the returned function is called before. */
  readonly after?: (milliseconds: number, task: () => void) => () => void;
}

const ENV = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

export class CommandRunner {
  readonly counts = { succeeded: 0, failed: 0, killed: 0, dropped: 0 };
  readonly #options: Required<CommandRunnerOptions>;
  readonly #waiting: Run[] = [];
  #child: Deno.ChildProcess | undefined;
  #working: Promise<void> | undefined;
  #hasFailed = false;
  #isClosed = false;

  constructor(options: CommandRunnerOptions) {
    this.#options = { after: timer, ...options };
  }

  /** Settles when all that was asked for has ended. */
  get idle(): Promise<void> {
    return this.#working ?? Promise.resolve();
  }

  /** Runs it when those before it have ended; where too many wait it is dropped and counted. */
  run(run: Run): void {
    if (this.#isClosed) return;
    if (this.#waiting.length >= this.#options.queue) {
      this.counts.dropped++;
      return;
    }
    this.#waiting.push(run);
    this.#working ??= this.#work();
  }

  /** Kills what runs and forgets what waits. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
    this.#kill();
  }

  async #work(): Promise<void> {
    for (let run; (run = this.#waiting.shift()) !== undefined;) {
      const failure = await this.#one(run);
      if (failure === undefined) this.counts.succeeded++;
      else if (!this.#hasFailed && !this.#isClosed) this.#options.onFailure(`${run.command[0]} ${failure}`);
      this.#hasFailed = failure !== undefined;
    }
    this.#working = undefined;
  }

  /** What went wrong; undefined where nothing did. */
  async #one({ command, input, env, uid, gid }: Run): Promise<string | undefined> {
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command(command[0]!, {
        ...{ args: command.slice(1), cwd: "/", clearEnv: true, env: { ...ENV, ...env } },
        ...(uid !== undefined && { uid }),
        ...(gid !== undefined && { gid }),
        ...{ stdin: "piped", stdout: "null", stderr: "null" },
        // With a process group of its own, so that what it has started ends with it.
        detached: true,
      }).spawn();
    } catch (error) {
      this.counts.failed++;
      return `cannot be run: ${(error as Error).message}`;
    }
    this.#child = child;
    let isLate = false;
    const stop = this.#options.after(this.#options.limit, () => {
      isLate = true;
      this.#kill();
    });
    // A command that does not read its input, or ends before, is none the worse for it.
    // Nobody waits for this: what a command leaves behind may hold its input, unread, for ever.
    new Response(input).body!.pipeTo(child.stdin).catch(() => {});
    const { code, signal } = await child.status;
    stop();
    this.#child = undefined;
    if (isLate) {
      this.counts.killed++;
      return `took longer than ${this.#options.limit} ms and was killed`;
    }
    if (code === 0) return undefined;
    this.counts.failed++;
    return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  }

  #kill(): void {
    if (this.#child === undefined) return;
    try {
      Deno.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

function timer(milliseconds: number, task: () => void): () => void {
  const id = setTimeout(task, milliseconds);
  return () => clearTimeout(id);
}
