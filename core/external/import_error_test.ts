import { equal, match } from "node:assert/strict";
import { foreignText, importErrorText } from "./import_error.ts";

const RUNTIME = "/proc/self/fd/21";

function thrown(message: string, stack: string, name = "Error"): string {
  const error = Object.assign(new Error(message), { stack, name });
  return importErrorText(error, (path) => path !== RUNTIME);
}

Deno.test("errors of imports: name the place in the plugin, never that in what imports it", () => {
  equal(
    thrown("no b", `Error: no b\n at file:///p/t.ts:2:3\n at file://${RUNTIME}:3:4`),
    "no b (at /p/t.ts:2:3)",
  );
  equal(thrown("no b", `Error: no b\n at file://${RUNTIME}:3:4`, "TypeError"), "TypeError: no b");
  equal(
    thrown("SyntaxError: Unexpected token at file:///p/s.ts:1:2", "at file:///p/s.ts:1:2", "TypeError"),
    "SyntaxError: Unexpected token at /p/s.ts:1:2",
  );
});

Deno.test("errors of imports: say what is missing, and what a plugin is instead of CommonJS", () => {
  equal(
    thrown("Loading unprepared module: file:///p/x.ts, imported from: file:///p/t.ts", "", "TypeError"),
    "there is no /p/x.ts, which /p/t.ts imports",
  );
  equal(
    thrown("module is not defined", "at file:///p/t.js:1:1", "ReferenceError"),
    'ReferenceError: module is not defined; a plugin is an ES module, with "import" and "export" (at /p/t.js:1:1)',
  );
  equal(importErrorText(1, () => true), "it throws 1");
});

Deno.test("errors of imports: are one line in the words of whoever cleans them", () => {
  const error = Object.assign(new Error("a secret\nand more"), { stack: "at secret (/p/t.ts:1:2)" });
  equal(importErrorText(error, () => true, (text) => text.replaceAll("secret", "x")), "a x (at /p/t.ts:1:2)");
});

Deno.test("a name that no module has: the nearest is offered, and what there is", () => {
  match(
    foreignText("snett", ["snet", "snet/testing"]),
    /^"snett" cannot be imported; did you mean "snet"\? /,
  );
  match(foreignText("npm:left-pad", ["snet"]), /own files, "snet" and "node:" modules$/);
});
