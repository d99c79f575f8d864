import assert from "node:assert/strict";
import type { Stats } from "../control/api.ts";
import { statsLines } from "./stats.ts";

const sample: Stats = {
  kernel: { asked: 12, endsAllowed: 9, endsDenied: 3, endsGone: 0 },
  daemon: {
    since: "2026-01-02T14:03:07.123Z",
    decisions: { verdict: 11, default: 1, ask: 0, failed: 0, late: 0 },
    late: 0,
    refused: 0,
    malformed: 0,
    overruns: 0,
    notified: 0,
    cancelled: { signal: 2 },
    unremembered: 0,
    dropped: 0,
    waiting: 0,
    plugins: [{
      name: "rules",
      lane: "fast",
      trust: "built-in",
      calls: 9,
      allowed: 8,
      denied: 3,
      asked: 0,
      failed: 0,
      late: 0,
      cancelled: 0,
      shared: 0,
      rules: [{ number: 0, name: "web\x1b", where: "rules.yaml:3:5", hits: 8 }, { number: 4, hits: 3 }],
    }, {
      ...{ name: "webhook", lane: "slow", allowed: 3, denied: 0, asked: 0, failed: 6 },
      ...{ trust: "built-in", calls: 12, late: 1, cancelled: 2, shared: 7 },
      lastFailure: "Error: no route",
      slow: {
        ...{ timeout: 1500, whenLate: "deny", whenFailed: "pass", waiting: 4 },
        breaker: { state: "open", failures: 5, opened: 1, shortCircuited: 9 },
      },
      counters: { answered: 3, "no room": 0 },
      rules: [],
    }],
  },
};

Deno.test("stats show what happened with what it means, and the rules' hits", () => {
  assert.deepEqual(statsLines(sample, false, 80), [
    "Kernel, since boot:",
    "        12  asked        Calls that were held and asked about.",
    "         9  endsAllowed  Ended by a verdict that allowed.",
    "         3  endsDenied   Ended by a verdict that denied.",
    "",
    "Daemon, since 2026-01-02T14:03:07.123Z:",
    "        11  verdict           Decided by a plugin.",
    "         1  default           Answered by the default, since no plugin had an",
    "                              opinion.",
    "         2  cancelled signal  Calls that ended before their answer came: signal.",
    "",
    "Plugin rules (fast): 8 allowed, 3 denied, 0 asked, 0 failed",
    "         8  web\\x1b  (rules.yaml:3:5)",
    "         3  #4",
    "",
    "Plugin webhook (slow): 3 allowed, 0 denied, 0 asked, 6 failed, 1 late, 2 cancelled, 7 shared",
    "  4 waiting; late after 1s500ms: deny; failed: pass",
    "  circuit breaker open: 5 failures in a row, opened 1 times, 9 not asked",
    "  last failure: Error: no route",
    "         3  answered",
  ]);
});

Deno.test("all shows the zeros too", () => {
  assert.ok(statsLines(sample, true, 80).some((line) => /^ +0 {2}endsGone/.test(line)));
});
