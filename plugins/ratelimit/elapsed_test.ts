import assert from "node:assert/strict";
import { Elapsed } from "./elapsed.ts";

Deno.test("time goes on from where it was when the clock is set back", () => {
  let now = 1_000_000.7;
  const elapsed = new Elapsed(() => now);
  const at = (time: number) => (now = time, elapsed.read());
  assert.equal(at(1_000_250), 250);
  assert.equal(at(400_000), 250);
  assert.equal(at(400_010), 260);
  assert.equal(at(400_010.9), 260);
});
