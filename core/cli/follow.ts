/** Follows what a daemon tells, which goes and comes back, and other daemons after it. */

import { CommandError } from "./exit.ts";

/** What comes of it. */
export interface Heard<T> {
  take(message: T): void;
  /** The daemon is gone; it is tried again. */
  lose(why: string): void;
  /** A daemon is there again. */
  found(): void;
}

/** Milliseconds until the daemon is tried again; twice as long each time, up to the second one. */
const RETRY = { first: 250, longest: 4000 } as const;

/**
 * Takes what `stream` tells, and when it has ended what `open` gives, again and again until `signal`. `rest` waits so many
 * milliseconds, or until the signal. Rejects with what is no {@linkcode CommandError}.
 */
export async function follow<T>(
  stream: AsyncIterable<T>,
  open: () => Promise<AsyncIterable<T>>,
  heard: Heard<T>,
  signal: AbortSignal,
  rest: (milliseconds: number, signal: AbortSignal) => Promise<void> = pause,
): Promise<void> {
  let messages: AsyncIterable<T> | undefined = stream;
  for (let wait: number = RETRY.first; !signal.aborted;) {
    try {
      messages ??= await reopened(open, heard);
      for await (const message of messages) {
        wait = RETRY.first;
        heard.take(message);
      }
      heard.lose("The daemon ended");
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CommandError)) throw error;
      heard.lose(error.message);
    }
    messages = undefined;
    await rest(wait, signal);
    wait = Math.min(2 * wait, RETRY.longest);
  }
}

async function reopened<T>(
  open: () => Promise<AsyncIterable<T>>,
  heard: Heard<T>,
): Promise<AsyncIterable<T>> {
  const messages = await open();
  heard.found();
  return messages;
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
