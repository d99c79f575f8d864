/**
 * Adds rules to rule files that people write: the new rule is spliced in, and all else stays as it is written.
 *
 * The parser tells where things begin; where they end is found by looking at lines and brackets. What comes of it is
 * parsed again and compared with what was there, so that a file of a shape not thought of is refused and not spoilt.
 */

import { YamlFile, type YamlList, type YamlNode } from "../yaml.ts";
import { fieldsOf, type RuleDraft, type RuleField } from "./draft.ts";
import { type RuleText, splice } from "./splice.ts";
import { updateFile } from "./text_file.ts";

/** A rule of a file as it was loaded, by which it is found again after the file has changed. */
export interface RulePlace {
  /** `path:line:column`, as plugins tell of their rules. */
  readonly where: string;
  /** The whole file as it was loaded. */
  readonly text: string;
}

/**
 * Adds a rule to a file, as {@linkcode appendRule} does; returns false where it stands there already. A file that is not
 * there yet begins with `heading`, lines of comment. Throws an Error of one line where that is not possible.
 */
export async function saveRule(
  path: string,
  draft: RuleDraft,
  before?: RulePlace,
  heading?: string,
): Promise<boolean> {
  let isNew = false;
  await updateFile(path, (text) => {
    const added = appendRule(path, text ?? heading, draft, before);
    isNew = added !== text;
    return added;
  });
  return isNew;
}

/**
 * The text of a rule file with one more rule; the same text where the rule stands there already.
 *
 * The rule stands in front of the rule `before` where that is in this file, for the first that matches wins; else last.
 * `text` is undefined where there is no file yet. Throws an Error of one line where the file is no rule file, or of a
 * shape into which nothing can be spliced.
 */
export function appendRule(
  path: string,
  text: string | undefined,
  draft: RuleDraft,
  before?: RulePlace,
): string {
  const fields = fieldsOf(draft);
  const file = new YamlFile(path, text ?? "");
  const rules = rulesOf(file);
  const items = rules.list?.items ?? [];
  const place = before === undefined ? items.length : placeOf(path, items, before);
  if (items.slice(0, place).some((item) => says(item, fields))) return file.text;
  const added = splice(rules, place, fields);
  if (added === undefined || !isWith(path, added, rules, place, fields)) {
    throw refusal(file, "it is written in a way that no rule can be added to", rules.value ?? file.root);
  }
  return added;
}

function rulesOf(file: YamlFile): RuleText {
  const [problem] = file.problems;
  if (problem !== undefined) throw new Error(`Cannot add a rule: ${problem}`);
  const { root, text } = file;
  if (isNothing(root)) return { text, root: undefined, value: undefined, list: undefined };
  if (root.kind !== "map") throw refusal(file, "it is no rule file", root);
  const value = root.entries.find(({ key }) => key === "rules")?.value;
  if (value === undefined) return { text, root, value, list: undefined };
  // An alias has the place of its star, and the items of what it stands for.
  if (text[value.offset] === "*") {
    throw refusal(file, `"rules" stands for a list elsewhere; write it out`, value);
  }
  if (value.kind === "list") return { text, root, value, list: value };
  if (!isNothing(value)) throw refusal(file, `"rules" is no list`, value);
  return { text, root, value, list: undefined };
}

function refusal(file: YamlFile, why: string, at: YamlNode): Error {
  return new Error(`Cannot add a rule: ${file.place(at)}: ${why}`);
}

function isNothing(node: YamlNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** The place of the rule `before` among the items, wherever it is by now; behind all of them where it is not. */
function placeOf(path: string, items: readonly YamlNode[], before: RulePlace): number {
  const file = new YamlFile(path, before.text);
  const rule = rulesOf(file).list?.items.find((item) => file.place(item) === before.where);
  if (rule === undefined) return items.length;
  const same = items.findIndex((item) => isSame(item, rule));
  if (same >= 0) return same;
  // It was rewritten meanwhile: in front of what asks now is where an answer belongs.
  const asking = items.findIndex((item) =>
    item.kind === "map" && item.entries.some(({ key }) => key === "ask")
  );
  return asking >= 0 ? asking : items.length;
}

/** Whether an item is this rule, whatever its name and the order of its keys and values. */
function says(item: YamlNode, fields: readonly RuleField[]): boolean {
  if (item.kind !== "map") return false;
  const entries = item.entries.filter(({ key }) => key !== "name");
  const wanted = fields.filter(([key]) => key !== "name");
  return entries.length === wanted.length && wanted.every(([key, values]) => {
    const texts = textsOf(entries.find((entry) => entry.key === key)?.value);
    return texts?.length === values.length && values.every((text) => texts.includes(text));
  });
}

function hasName(item: YamlNode, fields: readonly RuleField[]): boolean {
  const written = item.kind === "map" ? item.entries.find(({ key }) => key === "name")?.value : undefined;
  const [name] = fields.find(([key]) => key === "name")?.[1] ?? [];
  return textsOf(written)?.[0] === name;
}

/** The text of a value or the texts of a list; undefined where it is anything else. */
function textsOf(node: YamlNode | undefined): readonly string[] | undefined {
  if (node?.kind === "scalar" && node.value !== null) return [node.source];
  if (node?.kind !== "list") return undefined;
  const texts = node.items.flatMap((item) => item.kind === "scalar" ? [item.source] : []);
  return texts.length === node.items.length ? texts : undefined;
}

/** Whether a text says what the old one did, and has the rule at its place besides. */
function isWith(
  path: string,
  text: string,
  { root, list }: RuleText,
  place: number,
  fields: readonly RuleField[],
): boolean {
  const file = new YamlFile(path, text);
  if (file.problems.length > 0 || file.root.kind !== "map") return false;
  const others = file.root.entries.filter(({ key }) => key !== "rules");
  const rules = file.root.entries.find(({ key }) => key === "rules")?.value;
  if (rules?.kind !== "list") return false;
  const [added] = rules.items.slice(place);
  const left = { ...rules, items: rules.items.toSpliced(place, 1) };
  const former: YamlList = list ?? { ...rules, items: [] };
  const formerOthers = root?.entries.filter(({ key }) => key !== "rules");
  return added !== undefined && says(added, fields) && hasName(added, fields) && isSame(left, former) &&
    (formerOthers === undefined ||
      isSame({ ...file.root, entries: others }, { ...file.root, entries: formerOthers }));
}

/** Whether two nodes say the same, wherever they stand. */
export function isSame(a: YamlNode, b: YamlNode): boolean {
  if (a.kind === "scalar") return b.kind === "scalar" && a.value === b.value && a.source === b.source;
  if (a.kind === "list") {
    return b.kind === "list" && a.items.length === b.items.length &&
      a.items.every((item, index) => isSame(item, b.items[index]!));
  }
  return b.kind === "map" && a.entries.length === b.entries.length &&
    a.entries.every(({ key, value }, index) => {
      const other = b.entries[index]!;
      return key === other.key && isSame(value, other.value);
    });
}
