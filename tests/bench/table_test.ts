import { deepEqual, equal } from "node:assert/strict";
import { median, pair, reached, single, table } from "./table.ts";

Deno.test("bench: the ratio is that of rounds that followed each other", () => {
  // The machine was ten times slower in the last round; both felt it.
  const row = pair("call", "µs", [11, 12, 110], [10, 10, 100], { goal: 1.25, better: "less" });
  deepEqual([row.snet, row.baseline, row.ratio], [12, 10, 1.1]);
  equal(reached(row), true);
});

Deno.test("bench: more can be better", () => {
  equal(reached(pair("calls", "1/s", [8], [10], { goal: 0.9, better: "more" })), false);
  equal(reached(pair("calls", "1/s", [9.5], [10], { goal: 0.9, better: "more" })), true);
});

Deno.test("bench: a row without a baseline is held against its goal by itself", () => {
  equal(reached(single("size", "MB", 98.8, { goal: 100, better: "less" })), true);
  equal(reached(single("size", "MB", 101, { goal: 100, better: "less" })), false);
  equal(reached(single("start", "ms", 50, { goal: null, better: "less" })), undefined);
});

Deno.test("bench: the median of an even number lies between the middle two", () => {
  deepEqual([median([1, 2, 3, 10]), median([3, 1, 2])], [2.5, 2]);
});

Deno.test("bench: the table says what was missed", () => {
  const text = table([
    pair("held call", "µs", [60], [40], { goal: 1.25, better: "less" }),
    single("size", "MB", 98.76, { goal: 100, better: "less" }),
  ]);
  equal(
    text,
    [
      "              snet  baseline  ratio      goal",
      "held call  60.0 µs   40.0 µs  1.50×   ≤ 1.25×   MISSED",
      "size       98.8 MB                   ≤ 100 MB  reached",
    ].join("\n"),
  );
});
