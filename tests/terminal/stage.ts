/** A terminal with a fixture, or a shell that starts one, at it. */

import type { Given, Wanted } from "./fixture.ts";
import { shellWords, type TerminalOptions, TerminalStage } from "./terminal_stage.ts";

const FIXTURE = new URL("fixture.ts", import.meta.url).pathname;

/** What the stage is set with. */
export interface StageOptions extends TerminalOptions {
  /** Words for the fixture behind its socket. */
  readonly words?: readonly string[];
  /** Words in front of the fixture. */
  readonly through?: readonly string[];
  /** A shell at the terminal, in which the test itself starts {@linkcode Stage.command}. */
  readonly shell?: readonly string[];
}

/** Everything that a test of questions needs. */
export class Stage extends TerminalStage {
  /** Starts the fixture, as words of a shell. */
  readonly command: string;
  readonly #listener: Deno.Listener;
  #connection: Deno.Conn | undefined;
  readonly #given: Given[] = [];
  #number = 0;

  private constructor({ words = [], through = [], shell, ...terminal }: StageOptions) {
    super(terminal);
    const socket = `${this.folder}/socket`;
    this.#listener = Deno.listen({ transport: "unix", path: socket });
    const fixture = [
      Deno.execPath(),
      "run",
      "--quiet",
      "--no-check",
      "--allow-all",
      FIXTURE,
      socket,
      ...words,
    ];
    this.command = shellWords(fixture);
    this.start(shell ?? [...through, ...fixture]);
  }

  /** Sets the stage, and waits for the fixture unless the test starts it. */
  static async set(options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(options);
    if (options.shell === undefined) await stage.started();
    return stage;
  }

  /** Waits until the fixture takes questions. */
  async started(): Promise<void> {
    const ended = this.status.then(({ code }) => {
      throw new Error(`the fixture ended with ${code}; the screen:\n${this.look()}`);
    });
    // It ends after the test as well, when nobody minds any more.
    ended.catch(() => {});
    this.#connection = await Promise.race([this.#listener.accept(), ended]);
    this.#collect(this.#connection);
    await this.until("the fixture is ready", () => this.#given.some(({ number }) => number === 0));
  }

  async #collect(connection: Deno.Conn): Promise<void> {
    const decoder = new TextDecoder();
    const bytes = new Uint8Array(4096);
    let rest = "";
    // Closing the connection ends a read that waits with an error.
    for (let count; (count = await connection.read(bytes).catch(() => null)) !== null;) {
      const lines = (rest + decoder.decode(bytes.subarray(0, count), { stream: true })).split("\n");
      rest = lines.pop()!;
      this.#given.push(...lines.map((line) => JSON.parse(line)));
    }
  }

  /** Asks a question; gives its number. */
  async ask(wanted: Omit<Wanted, "number"> = {}): Promise<number> {
    const number = ++this.#number;
    await this.#send({ ...wanted, number });
    return number;
  }

  /** The call of a question is gone. */
  async cancel(number: number): Promise<void> {
    await this.#send({ number, cancel: true });
  }

  async #send(wanted: Wanted): Promise<void> {
    await this.#connection!.write(new TextEncoder().encode(`${JSON.stringify(wanted)}\n`));
  }

  /** What was answered to a question. */
  async answer(number: number): Promise<string | undefined> {
    await this.until(
      `question ${number} is answered`,
      () => this.#given.some((each) => each.number === number),
    );
    return this.#given.find((each) => each.number === number)!.action;
  }

  /** Whether a question has its answer already. */
  isAnswered(number: number): boolean {
    return this.#given.some((each) => each.number === number);
  }

  /** What `save` was told. */
  get saved(): readonly unknown[] {
    return this.#given.filter(({ saved }) => saved !== undefined).map(({ saved }) => saved);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#connection?.close();
    this.#listener.close();
    await super[Symbol.asyncDispose]();
  }
}
