import assert from "node:assert/strict";
import { Feed } from "./feed.ts";
import { Ring } from "./ring.ts";

Deno.test("the ring is written and looked at only while somebody observes", () => {
  const ring = Ring.ofSize(4096);
  let running = 0;
  const feed = new Feed(ring, () => undefined, () => (running++, () => running--));
  assert.equal(ring.observed, false);
  const first = feed.observe(() => {});
  const second = feed.observe(() => {});
  assert.deepEqual([ring.observed, running, feed.observers], [true, 1, 2]);
  first();
  first();
  assert.equal(ring.observed, true);
  second();
  assert.deepEqual([ring.observed, running, feed.observers], [false, 0, 0]);
});
