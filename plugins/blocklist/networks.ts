/**
 * Networks of lists, and the search for the one around an address. The address space is cut where the answer changes: the
 * starts of those ranges, sorted, with the answer of each. A table by the first 16 bits says between which of them to look.
 */

import { NONE } from "./domains.ts";
import { viewOf } from "./growing.ts";

/** Ranges of one family, as data that another thread can be handed. */
export interface RangeData {
  /** First address of each range, 32-bit words, highest first; the first range begins at the first address there is. */
  readonly starts: SharedArrayBuffer;
  /** For each range the list that it is on, from 1; 0 for none. 16 bits. */
  readonly lists: SharedArrayBuffer;
  /** For each value of the first 16 bits, and one more, how many ranges start below it. 32 bits. */
  readonly index: SharedArrayBuffer;
}

/** Networks, as data that another thread can be handed; undefined for a family that has none. */
export interface NetworkData {
  readonly ipv4: RangeData | undefined;
  readonly ipv6: RangeData | undefined;
}

/** Values of the first 16 bits. */
export const PREFIXES = 1 << 16;

/** Finds the list that an address is on; of several networks around it the longest prefix counts. */
export class Networks {
  readonly #ipv4: Ranges | undefined;
  readonly #ipv6: Ranges | undefined;

  constructor({ ipv4, ipv6 }: NetworkData) {
    this.#ipv4 = ipv4 && new Ranges(ipv4, 1);
    this.#ipv6 = ipv6 && new Ranges(ipv6, 4);
  }

  /** The list of an IPv4 address, or NONE. */
  find4(address: number): number {
    return this.#ipv4 === undefined ? NONE : this.#ipv4.find(address >>> 0, 0, 0, 0);
  }

  /** The list of an IPv6 address of four words, or NONE. */
  find6(a: number, b: number, c: number, d: number): number {
    return this.#ipv6 === undefined ? NONE : this.#ipv6.find(a >>> 0, b >>> 0, c >>> 0, d >>> 0);
  }
}

class Ranges {
  readonly #starts: Uint32Array;
  readonly #lists: Uint16Array;
  readonly #index: Uint32Array;

  /** `width` is 1 for IPv4, 4 for IPv6. */
  constructor({ starts, lists, index }: RangeData, readonly width: 1 | 4) {
    this.#starts = viewOf(Uint32Array, starts);
    this.#lists = viewOf(Uint16Array, lists);
    this.#index = new Uint32Array(index);
  }

  find(a: number, b: number, c: number, d: number): number {
    // Of the ranges that start at or below the address, the last.
    let low = this.#index[a >>> 16]!;
    let high = this.#index[(a >>> 16) + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isAbove(middle, a, b, c, d)) high = middle;
      else low = middle + 1;
    }
    return this.#lists[low - 1]! - 1;
  }

  /** Whether a range starts above an address. */
  #isAbove(range: number, a: number, b: number, c: number, d: number): boolean {
    const starts = this.#starts;
    if (this.width === 1) return starts[range]! > a;
    const at = range * 4;
    if (starts[at] !== a) return starts[at]! > a;
    if (starts[at + 1] !== b) return starts[at + 1]! > b;
    if (starts[at + 2] !== c) return starts[at + 2]! > c;
    return starts[at + 3]! > d;
  }
}
