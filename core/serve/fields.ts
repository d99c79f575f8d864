/** Reads JSON from another machine: each part is what it must be, or one line says what is wrong with it. */

import { JsonObject, shownJson, wrongJson } from "../json_object.ts";

/** A part of a message. */
export class JsonFields extends JsonObject {
  /** A text of at most `most` characters. */
  text(key: string, most: number): string {
    const value = this.get(key);
    if (typeof value === "string" && value.length <= most) return value;
    return this.refuse(key, value, `a text of at most ${most} characters`);
  }

  /** One of a few words. */
  word<W extends string | number>(key: string, words: readonly W[]): W {
    const value = this.get(key);
    const word = words.find((word) => word === value);
    return word ?? this.refuse(key, value, `one of ${words.join(", ")}`);
  }

  /** A word of letters, digits, `-` and `_`. */
  id(key: string): string {
    const value = this.get(key);
    if (isId(value)) return value;
    return this.refuse(key, value, ID);
  }

  boolean(key: string): boolean {
    const value = this.get(key);
    return typeof value === "boolean" ? value : this.refuse(key, value, "true or false");
  }

  /** A whole number. */
  integer(key: string, min: number, max: number): number {
    const value = this.get(key);
    const isRight = typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
    return isRight ? value : this.refuse(key, value, `a whole number from ${min} to ${max}`);
  }

  /** What `read` makes of each of at most `most` items. */
  list<T>(key: string, most: number, read: (item: unknown, path: string) => T): T[] {
    const value = this.get(key);
    if (!Array.isArray(value) || value.length > most) {
      return this.refuse(key, value, `a list of at most ${most}`);
    }
    return value.map((item, index) => read(item, `${this.path}.${key}[${index}]`));
  }

  fields(key: string): JsonFields {
    return new JsonFields(this.get(key), `${this.path}.${key}`);
  }
}

const ID = "a word of 1 to 64 letters, digits, - and _";

/** An id in a list. */
export function idOf(item: unknown, path: string): string {
  if (isId(item)) return item;
  throw wrongJson(path, item, ID);
}

function isId(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{1,64}$/.test(value);
}

/** The object in a text; throws an Error of one line. */
export function parseFields(text: string, path: string): JsonFields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${path} is no JSON: ${shownJson(text)}`);
  }
  return new JsonFields(value, path);
}
