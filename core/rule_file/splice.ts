/** Splices a rule into the text of a rule file; all else stays as it is written. */

import type { YamlList, YamlMap, YamlNode } from "../yaml.ts";
import { flowText, itemText, type RuleField } from "./draft.ts";
import { endOfFlow } from "./flow.ts";

/** What a file says that was begun here. */
const HEADER = "# Rules from answers to 'snet run'; the first that matches wins.\n";
const VERSION = "version: 1\n";

/** A file with its rules, as far as they are there. */
export interface RuleText {
  readonly text: string;
  /** Undefined where the file says nothing. */
  readonly root: YamlMap | undefined;
  /** Value of the key `rules`; undefined where there is no such key. */
  readonly value: YamlNode | undefined;
  /** The same, where it is a list. */
  readonly list: YamlList | undefined;
}

/** The text with a rule at a place of the list; undefined where it has a shape into which nothing can be spliced. */
export function splice(file: RuleText, place: number, fields: readonly RuleField[]): string | undefined {
  const { text, root, value, list } = file;
  if (root === undefined) return intoEmpty(text, fields);
  const inBraces = text[root.offset] === "{";
  if (value === undefined) return inBraces ? intoBraces(text, root, fields) : withKey(text, root, fields);
  if (list !== undefined && text[list.offset] === "-") return intoBlock(text, root, list, place, fields);
  const empty = emptyValue(text, value);
  if (empty !== undefined && !inBraces) return inPlaceOf(text, root, empty, fields);
  return list === undefined ? undefined : intoBrackets(text, list, place, fields);
}

/** A file without anything but comments. */
function intoEmpty(text: string, fields: readonly RuleField[]): string {
  const broken = lineBreakOf(text);
  const head = text.trim() === "" ? HEADER : "";
  return insert(text, text.length, native(`${head}${VERSION}${ruleList("", fields)}`, broken));
}

/** A file that has no rules yet. */
function withKey(text: string, root: YamlMap, fields: readonly RuleField[]): string {
  const indent = " ".repeat(columnOf(text, root.offset));
  return insert(text, endOfDocument(text, root.offset), native(ruleList(indent, fields), lineBreakOf(text)));
}

/** The key `rules` and its first item. */
function ruleList(indent: string, fields: readonly RuleField[]): string {
  return `${indent}rules:\n${item(`${indent}  `, " ", fields)}`;
}

function item(indent: string, gap: string, fields: readonly RuleField[]): string {
  return `${indent}-${gap}${itemText(fields, indent.length + 1 + gap.length)}\n`;
}

/** Begin and end of what stands for an empty list, with nothing in it that would be lost. */
function emptyValue(text: string, value: YamlNode): readonly [number, number] | undefined {
  if (value.kind === "scalar") {
    // The place of a value that is not there is its key's.
    const end = value.source === "" ? lineEnd(text, value.offset) : value.offset + value.source.length;
    return [value.source === "" ? end : value.offset, end];
  }
  const brackets = /\[[ \t]*\]/y;
  brackets.lastIndex = value.offset;
  return brackets.test(text) ? [value.offset, brackets.lastIndex] : undefined;
}

/** `rules: []` becomes a list of lines. */
function inPlaceOf(
  text: string,
  root: YamlMap,
  [start, end]: readonly [number, number],
  fields: readonly RuleField[],
): string {
  const behind = text.slice(end, lineEnd(text, end));
  const head = behind.trim() === "" ? text.slice(0, start).trimEnd() : text.slice(0, start);
  const without = head + text.slice(behind.trim() === "" ? end : end + behind.search(/\S/));
  const column = columnOf(text, root.offset);
  const at = behindComments(without, nextLine(without, head.length), column + 1);
  return insert(without, at, native(item(" ".repeat(column + 2), " ", fields), lineBreakOf(text)));
}

