/** The thread that writes: a slow or hanging disk stops it, and nobody else. */

import type { ThreadPort } from "../../core/mod.ts";
import type { Row } from "./row.ts";
import { type Limits, type Lost, Store } from "./store.ts";

/** What the thread is told; each batch is answered by one {@linkcode FromThread}. */
export interface ToThread {
  readonly path: string;
  readonly limits: Limits;
  readonly rows: readonly Row[];
  readonly lost: Lost | undefined;
  /** Counts the batches. */
  readonly number: number;
  /** How many of the rows the batch before had: they are passed over if that one was written. */
  readonly repeated?: number;
  /** With the last batches, for a process that ends and cannot wait for messages: {@linkcode Progress}. */
  readonly progress?: SharedArrayBuffer;
  /** Nothing comes after this. */
  readonly isLast?: boolean;
}

/** What the thread answers: why it could not write, or undefined where it did. */
export interface FromThread {
  readonly failed: string | undefined;
}

/** Places of the 32-bit numbers in {@linkcode ToThread.progress}: 1 once the last batch was tried, and rows written. */
export const Progress = { ended: 0, rows: 1, bytes: 8 } as const;

/** Runs a task after some milliseconds, unless the returned function is called before. */
export type Later = (milliseconds: number, task: () => void) => () => void;

export const timer: Later = (milliseconds, task) => {
  const id = setTimeout(task, milliseconds);
  return () => clearTimeout(id);
};

/** Milliseconds between two looks for what has become too old while nothing is written. */
const LOOK = 60_000;

/** Writes what comes through `port` until the last batch. */
export function writeWhatComes(port: ThreadPort, now: () => number = Date.now, later: Later = timer): void {
  const writer = new Writer(now, later);
  port.onmessage = ({ data }: MessageEvent<ToThread>) => {
    const failed = writer.write(data);
    if (data.progress === undefined) {
      port.postMessage({ failed } satisfies FromThread);
      return;
    }
    const progress = new Int32Array(data.progress);
    if (failed === undefined) Atomics.add(progress, Progress.rows, data.rows.length);
    if (!data.isLast) return;
    writer.close();
    Atomics.store(progress, Progress.ended, 1);
    Atomics.notify(progress, Progress.ended);
  };
}

class Writer {
  #store: Store | undefined;
  /** The last batch that was written. */
  #written: number | undefined;
  #cancel = () => {};

  constructor(readonly now: () => number, readonly later: Later) {}

  /** Writes a batch; gives the reason where that fails, and opens the file anew the next time. */
  write({ path, limits, rows, lost, number, repeated = 0 }: ToThread): string | undefined {
    const isRepeated = this.#written === number - 1;
    try {
      if (this.#store?.isInPlace === false) this.close();
      this.#store ??= new Store(path, limits);
      this.#store.write(isRepeated ? rows.slice(repeated) : rows, lost);
      this.#written = number;
      this.#tidy();
    } catch (error) {
      this.close();
      return (error as Error).message;
    }
  }

  close(): void {
    this.#cancel();
    try {
      this.#store?.[Symbol.dispose]();
    } catch {
      // What could be written has been; a disk that fails can fail here too.
    }
    this.#store = undefined;
  }

  /** A step after each batch, which deletes more than a batch brings, and others while there is time. */
  #tidy(): void {
    this.#cancel();
    const isMore = this.#store!.tidy(this.now());
    this.#cancel = this.later(isMore ? 0 : LOOK, () => {
      try {
        this.#tidy();
      } catch {
        // The next batch meets the same trouble, and says so.
        this.close();
      }
    });
  }
}
