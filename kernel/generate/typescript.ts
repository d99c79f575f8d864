/** Writes ffi/protocol.ts. */

import type { Attribute, AttributeSet, Definition, Operation, Spec } from "./spec.ts";
import { camel, pascal, wrap } from "./text.ts";

/** The protocol as TypeScript: numbers, their types, messages, and tables for the codec. */
export function typescript(spec: Spec): string {
  return [
    "// SPDX-License-Identifier: MIT",
    `// Do not edit: generated from ${spec.file} by "deno task generate".`,
    "",
    doc(`${spec.doc}\n\n@module`),
    "",
    doc("Name of the generic netlink family."),
    `export const FAMILY_NAME = ${JSON.stringify(spec.name)};`,
    "",
    doc("Version of the protocol that this was made for."),
    `export const FAMILY_VERSION = ${spec.version};`,
    ...spec.definitions.map(define),
    eventNames(spec),
    numbers("Command", "Commands of the family.", spec.operations),
    ...spec.sets.map((set) => numbers(attributeType(spec, set), set.doc, set.attributes)),
    shapes(),
    ...spec.sets.map((set) => table(spec, set)),
    setTable(spec),
    counterDocs(spec),
    ...spec.sets.filter(({ name }) => name !== spec.name).map((set) =>
      message(messageName(set), set.doc, set.attributes)
    ),
    ...spec.operations.flatMap((operation) => messages(operation)),
    "",
  ].join("\n");
}

interface Row {
  readonly name: string;
  readonly number: number;
  readonly doc: string;
}

