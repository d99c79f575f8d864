import assert from "node:assert/strict";
import { randomOf } from "../parts/random.ts";
import { buildWordAutomaton, WordAutomaton } from "./word_automaton.ts";
import { readWords, Words } from "./words.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function automatonOf(words: readonly string[], ignoreCase = false): WordAutomaton {
  const list = new Words(readWords(words, []));
  return new WordAutomaton(structuredClone(buildWordAutomaton(list, ignoreCase)));
}

/** The word that ends first, of several the longest, of the same the first; -1 where there is none. */
function naive(words: readonly string[], text: string): number {
  for (let end = 1; end <= text.length; end++) {
    const ending = words.filter((word) => text.slice(0, end).endsWith(word));
    const longest = Math.max(...ending.map(({ length }) => length));
    const found = words.indexOf(ending.find(({ length }) => length === longest) ?? "");
    if (found >= 0) return found;
  }
  return -1;
}

Deno.test("finds what comparing every word at every place finds", () => {
  const random = randomOf(5);
  const textOf = (letters: string, length: number) =>
    Array.from({ length }, () => letters[random(letters.length)]).join("");
  let found = 0;
  for (let round = 0; round < 2000; round++) {
    const letters = "abcdefghijklmnopqrstuvwxyz".slice(0, 2 + random(5));
    const words = Array.from({ length: 1 + random(12) }, () => textOf(letters, 1 + random(8)));
    const automaton = automatonOf(words);
    for (let i = 0; i < 5; i++) {
      const text = textOf(letters + "_", random(60));
      const expected = naive(words, text);
      assert.equal(automaton.find(encode(text)), expected, `${words} in ${text}`);
      if (expected >= 0) found++;
    }
  }
  assert.ok(found > 2000 && found < 9500, `${found}`);
});

Deno.test("finds the same in states beyond the table", () => {
  const random = randomOf(6);
  // So many bytes that few states have a row.
  const textOf = (length: number) => String.fromCharCode(...Array.from({ length }, () => 93 + random(90)));
  const words = Array.from({ length: 3000 }, () => textOf(2 + random(12)) + textOf(8));
  const automaton = automatonOf(words);
  assert.ok(automaton.byteLength > 5_000_000, "the table is full");
  for (let round = 0; round < 300; round++) {
    // Beginnings of words that break off, and now and then a whole one.
    const pieces = Array.from({ length: 10 }, () => {
      const word = words[random(words.length)]!;
      return random(40) === 0 ? word : word.slice(0, 1 + random(word.length - 1));
    });
    const text = pieces.join("");
    assert.equal(automaton.find(encode(text)), naive(words, text), text);
  }
});

Deno.test("a word within another one is found, and the one that ends first", () => {
  const words = ["she", "he", "hers", "his", "ushers"];
  assert.equal(automatonOf(words).find(encode("ushers")), 0);
  assert.equal(automatonOf(["ushers", "hers"]).find(encode("ushers")), 0);
  assert.equal(automatonOf(["abcd", "bc"]).find(encode("abcd")), 1);
  assert.equal(automatonOf(["abcx", "bc"]).find(encode("abd")), -1);
});

Deno.test("letters of either case are one where that is wanted, ASCII letters only", () => {
  const folded = automatonOf(["HeLLo", "[x", "Ü"], true);
  assert.deepEqual(["say hEllO", "{X", "[X", "ü"].map((text) => folded.find(encode(text))), [0, -1, 1, -1]);
  assert.equal(automatonOf(["HeLLo"]).find(encode("hello")), -1);
});

Deno.test("words of every byte", () => {
  const words = Array.from({ length: 256 }, (_, byte) => `\\x${byte.toString(16).padStart(2, "0")}z`);
  for (const ignoreCase of [false, true]) {
    const automaton = automatonOf(words, ignoreCase);
    for (let byte = 0; byte < 256; byte++) {
      // Of "Az" and "az" the first counts.
      const expected = ignoreCase && byte >= 97 && byte <= 122 ? byte - 32 : byte;
      assert.equal(automaton.find(Uint8Array.of(byte, 122)), expected);
    }
  }
});

Deno.test("a hundred thousand words take no more than 13 bytes for each of theirs, and the table", () => {
  const random = randomOf(7);
  const words = Array.from(
    { length: 100_000 },
    () => Array.from({ length: 6 + random(10) }, () => String.fromCharCode(97 + random(26))).join(""),
  );
  const bytes = words.reduce((sum, { length }) => sum + length, 0);
  const automaton = automatonOf(words);
  assert.ok(automaton.byteLength <= 13 * bytes + (4 << 20) + 1024, `${automaton.byteLength} for ${bytes}`);
  assert.equal(automaton.find(encode(`0123 ${words[77_777]} 456`)) >= 0, true);
});
