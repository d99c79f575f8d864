import { deepEqual, equal } from "node:assert/strict";
import { KeyReader } from "./key_reader.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const reader = () =>
  new KeyReader({ single: { a: "allow", "\x03": "interrupt" }, sequences: { A: "up" }, escape: "back" });

Deno.test("keys are those of the table", () => {
  deepEqual(reader().read(bytes("abz\x1b[A\x1b[B\x1bOA")), ["allow", "up", "up"]);
});

Deno.test("Escape is a key once nothing follows it", () => {
  const keys = reader();
  deepEqual(keys.read(bytes("\x1b")), []);
  equal(keys.isWithin, true);
  equal(keys.pause(), "back");
  equal(keys.isWithin, false);
  deepEqual(keys.read(bytes("a")), ["allow"]);
  equal(keys.pause(), undefined);
});

Deno.test("a sequence that breaks off is not Escape", () => {
  const keys = reader();
  deepEqual(keys.read(bytes("\x1b[")), []);
  equal(keys.pause(), undefined);
});

Deno.test("neither a paste nor a terminal's answer holds a key, Ctrl-C is one within an answer", () => {
  deepEqual(reader().read(bytes("\x1b[200~a\x1b[A\x1b[201~")), []);
  deepEqual(reader().read(bytes("\x1b]11;rgb:aaaa\x07")), []);
  deepEqual(reader().read(bytes("\x1bP>|a\x03a")), ["interrupt", "allow"]);
});
