/** Rules to be written into a rule file: what they say, and their text as YAML. */

import type { Address } from "../event.ts";
import { EVENT_ALIASES } from "../events.ts";
import type { SavedAnswer } from "../questions/question.ts";

/** A rule to be written. All values are meant exactly: whatever rules take for a wildcard is escaped. */
export interface RuleDraft {
  /** What people call it; none if absent. */
  readonly name?: string;
  /** What it answers. */
  readonly action: "allow" | "deny" | "ask";
  /** Names of events, `snet.out` or `snet.in`. */
  readonly events: readonly string[];
  /** Paths of executables. */
  readonly exe?: readonly string[];
  /** Effective user ids. */
  readonly user?: readonly number[];
  /** Names or numbers of address families, socket types and protocols. */
  readonly family?: readonly string[];
  readonly type?: readonly string[];
  readonly proto?: readonly string[];
  /** Where a connection comes from and goes to. */
  readonly from?: readonly DraftAddress[];
  readonly to?: readonly DraftAddress[];
  readonly port?: readonly (number | PortSpan)[];
  /** `host`, snet's own network namespace, or the number of another. */
  readonly netns?: readonly string[];
  /** What a denied program sees, by name or number; EPERM if absent. */
  readonly errno?: string;
}

/** An internet address, network or range as text, or an AF_UNIX address. */
export type DraftAddress = string | { readonly path: string } | { readonly abstract: string };

/** First and last port. */
export interface PortSpan {
  readonly first: number;
  readonly last: number;
}

/** An address as {@linkcode addressOf} takes it; undefined where rules have no word for it. */
export function nameOf({ ip, path, abstract }: Address): string | undefined {
  if (ip !== undefined) return ip;
  // An empty name is an address that is not there; no rule can name it.
  if (path) return `unix:${path}`;
  return abstract ? `@${abstract}` : undefined;
}

const OUTWARDS: ReadonlySet<string> = new Set(["snet.out", "snet.shutdown", ...EVENT_ALIASES["snet.out"]!]);

/** Where a call really goes: the address "any" is this machine, and so rules take it (plugins/rules/README.md). */
export function destination(event: string, ip: string): string {
  if (!OUTWARDS.has(event)) return ip;
  return ip === "0.0.0.0" ? "127.0.0.1" : ip === "::" ? "::1" : ip;
}

/** The rule of an answer that is to last. */
export function answerDraft({ action, events, exe, to, from, port, proto }: SavedAnswer): RuleDraft {
  return {
    action,
    events,
    ...(exe !== undefined && { exe: [exe] }),
    ...(proto !== undefined && { proto: [proto] }),
    ...(from !== undefined && { from: [addressOf(from)] }),
    ...(to !== undefined && { to: [addressOf(destination(events[0]!, to))] }),
    ...(port !== undefined && { port: [port] }),
  };
}

/** An address as `192.0.2.1`, `unix:/run/x.sock` or `@abstract`, of which nothing is escaped yet. */
export function addressOf(text: string): DraftAddress {
  if (text.startsWith("unix:")) return { path: text.slice("unix:".length) };
  return text.startsWith("@") ? { abstract: text.slice(1) } : text;
}

/** A key of a rule with the texts of its values, not quoted yet. */
export type RuleField = readonly [key: string, values: readonly string[]];

/** What a rule says, key by key, in the order in which people write it. Throws a RangeError for what is no rule. */
export function fieldsOf(draft: RuleDraft): readonly RuleField[] {
  const { name, action, events, errno } = draft;
  if (events.length === 0) throw new RangeError("a rule needs an event");
  const strange = draft.exe?.find((path) => !path.startsWith("/"));
  if (strange !== undefined) throw new RangeError(`"${strange}" is not the path of a program`);
  return [
    ...field("name", name === undefined ? undefined : [name]),
    ...field(action, events),
    ...field("exe", draft.exe?.map(escapePattern)),
    ...field("user", draft.user?.map(String)),
    ...field("family", draft.family),
    ...field("type", draft.type),
    ...field("proto", draft.proto),
    ...field("from", draft.from?.map(addressText)),
    ...field("to", draft.to?.map(addressText)),
    ...field("port", draft.port?.map(portText)),
    ...field("netns", draft.netns),
    ...field("errno", errno === undefined ? undefined : [errno]),
  ];
}

