import assert from "node:assert/strict";
import { logTo } from "./daemon.ts";
import { Recorder } from "./recorder.ts";

Deno.test("the daemon goes on where nobody reads what it says", () => {
  const output = new Recorder();
  output.line = output.error = () => {
    throw new Deno.errors.BrokenPipe();
  };
  for (const json of [false, true]) logTo(output, json)("error", "Not reloaded");
});

Deno.test("what the daemon says cannot act on a terminal", () => {
  const output = new Recorder();
  logTo(output, false)("info", "\x1b[2J");
  logTo(output, true)("info", "\x9b2J");
  assert.deepEqual(output.errors.map((line) => line.replace(/^<6>/, "")), ["\\x1b[2J"]);
  assert.equal(JSON.parse(output.lines[0]!).message, "\x9b2J");
  assert.ok(!output.lines[0]!.includes("\x9b"));
});
