/** Builds the index of one event's rules (tree.ts), on the main thread. */

import { type Dimension, DIMENSIONS } from "./atoms.ts";
import { sharedInts } from "../parts/shared.ts";
import { CONDITIONAL, hash, LEAF, NO_RULE, NONE, NOT, type TreeData } from "./tree.ts";

/** What the tree must know of a rule. Atoms by dimension, sorted; undefined where the rule says nothing. */
export interface TreeRule {
  /** The lower wins. */
  readonly number: number;
  readonly atoms: readonly (Int32Array | undefined)[];
  readonly not: readonly (Int32Array | undefined)[];
  /** Whether it also tests what the tree does not know (time, payload). */
  readonly conditional: boolean;
}

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

/** Builds a tree over some dimensions; `atoms` is one more than the greatest atom. */
export function buildTree(
  rules: readonly TreeRule[],
  atoms: number,
  dimensionCount: number = DIMENSIONS.length,
): TreeData {
  const { dimensions, least, leastNamed, any, branches, leaves, lists } = new Builder(
    rules,
    atoms,
    dimensionCount,
  );
  return {
    dimensions: sharedInts(dimensions),
    least: sharedInts(least),
    leastNamed: sharedInts(leastNamed),
    any: sharedInts(any),
    branches: hashBranches(branches),
    leaves: sharedInts(leaves),
    lists: sharedInts(lists),
  };
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

  constructor(rules: readonly TreeRule[], atoms: number, readonly dimensionCount: number) {
    this.#counts = new Int32Array(atoms);
    // Rules with lists in several dimensions multiply; past this their lists are tested rule by rule.
    this.#copiesLeft = 32 * rules.length + 200_000;
    this.#build(rules.map((rule) => ({ rule, open: openDimensions(rule) })), (1 << dimensionCount) - 1);
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
    for (let dimension = 0; dimension < this.dimensionCount; dimension++) {
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
      for (let dimension = 0; dimension < this.dimensionCount; dimension++) {
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

function hashBranches(branches: readonly number[]): SharedArrayBuffer {
  const count = branches.length / 3;
  // At most half full, and never full: an absent branch is known by an empty slot.
  let slots = 2;
  while (slots < count * 2) slots *= 2;
  const buffer = new SharedArrayBuffer(slots * 16);
  const table = new Int32Array(buffer).fill(NONE);
  for (let at = 0; at < branches.length; at += 3) {
    const [node, atom, child] = [branches[at]!, branches[at + 1]!, branches[at + 2]!];
    let slot = hash(node, atom) & (slots - 1);
    while (table[slot * 4] !== NONE) slot = (slot + 1) & (slots - 1);
    table.set([node, atom, child], slot * 4);
  }
  return buffer;
}
