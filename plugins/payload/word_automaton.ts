/**
 * Finds any of many words in one pass (Aho and Corasick, 1975): at each byte the automaton is in the state of the longest
 * beginning of a word that the bytes before it end with. It stops at the first word that ends.
 *
 * States are numbered breadth first, the words sorted, so that the children of a state are neighbours: a state costs 13
 * bytes, and a byte of the words at most one state. The first of them, in which nearly all of the time is spent, have a
 * table of their own that gives the next state at once.
 */

import { sharedBytes, sharedInts } from "../parts/shared.ts";
import type { Words } from "./words.ts";

/** The automaton as data that another thread can be handed. */
export interface WordAutomatonData {
  /** Class of each byte: those that stand in no word are all in class 0. */
  readonly classes: SharedArrayBuffer;
  readonly classCount: number;
  /** [first child, state to go on from where no child fits] of each state, and one more first child at the end. */
  readonly states: SharedArrayBuffer;
  /** The class that leads to a state. */
  readonly labels: SharedArrayBuffer;
  /** The word that ends in a state, -1 where none does. */
  readonly words: SharedArrayBuffer;
  /** By state and class, of the first states: the next state, or where a word ends its number's complement. */
  readonly table: SharedArrayBuffer;
}

/** Entries of the table: 4 MB hold 10,000 states of words in small letters, and leave the processor's caches some room. */
const TABLE_LIMIT = 1 << 20;
const NO_WORD = -1;

/** Builds the automaton of words; with `ignoreCase` ASCII letters of either case are one. */
export function buildWordAutomaton(words: Words, ignoreCase: boolean): WordAutomatonData {
  return new Builder(words, ignoreCase).build();
}

class Builder {
  readonly #classes = new Uint8Array(256);
  readonly #classCount: number;
  readonly #sorted: Int32Array;
  /** Of each state: the sorted words that begin as it does, from `low` to before `high`. */
  readonly #low: Int32Array;
  readonly #high: Int32Array;
  readonly #states: Int32Array;
  readonly #labels: Uint8Array;
  readonly #found: Int32Array;
  #count = 1;

  constructor(readonly words: Words, ignoreCase: boolean) {
    this.#classCount = this.#classify(ignoreCase);
    this.#sorted = this.#sort();
    const most = words.bytes.length + 1;
    this.#low = new Int32Array(most);
    this.#high = new Int32Array(most);
    this.#states = new Int32Array((most + 1) * 2);
    this.#labels = new Uint8Array(most);
    this.#found = new Int32Array(most).fill(NO_WORD);
  }

