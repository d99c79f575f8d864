/** Random numbers for tests and benchmarks: the same seed gives the same numbers. */

/** Gives whole numbers from 0 to below its argument (mulberry32). */
export function randomOf(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let word = Math.imul(seed ^ (seed >>> 15), seed | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return Math.floor(((word ^ (word >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}