function intoBlock(
  text: string,
  root: YamlMap,
  list: YamlList,
  place: number,
  fields: readonly RuleField[],
): string {
  const column = columnOf(text, list.offset);
  const gap = /^-( {1,4})(?=[^\s#])/.exec(text.slice(list.offset, list.offset + 8))?.[1] ?? " ";
  const line = native(item(" ".repeat(column), gap, fields), lineBreakOf(text));
  const before = list.items[place];
  if (before !== undefined) {
    return insert(text, aboveComments(text, dashOf(text, before, column), column), line);
  }
  const next = Math.min(...root.entries.map(({ offset }) => offset).filter((offset) => offset > list.offset));
  const limit = next === Infinity ? endOfDocument(text, list.offset) : lineStart(text, next);
  const end = endOfContent(text, list.offset, limit);
  // Comments further in than the keys around the list belong to it.
  const inside = column > columnOf(text, root.offset);
  return insert(text, inside ? behindComments(text, end, column) : end, line);
}

/** The start of the line with an item's dash: its content may begin lines below. */
export function dashOf(text: string, { offset }: YamlNode, column: number): number {
  for (let start = lineStart(text, offset);; start = lineStart(text, start - 1)) {
    const before = text.slice(start, start + column + 1);
    if (/^ *-$/.test(before) || start === 0) return start;
  }
}

/** A list in brackets. */
function intoBrackets(
  text: string,
  list: YamlList,
  place: number,
  fields: readonly RuleField[],
): string | undefined {
  const rule = flowText(fields);
  const before = list.items[place];
  if (before !== undefined) {
    const start = lineStart(text, before.offset);
    const indent = text.slice(start, before.offset);
    const own = indent.trim() === "";
    return put(text, before.offset, own ? `${rule},${lineBreakOf(text)}${indent}` : `${rule}, `);
  }
  return appendToFlow(text, list.offset, list.items.at(-1), rule);
}

/** A collection in brackets or braces, which begins at `open`, with one more thing behind its last one; undefined where it has no end. */
export function appendToFlow(
  text: string,
  open: number,
  last: { readonly offset: number } | undefined,
  added: string,
): string | undefined {
  const end = endOfFlow(text, open);
  if (end === undefined) return undefined;
  if (last === undefined) return put(text, end.lastEnd, added);
  const comma = end.comma ? "" : ",";
  const indent = text.slice(lineStart(text, last.offset), last.offset);
  if (indent.trim() !== "") return put(text, end.lastEnd, `${comma} ${added}${end.comma ? "," : ""}`);
  // A comment behind the last item stays with it.
  const line = `${lineBreakOf(text)}${indent}${added}${end.comma ? "," : ""}`;
  const at = Math.min(lineEnd(text, end.lastEnd), end.close);
  const behind = at === end.close ? end.lastEnd : at;
  return text.slice(0, end.lastEnd) + comma + text.slice(end.lastEnd, behind) + line + text.slice(behind);
}

/** A file in braces that has no rules yet. */
function intoBraces(text: string, root: YamlMap, fields: readonly RuleField[]): string | undefined {
  const end = endOfFlow(text, root.offset);
  if (end === undefined) return undefined;
  const comma = end.comma || root.entries.length === 0 ? "" : ",";
  return put(text, end.lastEnd, `${comma} rules: [${flowText(fields)}]`);
}

export function put(text: string, at: number, added: string): string {
  return text.slice(0, at) + added + text.slice(at);
}

/** Puts whole lines where a line begins; the last line of a file may lack its end. */
export function insert(text: string, at: number, lines: string): string {
  const open = at > 0 && !/[\r\n\ufeff]/.test(text[at - 1]!);
  return put(text, at, (open ? lineBreakOf(text) : "") + lines);
}

/** The line break of a file, by its first line. */
export function lineBreakOf(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
}

export function native(lines: string, lineBreak: string): string {
  return lines.replaceAll("\n", lineBreak);
}

/** Looks at one line alone: a search for the break that a file does not use would go through all of it. */
export function lineStart(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && text[start - 1] !== "\n" && text[start - 1] !== "\r") start--;
  return start;
}

/** The line break that ends the line, or the end of the text. */
export function lineEnd(text: string, offset: number): number {
  const end = text.slice(offset).search(/[\r\n]/);
  return end < 0 ? text.length : offset + end;
}

/** Where the next line begins. */
function nextLine(text: string, offset: number): number {
  const end = lineEnd(text, offset);
  return text.startsWith("\r\n", end) ? end + 2 : Math.min(end + 1, text.length);
}

/** A byte order mark takes no column. */
export function columnOf(text: string, offset: number): number {
  const start = lineStart(text, offset);
  return offset - start - (text[start] === "\ufeff" ? 1 : 0);
}

/** The line that ends the document, or the end of the text. */
export function endOfDocument(text: string, offset: number): number {
  const end = text.slice(offset).search(/^(?:\.\.\.|---)(?=\s|$)/m);
  return end < 0 ? text.length : offset + end;
}

/** Behind the last line before `limit` that is neither blank nor a comment. */
export function endOfContent(text: string, from: number, limit: number): number {
  let end = limit;
  while (end > from) {
    const start = lineStart(text, end - (text.startsWith("\r\n", end - 2) ? 2 : 1));
    if (!/^\s*(?:#|$)/.test(text.slice(start, end))) break;
    end = start;
  }
  return end;
}

/** Behind the comments that follow without a blank line, from a column on. */
function behindComments(text: string, at: number, column: number): number {
  const comment = new RegExp(` {${column},}#[^\\r\\n]*(?:\\r\\n|[\\r\\n]|$)`, "y");
  comment.lastIndex = at;
  while (comment.lastIndex < text.length && comment.test(text)) at = comment.lastIndex;
  return at;
}

/** Above the comments that stand right above a line at its column: they speak of what follows. */
export function aboveComments(text: string, start: number, column: number): number {
  while (start > 0) {
    const before = lineStart(text, start - (text.startsWith("\r\n", start - 2) ? 2 : 1));
    const line = text.slice(before, start);
    if (!line.startsWith(`${" ".repeat(column)}#`)) break;
    start = before;
  }
  return start;
}
