import assert from "node:assert/strict";
import { Histogram } from "./histogram.ts";

/** What is told of some values, beside what is true. */
function compare(values: readonly number[], share: number): { told: number; truth: number } {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  const truth = values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)]!;
  return { told: histogram.percentile(share)!, truth };
}

Deno.test("a percentile is told a sixteenth too high at most, from microseconds to days", () => {
  for (let power = 0; power < 38; power++) {
    for (const factor of [1, 1.01, 1.5, 1.99]) {
      const value = 10 * factor * 2 ** power;
      if (value > 3e11) continue;
      const { told } = compare([value], 0.5);
      assert.ok(told >= value && told <= value * (1 + 1 / 16) + 1e-9, `${value}: ${told}`);
    }
  }
});

Deno.test("percentiles of many values are those of the values in their order", () => {
  let state = 1;
  const values = Array.from({ length: 10_000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return 20 + 1e6 * (state / 2_147_483_647) ** 4;
  });
  for (const share of [0, 0.1, 0.5, 0.9, 0.99, 1]) {
    const { told, truth } = compare(values, share);
    assert.ok(told >= truth && told <= truth * (1 + 1 / 16) + 1, `${share}: ${told} instead of ${truth}`);
  }
});

Deno.test("what is less than a unit, more than the most or no time at all has a bucket too", () => {
  const histogram = new Histogram();
  assert.equal(histogram.percentile(0.5), undefined);
  for (const value of [0, -1, NaN, 0.1, Infinity, 1e300]) histogram.add(value);
  assert.equal(histogram.count, 6);
  assert.ok(histogram.percentile(0.5)! < 1);
  assert.ok(histogram.percentile(1)! > 1e11);
});
