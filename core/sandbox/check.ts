/**
 * What a plugin's process says, checked to the last key: it is written by whoever it is that nobody trusts. What comes out
 * is made of new objects with nothing but known keys.
 */

import { ALL_EVENTS, isEventName, parseEvents } from "../events.ts";
import { Operand } from "../../ffi/mod.ts";
import { namesOf } from "../bit_names.ts";
import { pluginOf } from "../external/declaration.ts";
import { INSTEAD, type OptionSpec } from "../plugin.ts";
import { didYouMean } from "../suggest.ts";
import { printable } from "../cli/text.ts";
import { HIGHEST_ERRNO, VERDICT_SCOPES } from "../verdict.ts";
import { LONGEST_TEXT, type PluginMessage, PROTOCOL_VERSION } from "./protocol.ts";

/** What a process may have done wrong; each is counted. */
export type Violation =
  | "malformed"
  | "tooLong"
  | "wrongVerdict"
  | "unknownId"
  | "secondAnswer"
  | "outOfTurn";

/** A line that breaks the protocol. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";

  constructor(readonly violation: Violation, message: string) {
    super(message);
  }
}

/** Operands that an answer may name. */
export const OPERANDS: readonly string[] = [...namesOf(Operand).values()];

type Fields = Readonly<Record<string, unknown>>;

/** Keys of each message, besides `type`. */
const KEYS = {
  declaration: [
    ...["protocol", "name", "doc", "version", "on", "options", "wants", "asks", "needsPayload"],
    ...["timeout", "whenLate", "whenFailed"],
  ],
  ready: ["decides", "observes", "events", "rules"],
  answer: ["id", "verdict", "read"],
  failure: ["id", "why"],
  log: ["level", "message"],
  pong: ["id"],
} as const satisfies Record<PluginMessage["type"], readonly string[]>;

const ACTIONS = ["allow", "deny", "ask"] as const;
const LEVELS = ["info", "warning", "error"] as const;
const OPTION_KEYS = ["type", "doc", "default", "optional", "secret", "byHand", "min", "max", "choices"];
/** A plugin's rules have 20 bits in what the kernel counts. */
const RULES = 1 << 20;
const MOST_OPTIONS = 100;
const OPTION_NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
/** Four weeks: longer than any ticket that makes sense. */
const LONGEST_TIME = 28 * 24 * 3600 * 1000;

/** A line as a message. Throws a {@linkcode ProtocolError}. */
export function messageOfLine(line: string): PluginMessage {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw malformed(`it wrote ${quote(line)}, which is no JSON; logs go to standard error`);
  }
  const { type, ...fields } = recordOf(value, "a line");
  if (typeof type !== "string" || !Object.hasOwn(KEYS, type)) {
    throw malformed(
      `it sent a message of the type ${quote(type)}; there are ${Object.keys(KEYS).join(", ")}`,
    );
  }
  const name = type as PluginMessage["type"];
  known(fields, KEYS[name], `"${name}"`);
  return READERS[name](fields);
}

const READERS: Readonly<Record<PluginMessage["type"], (fields: Fields) => PluginMessage>> = {
  declaration: declarationOf,
  ready: ({ decides, observes, events, rules }) => ({
    type: "ready",
    ...given("decides", decides, boolean),
    ...given("observes", observes, boolean),
    ...given("events", events, (value) => parseEvents(listOf(value, "events", ALL_EVENTS.length, eventName))),
    ...given("rules", rules, (value) => listOf(value, "rules", RULES, ruleOf)),
  }),
  answer: ({ id, verdict, read }) => ({
    type: "answer",
    id: idOf(id),
    verdict: verdict === null ? null : verdictOf(verdict),
    ...given(
      "read",
      read,
      (value) => listOf(value, "read", OPERANDS.length, (one) => wordOf(one, "read", OPERANDS)),
    ),
  }),
  failure: ({ id, why }) => ({ type: "failure", ...given("id", id, idOf), why: textOf(why, "why") }),
  log: ({ level, message }) => ({
    type: "log",
    level: wordOf(level, "level", LEVELS),
    message: textOf(message, "message"),
  }),
  pong: ({ id }) => ({ type: "pong", id: idOf(id) }),
};

