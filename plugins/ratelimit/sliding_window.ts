/** The sliding window: at most `count` calls in any time of `per`. */

import { type Keeper, KeyTable, WAYS } from "./key_table.ts";
import type { Limiter, Rate } from "./limiter.ts";

/** A window is counted in so many parts: a call counts for a sixteenth longer than the window, never shorter. */
export const PARTS = 16;
/** The parts that can lie within a window: all, and the one that has begun. */
const RING = PARTS + 1;

/**
 * Sliding windows by key. Calls are counted by the part of the window in which they were; a part counts until a whole
 * window has passed since its end. So there are never more than `count` calls in any `per`, and what was taken is back
 * after `per` and a sixteenth at the latest.
 *
 * A key that made room for another one and comes back finds no more room than it left: its set keeps, for each part, the
 * most calls since then that one of those which had to go had made, and new keys of that set begin there. So no key ever
 * gets more than its window allows; where more keys are counted at once than there is room for, new ones get less.
 */
export class SlidingWindows implements Limiter, Keeper {
  readonly #table: KeyTable;
  readonly #most: number;
  readonly #per: number;
  /** Calls by slot and part; a part has its place in a ring. After the slots come the floors, one for each set. */
  readonly #counts: Uint32Array;
  /** Sum of the ring. */
  readonly #totals: Uint32Array;
  /** The latest part that the ring holds. */
  readonly #parts: Float64Array;
  /** Part of the time that `take` was called for. */
  #part = 0;

  constructor({ count, per }: Rate, keys: number, width: number, seed: number) {
    this.#most = count;
    this.#per = per;
    this.#table = new KeyTable(keys, width, seed);
    const rings = this.#table.slots + this.#table.sets;
    this.#counts = new Uint32Array(rings * RING);
    this.#totals = new Uint32Array(rings);
    this.#parts = new Float64Array(rings);
  }

  get byteLength(): number {
    return this.#table.byteLength + this.#counts.byteLength + this.#totals.byteLength +
      this.#parts.byteLength;
  }

  get evictions(): number {
    return this.#table.evictions;
  }

  take(key: Int32Array, now: number): boolean {
    this.#part = Math.floor(now * PARTS / this.#per);
    const slot = this.#table.slotOf(key, this);
    this.#advance(slot);
    if (this.#totals[slot]! >= this.#most) return false;
    this.#counts[slot * RING + this.#part % RING]!++;
    this.#totals[slot]!++;
    return true;
  }

  /** The one with the fewest calls goes: one that has none loses nothing. */
  evict(set: number, first: number): number {
    let least = first;
    for (let slot = first; slot < first + WAYS; slot++) {
      this.#advance(slot);
      if (this.#totals[slot]! < this.#totals[least]!) least = slot;
    }
    if (this.#totals[least]! > 0) this.#raise(this.#floorOf(set), least);
    return least;
  }

  begin(slot: number, set: number): void {
    const floor = this.#floorOf(set);
    this.#advance(floor);
    for (let i = 0; i < RING; i++) this.#counts[slot * RING + i] = this.#counts[floor * RING + i]!;
    this.#totals[slot] = this.#totals[floor]!;
    this.#parts[slot] = this.#part;
  }

  #floorOf(set: number): number {
    return this.#table.slots + set;
  }

  /** Makes a floor no lower than a ring: from each part on, it has as many calls as either. */
  #raise(floor: number, other: number): void {
    this.#advance(floor);
    let floorSum = 0;
    let otherSum = 0;
    let sum = 0;
    for (let age = 0; age < RING && age <= this.#part; age++) {
      const at = (this.#part - age) % RING;
      floorSum += this.#counts[floor * RING + at]!;
      otherSum += this.#counts[other * RING + at]!;
      const most = Math.max(floorSum, otherSum);
      this.#counts[floor * RING + at] = most - sum;
      sum = most;
    }
    this.#totals[floor] = sum;
  }

  /** Drops from a ring what is no longer within the window. */
  #advance(ring: number): void {
    const behind = this.#part - this.#parts[ring]!;
    if (behind === 0) return;
    this.#parts[ring] = this.#part;
    if (this.#totals[ring] === 0) return;
    const first = ring * RING;
    if (behind >= RING) {
      this.#counts.fill(0, first, first + RING);
      this.#totals[ring] = 0;
      return;
    }
    for (let part = this.#part - behind + 1; part <= this.#part; part++) {
      const at = first + part % RING;
      this.#totals[ring]! -= this.#counts[at]!;
      this.#counts[at] = 0;
    }
  }
}
