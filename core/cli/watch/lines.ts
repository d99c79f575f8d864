/** Decisions one by one, the newest first. */

import type { RowJson } from "../../control/api.ts";
import type { LiveStore } from "../../view/live_store.ts";
import type { List, Seen } from "./list.ts";

/**
 * The newest comes in at the top. Once the person has moved the cursor, what is seen stays where it is and the new waits
 * above it.
 */
export class LinesList implements List<RowJson> {
  readonly #store: LiveStore;
  /** Whose places are meant. */
  #rows: LiveStore["rows"];
  /** Place of the cursor's row; undefined where it is the newest. */
  #cursor: number | undefined;
  /** Place of the first row that is seen. */
  #top = 0;

  constructor(store: LiveStore) {
    this.#store = store;
    this.#rows = store.rows;
  }

  get selected(): RowJson | undefined {
    return this.#rows.at(this.#place);
  }

  get isLoose(): boolean {
    return this.#cursor === undefined;
  }

  update(): undefined {
    // Another search has other rows.
    if (this.#rows !== this.#store.rows) this.loosen();
    this.#rows = this.#store.rows;
    if (this.#cursor !== undefined) this.#cursor = Math.max(this.#rows.first, this.#cursor);
  }

  move(by: number): undefined {
    const { first, end } = this.#rows;
    const place = this.#place - by;
    this.#cursor = place >= end - 1 && by < 0 ? undefined : Math.max(first, Math.min(place, end - 1));
  }

  loosen(): undefined {
    this.#cursor = undefined;
  }

  seen(rows: number): Seen<RowJson> {
    const { first, end } = this.#rows;
    const place = this.#place;
    this.#top = Math.max(place, Math.min(this.#top, place + rows - 1));
    // Where there is enough, no line is left empty.
    this.#top = Math.min(end - 1, Math.max(this.#top, first + rows - 1));
    if (this.isLoose) this.#top = end - 1;
    const length = Math.max(0, Math.min(rows, this.#top - first + 1));
    return {
      items: Array.from({ length }, (_, index) => this.#rows.at(this.#top - index)!),
      selected: this.#top - place,
    };
  }

  get #place(): number {
    return this.#cursor ?? this.#rows.end - 1;
  }
}
