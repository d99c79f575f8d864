/**
 * Regular expressions over the bytes of a payload, in the part of the usual syntax that an automaton can run in
 * bounded time: no back references, no looking around.
 */

import { ANY, Automaton, complement, HIGHEST_UNIT, type Part, unit } from "./automaton.ts";

const DIGIT = [48, 57];
const SPACE = [9, 13, 32, 32];
const WORD = [48, 57, 65, 90, 95, 95, 97, 122];
const CLASSES: Readonly<Record<string, readonly number[]>> = {
  d: DIGIT,
  D: complement(DIGIT),
  s: SPACE,
  S: complement(SPACE),
  w: WORD,
  W: complement(WORD),
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, "0": 0 };
// More repetitions would not fit the automaton anyway.
const REPEAT_LIMIT = 500;

/**
 * Compiles an expression; `(?i)` at its start takes ASCII letters of either case. `.` is any byte. Characters beyond
 * ASCII stand for their UTF-8 bytes.
 *
 * Throws an Error that names what is not understood and its place in the expression.
 */
export function compileRegexp(source: string): Automaton {
  return new Automaton(new Parser(source).parse());
}

class Parser {
  #at = 0;
  readonly #fold: boolean;

  constructor(readonly source: string) {
    this.#fold = source.startsWith("(?i)");
    if (this.#fold) this.#at = 4;
  }

  parse(): Part {
    const part = this.#choice();
    if (this.#at < this.source.length) throw this.#error(`")" without "("`);
    return part;
  }

  #choice(): Part {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
  }

  #sequence(): Part {
    const parts: Part[] = [];
    while (this.#at < this.source.length && this.#peek() !== "|" && this.#peek() !== ")") {
      parts.push(this.#repeat(this.#atom()));
    }
    return { kind: "sequence", parts };
  }

  #repeat(part: Part): Part {
    if (this.#take("*")) return this.#repeat({ kind: "repeat", part, min: 0, max: Infinity });
    if (this.#take("+")) return this.#repeat({ kind: "repeat", part, min: 1, max: Infinity });
    // Being lazy changes which text is found, not whether one is.
    if (this.#take("?")) return this.#repeat({ kind: "repeat", part, min: 0, max: 1 });
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.source.slice(this.#at));
    if (counted === null) return part;
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] === "" ? Infinity : Number(counted[3]);
    if (max < min || min > REPEAT_LIMIT || (max !== Infinity && max > REPEAT_LIMIT)) {
      throw this.#error(`"${counted[0]}" repeats too often or backwards`);
    }
    this.#at += counted[0].length;
    return this.#repeat({ kind: "repeat", part, min, max });
  }

  #atom(): Part {
    const char = this.#next();
    if (char === "(") return this.#group();
    if (char === "[") return { kind: "unit", ranges: this.#set() };
    if (char === ".") return ANY;
    if (char === "^") return { kind: "start" };
    if (char === "$") return { kind: "end" };
    if (char === "\\") return this.#escape();
    if ("*+?".includes(char)) throw this.#error(`"${char}" has nothing to repeat`);
    const bytes = [...new TextEncoder().encode(char)];
    if (bytes.length > 1) return { kind: "sequence", parts: bytes.map(unit) };
    return { kind: "unit", ranges: this.#folded([bytes[0]!, bytes[0]!]) };
  }

  #group(): Part {
    if (this.#peek() === "?" && !this.source.startsWith("?:", this.#at)) {
      throw this.#error(`"(?" can only be "(?:" (no looking around, no names)`);
    }
    if (this.#take("?")) this.#next();
    const part = this.#choice();
    if (!this.#take(")")) throw this.#error(`"(" without ")"`);
    return part;
  }

  #escape(): Part {
    const ranges = this.#escaped();
    return { kind: "unit", ranges: this.#folded(ranges) };
  }

  /** What stands after a backslash, as ranges. */
  #escaped(): readonly number[] {
    if (this.#at >= this.source.length) throw this.#error(`"\\" at the end`);
    const char = this.#next();
    const named = CLASSES[char];
    if (named !== undefined) return named;
    if (char === "x") {
      const hex = /^[0-9a-fA-F]{2}/.exec(this.source.slice(this.#at))?.[0];
      if (hex === undefined) throw this.#error(`"\\x" needs two hexadecimal digits`);
      this.#at += 2;
      return [parseInt(hex, 16), parseInt(hex, 16)];
    }
    const control = CONTROLS[char];
    if (control !== undefined) return [control, control];
    if (/[A-Za-z0-9]/.test(char)) throw this.#error(`"\\${char}" is not known here`);
    return [char.codePointAt(0)!, char.codePointAt(0)!];
  }

  #set(): readonly number[] {
    const negated = this.#take("^");
    const ranges: number[] = [];
    for (let first = true; first || this.#peek() !== "]"; first = false) {
      if (this.#at >= this.source.length) throw this.#error(`"[" without "]"`);
      const low = this.#setUnit();
      if (this.#peek() !== "-" || this.source[this.#at + 1] === "]" || low.length > 2) {
        ranges.push(...low);
        continue;
      }
      this.#next();
      const high = this.#setUnit();
      if (high.length > 2 || high[0]! < low[0]!) throw this.#error("a range in [] runs backwards");
      ranges.push(low[0]!, high[0]!);
    }
    this.#next();
    const folded = this.#folded(ranges);
    return negated ? complement(folded) : folded;
  }

  #setUnit(): readonly number[] {
    const char = this.#next();
    if (char === "\\") return this.#escaped();
    const value = char.codePointAt(0)!;
    if (value > 127) throw this.#error(`"${char}" in [] is more than one byte; use (a|b)`);
    return [value, value];
  }

  #folded(ranges: readonly number[]): readonly number[] {
    if (!this.#fold) return ranges;
    const result = [...ranges];
    for (let at = 0; at < ranges.length; at += 2) {
      // "A" is 65, "a" is 97: the letters of a range once more, in the other case.
      for (const [from, to, shift] of [[65, 90, 32], [97, 122, -32]] as const) {
        const first = Math.max(ranges[at]!, from);
        const last = Math.min(ranges[at + 1]!, to);
        if (first <= last && ranges[at + 1]! < HIGHEST_UNIT) result.push(first + shift, last + shift);
      }
    }
    return result;
  }

  #peek(): string | undefined {
    return this.source[this.#at];
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const char = String.fromCodePoint(this.source.codePointAt(this.#at)!);
    this.#at += char.length;
    return char;
  }

  #error(message: string): Error {
    return new Error(`regexp, character ${this.#at}: ${message}`);
  }
}
