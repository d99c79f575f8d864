/** How long something took, in memory of a fixed size: log-linear buckets, from which any percentile can be told. */

/** Buckets of each power of two: what is told is wrong by 1/16 at most. */
const LINEAR = 16;
/** The least that is told apart, and the most: 2^43 of it are 6 days. */
const UNITS_PER_MICROSECOND = 16;
const POWERS = 40;
const MOST = 2 ** 43 - 1;

/** Nothing is allocated after it was made. */
export class Histogram {
  readonly #counts = new Float64Array(LINEAR * POWERS);
  #count = 0;

  /** Values so far. */
  get count(): number {
    return this.#count;
  }

  /** Notes that it took so many microseconds. */
  add(microseconds: number): void {
    this.#count++;
    this.#counts[bucketOf(microseconds * UNITS_PER_MICROSECOND)]!++;
  }

  /** Microseconds within which it was done in `share` (0 to 1) of the cases; undefined where there were none. */
  percentile(share: number): number | undefined {
    if (this.#count === 0) return undefined;
    let left = Math.max(1, Math.ceil(share * this.#count));
    const bucket = this.#counts.findIndex((count) => (left -= count) <= 0);
    return upperEnd(bucket) / UNITS_PER_MICROSECOND;
  }
}

/** The first are one unit wide each, every next 16 twice as wide. */
function bucketOf(units: number): number {
  if (!(units >= LINEAR)) return Math.max(0, Math.trunc(units) || 0);
  const most = Math.min(units, MOST);
  const power = Math.floor(Math.log2(most)) - Math.log2(LINEAR);
  return power * LINEAR + Math.trunc(most / 2 ** power);
}

function upperEnd(bucket: number): number {
  if (bucket < LINEAR) return bucket + 1;
  const power = Math.floor(bucket / LINEAR) - 1;
  return (bucket - power * LINEAR + 1) * 2 ** power;
}
