/** Operands of declared families: which there are, how their values are read and found, by the types of the attributes. */

import {
  attributesOf,
  type AttributeSpec,
  didYouMean,
  type EventName,
  operandsOf,
  type SnetEvent,
  subsystems,
  type YamlFile,
  type YamlNode,
} from "../../core/mod.ts";
import { type Network, networkText, parseAddress, parseNetworks } from "../parts/address.ts";
import { parsePattern, type Pattern, type PatternData, PatternTable } from "../parts/pattern.ts";
import { type NetworkData, NetworkTable } from "./network_table.ts";
import { type OperandReader, texts } from "./operands.ts";

/** What a rule says of an attribute. */
export type AttributeTest =
  | { readonly kind: "pattern"; readonly pattern: Pattern }
  | { readonly kind: "network"; readonly network: Network }
  /** First and last; both numbers, or both of 64 bits. */
  | { readonly kind: "range"; readonly first: number | bigint; readonly last: number | bigint }
  /** A word, true or false. */
  | { readonly kind: "value"; readonly value: string | boolean };

/** An attribute of an event, and its name there. */
export type NamedAttribute = readonly [name: string, spec: AttributeSpec];

/** The attribute that an operand compares in events of a declared family; undefined where they have none. */
export function attributeOf(event: EventName, operand: string): NamedAttribute | undefined {
  return attributesOf(event).find(([name, spec]) => {
    // What is read by code of its own has operands of its own too (operands.ts).
    return spec.read === undefined && operandsOf(name, spec).includes(operand);
  });
}

/** The operands of all declared families. */
export function declaredOperands(): readonly string[] {
  const names = subsystems().flatMap(({ spec }) => {
    return Object.entries(spec.attributes).flatMap(([name, attribute]) => {
      return attribute.read === undefined ? operandsOf(name, attribute) : [];
    });
  });
  return [...new Set(names)];
}

/** Whether the values of two attributes are written, and compared, in the same way. */
export function areAlike([, a]: NamedAttribute, [, b]: NamedAttribute): boolean {
  return a.type === b.type && JSON.stringify(a.words) === JSON.stringify(b.words);
}

/** Whether no ticket can hold what is decided by an attribute. */
export function isVolatile(attribute: NamedAttribute | undefined): boolean {
  return attribute !== undefined && (attribute[1].ticket ?? "volatile") === "volatile";
}

/** Kept, so that a set is read once for an attribute. */
const READERS = new WeakMap<AttributeSpec, OperandReader>();

/** Reads what a rule says of an attribute. */
export function readAttribute(
  [, spec]: NamedAttribute,
  ...[file, node, lookup]: Parameters<OperandReader>
): readonly AttributeTest[] {
  let reader = READERS.get(spec);
  if (reader === undefined) READERS.set(spec, reader = texts((text) => parseTest(spec, text)));
  return reader(file, node, lookup) as readonly AttributeTest[];
}

function parseTest({ type, words = [] }: AttributeSpec, text: string): readonly AttributeTest[] {
  switch (type) {
    case "string":
    case "path":
      return [{ kind: "pattern", pattern: parsePattern(text, type === "path") }];
    case "address":
      return parseNetworks(text).map((network) => ({ kind: "network", network }));
    case "integer":
    case "u64":
      return [parseRange(text, type === "u64")];
    case "boolean":
      if (text !== "true" && text !== "false") throw new Error(`"${text}" is not true or false`);
      return [{ kind: "value", value: text === "true" }];
    case "choice":
    case "flags":
      if (!words.includes(text)) {
        throw new Error(`"${text}" is not one of ${words.join(", ")}${suggestion(text, words)}`);
      }
      return [{ kind: "value", value: text }];
    case "bytes":
      return [];
  }
}

function suggestion(text: string, words: readonly string[]): string {
  const hint = didYouMean(text, words);
  return hint.includes("did you mean") ? hint : "";
}

const U64_LAST = (1n << 64n) - 1n;

function parseRange(text: string, isLong: boolean): AttributeTest {
  const [, from, to = from] = (isLong ? /^(\d+)(?:-(\d+))?$/ : /^(-?\d+)(?:-(-?\d+))?$/).exec(text) ?? [];
  if (from === undefined) throw new Error(`"${text}" is not a number; write one such as 7, or 100-199`);
  const [first, last] = isLong ? [BigInt(from), BigInt(to!)] : [Number(from), Number(to)];
  const tooMuch = isLong ? last > U64_LAST : !Number.isSafeInteger(first) || !Number.isSafeInteger(last);
  if (tooMuch) throw new Error(`${text} is beyond ${isLong ? "64" : "53"} bits`);
  if (first > last) throw new Error(`"${text}" ends before it begins`);
  return { kind: "range", first, last };
}