function field(key: string, values: readonly string[] | undefined): RuleField[] {
  if (values === undefined) return [];
  // A rule without a value for an operand would not be one for any value, but none at all.
  if (values.length === 0) throw new RangeError(`"${key}" has no value`);
  return [[key, values]];
}

/** A text in which rules find no wildcard. */
function escapePattern(text: string): string {
  return text.replace(/[*?[{\\]/g, "\\$&");
}

function addressText(address: DraftAddress): string {
  if (typeof address === "string") return address;
  if (Object.values(address).includes("")) throw new Error("no rule can name a socket without a name");
  return "path" in address ? `unix:${escapePattern(address.path)}` : `@${escapePattern(address.abstract)}`;
}

function portText(port: number | PortSpan): string {
  return typeof port === "number" ? String(port) : `${port.first}-${port.last}`;
}

/** Columns of a line, where it can be broken at all. */
const WIDTH = 110;

/** The rule as a flow mapping on one line: `{ allow: snet.out, port: [80, 443] }`. */
export function flowText(fields: readonly RuleField[]): string {
  return `{ ${fields.map(([key, values]) => `${key}: ${valueText(values)}`).join(", ")} }`;
}

/**
 * The rule as an item of a block list, after its dash: on one line where that is short, else a line for each key.
 * `column` is where the text begins; lines are broken with "\n".
 */
export function itemText(fields: readonly RuleField[], column: number): string {
  const short = flowText(fields);
  if (column + short.length <= WIDTH) return short;
  const indent = " ".repeat(column);
  return fields.map(([key, values]) => brokenText(key, values, column)).join(`\n${indent}`);
}

/** `key: value`, a list over several lines where it is long. */
function brokenText(key: string, values: readonly string[], column: number): string {
  const text = `${key}: ${valueText(values)}`;
  if (values.length === 1 || column + text.length <= WIDTH) return text;
  const indent = " ".repeat(column + 2);
  const lines: string[] = [];
  let line = "";
  for (const [index, value] of values.entries()) {
    const item = yamlText(value) + (index === values.length - 1 ? "]" : ",");
    const longer = line === "" ? item : `${line} ${item}`;
    if (line !== "" && indent.length + longer.length > WIDTH) {
      lines.push(line);
      line = item;
    } else line = longer;
  }
  // The bracket stands behind the last value: alone on its line it would have to be indented oddly.
  return `${key}: [\n${[...lines, line].map((each) => indent + each).join("\n")}`;
}

export function valueText(values: readonly string[]): string {
  return values.length === 1 ? yamlText(values[0]!) : `[${values.map(yamlText).join(", ")}]`;
}

/** Texts that mean themselves to YAML wherever a value may stand, in brackets and braces too. */
const PLAIN = /^(?:unix:(?=\/))?[\p{L}\p{N}_/$](?:[\p{L}\p{N}_/.+~^%@=$-]| (?=[\p{L}\p{N}_/.+~^%@=$]))*$/u;
/** What YAML's core schema reads as nothing or as true and false, in any case. */
const WORD = /^(?:null|true|false|yes|no|on|off|y|n)$/i;
// JSON leaves these as they are: what YAML does not take, and what a terminal or an editor might act on.
const UNSAFE = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;

/** A text as a YAML scalar: as it is where YAML reads that back, else in double quotes. */
export function yamlText(text: string): string {
  if (PLAIN.test(text) && !WORD.test(text)) return text;
  // JSON's escapes are YAML's, lone surrogates (bytes that are no UTF-8) among them.
  return JSON.stringify(text).replace(UNSAFE, (character) => {
    return character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join("");
  });
}
