/**
 * A table of keys in fixed memory. A key belongs into one set of sixteen slots, found by its hash; where all sixteen are
 * taken, whoever counts says which of them gives way. So every look costs the same, nothing grows, and nothing is
 * allocated once the table is made.
 */

/** Slots of a set: their tags fill one cache line. */
export const WAYS = 16;
/** With sets half full, 4 of 1,000 have more keys than slots (Poisson), where the table as a whole is not full. */
const FILL = WAYS / 2;

/** What is kept for each key beside the key itself. */
export interface Keeper {
  /** Makes room: gives up what is kept in one of the slots of a full set (the first is `first`), and says which. */
  evict(set: number, first: number): number;
  /** A slot of a set is a new key's; what was kept in it is of no use. */
  begin(slot: number, set: number): void;
}

/** Keys of a fixed number of 32-bit words. */
export class KeyTable {
  /** How many sets there are; the slots of set `s` are those from `s * WAYS` on. */
  readonly sets: number;
  readonly #width: number;
  readonly #tags: Int32Array;
  readonly #keys: Int32Array;
  #evictions = 0;

  /**
   * Room for about `keys` keys at once.
   *
   * @param width words of a key
   * @param seed known to nobody else, so that no program can compute which keys fall into one set; should it find some
   * all the same, it crowds that set of 16 only
   */
  constructor(keys: number, width: number, readonly seed: number) {
    this.sets = Math.max(1, Math.ceil(keys / FILL));
    this.#width = width;
    this.#tags = new Int32Array(this.sets * WAYS);
    this.#keys = new Int32Array(this.sets * WAYS * width);
  }

  /** Number of slots. */
  get slots(): number {
    return this.#tags.length;
  }

  /** Bytes that the table takes, whatever is in it. */
  get byteLength(): number {
    return this.#tags.byteLength + this.#keys.byteLength;
  }

  /** How often a key made room for another one. */
  get evictions(): number {
    return this.#evictions;
  }

  /** The slot of a key; one that is not in the table gets one. */
  slotOf(key: Int32Array, keeper: Keeper): number {
    const hash = this.#hash(key);
    const set = (hash >>> 0) % this.sets;
    // 0 marks a slot that was never taken.
    const tag = hash === 0 ? 1 : hash;
    const first = set * WAYS;
    let slot = first;
    for (; slot < first + WAYS; slot++) {
      const found = this.#tags[slot];
      if (found === tag && this.#has(slot, key)) return slot;
      // Slots are taken from the first on and never given back.
      if (found === 0) break;
    }
    if (slot === first + WAYS) {
      slot = keeper.evict(set, first);
      this.#evictions++;
    }
    this.#tags[slot] = tag;
    this.#write(slot, key);
    keeper.begin(slot, set);
    return slot;
  }

  #has(slot: number, key: Int32Array): boolean {
    const at = slot * this.#width;
    for (let i = 0; i < this.#width; i++) {
      if (this.#keys[at + i] !== key[i]) return false;
    }
    return true;
  }

  #write(slot: number, key: Int32Array): void {
    const at = slot * this.#width;
    for (let i = 0; i < this.#width; i++) this.#keys[at + i] = key[i]!;
  }

  #hash(key: Int32Array): number {
    let hash = this.seed | 0;
    for (let i = 0; i < this.#width; i++) hash = mix(hash, key[i]!);
    return finish(hash);
  }
}

/** Takes a word into a hash (MurmurHash3, 32 bits). */
export function mix(hash: number, word: number): number {
  word = Math.imul(word, 0xcc9e2d51);
  word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
  hash ^= word;
  hash = (hash << 13) | (hash >>> 19);
  return (Math.imul(hash, 5) + 0xe6546b64) | 0;
}

/** Spreads what was taken in over all bits. */
export function finish(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
