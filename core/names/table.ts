/**
 * Names behind addresses, in memory that threads share: the main thread, to which resolvers tell them, writes; whoever decides
 * reads, without a message, a lock or a wait.
 *
 * The memory is a ring of entries (an address with the names of one answer) and a hash table of lists of them. What is new
 * goes to the front of its list and of the ring; the oldest gives way, and is taken out of its list before its place is
 * written again. Each list has a version, which every change to it raises: who reads while something changes sees that the
 * version has, and reads again. The hash has a seed, for whoever owns a domain chooses the addresses that stand here.
 */

import type { NameChains } from "../plugin.ts";
import { MOST_NAMES } from "./dns.ts";

/**
 * Lists: two entries or so to each of a full ring. And the ring's words: some 100,000 entries of usual length in 8 MB, of which
 * only what was once used takes memory.
 */
const LISTS = 1 << 16;
const RING_WORDS = 1 << 21;

/** Names of so many answers are held for one address: the time to decide stays bounded, whatever a domain's owner does. */
export const MOST_CHAINS = 64;
/** Entries in one list, for the same reason; with a hash that nobody can foresee it is never reached. */
const MOST_STEPS = 512;

/** Words before the lists: the seed, and nothing. */
const HEAD = 8;
/** In the list of a hash: its first entry and its version. */
const LIST_WORDS = 2;

// Words of an entry.
const SIZE = 0;
const NEXT = 1;
const ADDRESS = 2;
const EXPIRES = 6;
const LENGTH = 7;
const TEXT = 8;

/** In SIZE: not in any list. */
const DEAD = 0x8000_0000 | 0;
/** Stands where there is no entry: the ring begins behind the lists. */
const NONE = 0;

const SPACE = 32;
/** Characters of all names of an entry, and the spaces between them. */
const LONGEST_TEXT = MOST_NAMES * 1024;

/** What has become of what was told. */
export interface TableCounts {
  /** Entries that were new, and that were told again. */
  readonly added: number;
  readonly refreshed: number;
  /** Entries that gave way when their time was over, and before that, for lack of room. */
  readonly expired: number;
  readonly evicted: number;
}

/** How much memory there is; smaller in tests. */
export interface TableSize {
  /** A power of two. */
  readonly lists?: number;
  readonly ringWords?: number;
}

/** The writer. There is one of them for each memory. */
export class NameTable {
  /** For a {@linkcode NameReader}, of any thread. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #bytes: Uint8Array<SharedArrayBuffer>;
  readonly #mask: number;
  readonly #seed: number;
  readonly #start: number;
  /** Of a text: two entries always have room, whatever is lost at the end of the ring. */
  readonly #longest: number;
  /** Where the next entry goes, where the oldest is, and words between them. */
  #front: number;
  #oldest: number;
  #used = 0;
  readonly #counts = { added: 0, refreshed: 0, expired: 0, evicted: 0 };

