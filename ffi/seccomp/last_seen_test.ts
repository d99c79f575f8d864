import { deepStrictEqual, equal } from "node:assert/strict";
import { LastSeen } from "./last_seen.ts";

const scratch = new Uint8Array(new ArrayBuffer(64));
const words = new Uint32Array(scratch.buffer);

function see(seen: LastSeen, text: string): number {
  scratch.fill(0xee);
  const { written } = new TextEncoder().encodeInto(text, scratch);
  return seen.update(scratch, words, written);
}

Deno.test("any byte that differs, and the length, are a change", () => {
  const seen = new LastSeen();
  const text = "a text of more than thirty-two bytes";
  equal(see(seen, text), 1);
  equal(see(seen, text), 0);
  deepStrictEqual(seen.bytes, new TextEncoder().encode(text));
  for (let at = 0; at < text.length; at++) {
    equal(see(seen, `${text.slice(0, at)}X${text.slice(at + 1)}`), 1);
    equal(see(seen, text), 1);
    equal(see(seen, text.slice(0, at)), 1);
    equal(see(seen, text), 1);
  }
});

Deno.test("nothing is the same as nothing", () => {
  const seen = new LastSeen();
  equal(see(seen, ""), 0);
  equal(see(seen, "x"), 1);
  equal(see(seen, ""), 1);
});
