import assert from "node:assert/strict";
import { Frequent, mostFrequent, type NameCount } from "./frequent.ts";

function sumsOf(...all: readonly Frequent[]): Map<string, NameCount> {
  const sums = new Map<string, NameCount>();
  for (const each of all) each.sumInto(sums);
  return sums;
}

Deno.test("frequent: names are counted by what became of them, and summed", () => {
  const [one, other] = [new Frequent(10), new Frequent(10)];
  one.add("curl", false);
  one.add("curl", true);
  other.add("curl", true);
  other.add("wget", false);
  const sums = sumsOf(one, other);
  assert.deepEqual([...sums], [["curl", { allowed: 1, denied: 2 }], ["wget", { allowed: 1, denied: 0 }]]);
  assert.deepEqual(mostFrequent(sums, 1), [["curl", { allowed: 1, denied: 2 }]]);
});

Deno.test("frequent: a busy name stays, whatever number of others come once; memory is bounded", () => {
  const frequent = new Frequent(10);
  for (let i = 0; i < 10_000; i++) {
    frequent.add(`made-up-${i}`, true);
    if (i % 4 === 0) frequent.add("busy", false);
  }
  assert.ok(frequent.size <= 10);
  const [[name, { allowed }] = ["", { allowed: 0 }]] = mostFrequent(sumsOf(frequent), 1);
  assert.equal(name, "busy");
  // Of 12,500 that came, no name lacks more than 12,500 / 11.
  assert.ok(allowed >= 2500 - 12_500 / 11, `${allowed}`);
});

Deno.test("frequent: trimmed to those that came most often", () => {
  const frequent = new Frequent(10);
  for (const [name, times] of [["a", 1], ["b", 3], ["c", 2]] as const) {
    for (let i = 0; i < times; i++) frequent.add(name, false);
  }
  frequent.trim(2);
  assert.deepEqual([...sumsOf(frequent).keys()], ["b", "c"]);
});
