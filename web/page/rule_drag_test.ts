import { deepEqual, equal } from "node:assert/strict";
import { gapAt, placeIn, scrollStep } from "./rule_drag.ts";

const RULES = [{ top: 0, bottom: 20 }, { top: 20, bottom: 80 }, { top: 80, bottom: 100 }];

Deno.test("drag: a rule goes where the middles of others are passed", () => {
  deepEqual([-5, 9, 11, 49, 51, 89, 91, 500].map((y) => gapAt(y, RULES)), [0, 0, 1, 1, 2, 2, 3, 3]);
  equal(gapAt(5, []), 0);
});

Deno.test("drag: the gaps before and behind a rule are its own place", () => {
  deepEqual([0, 1, 2, 3].map((gap) => placeIn(gap, 1)), [0, 1, 1, 2]);
});

Deno.test("drag: near its edges the list scrolls, the nearer the faster, and not in between", () => {
  deepEqual([0, 100, 132, 163, 164, 400, 636, 637, 668, 700, 900].map((y) => scrollStep(y, 100, 700)), [
    ...[-16, -16, -8, -0, 0, 0, 0, 0, 8, 16, 16],
  ]);
});
