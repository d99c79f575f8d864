/** A pseudo-terminal with a command of snet, or a shell that starts it, and a daemon to ask; the test types and looks. */

import { PollSet, Terminal, type TerminalSettings } from "../../ffi/mod.ts";
import { PseudoTerminal } from "../../ffi/pseudo_terminal.ts";
import { Screen } from "./screen.ts";

const MAIN = new URL("../../core/main.ts", import.meta.url).pathname;

/** What the stage is set with. */
export interface CommandStageOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The control socket of a daemon that runs; without it, the test plays one. */
  readonly socket?: string;
  /** Words behind the command. */
  readonly words?: readonly string[];
  /** A shell at the terminal, in which the test itself starts {@linkcode CommandStage.command}. */
  readonly shell?: readonly string[];
}

/** `Desk` plays the daemon. */
export class CommandStage<Desk extends AsyncDisposable> implements AsyncDisposable {
  readonly pty = new PseudoTerminal();
  readonly screen: Screen;
  /** All that was written. */
  raw = "";
  /** Starts the command, as words of a shell. */
  readonly command: string;
  /** How the process at the head of the session has ended. */
  readonly status: Promise<Deno.CommandStatus>;
  readonly folder = Deno.makeTempDirSync({ prefix: "snet-stage-" });
  readonly socket: string;
  readonly #play: (socket: string) => Desk;
  #desk: Desk | undefined;
  readonly #leader: Deno.ChildProcess;

  constructor(
    command: string,
    play: (socket: string) => Desk,
    { columns = 80, rows = 24, env = {}, words = [], shell, socket }: CommandStageOptions = {},
  ) {
    this.screen = new Screen(columns, rows);
    this.pty.resize(columns, rows);
    this.socket = socket ?? `${this.folder}/snet.sock`;
    this.#play = play;
    if (socket === undefined) this.startDaemon();
    const snet = [Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all", MAIN, command];
    const whole = [...snet, "--socket", this.socket, ...words];
    this.command = whole.map((word) => `'${word}'`).join(" ");
    this.#leader = new Deno.Command("sh", {
      // The first terminal that a leader of a session gets is its controlling one.
      args: ["-c", `exec setsid --ctty "$@" <"$0" >"$0" 2>&1`, this.pty.path, ...shell ?? whole],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
        HOME: this.folder,
        DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME") ?? "/root"}/.cache/deno`,
        TERM: "xterm",
        PS1: "$ ",
        ...env,
      },
      stdin: "null",
    }).spawn();
    this.status = this.#leader.status;
  }

  /** The daemon. */
  get desk(): Desk {
    return this.#desk!;
  }

  /** The daemon ends; nothing answers at its socket. */
  async stopDaemon(): Promise<void> {
    await this.#desk![Symbol.asyncDispose]();
    await Deno.remove(this.socket).catch(() => {});
    this.#desk = undefined;
  }

  /** Another daemon begins, which knows nothing of the one before. */
  startDaemon(): void {
    this.#desk = this.#play(this.socket);
  }

  type(text: string): void {
    this.pty.type(text);
  }

  resize(columns: number, rows: number): void {
    this.screen.columns = columns;
    this.screen.rows = rows;
    this.pty.resize(columns, rows);
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

  /** Types a key again and again until something comes of it: no answer is taken for what has only just come up. */
  async insist(key: string, what: string, holds: () => boolean): Promise<void> {
    let next = performance.now() + 700;
    await this.until(what, () => {
      if (holds()) return true;
      if (performance.now() >= next) {
        next = performance.now() + 700;
        this.type(key);
      }
      this.look();
      return false;
    });
  }

  /** The terminal's settings, to the bit. */
  settings(): TerminalSettings {
    const terminal = Terminal.open(this.pty.path);
    if (typeof terminal === "number") throw new Error(`Cannot open ${this.pty.path}: errno ${terminal}`);
    using _open = terminal;
    const settings = terminal.settings();
    if (typeof settings === "number") throw new Error(`errno ${settings}`);
    return settings;
  }

  /** Whether everything that was typed has been read. */
  isTaken(): boolean {
    const terminal = Terminal.open(this.pty.path);
    if (typeof terminal === "number") throw new Error(`Cannot open ${this.pty.path}: errno ${terminal}`);
    using open = terminal;
    const poll = new PollSet([{ fd: open.fd }]);
    return poll.wait(0) === 0;
  }

  /** The process at the head of the session. */
  get leader(): number {
    return this.#leader.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Hanging up ends whoever is at the terminal.
    this.pty[Symbol.dispose]();
    const timer = setTimeout(() => this.#leader.kill("SIGKILL"), 5000);
    await this.status;
    clearTimeout(timer);
    await this.#desk?.[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}
