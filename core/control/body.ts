/** What requests bring along, as JSON: strictly what is expected, and nothing else. */

import { RequestError } from "./request_error.ts";

/** Whether a value is a place in a list, from 0, or a number of something counted. */
export function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** An object of these texts and no others. Throws a RequestError. */
export function textsOf<K extends string>(body: string, keys: readonly K[]): Readonly<Record<K, string>> {
  return textsIn(fieldsOf(body, keys), keys);
}

/** Those of the fields that are to be texts. Throws a RequestError. */
export function textsIn<K extends string>(
  fields: Readonly<Record<string, unknown>>,
  keys: readonly K[],
): Readonly<Record<K, string>> {
  const wrong = keys.find((key) => typeof fields[key] !== "string");
  if (wrong !== undefined) throw new RequestError(400, `${wrong}: a text is expected`);
  return fields as Record<K, string>;
}

/** An object with no other keys. Throws a RequestError. */
export function fieldsOf(body: string, keys: readonly string[]): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new RequestError(400, "The body is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RequestError(400, "The body is no object");
  }
  const other = Object.keys(value).find((key) => !keys.includes(key));
  if (other !== undefined) throw new RequestError(400, `unknown key ${JSON.stringify(other.slice(0, 40))}`);
  return value as Readonly<Record<string, unknown>>;
}
