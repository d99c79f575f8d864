/** The daemon's side of the kernel: what to attach to, and its settings from a configuration. */

import { Action, EVENT_NUMBERS, Feature } from "../ffi/mod.ts";
import type { Settings, SettingsReply } from "../ffi/mod.ts";
import type { Config, Timing } from "./config.ts";
import type { EventName } from "./event.ts";
import { ALL_EVENTS, eventMask, familyMask, isProtocolEvent } from "./events.ts";
import type { KernelSource } from "./source.ts";

/** Events that a kernel without snet's own hooks never tells. */
const NEED_HOOKS: ReadonlySet<EventName> = new Set<EventName>(["snet.post_accept", "snet.close"]);

/** What is asked for, and what of it this kernel has. */
export interface Wanted {
  readonly events: readonly EventName[];
  readonly missing: readonly EventName[];
}

/** The configured events and those that plugins name, as far as a kernel with these features tells them. */
export function wantedEvents(
  configured: Iterable<EventName>,
  named: Iterable<EventName>,
  features: number,
): Wanted {
  const wanted = new Set([...configured, ...named]);
  const hasHooks = (features & Feature.Hooks) !== 0;
  const lacks = (name: EventName) => !hasHooks && NEED_HOOKS.has(name);
  const ordered = ALL_EVENTS.filter((name) => wanted.has(name));
  return { events: ordered.filter((name) => !lacks(name)), missing: ordered.filter(lacks) };
}

/**
 * Tells the kernel what a configuration says. What it does not say is set as in `baseline`, which is how the kernel
 * was found when snet attached, so that a setting that is taken out of the file is taken back.
 */
export function configureKernel(
  source: KernelSource,
  config: Pick<Config, "default" | "kernel" | "families">,
  events: readonly EventName[],
  baseline: SettingsReply,
): void {
  const { kernel, families } = config;
  const { limits, absent } = kernel;
  source.configure(present({
    events: eventMask(events),
    families: familyMask(families),
    attachFlags: kernel.attachFlags,
    payloadMax: kernel.payload,
    delay: kernel.delay ?? baseline.delay,
    policy: generalPolicy(config, baseline),
    limitPolicy: action(limits.policy) ?? baseline.limitPolicy,
    limitTotal: limits.total ?? baseline.limitTotal,
    limitUid: limits.uid ?? baseline.limitUid,
    limitCgroup: limits.cgroup ?? baseline.limitCgroup,
    limitTickets: limits.tickets ?? baseline.limitTickets,
    absentPolicy: action(absent.policy) ?? baseline.absentPolicy,
    absentEvents: absent.events ? eventMask(absent.events) : baseline.absentEvents,
    absentFamilies: absent.families ? familyMask(absent.families) : baseline.absentFamilies,
    debug: kernel.debug === undefined ? baseline.debug : Number(kernel.debug),
  }));
  for (const timing of kernel.events) {
    if (timing.delay === undefined && timing.policy === undefined) continue;
    if (!isProtocolEvent(timing.event)) continue;
    source.configure({ event: EVENT_NUMBERS[timing.event], ...timingOf(timing) });
  }
}

/** Until when the kernel waits for an answer, and what it answers itself afterwards. */
export interface Deadline {
  /** Milliseconds. */
  readonly delay: number;
  readonly policy: Action;
}

/** The deadline of each event under a configuration. */
export function deadlines(
  config: Pick<Config, "default" | "kernel">,
  baseline: SettingsReply,
): (event: EventName) => Deadline {
  const { kernel } = config;
  const general: Deadline = {
    delay: kernel.delay ?? baseline.delay ?? Infinity,
    policy: generalPolicy(config, baseline) ?? Action.Deny,
  };
  const own = new Map(kernel.events.map(({ event, delay, policy }) => {
    return [event, { delay: delay ?? general.delay, policy: action(policy) ?? general.policy }];
  }));
  return (event) => own.get(event) ?? general;
}

/** Whoever denies what no plugin decides does not mean a daemon that is late or gone to allow it. */
function generalPolicy(
  { default: fallback, kernel }: Pick<Config, "default" | "kernel">,
  baseline: SettingsReply,
): Action | undefined {
  return action(kernel.policy) ?? (fallback === "deny" ? Action.Deny : baseline.policy);
}

function timingOf({ delay, policy }: Timing): Settings {
  return present({ delay, policy: action(policy) });
}

function action(word: "allow" | "deny" | undefined): Action | undefined {
  if (word === undefined) return undefined;
  return word === "allow" ? Action.Allow : Action.Deny;
}

/** The same object without what is undefined. */
function present<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
