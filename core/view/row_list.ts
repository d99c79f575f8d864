import type { RowJson as Row } from "../control/api.ts";

/** The last of many rows. Each has a place, which it keeps; the places count up by one. */
export class RowList {
  readonly #most: number;
  /** The row of place n is at n modulo `#most`. */
  readonly #ring: Row[] = [];
  #first = 0;
  #end = 0;

  /** Keeps so many. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The place of the oldest that is kept; {@linkcode end} where there is none. */
  get first(): number {
    return this.#first;
  }

  /** The place behind the newest. */
  get end(): number {
    return this.#end;
  }

  /** The row of a place; undefined where it is not kept. */
  at(place: number): Row | undefined {
    return place >= this.#first && place < this.#end ? this.#ring[place % this.#most] : undefined;
  }

  push(row: Row): void {
    this.#ring[this.#end % this.#most] = row;
    this.#end++;
    this.#first = Math.max(this.#first, this.#end - this.#most);
  }

  /** All of them, the newest first. */
  newest(): Row[] {
    return Array.from({ length: this.#end - this.#first }, (_, index) => this.at(this.#end - 1 - index)!);
  }
}
