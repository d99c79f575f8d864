/** Internet addresses of rules: single ones, CIDR, ranges; and the table that finds all networks of an address. */

/** A network: the first `bits` of an address. */
export interface Network {
  readonly family: 4 | 6;
  /** One 32-bit word for IPv4, four for IPv6, highest first, as signed integers (so that they stay small in V8). */
  readonly words: readonly number[];
  readonly bits: number;
}

/**
 * Reads `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`, `10.0.0.5-10.0.0.9`. IPv4-mapped IPv6 is IPv4, as the kernel shows it.
 *
 * Throws an Error that says what would be right, for host bits too: `10.0.0.1/8` may be a slip.
 */
export function parseNetworks(text: string): readonly Network[] {
  const range = /^([0-9a-fA-F:.]+)-([0-9a-fA-F:.]+)$/.exec(text);
  if (range !== null) return parseRange(text, range[1]!, range[2]!);
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) {
    throw new Error(
      `"${text}" is not an address; write one such as 192.0.2.1, 10.0.0.0/8, fd00::/8, 10.0.0.5-10.0.0.9, ` +
        `unix:/run/x.sock, "@abstract" or $set`,
    );
  }
  const most = address.mapped ? 128 : address.words.length * 32;
  const written = slash < 0 ? String(most) : text.slice(slash + 1);
  const bits = /^\d{1,3}$/.test(written) ? Number(written) : NaN;
  if (!(bits <= most)) throw new Error(`"${text}": the length of a prefix is a number from 0 to ${most}`);
  if (address.mapped && bits < 96) {
    throw new Error(`"${text}" holds more than IPv4-mapped addresses; write both parts`);
  }
  const network = mask(address.words, address.mapped ? bits - 96 : bits);
  if (network.words.some((word, index) => word !== address.words[index])) {
    throw new Error(`"${text}" has bits beyond its prefix; did you mean "${networkText(network)}"?`);
  }
  return [network];
}

function parseRange(text: string, first: string, last: string): readonly Network[] {
  const low = parseAddress(first);
  const high = parseAddress(last);
  if (low === undefined || high === undefined || low.words.length !== high.words.length) {
    throw new Error(`"${text}" is not a range; write two addresses of one family, such as 10.0.0.5-10.0.0.9`);
  }
  const from = toBigInt(low.words);
  const to = toBigInt(high.words);
  if (from > to) throw new Error(`"${text}" runs backwards; did you mean "${last}-${first}"?`);
  return rangeToNetworks(from, to, low.words.length);
}

/** The fewest networks that hold exactly the addresses of a range. */
function rangeToNetworks(from: bigint, to: bigint, words: number): readonly Network[] {
  const width = words * 32;
  const result: Network[] = [];
  while (from <= to) {
    let size = 0;
    // Grow while the start is aligned and the end is not passed.
    while (size < width && (from & (1n << BigInt(size))) === 0n && from + (2n << BigInt(size)) - 1n <= to) {
      size++;
    }
    result.push(mask(fromBigInt(from, words), width - size));
    from += 1n << BigInt(size);
  }
  return result;
}

interface ParsedAddress {
  readonly words: readonly number[];
  /** Written as IPv4-mapped IPv6. */
  readonly mapped: boolean;
}

function parseAddress(text: string): ParsedAddress | undefined {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return { words: [ipv4], mapped: false };
  const words = parseIpv6(text);
  if (words === undefined) return undefined;
  const mapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return mapped ? { words: [words[3]!], mapped } : { words, mapped };
}

function parseIpv4(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((value, part) => (value << 8) | part, 0);
}

function parseIpv6(text: string): readonly number[] | undefined {
  // Dotted IPv4 at the end, as in ::ffff:10.0.0.1, stands for two groups.
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted !== null) {
    const ipv4 = parseIpv4(dotted[2]!);
    if (ipv4 === undefined) return undefined;
    text = `${dotted[1]}${(ipv4 >>> 16).toString(16)}:${(ipv4 & 0xffff).toString(16)}`;
  }
  const halves = text.split("::");
  if (halves.length > 2 || !text.includes(":")) return undefined;
  const [before, after = []] = halves.map((half) => half === "" ? [] : half.split(":"));
  const given = [...before!, ...after];
  if (given.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  if (halves.length === 2 ? given.length > 7 : given.length !== 8) return undefined;
  const groups = [...before!, ...new Array<string>(8 - given.length).fill("0"), ...after]
    .map((group) => parseInt(group, 16));
  return [0, 2, 4, 6].map((at) => (groups[at]! << 16) | groups[at + 1]!);
}

function toBigInt(words: readonly number[]): bigint {
  return words.reduce((value, word) => (value << 32n) | BigInt(word >>> 0), 0n);
}

function fromBigInt(value: bigint, words: number): number[] {
  return Array.from({ length: words }, (_, index) => {
    return Number((value >> BigInt(32 * (words - 1 - index))) & 0xffffffffn) | 0;
  });
}

/** The network of the first `bits` of an address. */
export function mask(words: readonly number[], bits: number): Network {
  return {
    family: words.length === 1 ? 4 : 6,
    words: words.map((word, index) => word & wordMask(bits - 32 * index)),
    bits,
  };
}

/** Mask of one word of which `bits` (cut to 0 to 32) count. */
function wordMask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

/** Whether every address of `inner` is one of `outer`. */
export function contains(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || outer.bits > inner.bits) return false;
  return outer.words.every((word, index) =>
    word === (inner.words[index]! & wordMask(outer.bits - 32 * index))
  );
}

/** A network as text: `10.0.0.0/8`, `fd00::/8`; without the length where it is a single address. */
export function networkText({ family, words, bits }: Network): string {
  const length = bits === words.length * 32 ? "" : `/${bits}`;
  if (family === 4) return [24, 16, 8, 0].map((shift) => (words[0]! >>> shift) & 255).join(".") + length;
  const groups = words.flatMap((word) => [(word >>> 16).toString(16), (word & 0xffff).toString(16)]).join(
    ":",
  );
  // The longest run of two or more zero groups is left out (RFC 5952).
  const zeros = [...groups.matchAll(/\b0(:0)+\b/g)].toSorted((a, b) => b[0].length - a[0].length)[0];
  if (zeros === undefined) return groups + length;
  const before = groups.slice(0, zeros.index).replace(/:$/, "");
  const after = groups.slice(zeros.index + zeros[0].length).replace(/^:/, "");
  return `${before}::${after}${length}`;
}

/** Networks without those that lie within others of the list. */
export function withoutNested(networks: readonly Network[]): readonly Network[] {
  const sorted = networks.toSorted((a, b) =>
    a.family - b.family || compareWords(a.words, b.words) || a.bits - b.bits
  );
  const result: Network[] = [];
  for (const network of sorted) {
    const last = result.at(-1);
    if (last === undefined || !contains(last, network)) result.push(network);
  }
  return result;
}

function compareWords(a: readonly number[], b: readonly number[]): number {
  for (const [index, word] of a.entries()) {
    if (word !== b[index]) return (word >>> 0) - (b[index]! >>> 0);
  }
  return 0;
}

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
