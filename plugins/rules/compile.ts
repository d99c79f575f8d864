/** Rules made ready to decide: the index of each event, the conditions that no index holds, the verdicts. */

import type { EventName, PluginContext, SnetEvent, Verdict } from "../../core/mod.ts";
import { Atoms, type Dimension, DIMENSIONS } from "./atoms.ts";
import { matchesPayload } from "./payload.ts";
import {
  hasOperand,
  isInbound,
  type Match,
  type OperandName,
  type Rule,
  ruleName,
  type RuleSet,
  VOLATILE_OPERANDS,
} from "./rule.ts";
import { isWithin, type Moment, momentOf } from "./time.ts";
import { type Facts, NO_RULE, Tree, type TreeRule } from "./tree.ts";

/** Hits are reported under a rule's number, which has this many bits in a verdict. */
export const RULE_LIMIT = 1 << 20;

const MINUTE = 60_000;

/** Rules ready to decide; nothing of it changes when others are loaded. */
export class CompiledRules {
  readonly #defaults: ReadonlyMap<EventName, Verdict>;
  readonly #indexes = new Map<EventName, Index>();
  /** By number. The rules themselves are not kept: they are many times larger. */
  readonly #verdicts: readonly Verdict[];
  readonly #search: Search;

  /** Throws an Error where there are too many rules, or one needs what the context lacks. */
  constructor({ rules, defaults }: RuleSet, context: PluginContext) {
    if (rules.length >= RULE_LIMIT) {
      throw new Error(`${rules.length} rules are too many: ${RULE_LIMIT - 1} at most`);
    }
    const unresolvable = rules.find((rule) => needsCgroupPath(rule));
    if (unresolvable !== undefined && context.cgroupPath === undefined) {
      throw new Error(
        `${unresolvable.where}: "unit" and paths of "cgroup" need cgroup v2, which cannot be read here`,
      );
    }
    this.#verdicts = rules.map(toVerdict);
    this.#defaults = new Map([...defaults].map(([event, { action, where }]) => {
      return [event, { action, why: `default (${where.replace(/:\d+$/, "")})` }];
    }));
    const atoms = new Atoms(context);
    this.#search = new Search(atoms, conditionalRules(rules), context.clock);
    this.#index(rules, atoms);
    atoms.seal();
  }

  #index(rules: readonly Rule[], atoms: Atoms): void {
    const treeRules = rules.map((rule, number) => toTreeRule(rule, number, atoms));
    const events = new Set(rules.flatMap(({ events }) => events));
    const made: { readonly numbers: readonly number[]; readonly index: Index }[] = [];
    for (const event of events) {
      const inbound = isInbound(event);
      const chosen = treeRules.filter(({ number }) => appliesTo(rules[number]!, event));
      const numbers = chosen.map(({ number }) => number);
      // connect and sendmsg mostly have the same rules.
      const same = made.find((other) => other.index.inbound === inbound && areEqual(other.numbers, numbers));
      const index = same?.index ?? { inbound, tree: new Tree(chosen, atoms.count) };
      if (same === undefined) made.push({ numbers, index });
      this.#indexes.set(event, index);
    }
  }

  /** The verdict of the first rule that matches, else the default's, else undefined. */
  decide(event: SnetEvent): Verdict | undefined {
    const { name } = event;
    const index = this.#indexes.get(name);
    const rule = index === undefined ? NO_RULE : this.#search.first(index.tree, event, index.inbound);
    return rule === NO_RULE ? this.#defaults.get(name) : this.#verdicts[rule];
  }
}

interface Index {
  readonly tree: Tree;
  readonly inbound: boolean;
}

/** One search at a time: what is known of the event so far, each operand looked up when it is first needed. */
class Search implements Facts {
  readonly found: (readonly number[])[] = DIMENSIONS.map(() => []);
  readonly #counts = new Int32Array(DIMENSIONS.length);
  readonly #postponed: number[] = [];
  #postponedCount = 0;
  /** Dimensions that were looked up, as bits. */
  #known = 0;
  #event!: SnetEvent;
  #inbound = false;
  #moment: Moment = { minute: 0, day: 0 };
  #momentStart = NaN;

