/** Gathers the networks of lists into what networks.ts searches, on the main thread. */

import { wordMask } from "../parts/address.ts";
import { Growing } from "./growing.ts";
import { type NetworkData, PREFIXES, type RangeData } from "./networks.ts";

export class NetworksBuilder {
  readonly #ipv4: RangesBuilder;
  readonly #ipv6: RangesBuilder;

  /** For so many networks of each family at most; one more throws a RangeError. */
  constructor(most: number) {
    this.#ipv4 = new RangesBuilder(1, most);
    this.#ipv6 = new RangesBuilder(4, most);
  }

  /** How many networks were added. */
  get count(): number {
    return this.#ipv4.count + this.#ipv6.count;
  }

  /** Adds an IPv4 network, or an exception; bits beyond its prefix do not count. */
  add4(address: number, bits: number, excepted: boolean, list: number): void {
    this.#ipv4.add(address & wordMask(bits), 0, 0, 0, bits, excepted, list);
  }

  /** The same of an IPv6 network of four words. */
  add6([a, b, c, d]: readonly number[], bits: number, excepted: boolean, list: number): void {
    this.#ipv6.add(
      a! & wordMask(bits),
      b! & wordMask(bits - 32),
      c! & wordMask(bits - 64),
      d! & wordMask(bits - 96),
      bits,
      excepted,
      list,
    );
  }

  data(): NetworkData {
    return { ipv4: this.#ipv4.data(), ipv6: this.#ipv6.data() };
  }
}

const BITS = 0xff;
const EXCEPTED = 1 << 8;
const LIST_SHIFT = 9;

class RangesBuilder {
  count = 0;
  /** Of each network its first address. */
  readonly #words: Growing<Uint32Array>;
  /** Of each network: length of its prefix, EXCEPTED, list. */
  readonly #facts: Growing<Uint32Array>;

  constructor(readonly width: 1 | 4, readonly most: number) {
    this.#words = new Growing(Uint32Array, most * width);
    this.#facts = new Growing(Uint32Array, most);
  }

  add(a: number, b: number, c: number, d: number, bits: number, excepted: boolean, list: number): void {
    if (this.count === this.most) {
      throw new RangeError(`more than ${this.most} networks in all lists are too many`);
    }
    const at = this.count * this.width;
    this.#words.reserve(at + this.width);
    this.#facts.reserve(this.count + 1);
    const words = this.#words.values;
    words[at] = a;
    if (this.width === 4) {
      words[at + 1] = b;
      words[at + 2] = c;
      words[at + 3] = d;
    }
    this.#facts.values[this.count++] = bits | (excepted ? EXCEPTED : 0) | (list << LIST_SHIFT);
  }

  /**
   * Cuts the address space. Prefixes lie within each other or apart, so going through them by start and length meets each
   * right behind those around it, and a stack holds these.
   */
  data(): RangeData | undefined {
    if (this.count === 0) return undefined;
    const order = this.#sorted();
    const words = this.#words.values;
    const facts = this.#facts.values;
    const ranges = new RangeWriter(this.width, this.count * 2 + 1);
    for (let i = 0; i < order.length;) {
      const entry = order[i]!;
      let fact = facts[entry]!;
      // The same network again: an exception counts, else the first list.
      for (i++; i < order.length && this.#isSame(entry, order[i]!); i++) {
        fact |= facts[order[i]!]! & EXCEPTED;
      }
      const list = fact & EXCEPTED ? 0 : (fact >>> LIST_SHIFT) + 1;
      ranges.open(words, entry * this.width, fact & BITS, list);
    }
    return ranges.data();
  }

