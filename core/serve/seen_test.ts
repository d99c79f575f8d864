import { deepEqual, equal } from "node:assert/strict";
import { Seen } from "./seen.ts";

Deno.test("a word is new once within its span", () => {
  const seen = new Seen(120);
  deepEqual([seen.add("a", 0), seen.add("a", 0), seen.add("a", 119), seen.add("a", 120)], [
    true,
    false,
    false,
    false,
  ]);
  equal(seen.add("b", 150), true);
  // From the moment at which it came, whenever the others were turned over.
  equal(seen.add("b", 269), false);
});

Deno.test("what is remembered is what came within two spans", () => {
  const seen = new Seen(10);
  for (let time = 0; time < 1000; time++) seen.add(`word ${time}`, time);
  equal(seen.size <= 20, true);
  equal(seen.add("word 999", 999), false);
});

Deno.test("after a long pause nothing is left", () => {
  const seen = new Seen(10);
  seen.add("a", 0);
  seen.add("b", 1000);
  equal(seen.size, 1);
});
