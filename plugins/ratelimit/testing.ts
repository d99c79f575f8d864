/** Random streams of calls for tests of what counts them; the same seed gives the same stream. */

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
