/** Measures a decision by the rules of the mix; `deno run plugins/rules/bench.ts`. */

import { event } from "../../core/testing.ts";
import type { SnetEvent } from "../../core/mod.ts";
import { CompiledRules } from "./compile.ts";
import { hitOf, missOf, mixRules } from "./mix.ts";

/** How long a decision takes, nanoseconds. */
export interface DecisionTimes {
  readonly rules: number;
  /** Milliseconds to compile. */
  readonly compile: number;
  readonly first: number;
  readonly last: number;
  readonly none: number;
  /** Hits spread evenly over all rules, 1,000 different events in turn. */
  readonly spread: number;
}

const CONTEXT = { clock: () => 0, verifiedExe: () => true };
const ROUNDS = 9;
const DECISIONS = 100_000;

/** Times with the first `count` rules of the mix, each the median of several rounds. */
export function measureDecisions(count: number): DecisionTimes {
  const rules = mixRules(count);
  const start = performance.now();
  const compiled = new CompiledRules({ rules, defaults: new Map() }, CONTEXT);
  const compile = performance.now() - start;
  const spread = Array.from({ length: 1000 }, (_, index) => Math.floor((index * count) / 1000));
  return {
    rules: count,
    compile,
    first: measure(compiled, [0, 1, 2, 3].map(hitOf)),
    last: measure(compiled, Array.from({ length: 10 }, (_, index) => hitOf(count - 1 - index))),
    none: measure(compiled, Array.from({ length: 1000 }, (_, index) => missOf(index))),
    spread: measure(compiled, spread.map(hitOf)),
  };
}

function measure(compiled: CompiledRules, inits: readonly Parameters<typeof event>[0][]): number {
  // Copies are plain objects: what reading a real message costs is measured with the kernel.
  const events = inits.map((init) => event(init).copy());
  run(compiled, events);
  const times = Array.from({ length: ROUNDS }, () => run(compiled, events));
  return times.toSorted((a, b) => a - b)[ROUNDS >> 1]!;
}

function run(compiled: CompiledRules, events: readonly SnetEvent[]): number {
  const start = performance.now();
  for (let i = 0, at = 0; i < DECISIONS; i++) {
    compiled.decide(events[at]!);
    at = at + 1 === events.length ? 0 : at + 1;
  }
  return (performance.now() - start) * 1e6 / DECISIONS;
}

if (import.meta.main) {
  console.log("     rules  compile ms   first ns    last ns    none ns  spread ns");
  for (const count of [10, 100, 1000, 10_000, 100_000]) {
    const { compile, first, last, none, spread } = measureDecisions(count);
    console.log(
      [count, compile, first, last, none, spread].map((value) => value.toFixed(0).padStart(10)).join(" "),
    );
  }
}
