/**
 * How names lie in memory that threads share: a ring of entries (an address with the names of one answer) and a hash table of
 * lists of them. What table.ts writes, name_reader.ts reads.
 */

import { MOST_NAMES } from "./dns.ts";

/** Entries in one list, so that the time to decide stays bounded; with a hash that nobody can foresee it is never reached. */
export const MOST_STEPS = 512;

/** Words before the lists: the seed, and nothing. */
export const HEAD = 8;
/** In the list of a hash: its first entry and its version. */
export const LIST_WORDS = 2;

// Words of an entry, behind its size.
export const NEXT = 1;
export const ADDRESS = 2;
export const EXPIRES = 6;
export const LENGTH = 7;
export const TEXT = 8;

/** Stands where there is no entry: the ring begins behind the lists. */
export const NONE = 0;

/** Characters of all names of an entry, and the spaces between them. */
export const LONGEST_TEXT = MOST_NAMES * 1024;

/** The third word of IPv4-mapped IPv6, as which IPv4 stands here. */
export const MAPPED = 0xffff;

/** The words of an address of 4 or 16 bytes. */
export function toWords(address: Uint8Array, words: Int32Array): void {
  const from = address.length - 16;
  for (let i = 0; i < 4; i++) {
    const at = from + i * 4;
    words[i] = at < 0
      ? 0
      : (address[at]! << 24) | (address[at + 1]! << 16) | (address[at + 2]! << 8) | address[at + 3]!;
  }
  if (address.length === 4) words[2] = MAPPED;
}

/** Whether an entry is of an address. */
export function hasKey(words: Int32Array, at: number, key: Int32Array): boolean {
  return words[at + ADDRESS] === key[0] && words[at + ADDRESS + 1] === key[1] &&
    words[at + ADDRESS + 2] === key[2] && words[at + ADDRESS + 3] === key[3];
}

/** The list of an address (the mixing of MurmurHash3). */
export function listOf(key: Int32Array, seed: number, mask: number): number {
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
