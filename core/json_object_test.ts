import { deepEqual, equal, throws } from "node:assert/strict";
import { JsonObject, shownJson } from "./json_object.ts";

Deno.test("what is no object is refused by its path", () => {
  for (const value of [undefined, null, 7, "text", []]) {
    throws(() => new JsonObject(value, "reply.policy"), /^Error: reply\.policy: .*; expected an object$/);
  }
});

Deno.test("an object has the keys that were sent, and no others", () => {
  const object = new JsonObject(JSON.parse('{"a":1,"b":null,"__proto__":2}'), "turn");
  deepEqual(object.keys, ["a", "b", "__proto__"]);
  deepEqual(["a", "b", "__proto__", "constructor"].map((key) => object.get(key)), [1, null, 2, undefined]);
  deepEqual(["b", "c"].map((key) => object.has(key)), [true, false]);
});

Deno.test("a foreign value is shown short, and nothing in it reaches a terminal", () => {
  equal(shownJson("\x1b[2J\u202e"), '"\\u001b[2J?"');
  const long = shownJson("x".repeat(1e6));
  equal(long.length, 61);
  deepEqual([[1, 2], {}, undefined].map(shownJson), ["a list of 2", "an object", "missing"]);
});
