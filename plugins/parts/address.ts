/** Internet addresses as people write them: single ones, CIDR, ranges. */

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

/** Mask of one word of an address, of which `bits` (cut to 0 to 32) count. */
export function wordMask(bits: number): number {
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
