import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readBody } from "./http.ts";

const TEXT = (text: string) => new TextEncoder().encode(text);

/** What is read, of at most 100 bytes, where a server sends exactly this. */
async function readOf(head: string, body: Uint8Array): Promise<number | undefined> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(4096));
    await connection.write(TEXT(`HTTP/1.1 200 OK\r\n${head}connection: close\r\n\r\n`));
    await connection.write(body).catch(() => {});
  })();
  try {
    const response = await fetch(`http://127.0.0.1:${listener.addr.port}/`);
    return (await readBody(response, 100))?.length;
  } finally {
    await serving;
  }
}

Deno.test("a body is read whole up to the most that is allowed, and not beyond", async () => {
  assert.equal(await readOf("content-length: 100\r\n", new Uint8Array(100)), 100);
  assert.equal(await readOf("content-length: 101\r\n", new Uint8Array(101)), undefined);
  assert.equal(await readOf("content-length: 0\r\n", new Uint8Array(0)), 0);
});

Deno.test("what does not say how long it is ends at the same bound", async () => {
  assert.equal(await readOf("", new Uint8Array(100)), 100);
  assert.equal(await readOf("", new Uint8Array(101)), undefined);
});

Deno.test("no header makes more be read than is allowed: packed, in pieces, or longer than it says", async () => {
  const packed = gzipSync(new Uint8Array(100_000));
  const bomb = await readOf(`content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n`, packed);
  assert.equal(bomb, undefined);
  const pieces = TEXT(`200\r\n${"x".repeat(0x200)}\r\n0\r\n\r\n`);
  assert.equal(await readOf("content-length: 4\r\ntransfer-encoding: chunked\r\n", pieces), undefined);
  assert.equal(await readOf("content-length: 4\r\n", new Uint8Array(1000)), 4);
});
