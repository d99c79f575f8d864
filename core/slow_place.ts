/** A plugin in its place in the slow lane: its policy, and the circuit breaker before it. */

import { Breaker } from "./breaker.ts";
import type { EventName } from "./event.ts";
import { Place } from "./link.ts";
import type { Link, LinkCounts } from "./link.ts";
import type { SlowPolicy } from "./plugin.ts";
import type { Turn, Waiting } from "./slow_turn.ts";

/** Hears when a breaker opens, for how many milliseconds, and when it closes. */
type OnBreaker = (plugin: string, state: "open" | "closed", pause: number) => void;

export class SlowPlace extends Place {
  /** True where it never waits. */
  readonly isFast: boolean;
  readonly policy: SlowPolicy | undefined;
  /** Of one with a policy: where the default answers for whoever fails, nobody is spared by not asking. */
  readonly breaker: Breaker | undefined;
  /** The questions that it thinks about and that equal calls may join, by what makes them equal. */
  readonly openTurns: Map<string, Turn>;
  /** Calls that wait for its answer. */
  waiting = 0;

  /** `former`: the place of the same instance under another configuration, whose breaker and questions go on. */
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
    this.openTurns = former?.openTurns ?? new Map();
    if (link.policy === undefined) return;
    // One that fails at once keeps nobody waiting.
    const limit = link.instance.failsFast ? Infinity : undefined;
    this.breaker = former?.breaker ??
      new Breaker(now, (state, pause) => onBreaker(link.name, state, pause), limit);
  }

  /** Whether it is woken for such an event. */
  decides(event: EventName): boolean {
    return this.instance.decide !== undefined && this.events.includes(event);
  }

  /**
   * The question that such a call may join; undefined where it has to ask. While the breaker is not closed nobody waits for
   * what was asked before it opened, or for what is on trial.
   */
  turnFor(call: Waiting): Turn | undefined {
    if (this.openTurns.size === 0 || this.breaker?.isClosed === false) return undefined;
    return this.openTurns.get(call.key);
  }

  override get counts(): LinkCounts {
    const { policy, breaker, waiting } = this;
    return {
      ...super.counts,
      lane: "slow",
      ...(policy !== undefined && { slow: { ...policy, waiting, breaker: breaker!.counts } }),
    };
  }
}
