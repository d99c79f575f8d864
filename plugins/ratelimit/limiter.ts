/** What both ways of counting have in common. */

/** A rate: `count` in `per` milliseconds. */
export interface Rate {
  readonly count: number;
  readonly per: number;
}

/** Counts by key. */
export interface Limiter {
  /** Takes one for a key, if it has one left at a time (whole milliseconds that only grow); false if it is over. */
  take(key: Int32Array, now: number): boolean;
  /** Bytes of its tables, which never change. */
  readonly byteLength: number;
  /** How often a key made room for another one. */
  readonly evictions: number;
}
