/** The decisions by which a preview is made: those that are kept, and before them what the journal has of the last hour. */

import type { Journal } from "../cli/builtin.ts";
import type { Config } from "../config.ts";
import type { Observation } from "./api.ts";
import type { Kept } from "./recent.ts";

/** Milliseconds of the past that are looked at. */
export const SPAN = 60 * 60_000;
/** Decisions of the journal that are looked at: some two seconds' work, among what else this thread does. */
const MOST_RECORDED = 20_000;
/** That are read at a time: some milliseconds in which nobody else has a turn. */
const PAGE = 50;

/** A decision, and whether it was read from the journal: its number is then the journal's. */
export interface Past extends Kept {
  readonly isRecorded: boolean;
}

/** The oldest first; `now` is of the wall clock, milliseconds since 1970. Throws a JournalError. */
export function* pastOf(
  kept: readonly Kept[],
  journal: Journal | undefined,
  now: number,
): Generator<Past> {
  const first = kept[0] === undefined ? Infinity : timeOf(kept[0].observation);
  if (journal !== undefined) {
    for (const past of recorded(journal, now - SPAN)) {
      // What is kept is all that there was from then on.
      if (timeOf(past.observation) >= first) break;
      yield past;
    }
  }
  for (const { number, observation } of kept) {
    if (timeOf(observation) >= now - SPAN) yield { number, observation, isRecorded: false };
  }
}

/** By their numbers alone, which is quick however much there is: times would have to be gathered and sorted. */
function* recorded(journal: Journal, since: number): Generator<Past> {
  const newest = journal.startOfLast(1, {});
  let before = firstSince(journal, Math.max(0, newest - MOST_RECORDED), newest, since) - 1;
  for (;;) {
    const page = journal.after(before, PAGE, {});
    for (const { id, observation } of page) yield { number: id, observation, isRecorded: true };
    if (page.length < PAGE) return;
    before = page.at(-1)!.id;
  }
}

/** The number behind `from`, up to `to`, from which on decisions are of `since` or later: later ones have greater numbers. */
function firstSince(journal: Journal, from: number, to: number, since: number): number {
  let [low, high] = [from + 1, to + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [found] = journal.after(middle - 1, 1, {});
    if (found === undefined || timeOf(found.observation) >= since) high = middle;
    else low = found.id + 1;
  }
  return low;
}

function timeOf({ time }: Observation): number {
  return Date.parse(time);
}

/** The plugin that keeps decisions, as a configuration calls it. */
const JOURNAL = "journal";

/** A journal that is open, where there is one; or why it cannot be read. */
export class OpenJournal implements Disposable {
  private constructor(readonly reader: Journal | undefined, readonly why: string | undefined) {}

  /** That which a plugin of the configuration writes. */
  static async of(
    { plugins }: Pick<Config, "plugins">,
    open: ((path: string) => Promise<Journal>) | undefined,
  ): Promise<OpenJournal> {
    const file = plugins.find(({ name }) => name === JOURNAL)?.options.file;
    if (typeof file !== "string" || open === undefined) return new OpenJournal(undefined, undefined);
    try {
      return new OpenJournal(await open(file), undefined);
    } catch (error) {
      if ((error as Error).name !== "JournalError") throw error;
      return new OpenJournal(undefined, (error as Error).message);
    }
  }

  [Symbol.dispose](): void {
    this.reader?.[Symbol.dispose]();
  }
}
