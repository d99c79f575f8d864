/**
 * What looking into 4096 bytes costs: words and expressions, in bytes of three kinds. Run
 * `deno run --allow-read tests/bench/payload.ts` for a table.
 */

import { compileExpressions, Expressions } from "../../plugins/payload/expressions.ts";
import { buildWordAutomaton, WordAutomaton } from "../../plugins/payload/word_automaton.ts";
import { readWords, Words } from "../../plugins/payload/words.ts";
import { randomOf } from "../../plugins/parts/random.ts";

const SIZE = 4096;
const ROUNDS = 9;
const RUNS = 200;

const random = randomOf(1);

function letters(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(97 + random(26))).join("");
}

/** Nothing of it ends a word of the lists below, which all end with a digit. */
function payloads(words: readonly string[]): Readonly<Record<string, Uint8Array>> {
  const beginnings = Array.from({ length: SIZE }, () => words[random(words.length)]!.slice(0, -1)).join("");
  return {
    bytes: Uint8Array.from({ length: SIZE }, () => 128 + random(128)),
    letters: new TextEncoder().encode(letters(SIZE)),
    beginnings: new TextEncoder().encode(beginnings).slice(0, SIZE),
  };
}

/** Microseconds of one search, the median of several rounds. */
function measure(search: (bytes: Uint8Array) => number, bytes: Uint8Array): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    for (let i = 0; i < RUNS; i++) if (search(bytes) >= 0) throw new Error("found what is not there");
    return (performance.now() - start) * 1000 / RUNS;
  });
  return times.toSorted((a, b) => a - b)[ROUNDS >> 1]!;
}

function report(what: string, search: (bytes: Uint8Array) => number, words: readonly string[]): void {
  const cells = Object.entries(payloads(words)).map(([kind, bytes]) =>
    `${kind} ${measure(search, bytes).toFixed(1)} µs`.padEnd(22)
  );
  console.log(what.padEnd(34), cells.join(" "));
}

if (import.meta.main) {
  for (const count of [10, 1000, 100_000]) {
    const words = Array.from({ length: count }, () => `${letters(6 + random(10))}0`);
    const start = performance.now();
    const list = new Words(readWords(words, []));
    const automaton = new WordAutomaton(buildWordAutomaton(list, false));
    const made = performance.now() - start;
    const size = (automaton.byteLength / 1e6).toFixed(1);
    report(`${count} words (${made.toFixed(0)} ms, ${size} MB)`, (bytes) => automaton.find(bytes), words);
  }
  for (
    const [what, source] of [["expression", "user=[a-z]+&pass=[0-9]{4}"], [
      "without a table",
      "a.{40}0",
    ]] as const
  ) {
    const expressions = new Expressions(compileExpressions([source], false));
    report(what, (bytes) => expressions.find(bytes), ["user=ab&pass=12x"]);
  }
}
