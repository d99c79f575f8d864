/** Changes the items of a list that has a line for each; all other lines stay, and what stands behind items that stay. */

import { yamlText } from "../rule_file/draft.ts";
import { endOfQuoted } from "../rule_file/flow.ts";
import { columnOf, lineBreakOf, lineEnd, lineStart } from "../rule_file/splice.ts";
import type { YamlList, YamlNode } from "../yaml.ts";

/** More are not compared one by one: that takes their number squared. */
const MOST = 1000;

/** An item with its line. */
interface Line {
  readonly item: string;
  /** Of the item's text. */
  readonly start: number;
  readonly end: number;
}

/** The text with these items; undefined where one of the list's has not a line of its own. */
export function withItems(text: string, list: YamlList, wanted: readonly string[]): string | undefined {
  const lines = list.items.map((item) => lineOf(text, item));
  if (lines.length > MOST || wanted.length > MOST) return undefined;
  if (!lines.every((line) => line !== undefined)) return undefined;
  const indent = " ".repeat(columnOf(text, list.offset));
  const lineBreak = lineBreakOf(text);
  let changed = "";
  /** What is taken over up to here. */
  let at = 0;
  const edit = (start: number, end: number, instead: string) => {
    changed += text.slice(at, start) + instead;
    at = end;
  };
  for (const { behind, former, items } of runs(lines, wanted)) {
    former.forEach((line, index) => {
      const item = items[index];
      if (item !== undefined) edit(line.start, line.end, yamlText(item));
      else takeOut(line);
    });
    const more = items.slice(former.length).map((item) => `${indent}- ${yamlText(item)}`);
    if (more.length === 0) continue;
    const last = former.at(-1) ?? behind;
    if (last === undefined) {
      const start = lineStart(text, lines[0]!.start);
      edit(start, start, more.map((line) => line + lineBreak).join(""));
    } else {
      const end = lineEnd(text, last.end);
      edit(end, end, more.map((line) => lineBreak + line).join(""));
    }
  }
  return changed + text.slice(at);

  /** The comment behind it is kept. */
  function takeOut({ start, end }: Line): void {
    const stop = lineEnd(text, end);
    const comment = text.slice(end, stop).trim();
    if (comment !== "") return edit(lineStart(text, start), stop, indent + comment);
    const next = stop + (text.startsWith("\r\n", stop) ? 2 : 1);
    edit(lineStart(text, start), Math.min(next, text.length), "");
  }
}

function lineOf(text: string, node: YamlNode): Line | undefined {
  if (node.kind !== "scalar" || node.source === "") return undefined;
  const { offset, source } = node;
  const isQuoted = /["']/.test(text[offset] ?? "");
  const end = isQuoted
    ? endOfQuoted(text, offset)
    : text.startsWith(source, offset)
    ? offset + source.length
    : -1;
  if (end === undefined || end < 0 || end > lineEnd(text, offset)) return undefined;
  const isAlone = /^ *- +$/.test(text.slice(lineStart(text, offset), offset)) &&
    /^[ \t]*(?:$|[ \t]#)/.test(text.slice(end, lineEnd(text, end)));
  return isAlone ? { item: source, start: offset, end } : undefined;
}

/** Lines that go, or become these items; where there are more items than lines, the others come behind them. */
interface Run {
  /** The line before them that stays; undefined at the beginning of the list. */
  readonly behind: Line | undefined;
  readonly former: readonly Line[];
  readonly items: readonly string[];
}

/** What is different, in the order of the lines: as few as can be (the longest common subsequence stays). */
function runs(lines: readonly Line[], wanted: readonly string[]): readonly Run[] {
  const width = wanted.length + 1;
  const common = new Uint16Array((lines.length + 1) * width);
  for (let i = lines.length - 1; i >= 0; i--) {
    for (let j = wanted.length - 1; j >= 0; j--) {
      common[i * width + j] = lines[i]!.item === wanted[j]
        ? common[(i + 1) * width + j + 1]! + 1
        : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const found: Run[] = [];
  let former: Line[] = [];
  let items: string[] = [];
  let behind: Line | undefined;
  const close = (kept?: Line) => {
    if (former.length > 0 || items.length > 0) found.push({ behind, former, items });
    [behind, former, items] = [kept, [], []];
  };
  let i = 0;
  let j = 0;
  while (i < lines.length || j < wanted.length) {
    const line = lines[i];
    if (line !== undefined && j < wanted.length && line.item === wanted[j]) {
      close(line);
      i++;
      j++;
    } else if (
      line !== undefined &&
      (j === wanted.length || common[(i + 1) * width + j]! >= common[i * width + j + 1]!)
    ) {
      former.push(line);
      i++;
    } else items.push(wanted[j++]!);
  }
  close();
  return found;
}
