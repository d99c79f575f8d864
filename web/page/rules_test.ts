import { deepEqual, equal } from "node:assert/strict";
import { offsetOf, remarkOf } from "./rules.ts";

Deno.test("a message has its place where it is about this file", () => {
  deepEqual(remarkOf("/a:1", '/a:1:12:3: unknown key "x:1:2: y"'), {
    text: 'unknown key "x:1:2: y"',
    place: { line: 12, column: 3 },
  });
  for (const message of ["/b:12:3: wrong", "/a:1", "/a:1:x:3: no"]) {
    deepEqual(remarkOf("/a:1", message), { text: message, place: undefined });
  }
});

Deno.test("a place is found in a text, and never behind its line", () => {
  const text = "ab\n\ncd";
  const at = (line: number, column: number) => offsetOf(text, { line, column });
  deepEqual([at(1, 1), at(1, 2), at(1, 9), at(2, 1), at(3, 2), at(3, 9), at(4, 1)], [0, 1, 2, 3, 5, 6, 6]);
  equal(offsetOf("", { line: 3, column: 3 }), 0);
});
