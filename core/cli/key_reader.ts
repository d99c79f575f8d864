/**
 * Keys out of the bytes that a terminal sends.
 *
 * Not all of them were typed: a terminal answers what programs ask it, and tells of the mouse. So whoever can write to the
 * terminal can have letters sent, and none of those may answer a question.
 */

/** Which keys there are, and what each stands for. */
export interface KeyTable<Key> {
  /** Keys that are one byte, by its character. */
  readonly single: Readonly<Record<string, Key>>;
  /** Keys that are a control sequence (ECMA-48), without its beginning ESC [ or ESC O. */
  readonly sequences: Readonly<Record<string, Key>>;
  /**
   * The key of a character that can be seen and is none of `single`, typed or pasted; without it there are no such keys.
   * For what is looked for, never where keys answer.
   */
  readonly text?: (character: string) => Key;
  /** The key Escape; it is told from the beginning of a sequence by {@linkcode KeyReader.pause}. */
  readonly escape?: Key;
}

/**
 * No question takes a key before nobody has typed for as many milliseconds. Whoever is typing to something else would
 * answer it otherwise, and a key that is held down would answer every one.
 */
export const QUIET = 200;

const ESCAPE = 0x1b;
const BELL = 0x07;
/** ST as a C1 control. */
const STRING_END = 0x9c;

/** Ctrl-C, Ctrl-\ and Ctrl-Z, which send signals elsewhere. */
const SIGNALS = new Set([0x03, 0x1c, 0x1a]);

/** Longer ones are nobody's, not even a terminal's that tells all it can do; what follows is taken for keys again. */
const LONGEST_SEQUENCE = 1024;

/** DCS, SOS, OSC, PM, APC behind their ESC: strings, by which terminals tell colours, titles, the clipboard, what they are. */
const STRINGS = new Set("PX]^_");

/**
 * Characters behind a sequence that belong to it: the mouse of X10 with button and place, that of highlighting, and what
 * the Linux console has for the keys F1 to F5.
 */
const FOLLOWED: Readonly<Record<string, number>> = { "[M": 3, "[t": 2, "[T": 6, "[[": 1 };

/** C1 controls (ECMA-48), which a terminal may send in place of ESC and a letter. */
const isC1 = (byte: number) => byte >= 0x80 && byte <= 0x9f;
const isContinuation = (byte: number) => byte >= 0x80 && byte <= 0xbf;
/** Begins the two bytes that a C1 control is in UTF-8; the first of longer characters are greater. */
const C1_IN_UTF8 = 0xc2;

/**
 * Reads keys. What is pasted (between ESC [ 200 ~ and ESC [ 201 ~), unknown sequences with all their bytes, what a
 * terminal answers, Alt with a key and all that is no ASCII are no keys: an `a` in them answers nothing.
 */
export class KeyReader<Key> {
  #table: KeyTable<Key>;
  /** Puts the bytes of a character together. */
  readonly #decoder = new TextDecoder();
  /** Whether the key that was read last is a character of a text. */
  #isText = false;
  /** What has come of a sequence, without its ESC; undefined outside of one. */
  #sequence: string | undefined;
  /** Characters of a string so far; undefined outside of one. */
  #string: number | undefined;
  /** Characters that are still to come of a sequence. */
  #following = 0;
  #pasting = false;
  /** The byte before, where it may belong to one character with the next. */
  #before = 0;

  constructor(table: KeyTable<Key>) {
    this.#table = table;
  }

  /** What is typed from now on stands for the keys of another table. */
  use(table: KeyTable<Key>): void {
    this.#table = table;
  }

  /** The keys of bytes that were typed; none for bytes that begin a sequence which is not at its end yet. */
  read(bytes: Uint8Array): Key[] {
    const keys: Key[] = [];
    for (const byte of bytes) {
      const key = this.#take(byte);
      if (key !== undefined && (this.#isText || !this.#pasting)) keys.push(key);
    }
    return keys;
  }

  /**
   * Forgets a sequence that was begun and did not go on: it was the key Escape, which is returned, or Alt with another
   * one. A string that has begun to say something goes on until it ends.
   */
  pause(): Key | undefined {
    const isEscape = this.#sequence === "" && !this.#pasting;
    this.#sequence = undefined;
    this.#following = 0;
    if (this.#string === 0) this.#string = undefined;
    return isEscape ? this.#table.escape : undefined;
  }

  /** True where the next byte may belong to one that was read. */
  get isWithin(): boolean {
    return this.#sequence !== undefined || this.#string !== undefined || this.#following > 0;
  }

  #take(byte: number): Key | undefined {
    const before = this.#before;
    this.#before = byte;
    this.#isText = false;
    if (byte === ESCAPE) return this.#begin();
    if (this.#string !== undefined) return this.#inString(this.#string, byte);
    if (this.#following > 0) {
      if (byte >= 0x20) return this.#follow(byte, before);
      this.#following = 0;
    }
    if (this.#sequence !== undefined) return this.#inSequence(this.#sequence, byte);
    if (isC1(byte) && (before < 0x80 || before === C1_IN_UTF8)) return this.#control(byte);
    return this.#single(byte);
  }

  #begin(): undefined {
    this.#string = undefined;
    this.#following = 0;
    this.#sequence = "";
  }

  /** Ends with ESC (and `\`), ST or BEL; and with keys that send a signal, so that nobody is caught in it. */
  #inString(length: number, byte: number): Key | undefined {
    this.#string = length + 1;
    const isSignal = SIGNALS.has(byte);
    if (byte !== BELL && byte !== STRING_END && !isSignal) return undefined;
    this.#string = undefined;
    this.#before = 0;
    return isSignal ? this.#single(byte) : undefined;
  }

  #follow(byte: number, before: number): undefined {
    // Places beyond column 95 may be two bytes.
    if (before >= C1_IN_UTF8 && isContinuation(byte)) return;
    this.#following--;
    if (this.#following === 0) this.#before = 0;
  }

  /** As ESC and the letter that stands for it. */
  #control(byte: number): undefined {
    this.#before = 0;
    this.#begin();
    this.#inSequence("", byte - 0x40);
  }

  #single(byte: number): Key | undefined {
    return own(this.#table.single, String.fromCharCode(byte)) ?? this.#character(byte);
  }

  #character(byte: number): Key | undefined {
    if (this.#table.text === undefined || byte < 0x20 || byte === 0x7f) return undefined;
    // Half a character is none.
    const character = this.#decoder.decode(Uint8Array.of(byte), { stream: true }).replaceAll("\ufffd", "");
    if (character === "") return undefined;
    this.#isText = true;
    return this.#table.text(character);
  }

  #inSequence(sequence: string, byte: number): Key | undefined {
    const character = String.fromCharCode(byte);
    const begun = sequence !== "";
    // Parameters and intermediate bytes go on, a final byte ends (ECMA-48, 5.4); ESC O has one byte only.
    const goesOn = begun ? sequence[0] === "[" && byte >= 0x20 && byte <= 0x3f : /[[O]/.test(character);
    if (goesOn && sequence.length < LONGEST_SEQUENCE) {
      this.#sequence = sequence + character;
      return undefined;
    }
    this.#sequence = undefined;
    if (!begun && STRINGS.has(character)) this.#string = 0;
    this.#following = FOLLOWED[sequence + character] ?? 0;
    const parameters = `${sequence.slice(1)}${character}`;
    if (parameters === "200~") this.#pasting = true;
    if (parameters === "201~") this.#pasting = false;
    return begun ? own(this.#table.sequences, parameters) : undefined;
  }
}

function own<Key>(table: Readonly<Record<string, Key>>, name: string): Key | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
