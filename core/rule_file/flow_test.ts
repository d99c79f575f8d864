import assert from "node:assert/strict";
import { endOfFlow } from "./flow.ts";

/** What stands before the closing bracket, and up to the last thing within. */
function ends(text: string): [string, string, boolean] | undefined {
  const end = endOfFlow(text, 0);
  return end && [text.slice(0, end.close), text.slice(0, end.lastEnd), end.comma];
}

Deno.test("brackets within brackets, quotes and comments do not end a collection", () => {
  assert.deepEqual(ends("[a, [b], {c: d}] e"), ["[a, [b], {c: d}", "[a, [b], {c: d}", false]);
  assert.deepEqual(ends(`[ "]\\"]", 'it''s ]' , ]`), [
    `[ "]\\"]", 'it''s ]' , `,
    `[ "]\\"]", 'it''s ]' ,`,
    true,
  ]);
  assert.deepEqual(ends("[a # ]\n ]"), ["[a # ]\n ", "[a", false]);
  assert.deepEqual(ends("[ # ]\n]"), ["[ # ]\n", "[", false]);
});

Deno.test("quotes, hashes and colons within a plain text are part of it", () => {
  assert.deepEqual(ends("[it's, a#b, it's, a \"b]"), [
    "[it's, a#b, it's, a \"b",
    "[it's, a#b, it's, a \"b",
    false,
  ]);
  assert.deepEqual(ends("[::1, http://x, a: 'b]', c]"), [
    "[::1, http://x, a: 'b]', c",
    "[::1, http://x, a: 'b]', c",
    false,
  ]);
  assert.deepEqual(ends(`{"a":"}","b":1}`), [`{"a":"}","b":1`, `{"a":"}","b":1`, false]);
});

Deno.test("a collection without an end has none", () => {
  assert.equal(ends("[a"), undefined);
  assert.equal(ends("[a}"), undefined);
  assert.equal(ends("[a, {b]"), undefined);
});
