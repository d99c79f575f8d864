/** A plugin in its place in the chain, and what it has done there. */

import type { EventName, SnetEvent } from "./event.ts";
import type { BreakerCounts } from "./breaker.ts";
import { Histogram } from "./histogram.ts";
import type { Lane, PluginInstance, SlowPolicy } from "./plugin.ts";
import { checkVerdict } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

/** A plugin in its place in the chain. */
export interface Link {
  readonly name: string;
  /** The events it is woken for. */
  readonly events: readonly EventName[];
  readonly instance: PluginInstance;
  /** Its place among all plugins of the configuration; that in the list of links if absent. */
  readonly place?: number;
  /** `fast` where it never waits, in whichever lane it is asked. */
  readonly lane?: Lane;
  /** What becomes of calls that it does not answer; if absent it has until the question's own end, and then the default answers. */
  readonly policy?: SlowPolicy;
  /** True if it can ask a person: events about which a plugin before it said `ask` come to it. */
  readonly asks?: boolean;
  /** True if only those events come to it, not what nobody has decided. */
  readonly onlyAsked?: boolean;
  /** The events that are asked about because of it, of which it takes what nobody has decided; `events` if absent. */
  readonly undecided?: readonly EventName[];
}

/** A link without its plugin: what one lane knows about those of the other. */
export type LinkOutline = Omit<Link, "instance">;

/** What the other lane is to know of a link; nothing of one that only observes. */
export function outlineOf({ instance, ...outline }: Link): LinkOutline[] {
  return instance.decide === undefined ? [] : [outline];
}

/** What a plugin did since its chain was made. */
export interface LinkCounts {
  readonly name: string;
  /** Its place among all plugins of the configuration. */
  readonly place: number;
  /** Where it is asked. */
  readonly lane: Lane;
  /** Times that it was asked. */
  readonly calls: number;
  /** How long answers took, microseconds; absent where none was timed. In the reactor one of 64 is. */
  readonly time?: AnswerTime;
  readonly allowed: number;
  readonly denied: number;
  /** Answered `ask`. */
  readonly asked: number;
  /** Threw, or answered what is no verdict. */
  readonly failed: number;
  /** Calls that it had not answered when their time was over. */
  readonly late: number;
  /** Calls that it had not answered when they ended by themselves, or snet stopped. */
  readonly cancelled: number;
  /** Calls that it was not asked about, since they joined an equal one that waited for its answer. */
  readonly shared: number;
  readonly lastFailure: string | undefined;
  /** Hits of each rule, by its number. */
  readonly hits: Float64Array;
  /** Of one that may wait, by its policy. */
  readonly slow?: SlowCounts;
}

/** How a plugin that may wait is doing. */
export interface SlowCounts extends SlowPolicy {
  /** Calls that it has not answered yet. */
  readonly waiting: number;
  readonly breaker: BreakerCounts;
}

/** How long answers took: microseconds within which half of them came, and 99 of 100. */
export interface AnswerTime {
  readonly p50: number;
  readonly p99: number;
}

/** Of so many calls one is timed where reading the clock would be a good part of the answer; a power of 2. */
const SAMPLE = 64;

/** A link with its counters. */
export class Place {
  readonly name: string;
  readonly events: readonly EventName[];
  readonly instance: PluginInstance;
  readonly asks: boolean;
  readonly onlyAsked: boolean;
  readonly #hits: Float64Array;
  #allowed = 0;
  #denied = 0;
  #asked = 0;
  #failed = 0;
  #lastFailure: string | undefined;
  calls = 0;
  late = 0;
  cancelled = 0;
  shared = 0;
  /** Of its answers, in microseconds. */
  readonly times = new Histogram();

  /** Its place among all plugins of the configuration. */
  readonly index: number;

  /** `index` is its place where the link does not say. */
  constructor(link: Link, index: number) {
    this.index = link.place ?? index;
    this.name = link.name;
    this.events = link.events;
    this.instance = link.instance;
    this.asks = link.asks === true;
    this.onlyAsked = link.onlyAsked === true;
    this.#hits = new Float64Array(link.instance.rules?.length ?? 0);
  }

  /** True if it is to be asked: it can ask a person where one before it said `ask`, or takes what is undecided. */
  takes(isAsked: boolean): boolean {
    return isAsked ? this.asks : !this.onlyAsked;
  }

  /** What a plugin that answers at once says. */
  ask(event: SnetEvent): unknown {
    // The first call is no sample: it is compiled meanwhile.
    if ((++this.calls & (SAMPLE - 1)) !== 0) return this.instance.decide!(event);
    const began = performance.now();
    const answer = this.instance.decide!(event);
    this.times.add((performance.now() - began) * 1000);
    return answer;
  }

  /** Counts what the plugin answered; throws if that is no verdict. */
  answered(answer: unknown): Verdict {
    const verdict = checkVerdict(answer);
    const { action, rule } = verdict;
    if (rule !== undefined && rule < this.#hits.length) this.#hits[rule]!++;
    if (action === "allow") this.#allowed++;
    else if (action === "deny") this.#denied++;
    else this.#asked++;
    return verdict;
  }

  /** Counts a failure; gives it as one line. */
  threw(error: unknown): string {
    this.#failed++;
    this.#lastFailure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return this.#lastFailure;
  }

  get counts(): LinkCounts {
    return {
      name: this.name,
      place: this.index,
      lane: "fast",
      calls: this.calls,
      ...(this.times.count > 0 &&
        { time: { p50: this.times.percentile(0.5)!, p99: this.times.percentile(0.99)! } }),
      allowed: this.#allowed,
      denied: this.#denied,
      asked: this.#asked,
      failed: this.#failed,
      late: this.late,
      cancelled: this.cancelled,
      shared: this.shared,
      lastFailure: this.#lastFailure,
      hits: this.#hits.slice(),
    };
  }
}

/** Those that decide, in their order, by the events they are woken for. */
export function placesByEvent(places: readonly Place[]): ReadonlyMap<EventName, readonly Place[]> {
  const map = new Map<EventName, Place[]>();
  for (const place of places) {
    if (place.instance.decide === undefined) continue;
    for (const name of place.events) map.set(name, [...map.get(name) ?? [], place]);
  }
  return map;
}
