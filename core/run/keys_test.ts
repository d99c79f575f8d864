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
  deepEqual(keys(`\x1b[${"1".repeat(32)}a`), ["allow"]);
});
