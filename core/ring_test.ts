import assert from "node:assert/strict";
import { Ring } from "./ring.ts";
import type { Observed } from "./ring.ts";

const observed: Observed = {
  held: 12.5,
  number: 7,
  action: 1,
  cause: 0,
  errno: 111,
  remember: 0,
  why: "no «lan»",
};

Deno.test("a ring gives back what was written, in order", () => {
  const ring = Ring.ofSize(4096);
  ring.write(observed, Uint8Array.of(1, 2, 3));
  ring.write({ ...observed, number: 8 }, Uint8Array.of(4));
  const read: [Observed, number[]][] = [];
  assert.equal(ring.read((what, message) => read.push([what, [...message]])), 2);
  assert.deepEqual(read, [[observed, [1, 2, 3]], [{ ...observed, number: 8 }, [4]]]);
  assert.equal(ring.read(() => assert.fail("nothing is left")), 0);
});

Deno.test("a ring drops and counts what does not fit, and goes on when there is room", () => {
  const ring = Ring.ofSize(4096);
  const message = new Uint8Array(1000);
  const written = Array.from({ length: 6 }, () => ring.write(observed, message)).filter(Boolean).length;
  assert.equal(written, 3);
  assert.equal(ring.dropped, 3);
  assert.equal(ring.read(() => {}), 3);
  assert.equal(ring.write(observed, message), true);
});

Deno.test("records stay whole past the end of the buffer and past 2^31 bytes", () => {
  const ring = Ring.ofSize(4096);
  // As if nearly 2^31 bytes had gone through: the counters wrap within this test.
  new Int32Array(ring.buffer).fill(0x7fff_f000, 0, 2);
  for (let turn = 0; turn < 50; turn++) {
    const message = new Uint8Array(500 + turn).fill(turn);
    assert.equal(ring.write({ ...observed, number: turn }, message), true);
    ring.read((what, bytes) => {
      assert.equal(what.number, turn);
      assert.deepEqual(bytes, message);
    });
  }
  assert.equal(ring.dropped, 0);
});
