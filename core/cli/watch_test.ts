import assert from "node:assert/strict";
import { Recorder } from "./recorder.ts";
import { observation } from "./samples.ts";
import { tabulate } from "./watch.ts";

const nobody = (uid: number) => String(uid);

Deno.test("the header comes first and again after each screenful", () => {
  const output = new Recorder(80, 5);
  const show = tabulate(output, nobody);
  for (let count = 0; count < 7; count++) show(observation());
  const headers = output.lines.flatMap((line, index) => line.startsWith("TIME") ? [index] : []);
  assert.deepEqual(headers, [0, 4, 8]);
});

Deno.test("a pipe gets one header", () => {
  const output = new Recorder(undefined);
  const show = tabulate(output, nobody);
  for (let count = 0; count < 100; count++) show(observation());
  assert.equal(output.lines.filter((line) => line.startsWith("TIME")).length, 1);
});
