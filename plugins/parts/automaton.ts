/**
 * Patterns run as automata: every state advances over each unit of the input at once (Thompson's construction), so
 * that the time is bounded by input × pattern whatever a program sends. A backtracking matcher would let a program
 * hold up the daemon with one well-made payload or path.
 */

/** What a pattern is made of. Units are code points of a text or bytes of a payload. */
export type Part =
  /** One unit of the ranges: pairs of first and last. */
  | { readonly kind: "unit"; readonly ranges: readonly number[] }
  | { readonly kind: "sequence"; readonly parts: readonly Part[] }
  | { readonly kind: "choice"; readonly parts: readonly Part[] }
  | { readonly kind: "repeat"; readonly part: Part; readonly min: number; readonly max: number }
  /** The input's start or end. */
  | { readonly kind: "start" }
  | { readonly kind: "end" };

/** The highest code point, so that a range to it takes any unit. */
export const HIGHEST_UNIT = 0x10ffff;
/** Any one unit. */
export const ANY: Part = { kind: "unit", ranges: [0, HIGHEST_UNIT] };

/** One given unit. */
export function unit(value: number): Part {
  return { kind: "unit", ranges: [value, value] };
}

/** The units that `ranges` lack. */
export function complement(ranges: readonly number[]): number[] {
  const pairs: [number, number][] = [];
  for (let at = 0; at < ranges.length; at += 2) pairs.push([ranges[at]!, ranges[at + 1]!]);
  pairs.sort((a, b) => a[0] - b[0]);
  const result: number[] = [];
  let next = 0;
  for (const [first, last] of pairs) {
    if (first > next) result.push(next, first - 1);
    next = Math.max(next, last + 1);
  }
  if (next <= HIGHEST_UNIT) result.push(next, HIGHEST_UNIT);
  return result;
}

// 4096 bytes of payload through 512 states take about 5 ms at worst; more would eat too much of a verdict's time.
const STATE_LIMIT = 512;

/** What a state does. */
export const enum Op {
  Unit,
  Split,
  Jump,
  Start,
  End,
  Match,
}

/** The states of an automaton; the last one is the match, the first the beginning. */
export interface Program {
  readonly ops: readonly Op[];
  /** Where jumps and splits go on. */
  readonly targets: readonly number[];
  /** Where splits go on besides. */
  readonly others: readonly number[];
  /** Of units: what they take. */
  readonly ranges: readonly (readonly number[])[];
}

/** A compiled pattern. Not reentrant: it holds the scratch space of its runs. */
export class Automaton {
  readonly #ops: Op[] = [];
  readonly #targets: number[] = [];
  readonly #others: number[] = [];
  readonly #ranges: (readonly number[])[] = [];
  readonly #marks: Int32Array;
  readonly #current: Int32Array;
  readonly #next: Int32Array;
  #mark = 0;

  /** Throws an Error where the pattern is too large. */
  constructor(part: Part) {
    this.#compile(part);
    this.#add(Op.Match);
    this.#marks = new Int32Array(this.#ops.length);
    this.#current = new Int32Array(this.#ops.length);
    this.#next = new Int32Array(this.#ops.length);
  }

  /** What it runs. */
  get program(): Program {
    return { ops: this.#ops, targets: this.#targets, others: this.#others, ranges: this.#ranges };
  }

  /** Whether the pattern matches from the input's start to its end. */
  matchesWhole(input: ArrayLike<number>): boolean {
    return this.#run(input, true);
  }

  /** Whether the pattern matches anywhere in the input. */
  matchesWithin(input: ArrayLike<number>): boolean {
    return this.#run(input, false);
  }

  #run(input: ArrayLike<number>, whole: boolean): boolean {
    const { length } = input;
    const current = this.#current;
    const next = this.#next;
    let count = 0;
    for (let at = 0; at <= length; at++) {
      this.#mark++;
      let states = 0;
      for (let i = 0; i < count; i++) states = this.#follow(current[i]!, at, length, next, states);
      if (!whole || at === 0) states = this.#follow(0, at, length, next, states);
      const matched = this.#marks[this.#ops.length - 1] === this.#mark;
      if (matched && (!whole || at === length)) return true;
      if (states === 0 && whole) return false;
      if (at === length) return false;
      count = 0;
      const value = input[at]!;
      for (let i = 0; i < states; i++) {
        const state = next[i]!;
        if (includes(this.#ranges[state]!, value)) current[count++] = state + 1;
      }
    }
    return false;
  }

  /** Adds the unit states that are reached from `state` without taking input; returns how many there are now. */
  #follow(state: number, at: number, length: number, states: Int32Array, count: number): number {
    while (this.#marks[state] !== this.#mark) {
      this.#marks[state] = this.#mark;
      const op = this.#ops[state]!;
      if (op === Op.Match) return count;
      if (op === Op.Unit) {
        states[count++] = state;
        return count;
      }
      if (op === Op.Split) {
        count = this.#follow(this.#others[state]!, at, length, states, count);
        state = this.#targets[state]!;
      } else if (op === Op.Jump) {
        state = this.#targets[state]!;
      } else if (op === Op.Start ? at === 0 : at === length) {
        state++;
      } else {
        return count;
      }
    }
    return count;
  }

  #add(op: Op, target = 0, other = 0, ranges: readonly number[] = []): number {
    if (this.#ops.length >= STATE_LIMIT) {
      throw new Error(`the pattern is too large (more than ${STATE_LIMIT} states)`);
    }
    this.#targets.push(target);
    this.#others.push(other);
    this.#ranges.push(ranges);
    return this.#ops.push(op) - 1;
  }

  #compile(part: Part): void {
    if (part.kind === "unit") this.#add(Op.Unit, 0, 0, part.ranges);
    else if (part.kind === "start") this.#add(Op.Start);
    else if (part.kind === "end") this.#add(Op.End);
    else if (part.kind === "sequence") { for (const item of part.parts) this.#compile(item); }
    else if (part.kind === "choice") this.#compileChoice(part.parts);
    else this.#compileRepeat(part.part, part.min, part.max);
  }

  #compileChoice(parts: readonly Part[]): void {
    const jumps: number[] = [];
    for (const [index, part] of parts.entries()) {
      if (index === parts.length - 1) {
        this.#compile(part);
        break;
      }
      const split = this.#add(Op.Split, this.#ops.length + 1);
      this.#compile(part);
      jumps.push(this.#add(Op.Jump));
      this.#others[split] = this.#ops.length;
    }
    for (const jump of jumps) this.#targets[jump] = this.#ops.length;
  }

  #compileRepeat(part: Part, min: number, max: number): void {
    for (let i = 0; i < min; i++) {
      const before = this.#ops.length;
      this.#compile(part);
      // Nothing, however often: repetitions of repetitions of it would take for ever.
      if (this.#ops.length === before) break;
    }
    if (max === Infinity) {
      const split = this.#add(Op.Split, this.#ops.length + 1);
      this.#compile(part);
      this.#add(Op.Jump, split);
      this.#others[split] = this.#ops.length;
      return;
    }
    const splits: number[] = [];
    for (let i = min; i < max; i++) {
      splits.push(this.#add(Op.Split, this.#ops.length + 1));
      this.#compile(part);
    }
    for (const split of splits) this.#others[split] = this.#ops.length;
  }
}

function includes(ranges: readonly number[], value: number): boolean {
  for (let at = 0; at < ranges.length; at += 2) {
    if (value >= ranges[at]! && value <= ranges[at + 1]!) return true;
  }
  return false;
}
