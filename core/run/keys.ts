/** Keys of a question out of the bytes that a terminal sends. */

/** What a key asks for; a number chooses the scope at that place, from 1. */
export type Key =
  | "allow"
  | "deny"
  | "default"
  | "next"
  | "previous"
  | "interrupt"
  | "quit"
  | "suspend"
  | number;

const ESCAPE = 0x1b;

/** Keys that are one byte. */
const SINGLE: Readonly<Record<string, Key>> = {
  a: "allow",
  A: "allow",
  d: "deny",
  D: "deny",
  "\r": "default",
  "\n": "default",
  "\t": "next",
  "\x03": "interrupt",
  "\x1c": "quit",
  "\x1a": "suspend",
};

/** Keys that are a control sequence (ECMA-48), without its beginning ESC [ or ESC O. */
const SEQUENCES: Readonly<Record<string, Key>> = { C: "next", D: "previous", Z: "previous" };

/** Longer ones are nobody's key; what follows is taken for keys again. */
const LONGEST_SEQUENCE = 32;

/**
 * Reads keys. What is pasted (between ESC [ 200 ~ and ESC [ 201 ~), unknown sequences with all their bytes, Alt with a
 * key and all that is no ASCII are no keys: an `a` in them answers nothing.
 */
export class KeyReader {
  /** What has come of a sequence, without its ESC; undefined outside of one. */
  #sequence: string | undefined;
  #pasting = false;

  /** The keys of bytes that were typed; none for bytes that begin a sequence which is not at its end yet. */
  read(bytes: Uint8Array): Key[] {
    const keys: Key[] = [];
    for (const byte of bytes) {
      const key = this.#sequence === undefined ? this.#single(byte) : this.#inSequence(this.#sequence, byte);
      if (key !== undefined && !this.#pasting) keys.push(key);
    }
    return keys;
  }

  /** Forgets a sequence that was begun and did not go on: it was the key Escape. */
  pause(): void {
    this.#sequence = undefined;
  }

  #single(byte: number): Key | undefined {
    if (byte === ESCAPE) {
      this.#sequence = "";
      return undefined;
    }
    const character = String.fromCharCode(byte);
    if (/[1-9]/.test(character)) return Number(character);
    return Object.hasOwn(SINGLE, character) ? SINGLE[character] : undefined;
  }

  #inSequence(sequence: string, byte: number): Key | undefined {
    const character = String.fromCharCode(byte);
    if (byte === ESCAPE) {
      this.#sequence = "";
      return undefined;
    }
    const begun = sequence !== "";
    // Parameters and intermediate bytes go on, a final byte ends (ECMA-48, 5.4); ESC O has one byte only.
    const goesOn = begun ? sequence[0] === "[" && byte >= 0x20 && byte <= 0x3f : /[[O]/.test(character);
    if (goesOn && sequence.length < LONGEST_SEQUENCE) {
      this.#sequence = sequence + character;
      return undefined;
    }
    this.#sequence = undefined;
    const parameters = `${sequence.slice(1)}${character}`;
    if (parameters === "200~") this.#pasting = true;
    if (parameters === "201~") this.#pasting = false;
    return begun && Object.hasOwn(SEQUENCES, parameters) ? SEQUENCES[parameters] : undefined;
  }
}
