/**
 * YAML files whose every node knows its place, and a reader that gathers all that is wrong with a file instead of
 * stopping at the first.
 *
 * ```ts
 * const file = new YamlFile("rules.yaml", "default: denny");
 * const fields = file.fields(file.root, ["version", "default"]);
 * const action = file.oneOf(fields.get("default"), ["allow", "deny"]);
 * console.log(action, file.problems); // undefined, with one problem, which `check()` would throw:
 * // rules.yaml:1:10: "denny" is not one of allow, deny; did you mean "deny"?
 * ```
 */

import { formatDuration, parseDuration } from "./duration.ts";
import { didYouMean } from "./suggest.ts";
import { nothingAt, parseTree, YamlSyntaxError } from "./yaml_tree.ts";
import type { YamlNode } from "./yaml_tree.ts";

export type { YamlEntry, YamlList, YamlMap, YamlNode, YamlScalar } from "./yaml_tree.ts";

/** A configuration cannot be used; `problems` has one line for each reason, in the order of the file. */
export class ConfigError extends Error {
  /** Name of the class. */
  override readonly name = "ConfigError";
  /** An error of these lines. */
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/** The least and the greatest number that is right. */
export interface IntegerRange {
  /** None if absent. */
  readonly min?: number | undefined;
  /** None if absent. */
  readonly max?: number | undefined;
}

/**
 * One YAML file. The readers (`string`, `integer` …) take a node or undefined and give its value; where the node is
 * not what was asked for they note a problem and give undefined, so that a whole file is checked in one pass.
 */
export class YamlFile {
  /** The whole of the file. */
  readonly root: YamlNode;
  readonly #problems: { offset: number; message: string }[] = [];
  readonly #malformed: boolean = false;
  #lineStarts: number[] | undefined;

  /** Parses `text`; `path` is for messages only. What is no YAML is among the problems. */
  constructor(readonly path: string, readonly text: string) {
    try {
      this.root = parseTree(text, (offset, message) => this.problem(offset, message));
    } catch (error) {
      if (!(error instanceof YamlSyntaxError)) throw error;
      this.problem(error.offset, error.message);
      this.#malformed = true;
      this.root = nothingAt(0);
    }
  }

  /** `path:line:column`, both counted from 1, of an offset or of something that has one. */
  place(at: number | { readonly offset: number }): string {
    const offset = typeof at === "number" ? at : at.offset;
    this.#lineStarts ??= [...this.text.matchAll(/\n/g)].map((match) => match.index + 1);
    let low = 0;
    let high = this.#lineStarts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#lineStarts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    const start = low === 0 ? 0 : this.#lineStarts[low - 1]!;
    return `${this.path}:${low + 1}:${offset - start + 1}`;
  }

  /** Notes that something is wrong there. */
  problem(at: number | { readonly offset: number }, message: string): void {
    // What else seems wrong with a file that is no YAML follows from that.
    if (this.#malformed) return;
    this.#problems.push({ offset: typeof at === "number" ? at : at.offset, message });
  }

  /** What is wrong so far: `path:line:column: message`, in the order of the file. */
  get problems(): readonly string[] {
    return this.#problems
      .toSorted((a, b) => a.offset - b.offset)
      .map(({ offset, message }) => `${this.place(offset)}: ${message}`);
  }

  /** Throws a {@linkcode ConfigError} with everything that is wrong, if anything is. */
  check(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.problems);
  }

  /**
   * Values of a mapping by key; keys that are not `known` are problems. `where` completes the message: `in a rule`.
   * An absent or empty node is an empty mapping.
   */
  fields(node: YamlNode | undefined, known: readonly string[], where = ""): Map<string, YamlNode> {
    const result = new Map<string, YamlNode>();
    if (node === undefined || isNull(node)) return result;
    if (node.kind !== "map") {
      this.problem(node, `expected a mapping with keys such as "${known[0]}", not ${describe(node)}`);
      return result;
    }
    for (const { key, offset, value } of node.entries) {
      if (known.includes(key)) result.set(key, value);
      else this.problem(offset, `unknown key "${key}"${where && ` ${where}`}${didYouMean(key, known)}`);
    }
    return result;
  }

  /** Items of a list; something that is not a list is a list of itself, nothing an empty one. */
  items(node: YamlNode | undefined): readonly YamlNode[] {
    if (node === undefined || isNull(node)) return [];
    return node.kind === "list" ? node.items : [node];
  }

  /** A text; numbers and the like count as they are written. */
  string(node: YamlNode | undefined): string | undefined {
    if (node === undefined) return undefined;
    if (node.kind === "scalar" && node.value !== null) return node.source;
    this.problem(node, `expected a text, not ${describe(node)}`);
  }

  /** One text or a list of texts. */
  strings(node: YamlNode | undefined): readonly string[] | undefined {
    if (node === undefined) return undefined;
    return this.items(node).map((item) => this.string(item)).filter((text) => text !== undefined);
  }

  /** A whole number within `range`. */
  integer(node: YamlNode | undefined, range: IntegerRange = {}): number | undefined {
    if (node === undefined) return undefined;
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range;
    const value = node.kind === "scalar" ? node.value : undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
    this.problem(node, `expected a whole number${describeRange(range)}, not ${describe(node)}`);
  }

  /** `true` or `false`. */
  boolean(node: YamlNode | undefined): boolean | undefined {
    if (node === undefined) return undefined;
    if (node.kind === "scalar" && typeof node.value === "boolean") return node.value;
    this.problem(node, `expected true or false, not ${describe(node)}`);
  }

  /** Milliseconds of a duration such as `5s`, within `range` (also milliseconds). */
  duration(node: YamlNode | undefined, range: IntegerRange = {}): number | undefined {
    const text = this.string(node);
    if (text === undefined) return undefined;
    try {
      const { min = 0, max = Infinity } = range;
      const value = parseDuration(text);
      if (value >= min && value <= max) return value;
      this.problem(node!, `"${text}" is not a time${describeTimes(min, max)}`);
    } catch (error) {
      this.problem(node!, (error as Error).message);
    }
  }

  /** One of a few words. */
  oneOf<W extends string>(node: YamlNode | undefined, words: readonly W[]): W | undefined {
    const text = this.string(node);
    if (text === undefined) return undefined;
    const word = words.find((word) => word === text);
    if (word === undefined) {
      this.problem(node!, `"${text}" is not one of ${words.join(", ")}${suggestionOnly(text, words)}`);
    }
    return word;
  }
}

/** What a node is, for messages: `"abc"`, `a list`, `nothing`. */
export function describe(node: YamlNode): string {
  if (node.kind === "map") return "a mapping";
  if (node.kind === "list") return "a list";
  return node.value === null ? "nothing" : `"${node.source}"`;
}

function isNull(node: YamlNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

function describeRange({ min, max }: IntegerRange): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? "" : ` of at most ${max}`;
}

function describeTimes(min: number, max: number): string {
  if (max === Infinity) return ` of at least ${formatDuration(min)}`;
  return ` from ${formatDuration(min)} to ${formatDuration(max)}`;
}

function suggestionOnly(text: string, words: readonly string[]): string {
  const hint = didYouMean(text, words);
  return hint.includes("did you mean") ? hint : "";
}