/** A test as a rule would have it. */
export function testText(test: AttributeTest): string {
  switch (test.kind) {
    case "pattern":
      return test.pattern.source;
    case "network":
      return networkText(test.network);
    case "range":
      return test.first === test.last ? String(test.first) : `${test.first}-${test.last}`;
    case "value":
      return String(test.value);
  }
}

/** Tests with one key are passed by the same values, of whichever type their attributes are. */
export function testKey(test: AttributeTest): string {
  switch (test.kind) {
    case "pattern":
      return `pattern ${test.pattern.path} ${test.pattern.source}`;
    case "range":
      return `range ${typeof test.first} ${testText(test)}`;
    case "network":
      return `network ${testText(test)}`;
    case "value":
      return `value ${typeof test.value} ${test.value}`;
  }
}

/** What an {@linkcode AttributeTable} knows, as data that another thread can be handed. */
export interface AttributeData {
  readonly operand: string;
  /** The attribute of each event. */
  readonly names: Map<string, string>;
  readonly patterns: PatternData;
  readonly networks: NetworkData;
  /** Words, truths and single numbers. */
  readonly values: Map<string | boolean | number | bigint, number>;
  readonly ranges: {
    readonly first: number | bigint;
    readonly last: number | bigint;
    readonly atom: number;
  }[];
}

/** Finds the numbers of all tests that an event passes. Ranges are tried one by one. */
export class AttributeTable {
  readonly #patterns: PatternTable;
  readonly #networks: NetworkTable;

  constructor(readonly data: AttributeData) {
    this.#patterns = new PatternTable(data.patterns);
    this.#networks = new NetworkTable(data.networks);
  }

  /** A table that knows nothing yet. */
  static of(operand: string): AttributeTable {
    const patterns = new PatternTable().data;
    const networks = new NetworkTable().data;
    return new AttributeTable({
      operand,
      names: new Map(),
      patterns,
      networks,
      values: new Map(),
      ranges: [],
    });
  }

  /** Makes the attribute that events of this name have the one that is compared. */
  addEvent(event: EventName): void {
    const attribute = attributeOf(event, this.data.operand);
    if (attribute !== undefined) this.data.names.set(event, attribute[0]);
  }

  /** Adds a test, once, under a number. */
  add(test: AttributeTest, atom: number): void {
    const { values, ranges } = this.data;
    if (test.kind === "pattern") this.#patterns.add(test.pattern, atom);
    else if (test.kind === "network") this.#networks.add(test.network, atom);
    else if (test.kind === "value") values.set(test.value, atom);
    else if (test.first === test.last) values.set(test.first, atom);
    else ranges.push({ ...test, atom });
  }

  /** Puts the numbers into `found`; returns how many, or undefined where the event lacks the attribute. */
  match(event: SnetEvent, found: number[]): number | undefined {
    const name = this.data.names.get(event.name);
    const value = name === undefined ? undefined : event.attributes?.[name];
    if (value === undefined) return undefined;
    let count = 0;
    if (typeof value === "object") {
      if (value instanceof Uint8Array) return undefined;
      for (const word of value) count = this.#equal(word, found, count);
      return count;
    }
    count = this.#equal(value, found, count);
    if (typeof value === "string") return this.#matchText(value, found, count);
    if (typeof value === "boolean") return count;
    for (const { first, last, atom } of this.data.ranges) {
      if (first <= value && value <= last) found[count++] = atom;
    }
    return count;
  }

  #equal(value: string | boolean | number | bigint, found: number[], count: number): number {
    const atom = this.data.values.get(value);
    if (atom !== undefined) found[count++] = atom;
    return count;
  }

  #matchText(text: string, found: number[], count: number): number {
    for (const atom of this.#patterns.match(text)) found[count++] = atom;
    const address = parseAddress(text);
    if (address === undefined) return count;
    const [a, b, c, d] = address.words;
    if (b === undefined) return this.#networks.match4(a!, found, count);
    return this.#networks.match6(a!, b, c!, d!, found, count);
  }
}

/** Notes a problem where the events of a rule have different operands of one name. Returns what they have. */
export function oneAttribute(
  file: YamlFile,
  node: YamlNode,
  operand: string,
  events: readonly EventName[],
): NamedAttribute | undefined {
  const [first, ...others] = events.map((event) => attributeOf(event, operand))
    .filter((attribute) => attribute !== undefined);
  if (first !== undefined && others.some((other) => !areAlike(first, other))) {
    file.problem(node, `"${operand}" is not the same in ${events.join(", ")}: write a rule for each family`);
    return undefined;
  }
  return first;
}
