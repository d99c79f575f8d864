/** The stage of the demo: the daemon, its table of events, and programs that are run and watched. */

import { ControlClient } from "../../core/cli/client.ts";
import { painter, standardOutput } from "../../core/cli/terminal.ts";
import { printable } from "../../core/cli/text.ts";
import { type Observation, PATHS, type Stats, type Status } from "../../core/control/api.ts";
import { until } from "../kernel/until.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** The binary that is shown. */
export const SNET = `${ROOT}dist/snet`;

const paint = painter(standardOutput());

/** Says something between the rows of the table. */
export function say(text: string, tone?: Parameters<typeof paint>[0]): void {
  console.log(tone === undefined ? text : paint(tone, text));
}

/** A program that has ended. */
export interface Ended {
  readonly code: number;
  /** Both streams. */
  readonly text: string;
  /** Seconds from its start to its end. */
  readonly seconds: number;
}

/** Runs a program to its end. */
export async function run(
  command: string,
  args: readonly string[],
  cwd = `${ROOT}tests/demo`,
): Promise<Ended> {
  const started = performance.now();
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const text = (decoder.decode(stdout) + decoder.decode(stderr)).trim();
  return { code, text, seconds: (performance.now() - started) / 1000 };
}

/** Prints a command as a person would type it. */
export function prompt(words: readonly string[]): void {
  const [command = "", ...args] = words;
  say(`\n$ ${[command.slice(command.lastIndexOf("/") + 1), ...args].join(" ")}`, "strong");
}

/** Runs `snet` and lets its output be seen. Throws where it fails. */
export async function showSnet(...args: string[]): Promise<void> {
  prompt([SNET, ...args]);
  const { success } = await new Deno.Command(SNET, { args, stdin: "null" }).spawn().status;
  if (!success) throw new Error(`snet ${args.join(" ")} failed`);
}

/** A program that runs on; its lines as they come, `onLine` those of its standard output. */
export class Background implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;

  constructor(command: string, args: readonly string[], onLine: (line: string) => void = () => {}) {
    this.#child = new Deno.Command(command, {
      args: [...args],
      cwd: `${ROOT}tests/demo`,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>, onLine: (line: string) => void) => {
      let rest = "";
      for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!;
        for (const line of lines) {
          this.lines.push(line);
          onLine(line);
        }
      }
    };
    this.#reading = Promise.all([read(this.#child.stdout, onLine), read(this.#child.stderr, () => {})]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Waits for a line; throws with all lines where it does not come. */
  async said(pattern: RegExp, from = 0): Promise<string> {
    try {
      return await until(String(pattern), () => this.lines.slice(from).find((line) => pattern.test(line)));
    } catch (error) {
      throw new Error(`${(error as Error).message}; it said:\n${this.lines.join("\n")}`);
    }
  }

  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  /** Ends it by a signal; returns its exit code. */
  async end(name: Deno.Signal): Promise<number> {
    this.#child.kill(name);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGCONT");
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await this.#child.status;
    await this.#reading;
  }
}

/** The daemon with `snet watch` beside it, once for the eye and once for the checks. */
export class Stage implements AsyncDisposable {
  readonly seen: Observation[] = [];
  #rows = 0;
  readonly #client = new ControlClient();
  readonly #programs = new AsyncDisposableStack();

  private constructor(readonly daemon: Background) {}

  /** Starts the daemon, waits until it holds calls, and shows the head of the table. */
  static async open(): Promise<Stage> {
    const stage = new Stage(new Background(SNET, ["daemon", "--config", `${ROOT}tests/demo/snet.yaml`]));
    stage.#programs.use(stage.daemon);
    try {
      await until("the daemon's answer", () => stage.#status());
      const watch = (args: string[], onLine: (line: string) => void) =>
        stage.#programs.use(new Background(SNET, ["watch", ...args], onLine));
      watch(["--json"], (line) => stage.seen.push(JSON.parse(line)));
      watch([], (line) => {
        stage.#rows++;
        console.log(line);
      });
      await until("both observers", async () => (await stage.#status())?.observers === 2);
      await until("the head of the table", () => stage.#rows > 0);
      return stage;
    } catch (error) {
      const said = stage.daemon.lines.join("\n");
      await stage[Symbol.asyncDispose]();
      throw new Error(`${(error as Error).message}\nThe daemon said:\n${said}`);
    }
  }

  /**
   * The decision about an event by a rule, or for a cause without a rule (`default`, `late`), taken after `from` others.
   * Its row is on the screen then.
   */
  async decided(from: number, event: string, by: string): Promise<Observation> {
    const found = await until(
      `a decision about ${event} by ${by}`,
      () =>
        this.seen.slice(from).find((each) =>
          each.event.name === event && (each.cause === "verdict" ? each.rule?.name : each.cause) === by
        ),
    );
    // One row is the head.
    await until("its row", () => this.#rows > this.seen.indexOf(found) + 1);
    return found;
  }

  /** The kernel's counters. */
  async counters(): Promise<Stats["kernel"]> {
    return (await this.#client.get<Stats>(PATHS.stats)).kernel;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]();
    await this.#programs.disposeAsync();
  }

  async #status(): Promise<Status | undefined> {
    try {
      return await this.#client.get<Status>(PATHS.status);
    } catch {
      return undefined;
    }
  }
}

/** One thing that the demo promises, and whether it held. */
export interface Check {
  readonly promise: string;
  readonly held: boolean;
}

/** What was promised so far. */
export const checks: Check[] = [];

/** Notes a promise and says how it went. */
export function check(promise: string, held: boolean, found: string): void {
  checks.push({ promise, held });
  const line = `  ${held ? "✓" : "✗"} ${promise}`;
  say(held ? line : `${line}, but: ${printable(found)}`, held ? "good" : "bad");
}

/** Prints which promises held; true where all did. */
export function summary(): boolean {
  const held = checks.filter((each) => each.held).length;
  say(`\nSummary: ${held} of ${checks.length} promises held.`, "strong");
  for (const each of checks) say(`  ${each.held ? "✓" : "✗"} ${each.promise}`, each.held ? "good" : "bad");
  return held === checks.length;
}
