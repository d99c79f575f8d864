import assert from "node:assert/strict";
import { hasNetAdmin } from "./doctor.ts";

Deno.test("CAP_NET_ADMIN is bit 12 of the effective capabilities", () => {
  assert.ok(hasNetAdmin("CapPrm:\t0000000000000000\nCapEff:\t0000000000001000\nCapBnd:\t0\n"));
  assert.ok(hasNetAdmin("CapEff:\t000001ffffffffff\n"));
  assert.ok(!hasNetAdmin("CapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffefff\n"));
  assert.ok(!hasNetAdmin(""));
});
