/** Writes security/snet/netlink_gen.[ch]: how the kernel checks each request, and the table of its operations. */

import type { Attribute, AttributeSet, Limit, Operation, Spec } from "./spec.ts";
import { largest } from "./spec.ts";
import { aligned, snake, upper } from "./text.ts";

/** A policy's own bounds are s16; wider ones stand beside it (include/net/netlink.h). */
const SHORT_MAX = 0x7fffn;

interface Range {
  readonly min: Limit | undefined;
  readonly max: Limit | undefined;
}

/** The header: prototypes of the functions that answer, and the family. */
export function policyHeader(spec: Spec): string {
  const guard = `_SECURITY_${upper(spec.name)}_NETLINK_GEN_H`;
  return [
    ...top(spec, "/*", " */"),
    `#ifndef ${guard}`,
    `#define ${guard}`,
    "",
    "#include <net/genetlink.h>",
    "#include <net/netlink.h>",
    `#include <uapi/linux/${spec.name}.h>`,
    "",
    ...requests(spec).flatMap((operation) => prototype(spec, operation)),
    "",
    `extern struct genl_family ${spec.name}_nl_family;`,
    "",
    `#endif /* ${guard} */`,
    "",
  ].join("\n");
}

/** The source: one policy for each operation, their table, the family. */
export function policySource(spec: Spec): string {
  const operations = requests(spec);
  const ranges = new Map<string, Range>();
  for (const { request } of operations) {
    for (const attribute of request) {
      const range = rangeOf(spec, attribute);
      if (range && isWide(attribute, range)) ranges.set(attribute.name, range);
    }
  }
  return [
    ...top(spec, "//", ""),
    "#include <linux/kernel.h>",
    "#include <linux/module.h>",
    '#include "netlink_gen.h"',
    "",
    ...[...ranges].flatMap(([name, range]) => wideRange(spec, name, range)),
    ...operations.flatMap((operation) => policy(spec, operation)),
    // genl_split_ops came with 6.2; this form serves 6.1 as well.
    `static const struct genl_ops ${spec.name}_nl_ops[] = {`,
    ...operations.flatMap((operation) => entry(spec, operation)),
    "};",
    "",
    `struct genl_family ${spec.name}_nl_family __ro_after_init = {`,
    ...fields([
      ["name", `${upper(spec.name)}_FAMILY_NAME`],
      ["version", `${upper(spec.name)}_FAMILY_VERSION`],
      ["netnsok", "false"],
      ["parallel_ops", "true"],
      ["module", "THIS_MODULE"],
      ["ops", `${spec.name}_nl_ops`],
      ["n_ops", `ARRAY_SIZE(${spec.name}_nl_ops)`],
    ], 1),
    "};",
    "",
  ].join("\n");
}

function top(spec: Spec, open: string, close: string): string[] {
  return [
    `${open} SPDX-License-Identifier: GPL-2.0-only${close}`,
    `/* Do not edit: generated from ${spec.file} by "deno task generate". */`,
    "",
  ];
}

function requests(spec: Spec): Operation[] {
  return spec.operations.filter(({ kind }) => kind !== "event");
}

function handler(spec: Spec, { name, kind }: Operation): string {
  return `${spec.name}_nl_${snake(name)}_${kind}it`;
}

function prototype(spec: Spec, operation: Operation): string[] {
  const start = `int ${handler(spec, operation)}(struct sk_buff *skb, `;
  const last = operation.kind === "do" ? "struct genl_info *info);" : "struct netlink_callback *cb);";
  if (start.length + last.length <= 80) return [start + last];
  const column = start.indexOf("(") + 1;
  return [start.trimEnd(), "\t".repeat(column >> 3) + " ".repeat(column & 7) + last];
}

function setOf(spec: Spec): AttributeSet {
  const set = spec.sets.find(({ name }) => name === spec.name);
  if (!set) throw new Error(`${spec.file}: no attribute set "${spec.name}", which the messages share`);
  return set;
}

function constant(spec: Spec, attribute: Attribute): string {
  return upper(setOf(spec).prefix) + upper(attribute.name);
}

/** The attribute with the highest number, or the pad, so that a request without attributes refuses all of them. */
function last(spec: Spec, operation: Operation): Attribute {
  const attributes = operation.request.length ? operation.request : setOf(spec).attributes.slice(0, 1);
  return attributes.reduce((a, b) => (b.number > a.number ? b : a));
}

function policyName(spec: Spec, operation: Operation): string {
  return `${spec.name}_${snake(operation.name)}_nl_policy`;
}

