import assert from "node:assert/strict";
import { didYouMean, nearest } from "./suggest.ts";

Deno.test("a mistyped word suggests the nearest known one", () => {
  assert.equal(nearest("plugns", ["version", "plugins"]), "plugins");
  assert.equal(nearest("prot", ["port", "proto"]), "port");
  assert.equal(nearest("DENY", ["deny"]), "deny");
  assert.equal(nearest("zebra", ["allow", "deny"]), undefined);
});

Deno.test("without a near word the few known ones are listed", () => {
  assert.equal(didYouMean("plugns", ["plugins"]), '; did you mean "plugins"?');
  assert.equal(didYouMean("zebra", ["allow", "deny"]), "; known: allow, deny");
  assert.equal(didYouMean("zebra", Array.from({ length: 13 }, (_, index) => `word-${index}`)), "");
});
