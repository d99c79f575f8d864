import { deepEqual } from "node:assert/strict";
import { KeyReader } from "./keys.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const keys = (text: string) => new KeyReader().read(bytes(text));

Deno.test("letters answer, digits choose, Enter takes the default", () => {
  deepEqual(keys("aAdD\r\n14"), ["allow", "allow", "deny", "deny", "default", "default", 1, 4]);
});

Deno.test("arrows and Tab move, in both modes of the cursor keys", () => {
  deepEqual(keys("\t\x1b[C\x1bOC\x1b[D\x1bOD\x1b[Z"), [
    "next",
    "next",
    "next",
    "previous",
    "previous",
    "previous",
  ]);
});

Deno.test("keys that are signals are told apart", () => {
  deepEqual(keys("\x03\x1c\x1a"), ["interrupt", "quit", "suspend"]);
});

Deno.test("other keys are none: function keys, arrows with Alt, Alt with a letter, letters of other scripts", () => {
  deepEqual(keys("\x1b[A\x1b[15~\x1b[1;3C\x1b[12;40R\x1bad\x1bOPxyé字"), ["deny"]);
});

Deno.test("what is pasted answers nothing", () => {
  deepEqual(keys("\x1b[200~a\r\x1b[C 1 a\x1b[201~d"), ["deny"]);
});

Deno.test("a sequence may come in parts", () => {
  const reader = new KeyReader();
  deepEqual(reader.read(bytes("\x1b")), []);
  deepEqual(reader.read(bytes("[")), []);
  deepEqual(reader.read(bytes("Da")), ["previous", "allow"]);
});

Deno.test("Escape alone is no key, and does not swallow the next one", () => {
  const reader = new KeyReader();
  deepEqual(reader.read(bytes("\x1b")), []);
  reader.pause();
  deepEqual(reader.read(bytes("a")), ["allow"]);
});

Deno.test("Escape begins anew within a sequence, and one that never ends is given up", () => {
  deepEqual(keys("\x1b[1\x1b[C"), ["next"]);
  deepEqual(keys(`\x1b[${"1".repeat(1024)}a`), ["allow"]);
});

const raw = (...parts: readonly (string | number)[]) =>
  new KeyReader().read(
    Uint8Array.from(parts.flatMap((part) => typeof part === "number" ? [part] : [...bytes(part)])),
  );

Deno.test("what a terminal tells programs answers nothing: colours, titles, capabilities, the clipboard", () => {
  deepEqual(keys("\x1b]10;rgb:aaaa/dddd/1111\x1b\\d"), ["deny"]);
  deepEqual(keys("\x1b]4;1;rgb:aa/aa/aa\x07d"), ["deny"]);
  deepEqual(keys("\x1b]la title\r\n\x1b\\d"), ["deny"]);
  deepEqual(keys("\x1bP1+r544e=787465726d;aA\x1b\\d"), ["deny"]);
  deepEqual(keys("\x1b[?64;1;2;6;9;15;16;17;18;21;22;28;29;31;32;33cd"), ["deny"]);
  deepEqual(keys("\x1b_Ga=1;OK\x1b\\\x1b^a\x1b\\\x1bXa\x1b\\d"), ["deny"]);
});

Deno.test("so it is with C1 controls, as bytes and in UTF-8", () => {
  deepEqual(raw(0x9d, "10;rgb:aaaa", 0x9c, 0x9d, "a", 0x9c, 0x90, "1a", 0x9c, "d"), ["deny"]);
  deepEqual(raw("\u009d10;rgb:aaaa\u009c\u009d11;a\u009cd"), ["deny"]);
  deepEqual(raw(0x9b, "C", 0x9b, "12;40R", 0x8f, "D", "d"), ["next", "previous", "deny"]);
  // The same bytes within a character of UTF-8.
  deepEqual(keys("Ýa字aÛd"), ["allow", "allow", "deny"]);
});

Deno.test("the mouse answers nothing, wherever it is", () => {
  deepEqual(raw("\x1b[M aad"), ["deny"]);
  deepEqual(raw("\x1b[MC", 0xc3, "a", "d"), ["deny"]);
  deepEqual(raw("\x1b[MC", 0xc3, 0xa1, "a", "d"), ["deny"]);
  deepEqual(raw(0x9b, "MC1", 0xe3, 0x9b, "MCaad"), ["deny"]);
  deepEqual(raw("\x1b[taa\x1b[Taaaaaad"), ["deny"]);
  deepEqual(raw("\x1b[M\x1b[M aad"), ["deny"]);
  deepEqual(raw("\x1b[<35;65;1Md"), ["deny"]);
});

Deno.test("function keys of the Linux console answer nothing", () => {
  deepEqual(keys("\x1b[[A\x1b[[B\x1b[[C\x1b[[D\x1b[[Ed"), ["deny"]);
});

Deno.test("Alt with what begins a string does not swallow the next key, and nobody is caught in a string", () => {
  const reader = new KeyReader();
  deepEqual(reader.read(bytes("\x1b]")), []);
  reader.pause();
  deepEqual(reader.read(bytes("a\x1b]1")), ["allow"]);
  reader.pause();
  deepEqual(reader.read(bytes("a\r\x03")), ["interrupt"]);
  deepEqual(reader.read(bytes("\x1bPa\x1b")), []);
  reader.pause();
  deepEqual(reader.read(bytes("a")), ["allow"]);
});