  build(): WordAutomatonData {
    this.#high[0] = this.words.length;
    let depth = 0;
    let levelEnd = 1;
    for (let state = 0; state < this.#count; state++) {
      if (state === levelEnd) {
        depth++;
        levelEnd = this.#count;
      }
      this.#states[state * 2] = this.#count;
      // Nothing goes on from where a word has ended.
      if (this.#found[state] === NO_WORD) this.#addChildren(state, depth);
    }
    const count = this.#count;
    this.#states[count * 2] = count;
    return {
      classes: sharedBytes(this.#classes),
      classCount: this.#classCount,
      states: sharedInts(this.#states.subarray(0, count * 2 + 1)),
      labels: sharedBytes(this.#labels.subarray(0, count)),
      words: sharedInts(this.#found.subarray(0, count)),
      table: this.#table(),
    };
  }

  /** Numbers the bytes that stand in words, so that tables have no room for others. */
  #classify(ignoreCase: boolean): number {
    const classes = this.#classes;
    for (const byte of this.words.bytes) classes[byte] = 1;
    if (ignoreCase) { for (let byte = 65; byte <= 90; byte++) classes[byte + 32]! |= classes[byte]!; }
    let count = 1;
    for (let byte = 0; byte < 256; byte++) {
      const isFolded = ignoreCase && byte >= 65 && byte <= 90;
      // 256 bytes that all stand in words have 256 classes, and none is left for those that do not.
      if (classes[byte] === 1 && !isFolded) classes[byte] = count++ & 255;
    }
    if (ignoreCase) { for (let byte = 65; byte <= 90; byte++) classes[byte] = classes[byte + 32]!; }
    return Math.min(count, 256);
  }

  #sort(): Int32Array {
    const { words } = this;
    const classes = this.#classes;
    const { bytes } = words;
    return Int32Array.from({ length: words.length }, (_, word) => word).sort((a, b) => {
      const startA = words.start(a);
      const startB = words.start(b);
      const lengthA = words.end(a) - startA;
      const lengthB = words.end(b) - startB;
      const length = Math.min(lengthA, lengthB);
      for (let i = 0; i < length; i++) {
        const difference = classes[bytes[startA + i]!]! - classes[bytes[startB + i]!]!;
        if (difference !== 0) return difference;
      }
      // Of the same word, the one that was named first.
      return lengthA - lengthB || a - b;
    });
  }

  #addChildren(state: number, depth: number): void {
    const high = this.#high[state]!;
    for (let low = this.#low[state]!; low < high;) {
      const label = this.#classAt(low, depth);
      let end = low + 1;
      while (end < high && this.#classAt(end, depth) === label) end++;
      this.#addChild(state, label, low, end, depth + 1);
      low = end;
    }
  }

  #addChild(parent: number, label: number, low: number, high: number, depth: number): void {
    const state = this.#count++;
    this.#low[state] = low;
    this.#high[state] = high;
    this.#labels[state] = label;
    const fail = parent === 0 ? 0 : this.#next(this.#states[parent * 2 + 1]!, label);
    this.#states[state * 2 + 1] = fail;
    const word = this.#sorted[low]!;
    const isEnd = this.words.end(word) - this.words.start(word) === depth;
    this.#found[state] = isEnd ? word : this.#found[fail]!;
  }

  #classAt(place: number, depth: number): number {
    return this.#classes[this.words.bytes[this.words.start(this.#sorted[place]!) + depth]!]!;
  }

  /** The state after `state` and a byte of a class; all of the states before have their children. */
  #next(state: number, label: number): number {
    for (;;) {
      const child = childOf(this.#states, this.#labels, state, label);
      if (child !== 0) return child;
      if (state === 0) return 0;
      state = this.#states[state * 2 + 1]!;
    }
  }

  #table(): SharedArrayBuffer {
    const width = this.#classCount;
    const rows = Math.min(this.#count, Math.floor(TABLE_LIMIT / width));
    const buffer = new SharedArrayBuffer(rows * width * 4);
    const table = new Int32Array(buffer);
    for (let state = 0; state < rows; state++) {
      const row = state * width;
      // What no child takes goes on as from a shorter state, whose row is there already.
      const fail = this.#states[state * 2 + 1]!;
      if (state !== 0) table.copyWithin(row, fail * width, (fail + 1) * width);
      const end = this.#states[(state + 1) * 2]!;
      for (let child = this.#states[state * 2]!; child < end; child++) {
        const word = this.#found[child]!;
        table[row + this.#labels[child]!] = word === NO_WORD ? child : ~word;
      }
    }
    return buffer;
  }
}

/** Looks for words. */
export class WordAutomaton {
  readonly #classes: Uint8Array;
  readonly #classCount: number;
  readonly #states: Int32Array;
  readonly #labels: Uint8Array;
  readonly #words: Int32Array;
  readonly #table: Int32Array;
  /** States that have a row in the table. */
  readonly #rows: number;

  constructor({ classes, classCount, states, labels, words, table }: WordAutomatonData) {
    this.#classes = new Uint8Array(classes);
    this.#classCount = classCount;
    this.#states = new Int32Array(states);
    this.#labels = new Uint8Array(labels);
    this.#words = new Int32Array(words);
    this.#table = new Int32Array(table);
    this.#rows = this.#table.length / classCount;
  }

  /** Bytes that it takes. */
  get byteLength(): number {
    const parts = [this.#classes, this.#states, this.#labels, this.#words, this.#table];
    return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Number of the word that ends first, of several the longest; -1 where there is none. */
  find(bytes: Uint8Array): number {
    const classes = this.#classes;
    const table = this.#table;
    const width = this.#classCount;
    const rows = this.#rows;
    const { length } = bytes;
    let state = 0;
    for (let at = 0; at < length; at++) {
      const label = classes[bytes[at]!]!;
      if (state >= rows) {
        // Down to a state that goes on with this byte, or that has a row.
        let child = 0;
        do {
          child = childOf(this.#states, this.#labels, state, label);
          if (child !== 0) break;
          state = this.#states[state * 2 + 1]!;
        } while (state >= rows);
        if (child !== 0) {
          const word = this.#words[child]!;
          if (word >= 0) return word;
          state = child;
          continue;
        }
      }
      state = table[state * width + label]!;
      if (state < 0) return ~state;
    }
    return NO_WORD;
  }
}

/** The child of a state to which a class leads; 0, which is nobody's child, where there is none. */
function childOf(states: Int32Array, labels: Uint8Array, state: number, label: number): number {
  let low = states[state * 2]!;
  let high = states[state * 2 + 2]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = labels[middle]!;
    if (found === label) return middle;
    if (found < label) low = middle + 1;
    else high = middle;
  }
  return 0;
}
