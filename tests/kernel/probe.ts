/** The small programs of tests/kernel/probe, as tests start and watch them. */

import { within } from "./until.ts";

/** Where the compiled programs lie inside the test kernel (inside.ts puts them there). */
export const PROBES = "/run/probe";

/** How a program ended, and every line that it printed. */
export interface ProbeEnd {
  readonly code: number;
  readonly lines: readonly string[];
}

/** A program that runs. Disposing of it kills it. */
export class Probe implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #name: string;
  readonly #lines: string[] = [];
  #seen = 0;
  #wake = Promise.withResolvers<void>();
  readonly #reading: Promise<void>;
  #over = false;

  /** `program` is a name of tests/kernel/probe, or a path. */
  constructor(program: string, args: readonly string[]) {
    this.#name = [program, ...args].join(" ");
    const path = program.startsWith("/") ? program : `${PROBES}/${program}`;
    this.#child = new Deno.Command(path, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  get pid(): number {
    return this.#child.pid;
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      this.#lines.push(...lines);
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    }
    this.#over = true;
    this.#wake.resolve();
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    while (this.#seen >= this.#lines.length) {
      const printed = JSON.stringify(this.#lines);
      if (this.#over) throw new Error(`"${this.#name}" ended after ${printed}`);
      await within(`a line of "${this.#name}", which printed ${printed}`, this.#wake.promise);
    }
    return this.#lines[this.#seen++]!;
  }

  /** Lets a program that prints "ready" go on. */
  async go(): Promise<void> {
    const line = await this.line();
    if (line !== "ready") {
      throw new Error(`"${this.#name}" printed ${JSON.stringify(line)} where "ready" was due`);
    }
    await this.#input.write(new TextEncoder().encode("\n"));
  }

  signal(name: Deno.Signal): void {
    Deno.kill(this.pid, name);
  }

  /** Waits for its end. */
  async end(): Promise<ProbeEnd> {
    const { code } = await within(
      `the end of "${this.#name}", which printed ${JSON.stringify(this.#lines)}`,
      this.#child.status,
    );
    await within(`the end of the output of "${this.#name}"`, this.#reading);
    return { code, lines: this.#lines };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#child.status;
    await this.#input.close().catch(() => {});
  }
}

/** Starts a program and leaves it running. */
export function start(program: string, ...args: string[]): Probe {
  return new Probe(program, args);
}

/** Runs a program to its end; its lines. Throws where it does not end with 0. */
export async function run(program: string, ...args: string[]): Promise<readonly string[]> {
  await using probe = new Probe(program, args);
  const { code, lines } = await probe.end();
  if (code !== 0) {
    throw new Error(`${program} ${args.join(" ")} ended with ${code} after ${JSON.stringify(lines)}`);
  }
  return lines;
}

/** A UDP connect to `address`, on loopback's discard port if absent; what it gave, such as "0" or "EPERM". */
export async function connect(address = "127.0.0.1:9", ...before: string[]): Promise<string> {
  const lines = await run("call", ...before, "socket:inet:dgram", `connect:${address}`);
  return lines.at(-1)!.replace("connect ", "");
}
