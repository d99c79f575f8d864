/** The types that an attribute of an event can have: their values and their JSON. */

import { isIP } from "node:net";

/** What an attribute of each type is to a plugin. */
export interface AttributeValues {
  /** Any text; rules compare it by globs in which `*` is any text. */
  readonly string: string;
  /** A path; `*` of a glob stops at a slash. */
  readonly path: string;
  /** One of the `words` that are declared. */
  readonly choice: string;
  /** Some of the `words` that are declared. */
  readonly flags: readonly string[];
  /** An IPv4 or IPv6 address as text; rules compare it by networks. */
  readonly address: string;
  /** A whole number of at most 53 bits, in rules a number or a range. */
  readonly integer: number;
  /** An unsigned number of 64 bits, in rules a number or a range; in JSON a decimal text. */
  readonly u64: bigint;
  /** `true` or `false`, in rules and in JSON too. */
  readonly boolean: boolean;
  /** In JSON hexadecimal; rules do not compare it. */
  readonly bytes: Uint8Array;
}

/** Name of a type. */
export type AttributeType = keyof AttributeValues;

/** A value of any type. */
export type AttributeValue = AttributeValues[AttributeType];

/** A value as JSON holds it. */
export type AttributeJson = string | number | boolean | readonly string[];

interface Traits<T> {
  /** What a value must be, for messages; `words` are those of a choice or of flags. */
  readonly expected: (words: readonly string[]) => string;
  readonly json: (value: T) => AttributeJson;
  /** Undefined where the JSON is no such value. */
  readonly parse: (json: unknown, words: readonly string[]) => T | undefined;
}

const U64_LIMIT = 1n << 64n;

const isText = (json: unknown): json is string => typeof json === "string" && !json.includes("\0");
const TEXT: Traits<string> = {
  expected: () => "a text without NUL",
  json: (value) => value,
  parse: (json) => isText(json) ? json : undefined,
};

const TRAITS: { readonly [T in AttributeType]: Traits<AttributeValues[T]> } = {
  string: TEXT,
  path: TEXT,
  choice: {
    ...TEXT,
    expected: (words) => `one of ${words.join(", ")}`,
    parse: (json, words) => words.find((word) => word === json),
  },
  flags: {
    expected: (words) => `a list of some of ${words.join(", ")}`,
    json: (value) => value,
    parse: (json, words) => {
      return Array.isArray(json) && json.every((word) => words.includes(word)) ? json : undefined;
    },
  },
  address: {
    ...TEXT,
    expected: () => "an IP address",
    parse: (json) => typeof json === "string" && isIP(json) !== 0 ? json : undefined,
  },
  integer: {
    expected: () => "a whole number",
    json: (value) => value,
    parse: (json) => Number.isSafeInteger(json) ? json as number : undefined,
  },
  u64: {
    expected: () => "an integer of 64 bits as a text",
    json: String,
    parse: (json) => {
      const value = typeof json === "string" && /^\d{1,20}$/.test(json) ? BigInt(json) : U64_LIMIT;
      return value < U64_LIMIT ? value : undefined;
    },
  },
  boolean: {
    expected: () => "true or false",
    json: (value) => value,
    parse: (json) => typeof json === "boolean" ? json : undefined,
  },
  bytes: {
    expected: () => "bytes in hexadecimal",
    json: (value) => value.toHex(),
    parse: (json) => {
      return typeof json === "string" && /^(?:[0-9a-f]{2})*$/i.test(json)
        ? Uint8Array.fromHex(json)
        : undefined;
    },
  },
};

/** Names of all types. */
export const ATTRIBUTE_TYPES = Object.keys(TRAITS) as readonly AttributeType[];

/** What of an attribute's declaration its values depend on. */
export interface AttributeKind {
  readonly type: AttributeType;
  /** Of a choice or of flags. */
  readonly words?: readonly string[];
}

function traitsOf(type: AttributeType): Traits<AttributeValue> {
  return TRAITS[type] as unknown as Traits<AttributeValue>;
}

/** A value as JSON holds it. */
export function attributeJson({ type }: AttributeKind, value: AttributeValue): AttributeJson {
  return traitsOf(type).json(value);
}

/**
 * The value that some JSON is.
 *
 * Throws an Error that begins with `path` and says what would be right.
 */
export function attributeOfJson(
  { type, words = [] }: AttributeKind,
  json: unknown,
  path: string,
): AttributeValue {
  const { parse, expected } = traitsOf(type);
  const value = parse(json, words);
  if (value === undefined) throw new Error(`${path}: ${JSON.stringify(json)}; expected ${expected(words)}`);
  return value;
}
