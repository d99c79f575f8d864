/** Texts of events without allocating: the same program asks again and again. */

/** Texts kept at once. A power of two, so that a hash becomes a slot by masking. */
const SLOTS = 1024;

/** Longer texts are decoded each time, so that a hostile program cannot make the cache large: 512 KB at most. */
const LONGEST = 512;

/** A cache from bytes to the text made of them, bounded in size; a new text takes the slot of an older one. */
export class StringCache {
  readonly #decode: (bytes: Uint8Array) => string;
  readonly #hashes = new Int32Array(SLOTS);
  readonly #keys: (Uint8Array | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #texts: string[] = new Array(SLOTS).fill("");

  constructor(decode: (bytes: Uint8Array) => string = utf8) {
    this.#decode = decode;
  }

  /** The text of `length` bytes at `offset`. */
  get(bytes: Uint8Array, offset: number, length: number): string {
    if (length > LONGEST) return this.#decode(bytes.slice(offset, offset + length));
    let hash = 0x811c9dc5 | 0; // FNV-1a
    for (let i = offset; i < offset + length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    const key = this.#keys[slot];
    if (key !== undefined && this.#hashes[slot] === hash && equal(key, bytes, offset, length)) {
      return this.#texts[slot]!;
    }
    const copy = bytes.slice(offset, offset + length);
    const text = this.#decode(copy);
    this.#hashes[slot] = hash;
    this.#keys[slot] = copy;
    this.#texts[slot] = text;
    return text;
  }
}

function equal(key: Uint8Array, bytes: Uint8Array, offset: number, length: number): boolean {
  if (key.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (key[i] !== bytes[offset + i]) return false;
  }
  return true;
}

// A byte order mark is part of a name: leaving it out would let a program take the name of another.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Bytes that are no UTF-8 become U+FFFD. */
export function utf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
