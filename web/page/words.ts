/** Numbers and times as people read them. */

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", hour12: false });
const COUNT = new Intl.NumberFormat();
const SHORT = new Intl.NumberFormat(undefined, { notation: "compact" });
const UNITS = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"], [1, "ms"]] as const;

/** `14:03:07`. */
export function clock(time: number): string {
  return CLOCK.format(time);
}

/** With the day. */
export function moment(time: number): string {
  return DAY.format(time);
}

/** With separators: `12,345`. */
export function count(value: number): string {
  return COUNT.format(value);
}

/** In few characters: `12.3K`. */
export function shortCount(value: number): string {
  return SHORT.format(value);
}

/** Milliseconds that are set, in full: `90 s`, `250 ms`, `10 min`, `2 h`, `7 d`; in the largest unit without a rest. */
export function span(milliseconds: number): string {
  const [value, unit] = inUnits(milliseconds);
  return `${count(value)} ${unit}`;
}

/** Milliseconds in the largest unit without a rest. */
export function inUnits(milliseconds: number): readonly [value: number, unit: string] {
  const [size, unit] = UNITS.find(([size]) => milliseconds >= size && milliseconds % size === 0) ?? UNITS[4];
  return [milliseconds / size, unit];
}

/** Microseconds, as `12 µs`, `3.4 ms`, `5.0 s`. */
export function duration(microseconds: number): string {
  if (microseconds < 1e3) return `${Math.round(microseconds)} µs`;
  return microseconds < 1e6
    ? `${(microseconds / 1e3).toFixed(1)} ms`
    : `${(microseconds / 1e6).toFixed(1)} s`;
}

/** `just now`, `12 s ago`, `4 min ago`, `3 h ago`. */
export function ago(time: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - time) / 1000));
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}

/** What is left: `4:59`, `59 s`. */
export function left(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}

/** `1 call`, `12 calls`. */
export function many(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? "" : "s"}`;
}

/** What the roles of sessions are for. */
export const ROLES = {
  read: "may look",
  answer: "may answer questions",
  admin: "may change everything",
} as const;
