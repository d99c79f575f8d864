/**
 * Names behind addresses, in memory that threads share: the main thread, to which resolvers tell them, writes; whoever decides
 * reads, without a message, a lock or a wait.
 *
 * The memory is a ring of entries (an address with the names of one answer) and a hash table of lists of them. What is new
 * goes to the front of its list and of the ring; the oldest gives way, and is taken out of its list before its place is
 * written again. Each list has a version, which every change to it raises: who reads while something changes sees that the
 * version has, and reads again. The hash has a seed, for whoever owns a domain chooses the addresses that stand here.
 */

import {
  ADDRESS,
  EXPIRES,
  hasKey,
  HEAD,
  LENGTH,
  LIST_WORDS,
  listOf,
  LONGEST_TEXT,
  MOST_STEPS,
  NEXT,
  NONE,
  TEXT,
  toWords,
} from "./table_layout.ts";

/**
 * Lists: two entries or so to each of a full ring. And the ring's words: some 100,000 entries of usual length in 8 MB, of which
 * only what was once used takes memory.
 */
const LISTS = 1 << 16;
const RING_WORDS = 1 << 21;

/** Names of so many answers are held for one address: the time to decide stays bounded, whatever a domain's owner does. */
export const MOST_CHAINS = 64;

/** Word of an entry: how many it has, with {@linkcode DEAD} where it is not in any list. */
const SIZE = 0;
const DEAD = 0x8000_0000 | 0;

const SEED = new Int32Array(1);
/** The address in hand. */
const KEY = new Int32Array(4);

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
