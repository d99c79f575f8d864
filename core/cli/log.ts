/** `snet log`: decisions that the journal has kept. */

import type { Observation } from "../control/api.ts";
import { parseDuration } from "../duration.ts";
import { eventWords, parseEvent } from "../events.ts";
import { subsystemOf } from "../families.ts";
import { nearest } from "../suggest.ts";
import type { BuiltIn, Journal, JournalFilter, Recorded } from "./builtin.ts";
import { CSV_HEADER, csvLine } from "./csv.ts";
import { CommandError, ExitCode } from "./exit.ts";
import { safeJson } from "./json.ts";
import type { Output } from "./output.ts";
import { localUsers, type UserName, userNumber } from "./users.ts";
import { tabulate } from "./watch.ts";

/** Options as the command line gives them. */
export interface LogWords {
  readonly file: string;
  readonly program?: string;
  readonly pid?: number;
  readonly user?: string;
  readonly address?: string;
  readonly port?: string;
  readonly verdict?: string;
  readonly rule?: string;
  readonly plugin?: string;
  readonly event?: string;
  readonly since?: string;
  readonly until?: string;
  /** How many of the newest; Infinity for all. */
  readonly count: number;
  readonly follow?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** What the command needs of the outside. */
export interface LogParts {
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  /** Waits until the journal is to be looked at again; false to follow it no longer. */
  readonly wait: () => Promise<boolean>;
  readonly userName: UserName;
}

/** Decisions that are read at a time. */
const PAGE = 500;
/** Milliseconds between two looks of --follow. */
const LOOK = 250;

const OF_THIS_PROCESS: LogParts = {
  now: Date.now,
  wait: () => new Promise((resolve) => setTimeout(() => resolve(true), LOOK)),
  userName: localUsers(),
};

/** Shows what fits, the newest last. Throws a CommandError where the journal cannot be read. */
export async function log(
  text: readonly string[],
  words: LogWords,
  builtIn: BuiltIn,
  output: Output,
  parts: LogParts = OF_THIS_PROCESS,
): Promise<void> {
  const filter = filterOf(text, words, parts.now());
  try {
    using journal = await builtIn.openJournal(words.file);
    await show(journal, filter, words, output, parts);
  } catch (error) {
    const { name, message } = error as Error;
    if (name === "FilterError") throw new CommandError(message, ExitCode.usage);
    throw name === "JournalError" ? new CommandError(message) : error;
  }
}

async function show(
  journal: Journal,
  filter: JournalFilter,
  { count, follow, ...words }: LogWords,
  output: Output,
  parts: LogParts,
): Promise<void> {
  const present = presenter(words, output, parts);
  const start = Number.isFinite(count) ? journal.startOfLast(count, filter) : 0;
  const isCut = start > 0 && journal.after(0, 1, filter)[0]!.id < start;
  let first: number | undefined;
  let last = start - 1;
  const showNew = () => {
    for (const { id, observation } of pages(journal, last, filter)) {
      present(observation);
      first ??= Date.parse(observation.time);
      last = id;
    }
  };
  showNew();
  if (isCut && !follow) {
    output.error(`Only the newest ${count} are shown; -n says how many, '-n all' shows every one.`);
  }
  if (first === undefined && !follow) output.error("No decision fits.");
  tellMissing(journal, filter.since ?? first ?? 0, filter.until ?? Infinity, output);
  while (follow && await parts.wait()) {
    journal.refresh();
    showNew();
  }
}

/** What fits after `id`, a page at a time: nothing is read while the reader of the output takes its time. */
function* pages(journal: Journal, id: number, filter: JournalFilter): Generator<Recorded> {
  for (;;) {
    const page = journal.after(id, PAGE, filter);
    yield* page;
    if (page.length < PAGE) return;
    id = page.at(-1)!.id;
  }
}

function presenter(
  { json, csv }: Pick<LogWords, "json" | "csv">,
  output: Output,
  parts: LogParts,
): (observation: Observation) => void {
  if (json) return (observation) => output.line(safeJson(observation));
  if (csv) {
    output.line(CSV_HEADER);
    return (observation) => output.line(csvLine(observation));
  }
  const row = tabulate(output, parts.userName);
  let day = dayOf(parts.now());
  return (observation) => {
    const its = dayOf(Date.parse(observation.time));
    if (its !== day) output.line(output.paint("strong", its));
    day = its;
    row(observation);
  };
}

/** The day in the local time zone, as the table's times are. */
function dayOf(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function tellMissing(journal: Journal, since: number, until: number, output: Output): void {
  const missing = journal.missing(since, until);
  if (missing.length === 0) return;
  const count = missing.reduce((sum, { count }) => sum + count, 0);
  const [from, to] = [missing[0]!.since, missing.at(-1)!.until].map((time) => new Date(time).toISOString());
  output.error(
    `${count} decisions between ${from} and ${to} are missing: they could not be written in time.`,
  );
}

function filterOf(text: readonly string[], words: LogWords, now: number): JournalFilter {
  const { program, pid, user, address, port, verdict, rule, plugin, event, since, until } = words;
  return {
    text,
    ...given("program", program),
    ...given("pid", pid),
    ...given("uid", parsed("--user", user, userNumber)),
    ...given("address", address),
    ...given("port", parsed("--port", port, parsePorts)),
    ...given("verdict", verdict),
    ...given("rule", rule),
    ...given("plugin", plugin),
    ...given("events", parsed("--event", event, parseRecorded)),
    ...given("since", parsed("--since", since, (text) => parseTime(text, now))),
    ...given("until", parsed("--until", until, (text) => parseTime(text, now))),
  };
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

function parsed<T>(option: string, text: string | undefined, parse: (text: string) => T): T | undefined {
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (error) {
    throw new CommandError(`${option}: ${(error as Error).message}`, ExitCode.usage);
  }
}

/** The events of a word. Those of a family that only the daemon knows are taken as they are called. */
function parseRecorded(word: string): readonly string[] {
  const isMistyped = nearest(word, eventWords()) !== undefined;
  return isEventOfOthers(word) && !isMistyped ? [word] : parseEvent(word);
}

/** Whether a word may name an event of a family that this process does not know. */
function isEventOfOthers(word: string): boolean {
  return /^[a-z][a-z0-9-]*\.[a-z][a-z0-9_]*$/.test(word) && subsystemOf(word) === undefined;
}

function parsePorts(text: string): readonly [number, number] {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const ports = [Number(first), Number(last)] as const;
  if (first === undefined || ports[0] > ports[1] || ports[1] > 0xffff) {
    throw new Error(`"${text}" is no port; write one such as 443, or 8000-8100`);
  }
  return ports;
}

/**
 * A moment: a time ago (`10m`, `1h30m`, `2d`), a time of today (`14:00`), or ISO 8601, in the local time zone where it
 * names none. Milliseconds since 1970. Throws an Error that says what would be right.
 */
export function parseTime(text: string, now: number): number {
  if (/^[\d.]+(ms|s|m|h|d)/.test(text)) return now - parseDuration(text);
  const date = /^\d{1,2}:\d\d(:\d\d)?$/.test(text) ? `${dayOf(now)}T${text.padStart(5, "0")}` : text;
  // A date alone would be taken for one of UTC.
  const time = Date.parse(/^\d{4}-\d\d-\d\d$/.test(date) ? `${date}T00:00` : date.replace(" ", "T"));
  if (Number.isFinite(time) && /^\d{4}-\d\d-\d\dT/.test(date.replace(" ", "T").padEnd(11, "T"))) return time;
  throw new Error(
    `"${text}" is no time; write one such as 10m (ago), 14:00 (today), 2026-01-02, 2026-01-02T14:00 or ` +
      `2026-01-02T14:00:00Z`,
  );
}
