/**
 * The chain: plugins in the configured order, of which the first opinion wins. It answers without waiting and
 * allocates nothing per decision: what it returns is one object that the next call overwrites.
 *
 * The chain is cut before the first plugin that may wait: what comes before is here, the rest is the slow lane's
 * (slow_lane.ts), of which the chain knows only for which events somebody there is woken.
 */

import { Operand } from "../ffi/mod.ts";
import type { EventName, SnetEvent } from "./event.ts";
import { Place, placesByEvent } from "./link.ts";
import type { Link, LinkCounts, LinkOutline } from "./link.ts";
import type { Decision } from "./plugin.ts";
import type { Verdict } from "./verdict.ts";

export type { Link, LinkCounts, LinkOutline } from "./link.ts";

/** Plugins are told apart on the wire by the upper 12 bits of a rule number, from 1; 0 is nobody. */
const PLUGIN_SHIFT = 20;
/** The lower 20 bits where a plugin answered without naming a rule. */
const NO_RULE = (1 << PLUGIN_SHIFT) - 1;
/** 32 bits of milliseconds are 49 days. */
const MAX_REMEMBER = 0xffff_ffff;

/** Who answered, as one number that fits the kernel's `rule` attribute. */
export function ruleNumber(plugin: number, rule: number | undefined): number {
  return (((plugin + 1) << PLUGIN_SHIFT) | (rule === undefined || rule > NO_RULE ? NO_RULE : rule)) >>> 0;
}

/** Takes a {@linkcode ruleNumber} apart; undefined for 0, which is nobody's. */
export function splitRuleNumber(number: number): { plugin: number; rule: number | undefined } | undefined {
  if (number === 0) return undefined;
  const rule = number & NO_RULE;
  return { plugin: (number >>> PLUGIN_SHIFT) - 1, rule: rule === NO_RULE ? undefined : rule };
}

/** Milliseconds for which a ticket may repeat a verdict that came of reading this of the event; 0 for no ticket. */
export function ticketTime({ remember = 0 }: Verdict, read: number): number {
  const isKeepable = remember > 0 && (read & Operand.Volatile) === 0;
  return isKeepable ? Math.min(Math.ceil(remember), MAX_REMEMBER) : 0;
}

/** How an event ended, with what the source needs in order to answer. */
export interface ChainDecision extends Omit<Decision, "cause"> {
  /** `open` where the slow lane decides: `plugin` is then who said `ask`, in the words of `verdict`. */
  readonly cause: ChainCause | "open";
  /** {@linkcode ruleNumber} of who answered; 0 for nobody. */
  readonly number: number;
  /** Milliseconds for which a ticket may repeat the answer; 0 for no ticket. */
  readonly remember: number;
  /** Bits of `Operand` that the ticket must match. */
  readonly key: number;
}

/** The ways to a decision; whether it came before the kernel's own, the kernel says. */
export type ChainCause = Decision["cause"];

/** How decisions came about since the chain was made; each event is in exactly one of the causes. */
export interface ChainCounts {
  readonly causes: Readonly<Record<ChainCause, number>>;
  /** Answers that wanted a ticket but had used what no ticket can hold. */
  readonly unremembered: number;
  readonly plugins: readonly LinkCounts[];
}

/** Nothing decided yet. */
export function noCauses(): Record<ChainCause, number> {
  return { verdict: 0, default: 0, ask: 0, failed: 0, late: 0 };
}

/** The decisions of two chains; plugins in the order of both. */
export function addCounts(a: ChainCounts, b: ChainCounts): ChainCounts {
  const { verdict, default: fallback, ask, failed, late } = a.causes;
  return {
    causes: {
      verdict: verdict + b.causes.verdict,
      default: fallback + b.causes.default,
      ask: ask + b.causes.ask,
      failed: failed + b.causes.failed,
      late: late + b.causes.late,
    },
    unremembered: a.unremembered + b.unremembered,
    plugins: [...a.plugins, ...b.plugins],
  };
}

/** What the default answers for, here: only the slow lane can be late. */
type DefaultCause = "default" | "ask" | "failed";

/** Ordered plugins and the answer for what none of them decides. */
export class Chain {
  readonly #places: readonly Place[];
  readonly #byEvent: ReadonlyMap<EventName, readonly Place[]>;
  readonly #slow: SlowEvents;
  readonly #decision: { -readonly [K in keyof ChainDecision]: ChainDecision[K] };
  readonly #defaults: Readonly<Record<DefaultCause, Verdict>>;
  readonly #causes = noCauses();
  #unremembered = 0;

