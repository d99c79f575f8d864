/** A rule that is being made of a decision, as lines. */

import type { RuleMadeJson } from "../../control/api.ts";
import { SCOPE_WORDS } from "../../view/scope_words.ts";
import type { Paint } from "../terminal.ts";
import { fold, printable, printed } from "../text.ts";
import type { Making } from "./making.ts";
import { baseName, outcomeText, wantText } from "./words.ts";

export function makingLines(making: Making, width: number, paint: Paint): string[] {
  const { row, wanted: { action }, made } = making;
  const folded = (text: string) => fold(text, width - 1, 0).map((line) => ` ${line}`);
  const tone = action === "allow" ? "good" : "bad";
  return [
    ...folded(`A rule for calls like ${baseName(row.program)}[${row.pid}]: ${wantText(row)}`)
      .map((line) => paint("strong", line)),
    ...folded(`It was: ${outcomeText(row)}`).map((line) => paint("faint", line)),
    "",
    ...made === undefined ? [paint("faint", " asking the daemon…")] : [],
    ...typeof made === "string" ? folded(printed(made)).map((line) => paint("bad", line)) : [],
    ...typeof made === "object"
      ? [
        ...folded(`${action} ${SCOPE_WORDS[made.scope]}`).map((line, index) =>
          index === 0 ? ` ${paint(tone, action)}${line.slice(1 + action.length)}` : line
        ),
        ...folded(`in ${printable(made.path)}, line ${made.line}:`),
        "",
        ...addedLines(made).flatMap((line) => sourceLines(line, width)),
        "",
        ...broadLines(making, made).flatMap((text) => folded(text)).map((line) => paint("warn", line)),
      ]
      : [],
  ];
}

/** A line of a file, as far in as it is there. */
function sourceLines(line: string, width: number): string[] {
  const indent = /^ */.exec(line)![0].length + 1;
  return fold(printable(line.trimStart()), Math.max(10, width - indent), 2)
    .map((part) => " ".repeat(indent) + part);
}

function broadLines({ isSure }: Making, { broad }: RuleMadeJson): string[] {
  if (broad === undefined) return [];
  return [`This is broad: ${broad.map(printed).join("; ")}.${isSure ? " Enter again writes it." : ""}`];
}

/** The lines that the file has more than before, or in place of others. */
function addedLines({ text, former, line }: RuleMadeJson): readonly string[] {
  const [now, before] = [text, former].map((each) => each.split(/\r\n|\n|\r/)) as [string[], string[]];
  let same = 0;
  const most = Math.min(now.length, before.length) - line + 1;
  while (same < most && now.at(-1 - same) === before.at(-1 - same)) same++;
  return now.slice(line - 1, Math.max(line, now.length - same));
}

/** The keys with what they do. */
export function makingKeys({ scopes, wanted, made, isSaving, isSure }: Making): string[][] {
  if (isSaving) return [["saving…"]];
  const place = scopes.indexOf(wanted.scope ?? scopes[0]!);
  return [
    ...typeof made === "object" ? [["Enter", isSure ? "yes, save" : "save"]] : [],
    ...wanted.action === "allow" ? [["d", "deny instead"]] : [["a", "allow instead"]],
    ...scopes.length > 1 ? [["s", `scope ${place + 1} of ${scopes.length}`]] : [],
    ["Esc", "leave"],
  ];
}