  constructor({ lists = LISTS, ringWords = RING_WORDS }: TableSize = {}) {
    this.#start = HEAD + lists * LIST_WORDS;
    this.#longest = Math.min(LONGEST_TEXT, (ringWords / 2 - TEXT) * 4);
    this.buffer = new SharedArrayBuffer((this.#start + ringWords) * 4);
    this.#words = new Int32Array(this.buffer);
    this.#bytes = new Uint8Array(this.buffer);
    this.#mask = lists - 1;
    this.#words[1] = lists;
    crypto.getRandomValues(SEED);
    this.#words[0] = this.#seed = SEED[0]!;
    this.#front = this.#oldest = this.#start;
  }

  get counts(): TableCounts {
    return this.#counts;
  }

  /** Entries whose time is not over. */
  held(now: number): number {
    let held = 0;
    for (let at = this.#oldest, left = this.#used; left > 0;) {
      const size = this.#words[at]! & ~DEAD;
      if ((this.#words[at]! & DEAD) === 0 && this.#expires(at) > now) held++;
      left -= size;
      at = this.#after(at, size);
    }
    return held;
  }

  /**
   * Takes the names of one answer for an address of 4 or 16 bytes until a time. Times are seconds of a clock that never goes
   * back, the reader's too.
   */
  add(address: Uint8Array, names: readonly string[], expires: number, now: number): void {
    const text = names.join(" ");
    if (text.length > this.#longest) return void this.#counts.evicted++;
    toWords(address, KEY);
    const list = listOf(KEY, this.#seed, this.#mask);
    const known = this.#prune(list, text, now);
    if (known !== NONE && this.#isYoung(known)) {
      this.#words[known + EXPIRES] = Math.max(expires, this.#expires(known));
      this.#touch(list);
      this.#counts.refreshed++;
      return;
    }
    // What is told again and again must not be the oldest of all.
    const until = known === NONE ? expires : Math.max(expires, this.#expires(known));
    if (known !== NONE) this.#remove(known);
    this.#append(list, text, until, now);
    this.#counts[known === NONE ? "added" : "refreshed"]++;
  }

  /** Goes through a list and takes out what has no place in it any more; gives the entry of {@linkcode KEY} with that text. */
  #prune(list: number, text: string, now: number): number {
    const words = this.#words;
    let known = NONE;
    let last = NONE;
    let chains = 0;
    let steps = 0;
    let oldest = NONE;
    for (let at = words[list]!; at !== NONE;) {
      const next = words[at + NEXT]!;
      if (this.#expires(at) <= now) {
        this.#remove(at);
        this.#counts.expired++;
      } else {
        steps++;
        oldest = at;
        if (hasKey(words, at, KEY)) {
          chains++;
          last = at;
          if (this.#hasText(at, text)) known = at;
        }
      }
      at = next;
    }
    if (known !== NONE) return known;
    if (chains >= MOST_CHAINS) this.#evict(last);
    else if (steps >= MOST_STEPS) this.#evict(oldest);
    return NONE;
  }

  #append(list: number, text: string, expires: number, now: number): void {
    const words = this.#words;
    const size = TEXT + ((text.length + 3) >>> 2);
    const end = words.length - this.#front;
    if (end < size) {
      // The rest of the ring is too short: it stands there as an entry that is none.
      this.#free(end, now);
      words[this.#front] = end | DEAD;
      this.#used += end;
      this.#front = this.#start;
    }
    this.#free(size, now);
    const at = this.#front;
    words[at + SIZE] = size;
    words[at + NEXT] = words[list]!;
    words.set(KEY, at + ADDRESS);
    words[at + EXPIRES] = expires;
    words[at + LENGTH] = text.length;
    const bytes = (at + TEXT) * 4;
    for (let i = 0; i < text.length; i++) this.#bytes[bytes + i] = text.charCodeAt(i);
    Atomics.store(words, list, at);
    this.#touch(list);
    this.#used += size;
    this.#front = this.#after(at, size);
  }

  /** Makes room for some words behind the front. */
  #free(size: number, now: number): void {
    const words = this.#words;
    while (words.length - this.#start - this.#used < size) {
      const at = this.#oldest;
      const isDead = (words[at]! & DEAD) !== 0;
      if (!isDead && this.#expires(at) > now) this.#evict(at);
      else if (!isDead) {
        this.#remove(at);
        this.#counts.expired++;
      }
      const taken = words[at]! & ~DEAD;
      this.#used -= taken;
      this.#oldest = this.#after(at, taken);
    }
  }

  #evict(at: number): void {
    this.#remove(at);
    this.#counts.evicted++;
  }

  /** Takes an entry out of its list. Who reads it just now can go on: its own words stay until the version has changed. */
  #remove(at: number): void {
    const words = this.#words;
    const key = words.subarray(at + ADDRESS, at + ADDRESS + 4);
    const list = listOf(key, this.#seed, this.#mask);
    let before = list;
    while (words[before]! !== at) before = words[before]! + NEXT;
    Atomics.store(words, before, words[at + NEXT]!);
    this.#touch(list);
    words[at] = words[at]! | DEAD;
  }

  #touch(list: number): void {
    Atomics.add(this.#words, list + 1, 1);
  }

  #expires(at: number): number {
    return this.#words[at + EXPIRES]! >>> 0;
  }

  #after(at: number, size: number): number {
    return at + size === this.#words.length ? this.#start : at + size;
  }

  /** In the newer half of the ring. */
  #isYoung(at: number): boolean {
    const ring = this.#words.length - this.#start;
    return ((this.#front - at + ring) % ring || ring) < ring / 2;
  }

  #hasText(at: number, text: string): boolean {
    if (this.#words[at + LENGTH] !== text.length) return false;
    const bytes = (at + TEXT) * 4;
    for (let i = 0; i < text.length; i++) {
      if (this.#bytes[bytes + i] !== text.charCodeAt(i)) return false;
    }
    return true;
  }
}

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

const SEED = new Int32Array(1);
/** The writer's address in hand. */
const KEY = new Int32Array(4);
/** The third word of IPv4-mapped IPv6, as which IPv4 stands here. */
const MAPPED = 0xffff;

function toWords(address: Uint8Array, words: Int32Array): void {
  const from = address.length - 16;
  for (let i = 0; i < 4; i++) {
    const at = from + i * 4;
    words[i] = at < 0
      ? 0
      : (address[at]! << 24) | (address[at + 1]! << 16) | (address[at + 2]! << 8) | address[at + 3]!;
  }
  if (address.length === 4) words[2] = MAPPED;
}

function hasKey(words: Int32Array, at: number, key: Int32Array): boolean {
  return words[at + ADDRESS] === key[0] && words[at + ADDRESS + 1] === key[1] &&
    words[at + ADDRESS + 2] === key[2] && words[at + ADDRESS + 3] === key[3];
}

/** The list of an address (the mixing of MurmurHash3). */
function listOf(key: Int32Array, seed: number, mask: number): number {
  let hash = seed;
  for (let i = 0; i < 4; i++) {
    let word = Math.imul(key[i]!, 0xcc9e2d51);
    word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
    hash ^= word;
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64 | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return HEAD + ((hash ^ (hash >>> 16)) & mask) * LIST_WORDS;
}
