/** The decisions that a tab has heard of, each once and in their order, and what another tab lacks of them. */

import { RowList } from "../../core/view/row_list.ts";
import type { RowBatch } from "./rows.ts";
import type { Heard } from "./shared_stream.ts";

/** Decisions that are kept for other tabs: as many as the daemon keeps. */
const MOST = 10_000;
/** Of one message. */
const MOST_OF_BATCH = 500;

export class RowFeed {
  readonly #rows = new RowList(MOST);
  /** The number before the first that was heard of; undefined before. */
  #start: number | undefined;
  #last = 0;

  /** The number of the last. */
  get last(): number {
    return this.#last;
  }

  /** What is new in a batch that ends with number `last`. */
  take({ rows, missed }: RowBatch, last: number): RowBatch {
    if (last <= this.#last) return { rows: [], missed: 0 };
    const fresh = rows.filter(({ number }) => number > this.#last);
    this.#start ??= last - rows.length;
    this.#last = last;
    for (const row of fresh) this.#rows.push(row);
    return { rows: fresh, missed };
  }

  /** What whoever is at number `place` lacks, as far as it is kept. */
  recap(place: number): readonly Heard[] {
    const rows = this.#rows.newest().reverse().filter(({ number }) => number > place);
    const batches: Heard[] = [];
    let after = place;
    // Those that are kept no more are told of, where they are known to have been.
    let missed = place >= (this.#start ?? Infinity) ? this.#last - place - rows.length : 0;
    for (let at = 0; at < rows.length; at += MOST_OF_BATCH) {
      const part = rows.slice(at, at + MOST_OF_BATCH);
      const { number } = part.at(-1)!;
      batches.push({ after, data: { rows: part, missed } satisfies RowBatch, id: String(number) });
      after = number;
      missed = 0;
    }
    return batches;
  }
}
