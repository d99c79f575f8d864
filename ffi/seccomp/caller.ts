/** A program whose calls are intercepted, for tests: caller.c, and a source at its listener. */

import { ok } from "node:assert/strict";
import { close } from "../libc.ts";
import { Event } from "../protocol.ts";
import type { Ask, CallEvent, CallHandler, CallSteps, Wait } from "./call.ts";
import { ENDS } from "./counts.ts";
import { pidfdGetfd, pidfdOpen } from "./procfs.ts";
import { type SeccompOptions, type SeccompParts, SeccompSource } from "./source.ts";

/** False where caller.c cannot be made and run. */
export const hasCaller: boolean = Deno.build.arch === "x86_64" &&
  await new Deno.Command("gcc", { args: ["--version"], stdout: "null" }).output().then(
    () => true,
    () => false,
  );

let program: Promise<string> | undefined;

/** Compiles caller.c once; the file goes with the test process. */
function compiled(): Promise<string> {
  return program ??= (async () => {
    const dir = await Deno.makeTempDir({ prefix: "snet-caller-" });
    addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
    const source = new URL("./caller.c", import.meta.url).pathname;
    const args = ["-O1", "-pthread", "-o", `${dir}/caller`, source];
    const { success, stderr } = await new Deno.Command("gcc", { args }).output();
    ok(success, new TextDecoder().decode(stderr));
    return `${dir}/caller`;
  })();
}

/** How a caller and its source are set up; what is absent is usual. */
export interface CallerOptions extends Partial<SeccompOptions>, Omit<SeccompParts, "calls"> {
  /** What its calls do; the last of a script is usually {@linkcode LAST}. */
  readonly calls: Readonly<Record<number, CallHandler>>;
}

/** A call that ends {@linkcode Caller.serve}. */
export const LAST = 1999;

/** The program, stopped before the first word of its script. */
export class Caller implements AsyncDisposable {
  /** Cancelled questions, as `id cause`. */
  readonly cancelled: string[] = [];
  /** Ids and errnos of refused answers. */
  readonly refused: string[] = [];
  #isLast = false;

  private constructor(
    readonly source: SeccompSource,
    readonly pid: number,
    readonly process: Deno.ChildProcess,
    readonly text: Promise<string>,
  ) {}

  /** Starts caller.c with the words of its script. */
  static async start(script: readonly string[], options: CallerOptions): Promise<Caller> {
    const { waitKillable = true, calls, ...parts } = options;
    const args = [waitKillable ? "killable" : "interruptible", ...script];
    const command = new Deno.Command(await compiled(), { args, stdin: "piped", stdout: "piped" });
    const process = command.spawn();
    const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const first = (await lines.read()).value!;
    const pidfd = pidfdOpen(process.pid, 0);
    const listener = pidfdGetfd(pidfd, parseInt(first));
    close(pidfd);
    ok(listener >= 0, `no listener: ${first}`);
    // deno-lint-ignore prefer-const
    let caller: Caller;
    const handlers = new Map(Object.entries(calls).map(([number, handler]) => [Number(number), handler]));
    // deno-lint-ignore require-yield
    handlers.set(LAST, function* () {
      caller.#isLast = true;
      return 0;
    });
    const source = new SeccompSource({
      events: ["snet.connect", "snet.post_accept"],
      sendAll: false,
      payload: 0,
      delay: 20_000,
      ...options,
      listener,
      waitKillable,
    }, { ...parts, calls: handlers });
    const rest = (async () => {
      let text = "";
      for (let read = await lines.read(); !read.done; read = await lines.read()) text += read.value;
      return text;
    })();
    caller = new Caller(source, process.pid, process, rest);
    const input = process.stdin.getWriter();
    await input.write(Uint8Array.of(0));
    input.releaseLock();
    return caller;
  }

  /** Serves until `until` holds, by default until {@linkcode LAST}; looks at that after each receive. */
  serve(
    onEvent: Parameters<SeccompSource["receive"]>[0] = () => {},
    until: () => boolean = () => this.#isLast && !this.source.pending,
  ): void {
    while (!until()) {
      ok(!this.source.ended, "the program has ended too early");
      this.source.receive(
        onEvent,
        (id, cause) => this.cancelled.push(`${id} ${cause}`),
        (id, errno) => this.refused.push(`${id} ${errno}`),
        true,
      );
      // At any moment, each call that was received has ended once or waits.
      const { counts } = this.source;
      const ended = ENDS.reduce((sum, end) => sum + counts[end], 0);
      ok(counts.received === ended + counts.waiting, JSON.stringify(counts));
    }
  }

  /** What the calls of the script returned: `NR result errno`, each without the lines of LAST. */
  async results(): Promise<string[]> {
    await this.process.status;
    return (await this.text).split("\n").filter((line) => line !== "" && !line.startsWith(`${LAST} `));
  }

  /** Counters that are not 0, without those of LAST. */
  get counts(): Record<string, number> {
    const { counts } = this.source;
    const last = this.#isLast ? 1 : 0;
    const own = { ...counts, received: counts.received - last, carriedOut: counts.carriedOut - last };
    return Object.fromEntries(Object.entries(own).filter(([, count]) => count !== 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.source.close();
    try {
      this.process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.process.stdin.close().catch(() => {});
    await this.process.status;
    await this.text;
  }
}

/** A question as a handler yields it. */
export function ask(parts: Partial<CallEvent> = {}, interrupted?: number): Ask {
  return {
    step: "ask",
    interrupted,
    event: {
      event: Event.SnetConnect,
      flags: 0,
      family: 2,
      type: 1,
      protocol: 6,
      cookie: undefined,
      local: undefined,
      remote: undefined,
      backlog: undefined,
      how: undefined,
      messageFlags: undefined,
      length: undefined,
      payload: undefined,
      ...parts,
    },
  };
}

/** A wait as a handler yields it. */
export function wait(fd: number, events: number, timeout = -1, interrupted?: number): Wait {
  return { step: "wait", fd, events, timeout, interrupted };
}

/** Asks, and returns 5 where that is allowed. */
export function* asking(): CallSteps {
  return -(yield ask()) || 5;
}
