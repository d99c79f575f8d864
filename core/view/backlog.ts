import type { RowBatch } from "../control/api.ts";
import { MOST_ROWS } from "./live_store.ts";
import { RowList } from "./row_list.ts";

/** What came while nothing was to move: as much as the store itself would keep. */
export class Backlog {
  #rows = new RowList(MOST_ROWS);
  #missed = 0;

  /** Rows that wait. */
  get length(): number {
    return this.#rows.end;
  }

  add({ rows, missed }: RowBatch): void {
    this.#missed += missed;
    for (const row of rows) this.#rows.push(row);
  }

  /** All of it, as one batch; nothing waits any more. */
  take(): RowBatch {
    const batch = { rows: this.#rows.newest().reverse(), missed: this.#missed + this.#rows.first };
    this.#rows = new RowList(MOST_ROWS);
    this.#missed = 0;
    return batch;
  }
}
