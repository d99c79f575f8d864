/** The token bucket: a bucket holds `burst` tokens and gets `count` in every `per`; a call takes one. */

import { type Keeper, KeyTable, WAYS } from "./key_table.ts";
import type { Limiter, Rate } from "./limiter.ts";

/**
 * Token buckets by key. Of each only the time is kept at which it will be full again (as in the generic cell rate
 * algorithm, ITU-T I.371): a token that is taken moves it by the time that a token takes to come back.
 *
 * A key that made room for another one and comes back finds no more tokens than it left: its set keeps the latest time
 * at which one that had to go would have been full, and new keys of that set begin there. So no key ever gets more than
 * its bucket gives; where more keys are counted at once than there is room for, new ones get less.
 */
export class TokenBuckets implements Limiter, Keeper {
  readonly #table: KeyTable;
  /** When the bucket of a slot is full again, in milliseconds × `#scale`, so that all is whole numbers. */
  readonly #full: Float64Array;
  /** By set: when all that had to go are full again. */
  readonly #floor: Float64Array;
  readonly #scale: number;
  /** Time for one token, scaled. */
  readonly #cost: number;
  /** Time for all tokens of a bucket, scaled. */
  readonly #depth: number;

  constructor({ count, per }: Rate, burst: number, keys: number, width: number, seed: number) {
    const divisor = greatestCommonDivisor(count, per);
    this.#scale = count / divisor;
    this.#cost = per / divisor;
    this.#depth = this.#cost * burst;
    this.#table = new KeyTable(keys, width, seed);
    this.#full = new Float64Array(this.#table.slots);
    this.#floor = new Float64Array(this.#table.sets);
  }

  get byteLength(): number {
    return this.#table.byteLength + this.#full.byteLength + this.#floor.byteLength;
  }

  get evictions(): number {
    return this.#table.evictions;
  }

  take(key: Int32Array, now: number): boolean {
    const slot = this.#table.slotOf(key, this);
    const time = now * this.#scale;
    const full = Math.max(this.#full[slot]!, time) + this.#cost;
    if (full - time > this.#depth) return false;
    this.#full[slot] = full;
    return true;
  }

  /** The fullest bucket goes: one that is full loses nothing. */
  evict(set: number, first: number): number {
    let fullest = first;
    for (let slot = first + 1; slot < first + WAYS; slot++) {
      if (this.#full[slot]! < this.#full[fullest]!) fullest = slot;
    }
    this.#floor[set] = Math.max(this.#floor[set]!, this.#full[fullest]!);
    return fullest;
  }

  begin(slot: number, set: number): void {
    this.#full[slot] = this.#floor[set]!;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
