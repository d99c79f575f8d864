/** Lists of words: read out of texts, and kept as bytes in shared memory. */

import { type SourceText, utf8, utf8Bytes } from "../../core/mod.ts";
import { sharedInts } from "../parts/shared.ts";

/** Words as data that another thread can be handed. */
export interface WordData {
  /** Of all words, one behind the other. */
  readonly bytes: SharedArrayBuffer;
  /** Where each word ends. */
  readonly ends: SharedArrayBuffer;
  /** Line of each word. */
  readonly lines: SharedArrayBuffer;
  /** Files in their order, with the number of words up to their end; those before the first are options. */
  readonly files: readonly { readonly path: string; readonly until: number }[];
  /** Words that stand in the options themselves. */
  readonly inline: number;
}

/** Hits are counted by numbers below 2^20, some of which are for expressions. */
const MOST_WORDS = 1_000_000;
/** With 13 bytes for each of them (word_automaton.ts), some 200 MB at worst. */
const MOST_BYTES = 16 << 20;
/** No event shows more of a message. */
const LONGEST_WORD = 4096;

const ESCAPES: Readonly<Record<string, number>> = { "\\": 92, t: 9, n: 10, r: 13, "0": 0 };

/**
 * Reads the words of options and files, in that order. In a file each line is one, without white space around it; empty lines
 * and those that begin with `#` are none.
 *
 * Throws an Error that names the word or its place.
 */
export function readWords(inline: readonly string[], files: readonly SourceText[]): WordData {
  const reader = new WordReader();
  for (const text of inline) reader.add(text, `"${text}"`, 0);
  const ends = files.map((file) => ({ path: file.path, until: reader.addFile(file) }));
  return { ...reader.data, files: ends, inline: inline.length };
}

class WordReader {
  #bytes = new Uint8Array(4096);
  #length = 0;
  readonly #ends: number[] = [];
  readonly #lines: number[] = [];

  /** Returns how many words there are then. */
  addFile({ path, text }: SourceText): number {
    let line = 0;
    for (let start = 0; start <= text.length;) {
      const newline = text.indexOf("\n", start);
      const end = newline < 0 ? text.length : newline;
      const word = text.slice(start, end).trim();
      line++;
      start = end + 1;
      if (word !== "" && !word.startsWith("#")) this.add(word, `${path}:${line}:1`, line);
    }
    return this.#ends.length;
  }

  /** `where` begins the message if it is no word. */
  add(text: string, where: string, line: number): void {
    const bytes = wordBytes(text, where);
    if (bytes.length === 0) throw new Error(`${where}: a word without a letter is in every message`);
    if (bytes.length > LONGEST_WORD) {
      throw new Error(`${where}: a word of ${bytes.length} bytes; events show ${LONGEST_WORD} at most`);
    }
    if (this.#ends.length === MOST_WORDS) {
      throw new Error(`${where}: there are more than ${MOST_WORDS} words`);
    }
    const end = this.#length + bytes.length;
    if (end > MOST_BYTES) throw new Error(`${where}: the words have more than ${MOST_BYTES >> 20} MB`);
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = end;
    this.#ends.push(end);
    this.#lines.push(line);
  }

  get data(): Omit<WordData, "files" | "inline"> {
    const bytes = new SharedArrayBuffer(this.#length);
    new Uint8Array(bytes).set(this.#bytes.subarray(0, this.#length));
    return { bytes, ends: sharedInts(this.#ends), lines: sharedInts(this.#lines) };
  }
}

/** Bytes of a word: its UTF-8, with `\xNN`, `\t`, `\n`, `\r`, `\0` and `\\` for bytes that cannot be written. */
function wordBytes(text: string, where: string): Uint8Array {
  if (!text.includes("\\")) return utf8Bytes(text);
  const parts: number[] = [];
  for (const [part, hex, char] of text.matchAll(/\\x([0-9a-fA-F]{2})|\\([^]?)|[^\\]+/g)) {
    if (hex !== undefined) parts.push(parseInt(hex, 16));
    else if (char === undefined) parts.push(...utf8Bytes(part));
    else if (Object.hasOwn(ESCAPES, char)) parts.push(ESCAPES[char]!);
    else throw new Error(`${where}: "${part}" is not known here; write \\xNN, \\t, \\n, \\r, \\0 or \\\\`);
  }
  return Uint8Array.from(parts);
}

/** Words by their number. */
export class Words {
  /** Of all words. */
  readonly bytes: Uint8Array;
  readonly #ends: Int32Array;
  readonly #lines: Int32Array;

  constructor(readonly data: WordData) {
    this.bytes = new Uint8Array(data.bytes);
    this.#ends = new Int32Array(data.ends);
    this.#lines = new Int32Array(data.lines);
  }

  get length(): number {
    return this.#ends.length;
  }

  /** Where the bytes of a word begin. */
  start(word: number): number {
    return word === 0 ? 0 : this.#ends[word - 1]!;
  }

  /** Where they end. */
  end(word: number): number {
    return this.#ends[word]!;
  }

  /** As text. */
  text(word: number): string {
    return utf8(this.bytes.slice(this.start(word), this.end(word)));
  }

  /** `file:line:column`, or that it is an option. */
  where(word: number): string {
    if (word < this.data.inline) return `words, number ${word + 1}`;
    const file = this.data.files.find(({ until }) => word < until)!;
    return `${file.path}:${this.#lines[word]}:1`;
  }
}
