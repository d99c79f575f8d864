import assert from "node:assert/strict";
import { isWithin, parseDays, parseTime } from "./time.ts";

const FRIDAY = 5;
const SATURDAY = 6;

Deno.test("a span ends before its end", () => {
  const span = [parseTime("09:00-17:30")];
  assert.ok(isWithin({ minute: 540, day: 1 }, span, undefined));
  assert.ok(!isWithin({ minute: 1050, day: 1 }, span, undefined));
});

Deno.test("a span over midnight belongs to the day on which it begins", () => {
  const night = [parseTime("22:00-06:00")];
  assert.ok(isWithin({ minute: 1330, day: FRIDAY }, night, [FRIDAY]));
  assert.ok(isWithin({ minute: 100, day: SATURDAY }, night, [FRIDAY]));
  assert.ok(!isWithin({ minute: 100, day: FRIDAY }, night, [FRIDAY]));
});

Deno.test("days run over the end of the week", () => {
  assert.deepEqual(parseDays("sat-mon"), [6, 0, 1]);
  assert.deepEqual(parseDays("Wednesday"), [3]);
});
