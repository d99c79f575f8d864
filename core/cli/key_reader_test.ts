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

const searching = () =>
  new KeyReader<string>({
    single: { "\r": "enter", "\x03": "interrupt" },
    sequences: { A: "up" },
    escape: "back",
    text: (character) => `text ${character}`,
  });

Deno.test("a text takes all characters that can be seen, and what is pasted, but nothing of a sequence", () => {
  deepEqual(searching().read(bytes("a é程\x7f\x01\r")), [
    "text a",
    "text  ",
    "text é",
    "text 程",
    "enter",
  ]);
  deepEqual(searching().read(bytes("\x1b[200~x\r\x1b[A\x1b[201~\r")), ["text x", "enter"]);
  deepEqual(searching().read(bytes("\x1b]11;rgb:aaaa\x07\x1b[?1c\x1b[A")), ["up"]);
});

Deno.test("a character that comes in parts is one, half of one is none", () => {
  const keys = searching();
  const [first, ...rest] = bytes("é");
  deepEqual(keys.read(Uint8Array.of(first!)), []);
  deepEqual(keys.read(Uint8Array.from(rest)), ["text é"]);
  deepEqual(searching().read(Uint8Array.of(0xc3, 0x61)), ["text a"]);
});

Deno.test("the table may change between two bytes", () => {
  const keys = new KeyReader<string>({ single: { "/": "search" }, sequences: {} });
  deepEqual(keys.read(bytes("x/")), ["search"]);
  keys.use({ single: {}, sequences: {}, text: (character) => character });
  deepEqual(keys.read(bytes("x/")), ["x", "/"]);
});
