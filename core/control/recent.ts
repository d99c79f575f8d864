/**
 * The last decisions, numbered, for readers that want them in batches and may have been away: the web page. While nobody
 * reads, nothing is kept and nothing runs.
 */

import type { UserName } from "../cli/users.ts";
import type { Observation, RowBatch } from "./api.ts";
import { rowJson } from "./row.ts";

/** Decisions that are kept, some 10 MB; and the most characters of what programs may make long: paths, arguments, payload. */
const MOST = 10_000;
const MOST_CHARACTERS = 16 * 1024 * 1024;
/** Of one batch: a reader of 2,000 a second needs five such. */
const MOST_OF_BATCH = 500;
/** Milliseconds between two batches. */
const BATCH_TIME = 200;
/** Milliseconds for which they are kept on when the last reader has gone: it may come back. */
const LINGER = 60_000;

/** What it depends on. */
export interface RecentOptions {
  /** Calls `observer` with each decision until the returned function is called. */
  readonly observe: (observer: (observation: Observation) => void) => () => void;
  readonly userName: UserName;
  /**
   * The number before the first one; 0 if absent. A daemon that is started again goes on with greater ones, so that no reader
   * takes them for those that it knew.
   */
  readonly start?: number;
  /** Runs a task after so many milliseconds, unless the returned function is called before. */
  readonly after?: (milliseconds: number, task: () => void) => () => void;
}

/** A decision that is kept, and its number. */
export interface Kept {
  readonly number: number;
  readonly observation: Observation;
}

/** A batch, and the number from which the next one goes on. */
export interface NumberedBatch extends RowBatch {
  readonly last: number;
}

export class Recent {
  readonly #options: RecentOptions;
  readonly #after: NonNullable<RecentOptions["after"]>;
  /** The decision of number n is at n modulo its length. */
  readonly #ring: (Observation | undefined)[] = new Array(MOST);
  /** What each is long. */
  readonly #lengths = new Uint32Array(MOST);
  #length = 0;
  readonly #start: number;
  /** Number of the newest, or that before the first. */
  #last: number;
  /** Number of the oldest that is kept. */
  #first: number;
  #readers = 0;
  #stop: (() => void) | undefined;
  #stopLinger: (() => void) | undefined;

  constructor(options: RecentOptions) {
    this.#options = options;
    this.#start = options.start ?? 0;
    this.#last = this.#start;
    this.#first = this.#start + 1;
    this.#after = options.after ?? timer;
  }

  /** The whole of a decision; undefined where it is not kept any more. */
  at(number: number): Observation | undefined {
    return number >= this.#first && number <= this.#last ? this.#ring[number % MOST] : undefined;
  }

  /** All that are kept now, the oldest first; none while nobody reads. */
  all(): readonly Kept[] {
    return Array.from({ length: this.#last - this.#first + 1 }, (_, index) => {
      const number = this.#first + index;
      return { number, observation: this.#ring[number % MOST]! };
    });
  }

  /**
   * Batches of what comes, and before it what is kept of those after number `since`; all that is kept if undefined. The
   * stream ends when it is cancelled; a reader that is too slow misses the oldest, and is told how many.
   */
  read(since: number | undefined): ReadableStream<NumberedBatch> {
    this.#begin();
    // A number from before the daemon was started again means nothing here.
    const isKnown = since !== undefined && since >= this.#start && since <= this.#last;
    let next = isKnown ? since + 1 : this.#first;
    let stopTimer = () => {};
    const turn = (controller: ReadableStreamDefaultController<NumberedBatch>) => {
      while ((controller.desiredSize ?? 0) > 0 && next <= this.#last) {
        const batch = this.#batch(next);
        next = batch.last + 1;
        controller.enqueue(batch);
      }
      stopTimer = this.#after(BATCH_TIME, () => turn(controller));
    };
    return new ReadableStream<NumberedBatch>({
      start: turn,
      cancel: () => {
        stopTimer();
        this.#end();
      },
    }, { highWaterMark: 4 });
  }

  #batch(from: number): NumberedBatch {
    const start = Math.max(from, this.#first);
    const last = Math.min(this.#last, start + MOST_OF_BATCH - 1);
    const rows = Array.from(
      { length: last - start + 1 },
      (_, index) => rowJson(start + index, this.#ring[(start + index) % MOST]!, this.#options.userName),
    );
    return { rows, missed: start - from, last };
  }

  #begin(): void {
    this.#readers++;
    this.#stopLinger?.();
    this.#stopLinger = undefined;
    this.#stop ??= this.#options.observe((observation) => {
      if (this.#last - this.#first + 1 === MOST) this.#dropOldest();
      this.#last++;
      const length = lengthOf(observation);
      this.#ring[this.#last % MOST] = observation;
      this.#lengths[this.#last % MOST] = length;
      this.#length += length;
      while (this.#length > MOST_CHARACTERS && this.#first < this.#last) this.#dropOldest();
    });
  }

  #dropOldest(): void {
    const place = this.#first % MOST;
    this.#ring[place] = undefined;
    this.#length -= this.#lengths[place]!;
    this.#first++;
  }

  #end(): void {
    this.#readers--;
    if (this.#readers > 0) return;
    this.#stopLinger = this.#after(LINGER, () => {
      this.#stop?.();
      this.#stop = undefined;
      this.#ring.fill(undefined);
      this.#length = 0;
      this.#first = this.#last + 1;
    });
  }
}

/** Characters of what a program chooses and may be long. */
function lengthOf({ why, event: { task, payload = "", local, remote, attributes } }: Observation): number {
  const { exe = "", cmdline = [], parents = [] } = task;
  const others = attributes === undefined ? "" : JSON.stringify(attributes);
  const texts = [why, exe, payload, local?.path ?? "", remote?.path ?? "", others, ...cmdline];
  const own = texts.reduce((sum, text) => sum + text.length, 0);
  return parents.reduce((sum, { exe = "" }) => sum + exe.length, own);
}

function timer(milliseconds: number, task: () => void): () => void {
  const id = setTimeout(task, milliseconds);
  // Nothing needs to go on for memory to be given up.
  if (milliseconds === LINGER) Deno.unrefTimer(id);
  return () => clearTimeout(id);
}
