/** Names and paths with wildcards, and tables that find all patterns which match a text. */

import { ANY, Automaton, complement, type Part, unit } from "./automaton.ts";

/** A text to be equal to, or a glob. */
export interface Pattern {
  /** As it is written. */
  readonly source: string;
  /** Whether it has wildcards. */
  readonly glob: boolean;
  /** The text that is meant, without escapes, where it is no glob. */
  readonly text: string;
  /** Whether `*` and `?` stop at a slash. */
  readonly path: boolean;
}

const NOT_SLASH: Part = { kind: "unit", ranges: complement([47, 47]) };
const MANY = { min: 0, max: Infinity } as const;

/**
 * Reads a glob: `*` any text (in a path: without a slash), `**` any text, `**` between slashes any folders or none, `?`
 * one character, `[a-z]` and `[!a-z]` one of a set, `{a,b}` one of several; `\` takes the next character as it is.
 *
 * Throws an Error where brackets do not match or the pattern is too large.
 */
export function parsePattern(source: string, path: boolean): Pattern {
  const glob = /(?<!\\)(\\\\)*[*?[{]/.test(source);
  const pattern = { source, glob, text: source.replace(/\\(.)/gu, "$1"), path };
  if (glob) compileGlob(pattern);
  return pattern;
}

/** Matcher of a glob over code points. */
export function compileGlob({ source, path }: Pick<Pattern, "source" | "path">): Automaton {
  return new Automaton(new GlobParser(source, path).parse());
}

/** Code points of a text, as an automaton takes them. */
export function codePoints(text: string): Uint32Array {
  return Uint32Array.from(text, (char) => char.codePointAt(0)!);
}

/** `[a-z]`, `[!a-z]`; a bracket that stands first is one of the set. */
const BRACKETS = /^\[([!^]?)((?:\\.|[^\\])(?:\\.|[^\]\\])*)\]/su;

class GlobParser {
  #at = 0;

  constructor(readonly source: string, readonly path: boolean) {}

  parse(): Part {
    const part = this.#sequence(0);
    if (this.#at < this.source.length) throw new Error(`"}" without "{" in "${this.source}"`);
    return part;
  }

  #sequence(depth: number): Part {
    const parts: Part[] = [];
    while (this.#at < this.source.length) {
      const char = this.source[this.#at]!;
      if (depth > 0 && (char === "," || char === "}")) break;
      parts.push(this.#part(depth));
    }
    return { kind: "sequence", parts };
  }

  #part(depth: number): Part {
    const rest = this.source.slice(this.#at, this.#at + 4);
    if (this.path && rest === "/**/") return this.#skip(4, folders([unit(47)]));
    if (this.path && this.#at === 0 && rest.startsWith("**/")) return this.#skip(3, folders([]));
    if (rest.startsWith("**")) return this.#skip(2, { kind: "repeat", part: ANY, ...MANY });
    const one = this.path ? NOT_SLASH : ANY;
    if (rest.startsWith("*")) return this.#skip(1, { kind: "repeat", part: one, ...MANY });
    if (rest.startsWith("?")) return this.#skip(1, one);
    if (rest.startsWith("[")) return this.#set();
    if (rest.startsWith("{")) return this.#choice(depth);
    if (rest.startsWith("\\") && rest.length > 1) this.#at++;
    const value = this.source.codePointAt(this.#at)!;
    return this.#skip(value > 0xffff ? 2 : 1, unit(value));
  }

  #choice(depth: number): Part {
    const parts: Part[] = [];
    do {
      this.#at++;
      parts.push(this.#sequence(depth + 1));
    } while (this.source[this.#at] === ",");
    if (this.source[this.#at] !== "}") throw new Error(`"{" without "}" in "${this.source}"`);
    return this.#skip(1, { kind: "choice", parts });
  }

  #set(): Part {
    const set = BRACKETS.exec(this.source.slice(this.#at));
    if (set === null) throw new Error(`"[" without "]" in "${this.source}"`);
    const units = [...set[2]!.matchAll(/\\?(.)(?:-\\?(.))?/gu)];
    const ranges = units.flatMap((
      [, first, last],
    ) => [first!.codePointAt(0)!, (last ?? first)!.codePointAt(0)!]);
    const taken = set[1] === "" ? ranges : complement(this.path ? [...ranges, 47, 47] : ranges);
    return this.#skip(set[0].length, { kind: "unit", ranges: taken });
  }

  #skip(length: number, part: Part): Part {
    this.#at += length;
    return part;
  }
}

/** Any folders, each with its slash, or none. */
function folders(before: readonly Part[]): Part {
  const some: Part = { kind: "sequence", parts: [{ kind: "repeat", part: ANY, ...MANY }, unit(47)] };
  return { kind: "sequence", parts: [...before, { kind: "repeat", part: some, min: 0, max: 1 }] };
}

const NONE: readonly number[] = [];
// A program could execute itself under ever new names; what is remembered of texts must not grow with them.
const CACHE_LIMIT = 4096;

/** What a {@linkcode PatternTable} knows, as data that another thread can be handed. */
export interface PatternData {
  readonly exact: Map<string, number>;
  readonly beginnings: GlobData;
  readonly ends: GlobData;
}

/** Globs by the literal text that they begin or end with. */
interface GlobData {
  readonly buckets: Map<string, Glob[]>;
  /** Of the literal texts. */
  readonly lengths: number[];
}

/** A glob, or one of the alternatives of its braces. */
interface Glob extends Pick<Pattern, "source" | "path"> {
  readonly number: number;
  /** Stands in every text that matches: most are told apart by that alone. */
  readonly literal: string;
}

function noGlobs(): GlobData {
  return { buckets: new Map(), lengths: [] };
}

/**
 * Finds the numbers of all patterns that match a text. Exact ones are hashed; globs are hashed by their literal
 * beginning or end, so that few are tried; the outcome for a text is remembered.
 */
export class PatternTable {
  readonly #exact: Map<string, number>;
  readonly #beginnings: GlobBuckets;
  readonly #ends: GlobBuckets;
  readonly #cache = new Map<string, readonly number[]>();
  readonly #one = [0];

  /** A table of what another one knows; an empty one if absent. */
  constructor(readonly data: PatternData = { exact: new Map(), beginnings: noGlobs(), ends: noGlobs() }) {
    this.#exact = data.exact;
    this.#beginnings = new GlobBuckets(data.beginnings, (text, length) => text.slice(0, length));
    this.#ends = new GlobBuckets(data.ends, (text, length) => text.slice(text.length - length));
  }

  get isEmpty(): boolean {
    return this.#exact.size === 0 && !this.#hasGlobs;
  }

  get #hasGlobs(): boolean {
    return this.data.beginnings.lengths.length > 0 || this.data.ends.lengths.length > 0;
  }

  /** Adds a pattern, once, under a number. */
  add(pattern: Pattern, number: number): void {
    if (!pattern.glob) {
      this.#exact.set(pattern.text, number);
      return;
    }
    for (const source of alternatives(pattern.source)) {
      const glob = { source, path: pattern.path, literal: longestLiteral(source), number };
      const { beginning, end } = literalEnds(glob);
      // Nearly every path begins with a slash: that alone would put all globs into one bucket.
      const byBeginning = beginning.length > 1 || beginning.length >= end.length;
      if (byBeginning) this.#beginnings.add(beginning, glob);
      else this.#ends.add(end, glob);
    }
  }

  /** Numbers of the patterns that match, sorted. The list holds until the next call: do not change it. */
  match(text: string): readonly number[] {
    if (!this.#hasGlobs) return this.#matchExact(text);
    const known = this.#cache.get(text);
    if (known !== undefined) return known;
    const found = this.#find(text);
    if (this.#cache.size >= CACHE_LIMIT) this.#cache.clear();
    this.#cache.set(text, found);
    return found;
  }

  #matchExact(text: string): readonly number[] {
    const number = this.#exact.get(text);
    if (number === undefined) return NONE;
    this.#one[0] = number;
    return this.#one;
  }

  #find(text: string): readonly number[] {
    const found = new Set(this.#matchExact(text));
    const units = codePoints(text);
    this.#beginnings.find(text, units, found);
    this.#ends.find(text, units, found);
    return [...found].sort((a, b) => a - b);
  }
}

class GlobBuckets {
  /** Made when a text first needs them. */
  readonly #matchers = new Map<Glob, Automaton>();

  constructor(readonly data: GlobData, readonly key: (text: string, length: number) => string) {}

  add(key: string, glob: Glob): void {
    const { buckets, lengths } = this.data;
    const bucket = buckets.get(key);
    if (bucket !== undefined) {
      bucket.push(glob);
      return;
    }
    buckets.set(key, [glob]);
    if (!lengths.includes(key.length)) lengths.push(key.length);
  }

  find(text: string, units: Uint32Array, found: Set<number>): void {
    for (const length of this.data.lengths) {
      if (length > text.length) continue;
      for (const glob of this.data.buckets.get(this.key(text, length)) ?? []) {
        if (found.has(glob.number) || !text.includes(glob.literal)) continue;
        if (this.#matcherOf(glob).matchesWhole(units)) found.add(glob.number);
      }
    }
  }

  #matcherOf(glob: Glob): Automaton {
    const known = this.#matchers.get(glob);
    if (known !== undefined) return known;
    const matcher = compileGlob(glob);
    this.#matchers.set(glob, matcher);
    return matcher;
  }
}

/** The text that everything which matches begins with, and the one that it ends with. */
function literalEnds({ source, path }: Pick<Pattern, "source" | "path">): { beginning: string; end: string } {
  // What an escape or a bracket does to the ends is not worth knowing: the literal part may be shorter than it could.
  const beginning = /^[^*?[\]{}\\,]*/.exec(source)![0];
  const end = /[^*?[\]{}\\,]*$/.exec(source)![0];
  // The folders before `**/` may be none, with their slash; a `**` between slashes always leaves one.
  return { beginning, end: path && source === `**${end}` ? end.slice(1) : end };
}

/**
 * The globs without braces that a glob stands for: `/{bin,usr}/*` is `/bin/*` and `/usr/*`. Where that would change what
 * a star means (`{a,*}*`), or be many, the glob stays as it is.
 */
export function alternatives(source: string): readonly string[] {
  const braces = source.split("{").length - 1;
  // Braces beside braces multiply: this many commas make 2,000 globs at worst.
  if (braces > 3 || source.split(",").length > 32 || /[{},]\*|\*[{},]/.test(source)) return [source];
  return expand(source);
}

function expand(source: string): readonly string[] {
  const open = indexOutside(source, 0, ["{"]);
  if (open < 0) return [source];
  const parts: string[] = [];
  let at = open;
  do {
    const start = at + 1;
    at = endOfPart(source, start);
    parts.push(source.slice(start, at));
  } while (source[at] === ",");
  return parts.flatMap((part) => expand(source.slice(0, open) + part + source.slice(at + 1)));
}

/** Where a part of braces ends: at its comma or the closing brace. */
function endOfPart(source: string, start: number): number {
  let depth = 0;
  for (let at = start;; at++) {
    at = indexOutside(source, at, ["{", ",", "}"]);
    if (at < 0) throw new Error(`"{" without "}" in "${source}"`);
    if (source[at] === "{") depth++;
    else if (depth === 0) return at;
    else if (source[at] === "}") depth--;
  }
}

/** The first of some characters that is neither escaped nor in brackets, or -1. */
function indexOutside(source: string, start: number, chars: readonly string[]): number {
  for (let at = start; at < source.length; at++) {
    if (chars.includes(source[at]!)) return at;
    if (source[at] === "\\") at++;
    else if (source[at] === "[") at += BRACKETS.exec(source.slice(at))![0].length - 1;
  }
  return -1;
}

/** The longest text that stands in everything which matches a glob. */
function longestLiteral(source: string): string {
  // Braces left over hold what may stand there or not; brackets and escapes end a text.
  const fixed = source.includes("{") ? source.slice(0, source.indexOf("{")) : source;
  const texts = fixed.replace(/\[[!^]?(?:\\.|[^\\])(?:\\.|[^\]\\])*\]/gsu, "*").split(/\*+\/?|\?|\\.?/su);
  return texts.reduce((longest, text) => text.length > longest.length ? text : longest, "");
}
