/**
 * What a plugin's test imports as `snet/testing`: events, and a plugin at work without kernel, root or network.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { definePlugin, deny } from "snet";
 * import { event, load } from "snet/testing";
 *
 * const plugin = definePlugin({
 *   name: "ports",
 *   doc: "Refuses connections to one port.",
 *   on: ["snet.connect"],
 *   options: { port: { type: "integer", default: 23, min: 1, max: 65535, doc: "The port." } },
 *   setup: ({ port }) => ({
 *     decide: (event) => event.remote?.port === port ? deny(`port ${port}`, { remember: 60_000 }) : undefined,
 *   }),
 * });
 *
 * const ports = load(plugin, { port: 25 });
 * assert.equal(ports.decide(event({ remote: { ip: "192.0.2.1", port: 25 } }))?.action, "deny");
 * // The answer may be repeated for whatever is the same in what was read of the event.
 * assert.deepEqual(ports.ticket, ["remote-port"]);
 * assert.equal(ports.decide({ remote: { ip: "192.0.2.1", port: 443 } }), undefined);
 * assert.throws(() => load(plugin, { port: 0 }), /expected a whole number from 1 to 65535, not "0"/);
 * ```
 *
 * @module
 */

import { Operand } from "../../ffi/mod.ts";
import { ticketTime } from "../chain.ts";
import { parseConfig } from "../config.ts";
import { bitNames, namesOf } from "../control/json.ts";
import type { EventName, SnetEvent } from "../event.ts";
import { parseEvents } from "../events.ts";
import type { LogLevel } from "../log.ts";
import type {
  Answer,
  Asking,
  Decision,
  Lane,
  Occasion,
  Options,
  OptionSpec,
  Plugin,
  PluginContext,
  PluginInstance,
  SlowPolicy,
} from "../plugin.ts";
import { prepare } from "../setup.ts";
import { event as testEvent } from "../testing.ts";
import type { EventInit } from "../testing.ts";
import { checkVerdict } from "../verdict.ts";
import type { Verdict } from "../verdict.ts";

export type { AddressInit, EventInit } from "../testing.ts";

/** An event with the parts that a test is about; by default curl of uid 1000 connects to 192.0.2.1:443. */
export function event(init: EventInit = {}): SnetEvent {
  return testEvent(init);
}

/** Options as snet.yaml has them: a duration is a text such as `5s`, `files` are names of files. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/** What a plugin gets of the outside in a test; what is absent has a harmless default. */
export interface LoadInit {
  /** Where the clock stands at the beginning, milliseconds since 1970; 2026-01-01 if absent. */
  readonly now?: number;
  /** More of what the daemon would give it, such as `names` or `cgroupPath`. */
  readonly context?: Partial<PluginContext>;
}

/** The clock of a test, milliseconds since 1970: it goes on only where the test says so. */
export interface TestClock {
  /** What the plugin's `clock()` tells. */
  now: number;
  /** Lets so many milliseconds go by. */
  advance(milliseconds: number): void;
}

/** A line that a plugin logged. */
export interface LoggedLine {
  /** How much it matters. */
  readonly level: LogLevel;
  /** What it says. */
  readonly message: string;
}

/** What a test may say of how an event ended; the rest has defaults: a plugin "other" allowed it. */
export type DecisionInit = Partial<Omit<Decision, "verdict">> & { readonly verdict?: Partial<Verdict> };

/** A plugin at work in a test. */
export interface LoadedPlugin<L extends Lane = Lane> {
  /** The events it is woken for. */
  readonly events: readonly EventName[];
  /** What it is asked through. */
  readonly instance: PluginInstance<L>;
  /** The clock that it reads. */
  readonly clock: TestClock;
  /** What it has logged. */
  readonly logged: readonly LoggedLine[];
  /** What becomes of questions that it does not answer; undefined in the fast lane. */
  readonly policy: SlowPolicy | undefined;
  /**
   * What the ticket of its last verdict would hold of the event, by the operands' names (`remote-port`); undefined where
   * there would be none, since the verdict does not say `remember` or the plugin has read what no ticket can hold.
   */
  readonly ticket: readonly string[] | undefined;
  /**
   * Asks it as the daemon would: undefined where it is not woken for the event, or has no opinion. In the slow lane it is a
   * promise, and `asking` says more, such as a `signal`. Throws, or rejects, where the plugin does, and where it answers
   * what is no verdict.
   */
  decide(
    event: SnetEvent | EventInit,
    asking?: Partial<Asking>,
  ): L extends "slow" ? Promise<Verdict | undefined> : Verdict | undefined;
  /** Tells it how an event ended, if it is woken for it. */
  observe(event: SnetEvent | EventInit, decision?: DecisionInit, occasion?: Partial<Occasion>): void;
  /** Tells it of a notification, if it is woken for it. */
  notice(event: SnetEvent | EventInit, occasion?: Partial<Occasion>): void;
  /** Ends it. */
  close(): void;
}

