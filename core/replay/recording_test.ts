import assert from "node:assert/strict";
import { readRecording } from "./recording.ts";
import type { RecordedLine } from "./recorded.ts";
import { eventJson } from "../control/json.ts";
import { event } from "../testing.ts";

const NOW = Date.UTC(2026, 10, 22);
const json = eventJson(event({ id: 9n, task: { comm: "é" } }));
const decision = {
  ...{
    time: "2026-11-22T10:00:00.000Z",
    event: json,
    asked: true,
    action: "deny",
    why: "no",
    cause: "verdict",
  },
  ...{ plugin: "rules", rule: { number: 2, name: "web" }, errno: 111, held: 2500 },
};

/** The lines of a recording that comes in pieces of so many bytes. */
async function read(text: string, size = 7): Promise<readonly RecordedLine[]> {
  const bytes = new TextEncoder().encode(text);
  const pieces = Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, index) => bytes.slice(index * size, (index + 1) * size),
  );
  return await Array.fromAsync(readRecording("x", ReadableStream.from(pieces), NOW));
}

Deno.test("decisions and bare events are read, however their bytes are cut", async () => {
  const text = `\ufeff${JSON.stringify(decision)}\r\n\n${JSON.stringify(json)}`;
  for (const size of [1, 7, 100_000]) {
    const [first, second, ...others] = await read(text, size);
    assert.deepEqual([first!.number, second!.number, others], [1, 3, []]);
    assert.deepEqual(eventJson(first!.event), json);
    assert.deepEqual(eventJson(second!.event), json);
    assert.deepEqual([second!.time, second!.decision], [NOW, undefined]);
  }
});

Deno.test("a call was held before it was answered, and its event says when", async () => {
  const [line] = await read(JSON.stringify(decision));
  assert.equal(line!.time, Date.UTC(2026, 10, 22, 10) - 2.5);
  assert.equal(line!.event.time, BigInt(line!.time * 1e6));
});

Deno.test("what had been decided is kept, whoever had decided it", async () => {
  const { plugin: _, rule: __, errno: ___, ...byDefault } = decision;
  const told = { ...decision, asked: false };
  const numbered = { ...decision, rule: { number: 2 } };
  const bare = { time: decision.time, event: json };
  const lines = await read(
    [decision, byDefault, told, numbered, bare].map((one) => JSON.stringify(one)).join("\n"),
  );
  assert.deepEqual(lines.map((line) => line.decision?.by), [
    "rules: web",
    "default",
    "rules: web",
    "rules: #2",
    undefined,
  ]);
  assert.deepEqual(lines.map((line) => line.decision?.isTold), [false, false, true, false, undefined]);
  assert.deepEqual(lines.map((line) => line.decision?.errno), [111, undefined, 111, 111, undefined]);
});

Deno.test("a line without an end is refused before it fills the memory", async () => {
  const endless = ReadableStream.from((function* () {
    for (;;) yield new Uint8Array(65536).fill(0x20);
  })());
  await assert.rejects(Array.fromAsync(readRecording("x", endless, NOW)), {
    message: "x:1: a line of more than 1048576 characters",
  });
});
