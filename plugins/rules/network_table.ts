/** The table that finds all networks of an address. */

import { type Network, wordMask } from "../parts/address.ts";

// A length of prefix beyond the bits of a small integer is always looked for.
const LENGTH_BITS = 30;

// Whether a length of prefix occurs below each value of the first 16 bits: a quarter of a megabyte.
const LENGTHS_BYTES = 65536 * 4;

/** What a {@linkcode NetworkTable} knows, as data that another thread can be handed. */
export interface NetworkData {
  readonly ipv4: { readonly mask: number; readonly networks: Map<number, number[]> }[];
  readonly ipv6: { readonly bits: number; readonly networks: Map<number, Entry6[]> }[];
  /** For each value of the first 16 bits the places in `ipv4` (`ipv6`) that hold a network there, as bits. */
  lengths4: SharedArrayBuffer;
  lengths6: SharedArrayBuffer;
}

function noNetworks(): NetworkData {
  const none = new SharedArrayBuffer(0);
  return { ipv4: [], ipv6: [], lengths4: none, lengths6: none };
}

/**
 * Finds the numbers of all networks that hold an address: one hash table for each length of prefix that occurs, so
 * that the time depends on how many lengths there are (33 at most for IPv4, 129 for IPv6), not on how many networks. A
 * table by the first 16 bits tells which lengths are worth a look.
 */
export class NetworkTable {
  readonly #ipv4: NetworkData["ipv4"];
  readonly #ipv6: NetworkData["ipv6"];
  #lengths4: Int32Array;
  #lengths6: Int32Array;

  /** A table of what another one knows; an empty one if absent. */
  constructor(readonly data: NetworkData = noNetworks()) {
    this.#ipv4 = data.ipv4;
    this.#ipv6 = data.ipv6;
    this.#lengths4 = new Int32Array(data.lengths4);
    this.#lengths6 = new Int32Array(data.lengths6);
  }

  /** Adds a network under a number; one network can have several. */
  add(network: Network, number: number): void {
    if (network.family === 4) this.#add4(network, number);
    else this.#add6(network, number);
  }

  #add4({ words, bits }: Network, number: number): void {
    const mask = wordMask(bits);
    let place = this.#ipv4.findIndex((length) => length.mask === mask);
    if (place < 0) place = this.#ipv4.push({ mask, networks: new Map() }) - 1;
    if (this.#lengths4.length === 0) {
      this.#lengths4 = new Int32Array(this.data.lengths4 = new SharedArrayBuffer(LENGTHS_BYTES));
    }
    noteLength(this.#lengths4, words[0]!, bits, place);
    const { networks } = this.#ipv4[place]!;
    const numbers = networks.get(words[0]!);
    if (numbers === undefined) networks.set(words[0]!, [number]);
    else numbers.push(number);
  }

  #add6({ words, bits }: Network, number: number): void {
    let place = this.#ipv6.findIndex((length) => length.bits === bits);
    if (place < 0) place = this.#ipv6.push({ bits, networks: new Map() }) - 1;
    const [a, b, c, d] = words as [number, number, number, number];
    if (this.#lengths6.length === 0) {
      this.#lengths6 = new Int32Array(this.data.lengths6 = new SharedArrayBuffer(LENGTHS_BYTES));
    }
    noteLength(this.#lengths6, a, bits, place);
    const { networks } = this.#ipv6[place]!;
    const hash = hash6(a, b, c, d);
    let entries = networks.get(hash);
    if (entries === undefined) networks.set(hash, entries = []);
    const entry = entries.find((entry) => entry.a === a && entry.b === b && entry.c === c && entry.d === d);
    if (entry === undefined) entries.push({ a, b, c, d, numbers: [number] });
    else entry.numbers.push(number);
  }

  /** Writes the numbers for an IPv4 address to `found` from `count` on; returns the new count. */
  match4(address: number, found: number[], count: number): number {
    if (this.#ipv4.length === 0) return count;
    for (let lengths = this.#lengths4[address >>> 16]!; lengths !== 0; lengths &= lengths - 1) {
      count = this.#match4(lowestPlace(lengths), address, found, count);
    }
    for (let place = LENGTH_BITS; place < this.#ipv4.length; place++) {
      count = this.#match4(place, address, found, count);
    }
    return count;
  }

  #match4(place: number, address: number, found: number[], count: number): number {
    const { mask, networks } = this.#ipv4[place]!;
    const numbers = networks.get(address & mask);
    if (numbers === undefined) return count;
    for (let i = 0; i < numbers.length; i++) found[count++] = numbers[i]!;
    return count;
  }

  /** The same for an IPv6 address of four words. */
  match6(a: number, b: number, c: number, d: number, found: number[], count: number): number {
    if (this.#ipv6.length === 0) return count;
    for (let lengths = this.#lengths6[a >>> 16]!; lengths !== 0; lengths &= lengths - 1) {
      count = this.#match6(lowestPlace(lengths), a, b, c, d, found, count);
    }
    for (let place = LENGTH_BITS; place < this.#ipv6.length; place++) {
      count = this.#match6(place, a, b, c, d, found, count);
    }
    return count;
  }

  #match6(place: number, a: number, b: number, c: number, d: number, found: number[], count: number): number {
    const { bits, networks } = this.#ipv6[place]!;
    const a1 = a & wordMask(bits);
    const b1 = b & wordMask(bits - 32);
    const c1 = c & wordMask(bits - 64);
    const d1 = d & wordMask(bits - 96);
    const entries = networks.get(hash6(a1, b1, c1, d1));
    if (entries === undefined) return count;
    for (const entry of entries) {
      if (entry.a !== a1 || entry.b !== b1 || entry.c !== c1 || entry.d !== d1) continue;
      for (const number of entry.numbers) found[count++] = number;
    }
    return count;
  }
}

/** Notes that a network of the length at `place` lies at (or around) the first 16 bits of a word. */
function noteLength(lengths: Int32Array, word: number, bits: number, place: number): void {
  if (place >= LENGTH_BITS) return;
  const first = word >>> 16;
  const last = bits >= 16 ? first : first + (1 << (16 - bits)) - 1;
  for (let high = first; high <= last; high++) lengths[high]! |= 1 << place;
}

function lowestPlace(places: number): number {
  return 31 - Math.clz32(places & -places);
}

interface Entry6 {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly numbers: number[];
}

/** Mixes four words into one (the constants of MurmurHash3). */
function hash6(a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(a, 0xcc9e2d51) ^ Math.imul(b, 0x1b873593);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ c;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) ^ d;
  return Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) | 0;
}
