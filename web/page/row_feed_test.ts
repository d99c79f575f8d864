import assert from "node:assert/strict";
import type { Row, RowBatch } from "./rows.ts";
import { RowFeed } from "./row_feed.ts";

function batch(from: number, to: number, missed = 0): RowBatch {
  return {
    rows: Array.from({ length: to - from + 1 }, (_, index) => ({ number: from + index }) as Row),
    missed,
  };
}

function numbers({ rows }: RowBatch): number[] {
  return rows.map(({ number }) => number);
}

Deno.test("a decision is taken once, however often it comes", () => {
  const feed = new RowFeed();
  assert.deepEqual(numbers(feed.take(batch(101, 103), 103)), [101, 102, 103]);
  assert.deepEqual(numbers(feed.take(batch(102, 105), 105)), [104, 105]);
  assert.deepEqual(feed.take(batch(101, 105, 7), 105), { rows: [], missed: 0 });
  assert.equal(feed.last, 105);
});

Deno.test("a tab that comes later gets what the other has, in messages that follow on each other", () => {
  const [one, other] = [new RowFeed(), new RowFeed()];
  one.take(batch(1001, 2200), 2200);
  const taken = one.recap(0).flatMap(({ after, data, id }) => {
    assert.equal(after <= other.last, true);
    return numbers(other.take(data as RowBatch, Number(id)));
  });
  assert.deepEqual(taken, numbers(batch(1001, 2200)));
  assert.deepEqual(one.recap(other.last), []);
});

Deno.test("a tab that was away for long is told how many it lacks", () => {
  const [one, other] = [new RowFeed(), new RowFeed()];
  for (const feed of [one, other]) feed.take(batch(1, 10), 10);
  one.take(batch(11, 15_000), 15_000);
  const taken = one.recap(10).map(({ data, id }) => other.take(data as RowBatch, Number(id)));
  assert.equal(taken.reduce((sum, { rows, missed }) => sum + rows.length + missed, 0), 14_990);
  assert.equal(taken.reduce((sum, { rows }) => sum + rows.length, 0), 10_000);
});
