/**
 * The chain: plugins in the configured order, of which the first opinion wins. It answers without waiting and
 * allocates nothing per decision: what it returns is one object that the next call overwrites.
 */

import { Operand } from "../ffi/mod.ts";
import type { EventName, SnetEvent } from "./event.ts";
import type { Decision, PluginInstance } from "./plugin.ts";
import type { Verdict } from "./verdict.ts";

/** A plugin in its place in the chain. */
export interface Link {
  readonly name: string;
  /** The events it is woken for. */
  readonly events: readonly EventName[];
  readonly instance: PluginInstance;
}

/** Plugins are told apart on the wire by the upper 12 bits of a rule number, from 1; 0 is nobody. */
const PLUGIN_SHIFT = 20;
/** The lower 20 bits where a plugin answered without naming a rule. */
const NO_RULE = (1 << PLUGIN_SHIFT) - 1;
/** The kernel takes errno values up to its MAX_ERRNO (include/linux/err.h). */
const MAX_ERRNO = 4095;
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

/** How an event ended, with what the source needs in order to answer. */
export interface ChainDecision extends Decision {
  readonly cause: ChainCause;
  /** {@linkcode ruleNumber} of who answered; 0 for nobody. */
  readonly number: number;
  /** Milliseconds for which a ticket may repeat the answer; 0 for no ticket. */
  readonly remember: number;
  /** Bits of `Operand` that the ticket must match. */
  readonly key: number;
}

/** The ways to a decision here; whether it came in time, the kernel says. */
export type ChainCause = Exclude<Decision["cause"], "late">;
type DefaultCause = Exclude<ChainCause, "verdict">;

/** What a plugin did since the chain was made. */
export interface LinkCounts {
  readonly name: string;
  readonly allowed: number;
  readonly denied: number;
  /** Answered `ask`. */
  readonly asked: number;
  /** Threw, or answered what is no verdict. */
  readonly failed: number;
  readonly lastFailure: string | undefined;
  /** Hits of each rule, by its number. */
  readonly hits: Float64Array;
}

/** How decisions came about since the chain was made; each event is in exactly one of the causes. */
export interface ChainCounts {
  readonly causes: Readonly<Record<ChainCause, number>>;
  /** Answers that wanted a ticket but had used what no ticket can hold. */
  readonly unremembered: number;
  readonly plugins: readonly LinkCounts[];
}

/** Ordered plugins and the answer for what none of them decides. */
export class Chain {
  readonly #byEvent = new Map<EventName, readonly Place[]>();
  readonly #places: readonly Place[];
  readonly #decision: { -readonly [K in keyof ChainDecision]: ChainDecision[K] };
  readonly #defaults: Readonly<Record<DefaultCause, Verdict>>;
  readonly #causes = { verdict: 0, default: 0, ask: 0, failed: 0 };
  #unremembered = 0;

  /** `onFailure` hears of a plugin that threw; it runs on the verdict path and must only take a note. */
  constructor(
    links: readonly Link[],
    fallback: "allow" | "deny",
    readonly onFailure: (plugin: string, message: string) => void = () => {},
  ) {
    this.#places = links.map((link, index) => new Place(link, index));
    for (const place of this.#places) {
      if (place.instance.decide === undefined) continue;
      for (const name of place.events) this.#byEvent.set(name, [...this.#byEvent.get(name) ?? [], place]);
    }
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
    const places = this.#byEvent.get(event.name);
    if (places === undefined) return this.#byDefault("default", undefined, undefined);
    for (let index = 0; index < places.length; index++) {
      const place = places[index]!;
      try {
        const verdict = place.instance.decide!(event);
        if (verdict !== undefined) return this.#answer(place, verdict, event.read);
      } catch (error) {
        return this.#failed(place, error);
      }
    }
    return this.#byDefault("default", undefined, undefined);
  }

  get counts(): ChainCounts {
    return {
      causes: { ...this.#causes },
      unremembered: this.#unremembered,
      plugins: this.#places.map((place) => place.counts),
    };
  }

  /** Lets the plugins give up what they hold. */
  close(): void {
    for (const place of this.#places) place.instance.close?.();
  }

  #answer(place: Place, verdict: Verdict, read: number): ChainDecision {
    const { action, why, errno, remember = 0, rule } = verdict;
    if (action !== "allow" && action !== "deny" && action !== "ask") {
      throw new TypeError(`decide() returned ${describeAnswer(verdict)} instead of a verdict or undefined`);
    }
    // Observers get it after the answer: what they stumbled over would end the thread that answers.
    if (typeof why !== "string") throw new TypeError("decide() returned a verdict without a reason");
    if (errno !== undefined && !(errno >= 1 && errno <= MAX_ERRNO)) {
      throw new RangeError(`errno ${errno} is not between 1 and ${MAX_ERRNO}`);
    }
    if (rule !== undefined && rule < place.hits.length) place.hits[rule]!++;
    if (action === "ask") {
      place.asked++;
      return this.#byDefault("ask", place, rule);
    }
    if (action === "allow") place.allowed++;
    else place.denied++;
    this.#causes.verdict++;
    const decision = this.#decision;
    decision.verdict = verdict;
    decision.plugin = place.name;
    decision.rule = rule;
    decision.cause = "verdict";
    decision.number = ruleNumber(place.index, rule);
    decision.key = read;
    const keepable = (read & Operand.Volatile) === 0;
    decision.remember = remember > 0 && keepable ? Math.min(Math.ceil(remember), MAX_REMEMBER) : 0;
    if (remember > 0 && !keepable) this.#unremembered++;
    return decision;
  }

  #failed(place: Place, error: unknown): ChainDecision {
    place.failed++;
    place.lastFailure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.onFailure(place.name, place.lastFailure);
    return this.#byDefault("failed", place, undefined);
  }

  #byDefault(cause: DefaultCause, place: Place | undefined, rule: number | undefined) {
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
}

/** A link with its counters. */
class Place {
  readonly name: string;
  readonly events: readonly EventName[];
  readonly instance: PluginInstance;
  readonly hits: Float64Array;
  allowed = 0;
  denied = 0;
  asked = 0;
  failed = 0;
  lastFailure: string | undefined;

  constructor(link: Link, readonly index: number) {
    this.name = link.name;
    this.events = link.events;
    this.instance = link.instance;
    this.hits = new Float64Array(link.instance.rules?.length ?? 0);
  }

  get counts(): LinkCounts {
    const { name, allowed, denied, asked, failed, lastFailure } = this;
    return { name, allowed, denied, asked, failed, lastFailure, hits: this.hits.slice() };
  }
}

function describeAnswer(answer: unknown): string {
  if (answer instanceof Promise) return "a promise (a plugin of the fast lane must not wait)";
  if (answer === null || typeof answer !== "object") return String(answer);
  return `action ${JSON.stringify((answer as { action?: unknown }).action)}`;
}
