/** A plugin in its place in the slow lane: its policy, and the circuit breaker before it. */

import { Breaker } from "./breaker.ts";
import type { EventName } from "./event.ts";
import { Place } from "./link.ts";
import type { Link, LinkCounts } from "./link.ts";
import type { SlowPolicy } from "./plugin.ts";

/** Hears when a breaker opens, for how many milliseconds, and when it closes. */
type OnBreaker = (plugin: string, state: "open" | "closed", pause: number) => void;

export class SlowPlace extends Place {
  /** True where it never waits. */
  readonly isFast: boolean;
  readonly policy: SlowPolicy | undefined;
  /** Of one with a policy: where the default answers for whoever fails, nobody is spared by not asking. */
  readonly breaker: Breaker | undefined;

  /** `former`: the place of the same instance under another configuration, whose breaker goes on. */
  constructor(
    link: Link,
    index: number,
    now: () => number,
    onBreaker: OnBreaker = () => {},
    former?: SlowPlace,
  ) {
    super(link, index);
    this.isFast = link.lane === "fast";
    this.policy = link.policy;
    if (link.policy === undefined) return;
    this.breaker = former?.breaker ??
      new Breaker(now, (state, pause) => onBreaker(link.name, state, pause));
  }

  /** Whether it is woken for such an event. */
  decides(event: EventName): boolean {
    return this.instance.decide !== undefined && this.events.includes(event);
  }

  /** `waiting`: questions that it has not answered yet. */
  countsWith(waiting: number): LinkCounts {
    const { policy, breaker } = this;
    return {
      ...this.counts,
      lane: "slow",
      ...(policy !== undefined && { slow: { ...policy, waiting, breaker: breaker!.counts } }),
    };
  }
}
