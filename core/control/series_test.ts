import assert from "node:assert/strict";
import { Series } from "./series.ts";

const START = 1_800_000_000_000;

/** Five slots of ten seconds. */
function stage() {
  const series = new Series(10_000, 5);
  const at = (seconds: number, isDenied = false) => series.add(START + seconds * 1000, isDenied);
  const until = (seconds: number, length?: number) => series.until(START + seconds * 1000, length);
  return { at, until };
}

Deno.test("series: decisions are counted in the slot of their time", () => {
  const { at, until } = stage();
  at(0);
  at(9);
  at(10, true);
  at(40);
  assert.deepEqual(until(41), {
    step: 10_000,
    start: START,
    allowed: [2, 0, 0, 0, 1],
    denied: [0, 1, 0, 0, 0],
  });
  assert.deepEqual(until(41, 2), { step: 10_000, start: START + 30_000, allowed: [0, 1], denied: [0, 0] });
});

Deno.test("series: what is older than it keeps is gone, though nothing has come since", () => {
  const { at, until } = stage();
  at(0);
  at(25, true);
  assert.deepEqual(until(55).allowed, [0, 0, 0, 0, 0]);
  assert.deepEqual(until(55).denied, [0, 1, 0, 0, 0]);
  at(50);
  assert.deepEqual(until(50).allowed, [0, 0, 0, 0, 1]);
  assert.deepEqual(until(50).denied, [0, 1, 0, 0, 0]);
  at(5000);
  assert.deepEqual(until(5000).allowed, [0, 0, 0, 0, 1]);
  assert.deepEqual(until(5000).denied, [0, 0, 0, 0, 0]);
});

Deno.test("series: one that was held for long counts when it was, while that is kept", () => {
  const { at, until } = stage();
  at(40);
  at(5);
  assert.deepEqual(until(40).allowed, [1, 0, 0, 0, 1]);
});

Deno.test("series: a clock that was far ahead stops nothing", () => {
  const { at, until } = stage();
  at(1_000_000);
  at(0);
  at(10);
  assert.deepEqual(until(10).allowed, [0, 0, 0, 1, 1]);
});

Deno.test("series: before anything has come there is nothing", () => {
  assert.deepEqual(stage().until(0).allowed, [0, 0, 0, 0, 0]);
});
