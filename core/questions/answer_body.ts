/** Answers as they come over the control API: strictly what {@linkcode AnswerJson} says, and nothing else. */

import type { AnswerJson } from "../control/api.ts";
import { didYouMean } from "../suggest.ts";
import { AnswerError } from "./desk.ts";
import { SCOPES } from "./scope_words.ts";

const ACTIONS = ["allow", "deny"] as const;
const LASTS = ["once", "time", "process", "always"] as const;
const KEYS = ["action", "lasts", "time", "scope", "children", "revision"];

/** Reads the body of a request. Throws an {@linkcode AnswerError} of status 400 that says what would be right. */
export function parseAnswer(text: string): AnswerJson {
  const fields = new Map(Object.entries(objectOf(text)));
  const unknown = fields.keys().find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw bad(`unknown key ${shown(unknown)}${didYouMean(unknown, KEYS)}`);
  const action = word(fields, "action", ACTIONS);
  if (action === undefined) throw bad(`"action" is missing; write "allow" or "deny"`);
  const lasts = word(fields, "lasts", LASTS) ?? "once";
  const scope = word(fields, "scope", SCOPES);
  const time = whole(fields, "time", 1, "milliseconds");
  const revision = whole(fields, "revision", 0, "the question's revision");
  const children = fields.get("children");
  if (children !== undefined && typeof children !== "boolean") {
    throw bad(`"children" is ${shown(children)}; write true or false`);
  }
  if ((lasts === "time") !== (time !== undefined)) {
    throw bad(
      lasts === "time" ? `"time" is missing, in milliseconds` : `"time" goes with "lasts": "time" only`,
    );
  }
  if (children && lasts !== "process") throw bad(`"children" goes with "lasts": "process" only`);
  return {
    action,
    lasts,
    ...(time !== undefined && { time }),
    ...(scope !== undefined && { scope }),
    ...(children !== undefined && { children }),
    ...(revision !== undefined && { revision }),
  };
}

function objectOf(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw bad("the body is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad(`the body is ${shown(value)}; write an object such as {"action":"deny"}`);
  }
  return value;
}

function word<W extends string>(fields: ReadonlyMap<string, unknown>, key: string, words: readonly W[]) {
  const value = fields.get(key);
  if (value === undefined) return undefined;
  const found = words.find((word) => word === value);
  if (found === undefined) throw bad(`"${key}" is ${shown(value)}; write one of ${words.join(", ")}`);
  return found;
}

function whole(fields: ReadonlyMap<string, unknown>, key: string, min: number, what: string) {
  const value = fields.get(key);
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min) {
    throw bad(`"${key}" is ${shown(value)}; write ${what}, a whole number from ${min} on`);
  }
  return value;
}

/** Of what is long, the beginning. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function bad(what: string): AnswerError {
  return new AnswerError(400, `Bad answer: ${what}`);
}
