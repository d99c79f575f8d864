/**
 * A pattern over bytes as a table: one look for each byte, whatever the pattern. The table holds every set of states that
 * an automaton can be in at once (the subset construction); most patterns have so few that it stays small.
 */

import { type Automaton, Op, type Program } from "./automaton.ts";
import { sharedBytes, sharedInts } from "./shared.ts";

/** A table as data that another thread can be handed. */
export interface ByteTableData {
  /** Class of each byte: bytes of a class are alike to the pattern. */
  readonly classes: SharedArrayBuffer;
  readonly classCount: number;
  /** By state and class: the next state, or {@linkcode MATCH}. */
  readonly next: SharedArrayBuffer;
  /** By state: 1 where the pattern matches if the input ends there. */
  readonly ends: SharedArrayBuffer;
  /** The state before the first byte, or {@linkcode MATCH}. */
  readonly start: number;
}

/** The pattern has matched. */
const MATCH = -1;
/** Entries of a table: 64 KB stay in the processor's caches. */
const ENTRY_LIMIT = 1 << 14;
/** Sets of states: so many are found within some 100 ms; a pattern that has more has mostly very many more. */
const SET_LIMIT = 1000;

/** The table that finds a pattern anywhere in bytes; undefined where it would be too large. */
export function byteTable({ program }: Automaton): ByteTableData | undefined {
  return new Builder(program).build();
}

/** States of the automaton in which it can be at once. */
interface StateSet {
  /** Those that take a byte. */
  readonly units: readonly number[];
  /** Whether one of them matches where the input ends. */
  readonly isEnd: boolean;
}

class Builder {
  readonly #classes = new Uint8Array(256);
  /** One byte of each class. */
  readonly #bytes: number[] = [];
  /** Numbers of the sets of states, by what tells them apart. */
  readonly #numbers = new Map<string, number>();
  readonly #sets: StateSet[] = [];

  constructor(readonly program: Program) {
    this.#classify();
  }

  build(): ByteTableData | undefined {
    const width = this.#bytes.length;
    const next: number[] = [];
    const start = this.#numberOf([0], true);
    for (let number = 0; number < this.#sets.length; number++) {
      if (number === SET_LIMIT || (number + 1) * width > ENTRY_LIMIT) return undefined;
      for (const byte of this.#bytes) next.push(this.#step(this.#sets[number]!, byte));
    }
    return {
      classes: sharedBytes(this.#classes),
      classCount: width,
      next: sharedInts(next),
      ends: sharedBytes(this.#sets.map(({ isEnd }) => isEnd ? 1 : 0)),
      start,
    };
  }

  /** Bytes are of one class where the same units take them. */
  #classify(): void {
    const { ops, ranges } = this.program;
    const known = new Map<string, number>();
    for (let byte = 0; byte < 256; byte++) {
      const takers = ops.flatMap((op, state) => op === Op.Unit && takes(ranges[state]!, byte) ? [state] : []);
      const key = takers.join();
      let number = known.get(key);
      if (number === undefined) {
        number = known.size;
        known.set(key, number);
        this.#bytes.push(byte);
      }
      this.#classes[byte] = number;
    }
  }

  #step({ units }: StateSet, byte: number): number {
    const after = units.filter((state) => takes(this.program.ranges[state]!, byte)).map((state) => state + 1);
    // The pattern may begin at every byte.
    return this.#numberOf([...after, 0], false);
  }

  /** The number of the set that is reached from some states without taking a byte. */
  #numberOf(from: readonly number[], isStart: boolean): number {
    const reached = this.#reach(from, isStart, false);
    if (this.#matches(reached)) return MATCH;
    const isEnd = this.#matches(this.#reach(from, isStart, true));
    const units = [...reached].filter((state) => this.program.ops[state] === Op.Unit).sort((a, b) => a - b);
    const key = `${isEnd} ${units.join()}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#sets.length);
    return this.#sets.push({ units, isEnd }) - 1;
  }

  #matches(states: ReadonlySet<number>): boolean {
    return states.has(this.program.ops.length - 1);
  }

  #reach(from: readonly number[], isStart: boolean, isEnd: boolean): Set<number> {
    const { ops, targets, others } = this.program;
    const reached = new Set<number>();
    const open = [...from];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (reached.has(state)) continue;
      reached.add(state);
      const op = ops[state]!;
      if (op === Op.Split) open.push(targets[state]!, others[state]!);
      else if (op === Op.Jump) open.push(targets[state]!);
      else if ((op === Op.Start && isStart) || (op === Op.End && isEnd)) open.push(state + 1);
    }
    return reached;
  }
}

/** Looks for the pattern of a table. */
export class ByteTable {
  readonly #classes: Uint8Array;
  readonly #classCount: number;
  readonly #next: Int32Array;
  readonly #ends: Uint8Array;
  readonly #start: number;

  constructor({ classes, classCount, next, ends, start }: ByteTableData) {
    this.#classes = new Uint8Array(classes);
    this.#classCount = classCount;
    this.#next = new Int32Array(next);
    this.#ends = new Uint8Array(ends);
    this.#start = start;
  }

  /** Whether the pattern matches anywhere in the bytes. */
  matchesWithin(bytes: Uint8Array): boolean {
    const classes = this.#classes;
    const width = this.#classCount;
    const next = this.#next;
    const { length } = bytes;
    let state = this.#start;
    for (let at = 0; at < length && state !== MATCH; at++) {
      state = next[state * width + classes[bytes[at]!]!]!;
    }
    return state === MATCH || this.#ends[state] === 1;
  }
}

function takes(ranges: readonly number[], value: number): boolean {
  for (let at = 0; at < ranges.length; at += 2) {
    if (value >= ranges[at]! && value <= ranges[at + 1]!) return true;
  }
  return false;
}
