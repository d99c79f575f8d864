/** Reads names behind addresses from the memory that {@linkcode NameTable} writes. */

import type { NameChains } from "../plugin.ts";
import {
  EXPIRES,
  hasKey,
  LENGTH,
  listOf,
  LONGEST_TEXT,
  MAPPED,
  MOST_STEPS,
  NEXT,
  NONE,
  TEXT,
  toWords,
} from "./table_layout.ts";

const SPACE = 32;

/** Addresses whose names a reader has at hand. */
const REMEMBERED = 1024;
// Words of what it remembers.
const MEMORY_VERSION = 4;
const MEMORY_EXPIRES = 5;
const MEMORY_WORDS = 6;

/** A reader, of the thread that makes it. */
export class NameReader {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #bytes: Uint8Array<SharedArrayBuffer>;
  readonly #mask: number;
  readonly #seed: number;
  readonly #clock: () => number;
  readonly #key = new Int32Array(4);
  /** The last answers: each with its address, the version of its list, and when the first of its names expires. */
  readonly #memory = new Int32Array(REMEMBERED * MEMORY_WORDS);
  readonly #answers = new Array<NameChains | undefined>(REMEMBERED).fill(undefined);
  /** When the first name of the answer that is being read expires. */
  #expires = 0;

  /** `clock`: seconds, of the clock by which names were added. */
  constructor(buffer: SharedArrayBuffer, clock: () => number) {
    this.#words = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#seed = this.#words[0]!;
    this.#mask = this.#words[1]! - 1;
    this.#clock = clock;
  }

  /** Names of an IPv4 address, given as a number; undefined where none are known. */
  of4(address: number): NameChains | undefined {
    const key = this.#key;
    key[0] = key[1] = 0;
    key[2] = MAPPED;
    key[3] = address;
    return this.#find();
  }

  /** Names of an IPv6 address of 16 bytes. */
  of6(address: Uint8Array): NameChains | undefined {
    toWords(address, this.#key);
    return this.#find();
  }

  #find(): NameChains | undefined {
    const words = this.#words;
    const list = listOf(this.#key, this.#seed, this.#mask);
    for (;;) {
      const version = Atomics.load(words, list + 1);
      const first = Atomics.load(words, list);
      if (first === NONE) return undefined;
      const now = this.#clock();
      const place = (list >>> 1) & (REMEMBERED - 1);
      const answer = this.#answers[place];
      if (answer !== undefined && this.#isAt(place, version, now)) return answer;
      const read = this.#read(first, now);
      // Every change takes the writer longer than reading does, so that this comes to an end.
      if (Atomics.load(words, list + 1) !== version) continue;
      this.#remember(place, version, read);
      return read;
    }
  }

  #read(first: number, now: number): NameChains | undefined {
    const words = this.#words;
    let chains: string[][] | undefined;
    this.#expires = 0xffff_ffff;
    // What changes meanwhile may lead anywhere: not out of the memory, and not for ever.
    for (let at = first, steps = 0; at !== NONE && steps <= MOST_STEPS; steps++) {
      if (!(at > 0 && at + TEXT <= words.length)) return undefined;
      const expires = words[at + EXPIRES]! >>> 0;
      if (expires > now && hasKey(words, at, this.#key)) {
        (chains ??= []).push(this.#names(at));
        this.#expires = Math.min(this.#expires, expires);
      }
      at = Atomics.load(words, at + NEXT);
    }
    return chains;
  }

  #names(at: number): string[] {
    const names: string[] = [];
    const from = (at + TEXT) * 4;
    const end = from + Math.min(this.#words[at + LENGTH]! >>> 0, LONGEST_TEXT);
    let name = "";
    // Three times as fast as to make one text and split it.
    for (let i = from; i < end; i++) {
      const code = this.#bytes[i]!;
      if (code !== SPACE) {
        name += String.fromCharCode(code);
        continue;
      }
      names.push(name);
      name = "";
    }
    names.push(name);
    return names;
  }

  #isAt(place: number, version: number, now: number): boolean {
    const memory = this.#memory;
    const at = place * MEMORY_WORDS;
    for (let i = 0; i < 4; i++) if (memory[at + i] !== this.#key[i]) return false;
    return memory[at + MEMORY_VERSION] === version && memory[at + MEMORY_EXPIRES]! >>> 0 > now;
  }

  #remember(place: number, version: number, answer: NameChains | undefined): void {
    const at = place * MEMORY_WORDS;
    this.#answers[place] = answer;
    this.#memory.set(this.#key, at);
    this.#memory[at + MEMORY_VERSION] = version;
    this.#memory[at + MEMORY_EXPIRES] = this.#expires;
  }
}
