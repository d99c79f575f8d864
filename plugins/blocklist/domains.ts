/**
 * Domains of lists, and the search for the entry of a name: of the very name, or of a domain around it.
 *
 * A million names as strings in a Map would take 100 MB and could not be handed to another thread without copying. Here they
 * lie one behind the other in shared memory, and a hash table of their places finds them. The hash goes from the last
 * character to the first, so that one pass over a name has the hash of each domain around it on the way.
 */

import { viewOf } from "./growing.ts";

/** How far an entry reaches: the very name, or also all names below it. */
export const NAME = 1;
export const BELOW = 2;
export type Reach = typeof NAME | typeof BELOW;

/** No list. */
export const NONE = -1;
/** No list, and none may be found for what has this name besides. */
export const EXCEPTED = -2;

/** More lists have no room beside a name. */
export const MOST_LISTS = 1 << 12;

/** Domains, as data that another thread can be handed. */
export interface DomainData {
  /** From 1 on, for each name: [flags, flags, length, characters…]; see {@linkcode flagsOf}. */
  readonly names: SharedArrayBuffer;
  /** Hash table, open addressing: place in `names` and a few bits of the hash, 0 where there is nothing. */
  readonly slots: SharedArrayBuffer;
}

/** The flags of a name: how far it is listed and excepted (0 for not at all), and by which list. */
export function flagsOf(listed: number, excepted: number, list: number): number {
  return listed | (excepted << 2) | (list << 4);
}

/** Takes flags apart. */
export const listedOf = (flags: number): number => flags & 3;
export const exceptedOf = (flags: number): number => (flags >> 2) & 3;
export const listOf = (flags: number): number => flags >> 4;

/** Bytes of a name before its characters. */
export const HEAD = 3;
/** The places that a slot can hold; the bits above are some of the hash, which spare most looks at other names. */
export const PLACES = 1 << 27;
const PLACE_MASK = PLACES - 1;

/** The hash of no character. */
export const EMPTY_HASH = 0x811c9dc5 | 0;

/** The hash with one more character before those that it has (FNV-1a). */
export function hashBefore(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193);
}

/** Mixes a finished hash, for FNV's own low bits depend on the first characters only. */
export function finish(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** What a slot holds for a name. */
export function slotOf(hash: number, place: number): number {
  return ((hash & ~PLACE_MASK) | place) >>> 0;
}

/** Small for the capital letters that DNS does not tell apart. */
export function lower(code: number): number {
  return code >= 65 && code <= 90 ? code | 32 : code;
}

export const DOT = 46;

/** Finds the names of the lists. */
export class Domains {
  readonly #names: Uint8Array;
  readonly #slots: Uint32Array;

  constructor({ names, slots }: DomainData) {
    this.#names = viewOf(Uint8Array, names);
    this.#slots = new Uint32Array(slots);
  }

  /** The list with the nearest entry around a name, or NONE; one exception around it, EXCEPTED, is stronger than all entries. */
  find(name: string): number {
    const end = name.charCodeAt(name.length - 1) === DOT ? name.length - 1 : name.length;
    let hash = EMPTY_HASH;
    let list = NONE;
    for (let at = end - 1; at >= 0; at--) {
      const code = lower(name.charCodeAt(at));
      if (code === DOT) {
        const flags = this.#flags(name, at + 1, end, finish(hash));
        if (exceptedOf(flags) === BELOW) return EXCEPTED;
        if (listedOf(flags) === BELOW) list = listOf(flags);
      }
      hash = hashBefore(hash, code);
    }
    const flags = this.#flags(name, 0, end, finish(hash));
    if (exceptedOf(flags) !== 0) return EXCEPTED;
    return listedOf(flags) === 0 ? list : listOf(flags);
  }

  /** Flags of a part of a name; 0 where it is not there. */
  #flags(name: string, from: number, to: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = hash & mask;; at = (at + 1) & mask) {
      const slot = slots[at]!;
      if (slot === 0) return 0;
      if (((slot ^ hash) & ~PLACE_MASK) !== 0) continue;
      const place = slot & PLACE_MASK;
      if (!this.#isAt(place, name, from, to)) continue;
      return this.#names[place]! | (this.#names[place + 1]! << 8);
    }
  }

  #isAt(place: number, name: string, from: number, to: number): boolean {
    const names = this.#names;
    if (names[place + 2] !== to - from) return false;
    for (let at = from, other = place + HEAD; at < to; at++, other++) {
      if (names[other] !== lower(name.charCodeAt(at))) return false;
    }
    return true;
  }
}
