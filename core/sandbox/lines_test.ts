import { deepEqual, equal } from "node:assert/strict";
import { Lines } from "./lines.ts";

function lines(longest: number, ...pieces: readonly (string | Uint8Array)[]): string[] {
  const seen: string[] = [];
  const collected = new Lines(longest, {
    line: (text) => void seen.push(text),
    tooLong: (text) => void seen.push(`too long: ${text}`),
  });
  for (const piece of pieces) {
    collected.take(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
  }
  return seen;
}

Deno.test("lines: come whole, however the bytes are cut", () => {
  deepEqual(lines(10, "a\nbc\n", "d", "e", "f\ng"), ["a", "bc", "def"]);
  deepEqual(lines(10, "\n\n"), ["", ""]);
  const [first, second] = [new Uint8Array([0xc3]), new Uint8Array([0xa4, 10])];
  deepEqual(lines(10, first!, second!), ["ä"]);
  deepEqual(lines(10, new Uint8Array([0xff, 10])), ["\ufffd"]);
});

Deno.test("lines: one that is too long is told once, with its beginning, and the next is whole again", () => {
  deepEqual(lines(4, "abcd\nabcde\nf\n"), ["abcd", "too long: ", "f"]);
  deepEqual(lines(4, "abc", "def", "ghi", "\nf\n"), ["too long: abc", "f"]);
});

Deno.test("lines: the bytes of a reader's buffer are not kept", () => {
  const buffer = new TextEncoder().encode("ab");
  const seen: string[] = [];
  const collected = new Lines(10, { line: (text) => void seen.push(text), tooLong: () => {} });
  collected.take(buffer);
  buffer.fill(120);
  collected.take(new TextEncoder().encode("\n"));
  equal(seen[0], "ab");
});
