/**
 * A terminal that one command has for itself while it runs: the alternate screen, keys one by one. It is given back as it
 * was, however the command ends or is stopped.
 */

import { ERRNO, kill, processGroup, raiseDefault, Signal, singleKeys, Terminal } from "../../ffi/mod.ts";
import type { TerminalSettings } from "../../ffi/mod.ts";
import type { Room } from "./text.ts";

/** What happens at a terminal. */
export interface ScreenEvents {
  /** Bytes that were typed, valid during the call. */
  typed(bytes: Uint8Array): void;
  /** The size may be another one, or the screen was somebody else's: show everything anew. */
  changed(): void;
  /** The terminal is gone, or somebody wants the command to end. */
  gone(): void;
}

/**
 * The alternate screen; no cursor; nothing is broken into two lines, as terminals differ about the width of characters;
 * and pastes are marked as such (xterm's ctlseqs, DEC private modes).
 */
const ALTERNATE = "\x1b[?1049h";
const MODES = "\x1b[?25l\x1b[?7l\x1b[?2004h";
const LEAVE = "\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l";
const CLEAR = "\x1b[2J";

/** Milliseconds until what a terminal did not take is offered again. */
const AGAIN = 20;
/** Times that the end of the screen is offered to a terminal that takes nothing. */
const LAST_OFFERS = 25;

/** Signals that end the command, once the terminal is as it was. */
const ENDING = ["INT", "QUIT", "TERM", "HUP"] as const;

/** The controlling terminal of this process as a full screen. */
export class FullScreen implements Disposable {
  readonly #terminal: Terminal;
  readonly #events: ScreenEvents;
  readonly #listeners: (readonly [Deno.Signal, () => void])[] = [];
  /** Of the terminal as it was; undefined while it is not ours. */
  #settings: TerminalSettings | undefined;
  /** What stands on the screen. */
  #shown: readonly string[] = [];
  /** What is to stand there once the terminal has taken all before. */
  #next: readonly string[] | undefined;
  #unwritten: Uint8Array<ArrayBuffer> = new Uint8Array();
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(terminal: Terminal, events: ScreenEvents) {
    this.#terminal = terminal;
    this.#events = events;
  }

  /** Takes the terminal over; undefined where there is none, or it is not to be had. */
  static open(events: ScreenEvents): FullScreen | undefined {
    const terminal = Terminal.open();
    if (typeof terminal === "number") return undefined;
    const screen = new FullScreen(terminal, events);
    screen.#listen();
    screen.#takeWhenForeground();
    if (screen.#settings === undefined) {
      screen[Symbol.dispose]();
      return undefined;
    }
    void screen.#read();
    return screen;
  }

  /** Columns and rows. */
  get size(): Room {
    const size = this.#terminal.size();
    // 0 is what a serial line says.
    if (typeof size === "number") return { columns: 80, rows: 24 };
    return { columns: size.columns || 80, rows: size.rows || 24 };
  }

  /** Shows these lines from the top, each narrower than the screen; rows beyond them are empty. */
  show(lines: readonly string[]): void {
    this.#next = lines;
    this.#draw();
  }

  /** Rings the terminal's bell. */
  ring(): void {
    if (this.#settings !== undefined) this.#write("\x07");
  }

  /** Sends a signal to the job in the foreground, this process among it, as a key would do elsewhere. */
  signal(signal: "INT" | "QUIT" | "TSTP"): void {
    kill(0, Signal[signal]);
  }

  /** Gives the terminal back. */
  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
    this.#listeners.length = 0;
    this.#giveBack();
    this.#terminal.close();
  }

  #listen(): void {
    const listen = (name: keyof typeof Signal | "WINCH", listener: () => void) => {
      Deno.addSignalListener(`SIG${name}`, listener);
      this.#listeners.push([`SIG${name}`, listener]);
    };
    for (const name of ENDING) {
      listen(name, () => {
        this.#giveBack();
        raiseDefault(Signal[name]);
      });
    }
    listen("TSTP", () => this.#stop());
    // Whoever was stopped by SIGSTOP could not give the terminal back, and finds it as the shell has left it.
    listen("CONT", () => this.#takeWhenForeground());
    listen("WINCH", () => this.redraw());
  }

  #stop(): void {
    this.#giveBack();
    raiseDefault(Signal.TSTP);
    this.#takeWhenForeground();
  }