/** 2026-01-01, UTC. */
const NEW_YEAR = 1_767_225_600_000;

const OPERANDS = namesOf(Operand);

/**
 * Sets a plugin up as the daemon would. Options are read and checked as those of snet.yaml.
 *
 * Throws an Error with a line for each mistake in the options, in the words that the daemon would use.
 */
export function load<
  O extends Readonly<Record<string, OptionSpec>>,
  P,
  L extends Lane = "fast",
>(plugin: Plugin<O, P, L>, options: GivenOptions = {}, init: LoadInit = {}): LoadedPlugin<L> {
  const clock: TestClock = {
    now: init.now ?? NEW_YEAR,
    advance(milliseconds) {
      this.now += milliseconds;
    },
  };
  const logged: LoggedLine[] = [];
  const context: PluginContext = {
    clock: () => clock.now,
    verifiedExe: () => true,
    log: (level, message) => void logged.push({ level, message }),
    ...init.context,
  };
  const table = { [plugin.name]: plugin as unknown as Plugin };
  // JSON is YAML.
  const text = JSON.stringify({
    default: "deny",
    kernel: { payload: 4096 },
    plugins: [{ [plugin.name]: options }],
  });
  const [entry] = withoutPlaces(() => prepare(table, parseConfig("options", text, table), context).plugins);
  // The fast lane's outcome is handed to another thread.
  const prepared = plugin.lane === "slow" ? entry!.prepared : structuredClone(entry!.prepared);
  const instance = plugin.setup(prepared as P & Options<O>, context) as PluginInstance<L>;
  const events = instance.events ?? parseEvents(plugin.on);
  const isSlow = plugin.lane === "slow";
  const ask = (event: SnetEvent, asking?: Asking) =>
    (instance.decide as (event: SnetEvent, asking?: Asking) => Answer<"slow">)(event, asking);
  let ticket: readonly string[] | undefined;

  const take = (answer: unknown, read: number) => {
    ticket = undefined;
    if (answer === undefined) return undefined;
    const verdict = checkVerdict(answer);
    if (ticketTime(verdict, read) > 0) ticket = bitNames(OPERANDS, read);
    return verdict;
  };
  const decide = (given: SnetEvent | EventInit, asking: Partial<Asking> = {}) => {
    const asked = eventOf(given);
    if (instance.decide === undefined || !events.includes(asked.name)) {
      return isSlow ? Promise.resolve(undefined) : undefined;
    }
    if (!isSlow) return take(ask(asked), asked.read);
    const { timeout } = entry!.policy!;
    const whole: Asking = {
      signal: new AbortController().signal,
      deadline: performance.now() + timeout,
      calls: 1,
      asked: undefined,
      ...asking,
    };
    return (async () => take(await ask(asked, whole), asked.read))();
  };

  return {
    events,
    instance,
    clock,
    logged,
    policy: entry!.policy,
    get ticket() {
      return ticket;
    },
    decide: decide as LoadedPlugin<L>["decide"],
    observe(given, decision = {}, occasion = {}) {
      const told = eventOf(given);
      if (!events.includes(told.name)) return;
      instance.observe?.(told, decisionOf(decision), occasionOf(occasion, clock));
    },
    notice(given, occasion = {}) {
      const told = eventOf(given);
      if (events.includes(told.name)) instance.notice?.(told, occasionOf(occasion, clock));
    },
    close: () => instance.close?.(),
  };
}

/** Places in a text that nobody has written help nobody. */
function withoutPlaces<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error((error as Error).message.replaceAll(/^options:\d+:\d+: /gm, ""));
  }
}

function eventOf(given: SnetEvent | EventInit): SnetEvent {
  return "copy" in given ? given : testEvent(given);
}

function decisionOf({ verdict, ...rest }: DecisionInit): Decision {
  return {
    verdict: { action: "allow", why: "allowed by another plugin", ...verdict },
    plugin: "other",
    rule: undefined,
    cause: "verdict",
    ...rest,
  };
}

function occasionOf(occasion: Partial<Occasion>, { now }: TestClock): Occasion {
  return { time: now, held: 100, rule: undefined, ...occasion };
}
