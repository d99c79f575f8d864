/**
 * The index of one event's rules: a tree whose every node tells its rules apart by one dimension. A rule that names values
 * there lies below the node's branch for each of them, one that does not below the branch `any`. A search follows at each node
 * the branches of the event's own atoms and `any`, and leaves out each that holds no rule before the best one found; so it
 * meets a few nodes for each dimension, however many rules there are.
 *
 * The tree lies in flat arrays: 100,000 rules as objects would cost more memory and a cache miss at every step.
 */

import type { Dimension } from "./atoms.ts";
import { DIMENSIONS } from "./atoms.ts";

/** What the tree must know of a rule. Atoms by dimension, sorted; undefined where the rule says nothing. */
export interface TreeRule {
  /** The lower wins. */
  readonly number: number;
  readonly atoms: readonly (Int32Array | undefined)[];
  readonly not: readonly (Int32Array | undefined)[];
  /** Whether it also tests what the tree does not know (time, payload). */
  readonly conditional: boolean;
}

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

// So few rules are tried one after the other as fast as a branch is found, and only what they need is read.
const LEAF_SIZE = 6;
// A branch must spare at least a quarter of the rules, or it costs more than it saves.
const WORTH = 0.75;
// A rule with more values is not copied to a branch for each.
const COPY_LIMIT = 64;

interface Entry {
  readonly rule: TreeRule;
  /** Dimensions that the branches so far have not tested, as bits. */
  readonly open: number;
}

const LEAF = -1;
const NONE = -1;
const NOT = 1 << 8;
const CONDITIONAL = 1 << 30;

export class Tree {
  /** Dimension of each node, or LEAF. */
  readonly #dimensions: Int8Array;
  /** Lowest rule below each node. */
  readonly #least: Int32Array;
  /** Lowest rule below the branches but `any`. */
  readonly #leastNamed: Int32Array;
  /** The branch `any`, or NONE; of a leaf its start in #leaves. */
  readonly #any: Int32Array;
  /** Branches as a hash table of [node, atom, child, unused]: open addressing, a cache line holds four. */
  readonly #branches: Int32Array;
  readonly #branchMask: number;
  /** Leaves: for each rule [number, end of its tests, (dimension, list)…], then NO_RULE. */
  readonly #leaves: Int32Array;
  /** Lists of atoms: [length, atoms…]. */
  readonly #lists: Int32Array;

  constructor(rules: readonly TreeRule[], atoms: number) {
    const builder = new Builder(rules, atoms);
    this.#dimensions = Int8Array.from(builder.dimensions);
    this.#least = Int32Array.from(builder.least);
    this.#leastNamed = Int32Array.from(builder.leastNamed);
    this.#any = Int32Array.from(builder.any);
    this.#leaves = Int32Array.from(builder.leaves);
    this.#lists = Int32Array.from(builder.lists);
    this.#branches = hashBranches(builder.branches);
    this.#branchMask = this.#branches.length / 4 - 1;
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

class Builder {
  readonly dimensions: number[] = [];
  readonly least: number[] = [];
  readonly leastNamed: number[] = [];
  readonly any: number[] = [];
  readonly branches: number[] = [];
  readonly leaves: number[] = [];
  readonly lists: number[] = [];
  readonly #listPlaces = new Map<Int32Array, number>();
  readonly #counts: Int32Array;
  #copiesLeft: number;

  constructor(rules: readonly TreeRule[], atoms: number) {
    this.#counts = new Int32Array(atoms);
    // Rules with lists in several dimensions multiply; past this their lists are tested rule by rule.
    this.#copiesLeft = 32 * rules.length + 200_000;
    this.#build(rules.map((rule) => ({ rule, open: openDimensions(rule) })), (1 << DIMENSIONS.length) - 1);
  }

  /** Makes the node of some rules, of which only the `usable` dimensions are worth a look; returns its number. */
  #build(all: readonly Entry[], usable: number): number {
    const entries = reachable(all);
    const node = this.dimensions.length;
    this.dimensions.push(LEAF);
    this.least.push(entries[0]?.rule.number ?? NO_RULE);
    this.leastNamed.push(NO_RULE);
    this.any.push(NONE);
    const dimension = entries.length > LEAF_SIZE ? this.#choose(entries, usable) : LEAF;
    if (dimension === LEAF) this.any[node] = this.#addLeaf(entries);
    else this.#divide(node, entries, dimension, usable & ~(1 << dimension));
    return node;
  }

  /** The dimension by which an event would meet the fewest rules, or LEAF where none helps. */
  #choose(entries: readonly Entry[], usable: number): Dimension {
    let best = LEAF;
    let least = entries.length * WORTH;
    for (let dimension = 0; dimension < DIMENSIONS.length; dimension++) {
      if ((usable & (1 << dimension)) === 0) continue;
      const cost = this.#cost(entries, dimension);
      if (cost >= least) continue;
      best = dimension;
      least = cost;
    }
    return best;
  }