  #isSame(one: number, other: number): boolean {
    const words = this.#words.values;
    const facts = this.#facts.values;
    if (((facts[one]! ^ facts[other]!) & BITS) !== 0) return false;
    for (let i = 0; i < this.width; i++) {
      if (words[one * this.width + i] !== words[other * this.width + i]) return false;
    }
    return true;
  }

  /** The networks by start, then by length; equal ones stay in the order of the lists. */
  #sorted(): Uint32Array {
    const { count, width } = this;
    let order = orderOf(count);
    let next = orderOf(count);
    const pass = (keys: Uint32Array, stride: number, offset: number, shift: number, mask: number) => {
      sortBy(keys, stride, offset, shift, mask, order, next);
      [order, next] = [next, order];
    };
    pass(this.#facts.values, 1, 0, 0, BITS);
    for (let word = width - 1; word >= 0; word--) {
      pass(this.#words.values, width, word, 0, 0xffff);
      pass(this.#words.values, width, word, 16, 0xffff);
    }
    return order;
  }
}

/** The numbers below a count, in their order. */
function orderOf(count: number): Uint32Array {
  const order = new Growing(Uint32Array, count);
  order.reserve(count);
  for (let i = 0; i < count; i++) order.values[i] = i;
  return order.values;
}

/** One pass of a radix sort, by some bits of the keys. */
function sortBy(
  keys: Uint32Array,
  stride: number,
  offset: number,
  shift: number,
  mask: number,
  order: Uint32Array,
  next: Uint32Array,
): void {
  const ends = new Uint32Array(mask + 1);
  for (let i = 0; i < order.length; i++) {
    const key = (keys[order[i]! * stride + offset]! >>> shift) & mask;
    ends[key] = ends[key]! + 1;
  }
  for (let key = 1; key <= mask; key++) ends[key] = ends[key]! + ends[key - 1]!;
  for (let i = order.length - 1; i >= 0; i--) {
    const key = (keys[order[i]! * stride + offset]! >>> shift) & mask;
    const place = ends[key]! - 1;
    ends[key] = place;
    next[place] = order[i]!;
  }
}

/** Writes the ranges of networks that come sorted by start and length. */
class RangeWriter {
  readonly #starts: Growing<Uint32Array>;
  readonly #lists: Growing<Uint16Array>;
  /** The first range, on no list, is there already. */
  #count = 1;
  /** Networks around the last one, the inner above the outer: last address and list of each. */
  readonly #lasts: Uint32Array;
  readonly #around: number[] = [];
  readonly #next: Uint32Array;

  constructor(readonly width: 1 | 4, most: number) {
    this.#starts = new Growing(Uint32Array, most * width);
    this.#lists = new Growing(Uint16Array, most);
    // As deep as there are lengths of a prefix.
    this.#lasts = new Uint32Array((width * 32 + 1) * width);
    this.#next = new Uint32Array(width);
  }

  /** The next network: from its first address on, at a place of some words, this list. */
  open(words: Uint32Array, at: number, bits: number, list: number): void {
    const { width } = this;
    while (this.#around.length > 0 && this.#endsBelow(words, at)) this.#close();
    const last = this.#around.length * width;
    for (let i = 0; i < width; i++) this.#lasts[last + i] = words[at + i]! | ~wordMask(bits - 32 * i);
    this.#around.push(list);
    this.#start(words, at, list);
  }

  data(): RangeData {
    while (this.#around.length > 0) this.#close();
    return { starts: this.#starts.buffer, lists: this.#lists.buffer, index: this.#index() };
  }

  /** Whether the innermost network lies wholly below an address. */
  #endsBelow(words: Uint32Array, at: number): boolean {
    const last = (this.#around.length - 1) * this.width;
    for (let i = 0; i < this.width; i++) {
      if (this.#lasts[last + i] !== words[at + i]) return this.#lasts[last + i]! < words[at + i]!;
    }
    return false;
  }

  /** Ends the innermost network: behind it, the one around it goes on. Nothing is behind the last address. */
  #close(): void {
    this.#around.pop();
    const last = this.#around.length * this.width;
    let carry = 1;
    for (let i = this.width - 1; i >= 0; i--) {
      this.#next[i] = this.#lasts[last + i]! + carry;
      if (this.#next[i] !== 0) carry = 0;
    }
    if (carry === 0) this.#start(this.#next, 0, this.#around.at(-1) ?? 0);
  }

  #start(words: Uint32Array, at: number, list: number): void {
    const { width } = this;
    const last = (this.#count - 1) * width;
    let isSame = true;
    for (let i = 0; i < width; i++) isSame &&= this.#starts.values[last + i] === words[at + i];
    // Where two start at one address, the later one lies further inside.
    if (isSame) this.#count--;
    // Neighbours on one list are one range; the very first has none before it.
    if (this.#count > 0 && this.#lists.values[this.#count - 1] === list) return;
    this.#starts.reserve((this.#count + 1) * width);
    this.#lists.reserve(this.#count + 1);
    for (let i = 0; i < width; i++) this.#starts.values[this.#count * width + i] = words[at + i]!;
    this.#lists.values[this.#count++] = list;
  }

  #index(): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer((PREFIXES + 1) * 4);
    const index = new Uint32Array(buffer);
    for (let range = 0, prefix = 0; prefix <= PREFIXES; prefix++) {
      while (range < this.#count && this.#starts.values[range * this.width]! >>> 16 < prefix) range++;
      index[prefix] = range;
    }
    return buffer;
  }
}
