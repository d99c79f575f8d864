/** Rules that can never match, since an earlier one takes all that they would. */

import { contains, type Network } from "../parts/address.ts";
import type { Pattern } from "../parts/pattern.ts";
import type { AttributeTest } from "./attributes.ts";
import {
  type Endpoint,
  hasAllOf,
  type Match,
  type OperandName,
  operandsIn,
  type Rule,
  ruleName,
} from "./rule.ts";

// Every pair is compared: 2,000 rules are 2 million pairs, about a tenth of a second.
const PAIRS = 2_000_000;

/**
 * A warning for each rule that one single earlier rule covers. What is not simple (a rule that only several together
 * cover, globs within globs, `not`) is left alone: no warning does not mean that a rule can match.
 */
export function shadowedRules(rules: readonly Rule[]): readonly string[] {
  const warnings: string[] = [];
  // Of very many rules the first are compared with all: there the sweeping ones stand that shadow others.
  const earlier = rules.length ** 2 / 2 <= PAIRS ? rules.length : Math.floor(PAIRS / rules.length);
  for (const [index, rule] of rules.entries()) {
    const cover = rules.slice(0, Math.min(index, earlier)).find((other) => covers(other, rule));
    if (cover === undefined) continue;
    warnings.push(
      `${rule.where}: "${ruleName(rule)}" can never match: "${
        ruleName(cover)
      }" (${cover.where}) takes it all`,
    );
  }
  return warnings;
}

function covers(outer: Rule, inner: Rule): boolean {
  if (Object.keys(outer.not).length > 0) return false;
  const possible = inner.events.filter((event) => hasAllOf(event, inner.match));
  if (!possible.every((event) => outer.events.includes(event))) return false;
  if (!possible.every((event) => hasAllOf(event, outer.match))) return false;
  return operandsIn(outer.match).every((operand) => coversOperand(outer.match, inner.match, operand)) &&
    coversAttributes(outer.match, inner.match);
}

function coversAttributes({ attributes: outer = {} }: Match, { attributes: inner = {} }: Match): boolean {
  return Object.entries(outer).every(([operand, tests]) => {
    return inner[operand]?.every((value) => tests.some((other) => coversTest(other, value))) ?? false;
  });
}

function coversTest(outer: AttributeTest, inner: AttributeTest): boolean {
  if (outer.kind === "pattern" && inner.kind === "pattern") {
    return coversPattern(outer.pattern, inner.pattern);
  }
  if (outer.kind === "network" && inner.kind === "network") return contains(outer.network, inner.network);
  if (outer.kind === "value" && inner.kind === "value") return outer.value === inner.value;
  if (outer.kind !== "range" || inner.kind !== "range") return false;
  return outer.first <= inner.first && inner.last <= outer.last;
}

function coversOperand(outer: Match, inner: Match, operand: OperandName): boolean {
  const values = inner[operand] as readonly unknown[] | undefined;
  if (values === undefined) return false;
  switch (operand) {
    case "exe":
    case "comm":
    case "unit":
      return inner[operand]!.every((value) => outer[operand]!.some((other) => coversPattern(other, value)));
    case "from":
    case "to":
      return inner[operand]!.every((value) => outer[operand]!.some((other) => coversEndpoint(other, value)));
    case "port":
      return inner.port!.every((value) => {
        return outer.port!.some(({ first, last }) => first <= value.first && value.last <= last);
      });
    case "user":
    case "group":
    case "netns":
    case "family":
    case "type":
    case "days":
      return inner[operand]!.every((value) => outer[operand]!.includes(value));
    case "proto":
      return inner.proto!.every((value) => {
        return outer.proto!.some((other) => other.number === value.number && (!other.ip || value.ip));
      });
    default:
      return false;
  }
}

function coversPattern(outer: Pattern, inner: Pattern): boolean {
  if (outer.source === inner.source) return true;
  return !outer.glob && !inner.glob && outer.text === inner.text;
}

function coversEndpoint(outer: Endpoint, inner: Endpoint): boolean {
  if (outer === inner) return true;
  if ("pattern" in outer) {
    return "pattern" in inner && inner.kind === outer.kind && coversPattern(outer.pattern, inner.pattern);
  }
  if ("pattern" in inner) return false;
  return networksOf(inner).every((network) => networksOf(outer).some((other) => contains(other, network)));
}

function networksOf(endpoint: Exclude<Endpoint, { readonly pattern: Pattern }>): readonly Network[] {
  return endpoint.kind === "network" ? [endpoint.network] : endpoint.networks;
}
