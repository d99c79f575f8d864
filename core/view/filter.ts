/**
 * The search line: words, all of which must be there, and `key:value` (`program:curl verdict:deny port:443 -user:root`).
 * A minus in front turns one round; quotes keep spaces.
 */

import type { RowJson as Row } from "../control/api.ts";
import { destinationOf } from "./destination.ts";

/** Whether a row is to be shown. */
export type RowFilter = (row: Row) => boolean;

/** What the search line cannot be read as. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}

const FIELDS: Readonly<Record<string, (row: Row) => string>> = {
  program: ({ program }) => program,
  user: ({ user }) => user,
  pid: ({ pid }) => String(pid),
  call: ({ call }) => call,
  // By the address and by its name: what is counted as one is found as one.
  to: (row) => row.host === undefined ? row.target : `${row.target}\n${destinationOf(row)}`,
  host: ({ host }) => host ?? "",
  port: ({ target }) => /:(\d+)$/.exec(target)?.[1] ?? "",
  verdict: ({ verdict }) => verdict,
  by: ({ by }) => by,
  why: ({ why }) => why,
  client: ({ client }) => client ?? "",
};

/** Keys whose value must be there as a whole. */
const WHOLE = new Set(["pid", "port"]);

/** The keys that may be written. */
export const FILTER_KEYS: readonly string[] = Object.keys(FIELDS);

/** A word: perhaps a minus, a key of letters (`fe80::1` has none), and a value, whose second quote may still be missing. */
const WORD = /(-?)(?:([a-z]+):(?!:))?(?:"([^"]*)(?:"|$)|([^\s"]\S*))?/gi;

/** Reads a search line; undefined where it is empty. Throws a {@linkcode FilterError} of one line. */
export function parseFilter(text: string): RowFilter | undefined {
  const tests = [...text.matchAll(WORD)].flatMap(([, minus, key, quoted, bare]): RowFilter[] => {
    const value = (quoted ?? bare ?? "").toLowerCase();
    const test = testOf(key?.toLowerCase(), value);
    // Whoever has typed "program:" so far has not said which.
    if (value === "") return [];
    return [minus === "-" ? (row) => !test(row) : test];
  });
  return tests.length === 0 ? undefined : (row) => tests.every((test) => test(row));
}

function testOf(key: string | undefined, value: string): RowFilter {
  if (key === undefined) return (row) => textOf(row).includes(value);
  const field = Object.hasOwn(FIELDS, key) ? FIELDS[key]! : undefined;
  if (field === undefined) throw new FilterError(`unknown key "${key}"; known are ${FILTER_KEYS.join(", ")}`);
  return WHOLE.has(key) ? (row) => field(row) === value : (row) => field(row).toLowerCase().includes(value);
}

function textOf(row: Row): string {
  const { program, user, call, verdict, by, why, client = "" } = row;
  return `${program}\n${user}\n${call}\n${FIELDS["to"]!(row)}\n${verdict}\n${by}\n${why}\n${client}`
    .toLowerCase();
}
