/** What fills a terminal and takes keys, at work: when it draws, what is a key, and that the terminal is given back. */

import { FullScreen } from "./full_screen.ts";
import { KeyReader, type KeyTable } from "./key_reader.ts";
import type { Room } from "./text.ts";

/** Keys that send a signal elsewhere; each table has them below these names. */
export type SignalKey = "interrupt" | "abort" | "suspend";

const SIGNALS: Readonly<Record<SignalKey, "INT" | "QUIT" | "TSTP">> = {
  interrupt: "INT",
  abort: "QUIT",
  suspend: "TSTP",
};

/** Milliseconds after which an Escape to which nothing was added is the key; a sequence may come in parts over a line. */
const ESCAPE_AFTER = 60;

/** A screenful, and in how many milliseconds it would be another one though nobody does anything. */
export interface Frame {
  readonly lines: readonly string[];
  readonly next: number | undefined;
}

/** What is shown. */
export interface View<Key> {
  /** The keys that it takes now. */
  readonly keys: KeyTable<Key | SignalKey>;
  press(key: Key): "quit" | "redraw" | undefined;
  draw(room: Room): Frame;
}

export class ScreenLoop<Key> implements Disposable {
  readonly #view: View<Key>;
  readonly #leave: () => void;
  readonly #keys: KeyReader<Key | SignalKey>;
  #screen: FullScreen | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When it draws next. */
  #next = Infinity;
  #escape: ReturnType<typeof setTimeout> | undefined;

  /** `leave` is called when the person wants to go, or the terminal is gone. */
  constructor(view: View<Key>, leave: () => void) {
    this.#view = view;
    this.#leave = leave;
    this.#keys = new KeyReader(view.keys);
  }

  /** Takes the terminal; false where there is none. */
  open(): boolean {
    // What goes wrong anywhere must be read below the screen that was there before.
    globalThis.addEventListener("error", this.#close);
    globalThis.addEventListener("unhandledrejection", this.#close);
    this.#screen = FullScreen.open({
      typed: (bytes) => this.#typed(bytes),
      changed: () => this.draw(),
      gone: this.#leave,
    });
    return this.#screen !== undefined;
  }

  readonly #close = () => this[Symbol.dispose]();

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#escape);
    this.#screen?.[Symbol.dispose]();
    this.#screen = undefined;
    globalThis.removeEventListener("error", this.#close);
    globalThis.removeEventListener("unhandledrejection", this.#close);
  }

  /** Rings the terminal's bell. */
  ring(): void {
    this.#screen?.ring();
  }

  draw(): void {
    const screen = this.#screen;
    if (screen === undefined) return;
    const { lines, next } = this.#view.draw(screen.size);
    screen.show(lines);
    clearTimeout(this.#timer);
    this.#next = Infinity;
    if (next !== undefined) this.drawWithin(Math.max(1, next));
  }

  /** Draws after so many milliseconds at the latest. */
  drawWithin(milliseconds: number): void {
    const next = performance.now() + milliseconds;
    if (next >= this.#next) return;
    this.#next = next;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.draw(), milliseconds);
  }

  #typed(bytes: Uint8Array): void {
    clearTimeout(this.#escape);
    // One by one: a key may change what those behind it stand for.
    for (const byte of bytes) {
      this.#keys.use(this.#view.keys);
      const keys = this.#keys.read(Uint8Array.of(byte));
      if (!keys.every((key) => this.#press(key))) return;
    }
    if (this.#keys.isWithin) this.#escape = setTimeout(() => this.#pause(), ESCAPE_AFTER);
    this.draw();
  }

  #pause(): void {
    const key = this.#keys.pause();
    if (key !== undefined && this.#press(key)) this.draw();
  }

  /** False where what was typed behind it is not for this screen any more. */
  #press(key: Key | SignalKey): boolean {
    if (isSignal(key)) {
      this.#screen?.signal(SIGNALS[key]);
      return false;
    }
    const wish = this.#view.press(key);
    if (wish === "quit") this.#leave();
    if (wish === "redraw") this.#screen?.redraw();
    return wish !== "quit";
  }
}

function isSignal(key: unknown): key is SignalKey {
  return typeof key === "string" && Object.hasOwn(SIGNALS, key);
}
