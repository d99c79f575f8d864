import assert from "node:assert/strict";
import { lineLog } from "./log.ts";

Deno.test("each line of a message has its priority for the journal", () => {
  const lines: string[] = [];
  lineLog((line) => lines.push(line), true)("error", "one\ntwo");
  lineLog((line) => lines.push(line), false)("warning", "three");
  lineLog((line) => lines.push(line), false)("info", "four");
  assert.deepEqual(lines, ["<3>one\n", "<3>two\n", "warning: three\n", "four\n"]);
});

Deno.test("nothing in a line is for a terminal to act on", () => {
  const lines: string[] = [];
  lineLog((line) => lines.push(line), false)("error", "plugin \x1b[2Jx\nmore \u202e\\");
  assert.equal(lines.join(""), "error: plugin \\x1b[2Jx\nerror: more \\u{202e}\\\n");
});
