/**
 * Asks the plugins about a recorded event as the two lanes would: in their order, until the first opinion. No source waits,
 * so there are no lanes here; a plugin that is not to be asked leaves the event open, as all that comes after it would
 * depend on its answer.
 */

import type { EventName, SnetEvent } from "../event.ts";
import type { Link } from "../link.ts";
import type { Asking, Decision, Instead, RuleName, SlowPolicy } from "../plugin.ts";
import { checkVerdict, type Verdict } from "../verdict.ts";

/** A plugin of the chain; one without an instance is not asked. */
export type ReplayLink = Omit<Link, "instance"> & { readonly instance: Link["instance"] | undefined };

/** What was decided, and the rule that answered where it is known. */
export type Decided = Decision & { readonly named: RuleName | undefined };

/** What would become of an event. */
export type Outcome =
  | Decided
  /** That plugin would be asked, which it is not here. */
  | { readonly open: string };

/** Decides about one event after the other. */
export class Judge {
  readonly #links: readonly ReplayLink[];
  readonly #fallback: "allow" | "deny";

  /** The links in the order of asking, and what answers where none has an opinion. */
  constructor(links: readonly ReplayLink[], fallback: "allow" | "deny") {
    this.#links = links;
    this.#fallback = fallback;
  }

  /** The events that somebody is asked about. */
  get events(): readonly EventName[] {
    return this.#links.flatMap(({ events, undecided = events, instance }) =>
      instance === undefined || instance.decide !== undefined ? undecided : []
    );
  }

  /** Never rejects: what a plugin throws ends as it would in its lane. */
  async decide(event: SnetEvent): Promise<Outcome> {
    let asked: NonNullable<Asking["asked"]> | undefined;
    let named: RuleName | undefined;
    let missed: Decided | undefined;
    for (const link of this.#links) {
      const { name, events, undecided = events, instance, policy } = link;
      if (!events.includes(event.name)) continue;
      const isTaken = asked === undefined
        ? link.onlyAsked !== true && undecided.includes(event.name)
        : link.asks === true;
      if (!isTaken) continue;
      if (instance === undefined) return { open: name };
      if (instance.decide === undefined) continue;
      const answer = await this.#ask(link, event, asked);
      if (answer === undefined) continue;
      if ("cause" in answer) {
        const instead = insteadOf(policy, answer.cause);
        if (instead === undefined) return answer;
        if (instead !== "pass") return { ...answer, verdict: { ...answer.verdict, action: instead } };
        missed ??= answer;
      } else if (answer.action === "ask") {
        named ??= nameOf(link, answer);
        asked ??= { plugin: name, rule: answer.rule, why: answer.why };
      } else {
        const { rule } = answer;
        return { verdict: answer, plugin: name, rule, cause: "verdict", named: nameOf(link, answer) };
      }
    }
    if (missed !== undefined) return missed;
    if (asked === undefined) return this.#default("default", "no plugin decided", undefined);
    return { ...this.#default("ask", "nobody to ask", asked.plugin), rule: asked.rule, named };
  }

  /** What the plugin says; a decision where it fails, or is late. */
  async #ask(
    { name, instance, policy }: ReplayLink,
    event: SnetEvent,
    asked: Asking["asked"],
  ): Promise<Verdict | Decided | undefined> {
    const stop = new AbortController();
    try {
      if (policy === undefined) {
        const answer = instance!.decide!(event, noAsking(stop.signal, asked));
        return answer === undefined ? undefined : checkVerdict(answer);
      }
      const { timeout } = policy;
      const asking = { ...noAsking(stop.signal, asked), deadline: performance.now() + timeout };
      const answer = await inTime(Promise.resolve(instance!.decide!(event, asking)), timeout);
      if (answer === LATE) return this.#default("late", "a plugin took too long", name);
      return answer === undefined ? undefined : checkVerdict(answer);
    } catch (error) {
      return this.#default("failed", `a plugin failed: ${oneLine(error)}`, name);
    } finally {
      stop.abort();
    }
  }

  #default(cause: Decision["cause"], why: string, plugin: string | undefined): Decided {
    const verdict = { action: this.#fallback, why };
    return { verdict, plugin, rule: undefined, cause, named: undefined };
  }
}

function nameOf({ instance }: ReplayLink, { rule }: Verdict): RuleName | undefined {
  return rule === undefined ? undefined : instance?.rules?.at(rule);
}

function noAsking(signal: AbortSignal, asked: Asking["asked"]): Asking {
  return { signal, deadline: Infinity, asked, calls: 1 };
}

function insteadOf(policy: SlowPolicy | undefined, cause: Decision["cause"]): Instead | undefined {
  return cause === "late" ? policy?.whenLate : policy?.whenFailed;
}

const LATE = Symbol();

/** What a promise gives, or `LATE` after so many milliseconds. */
async function inTime<T>(promise: Promise<T>, timeout: number): Promise<T | typeof LATE> {
  const { promise: late, resolve } = Promise.withResolvers<typeof LATE>();
  // A timer that is set for longer runs at once.
  const timer = setTimeout(() => resolve(LATE), Math.min(timeout, 0x7fff_ffff));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]!;
}
