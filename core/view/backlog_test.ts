import assert from "node:assert/strict";
import { Backlog } from "./backlog.ts";
import { MOST_ROWS } from "./live_store.ts";
import { row } from "./samples.ts";

Deno.test("what waits is given once, in its order; what there is no room for is counted as missed", () => {
  const backlog = new Backlog();
  const rows = Array.from({ length: MOST_ROWS + 2 }, (_, number) => row({ number }));
  backlog.add({ rows: rows.slice(0, 3), missed: 5 });
  backlog.add({ rows: rows.slice(3), missed: 0 });
  assert.equal(backlog.length, MOST_ROWS + 2);
  const taken = backlog.take();
  assert.deepEqual([taken.missed, taken.rows[0]!.number, taken.rows.at(-1)!.number], [7, 2, MOST_ROWS + 1]);
  assert.deepEqual([backlog.length, backlog.take()], [0, { rows: [], missed: 0 }]);
});