function declarationOf(fields: Fields): PluginMessage {
  const { protocol, name, doc, version, on, options, wants, asks, needsPayload } = fields;
  const { timeout, whenLate, whenFailed } = fields;
  if (protocol !== PROTOCOL_VERSION) {
    throw malformed(
      `it speaks version ${quote(protocol)} of the protocol; this snet speaks ${PROTOCOL_VERSION}`,
    );
  }
  const specs = recordOf(options, "options");
  if (Object.keys(specs).length > MOST_OPTIONS) {
    throw malformed(`it declares more than ${MOST_OPTIONS} options`);
  }
  const declaration = {
    name: plainText(name, "name"),
    doc: plainText(doc, "doc"),
    ...given("version", version, (value) => plainText(value, "version")),
    on: listOf(on, "on", MOST_OPTIONS, (word) => textOf(word, "on")),
    options: Object.fromEntries(
      Object.entries(specs).map(([key, spec]) => [optionName(key), optionOf(key, spec)]),
    ),
    ...given("wants", wants, wantsOf),
    ...given("timeout", timeout, (value) => integerOf(value, "timeout", 1, LONGEST_TIME)),
    ...given("whenLate", whenLate, (value) => wordOf(value, "whenLate", INSTEAD)),
    ...given("whenFailed", whenFailed, (value) => wordOf(value, "whenFailed", INSTEAD)),
    ...given("asks", asks, boolean),
    ...given("needsPayload", needsPayload, boolean),
  };
  try {
    pluginOf({ ...declaration, setup: () => ({}) });
  } catch (error) {
    throw malformed(printable(`it declares what is no plugin: ${(error as Error).message}`));
  }
  return { type: "declaration", protocol, ...declaration };
}

function optionName(name: string): string {
  if (OPTION_NAME.test(name)) return name;
  throw malformed(`it declares an option ${quote(name)}; names are letters, digits and "-", a letter first`);
}

