/**
 * A stream of server-sent events that goes on after the daemon, or the way to it, was away. The browser's own EventSource
 * can send no key, and gives up for good where the daemon answers with an error, as it does while it starts.
 */

import { type ReadonlySignal, signal } from "@preact/signals";
import { send } from "./http.ts";

/** `live`: what happens arrives; `away`: it is being tried again. */
export type StreamState = "connecting" | "live" | "away";

/** Milliseconds between two tries. */
const PAUSE = { first: 500, longest: 10_000 };

export class Stream {
  readonly #state = signal<StreamState>("connecting");
  readonly #path: () => string;
  readonly #hear: (data: unknown, id: string) => void;
  #control: AbortController | undefined;
  /** Ends the pause before the next try. */
  #wake = () => {};

  /**
   * @param path where to connect now; asked at each try, so that it can say where to go on
   * @param hear gets the JSON of each message, and its id
   */
  constructor(path: () => string, hear: (data: unknown, id: string) => void) {
    this.#path = path;
    this.#hear = hear;
  }

  get state(): ReadonlySignal<StreamState> {
    return this.#state;
  }

  /** Begins, if it has not. */
  open(): void {
    if (this.#control !== undefined) return;
    this.#control = new AbortController();
    void this.#run(this.#control.signal);
  }

  close(): void {
    this.#control?.abort();
    this.#control = undefined;
    this.#state.value = "connecting";
  }

  /** Tries now, where it would wait. */
  retry(): void {
    this.#wake();
  }

  async #run(signal: AbortSignal): Promise<void> {
    let pause = PAUSE.first;
    while (!signal.aborted) {
      try {
        const { body } = await send(this.#path(), { signal });
        this.#state.value = "live";
        pause = PAUSE.first;
        await readEvents(body!, this.#hear);
      } catch {
        // Whatever it was, it is tried again: the badge says so.
      }
      if (signal.aborted) return;
      this.#state.value = "away";
      await this.#pause(pause);
      pause = Math.min(pause * 2, PAUSE.longest);
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, milliseconds);
    await promise;
    clearTimeout(timer);
  }
}

/** Reads events (HTML Standard, 9.2.6) of one line of data each, as the daemon sends them, to the end of the stream. */
export async function readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  hear: (data: unknown, id: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + text).split("\n\n");
    rest = events.pop()!;
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) hear(JSON.parse(data), /^id: (.*)$/m.exec(event)?.[1] ?? "");
    }
  }
}
