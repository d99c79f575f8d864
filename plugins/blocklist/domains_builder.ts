/** Gathers the domains of lists into what domains.ts searches, on the main thread. */

import { domainToASCII } from "node:url";
import {
  type DomainData,
  DOT,
  EMPTY_HASH,
  exceptedOf,
  finish,
  flagsOf,
  hashBefore,
  HEAD,
  listedOf,
  listOf,
  lower,
  PLACES,
  type Reach,
  slotOf,
} from "./domains.ts";
import { Growing } from "./growing.ts";

/** Lengths of a label and of a name without its last dot (RFC 1035). */
const LONGEST_LABEL = 63;
const LONGEST_NAME = 253;
const NO_DOMAIN = "this is no address, network or domain";

export class DomainsBuilder {
  /** How many names there are. */
  count = 0;
  readonly #names = new Growing(Uint8Array, PLACES);
  /** Place 0 stands for an empty slot. */
  #end = 1;
  #slots = new Uint32Array(new SharedArrayBuffer(1 << 14));

  /**
   * Adds the name between two places of a text, or to what is known of it; says what is wrong with it, if anything. A
   * name of one label is one only where `single` says so: words of a text that is no list are not taken for names.
   */
  add(
    text: string,
    from: number,
    to: number,
    reach: Reach,
    excepted: boolean,
    single: boolean,
    list: number,
  ): string | undefined {
    const length = this.#copy(text, from, to, single);
    if (length === NOT_ASCII) {
      const ascii = domainToASCII(text.slice(from, to));
      if (ascii === "") return NO_DOMAIN;
      return this.add(ascii, 0, ascii.length, reach, excepted, single, list);
    }
    if (length === 0) return NO_DOMAIN;
    const place = this.#intern(length);
    const names = this.#names.values;
    const flags = names[place]! | (names[place + 1]! << 8);
    const changed = excepted
      ? flagsOf(listedOf(flags), Math.max(exceptedOf(flags), reach), listOf(flags))
      // The widest entry counts, and of those the first; a narrower one says nothing new.
      : reach > listedOf(flags)
      ? flagsOf(reach, exceptedOf(flags), list)
      : flags;
    names[place] = changed & 255;
    names[place + 1] = changed >> 8;
    return undefined;
  }

  /** All of it, in memory that threads share. */
  data(): DomainData {
    return { names: this.#names.buffer, slots: this.#slots.buffer };
  }

  /** Writes a name behind the others, not yet as one of them; its length, 0 where it is no name. */
  #copy(text: string, from: number, to: number, single: boolean): number {
    if (to > from && text.charCodeAt(to - 1) === DOT) to--;
    const length = to - from;
    this.#reserve(HEAD + LONGEST_NAME);
    const names = this.#names.values;
    let label = 0;
    let labels = 1;
    let isNumber = true;
    let fits = length <= LONGEST_NAME;
    for (let at = from, put = this.#end + HEAD; at < to; at++, put++) {
      const code = lower(text.charCodeAt(at));
      if (code > 127) return NOT_ASCII;
      // Past the longest name there may be no room; the rest is only looked through for what is not ASCII.
      if (!fits) continue;
      names[put] = code;
      if (code === DOT) {
        if (label === 0) fits = false;
        label = 0;
        labels++;
        isNumber = true;
      } else if (isNameCharacter(code)) {
        if (++label > LONGEST_LABEL) fits = false;
        if (code < 48 || code > 57) isNumber = false;
      } else fits = false;
    }
    // A last label of digits would be an address (RFC 3696, 2), most likely one with a slip.
    return fits && label > 0 && !isNumber && (single || labels > 1) ? length : 0;
  }

  /** The place of the name that was copied last. */
  #intern(length: number): number {
    const names = this.#names.values;
    const place = this.#end;
    const hash = this.#hashAt(place, length);
    const mask = this.#slots.length - 1;
    let at = hash & mask;
    for (let slot = this.#slots[at]!; slot !== 0; slot = this.#slots[at]!) {
      const other = slot & (PLACES - 1);
      if (slotOf(hash, other) === slot && this.#isSame(other, place, length)) return other;
      at = (at + 1) & mask;
    }
    this.#slots[at] = slotOf(hash, place);
    names[place] = names[place + 1] = 0;
    names[place + 2] = length;
    this.#end += HEAD + length;
    this.count++;
    // Two thirds full, a search that fails still ends after a few slots, which lie in one or two cache lines.
    if (this.count * 3 > this.#slots.length * 2) this.#rehash();
    return place;
  }

  #isSame(place: number, copied: number, length: number): boolean {
    const names = this.#names.values;
    if (names[place + 2] !== length) return false;
    for (let i = HEAD; i < HEAD + length; i++) {
      if (names[place + i] !== names[copied + i]) return false;
    }
    return true;
  }

  #hashAt(place: number, length: number): number {
    const names = this.#names.values;
    let hash = EMPTY_HASH;
    for (let at = place + HEAD + length - 1; at >= place + HEAD; at--) {
      hash = hashBefore(hash, names[at]!);
    }
    return finish(hash);
  }

  #rehash(): void {
    const slots = new Uint32Array(new SharedArrayBuffer(this.#slots.byteLength * 2));
    const mask = slots.length - 1;
    for (let place = 1; place < this.#end;) {
      const length = this.#names.values[place + 2]!;
      const hash = this.#hashAt(place, length);
      let at = hash & mask;
      while (slots[at] !== 0) at = (at + 1) & mask;
      slots[at] = slotOf(hash, place);
      place += HEAD + length;
    }
    this.#slots = slots;
  }

  #reserve(bytes: number): void {
    const end = this.#end + bytes;
    if (end > PLACES) throw new RangeError(`domains of more than ${PLACES} bytes are too many`);
    this.#names.reserve(end);
  }
}

/** In place of a length: the name has characters of other scripts. */
const NOT_ASCII = -1;

/** Letters, digits and hyphens of host names, and the underscore, which names of services have. */
function isNameCharacter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 45 || code === 95;
}
