import assert from "node:assert/strict";
import { readEvents } from "./stream.ts";

async function heard(...chunks: readonly string[]): Promise<unknown[]> {
  const said: unknown[] = [];
  await readEvents(
    ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk))),
    (data, id) => said.push([data, id]),
  );
  return said;
}

Deno.test("events are heard however they are cut", async () => {
  const text = `:\n\nid: 7\ndata: {"a":"ä b"}\n\ndata: [1]\n\n`;
  const right = [[{ a: "ä b" }, "7"], [[1], ""]];
  assert.deepEqual(await heard(text), right);
  assert.deepEqual(await heard(...text), right);
});

Deno.test("what is cut off is not heard", async () => {
  assert.deepEqual(await heard(`data: 1\n\ndata: 2\n`), [[1, ""]]);
});