function policy(spec: Spec, operation: Operation): string[] {
  const bound = constant(spec, last(spec, operation));
  const rows = [...operation.request].sort((a, b) => a.number - b.number);
  const head = `static const struct nla_policy ${policyName(spec, operation)}[`;
  const size = `${bound} + 1] = {`;
  return [
    `/* ${upper(spec.name)}_CMD_${upper(operation.name)} - ${operation.kind} */`,
    ...(head.length + size.length > 80 ? [head, `\t${size}`] : [head + size]),
    ...rows.map((attribute) => `\t[${constant(spec, attribute)}] = ${check(spec, attribute)},`),
    "};",
    "",
  ];
}

function check(spec: Spec, attribute: Attribute): string {
  const type = `NLA_${upper(attribute.type)}`;
  if (attribute.type === "string") {
    return attribute.maxLength
      ? `{ .type = NLA_NUL_STRING, .len = ${limit(spec, attribute.maxLength)} }`
      : "{ .type = NLA_NUL_STRING }";
  }
  if (attribute.type === "binary") {
    if (attribute.exactLength) return `NLA_POLICY_EXACT_LEN(${limit(spec, attribute.exactLength)})`;
    return attribute.maxLength
      ? `NLA_POLICY_MAX_LEN(${limit(spec, attribute.maxLength)})`
      : "{ .type = NLA_BINARY }";
  }
  if (attribute.flags) return `NLA_POLICY_MASK(${type}, ${upper(`${spec.name}-${attribute.enum}`)}_MASK)`;
  const range = rangeOf(spec, attribute);
  if (!range) return `{ .type = ${type} }`;
  if (isWide(attribute, range)) return `NLA_POLICY_FULL_RANGE(${type}, &${rangeName(spec, attribute.name)})`;
  const min = range.min && limit(spec, range.min);
  const max = range.max && limit(spec, range.max);
  if (min === undefined) return `NLA_POLICY_MAX(${type}, ${max})`;
  if (max === undefined) return `NLA_POLICY_MIN(${type}, ${min})`;
  return `NLA_POLICY_RANGE(${type}, ${min}, ${max})`;
}

/** Bounds that a value must keep; undefined where its type keeps them already. */
function rangeOf(spec: Spec, attribute: Attribute): Range | undefined {
  const most = largest(attribute.type);
  if (most === undefined || attribute.flags) return undefined;
  const min = attribute.min?.value ? attribute.min : undefined;
  const max = attribute.max ?? enumMost(spec, attribute);
  const range = { min, max: max && max.value < most ? max : undefined };
  return range.min || range.max ? range : undefined;
}

/** The highest entry of an attribute's enum; explicit checks go before it. */
function enumMost(spec: Spec, attribute: Attribute): Limit | undefined {
  const definition = spec.definitions.find(({ name }) => name === attribute.enum);
  if (definition?.kind !== "enum") return undefined;
  const value = Math.max(...definition.entries.map((entry) => entry.value));
  return { value: BigInt(value), constant: `${definition.name}-max` };
}

function isWide(_: Attribute, { min, max }: Range): boolean {
  return (min?.value ?? 0n) > SHORT_MAX || (max?.value ?? 0n) > SHORT_MAX;
}

function rangeName(spec: Spec, attribute: string): string {
  return `${spec.name}_${snake(attribute)}_range`;
}

function wideRange(spec: Spec, name: string, { min, max }: Range): string[] {
  return [
    `static const struct netlink_range_validation ${rangeName(spec, name)} = {`,
    ...fields([
      ...(min ? [["min", limit(spec, min)] as const] : []),
      ["max", max ? limit(spec, max) : "U64_MAX"],
    ], 1),
    "};",
    "",
  ];
}

function limit(spec: Spec, { value, constant }: Limit): string {
  return constant === undefined ? String(value) : upper(`${spec.name}-${constant}`);
}

function entry(spec: Spec, operation: Operation): string[] {
  return [
    "\t{",
    ...fields([
      ["cmd", `${upper(spec.name)}_CMD_${upper(operation.name)}`],
      [`${operation.kind}it`, handler(spec, operation)],
      ["policy", policyName(spec, operation)],
      ["maxattr", constant(spec, last(spec, operation))],
      ...(operation.adminPermission ? [["flags", "GENL_ADMIN_PERM"] as const] : []),
    ], 2),
    "\t},",
  ];
}

function fields(rows: readonly (readonly [string, string])[], indent: number): string[] {
  return rows.map(([name, value]) => "\t".repeat(indent) + aligned(`.${name}`, `= ${value},`, 16));
}
