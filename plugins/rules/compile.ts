/**
 * Compiles rules: the index of each event, the conditions that no index holds, the verdicts. That takes some 15 µs a rule
 * and is done on the main thread; its outcome is data that the reactor is handed, ready to be searched (decide.ts).
 */

import type { EventName, PluginContext, Verdict } from "../../core/mod.ts";
import { type AtomData, Atoms } from "./atoms.ts";
import { hasAllOf, isInbound, type Rule, type RuleSet, VOLATILE_OPERANDS } from "./rule.ts";
import type { TreeData } from "./tree.ts";
import { buildTree, type TreeRule } from "./tree_builder.ts";
import { packVerdicts, type VerdictData } from "./verdicts.ts";

/** Hits are reported under a rule's number, which has this many bits in a verdict. */
const RULE_LIMIT = 1 << 20;

/** What a rule says of what no index can tell. */
export type Conditions = Pick<Rule, "match" | "not">;

/** Compiled rules, as data that can be handed to another thread. */
export interface RuleData {
  readonly indexes: readonly IndexData[];
  readonly atoms: AtomData;
  readonly conditions: ReadonlyMap<number, Conditions>;
  readonly verdicts: VerdictData;
  /** What answers where no rule matches. */
  readonly defaults: ReadonlyMap<EventName, Verdict>;
}

interface IndexData {
  /** Events that have the same rules. */
  readonly events: EventName[];
  readonly inbound: boolean;
  readonly tree: TreeData;
}

/** Compiles rules. Throws an Error where there are too many, or one needs what the context lacks. */
export function compileRules({ rules, defaults }: RuleSet, context: PluginContext): RuleData {
  if (rules.length >= RULE_LIMIT) {
    throw new Error(`${rules.length} rules are too many: ${RULE_LIMIT - 1} at most`);
  }
  const unresolvable = rules.find((rule) => needsCgroupPath(rule));
  if (unresolvable !== undefined && context.cgroupPath === undefined) {
    throw new Error(
      `${unresolvable.where}: "unit" and paths of "cgroup" need cgroup v2, which cannot be read here`,
    );
  }
  const atoms = new Atoms(attributesIn(rules));
  return {
    indexes: indexesOf(rules, atoms),
    atoms: atoms.data,
    conditions: conditionsOf(rules),
    verdicts: packVerdicts(rules),
    defaults: new Map([...defaults].map(([event, { action, where }]) => {
      return [event, { action, why: `default (${where.replace(/:\d+$/, "")})` }];
    })),
  };
}

function indexesOf(rules: readonly Rule[], atoms: Atoms): readonly IndexData[] {
  const treeRules = rules.map((rule, number) => toTreeRule(rule, number, atoms));
  const events = new Set(rules.flatMap(({ events }) => events));
  const made: { readonly numbers: readonly number[]; readonly index: IndexData }[] = [];
  for (const event of events) {
    const inbound = isInbound(event);
    const chosen = treeRules.filter(({ number }) => appliesTo(rules[number]!, event));
    const numbers = chosen.map(({ number }) => number);
    // connect and sendmsg mostly have the same rules.
    const same = made.find((other) => other.index.inbound === inbound && areEqual(other.numbers, numbers));
    if (same === undefined) {
      made.push({
        numbers,
        index: { events: [event], inbound, tree: buildTree(chosen, atoms.count, atoms.dimensions) },
      });
    } else same.index.events.push(event);
  }
  return made.map(({ index }) => index);
}

/** The operands of declared families that rules name, each with the events that it is for. */
function attributesIn(rules: readonly Rule[]): ReadonlyMap<string, ReadonlySet<EventName>> {
  const found = new Map<string, Set<EventName>>();
  for (const { events, match, not } of rules) {
    for (const operand of Object.keys({ ...match.attributes, ...not.attributes })) {
      const those = found.get(operand) ?? new Set();
      for (const event of events) those.add(event);
      found.set(operand, those);
    }
  }
  return found;
}

function isConditional({ match, not }: Rule): boolean {
  return VOLATILE_OPERANDS.some((operand) => (match[operand] ?? not[operand]) !== undefined);
}

function conditionsOf(rules: readonly Rule[]): ReadonlyMap<number, Conditions> {
  const conditional = [...rules.entries()].filter(([, rule]) => isConditional(rule));
  return new Map(conditional.map(([number, { match, not }]) => [number, { match, not }]));
}

function toTreeRule(rule: Rule, number: number, atoms: Atoms): TreeRule {
  return {
    number,
    atoms: Array.from(
      { length: atoms.dimensions },
      (_, dimension) => atoms.number(rule.match, dimension, false),
    ),
    not: Array.from({ length: atoms.dimensions }, (_, dimension) => atoms.number(rule.not, dimension, true)),
    conditional: isConditional(rule),
  };
}

/** Whether a rule can match an event: it names it, and the event has every operand of the rule. */
function appliesTo({ events, match, not }: Rule, event: EventName): boolean {
  return events.includes(event) && hasAllOf(event, match) && hasAllOf(event, not);
}

function needsCgroupPath({ match, not }: Rule): boolean {
  return [match, not].some(({ unit, cgroup }) => {
    return unit !== undefined || cgroup?.some((value) => typeof value !== "bigint");
  });
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
