import assert from "node:assert/strict";
import { arrange } from "./arrange.ts";
import { Tallies } from "./live_store.ts";
import { row } from "./samples.ts";

Deno.test("the busiest stand first, unless somebody is about to point at one", () => {
  const tallies = new Tallies();
  const decide = (program: string, times: number) => {
    for (let i = 0; i < times; i++) tallies.add(row({ program }));
  };
  decide("a", 1);
  decide("b", 2);
  const before = arrange([], tallies.programs, false);
  assert.deepEqual(before, ["b", "a"]);
  decide("c", 3);
  decide("a", 5);
  assert.deepEqual(arrange(before, tallies.programs, true), ["b", "a", "c"]);
  assert.deepEqual(arrange(before, tallies.programs, false), ["a", "c", "b"]);
  assert.deepEqual(arrange(["gone", "b"], tallies.programs, true).includes("gone"), false);
});