  /** In the background it is stopped, as any program that wants the terminal, until it is brought back. */
  #takeWhenForeground(): void {
    // After a hang-up there is nothing to wait for.
    if (this.#terminal.foreground() < 0) return this.#events.gone();
    if (!this.#isForeground()) raiseDefault(Signal.TTOU);
    // Nobody will bring back what has no shell above it (an orphaned process group is not stopped).
    if (!this.#isForeground()) return this.#events.gone();
    this.#take();
  }

  #isForeground(): boolean {
    return this.#terminal.foreground() === processGroup();
  }

  #take(): void {
    const now = this.#terminal.settings();
    if (typeof now === "number") return this.#events.gone();
    const former = this.#settings;
    if (former === undefined || !equal(now, singleKeys(former, 1))) {
      this.#settings = now;
      this.#terminal.set(singleKeys(now, 1));
      // What was typed before there was a screen was not typed at it.
      this.#terminal.flush();
    }
    this.#unwritten = new Uint8Array();
    // Terminals differ about the alternate screen of the alternate screen.
    this.#write(former === undefined ? ALTERNATE + MODES : MODES);
    this.redraw();
  }

  /** Draws everything anew, whatever stands there. */
  redraw(): void {
    if (this.#settings === undefined) return;
    this.#shown = [];
    this.#write(CLEAR);
    this.#events.changed();
  }

  #giveBack(): void {
    const settings = this.#settings;
    if (settings === undefined) return;
    this.#settings = undefined;
    this.#unwritten = new Uint8Array();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writeLast(LEAVE);
    const now = this.#terminal.settings();
    if (typeof now !== "number" && equal(now, singleKeys(settings, 1))) this.#terminal.set(settings);
  }

  /** Only what has changed is drawn, and nothing new before the terminal has taken what came before: lines may be slow. */
  #draw(): void {
    const lines = this.#next;
    if (lines === undefined || this.#settings === undefined || this.#unwritten.byteLength > 0) return;
    this.#next = undefined;
    let text = "";
    for (let row = 0; row < Math.max(lines.length, this.#shown.length); row++) {
      const line = lines[row] ?? "";
      if (line !== (this.#shown[row] ?? "")) text += `\x1b[${row + 1};1H${line}\x1b[K`;
    }
    this.#shown = lines;
    if (text !== "") this.#write(text);
  }

  #write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    const whole = new Uint8Array(this.#unwritten.byteLength + bytes.byteLength);
    whole.set(this.#unwritten);
    whole.set(bytes, this.#unwritten.byteLength);
    this.#unwritten = whole;
    this.#writeRest();
  }

  #writeRest(): void {
    while (this.#unwritten.byteLength > 0) {
      const written = this.#terminal.write(this.#unwritten);
      if (written <= 0) {
        this.#timer ??= setTimeout(() => this.#offerAgain(), AGAIN);
        return;
      }
      this.#unwritten = this.#unwritten.subarray(written);
    }
  }

  #offerAgain(): void {
    this.#timer = undefined;
    this.#writeRest();
    this.#draw();
  }

  /** Waits for the terminal, but not for ever. */
  #writeLast(text: string): void {
    let rest = new TextEncoder().encode(text);
    for (let offer = 0; rest.byteLength > 0 && offer < LAST_OFFERS; offer++) {
      const written = this.#terminal.write(rest);
      if (written > 0) rest = rest.subarray(written);
      else if (written !== -ERRNO.EAGAIN && written !== -ERRNO.EINTR) return;
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN);
    }
  }

  async #read(): Promise<void> {
    for (;;) {
      await this.#terminal.readable();
      // What is typed once the terminal is given back is not for this command.
      if (this.#settings === undefined) return;
      const bytes = this.#terminal.read();
      if (typeof bytes !== "number") {
        if (bytes.byteLength === 0) break;
        this.#events.typed(bytes);
      } else if (bytes === -ERRNO.EIO && !this.#isForeground()) this.#takeWhenForeground();
      else if (bytes !== -ERRNO.EAGAIN && bytes !== -ERRNO.EINTR) break;
    }
    this.#events.gone();
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
}
