/** Decides by compiled rules. */

import type { EventName, PluginContext, SnetEvent, Verdict } from "../../core/mod.ts";
import { AtomTables } from "./atom_tables.ts";
import type { Dimension } from "./atoms.ts";
import type { Conditions, RuleData } from "./compile.ts";
import { PayloadMatcher } from "./payload.ts";
import type { Match } from "./rule.ts";
import { isWithin, type Moment, momentOf } from "./time.ts";
import { type Facts, NO_RULE, Tree } from "./tree.ts";
import { Verdicts } from "./verdicts.ts";

const MINUTE = 60_000;

/** Rules ready to decide; nothing of it changes when others are loaded. */
export class CompiledRules {
  readonly #defaults: ReadonlyMap<EventName, Verdict>;
  readonly #indexes: ReadonlyMap<EventName, Index>;
  readonly #verdicts: Verdicts;
  readonly #search: Search;

  constructor(data: RuleData, context: PluginContext) {
    this.#defaults = data.defaults;
    this.#indexes = new Map(data.indexes.flatMap(({ events, inbound, tree }) => {
      const index = { inbound, tree: new Tree(tree) };
      return events.map((event) => [event, index] as const);
    }));
    this.#verdicts = new Verdicts(data.verdicts);
    this.#search = new Search(new AtomTables(data.atoms, context), data.conditions, context.clock);
  }

  /** The verdict of the first rule that matches, else the default's, else undefined. */
  decide(event: SnetEvent): Verdict | undefined {
    const { name } = event;
    const index = this.#indexes.get(name);
    const rule = index === undefined ? NO_RULE : this.#search.first(index.tree, event, index.inbound);
    return rule === NO_RULE ? this.#defaults.get(name) : this.#verdicts.at(rule);
  }
}

interface Index {
  readonly tree: Tree;
  readonly inbound: boolean;
}

/** One search at a time: what is known of the event so far, each operand looked up when it is first needed. */
class Search implements Facts {
  readonly found: (readonly number[])[];
  readonly #counts: Int32Array;
  readonly #payloads = new PayloadMatcher();
  readonly #postponed: number[] = [];
  #postponedCount = 0;
  /** Dimensions that were looked up, as bits. */
  #known = 0;
  #event!: SnetEvent;
  #inbound = false;
  #moment: Moment = { minute: 0, day: 0 };
  #momentStart = NaN;

  constructor(
    readonly atoms: AtomTables,
    /** By the number of their rule. */
    readonly conditions: ReadonlyMap<number, Conditions>,
    readonly clock: () => number,
  ) {
    this.found = Array.from({ length: atoms.dimensions }, () => []);
    this.#counts = new Int32Array(atoms.dimensions);
  }

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
      if (this.#meetsConditions(this.conditions.get(rule)!)) return rule;
    }
    return best;
  }

  #meetsConditions({ match, not }: Conditions): boolean {
    this.#event.readVolatile();
    if (!this.#isTime(match) || !this.#isNoTime(not)) return false;
    if (match.payload === undefined && not.payload === undefined) return true;
    const { payload } = this.#event;
    if (payload === undefined) return false;
    if (match.payload !== undefined && !this.#payloads.matches(payload, match.payload)) return false;
    return not.payload === undefined || !this.#payloads.matches(payload, not.payload);
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
