/** All that is known of one decision, as lines. */

import type { EventJson, Observation, RowJson } from "../../control/api.ts";
import { formatDuration } from "../../duration.ts";
import { addressText, printableWord } from "../describe.ts";
import { attributesText } from "../shown.ts";
import type { Paint } from "../terminal.ts";
import { fold, pad, printable, printed } from "../text.ts";
import type { Details } from "./state.ts";
import { baseName, byText, heldText, moment, verdictText, verdictTone, wantText } from "./words.ts";

/** What is known, and what it is called; what is empty is not known. */
type Fact = readonly [label: string, text: string | undefined];

const LABEL = 10;

/** With nothing left out. */
export function detailsLines({ row, whole }: Details, width: number, paint: Paint): string[] {
  const observation = typeof whole === "object" ? whole : undefined;
  const head = `${baseName(row.program)}[${row.pid}] ${wantText(row)}`;
  return [
    ...fold(head, width - 1, 2).map((line) => paint("strong", ` ${line}`)),
    ` ${paint(verdictTone(row), verdictText(row))}`,
    ...[...decisionFacts(row, observation), ...programFacts(row, observation?.event)]
      .flatMap((fact) => factLines(fact, width, paint)),
    ...typeof whole === "string"
      ? fold(printed(whole), width - 1, 0).map((line) => paint("warn", ` ${line}`))
      : [],
  ];
}

function decisionFacts(row: RowJson, observation: Observation | undefined): Fact[] {
  const { rule, remember, event } = observation ?? {};
  return [
    ["when", moment(row.time)],
    ["decided by", byText(row)],
    ["reason", printed(row.why)],
    ["rule", rule?.where && printable(rule.where)],
    ["remembered", remember === undefined ? undefined : `for ${formatDuration(remember)}`],
    ["held for", row.verdict === "told" ? undefined : heldText(row.held)],
    ["from", event?.local && addressText(event.local)],
    ["to", event?.remote && addressText(event.remote)],
    ["known as", observation?.names?.map(printableWord).join(", ") ?? row.host],
    ["flags", event?.flags.map(printable).join(", ")],
    ["attributes", event && printable(attributesText(event))],
  ];
}

function programFacts(row: RowJson, event: EventJson | undefined): Fact[] {
  const { task } = event ?? {};
  return [
    ["machine", row.client && printed(row.client)],
    ["program", `${printed(row.program)}${task?.exeUnlinked ? " (that file is deleted)" : ""}`],
    ["command", task?.cmdline?.map(argument).join(" ")],
    ["process", `${row.pid}${task === undefined ? "" : `, thread ${task.tid} ${printableWord(task.comm)}`}`],
    ["run by", task && parentsText(task)],
    ["user", printed(row.user)],
    ["cgroup", task && printable(task.cgroup)],
  ];
}

/** An argument as one word. */
function argument(text: string): string {
  return text === "" || /\s/.test(text) ? `"${printable(text)}"` : printable(text);
}

function parentsText({ parents, ppid }: EventJson["task"]): string {
  if (parents === undefined) return `process ${ppid}`;
  return parents.map(({ exe, pid }) => exe === undefined ? String(pid) : `${printableWord(exe)}[${pid}]`)
    .join(" ← ");
}

function factLines([label, text]: Fact, width: number, paint: Paint): string[] {
  if (text === undefined || text === "") return [];
  return fold(text, width - 4 - LABEL, 2).map((line, index) =>
    `   ${paint("faint", pad(index === 0 ? label : "", LABEL))} ${line}`
  );
}
