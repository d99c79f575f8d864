/** Users and groups by name, from texts in the format of passwd(5) and group(5). */

import { didYouMean, type SourceText } from "../../core/mod.ts";

/** Ids by name. */
export interface Accounts {
  readonly users: ReadonlyMap<string, number>;
  readonly groups: ReadonlyMap<string, number>;
}

/** Reads passwd(5) and group(5); both have the id in the third field. */
export function readAccounts(passwd: readonly SourceText[], group: readonly SourceText[]): Accounts {
  return { users: readIds(passwd), groups: readIds(group) };
}

function readIds(sources: readonly SourceText[]): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (const { text } of sources) {
    for (const line of text.split("\n")) {
      const [name, , id] = line.split(":");
      // Of two lines with one name getpwnam(3) takes the first.
      if (name && /^\d+$/.test(id ?? "") && !ids.has(name)) ids.set(name, Number(id));
    }
  }
  return ids;
}

// (uid_t)-1 means "no change" to the kernel and belongs to nobody.
const HIGHEST_ID = 0xfffffffe;

/** The id of a name or number. Throws an Error that names the unknown one. */
export function parseId(text: string, ids: ReadonlyMap<string, number>, what: "user" | "group"): number {
  const known = ids.get(text);
  if (known !== undefined) return known;
  if (!/^\d+$/.test(text)) {
    const file = what === "user" ? "passwd" : "group";
    if (ids.size === 0) {
      throw new Error(`${what} "${text}" cannot be looked up: there is no ${file} file; write the id`);
    }
    throw new Error(`unknown ${what} "${text}"${suggestion(text, ids)}`);
  }
  if (Number(text) > HIGHEST_ID) throw new Error(`${what} ${text} is above ${HIGHEST_ID}`);
  return Number(text);
}

function suggestion(text: string, ids: ReadonlyMap<string, number>): string {
  const hint = didYouMean(text, ids.keys());
  return hint.includes("did you mean") ? hint : `; no such name in ${ids.size} accounts`;
}
