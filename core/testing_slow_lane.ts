/** A slow lane for tests: its answers are kept, and its timers run when the test says. */

import type { Link } from "./chain.ts";
import { messageOf } from "./event_message.ts";
import type { Asking, PluginInstance, SlowPolicy } from "./plugin.ts";
import { SlowLane } from "./slow_lane.ts";
import type { Question, SlowAnswer } from "./slow_lane.ts";
import { event } from "./testing.ts";
import type { EventInit } from "./testing.ts";
import type { Verdict } from "./verdict.ts";

export type Decide = NonNullable<PluginInstance<"slow">["decide"]>;

export const policy: SlowPolicy = { timeout: 100, whenLate: "pass", whenFailed: "pass" };

export function link(name: string, decide: Decide, more: Partial<Link> = {}): Link {
  const instance: PluginInstance<"slow"> = { decide, ...more.instance };
  return { name, events: ["snet.connect"], ...more, instance };
}

/** Links that come after one of the fast lane. */
export function placed(links: readonly Link[]): readonly Link[] {
  return links.map((link, index) => ({ ...link, place: index + 1 }));
}

/** A lane of these links after one in the fast lane. */
export function laneOf(links: readonly Link[]) {
  const answers: SlowAnswer[] = [];
  const failures: string[] = [];
  const breakers: string[] = [];
  const timers = new Set<{ readonly time: number; readonly task: () => void }>();
  const clock = { now: 0 };
  const lane = new SlowLane(placed(links), {
    fallback: "deny",
    answer: (answer) => answers.push(answer),
    onFailure: (plugin, message, instead) => failures.push(`${plugin}: ${message}: ${instead}`),
    onBreaker: (plugin, state) => breakers.push(`${plugin}: ${state}`),
    at: (time, task) => {
      const timer = { time, task };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    now: () => clock.now,
  });
  /** Lets the clock go on, and runs the timers that are due then, in the order of their times. */
  const pass = (time: number) => {
    for (;;) {
      const [next] = [...timers].toSorted((a, b) => a.time - b.time);
      if (next === undefined || next.time > time) break;
      timers.delete(next);
      clock.now = Math.max(clock.now, next.time);
      next.task();
    }
    clock.now = time;
  };
  return { lane, answers, failures, breakers, timers, clock, pass };
}

/** A question about a connect of curl's; two of them are equal unless `init` says otherwise. */
export function question(id: bigint, init: EventInit = {}, more: Partial<Question> = {}): Question {
  return { id, message: messageOf(event({ ...init, id })), read: 0, until: 0, asked: undefined, ...more };
}

/** A question that no other is equal to. */
export function distinct(id: bigint, more: Partial<Question> = {}): Question {
  return question(id, { task: { pid: Number(id) } }, more);
}

/** Lets promises that are settled run on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** What a {@linkcode keeper} was asked. */
export interface Kept {
  readonly id: bigint;
  readonly asking: Asking;
  readonly signal: AbortSignal;
  answer(verdict?: Verdict): void;
  fail(error: Error): void;
}

/** A link that keeps what it is asked, and answers when the test says. */
export function keeper(name: string, more: Partial<Link> = {}): Link & { readonly asked: Kept[] } {
  const asked: Kept[] = [];
  const decide: Decide = ({ id }, asking) =>
    new Promise((resolve, reject) =>
      asked.push({ id, asking, signal: asking.signal, answer: (verdict) => resolve(verdict), fail: reject })
    );
  return { ...link(name, decide, { policy, ...more }), asked };
}
