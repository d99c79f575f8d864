import assert from "node:assert/strict";
import { CAP_NET_ADMIN, conclusion, hasCapability } from "./doctor.ts";

Deno.test("CAP_NET_ADMIN is bit 12 of the effective capabilities", () => {
  assert.ok(
    hasCapability("CapPrm:\t0000000000000000\nCapEff:\t0000000000001000\nCapBnd:\t0\n", CAP_NET_ADMIN),
  );
  assert.ok(hasCapability("CapEff:\t000001ffffffffff\n", CAP_NET_ADMIN));
  assert.ok(!hasCapability("CapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffefff\n", CAP_NET_ADMIN));
  assert.ok(!hasCapability("", CAP_NET_ADMIN));
});

Deno.test("what can be run here is said apart", () => {
  assert.deepEqual([
    conclusion(true, true),
    conclusion(false, true),
    conclusion(true, false),
    conclusion(false, false),
  ], [
    "This machine can run snet.",
    "This machine can run programs with 'snet run', but no daemon as it is.",
    "This machine can run the daemon, but no 'snet run' as it is.",
    "This machine cannot run snet as it is.",
  ]);
});