function doc(text: string, indent = ""): string {
  const lines = text.split("\n\n").flatMap((part, index) => [...(index ? [""] : []), ...wrap(part, 100)]);
  if (lines.length === 1) return `${indent}/** ${lines[0]} */`;
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`].join("\n");
}

function define(definition: Definition): string {
  if (definition.kind === "const") {
    const name = definition.name.replaceAll("-", "_").toUpperCase();
    return `\n${doc(definition.doc)}\nexport const ${name} = ${definition.value};`;
  }
  const rows = definition.entries.map(({ name, value, doc }) => ({ name, number: value, doc }));
  const note = definition.kind === "flags" ? "\n\nBits; a value of this type may hold several." : "";
  return numbers(pascal(definition.name), definition.doc + note, rows, definition.kind === "flags");
}

function numbers(name: string, about: string, rows: readonly Row[], bits = false): string {
  const one = `(typeof ${name})[keyof typeof ${name}]`;
  return [
    "",
    doc(about),
    `export const ${name} = {`,
    ...rows.flatMap((row) => [
      doc(row.doc || "Padding before 64-bit values.", "  "),
      `  ${pascal(row.name)}: ${row.number},`,
    ]),
    "} as const;",
    doc(`One of {@linkcode ${name}}${bits ? ", or several or-ed" : ""}.`),
    `export type ${name} = ${bits ? "number" : one};`,
  ].join("\n");
}

/** `snet-post-accept` → `snet.post_accept`. */
function eventName(name: string): string {
  return name.replace("-", ".").replaceAll("-", "_");
}

function eventNames(spec: Spec): string {
  const definition = spec.definitions.find(({ name }) => name === "event");
  if (definition?.kind !== "enum") throw new Error(`${spec.file}: no enum "event" is defined`);
  return [
    "",
    doc("Name of an event, as rules and plugins know it."),
    `export type EventName = ${definition.entries.map(({ name }) => `"${eventName(name)}"`).join(" | ")};`,
    "",
    doc("Number of an event by its name."),
    "export const EVENT_NUMBERS: Readonly<Record<EventName, Event>> = {",
    ...definition.entries.map(({ name, value }) => `  "${eventName(name)}": ${value},`),
    "};",
    "",
    doc("Name of an event by its number; undefined for a number that this protocol does not know."),
    "export const EVENT_NAMES: readonly (EventName | undefined)[] = [",
    ...Array.from({ length: Math.max(...definition.entries.map(({ value }) => value)) + 1 }, (_, number) => {
      const entry = definition.entries.find(({ value }) => value === number);
      return `  ${entry ? `"${eventName(entry.name)}"` : "undefined"},`;
    }),
    "];",
    "",
    doc("What each event is about."),
    "export const EVENT_DOCS: Readonly<Record<EventName, string>> = {",
    ...definition.entries.map(({ name, doc }) => `  "${eventName(name)}": ${JSON.stringify(doc)},`),
    "};",
  ].join("\n");
}

/** `counters` → `Counter`; `address` stays. */
function singular(name: string): string {
  return pascal(name).replace(/([^s])s$/, "$1");
}

function attributeType(spec: Spec, set: AttributeSet): string {
  return set.name === spec.name ? "Attr" : `${singular(set.name)}Attr`;
}

function messageName(set: AttributeSet): string {
  return `${pascal(set.name)}Message`;
}

function shapes(): string {
  return `
/** Types of attributes; \`string\` ends with a NUL on the wire, \`nest\` holds attributes of another set. */
export type AttributeType = "pad" | "u8" | "u16" | "u32" | "u64" | "string" | "binary" | "nest";

/** One attribute, for the codec. */
export interface AttributeSpec {
  /** As the specification names it, such as \`payload-max\`. */
  readonly name: string;
  /** As messages of this library name it, such as \`payloadMax\`. */
  readonly key: string;
  /** What its value is. */
  readonly type: AttributeType;
  /** The set that a nest holds. */
  readonly nested?: SetName;
  /** Bytes of a binary of fixed length. */
  readonly exactLength?: number;
  /** Most bytes of a string (without its NUL) or a binary. */
  readonly maxLength?: number;
}
`;
}

function table(spec: Spec, set: AttributeSet): string {
  const rows = set.attributes.map((attribute) => {
    const parts = [
      `name: "${attribute.name}"`,
      `key: "${camel(attribute.name)}"`,
      `type: "${attribute.type}"`,
      ...(attribute.nested ? [`nested: "${attribute.nested}"`] : []),
      ...(attribute.exactLength ? [`exactLength: ${attribute.exactLength.value}`] : []),
      ...(attribute.maxLength ? [`maxLength: ${attribute.maxLength.value}`] : []),
    ];
    return `  { ${parts.join(", ")} },`;
  });
  const name = tableName(spec, set);
  return [`const ${name}: readonly (AttributeSpec | undefined)[] = [`, "  undefined,", ...rows, "];", ""]
    .join("\n");
}

function tableName(spec: Spec, set: AttributeSet): string {
  return `${attributeType(spec, set).replace("Attr", "").toUpperCase()}_ATTRIBUTES`.replace(/^_/, "");
}

function setTable(spec: Spec): string {
  return [
    doc("Name of an attribute set."),
    `export type SetName = ${spec.sets.map(({ name }) => `"${name}"`).join(" | ")};`,
    "",
    doc("The attributes of each set by their number (there is no attribute 0)."),
    "export const ATTRIBUTE_SETS: Readonly<Record<SetName, readonly (AttributeSpec | undefined)[]>> = {",
    ...spec.sets.map((set) => `  ${set.name}: ${tableName(spec, set)},`),
    "};",
  ].join("\n");
}

/** Docs as data, where a person is shown them: each counter's. */
function counterDocs(spec: Spec): string {
  const counters = spec.sets.find(({ name }) => name === "counters");
  if (counters === undefined) throw new Error(`${spec.file}: no attribute set "counters" is defined`);
  const rows = counters.attributes.filter(({ type }) => type !== "pad");
  return [
    "",
    doc("What each counter counts."),
    "export const COUNTER_DOCS: Readonly<Record<keyof CountersMessage, string>> = {",
    ...rows.map(({ name, doc }) => `  ${camel(name)}: ${JSON.stringify(doc)},`),
    "};",
  ].join("\n");
}

function messages({ name, doc, request, reply, kind }: Operation): string[] {
  const base = pascal(name);
  if (kind === "event") return [message(`${base}Notice`, doc, request)];
  return [
    ...(request.length ? [message(`${base}Request`, doc, request)] : []),
    ...(reply ? [message(`${base}Reply`, `What the kernel answers to ${name}.`, reply)] : []),
  ];
}

function message(name: string, about: string, attributes: readonly Attribute[]): string {
  const rows = attributes.filter(({ type }) => type !== "pad");
  return [
    "",
    doc(about),
    `export interface ${name} {`,
    ...rows.flatMap((attribute) => [
      doc(attribute.doc, "  "),
      `  readonly ${camel(attribute.name)}?: ${valueType(attribute)};`,
    ]),
    "}",
  ].join("\n");
}

function valueType(attribute: Attribute): string {
  if (attribute.enum) return pascal(attribute.enum);
  if (attribute.nested) return `${pascal(attribute.nested)}Message`;
  if (attribute.type === "u64") return "bigint";
  if (attribute.type === "string") return "string";
  return attribute.type === "binary" ? "Uint8Array" : "number";
}
