/**
 * A stream that all tabs of a browser follow by one connection: a browser has six to a server (HTTP/1.1), however many tabs
 * it has. One tab leads: it has the lock, follows the stream, and passes on what it hears; the others tell it where they
 * are, and get what they lack. When it goes, the lock passes on by itself. Where there are no locks, as on an address that
 * is not secure, each tab follows for itself.
 *
 * Only pages of this very address, port included, hear each other.
 */

import { batch, type ReadonlySignal, signal } from "@preact/signals";
import { Stream, type StreamState } from "./stream.ts";

/** Milliseconds for which nothing may be heard of the tab that leads; asked once more, it is done without. */
const PATIENCE = 5_000;

/** A message of the stream, and the place that it follows on: whoever is not that far lacks something. */
export interface Heard {
  readonly after: number;
  readonly data: unknown;
  readonly id: string;
}

export interface SharedStreamOptions {
  /** The same in all tabs. */
  readonly name: string;
  /** Where to connect now. */
  readonly path: () => string;
  /** How far this tab is; 0 of a stream that begins with all there is. */
  readonly place: () => number;
  /** Takes a message, of which parts may be known already. */
  readonly hear: (data: unknown, id: string) => void;
  /** What a tab that is at `place` lacks. */
  readonly recap: (place: number) => readonly Heard[];
}

type Message =
  | { readonly kind: "hello"; readonly place: number; readonly isSeen: boolean }
  | { readonly kind: "state"; readonly term: number; readonly state: StreamState; readonly isNew?: boolean }
  | { readonly kind: "heard"; readonly term: number } & Heard;

export class SharedStream {
  readonly #options: SharedStreamOptions;
  readonly #stream: Stream;
  readonly #state = signal<StreamState>("connecting");
  #channel: BroadcastChannel | undefined;
  #closing: AbortController | undefined;
  /** Aborted where this tab waits for the lock no more. */
  #waiting = new AbortController();
  /** Gives the lock back; there while this tab leads. */
  #resign: (() => void) | undefined;
  /** Whoever led later has the greater one. */
  #term = 0;
  /** Looks in a row at which nothing had been heard of a tab that leads. */
  #silence = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: SharedStreamOptions) {
    this.#options = options;
    this.#stream = new Stream(options.path, (data, id) => {
      const after = options.place();
      options.hear(data, id);
      this.#say({ kind: "heard", term: this.#term, after, data, id });
    });
    this.#stream.state.subscribe((state) => {
      if (this.#resign === undefined) return;
      this.#state.value = state;
      this.#say({ kind: "state", term: this.#term, state });
    });
  }

  get state(): ReadonlySignal<StreamState> {
    return this.#state;
  }

  /** Begins, if it has not. */
  open(): void {
    if (this.#closing !== undefined) return;
    this.#closing = new AbortController();
    this.#silence = 0;
    if (!("locks" in navigator)) return void this.#lead();
    this.#channel = new BroadcastChannel(this.#options.name);
    this.#channel.onmessage = ({ data }) => this.#listen(data);
    this.#wait();
    this.#timer = setInterval(() => this.#look(), PATIENCE);
  }

  close(): void {
    this.#closing?.abort();
    this.#closing = undefined;
    clearInterval(this.#timer);
    this.#waiting.abort();
    this.#resign?.();
    this.#channel?.close();
    this.#channel = undefined;
    this.#state.value = "connecting";
  }

  /** Somebody looks at this tab: what is tried again is tried now, and whoever leads is to show that it does. */
  nudge(): void {
    if (this.#resign !== undefined) this.#stream.retry();
    else this.#hello(true);
  }

  /** Leads once nobody else does; at once if told to, whoever did. */
  #wait(steal = false): void {
    this.#waiting.abort();
    this.#waiting = new AbortController();
    const closing = this.#closing!.signal;
    const options = steal ? { steal } : { signal: this.#waiting.signal };
    navigator.locks.request(this.#options.name, options, () => closing.aborted ? undefined : this.#lead())
      .catch(() => {
        // Another tab took it, since this one was not heard; or it is waited for no more.
        if (this.#resign === undefined) return;
        this.#resign();
        if (!closing.aborted) this.#wait();
      });
    this.#hello();
  }

  /** Ends when this tab leads no more. */
  #lead(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#term = Math.max(this.#term + 1, Date.now());
    this.#resign = () => {
      this.#resign = undefined;
      this.#stream.close();
      resolve();
    };
    this.#state.value = "connecting";
    this.#say({ kind: "state", term: this.#term, state: "connecting", isNew: true });
    this.#stream.open();
    return promise;
  }

  #listen(message: Message): void {
    const { place, recap, hear } = this.#options;
    if (message.kind === "hello") {
      if (this.#resign === undefined) return;
      if (message.isSeen) this.#stream.retry();
      this.#say({ kind: "state", term: this.#term, state: this.#stream.state.value });
      for (const heard of recap(message.place)) this.#say({ kind: "heard", term: this.#term, ...heard });
      return;
    }
    // What a tab says that does not know yet that it leads no more.
    if (message.term < this.#term || this.#resign !== undefined) return;
    this.#term = message.term;
    this.#silence = 0;
    batch(() => {
      if (message.kind === "state") {
        this.#state.value = message.state;
        if (message.isNew) this.#hello();
      } else if (message.after > place()) {
        // It comes again, behind what is missing.
        this.#hello();
      } else hear(message.data, message.id);
    });
  }

  /** Whether somebody leads; a browser may hold a tab still that nobody sees. */
  #look(): void {
    if (this.#resign !== undefined) return;
    this.#silence++;
    if (this.#silence > 2) {
      this.#silence = 0;
      this.#wait(true);
    } else if (this.#silence === 2) this.#hello();
  }

  #hello(isSeen = false): void {
    this.#say({ kind: "hello", place: this.#options.place(), isSeen });
  }

  #say(message: Message): void {
    this.#channel?.postMessage(message);
  }
}
