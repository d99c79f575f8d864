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
