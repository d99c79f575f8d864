/** A terminal with a command of snet, or a shell that starts it, at it, and a daemon to ask. */

import { PollSet } from "../../ffi/mod.ts";
import { shellWords, type TerminalOptions, TerminalStage } from "./terminal_stage.ts";

const MAIN = new URL("../../core/main.ts", import.meta.url).pathname;

/** What the stage is set with. */
export interface CommandStageOptions extends TerminalOptions {
  /** The control socket of a daemon that runs; without it, the test plays one. */
  readonly socket?: string;
  /** Words behind the command. */
  readonly words?: readonly string[];
  /** A shell at the terminal, in which the test itself starts {@linkcode CommandStage.command}. */
  readonly shell?: readonly string[];
}

/** `Desk` plays the daemon. */
export class CommandStage<Desk extends AsyncDisposable> extends TerminalStage {
  /** Starts the command, as words of a shell. */
  readonly command: string;
  readonly socket: string;
  readonly #play: (socket: string) => Desk;
  #desk: Desk | undefined;

  constructor(
    command: string,
    play: (socket: string) => Desk,
    { words = [], shell, socket, ...terminal }: CommandStageOptions = {},
  ) {
    super(terminal);
    this.socket = socket ?? `${this.folder}/snet.sock`;
    this.#play = play;
    if (socket === undefined) this.startDaemon();
    const snet = [Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all", MAIN, command];
    const whole = [...snet, "--socket", this.socket, ...words];
    this.command = shellWords(whole);
    const home = Deno.env.get("HOME") ?? "/root";
    this.start(shell ?? whole, { DENO_DIR: Deno.env.get("DENO_DIR") ?? `${home}/.cache/deno` });
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

  resize(columns: number, rows: number): void {
    this.screen.columns = columns;
    this.screen.rows = rows;
    this.pty.resize(columns, rows);
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

  /** Whether everything that was typed has been read. */
  isTaken(): boolean {
    using terminal = this.open();
    return new PollSet([{ fd: terminal.fd }]).wait(0) === 0;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await this.#desk?.[Symbol.asyncDispose]();
  }
}