  /**
   * Rules that an event is expected to meet: those that do not say, and those of the value of a rule chosen by chance. Copies
   * of a rule cost memory and count too.
   */
  #cost(entries: readonly Entry[], dimension: Dimension): number {
    const touched: number[] = [];
    let any = 0;
    let total = 0;
    let rules = 0;
    for (const { rule, open } of entries) {
      const atoms = (open & (1 << dimension)) === 0 ? undefined : rule.atoms[dimension]!;
      if (atoms === undefined || atoms.length > COPY_LIMIT) {
        any++;
        continue;
      }
      rules++;
      total += atoms.length;
      for (const atom of atoms) {
        if (this.#counts[atom]!++ === 0) touched.push(atom);
      }
    }
    let squares = 0;
    for (const atom of touched) {
      squares += this.#counts[atom]! ** 2;
      this.#counts[atom] = 0;
    }
    return rules === 0 ? Infinity : any + squares / total + (total / rules - 1) / 2;
  }

  #divide(node: number, entries: readonly Entry[], dimension: Dimension, usable: number): void {
    const bit = 1 << dimension;
    const any: Entry[] = [];
    const named = new Map<number, Entry[]>();
    for (const entry of entries) {
      const atoms = (entry.open & bit) === 0 ? undefined : entry.rule.atoms[dimension]!;
      if (atoms === undefined || !this.#mayCopy(atoms.length)) {
        any.push(entry);
        continue;
      }
      const below = { rule: entry.rule, open: entry.open & ~bit };
      for (const atom of atoms) {
        const branch = named.get(atom);
        if (branch === undefined) named.set(atom, [below]);
        else branch.push(below);
      }
    }
    this.dimensions[node] = dimension;
    for (const [atom, branch] of named) {
      const child = this.#build(branch, usable);
      this.branches.push(node, atom, child);
      this.leastNamed[node] = Math.min(this.leastNamed[node]!, this.least[child]!);
    }
    if (any.length > 0) this.any[node] = this.#build(any, usable);
  }

  #mayCopy(length: number): boolean {
    if (length > COPY_LIMIT || length - 1 > this.#copiesLeft) return false;
    this.#copiesLeft -= length - 1;
    return true;
  }

  #addLeaf(entries: readonly Entry[]): number {
    const start = this.leaves.length;
    for (const { rule, open } of entries) {
      const at = this.leaves.push(rule.number | (rule.conditional ? CONDITIONAL : 0), 0);
      for (let dimension = 0; dimension < DIMENSIONS.length; dimension++) {
        if (open & (1 << dimension)) this.leaves.push(dimension, this.#list(rule.atoms[dimension]!));
        const not = rule.not[dimension];
        if (not !== undefined) this.leaves.push(dimension | NOT, this.#list(not));
      }
      this.leaves[at - 1] = this.leaves.length;
    }
    this.leaves.push(NO_RULE);
    return start;
  }

  #list(atoms: Int32Array): number {
    const known = this.#listPlaces.get(atoms);
    if (known !== undefined) return known;
    const place = this.lists.length;
    this.lists.push(atoms.length);
    for (const atom of atoms) this.lists.push(atom);
    this.#listPlaces.set(atoms, place);
    return place;
  }
}

function openDimensions({ atoms }: TreeRule): number {
  let open = 0;
  for (const [dimension, list] of atoms.entries()) {
    if (list !== undefined) open |= 1 << dimension;
  }
  return open;
}

/** The entries up to the first that fits every event that comes here. */
function reachable(entries: readonly Entry[]): readonly Entry[] {
  const last = entries.findIndex(({ rule, open }) => {
    return open === 0 && !rule.conditional && rule.not.every((list) => list === undefined);
  });
  return last < 0 ? entries : entries.slice(0, last + 1);
}

function hashBranches(branches: readonly number[]): Int32Array {
  const count = branches.length / 3;
  // At most half full, and never full: an absent branch is known by an empty slot.
  let slots = 2;
  while (slots < count * 2) slots *= 2;
  const table = new Int32Array(slots * 4).fill(NONE);
  for (let at = 0; at < branches.length; at += 3) {
    const [node, atom, child] = [branches[at]!, branches[at + 1]!, branches[at + 2]!];
    let slot = hash(node, atom) & (slots - 1);
    while (table[slot * 4] !== NONE) slot = (slot + 1) & (slots - 1);
    table.set([node, atom, child], slot * 4);
  }
  return table;
}

/** Mixes two numbers (the finisher of MurmurHash3). */
function hash(node: number, atom: number): number {
  let value = Math.imul(node, 0x9e3779b1) ^ Math.imul(atom, 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 15), 0xc2b2ae35);
  return value ^ (value >>> 13);
}
