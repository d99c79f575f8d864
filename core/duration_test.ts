import assert from "node:assert/strict";
import { formatDuration, parseDuration } from "./duration.ts";

Deno.test("durations are numbers with units, and sums of them", () => {
  const cases: [string, number][] = [
    ["500ms", 500],
    ["5s", 5000],
    ["1.5s", 1500],
    ["10m", 600_000],
    [
      "1h30m",
      5_400_000,
    ],
    ["1d", 86_400_000],
    ["0s", 0],
  ];
  for (const [text, milliseconds] of cases) assert.equal(parseDuration(text), milliseconds, text);
});

Deno.test("what is no duration says what would be right", () => {
  for (const text of ["", "5", "s", "5 s", "-5s", "5x", "1h!"]) {
    assert.throws(() => parseDuration(text), {
      message: `"${text}" is not a duration; write a number and its unit, such as 500ms, 5s, 10m, 2h or 1d`,
    });
  }
});

Deno.test("formatted durations read back", () => {
  assert.equal(formatDuration(90_000), "1m30s");
  assert.equal(formatDuration(0), "0s");
  for (const value of [1, 999, 1000, 61_001, 86_400_000, 90_061_001]) {
    assert.equal(parseDuration(formatDuration(value)), value);
  }
});
