/** The inbox at work: between the daemon, which is gone and comes back, and a terminal. */

import { type Answered, answerPath, PATHS, type QuestionChange } from "../../control/api.ts";
import { becomeUndumpable } from "../../../ffi/mod.ts";
import { ControlClient, RefusedError } from "../client.ts";
import { CommandError } from "../exit.ts";
import { FullScreen } from "../full_screen.ts";
import { KeyReader } from "../key_reader.ts";
import type { Paint } from "../terminal.ts";
import { Inbox, type Sending } from "./inbox.ts";
import { type InboxKey, KEYS } from "./keys.ts";
import { draw } from "./screen.ts";

/** How it is shown. */
export interface SessionOptions {
  readonly socket: string;
  /** Whether the bell rings when a question comes. */
  readonly bell: boolean;
  readonly paint: Paint;
}

/** What keys send elsewhere. */
const SIGNALS: Readonly<Partial<Record<InboxKey, "INT" | "QUIT" | "TSTP">>> = {
  interrupt: "INT",
  abort: "QUIT",
  suspend: "TSTP",
};

/** Milliseconds after which an Escape to which nothing was added is the key; a sequence may come in parts over a line. */
const ESCAPE_AFTER = 60;
/** Milliseconds until the daemon is tried again; twice as long each time, up to the second one. */
const RETRY = { first: 250, longest: 4000 } as const;
/** Milliseconds for which changes are gathered before they are shown: a person takes it for at once. */
const TOGETHER = 30;
/** Milliseconds between two bells: a hundred questions are one event for a person. */
const BELL_EVERY = 2000;

/**
 * Shows the inbox until the person leaves; false where there is no terminal to show it at. Throws a CommandError where no
 * daemon answers at the beginning; one that goes later is waited for.
 */
export async function runInbox(options: SessionOptions): Promise<boolean> {
  // Whoever traces it, or has its memory, could answer with it.
  becomeUndumpable();
  using client = new ControlClient(options.socket);
  const stop = new AbortController();
  const changes = client.events<QuestionChange>(PATHS.questionEvents, stop.signal);
  const first = await changes.next();
  if (first.done) throw new CommandError("The daemon ended");
  const session = new Session(client, options);
  try {
    if (!session.open(() => stop.abort())) return false;
    session.begin(first.value);
    await session.follow(changes, stop.signal);
    return true;
  } finally {
    session.close();
    stop.abort();
  }
}

class Session {
  readonly #client: ControlClient;
  readonly #options: SessionOptions;
  readonly #inbox = new Inbox(Deno.pid);
  readonly #keys = new KeyReader<InboxKey>(KEYS);
  #screen: FullScreen | undefined;
  #leave = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When it draws next. */
  #next = Infinity;
  #escape: ReturnType<typeof setTimeout> | undefined;
  #rang = -Infinity;

  constructor(client: ControlClient, options: SessionOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Takes the terminal; false where there is none. `leave` is called when the person wants to go. */
  open(leave: () => void): boolean {
    this.#leave = leave;
    // What goes wrong anywhere must be read below the screen that was there before.
    globalThis.addEventListener("error", this.#close);
    globalThis.addEventListener("unhandledrejection", this.#close);
    this.#screen = FullScreen.open({
      typed: (bytes) => this.#typed(bytes),
      changed: () => this.#draw(),
      gone: leave,
    });
    return this.#screen !== undefined;
  }

  readonly #close = () => this.close();

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#escape);
    this.#screen?.[Symbol.dispose]();
    this.#screen = undefined;
    globalThis.removeEventListener("error", this.#close);
    globalThis.removeEventListener("unhandledrejection", this.#close);
  }

  /** Takes what the daemon tells, from this daemon and the next, until the person leaves. */
  async follow(changes: AsyncIterable<QuestionChange>, signal: AbortSignal): Promise<void> {
    let stream = changes;
    for (let wait: number = RETRY.first; !signal.aborted;) {
      try {
        for await (const change of stream) {
          wait = RETRY.first;
          this.#take(change);
        }
        this.#lose("The daemon ended");
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof CommandError)) throw error;
        this.#lose(error.message);
      }
      await pause(wait, signal);
      wait = Math.min(2 * wait, RETRY.longest);
      stream = this.#client.events<QuestionChange>(PATHS.questionEvents, signal);
    }
  }

  /** Shows what waits at the beginning, which is nothing to ring for. */
  begin(change: QuestionChange): void {
    this.#inbox.apply(change, performance.now());
    this.#draw();
  }

  #take(change: QuestionChange): void {
    const now = performance.now();
    if (this.#inbox.apply(change, now) && this.#options.bell && now - this.#rang >= BELL_EVERY) {
      this.#rang = now;
      this.#screen?.ring();
    }
    this.#drawWithin(TOGETHER);
  }

  #lose(why: string): void {
    this.#inbox.lose(why);
    this.#draw();
  }

  #typed(bytes: Uint8Array): void {
    clearTimeout(this.#escape);
    const keys = this.#keys.read(bytes);
    if (this.#keys.isWithin) {
      this.#escape = setTimeout(() => {
        const key = this.#keys.pause();
        if (key !== undefined) this.#press([key]);
      }, ESCAPE_AFTER);
    }
    this.#press(keys);
  }

  #press(keys: readonly InboxKey[]): void {
    for (const key of keys) {
      const signal = SIGNALS[key];
      // What follows in the same breath was typed at whoever has the terminal then.
      if (signal !== undefined) return this.#screen?.signal(signal);
      const effect = this.#inbox.press(key, performance.now());
      if (effect?.kind === "quit") return this.#leave();
      if (effect?.kind === "send") void this.#send(effect.answers);
      if (effect?.kind === "redraw") this.#screen?.redraw();
    }
    this.#draw();
  }

  /** One after the other: each may make others needless. */
  async #send(answers: readonly Sending[]): Promise<void> {
    for (const { id, answer } of answers) {
      try {
        const answered = await this.#client.post<Answered>(answerPath(id), answer);
        this.#inbox.answered(answered, performance.now());
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        const why = error instanceof RefusedError ? error.reason : error.message;
        this.#inbox.refused(id, why, performance.now());
      }
      this.#draw();
    }
  }

  #draw(): void {
    const screen = this.#screen;
    if (screen === undefined) return;
    const now = performance.now();
    this.#inbox.pass(now);
    const moment = { wall: Date.now(), now };
    const { lines, deepest, isReadable } = draw(this.#inbox, screen.size, this.#options.paint, moment);
    this.#inbox.scroll = Math.min(this.#inbox.scroll, deepest);
    this.#inbox.isReadable = isReadable;
    screen.show(lines);
    clearTimeout(this.#timer);
    this.#next = Infinity;
    const next = this.#inbox.nextMoment(now);
    if (next !== undefined) this.#drawWithin(Math.max(1, next - now));
  }

  #drawWithin(milliseconds: number): void {
    const next = performance.now() + milliseconds;
    if (next >= this.#next) return;
    this.#next = next;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#draw(), milliseconds);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
