/** Random streams of calls for tests of what counts them; the same seed gives the same stream. */

/** Random numbers of a seed (mulberry32). */
export function randomOf(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let word = Math.imul(seed ^ (seed >>> 15), seed | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return Math.floor(((word ^ (word >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}

/** A call: by whom, and when. */
export interface Call {
  readonly key: number;
  readonly time: number;
}

/** Calls of some keys, close together and with gaps of every length up to a few times `per`. */
export function* calls(
  random: (below: number) => number,
  { count, keys, per }: { readonly count: number; readonly keys: number; readonly per: number },
): Generator<Call> {
  let time = random(per);
  for (let i = 0; i < count; i++) {
    const gap = random(10);
    if (gap > 8) time += random(3 * per);
    else if (gap > 4) time += random(Math.ceil(per / 8));
    // Half of the calls come from a few keys.
    yield { key: random(2) === 0 ? random(Math.min(3, keys)) : random(keys), time };
  }
}
