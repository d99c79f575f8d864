import { equal } from "node:assert/strict";
import { blockedSignals, leaveSignalsToOthers, Signal, signalBit, unblockSignals } from "./process.ts";

Deno.test("a thread leaves signals to others, but for what it does itself", () => {
  const former = blockedSignals();
  const segv = signalBit(11);
  try {
    leaveSignalsToOthers();
    const blocked = blockedSignals();
    for (const signal of [Signal.INT, Signal.TERM, Signal.CHLD, Signal.USR1]) {
      equal(blocked & signalBit(signal), signalBit(signal));
    }
    equal(blocked & segv, former & segv);
  } finally {
    unblockSignals(~former & 0xffff_ffff_ffff_ffffn);
  }
  equal(blockedSignals(), former);
});