  /**
   * `onFailure` hears of a plugin that threw; it runs on the verdict path and must only take a note. `slow` are the
   * links that are asked after these, elsewhere.
   */
  constructor(
    links: readonly Link[],
    fallback: "allow" | "deny",
    readonly onFailure: (plugin: string, message: string) => void = () => {},
    slow: readonly LinkOutline[] = [],
  ) {
    this.#places = links.map((link, index) => new Place(link, index));
    this.#byEvent = placesByEvent(this.#places);
    this.#slow = new SlowEvents(slow);
    this.#defaults = {
      default: { action: fallback, why: "no plugin decided" },
      ask: { action: fallback, why: "nobody to ask" },
      failed: { action: fallback, why: "a plugin failed" },
    };
    this.#decision = {
      verdict: this.#defaults.default,
      plugin: undefined,
      rule: undefined,
      cause: "default",
      number: 0,
      remember: 0,
      key: 0,
    };
  }

  /** Asks the plugins. Never throws; the result is valid until the next call. */
  decide(event: SnetEvent): ChainDecision {
    const places = this.#byEvent.get(event.name) ?? NOBODY;
    let asking: Place | undefined;
    let question: Verdict | undefined;
    for (let index = 0; index < places.length; index++) {
      const place = places[index]!;
      if (!place.takes(asking !== undefined)) continue;
      try {
        const answer = place.ask(event);
        if (answer === undefined) continue;
        const verdict = place.answered(answer);
        if (verdict.action !== "ask") return this.#answer(place, verdict, event.read);
        question ??= verdict;
        asking ??= place;
      } catch (error) {
        return this.#failed(place, error);
      }
    }
    if (this.#slow.take(event.name, asking !== undefined)) return this.#open(asking, question, event.read);
    if (asking === undefined) return this.#byDefault("default", undefined, undefined);
    return this.#byDefault("ask", asking, question?.rule);
  }

  /**
   * Milliseconds that the slow lane may take over an event that was left open, if all that it asks use their time;
   * `delay` for whoever has no limit of its own. `isAsked` as for {@linkcode SlowEvents.take}.
   */
  slowTime(name: EventName, isAsked: boolean, delay: number): number {
    return this.#slow.time(name, isAsked, delay);
  }

  get counts(): ChainCounts {
    return {
      causes: { ...this.#causes },
      unremembered: this.#unremembered,
      plugins: this.#places.map((place) => place.counts),
    };
  }

  #answer(place: Place, verdict: Verdict, read: number): ChainDecision {
    const { remember = 0, rule } = verdict;
    this.#causes.verdict++;
    const decision = this.#decision;
    decision.verdict = verdict;
    decision.plugin = place.name;
    decision.rule = rule;
    decision.cause = "verdict";
    decision.number = ruleNumber(place.index, rule);
    decision.key = read;
    decision.remember = remember > 0 ? ticketTime(verdict, read) : 0;
    if (remember > 0 && decision.remember === 0) this.#unremembered++;
    return decision;
  }

  #failed(place: Place, error: unknown): ChainDecision {
    this.onFailure(place.name, place.threw(error));
    return this.#byDefault("failed", place, undefined);
  }

  #byDefault(cause: DefaultCause, place: Place | undefined, rule: number | undefined): ChainDecision {
    this.#causes[cause]++;
    const decision = this.#decision;
    decision.verdict = this.#defaults[cause];
    decision.plugin = place?.name;
    decision.rule = rule;
    decision.cause = cause;
    decision.number = place === undefined ? 0 : ruleNumber(place.index, rule);
    decision.key = 0;
    decision.remember = 0;
    return decision;
  }

  #open(asking: Place | undefined, question: Verdict | undefined, read: number): ChainDecision {
    const decision = this.#decision;
    decision.verdict = question ?? this.#defaults.default;
    decision.plugin = asking?.name;
    decision.rule = question?.rule;
    decision.cause = "open";
    decision.number = asking === undefined ? 0 : ruleNumber(asking.index, question?.rule);
    decision.key = read;
    decision.remember = 0;
    return decision;
  }
}

const NOBODY: readonly Place[] = [];

/** The events for which somebody in the slow lane is woken. */
class SlowEvents {
  readonly #links: readonly LinkOutline[];
  readonly #undecided: ReadonlySet<EventName>;
  readonly #asked: ReadonlySet<EventName>;

  constructor(links: readonly LinkOutline[]) {
    this.#links = links;
    this.#undecided = new Set(
      links.flatMap(({ events, undecided = events, onlyAsked }) => onlyAsked ? [] : undecided),
    );
    this.#asked = new Set(links.flatMap(({ events, asks }) => asks ? events : []));
  }

  /** `isAsked` where a plugin said `ask`: only those who can ask are woken then. */
  take(name: EventName, isAsked: boolean): boolean {
    return (isAsked ? this.#asked : this.#undecided).has(name);
  }

  time(name: EventName, isAsked: boolean, delay: number): number {
    let time = 0;
    for (const { events, lane, asks, policy } of this.#links) {
      if (lane === "fast" || (isAsked && !asks) || !events.includes(name)) continue;
      time += policy?.timeout ?? delay;
    }
    return time;
  }
}
