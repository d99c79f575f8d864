import assert from "node:assert/strict";
import { readWords, Words } from "./words.ts";

const wordsOf = (text: string, inline: string[] = []) =>
  new Words(readWords(inline, [{ path: "w.txt", text }]));
const texts = (words: Words) => Array.from({ length: words.length }, (_, word) => words.text(word));

Deno.test("a file has a word in each line, without the white space around it, and comments", () => {
  const words = wordsOf("one\r\n\n  two words \n# three\n\\x23four");
  assert.deepEqual(texts(words), ["one", "two words", "#four"]);
  assert.deepEqual([0, 1, 2].map((word) => words.where(word)), ["w.txt:1:1", "w.txt:3:1", "w.txt:5:1"]);
});

Deno.test("words of options come first, then those of files in their order", () => {
  const files = [{ path: "a", text: "" }, { path: "b", text: "b1\nb2" }, { path: "c", text: "c1\n" }];
  const words = new Words(readWords(["i"], files));
  assert.deepEqual(texts(words), ["i", "b1", "b2", "c1"]);
  assert.deepEqual([0, 1, 2, 3].map((word) => words.where(word)), [
    "words, number 1",
    "b:1:1",
    "b:2:1",
    "c:1:1",
  ]);
});

Deno.test("bytes that cannot be written are escaped; those that are no UTF-8 stay what they are", () => {
  const words = wordsOf("\\x00\\xff\\t\\\\ä\n\udcff");
  assert.deepEqual([...words.bytes], [0, 255, 9, 92, 0xc3, 0xa4, 255]);
});

Deno.test("what is no word is named with its place", () => {
  assert.throws(() => wordsOf("a\nb\\q"), {
    message: 'w.txt:2:1: "\\q" is not known here; write \\xNN, \\t, \\n, \\r, \\0 or \\\\',
  });
  assert.throws(() => wordsOf("", [""]), /^Error: "": a word without a letter/);
  assert.throws(
    () => wordsOf("x".repeat(4097)),
    /^Error: w.txt:1:1: a word of 4097 bytes; events show 4096 at most/,
  );
});