  constructor(
    readonly atoms: Atoms,
    /** Those with conditions, by number. */
    readonly conditional: ReadonlyMap<number, Rule>,
    readonly clock: () => number,
  ) {}

  first(tree: Tree, event: SnetEvent, inbound: boolean): number {
    this.#known = 0;
    this.#postponedCount = 0;
    this.#event = event;
    this.#inbound = inbound;
    const best = tree.search(this, NO_RULE);
    return this.#postponedCount === 0 ? best : this.#firstPostponed(best);
  }

  count(dimension: Dimension): number {
    const bit = 1 << dimension;
    if ((this.#known & bit) === 0) {
      this.#known |= bit;
      this.#counts[dimension] = this.atoms.match(dimension, this.#event, this.#inbound, this.found);
    }
    return this.#counts[dimension]!;
  }

  postpone(rule: number): void {
    this.#postponed[this.#postponedCount++] = rule;
  }

  /**
   * The conditions are tested last, and only of rules that would win: reading the clock or the payload costs the
   * ticket.
   */
  #firstPostponed(best: number): number {
    const rules = this.#postponed.slice(0, this.#postponedCount).sort((a, b) => a - b);
    for (const rule of rules) {
      if (rule >= best) break;
      if (this.#meetsConditions(this.conditional.get(rule)!)) return rule;
    }
    return best;
  }

  #meetsConditions({ match, not }: Rule): boolean {
    this.#event.readVolatile();
    if (!this.#isTime(match) || !this.#isNoTime(not)) return false;
    if (match.payload === undefined && not.payload === undefined) return true;
    const { payload } = this.#event;
    if (payload === undefined) return false;
    if (match.payload !== undefined && !matchesPayload(payload, match.payload)) return false;
    return not.payload === undefined || !matchesPayload(payload, not.payload);
  }

  #isTime({ time, days }: Match): boolean {
    return (time === undefined && days === undefined) || isWithin(this.#now(), time, days);
  }

  #isNoTime({ time, days }: Match): boolean {
    if (time !== undefined && isWithin(this.#now(), time, undefined)) return false;
    return days === undefined || !isWithin(this.#now(), undefined, days);
  }

  #now(): Moment {
    const now = this.clock();
    const start = now - now % MINUTE;
    if (start !== this.#momentStart) {
      this.#momentStart = start;
      this.#moment = momentOf(now);
    }
    return this.#moment;
  }
}

function toVerdict(rule: Rule, number: number): Verdict {
  return {
    action: rule.action,
    why: ruleName(rule),
    rule: number,
    ...(rule.errno !== undefined && { errno: rule.errno }),
    ...(rule.remember !== undefined && { remember: rule.remember }),
    ...(rule.scope !== undefined && { scope: rule.scope }),
  };
}

function isConditional({ match, not }: Rule): boolean {
  return VOLATILE_OPERANDS.some((operand) => (match[operand] ?? not[operand]) !== undefined);
}

function conditionalRules(rules: readonly Rule[]): ReadonlyMap<number, Rule> {
  return new Map([...rules.entries()].filter(([, rule]) => isConditional(rule)));
}

function toTreeRule(rule: Rule, number: number, atoms: Atoms): TreeRule {
  return {
    number,
    atoms: DIMENSIONS.map((_, dimension) => atoms.number(rule.match, dimension, false)),
    not: DIMENSIONS.map((_, dimension) => atoms.number(rule.not, dimension, true)),
    conditional: isConditional(rule),
  };
}

/** Whether a rule can match an event: it names it, and the event has every operand of the rule. */
function appliesTo(rule: Rule, event: EventName): boolean {
  if (!rule.events.includes(event)) return false;
  const operands = [...Object.keys(rule.match), ...Object.keys(rule.not)] as OperandName[];
  return operands.every((operand) => hasOperand(event, operand));
}

function needsCgroupPath({ match, not }: Rule): boolean {
  return [match, not].some(({ unit, cgroup }) => {
    return unit !== undefined || cgroup?.some((value) => typeof value !== "bigint");
  });
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
