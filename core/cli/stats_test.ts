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
    plugins: [{
      name: "rules",
      allowed: 8,
      denied: 3,
      asked: 0,
      failed: 0,
      late: 2,
      cancelled: 0,
      rules: [{ number: 0, name: "web\x1b", where: "rules.yaml:3:5", hits: 8 }, { number: 4, hits: 3 }],
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
    "Plugin rules: 8 allowed, 3 denied, 0 asked, 0 failed, 2 late",
    "         8  web\\x1b  (rules.yaml:3:5)",
    "         3  #4",
  ]);
});

Deno.test("all shows the zeros too", () => {
  assert.ok(statsLines(sample, true, 80).some((line) => /^ +0 {2}endsGone/.test(line)));
});
