/** How many decisions there were, slot by slot of time, in memory of a fixed size. */

/** Counts of slots that follow each other, the oldest first. */
export interface Counts {
  /** Milliseconds of a slot. */
  readonly step: number;
  /** When the first slot began, milliseconds since 1970. */
  readonly start: number;
  readonly allowed: readonly number[];
  readonly denied: readonly number[];
}

export class Series {
  readonly #allowed: Float64Array;
  readonly #denied: Float64Array;
  /** Number of the newest slot, counted from 1970; the one of number n is at n modulo the length. */
  #newest = -Infinity;

  /** Counts for `length` slots of `step` milliseconds. */
  constructor(readonly step: number, readonly length: number) {
    this.#allowed = new Float64Array(length);
    this.#denied = new Float64Array(length);
  }

  /** Counts a decision of that time, milliseconds since 1970. */
  add(time: number, isDenied: boolean): void {
    const slot = Math.floor(time / this.step);
    if (slot !== this.#newest) this.#moveTo(slot);
    const counts = isDenied ? this.#denied : this.#allowed;
    counts[slot % this.length]!++;
  }

  /** The last `length` slots, of which the last is that of `time`. */
  until(time: number, length = this.length): Counts {
    const last = Math.floor(time / this.step);
    const first = last - length + 1;
    const of = (counts: Float64Array) =>
      Array.from({ length }, (_, index) => this.#isKept(first + index) ? this.#at(counts, first + index) : 0);
    return {
      step: this.step,
      start: first * this.step,
      allowed: of(this.#allowed),
      denied: of(this.#denied),
    };
  }

  #at(counts: Float64Array, slot: number): number {
    return counts[slot % this.length]!;
  }

  #isKept(slot: number): boolean {
    return slot <= this.#newest && slot > this.#newest - this.length;
  }

  #moveTo(slot: number): void {
    if (this.#isKept(slot)) return;
    const gone = slot - this.#newest;
    // Also where the clock was set back by more than is kept: what was counted is of no time that can be told.
    if (!(gone > 0 && gone < this.length)) {
      this.#allowed.fill(0);
      this.#denied.fill(0);
    } else {
      for (let each = this.#newest + 1; each <= slot; each++) {
        this.#allowed[each % this.length] = 0;
        this.#denied[each % this.length] = 0;
      }
    }
    this.#newest = slot;
  }
}
