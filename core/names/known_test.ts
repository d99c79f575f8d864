import { deepEqual } from "node:assert/strict";
import { knownAs } from "./known.ts";

Deno.test("known as: what was asked for, each once, and not what it led over", () => {
  deepEqual(knownAs([["a.example", "cdn.example"], ["b.example"], ["a.example"]]), [
    "a.example",
    "b.example",
  ]);
  deepEqual([knownAs(undefined), knownAs([[]])], [[], []]);
});

Deno.test("known as: an address with very many names tells the latest", () => {
  const names = Array.from({ length: 64 }, (_, index) => [`n${index}.example`]);
  deepEqual(knownAs(names).at(0), "n0.example");
  deepEqual(knownAs(names).length, 8);
});
