/** IP addresses as text. */

/** Dotted decimal of an unsigned 32-bit number, first octet highest. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The text that RFC 5952 recommends for an IPv6 address of 16 bytes. */
export function formatIpv6(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  const text = (part: readonly number[]) => part.map((word) => word.toString(16)).join(":");
  if (isMapped(words)) return `::ffff:${formatIpv4(((words[6]! << 16) | words[7]!) >>> 0)}`;
  const zeros = longestZeros(words);
  if (zeros.length < 2) return text(words);
  return `${text(words.slice(0, zeros.start))}::${text(words.slice(zeros.start + zeros.length))}`;
}

/** ::ffff:0:0/96, whose last 32 bits RFC 5952 section 5 writes as IPv4. */
function isMapped(words: readonly number[]): boolean {
  return words[5] === 0xffff && words.slice(0, 5).every((word) => word === 0);
}

/** The first of the longest runs of zero words. */
function longestZeros(words: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= words.length; i++) {
    if (words[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}

/** The unsigned 32-bit number of a text for which `isIP` of node:net gives 4. */
export function parseIpv4(text: string): number {
  return text.split(".").reduce((number, octet) => number * 256 + Number(octet), 0);
}

/** The 16 bytes of a text for which `isIP` gives 6; a zone (%eth0) is left out. */
export function parseIpv6(text: string): Uint8Array<ArrayBuffer> {
  const [address = ""] = text.split("%", 1);
  const hexadecimal = address.replace(/[^:]+\.[^:]+$/, (tail) => {
    const number = parseIpv4(tail);
    return `${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`;
  });
  const [head = "", tail = ""] = hexadecimal.split("::");
  const words = (part: string) => part === "" ? [] : part.split(":").map((word) => parseInt(word, 16));
  const before = words(head);
  const after = words(tail);
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((word) => [word >> 8, word & 255]));
}
