/** Times of day and days of rules, in the daemon's time zone. */

import { didYouMean } from "../../core/mod.ts";

/** A span of a day in minutes since midnight, without its end; where the end is not later it is that of the next day. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** A moment as rules see it. */
export interface Moment {
  /** Minutes since midnight. */
  readonly minute: number;
  /** 0 is Sunday. */
  readonly day: number;
}

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DAY = 24 * 60;

/** Reads `09:00-17:30` or, over midnight, `22:00-06:00`. Throws an Error that says what would be right. */
export function parseTime(text: string): TimeSpan {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)\s*-\s*(?:([01]?\d|2[0-3]):([0-5]\d)|24:00)$/.exec(text);
  if (match === null) {
    throw new Error(`"${text}" is not a time of day; write a span such as "09:00-17:30" or "22:00-06:00"`);
  }
  const from = Number(match[1]) * 60 + Number(match[2]);
  const to = match[3] === undefined ? DAY : Number(match[3]) * 60 + Number(match[4]);
  if (from === to) throw new Error(`"${text}" is no time at all; leave "time" out for the whole day`);
  return { from, to };
}

/** Reads `mon`, `monday` or `mon-fri`. Throws an Error that says what would be right. */
export function parseDays(text: string): readonly number[] {
  const [first, last, more] = text.toLowerCase().split("-").map((word) => parseDay(word.trim(), text));
  if (more !== undefined) throw new Error(`"${text}" is not a day; write one such as mon, or mon-fri`);
  const days = [first!];
  for (let day = first!; last !== undefined && day !== last; days.push(day)) day = (day + 1) % 7;
  return days;
}

function parseDay(word: string, text: string): number {
  const day = DAYS.findIndex((name) => word === name || (word.length > 3 && word === FULL_DAYS[name]));
  if (day < 0) throw new Error(`"${text}" is not a day${didYouMean(word, DAYS)}`);
  return day;
}

const FULL_DAYS: Readonly<Record<string, string>> = {
  sun: "sunday",
  mon: "monday",
  tue: "tuesday",
  wed: "wednesday",
  thu: "thursday",
  fri: "friday",
  sat: "saturday",
};

/** A moment of the daemon's time zone, from milliseconds since 1970. */
export function momentOf(milliseconds: number): Moment {
  const date = new Date(milliseconds);
  return { minute: date.getHours() * 60 + date.getMinutes(), day: date.getDay() };
}

/**
 * Whether a moment lies in one of the spans (undefined: at any time) of one of the days (undefined: any day). A span over
 * midnight belongs to the day on which it begins.
 */
export function isWithin(
  { minute, day }: Moment,
  spans: readonly TimeSpan[] | undefined,
  days: readonly number[] | undefined,
): boolean {
  const onDay = (day: number) => days === undefined || days.includes(day);
  if (spans === undefined) return onDay(day);
  return spans.some(({ from, to }) => {
    if (from < to) return minute >= from && minute < to && onDay(day);
    return (minute >= from && onDay(day)) || (minute < to && onDay((day + 6) % 7));
  });
}
