import { equal } from "node:assert/strict";
import { errorText } from "./error_text.ts";

Deno.test("errors of plugins: are one line, in the words of grants", () => {
  const read = new Error(`Requires read access to "/etc/x", run again with the --allow-read flag`);
  equal(errorText(read), `Requires read access to "/etc/x"; its grants have no such read`);
  const run = new Error(`Requires run access to "true", run again with the --allow-run flag`);
  equal(errorText(run), `Requires run access to "true"; no plugin in a sandbox has that`);
  equal(errorText("a\n  b"), "a; b");
  equal(errorText("x".repeat(5000)).length, 1000);
});
