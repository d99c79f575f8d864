/** A pseudo-terminal with a program at it, at the head of a session of its own; the test types and looks. */

import { PseudoTerminal } from "../../ffi/pseudo_terminal.ts";
import { Terminal, type TerminalSettings } from "../../ffi/mod.ts";
import { Screen } from "./screen.ts";

/** What the terminal is like, and the program's environment. */
export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** The terminal and the program. */
export class TerminalStage implements AsyncDisposable {
  readonly pty = new PseudoTerminal();
  readonly screen: Screen;
  /** All that was written. */
  raw = "";
  readonly folder: string = Deno.makeTempDirSync({ prefix: "snet-stage-" });
  readonly #env: Readonly<Record<string, string>>;
  #leader: Deno.ChildProcess | undefined;

  constructor({ columns = 80, rows = 24, env = {} }: TerminalOptions) {
    this.screen = new Screen(columns, rows);
    this.pty.resize(columns, rows);
    this.#env = env;
  }

  /** Starts the program, once; its home is the stage's folder. */
  protected start(words: readonly string[], env: Readonly<Record<string, string>> = {}): void {
    this.#leader = new Deno.Command("sh", {
      // The first terminal that a leader of a session gets is its controlling one.
      args: ["-c", `exec setsid --ctty "$@" <"$0" >"$0" 2>&1`, this.pty.path, ...words],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
        HOME: this.folder,
        TERM: "xterm",
        PS1: "$ ",
        ...env,
        ...this.#env,
      },
      stdin: "null",
    }).spawn();
  }

  /** The process at the head of the session. */
  get leader(): number {
    return this.#leader!.pid;
  }

  /** How it has ended. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#leader!.status;
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
    using terminal = this.open();
    const settings = terminal.settings();
    if (typeof settings === "number") throw new Error(`errno ${settings}`);
    return settings;
  }

  /** The terminal once more, to close. */
  protected open(): Terminal {
    const terminal = Terminal.open(this.pty.path);
    if (typeof terminal === "number") throw new Error(`Cannot open ${this.pty.path}: errno ${terminal}`);
    return terminal;
  }

  /** Hangs up, which ends whoever is at the terminal. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.pty[Symbol.dispose]();
    const timer = setTimeout(() => this.#leader?.kill("SIGKILL"), 5000);
    await this.#leader?.status;
    clearTimeout(timer);
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Words as a shell takes them. */
export function shellWords(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(" ");
}
