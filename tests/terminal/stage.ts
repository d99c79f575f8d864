/** A pseudo-terminal with a fixture, or a shell that starts one, at it; the test types and looks. */

import { PseudoTerminal } from "../../ffi/pseudo_terminal.ts";
import { Terminal, type TerminalSettings } from "../../ffi/mod.ts";
import type { Given, Wanted } from "./fixture.ts";
import { Screen } from "./screen.ts";

const FIXTURE = new URL("fixture.ts", import.meta.url).pathname;

/** What the stage is set with. */
export interface StageOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Words for the fixture behind its socket. */
  readonly words?: readonly string[];
  /** Words in front of the fixture. */
  readonly through?: readonly string[];
  /** A shell at the terminal, in which the test itself starts {@linkcode Stage.command}. */
  readonly shell?: readonly string[];
}

/** Everything that a test of questions needs. */
export class Stage implements AsyncDisposable {
  readonly pty = new PseudoTerminal();
  readonly screen: Screen;
  /** All that was written. */
  raw = "";
  /** Starts the fixture, as words of a shell. */
  readonly command: string;
  readonly #folder: string;
  readonly #listener: Deno.Listener;
  readonly #leader: Deno.ChildProcess;
  #connection: Deno.Conn | undefined;
  readonly #given: Given[] = [];
  #number = 0;

  private constructor({ columns = 80, rows = 24, env = {}, words = [], through = [], shell }: StageOptions) {
    this.screen = new Screen(columns, rows);
    this.pty.resize(columns, rows);
    this.#folder = Deno.makeTempDirSync({ prefix: "snet-terminal-" });
    const socket = `${this.#folder}/socket`;
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
    this.command = fixture.map((word) => `'${word}'`).join(" ");
    this.#leader = new Deno.Command("sh", {
      // The first terminal that a leader of a session gets is its controlling one.
      args: [
        "-c",
        `exec setsid --ctty "$@" <"$0" >"$0" 2>&1`,
        this.pty.path,
        ...shell ?? [...through, ...fixture],
      ],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
        HOME: this.#folder,
        TERM: "xterm",
        PS1: "$ ",
        ...env,
      },
      stdin: "null",
    }).spawn();
  }

  /** Sets the stage, and waits for the fixture unless the test starts it. */
  static async set(options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(options);
    if (options.shell === undefined) await stage.started();
    return stage;
  }

  /** Waits until the fixture takes questions. */
  async started(): Promise<void> {
    const ended = this.#leader.status.then(({ code }) => {
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

  type(text: string): void {
    this.pty.type(text);
  }

  /** What is on the screen now. */
  look(): string {
    const written = this.pty.written();
    this.raw += written;
    this.screen.write(written);
    return this.screen.text;
  }

  /** Waits until the screen shows something. */
  async see(text: string | RegExp): Promise<void> {
    await this.until(`"${text}" is seen`, () => {
      const screen = this.look();
      return typeof text === "string" ? screen.includes(text) : text.test(screen);
    });
  }

  /** Waits until something holds. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (!holds()) {
      if (performance.now() > deadline) {
        throw new Error(`not within 20 s: ${what}; the screen:\n${this.look()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** The terminal's settings, to the bit. */
  settings(): TerminalSettings {
    const terminal = this.#terminal();
    try {
      const settings = terminal.settings();
      if (typeof settings === "number") throw new Error(`errno ${settings}`);
      return settings;
    } finally {
      terminal.close();
    }
  }

  #terminal(): Terminal {
    const terminal = Terminal.open(this.pty.path);
    if (typeof terminal === "number") throw new Error(`Cannot open ${this.pty.path}: errno ${terminal}`);
    return terminal;
  }

  /** The process at the head of the session. */
  get leader(): number {
    return this.#leader.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection?.close();
    this.#listener.close();
    // Hanging up ends whoever is at the terminal.
    this.pty[Symbol.dispose]();
    const timer = setTimeout(() => this.#leader.kill("SIGKILL"), 5000);
    await this.#leader.status;
    clearTimeout(timer);
    await Deno.remove(this.#folder, { recursive: true });
  }
}
