/** A server's answer, checked strictly: what is not understood decides nothing. */

import {
  allow,
  deny,
  didYouMean,
  errnoNumber,
  HIGHEST_ERRNO,
  parseDuration,
  type Verdict,
  VERDICT_SCOPES,
} from "../../core/mod.ts";
import type { PartName } from "./parts.ts";

/** A verdict, or none ("not mine"), and what of the event it depends on. */
export interface ServerAnswer {
  readonly verdict: Verdict | undefined;
  readonly match: readonly PartName[];
}

const ACTIONS = ["allow", "deny", "pass"] as const;
const KEYS = ["action", "why", "errno", "remember", "scope", "match"] as const;
/** Characters of a reason; it goes into the live table and the journal. */
const MAX_WHY = 1000;

type Fields = { readonly [K in typeof KEYS[number]]?: unknown };

/**
 * Reads an answer; `shown` is what the server saw of the event, `by` stands for a reason that it does not give.
 *
 * Throws an Error that says in one line what is wrong and what would be right.
 */
export function parseAnswer(text: string, shown: readonly PartName[], by: string): ServerAnswer {
  const fields = fieldsOf(text);
  const action = wordOf("action", fields.action, ACTIONS);
  const why = whyOf(fields.why) ?? `by ${by}`;
  if (action === "pass") {
    for (const key of ["errno", "remember", "scope"] as const) {
      if (fields[key] !== undefined) throw new Error(`"${key}" is not for action "pass"; leave it out`);
    }
    return { verdict: undefined, match: matchOf(fields.match, shown) };
  }
  if (action === "allow" && fields.errno !== undefined) {
    throw new Error(`"errno" is for action "deny" only; leave it out`);
  }
  const errno = errnoOf(fields.errno);
  const remember = rememberOf(fields.remember);
  const scope = fields.scope === undefined ? undefined : wordOf("scope", fields.scope, VERDICT_SCOPES);
  const match = matchOf(fields.match, shown);
  if (scope !== undefined) checkScope(scope, remember, match);
  const options = {
    ...(errno !== undefined && { errno }),
    ...(remember !== undefined && { remember }),
    ...(scope !== undefined && { scope }),
  };
  return { verdict: action === "deny" ? deny(why, options) : allow(why, options), match };
}

function fieldsOf(text: string): Fields {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(`${quote(text)} is no JSON; such as {"action":"allow"}`);
  }
  if (answer === null || typeof answer !== "object" || Array.isArray(answer)) {
    throw new Error(`${quote(text)} is no JSON object; such as {"action":"allow"}`);
  }
  for (const key of Object.keys(answer)) {
    if ((KEYS as readonly string[]).includes(key)) continue;
    throw new Error(`unknown key ${quote(key)}${didYouMean(key, KEYS)}`);
  }
  return answer;
}

function wordOf<W extends string>(key: string, value: unknown, words: readonly W[]): W {
  if (value === undefined) throw new Error(`missing key "${key}": one of ${words.join(", ")}`);
  const word = words.find((word) => word === value);
  if (word !== undefined) return word;
  throw new Error(`${key} ${quote(value)} is not one of ${words.join(", ")}`);
}

function whyOf(why: unknown): string | undefined {
  if (why === undefined) return undefined;
  if (typeof why !== "string") throw new Error(`why ${quote(why)} is not a text`);
  if (why.length > MAX_WHY) throw new Error(`why has ${why.length} characters; ${MAX_WHY} are the most`);
  return why;
}

function errnoOf(errno: unknown): number | undefined {
  if (errno === undefined) return undefined;
  const number = typeof errno === "string" ? errnoNumber(errno) : errno;
  if (typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= HIGHEST_ERRNO) {
    return number;
  }
  throw new Error(
    `errno ${quote(errno)} is neither a name such as "ECONNREFUSED" nor a number from 1 to ${HIGHEST_ERRNO}`,
  );
}

function rememberOf(remember: unknown): number | undefined {
  if (remember === undefined) return undefined;
  if (typeof remember === "number" && Number.isSafeInteger(remember) && remember > 0) return remember;
  if (typeof remember === "string") {
    const time = durationOf(remember);
    if (time > 0) return time;
  }
  throw new Error(`remember ${quote(remember)} is neither a time such as "10m" nor milliseconds above 0`);
}

/** Milliseconds; 0 for what is no time. */
function durationOf(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    return 0;
  }
}

function matchOf(match: unknown, shown: readonly PartName[]): readonly PartName[] {
  if (match === undefined) return shown;
  if (!Array.isArray(match)) {
    throw new Error(`match ${quote(match)} is not a list, such as ["exe", "remote"]`);
  }
  return match.map((word: unknown) => {
    const part = shown.find((name) => name === word);
    if (part !== undefined) return part;
    throw new Error(
      `match has ${quote(word)}, which was not shown; shown were ${shown.join(", ") || "none"}`,
    );
  });
}

/** A ticket that matches the task serves that task alone: what was wanted for others would come to nothing. */
function checkScope(scope: string, remember: number | undefined, match: readonly PartName[]): void {
  if (remember === undefined) throw new Error(`"scope" without "remember"; say for how long, such as "10m"`);
  if (scope !== "task" && match.includes("task")) {
    throw new Error(
      `scope "${scope}" serves nobody else while "task" is matched; name what decided: "match": ["exe", "remote"]`,
    );
  }
}

/** A foreign value in a message: short, and with nothing that a terminal acts on. */
function quote(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value)).replace(/[^\x20-\x7e]/g, "?");
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
