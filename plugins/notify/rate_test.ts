import { deepEqual, equal } from "node:assert/strict";
import { Rate } from "./rate.ts";

Deno.test("so many at once, then so many in a minute; the next that is told knows of the others", () => {
  let time = 0;
  const rate = new Rate(60, 3, () => time);
  deepEqual([1, 2, 3, 4, 5].map(() => rate.take()), [0, 0, 0, undefined, undefined]);
  time = 999;
  equal(rate.take(), undefined);
  time = 1000;
  deepEqual([rate.take(), rate.take()], [3, undefined]);
  time = 1_000_000;
  deepEqual([1, 2, 3, 4].map(() => rate.take()), [1, 0, 0, undefined]);
  equal(rate.total, 5);
});