function optionOf(name: string, spec: unknown): OptionSpec {
  const fields = recordOf(spec, `option "${name}"`);
  known(fields, OPTION_KEYS, `option "${name}"`);
  const { type, default: fallback, min, max, optional, secret, byHand } = fields;
  // snet reads them with its own rights, and hands their texts over.
  if (type === "files" && fallback !== undefined && !(Array.isArray(fallback) && fallback.length === 0)) {
    throw malformed(
      `it declares files that snet is to read for it, in the option "${name}"; only snet.yaml names files`,
    );
  }
  for (const [key, value] of [["min", min], ["max", max]] as const) {
    if (value !== undefined) {
      integerOf(value, `${key} of option "${name}"`, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    }
  }
  if (optional !== undefined) boolean(optional);
  if (secret !== undefined) boolean(secret);
  if (byHand !== undefined) boolean(byHand);
  return { ...fields, doc: plainText(fields["doc"], `doc of option "${name}"`) } as OptionSpec;
}

function wantsOf(value: unknown): Fields {
  const kinds = ["read", "write", "net", "env"];
  const fields = recordOf(value, "wants");
  known(fields, kinds, `"wants"`);
  return Object.fromEntries(
    Object.entries(fields).map((
      [kind, items],
    ) => [kind, listOf(items, `wants.${kind}`, MOST_OPTIONS, (item) => plainText(item, kind))]),
  );
}

function verdictOf(value: unknown): NonNullable<Extract<PluginMessage, { type: "answer" }>["verdict"]> {
  try {
    const fields = recordOf(value, "a verdict");
    known(fields, ["action", "why", "errno", "remember", "scope", "rule"], "a verdict");
    const { action, why, errno, remember, scope, rule } = fields;
    return {
      action: wordOf(action, "action", ACTIONS),
      why: textOf(why, "why"),
      ...given("errno", errno, (value) => integerOf(value, "errno", 1, HIGHEST_ERRNO)),
      ...given("remember", remember, (value) => integerOf(value, "remember", 0, LONGEST_TIME)),
      ...given("scope", scope, (value) => wordOf(value, "scope", VERDICT_SCOPES)),
      ...given("rule", rule, (value) => integerOf(value, "rule", 0, RULES - 1)),
    };
  } catch (error) {
    throw new ProtocolError("wrongVerdict", (error as Error).message);
  }
}

function ruleOf(value: unknown): { readonly name: string; readonly where: string } {
  const fields = recordOf(value, "a rule");
  known(fields, ["name", "where"], "a rule");
  return { name: textOf(fields["name"], "name"), where: textOf(fields["where"], "where") };
}

function recordOf(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw malformed(`it sent ${quote(value)} where ${what} is an object`);
}

function known(fields: Fields, keys: readonly string[], where: string): void {
  const unknown = Object.keys(fields).find((key) => !keys.includes(key));
  if (unknown === undefined) return;
  throw malformed(`it sent an unknown key ${quote(unknown)} in ${where}${didYouMean(unknown, keys)}`);
}

function listOf<T>(value: unknown, what: string, most: number, read: (item: unknown) => T): T[] {
  if (!Array.isArray(value) || value.length > most) {
    throw malformed(`it sent ${quote(value)} where "${what}" is a list of at most ${most}`);
  }
  return value.map(read);
}

function wordOf<W extends string>(value: unknown, what: string, words: readonly W[]): W {
  const word = words.find((word) => word === value);
  if (word !== undefined) return word;
  throw malformed(`it sent the ${what} ${quote(value)}; there are ${words.join(", ")}`);
}

function eventName(value: unknown): string {
  if (typeof value === "string" && isEventName(value)) return value;
  throw malformed(`it sent ${quote(value)}, which is the name of no event`);
}

function textOf(value: unknown, what: string): string {
  if (typeof value === "string" && value.length <= LONGEST_TEXT) return value;
  const is = typeof value === "string" ? `${value.length} characters` : quote(value);
  throw malformed(`it sent ${is} as ${what}, which is a text of at most ${LONGEST_TEXT}`);
}

/** A text that is shown as it is, in help and tables. */
function plainText(value: unknown, what: string): string {
  const text = textOf(value, what);
  const bare = text.replaceAll("\\", "/");
  if (printable(bare) === bare) return text;
  throw malformed(`it sent ${quote(text)} as ${what}, which a terminal would not show as text`);
}

function integerOf(value: unknown, what: string, least: number, most: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) {
    return value as number;
  }
  throw malformed(`it sent ${quote(value)} as ${what}, which is a whole number from ${least} to ${most}`);
}

function idOf(value: unknown): number {
  return integerOf(value, "id", 1, Number.MAX_SAFE_INTEGER);
}

function boolean(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw malformed(`it sent ${quote(value)} where there is true or false`);
}

function given<K extends string, T>(key: K, value: unknown, read: (value: unknown) => T): { [P in K]?: T } {
  return (value === undefined ? {} : { [key]: read(value) }) as { [P in K]?: T };
}

function malformed(message: string): ProtocolError {
  return new ProtocolError("malformed", message);
}

const LONGEST_QUOTE = 60;

/** The beginning of what it sent, as JSON that can be printed. */
function quote(value: unknown): string {
  const text = typeof value === "string" ? value.slice(0, LONGEST_QUOTE) : value;
  const shown = JSON.stringify(text) ?? "nothing";
  return printable(shown.length > LONGEST_QUOTE + 2 ? `${shown.slice(0, LONGEST_QUOTE)}…` : shown);
}
