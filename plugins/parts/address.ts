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

/** One address. */
export interface ParsedAddress {
  /** One 32-bit word for IPv4, four for IPv6, highest first, signed. */
  readonly words: readonly number[];
  /** Written as IPv4-mapped IPv6. */
  readonly mapped: boolean;
}

/** Reads an IPv4 or IPv6 address, from one place of a text to another; undefined where that is none. */
export function parseAddress(text: string, from = 0, to = text.length): ParsedAddress | undefined {
  const ipv4 = parseIpv4(text, from, to);
  if (ipv4 !== undefined) return { words: [ipv4], mapped: false };
  const words = parseIpv6(text, from, to);
  if (words === undefined) return undefined;
  const mapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
  return mapped ? { words: [words[3]!], mapped } : { words, mapped };
}

/** Reads four decimal parts, from one place of a text to another; undefined where that is no IPv4 address. */
export function parseIpv4(text: string, from = 0, to = text.length): number | undefined {
  let address = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT && digits > 0 && dots < 3) {
      address = (address << 8) | part;
      dots++;
      part = digits = 0;
    } else if (code >= ZERO && code <= NINE && digits < 3) {
      part = part * 10 + code - ZERO;
      if (part > 255) return undefined;
      digits++;
    } else return undefined;
  }
  return dots === 3 && digits > 0 ? (address << 8) | part : undefined;
}

const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;

/** Reads an IPv6 address, from one place of a text to another, as four words; undefined where that is none. */
function parseIpv6(text: string, from = 0, to = text.length): readonly number[] | undefined {
  const groups = [0, 0, 0, 0, 0, 0, 0, 0];
  let count = 0;
  // Before which group a run of zeros is left out.
  let gap = -1;
  let at = from;
  if (text.startsWith("::", from)) {
    gap = 0;
    at += 2;
  }
  while (at < to) {
    const start = at;
    let group = 0;
    for (let digit = hexDigit(text, at, to); digit >= 0; digit = hexDigit(text, at, to)) {
      group = (group << 4) | digit;
      at++;
    }
    if (text.charCodeAt(at) === DOT && at < to) {
      // Dotted IPv4 at the end, as in ::ffff:10.0.0.1, stands for two groups.
      const ipv4 = parseIpv4(text, start, to);
      if (ipv4 === undefined || count > 6) return undefined;
      groups[count++] = ipv4 >>> 16;
      groups[count++] = ipv4 & 0xffff;
      break;
    }
    if (at === start || at - start > 4 || count === 8) return undefined;
    groups[count++] = group;
    if (at >= to) break;
    if (text.charCodeAt(at) !== COLON || ++at === to) return undefined;
    if (text.charCodeAt(at) !== COLON) continue;
    if (gap >= 0) return undefined;
    gap = count;
    at++;
  }
  if (gap < 0 ? count !== 8 : count === 8) return undefined;
  if (gap >= 0) groups.splice(gap, 0, ...groups.splice(count));
  return [
    (groups[0]! << 16) | groups[1]!,
    (groups[2]! << 16) | groups[3]!,
    (groups[4]! << 16) | groups[5]!,
    (groups[6]! << 16) | groups[7]!,
  ];
}

/** The value of a hexadecimal digit; -1 where there is none. */
function hexDigit(text: string, at: number, to: number): number {
  if (at >= to) return -1;
  const code = text.charCodeAt(at);
  if (code >= ZERO && code <= NINE) return code - ZERO;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
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
