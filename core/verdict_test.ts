import assert from "node:assert/strict";
import { allow, checkVerdict, deny } from "./verdict.ts";

Deno.test("a verdict is taken as it is", () => {
  const verdict = deny("no", { errno: 111, remember: 0.5, scope: "children", rule: 3 });
  assert.equal(checkVerdict(verdict), verdict);
});

Deno.test("what is no verdict is told by what is wrong with it", () => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [null, /null/],
    ["allow", /returned allow instead of a verdict/],
    [{ ...allow("x"), action: "maybe" }, /action "maybe"/],
    [{ action: "deny" }, /without a reason/],
    [{ ...deny("x"), errno: 512 }, /errno 512 is not between 1 and 133/],
    [{ ...deny("x"), errno: 1.5 }, /errno 1.5/],
    [{ ...deny("x"), errno: { valueOf: () => 5 } }, /errno \[object Object\] is not/],
    [{ ...allow("x"), remember: 5n }, /remember 5 is not a number of milliseconds/],
    [{ ...allow("x"), rule: "2" }, /rule 2 is not a number/],
    [{ ...allow("x"), scope: "user" }, /scope user is not one of task, children, program/],
  ];
  for (const [answer, message] of wrong) assert.throws(() => checkVerdict(answer), { message });
});
