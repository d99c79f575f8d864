/** Durations as people write them: `500ms`, `5s`, `10m`, `2h`, `1d`, and sums such as `1h30m`. */

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The longest that the kernel counts, in 32 bits of milliseconds. */
export const MAX_MILLISECONDS = 0xffff_ffff;

/**
 * Milliseconds of a duration.
 *
 * Throws an Error that says what would be right; the caller adds the place.
 */
export function parseDuration(text: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) {
    throw new Error(
      `"${text}" is not a duration; write a number and its unit, such as 500ms, 5s, 10m, 2h or 1d`,
    );
  }
  let total = 0;
  for (const [, count, unit] of text.matchAll(/([\d.]+)(ms|s|m|h|d)/g)) {
    total += Number(count) * MILLISECONDS[unit!]!;
  }
  return Math.round(total);
}

/** The shortest text for a number of milliseconds that {@linkcode parseDuration} reads back: `90000` is `1m30s`. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(milliseconds);
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const size = MILLISECONDS[unit]!;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text || "0s";
}
