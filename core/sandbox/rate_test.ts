import { deepEqual, equal } from "node:assert/strict";
import { noCounters } from "./counters.ts";
import { LimitedLog } from "./log_limit.ts";
import { Budget } from "./rate.ts";

Deno.test("budget: what is spent beyond it is owed until time has paid it back", () => {
  const budget = new Budget(1000, 500, 0);
  equal(budget.spend(500, 0), 0);
  equal(budget.spend(250, 0), 250);
  equal(budget.spend(0, 250), 0);
  equal(budget.take(1, 250), false);
  equal(budget.take(1, 251), true);
  // More than the burst is never saved.
  equal(budget.spend(700, 1e9), 200);
});

Deno.test("log of a plugin: is printable, cut, and bounded; what was left out is told when lines come again", () => {
  let now = 0;
  const lines: string[] = [];
  const counters = noCounters();
  const log = new LimitedLog(
    "p",
    (level, message) => void lines.push(`${level} ${message}`),
    () => now,
    counters,
  );
  log.plugin("warning", "a\x1b[2J\nb");
  log.plugin("info", "x".repeat(5000));
  deepEqual([lines[0], lines[1]?.length], ["warning p: a\\x1b[2J\\x0ab", "info p: ".length + 1000]);
  for (let i = 0; i < 100; i++) log.plugin("info", "y");
  equal(lines.length, 20);
  deepEqual([counters.logged, counters.unlogged], [20, 82]);
  now = 10_000;
  log.plugin("info", "z");
  deepEqual(lines.slice(20), ["warning plugin p: it logs too much: 82 lines were left out", "info p: z"]);
});
