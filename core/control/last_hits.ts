/** When rules were hit last: a number for each rule of the plugins at work, and no more. */

import type { Observer } from "../feed.ts";
import type { Link } from "../link.ts";

type Instance = Link["instance"];

export class LastHits {
  /** By rule; 0 for never. A plugin that goes on over a reload keeps its own. */
  readonly #times = new WeakMap<Instance, Float64Array>();

  /** A rule has answered; `time` is of the wall clock, milliseconds since 1970. */
  note(instance: Instance, rule: number, time: number): void {
    const length = instance.rules?.length ?? 0;
    if (rule >= length) return;
    let times = this.#times.get(instance);
    if (times === undefined) this.#times.set(instance, times = new Float64Array(length));
    times[rule] = time;
  }

  /** Undefined for a rule that has not been hit since somebody has noted it. */
  at(instance: Instance, rule: number): number | undefined {
    return this.#times.get(instance)?.[rule] || undefined;
  }
}

/** Notes the hits of rules of `links` as they are then, until `stop` is called. */
export function noteHits(
  observe: (observer: Observer) => () => void,
  links: () => readonly Link[],
): { readonly hits: LastHits; readonly stop: () => void } {
  const hits = new LastHits();
  const stop = observe(({ decision, plugin, time }) => {
    const instance = plugin === undefined ? undefined : links()[plugin]?.instance;
    if (instance !== undefined && decision?.rule !== undefined) hits.note(instance, decision.rule, time);
  });
  return { hits, stop };
}
