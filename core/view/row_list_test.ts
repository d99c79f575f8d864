import assert from "node:assert/strict";
import { RowList } from "./row_list.ts";
import { row } from "./samples.ts";

Deno.test("rows keep their places, and the oldest make room", () => {
  const list = new RowList(3);
  assert.deepEqual([list.first, list.end, list.at(0)], [0, 0, undefined]);
  for (let number = 10; number < 15; number++) list.push(row({ number }));
  assert.deepEqual([list.first, list.end], [2, 5]);
  assert.deepEqual([1, 2, 4, 5].map((place) => list.at(place)?.number), [undefined, 12, 14, undefined]);
  assert.deepEqual(list.newest().map(({ number }) => number), [14, 13, 12]);
});
