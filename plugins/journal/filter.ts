/** What `snet log` asks for, as a condition on the tables of the journal. */

import type { JournalFilter } from "../../core/mod.ts";
import { type Network, parseNetworks } from "../parts/address.ts";

/** A condition of SQL with its values. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** What is wrong with a filter, and what would be right. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}

/** Throws a {@linkcode FilterError}. */
export function conditionOf(filter: JournalFilter): Condition {
  const parts = [
    ...words(filter.text),
    ...each(filter.program, program),
    ...each(filter.pid, (pid) => is("pid = ?", pid)),
    ...each(filter.uid, (uid) => is("uid = ?", uid)),
    ...each(filter.address, address),
    ...each(
      filter.port,
      ([first, last]) =>
        is("(remote_port BETWEEN ? AND ? OR local_port BETWEEN ? AND ?)", first, last, first, last),
    ),
    ...each(filter.verdict, (verdict) => is("verdict = ?", verdict)),
    ...each(
      filter.rule,
      (rule) => is("(rule_name GLOB ? OR rule_place GLOB ?)", globOf(rule), `${globOf(rule)}*`),
    ),
    ...each(filter.plugin, (plugin) => is("plugin = ?", plugin)),
    ...each(filter.events, (events) => is(`event IN (${events.map(() => "?").join(", ")})`, ...events)),
    ...each(filter.since, (since) => is("time >= ?", since)),
    ...each(filter.until, (until) => is("time < ?", until)),
  ];
  return {
    sql: ["id > ?", ...parts.map(({ sql }) => sql)].join(" AND "),
    values: parts.flatMap(({ values }) => values),
  };
}

function is(sql: string, ...values: (string | number)[]): Condition {
  return { sql, values };
}

function each<T>(value: T | undefined, make: (value: T) => Condition): Condition[] {
  return value === undefined ? [] : [make(value)];
}

/** Each word is quoted, so that none of it is taken for a word of FTS5's own language. */
function words(text: readonly string[] = []): Condition[] {
  if (text.length === 0) return [];
  const query = text.map((word) => {
    const beginning = word.endsWith("*") ? "*" : "";
    return `"${word.replaceAll('"', '""')}"${beginning}`;
  });
  return [is("id IN (SELECT rowid FROM words WHERE words MATCH ?)", query.join(" "))];
}

function program(text: string): Condition {
  const glob = globOf(text);
  return text.includes("/") ? is("exe GLOB ?", glob) : is("(exe GLOB ? OR comm GLOB ?)", `*/${glob}`, glob);
}

/** The same text as a pattern of SQLite's GLOB, in which only `*` is special. */
function globOf(text: string): string {
  return text.replace(/[?[\]]/g, "[$&]");
}

function address(text: string): Condition {
  const path = /^unix:(.+)|^([/@].+)/s.exec(text);
  if (path !== null) return is("path GLOB ?", globOf((path[1] ?? path[2])!));
  const ranges = networks(text).map(rangeOf);
  const sql = ranges.map(() => "(remote_key BETWEEN ? AND ? OR local_key BETWEEN ? AND ?)").join(" OR ");
  return is(`(${sql})`, ...ranges.flatMap(([first, last]) => [first, last, first, last]));
}

function networks(text: string): readonly Network[] {
  if (!/^[\da-f:][\da-f:.]*([/-][\da-f:.]+)?$/i.test(text)) {
    throw new FilterError(
      `"${text}" is not an address; write one such as 192.0.2.1, 10.0.0.0/8, fd00::/8, 10.0.0.5-10.0.0.9, ` +
        "unix:/run/x.sock or @abstract",
    );
  }
  try {
    return parseNetworks(text);
  } catch (error) {
    throw new FilterError((error as Error).message);
  }
}

const MAPPED = "00000000000000000000ffff";

/** The keys of the first and of the last address of a network. */
function rangeOf({ family, words, bits }: Network): [string, string] {
  const last = words.map((word, index) => {
    const fixed = Math.min(32, Math.max(0, bits - index * 32));
    return fixed === 32 ? word : word | (0xffff_ffff >>> fixed);
  });
  const hex = (words: readonly number[]) =>
    (family === 4 ? MAPPED : "") + words.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  return [hex(words), hex(last)];
}
