import assert from "node:assert/strict";
import { safeJson } from "./json.ts";

Deno.test("JSON keeps every value but shows no control or format character", () => {
  const value = { comm: "\x1b[2J\x9b31m\x7f\u202egnp\u2028\u{e0041}" };
  const text = safeJson(value);
  assert.deepEqual(JSON.parse(text), value);
  assert.ok(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text), text);
});

Deno.test("JSON writes numbers of 64 bits as strings", () => {
  assert.equal(safeJson({ id: 1n << 63n }), '{"id":"9223372036854775808"}');
});
