/**
 * Changes options of a plugin in the text of snet.yaml; all else stays as it is written, comments too.
 *
 * As for rule files, what comes of it is parsed again and compared with what was there, so that a file of a shape not thought
 * of is refused and not spoilt.
 */

import { valueText, yamlText } from "../rule_file/draft.ts";
import { endOfFlow, endOfQuoted } from "../rule_file/flow.ts";
import { isSame } from "../rule_file/save.ts";
import {
  appendToFlow,
  columnOf,
  dashOf,
  endOfContent,
  endOfDocument,
  insert,
  lineBreakOf,
  lineEnd,
  lineStart,
  native,
  put,
} from "../rule_file/splice.ts";
import {
  type YamlEntry,
  YamlFile,
  type YamlList,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from "../yaml.ts";
import { withItems } from "./items.ts";

/** The value of an option as it is to be read: a text may also be a number or a time, as people write them. */
export type OptionText = number | boolean | string | readonly string[];

/** Options to be set by their names; undefined takes one out. */
export type OptionChanges = ReadonlyMap<string, OptionText | undefined>;

/** Which entry of the list `plugins` is meant: its place, from 0, and the name that stands there. */
export interface EntryPlace {
  readonly place: number;
  readonly name: string;
}

/** An entry of the plugin list in its file. */
interface Found {
  readonly file: YamlFile;
  readonly text: string;
  readonly root: YamlMap;
  readonly list: YamlList;
  readonly item: YamlNode;
  /** Undefined of a bare name. */
  readonly entry: YamlEntry | undefined;
  readonly options: readonly YamlEntry[];
}

/** The text with these options of an entry changed. Throws an Error of one line where that cannot be done without harm. */
export function setOptions(path: string, text: string, at: EntryPlace, changes: OptionChanges): string {
  let changed = text;
  for (const [option, value] of changes) {
    const found = find(path, changed, at);
    const next = setOption(found, option, value);
    if (next === undefined) {
      throw byHand(
        found,
        found.options.find(({ key }) => key === option) ?? found.item,
      );
    }
    changed = next;
  }
  if (changed === text) return text;
  const before = find(path, text, at);
  let isRight = false;
  try {
    isRight = isChangedTo(before, find(path, changed, at), changes);
  } catch {
    // It is no such file any more.
  }
  if (!isRight) throw byHand(before, before.item);
  return changed;
}

/** Which option of an entry the places of its keys and values (`path:line:column`) belong to. */
export function optionPlaces(path: string, text: string, at: EntryPlace): ReadonlyMap<string, string> {
  const { file, options } = find(path, text, at);
  return new Map(options.flatMap(({ key, offset, value }) => {
    const items = value.kind === "list" ? value.items : [];
    return [{ offset }, value, ...items].map((each) => [file.place(each), key] as const);
  }));
}

function find(path: string, text: string, { place, name }: EntryPlace): Found {
  const file = new YamlFile(path, text);
  const [problem] = file.problems;
  if (problem !== undefined) throw new Error(problem);
  const { root } = file;
  const list = root.kind === "map" && root.entries.find(({ key }) => key === "plugins")?.value;
  // An alias has the place of its star, and the items of what it stands for.
  if (root.kind !== "map" || !list || list.kind !== "list" || text[list.offset] === "*") {
    throw new Error(
      `${
        file.place(list || root)
      }: there is no list of plugins here that could be changed; change it by hand`,
    );
  }
  const item = list.items[place];
  const entry = item?.kind === "map" && item.entries.length === 1 ? item.entries[0] : undefined;
  const isNamed = item?.kind === "scalar" ? item.source === name : entry?.key === name;
  if (item === undefined || !isNamed) {
    throw new Error(`${file.place(list)}: entry ${place + 1} of this list is not the plugin "${name}"`);
  }
  const options = entry?.value.kind === "map" ? entry.value.entries : [];
  return { file, text, root, list, item, entry, options };
}

function byHand({ file }: Found, at: { readonly offset: number }): Error {
  return new Error(
    `${file.place(at)}: this is written in a way that only a person can change; change it by hand`,
  );
}

/** Undefined where it has a shape that cannot be changed. */
function setOption(found: Found, name: string, value: OptionText | undefined): string | undefined {
  const { text, entry, item, options } = found;
  // What an alias stands for is written somewhere else.
  if ([item, entry?.value].some((node) => node !== undefined && text[node.offset] === "*")) return undefined;
  const option = options.find(({ key }) => key === name);
  if (value === undefined) return option === undefined ? text : without(found, option);
  return option === undefined ? withOption(found, name, value) : withValue(found, option, value);
}

function textOf(value: OptionText): string {
  if (typeof value === "string") return yamlText(value);
  return typeof value === "object" ? valueText(value) : String(value);
}

/** An option that stands there, with another value. */
function withValue({ text }: Found, { key, offset, value: former }: YamlEntry, value: OptionText) {
  if (former.offset === offset) {
    const at = behindColon(text, { key, offset });
    return at === undefined ? undefined : put(text, at, ` ${textOf(value)}`);
  }
  if (former.kind === "list" && text[former.offset] === "-") {
    return typeof value === "object" ? withItems(text, former, value) : undefined;
  }
  const end = endOf(text, former);
  if (end === undefined || hasCommentWithin(text.slice(former.offset, end))) return undefined;
  const isOne = typeof value === "object" && value.length === 1;
  const written = isOne && text[former.offset] === "[" ? `[${textOf(value)}]` : textOf(value);
  return text.slice(0, former.offset) + written + text.slice(end);
}

/** An option that did not stand there. */
function withOption(found: Found, name: string, value: OptionText): string | undefined {
  const { text, item, entry, options } = found;
  const option = `${yamlText(name)}: ${textOf(value)}`;
  if (entry === undefined) {
    const end = endOf(text, item);
    return end === undefined ? undefined : put(text, end, `: { ${option} }`);
  }
  const map = entry.value;
  if (map.offset === entry.offset) {
    const at = behindColon(text, entry);
    return at === undefined ? undefined : put(text, at, ` { ${option} }`);
  }
  if (text[map.offset] === "{") {
    const empty = /\{[ \t]*\}/y;
    empty.lastIndex = map.offset;
    if (!empty.test(text)) return appendToFlow(text, map.offset, options.at(-1), option);
    return `${text.slice(0, map.offset)}{ ${option} }${text.slice(empty.lastIndex)}`;
  }
  if (map.kind === "scalar") {
    const end = endOf(text, map);
    return end === undefined ? undefined : `${text.slice(0, map.offset)}{ ${option} }${text.slice(end)}`;
  }
  const indent = " ".repeat(columnOf(text, options[0]!.offset));
  const end = endOfContent(text, map.offset, limitOf(found));
  return insert(text, end, native(`${indent}${option}\n`, lineBreakOf(text)));
}

/** Without an option that stands there; comments stay. */
function without(found: Found, option: YamlEntry): string | undefined {
  const { text, entry } = found;
  return text[entry!.value.offset] === "{" ? withoutInFlow(found, option) : withoutLines(found, option);
}

function withoutLines(found: Found, { offset }: YamlEntry): string | undefined {
  const { text, options } = found;
  const start = lineStart(text, offset);
  const next = options.find((other) => other.offset > offset);
  const end = endOfContent(text, offset, next === undefined ? limitOf(found) : lineStart(text, next.offset));
  const [first = "", ...more] = text.slice(offset, end).trimEnd().split(/\r\n|\n|\r/);
  if (text.slice(start, offset).trim() !== "" || more.some(hasComment)) return undefined;
  const comment = commentOf(first, found, offset);
  if (comment === undefined) return undefined;
  const kept = comment === "" ? "" : `${text.slice(start, offset)}${comment}${lineBreakOf(text)}`;
  return text.slice(0, start) + kept + text.slice(end);
}

/** The comment behind what stands on a line; undefined where it cannot be told. */
function commentOf(line: string, { text, options }: Found, offset: number): string | undefined {
  if (!hasComment(line)) return "";
  const end = endOfOption(text, options.find((other) => other.offset === offset)!);
  if (end === undefined) return undefined;
  const behind = text.slice(end, lineEnd(text, end)).trim();
  return behind === "" || behind.startsWith("#") ? behind : undefined;
}

function withoutInFlow({ text, entry, options }: Found, option: YamlEntry): string | undefined {
  const end = endOfOption(text, option);
  if (end === undefined || hasCommentWithin(text.slice(option.offset, end))) return undefined;
  let from = option.offset;
  let to = behindComma(text, end) ?? end;
  let head = text.slice(0, from);
  const before = options[options.indexOf(option) - 1];
  if (to === end && before !== undefined) {
    // The comma that parted it from the one before parts nothing any more.
    const former = endOfOption(text, before);
    const comma = former === undefined ? -1 : text.indexOf(",", former);
    if (comma < 0 || comma > from) return undefined;
    const isNear = text.slice(comma + 1, from).trim() === "" && !/[\r\n]/.test(text.slice(comma, from));
    head = text.slice(0, comma) + (isNear ? "" : text.slice(comma + 1, from));
  }
  if (/(^|[\r\n])[ \t]*$/.test(head)) {
    const rest = /^[ \t]*(?:\r\n|[\r\n])/.exec(text.slice(to));
    // A line that has nothing else goes as a whole.
    if (rest !== null) {
      head = head.replace(/[ \t]*$/, "");
      to += rest[0].length;
    } else to += /^[ \t]*/.exec(text.slice(to))![0].length;
  }
  from = entry!.value.offset;
  const left = head + text.slice(to);
  return left.slice(0, from) + left.slice(from).replace(/^\{[ \t]*\}/, "{}");
}

/** Behind the comma that follows on the line, and the spaces behind that. */
function behindComma(text: string, at: number): number | undefined {
  const comma = /[ \t]*,[ \t]*/y;
  comma.lastIndex = at;
  return comma.test(text) ? comma.lastIndex : undefined;
}

/** Where the lines of an entry in lines end at the latest. */
function limitOf({ text, root, list, item }: Found): number {
  const next = list.items[list.items.indexOf(item) + 1];
  if (next !== undefined) return dashOf(text, next, columnOf(text, list.offset));
  const behind = root.entries.map(({ offset }) => offset).filter((offset) => offset > item.offset);
  return behind.length === 0 ? endOfDocument(text, list.offset) : lineStart(text, Math.min(...behind));
}

/** Where a value on one line, or in brackets, ends; undefined where that cannot be told. */
function endOf(text: string, node: YamlNode): number | undefined {
  const { offset } = node;
  if (node.kind !== "scalar") {
    const end = /[[{]/.test(text[offset] ?? "") ? endOfFlow(text, offset) : undefined;
    return end && end.close + 1;
  }
  if (/["']/.test(text[offset] ?? "")) return endOfQuoted(text, offset);
  // What was folded over lines, or stands for something else, reads otherwise.
  return node.source !== "" && text.startsWith(node.source, offset) ? offset + node.source.length : undefined;
}

function endOfOption(text: string, option: YamlEntry): number | undefined {
  return option.value.offset === option.offset ? behindColon(text, option) : endOf(text, option.value);
}

function behindColon(text: string, { key, offset }: Pick<YamlEntry, "key" | "offset">): number | undefined {
  const end = /["']/.test(text[offset] ?? "")
    ? endOfQuoted(text, offset)
    : text.startsWith(key, offset)
    ? offset + key.length
    : undefined;
  const colon = /[ \t]*:/y;
  colon.lastIndex = end ?? 0;
  return end !== undefined && colon.test(text) ? colon.lastIndex : undefined;
}

/** Of a value from its begin to its end: on one line there is none. */
function hasCommentWithin(value: string): boolean {
  return /[\r\n]/.test(value) && hasComment(value);
}

/** Whether there may be one: a text in quotes may look so. */
function hasComment(text: string): boolean {
  return /(^|\s)#/.test(text);
}

/** Whether one file says what the other does, but for these options of the entry. */
function isChangedTo(before: Found, after: Found, changes: OptionChanges): boolean {
  const left = ({ options }: Found) => options.filter(({ key }) => !changes.has(key));
  const map = (entries: readonly YamlEntry[]): YamlMap => ({ kind: "map", offset: 0, entries });
  return isSame(withoutItem(before), withoutItem(after)) && isSame(map(left(before)), map(left(after))) &&
    [...changes].every(([name, wanted]) =>
      says(after.options.find(({ key }) => key === name)?.value, wanted)
    );
}

function withoutItem({ root, list, item }: Found): YamlMap {
  const others: YamlList = { ...list, items: list.items.filter((other) => other !== item) };
  return {
    ...root,
    entries: root.entries.map((entry) => entry.value === list ? { ...entry, value: others } : entry),
  };
}

function says(node: YamlNode | undefined, wanted: OptionText | undefined): boolean {
  if (node === undefined || wanted === undefined) return node === undefined && wanted === undefined;
  if (typeof wanted !== "object") {
    return node.kind === "scalar" &&
      (typeof wanted === "string" ? isText(node, wanted) : node.value === wanted);
  }
  const items = node.kind === "list"
    ? node.items
    : node.kind === "scalar" && node.value === null
    ? []
    : [node];
  return items.length === wanted.length &&
    items.every((item, index) => item.kind === "scalar" && isText(item, wanted[index]!));
}

function isText({ value, source }: YamlScalar, wanted: string): boolean {
  return value !== null && source === wanted;
}
