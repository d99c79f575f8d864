import { equal } from "node:assert/strict";
import { errorText, importErrorText } from "./error_text.ts";

Deno.test("errors of plugins: are one line, in the words of grants", () => {
  const read = new Error(`Requires read access to "/etc/x", run again with the --allow-read flag`);
  equal(errorText(read), `Requires read access to "/etc/x"; its grants have no such read`);
  const run = new Error(`Requires run access to "true", run again with the --allow-run flag`);
  equal(errorText(run), `Requires run access to "true"; no plugin in a sandbox has that`);
  equal(errorText("a\n  b"), "a; b");
  equal(errorText("x".repeat(5000)).length, 1000);
});

Deno.test("errors of imports: name the place in the plugin, never that in its runtime", () => {
  const own = "file:///proc/self/fd/21";
  const thrown = (message: string, stack: string, name = "Error") =>
    importErrorText(Object.assign(new Error(message), { stack, name }), own);
  equal(
    thrown("no b", "Error: no b\n at file:///p/t.ts:2:3\n at file:///proc/self/fd/21:3:4"),
    "no b (at /p/t.ts:2:3)",
  );
  equal(thrown("no b", "Error: no b\n at file:///proc/self/fd/21:3:4", "TypeError"), "TypeError: no b");
  equal(
    thrown("SyntaxError: Unexpected token at file:///p/s.ts:1:2", "at file:///p/s.ts:1:2", "TypeError"),
    "SyntaxError: Unexpected token at /p/s.ts:1:2",
  );
  equal(
    thrown("Loading unprepared module: file:///p/x.ts, imported from: file:///p/t.ts", "", "TypeError"),
    "there is no /p/x.ts, which /p/t.ts imports",
  );
  equal(importErrorText(1, own), "it throws 1");
});
