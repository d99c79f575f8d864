/**
 * The index of one event's rules: a tree whose every node tells its rules apart by one dimension. A rule that names values
 * there lies below the node's branch for each of them, one that does not below the branch `any`. A search follows at each node
 * the branches of the event's own atoms and `any`, and leaves out each that holds no rule before the best one found; so it
 * meets a few nodes for each dimension, however many rules there are.
 *
 * The tree lies in flat arrays: 100,000 rules as objects would cost more memory and a cache miss at every step.
 */

import type { Dimension } from "./atoms.ts";

/** More atoms than this that fit an event are sorted. */
export const MANY_ATOMS = 16;

/** What a search asks for the event: the atoms that fit it. */
export interface Facts {
  /** How many atoms of a dimension fit, or UNKNOWN; they are at `found[dimension]`, sorted if they are many. */
  count(dimension: Dimension): number;
  readonly found: readonly (readonly number[])[];
  /** A rule that fits but for its conditions; they are tested when the search is over. */
  postpone(rule: number): void;
}

/** No rule. */
export const NO_RULE = 0x7fffffff;

/** In place of the dimension of a node that is a leaf. */
export const LEAF = -1;
/** In place of a node that is not there. */
export const NONE = -1;
/** Marks a test of a leaf that none of the atoms may fit. */
export const NOT = 1 << 8;
/** Marks a rule of a leaf that also tests what the tree does not know. */
export const CONDITIONAL = 1 << 30;

/** A tree as data in shared memory, which another thread can be handed without copying it. */
export interface TreeData {
  /** Dimension of each node, or LEAF. */
  readonly dimensions: SharedArrayBuffer;
  /** Lowest rule below each node. */
  readonly least: SharedArrayBuffer;
  /** Lowest rule below the branches but `any`. */
  readonly leastNamed: SharedArrayBuffer;
  /** The branch `any`, or NONE; of a leaf its start in `leaves`. */
  readonly any: SharedArrayBuffer;
  /** Branches as a hash table of [node, atom, child, unused]: open addressing, a cache line holds four. */
  readonly branches: SharedArrayBuffer;
  /** Leaves: for each rule [number, end of its tests, (dimension, list)…], then NO_RULE. */
  readonly leaves: SharedArrayBuffer;
  /** Lists of atoms: [length, atoms…]. */
  readonly lists: SharedArrayBuffer;
}

/** Searches a tree. */
export class Tree {
  readonly #dimensions: Int32Array;
  readonly #least: Int32Array;
  readonly #leastNamed: Int32Array;
  readonly #any: Int32Array;
  readonly #branches: Int32Array;
  readonly #branchMask: number;
  readonly #leaves: Int32Array;
  readonly #lists: Int32Array;

  constructor(data: TreeData) {
    this.#dimensions = new Int32Array(data.dimensions);
    this.#least = new Int32Array(data.least);
    this.#leastNamed = new Int32Array(data.leastNamed);
    this.#any = new Int32Array(data.any);
    this.#branches = new Int32Array(data.branches);
    this.#branchMask = this.#branches.length / 4 - 1;
    this.#leaves = new Int32Array(data.leaves);
    this.#lists = new Int32Array(data.lists);
  }

  /** Size, for people. */
  get nodes(): number {
    return this.#dimensions.length;
  }

  /** The first rule before `best` that fits, or `best`. */
  search(facts: Facts, best: number): number {
    return this.#visit(0, facts, best);
  }

  #visit(node: number, facts: Facts, best: number): number {
    while (node !== NONE) {
      if (this.#least[node]! >= best) return best;
      const dimension = this.#dimensions[node]!;
      const any = this.#any[node]!;
      if (dimension === LEAF) return this.#try(any, facts, best);
      const named = this.#leastNamed[node]!;
      // What may win first is looked at first: then the other side often need not be, and its operand is not read.
      if (any !== NONE && this.#least[any]! < named) {
        best = this.#visit(any, facts, best);
        return named < best ? this.#visitNamed(node, dimension, facts, best) : best;
      }
      best = this.#visitNamed(node, dimension, facts, best);
      node = any;
    }
    return best;
  }

  #visitNamed(node: number, dimension: Dimension, facts: Facts, best: number): number {
    const count = facts.count(dimension);
    const found = facts.found[dimension]!;
    for (let i = 0; i < count; i++) {
      const child = this.#branch(node, found[i]!);
      if (child !== NONE) best = this.#visit(child, facts, best);
    }
    return best;
  }

  #branch(node: number, atom: number): number {
    const branches = this.#branches;
    for (let slot = hash(node, atom) & this.#branchMask;; slot = (slot + 1) & this.#branchMask) {
      const at = slot * 4;
      if (branches[at] === NONE) return NONE;
      if (branches[at] === node && branches[at + 1] === atom) return branches[at + 2]!;
    }
  }

  #try(at: number, facts: Facts, best: number): number {
    const leaves = this.#leaves;
    while (true) {
      const rule = leaves[at]! & ~CONDITIONAL;
      if (rule >= best || leaves[at] === NO_RULE) return best;
      const end = leaves[at + 1]!;
      if (this.#fits(at + 2, end, facts)) {
        if ((leaves[at]! & CONDITIONAL) === 0) return rule;
        facts.postpone(rule);
      }
      at = end;
    }
  }

  #fits(at: number, end: number, facts: Facts): boolean {
    for (; at < end; at += 2) {
      const test = this.#leaves[at]!;
      const dimension = test & ~NOT;
      const count = facts.count(dimension);
      if (count < 0) return false;
      const common = this.#haveCommon(facts.found[dimension]!, count, this.#leaves[at + 1]!);
      if (common === ((test & NOT) !== 0)) return false;
    }
    return true;
  }

  /** Whether one of the found atoms is in a list. Many are sorted, so that only the shorter side is gone through. */
  #haveCommon(found: readonly number[], count: number, list: number): boolean {
    const lists = this.#lists;
    const start = list + 1;
    const end = start + lists[list]!;
    if (count > MANY_ATOMS) {
      for (let i = start; i < end; i++) {
        if (isAmong(lists[i]!, found, 0, count)) return true;
      }
      return false;
    }
    for (let i = 0; i < count; i++) {
      if (isAmong(found[i]!, lists, start, end)) return true;
    }
    return false;
  }
}

/** Binary search in the sorted values from `low` until before `high`. */
function isAmong(value: number, values: ArrayLike<number>, low: number, high: number): boolean {
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = values[middle]!;
    if (other === value) return true;
    if (other < value) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** Mixes two numbers (the finisher of MurmurHash3). */
export function hash(node: number, atom: number): number {
  let value = Math.imul(node, 0x9e3779b1) ^ Math.imul(atom, 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 15), 0xc2b2ae35);
  return value ^ (value >>> 13);
}
