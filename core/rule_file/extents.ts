/** Where the rules of a rule file stand, and the same rules in another order; all else stays as it is written. */

import { YamlFile, type YamlList, type YamlMap, type YamlNode } from "../yaml.ts";
import { endOfFlow } from "./flow.ts";
import { isSame } from "./save.ts";
import {
  aboveComments,
  columnOf,
  dashOf,
  endOfContent,
  endOfDocument,
  lineBreakOf,
  lineStart,
} from "./splice.ts";

/** A rule as its file has it. */
export interface RuleExtent {
  /** `path:line:column`, as plugins tell of their rules. */
  readonly where: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** Its own text, with comments within it, its first line's column taken off the others. */
  readonly text: string;
  /** As people call it, where the file gives it a name. */
  readonly name: string | undefined;
  /** What it answers; undefined for what is no rule. */
  readonly action: "allow" | "deny" | "ask" | undefined;
}

interface Parsed {
  readonly file: YamlFile;
  readonly root: YamlMap;
  readonly list: YamlList;
}

/** Begin and end of a rule in its file, with the comments above it, in whole lines. */
type Block = readonly [start: number, end: number];

/** The rules of a file in their order; none where it is no rule file. */
export function ruleExtents(path: string, text: string): readonly RuleExtent[] {
  const parsed = parse(path, text);
  if (parsed === undefined) return [];
  const { file, list } = parsed;
  const blocks = blocksOf(text, parsed);
  return list.items.map((item, place) => {
    const where = file.place(item);
    const end = blocks?.[place]?.[1] ?? endInBrackets(text, item);
    return {
      where,
      line: Number(/:(\d+):\d+$/.exec(where)![1]),
      text: ownText(text, item.offset, end),
      name: nameOf(item),
      action: actionOf(item),
    };
  });
}

/**
 * The text of a rule file with the rule at place `from` of its list (from 0) at place `to`; comments above a rule go with it.
 * Throws an Error of one line where that is not possible.
 */
export function moveRule(path: string, text: string, from: number, to: number): string {
  const parsed = parse(path, text);
  const blocks = parsed && blocksOf(text, parsed);
  if (blocks === undefined) {
    throw new Error(`Cannot move a rule: ${path} has no list of rules with a line for each`);
  }
  if (blocks[from] === undefined || blocks[to] === undefined) {
    throw new Error(`Cannot move a rule: ${path} has ${blocks.length} rules`);
  }
  const order = blocks.toSpliced(from, 1).toSpliced(to, 0, blocks[from]);
  // What stands between two rules, such as blank lines, stays between those that are there then.
  const parts = order.map(([start, end], place) => {
    const rule = text.slice(start, end);
    const gap = text.slice(blocks[place]![1], blocks[place + 1]?.[0] ?? text.length);
    return `${rule}${/[\r\n]$/.test(rule) ? "" : lineBreakOf(text)}${gap}`;
  });
  const moved = text.slice(0, blocks[0]![0]) + parts.join("");
  const after = parse(path, moved);
  const items = parsed!.list.items;
  const wanted = { ...parsed!.list, items: items.toSpliced(from, 1).toSpliced(to, 0, items[from]!) };
  const isRight = after !== undefined && isSame(after.list, wanted) &&
    isSame(without(after), without(parsed!));
  if (!isRight) throw new Error(`Cannot move a rule: ${path} is written in a way that none can be moved`);
  return moved;
}

/** What a file says besides its rules. */
function without({ root }: Parsed): YamlNode {
  return { ...root, entries: root.entries.filter(({ key }) => key !== "rules") };
}

function parse(path: string, text: string): Parsed | undefined {
  const file = new YamlFile(path, text);
  const { root } = file;
  if (file.problems.length > 0 || root.kind !== "map") return undefined;
  const list = root.entries.find(({ key }) => key === "rules")?.value;
  // An alias has the place of its star, and the items of what it stands for.
  return list?.kind === "list" && text[list.offset] !== "*" ? { file, root, list } : undefined;
}

/** Of a list with a dash for each rule; undefined for one in brackets. */
function blocksOf(text: string, { root, list }: Parsed): readonly Block[] | undefined {
  if (text[list.offset] !== "-") return undefined;
  const column = columnOf(text, list.offset);
  const starts = list.items.map((item) => aboveComments(text, dashOf(text, item, column), column));
  const next = Math.min(...root.entries.map(({ offset }) => offset).filter((offset) => offset > list.offset));
  const limit = next === Infinity ? endOfDocument(text, list.offset) : lineStart(text, next);
  return starts.map((start, place) => [start, endOfContent(text, start, starts[place + 1] ?? limit)]);
}

function endInBrackets(text: string, { offset }: YamlNode): number {
  const end = text[offset] === "{" ? endOfFlow(text, offset) : undefined;
  return end === undefined ? offset : end.close + 1;
}

function ownText(text: string, start: number, end: number): string {
  const indent = new RegExp(`^ {0,${columnOf(text, start)}}`);
  const [first = "", ...lines] = text.slice(start, end).trimEnd().split(/\r\n|\n|\r/);
  return [first, ...lines.map((line) => line.replace(indent, ""))].join("\n");
}

function nameOf(item: YamlNode): string | undefined {
  const name = item.kind === "map" && item.entries.find(({ key }) => key === "name")?.value;
  return name && name.kind === "scalar" ? name.source : undefined;
}

function actionOf(item: YamlNode): RuleExtent["action"] {
  const keys = item.kind === "map" ? item.entries.map(({ key }) => key) : [];
  return (["allow", "deny", "ask"] as const).find((action) => keys.includes(action));
}
