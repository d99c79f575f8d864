import assert from "node:assert/strict";
import { PARTS, SlidingWindows } from "./sliding_window.ts";
import { randomOf } from "../parts/random.ts";
import { calls } from "./testing.ts";

const key = new Int32Array(1);
const keyOf = (number: number) => (key[0] = number, key);

/** The times of the calls that were allowed, by key. */
class Log {
  readonly #times = new Map<number, number[]>();

  note(key: number, time: number): void {
    this.#times.set(key, [...this.#times.get(key) ?? [], time]);
  }

  /** How many there were after a time. */
  since(key: number, time: number): number {
    return (this.#times.get(key) ?? []).filter((other) => other > time).length;
  }
}

Deno.test("a window is never passed, and refuses only what the last window and a sixteenth held", () => {
  const random = randomOf(3);
  for (let round = 0; round < 100; round++) {
    const count = 1 + random(30);
    const per = 10 + random(5000);
    const windows = new SlidingWindows({ count, per }, 1000, 1, round);
    const log = new Log();
    for (const { key, time } of calls(random, { count: 500, keys: 10, per })) {
      const what = `round ${round}: ${count} in ${per}, ${key} at ${time}`;
      if (windows.take(keyOf(key), time)) {
        log.note(key, time);
        assert.ok(log.since(key, time - per) <= count, what);
      } else {
        assert.ok(log.since(key, time - per * (1 + 1 / PARTS) - 1) >= count, what);
      }
    }
    assert.equal(windows.evictions, 0);
  }
});

Deno.test("no window is passed, however many other keys push one out of the table", () => {
  const random = randomOf(4);
  let allowed = 0;
  let evictions = 0;
  for (let round = 0; round < 50; round++) {
    const count = 1 + random(10);
    const per = 10 + random(5000);
    const windows = new SlidingWindows({ count, per }, 1, 1, round);
    const log = new Log();
    for (const { key, time } of calls(random, { count: 2000, keys: 300, per })) {
      if (!windows.take(keyOf(key), time)) continue;
      allowed++;
      log.note(key, time);
      assert.ok(log.since(key, time - per) <= count, `round ${round}: ${count} in ${per}, ${key} at ${time}`);
    }
    evictions += windows.evictions;
  }
  assert.ok(allowed > 10_000 && evictions > 10_000, `${allowed} allowed, ${evictions} evictions`);
});

Deno.test("what pushed others out is allowed again when their windows are over", () => {
  const windows = new SlidingWindows({ count: 2, per: 1600 }, 1, 1, 0);
  const allowed = (time: number, first: number) =>
    Array.from({ length: 100 }, (_, index) => windows.take(keyOf(first + index), time)).filter(Boolean)
      .length;
  assert.equal(allowed(0, 0), 32);
  assert.equal(allowed(1600, 1000), 0);
  assert.equal(allowed(1700, 1000), 32);
});

Deno.test("the memory of windows does not grow with keys", () => {
  const windows = new SlidingWindows({ count: 1, per: 10 }, 1000, 1, 7);
  const before = windows.byteLength;
  for (let i = 0; i < 100_000; i++) windows.take(keyOf(i), i);
  assert.equal(windows.byteLength, before);
  assert.equal(before, 125 * 16 * (4 + 4) + 125 * 17 * (17 * 4 + 4 + 8));
});
