/** Writes include/uapi/linux/snet.h. */

import type { Definition, Spec } from "./spec.ts";
import { aligned, snake, upper, wrap } from "./text.ts";

/** The uapi header of a specification. */
export function uapiHeader(spec: Spec): string {
  const family = upper(spec.name);
  const parts = [
    `/* SPDX-License-Identifier: ${spec.license} */`,
    `/* Do not edit: generated from ${spec.file} by "deno task generate". */`,
    "",
    `#ifndef _UAPI_LINUX_${family}_H`,
    `#define _UAPI_LINUX_${family}_H`,
    "",
    comment(wrap(spec.doc, 74)),
    aligned(`#define ${family}_FAMILY_NAME`, `"${spec.name}"`, 32),
    aligned(`#define ${family}_FAMILY_VERSION`, String(spec.version), 32),
    ...spec.definitions.map((definition) => define(spec.name, definition)),
    ...spec.sets.map((set) => {
      const tag = set.name === spec.name ? `${spec.name}_attr` : `${spec.name}_${snake(set.name)}_attr`;
      return numbered(tag, set.doc, upper(set.prefix), set.attributes.map(attributeRow));
    }),
    numbered(`${spec.name}_cmd`, "Commands of the family.", `${family}_CMD_`, spec.operations),
    "",
    `#endif /* _UAPI_LINUX_${family}_H */`,
  ];
  return parts.join("\n") + "\n";
}

interface Row {
  readonly name: string;
  readonly doc: string;
}

function attributeRow({ name, type, doc }: { name: string; type: string; doc: string }): Row {
  return { name, doc: type === "pad" ? "Padding before 64-bit values." : `${type}: ${doc}` };
}

function define(family: string, definition: Definition): string {
  const name = `${upper(family)}_${upper(definition.name)}`;
  if (definition.kind === "const") {
    return `\n${comment(wrap(definition.doc, 74))}\n${
      aligned(`#define ${name}`, String(definition.value), 32)
    }`;
  }
  const rows = definition.entries.map((entry) => ({ ...entry, name: `${name}_${upper(entry.name)}` }));
  const values = rows.map(({ name, value }) => `\t${name} = ${value},`);
  const end = definition.kind === "enum"
    ? [`\t__${name}_MAX,`, `\t${name}_MAX = (__${name}_MAX - 1)`]
    : [`\t${name}_MASK = ${rows.reduce((mask, { value }) => mask + value, 0)},`];
  const tag = `${family}_${snake(definition.name)}`;
  const hidden = definition.kind === "enum" ? [] : [{ name: `${name}_MASK`, doc: "All of them." }];
  return [
    "",
    kernelDoc(tag, definition.doc, [...rows, ...hidden]),
    `enum ${tag} {`,
    ...values,
    "",
    ...(definition.kind === "enum" ? [`\t/* private: */`] : []),
    ...end,
    "};",
  ].join("\n");
}

/** An enum that counts from 1, as attributes and commands do. */
function numbered(tag: string, doc: string, prefix: string, rows: readonly Row[]): string {
  const named = rows.map((row) => ({ ...row, name: prefix + upper(row.name) }));
  return [
    "",
    kernelDoc(tag, doc, named),
    `enum ${tag} {`,
    ...named.map(({ name }, index) => `\t${name}${index === 0 ? " = 1" : ""},`),
    "",
    `\t/* private: */`,
    `\t__${prefix}MAX,`,
    `\t${prefix}MAX = (__${prefix}MAX - 1)`,
    "};",
  ].join("\n");
}

function comment(lines: readonly string[]): string {
  if (lines.length === 1 && lines[0]!.length < 72) return `/* ${lines[0]} */`;
  return ["/*", ...lines.map((line) => ` * ${line}`), " */"].join("\n");
}

function kernelDoc(tag: string, doc: string, rows: readonly Row[]): string {
  const [first = "", ...rest] = wrap(`enum ${tag} - ${doc}`, 74);
  const members = rows.flatMap(({ name, doc }) => {
    const [first = "", ...rest] = wrap(`@${name}: ${doc}`, 72);
    return [` * ${first}`, ...rest.map((line) => ` *   ${line}`)];
  });
  return ["/**", ` * ${first}`, ...rest.map((line) => ` *   ${line}`), " *", ...members, " */"].join("\n");
}
