/** Processes that answer questions over the control socket: people.py. */

import { readProcess } from "../../core/process_tree.ts";

const SCRIPT = new URL("people.py", import.meta.url).pathname;

/** From which process an answer comes; see people.py. */
export type Descent = "self" | "child" | "orphan" | "sibling" | "heir" | "traced";

/** A process that answers when it is told to. Disposing of it ends it. */
export class Person implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#lines = linesOf(child.stdout);
  }

  /** Starts one that will use the socket; as another user if `uid` is given, which takes root. */
  static async start(socket: string, uid?: number): Promise<Person> {
    const child = new Deno.Command("/usr/bin/python3", {
      args: [SCRIPT, socket],
      ...{ stdin: "piped", stdout: "piped", stderr: "inherit", cwd: "/", env: { HOME: "/" } },
      ...(uid !== undefined && { uid, gid: uid }),
    }).spawn();
    const person = new Person(child);
    const { value } = await person.#lines.next();
    if (value !== "ready") throw new Error(`people.py said "${value}"`);
    return person;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Ticks since boot. */
  get startTime(): bigint {
    return readProcess(this.pid)!.startTime;
  }

  /** Answers a question from a process of that descent: status of the reply, and why it was refused. */
  async answer(how: Descent, id: string): Promise<{ readonly status: number; readonly error: string }> {
    await this.#input.write(new TextEncoder().encode(`${how} ${id}\n`));
    const { value } = await this.#lines.next();
    const [, status, error] = /^(\d+) (.*)$/.exec(value ?? "")!;
    return { status: Number(status), error: error! };
  }

  /** Begins to connect to a port of 127.0.0.1; what becomes of that, nobody hears. */
  async connect(port: number): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`connect ${port}\n`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#child.status;
    while (!(await this.#lines.next()).done);
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (
    const text of stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
  ) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
