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
const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const encoder = new TextEncoder();

/** A byte that is no UTF-8 is added to this, as in Python's PEP 383. */
const ESCAPE = 0xdc00;

/** The least code point that UTF-8 writes with so many bytes; 0 bytes write none. */
const LEAST = [Infinity, 0, 0x80, 0x800, 0x10000];

/**
 * The text of bytes that a program chose. Each byte that is no UTF-8 becomes a lone surrogate of its own, so that two
 * names are never one text; {@linkcode utf8Bytes} gives the bytes back.
 */
export function utf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return escaped(bytes);
  }
}

/** The bytes of a text of {@linkcode utf8}. Lone surrogates that stand for no byte become U+FFFD. */
export function utf8Bytes(text: string): Uint8Array<ArrayBuffer> {
  if (text.isWellFormed()) return encoder.encode(text);
  return Uint8Array.from([...text].flatMap((character) => {
    const byte = character.charCodeAt(0) - ESCAPE;
    return byte >= 0x80 && byte <= 0xff ? [byte] : [...encoder.encode(character)];
  }));
}

// By hand, as decoding piece by piece would throw for each of the thousands of bytes of a hostile path.
function escaped(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = lengthOf(bytes[at]!);
    const code = codePoint(bytes, at, length);
    const isCharacter = code >= LEAST[length]! && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    text += isCharacter ? String.fromCodePoint(code) : String.fromCharCode(ESCAPE + bytes[at]!);
    at += isCharacter ? length : 1;
  }
  return text;
}

/** Bytes of the character that begins with this one, 0 where none does. */
function lengthOf(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc0 || first > 0xf7) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** What the bytes at `at` say, NaN where one of them cannot go on a character. */
function codePoint(bytes: Uint8Array, at: number, length: number): number {
  let code = length < 2 ? bytes[at]! : bytes[at]! & (0x7f >> length);
  for (let i = at + 1; i < at + length; i++) {
    const next = bytes[i] ?? 0;
    code = (next & 0xc0) === 0x80 ? code * 64 + (next & 0x3f) : NaN;
  }
  return code;
}
