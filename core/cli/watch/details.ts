/** All that is known of one decision, as lines. */

import type { DecisionJson, EventJson, ParentJson, PlaceJson, RowJson } from "../../control/api.ts";
import { formatDuration } from "../../duration.ts";
import { addressText, commandText, printableWord } from "../describe.ts";
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
  const decision = typeof whole === "object" ? whole : undefined;
  const head = `${baseName(row.program)}[${row.pid}] ${wantText(row)}`;
  return [
    ...fold(head, width - 1, 2).map((line) => paint("strong", ` ${line}`)),
    ` ${paint(verdictTone(row), verdictText(row))}`,
    ...[...decisionFacts(row, decision), ...programFacts(row, decision)]
      .flatMap((fact) => factLines(fact, width, paint)),
    ...typeof whole === "string"
      ? fold(printed(whole), width - 1, 0).map((line) => paint("warn", ` ${line}`))
      : [],
  ];
}

function decisionFacts(row: RowJson, decision: DecisionJson | undefined): Fact[] {
  const { rule, remember, event, ticket } = decision ?? {};
  return [
    ["when", moment(row.time)],
    ["decided by", byText(row)],
    ["reason", printed(row.why)],
    ["rule", rule?.where && printable(rule.where)],
    ["remembered", remember === undefined ? undefined : `for ${formatDuration(remember)}`],
    ["ticket", ticketText(ticket)],
    ["held for", row.verdict === "told" ? undefined : heldText(row.held)],
    ["from", event?.local && addressText(event.local)],
    ["to", event?.remote && addressText(event.remote)],
    ["known as", decision?.names?.map(printableWord).join(", ") ?? (row.host && printed(row.host))],
    ["flags", event?.flags.map(printable).join(", ")],
    ["attributes", event && printable(attributesText(event))],
  ];
}

/** Whether the kernel would answer such a call by itself now. */
function ticketText(ticket: DecisionJson["ticket"]): string | undefined {
  if (ticket === undefined) return undefined;
  if (ticket === "none") return "none answers such a call now";
  const { action, timeLeft, hits } = ticket;
  const times = hits === 1 ? "once" : `${hits} times`;
  return `answers ${action} for ${formatDuration(Math.ceil(timeLeft / 1000) * 1000)} more; has ${times}`;
}

function programFacts(row: RowJson, decision: DecisionJson | undefined): Fact[] {
  const { event, process } = decision ?? {};
  const { task } = event ?? {};
  const { place, command, script } = process ?? {};
  return [
    ["machine", row.client && printed(row.client)],
    ["program", `${printed(row.program)}${task?.exeUnlinked ? " (that file is deleted)" : ""}`],
    ["script", script && `${printed(script)} (by its own word)`],
    ["command", commandOf(task, command, process?.isWithheld)],
    ["process", `${row.pid}${task === undefined ? "" : `, thread ${task.tid} ${printableWord(task.comm)}`}`],
    ["", stateText(process)],
    ["run by", task && parentsText(task, process?.parents)],
    ["user", userText(row, process)],
    ["unit", place && unitText(place)],
    ["container", place?.container && containerText(place.container)],
    ["cgroup", place === undefined ? task && printable(task.cgroup) : printed(place.path)],
  ];
}

/** A source may tell arguments with the call; others are what the program says of itself. */
function commandOf(
  task: EventJson["task"] | undefined,
  command: string | undefined,
  isWithheld = false,
): string | undefined {
  if (task?.cmdline !== undefined) return commandText(task.cmdline);
  if (isWithheld) return "for root and that user to see";
  return command && `${printed(command)} (by its own word)`;
}

/** What a program that is not there any more tells. */
function stateText(process: DecisionJson["process"]): string | undefined {
  switch (process?.state) {
    case "ended":
      return process.seen === undefined ? "has ended; no more is known" : "has ended since";
    case "changed":
      return `runs ${printed(process.program ?? "another program")} by now`;
    default:
      return undefined;
  }
}

function userText({ user }: RowJson, process: DecisionJson["process"]): string {
  const { loginUser } = process ?? {};
  return `${printed(user)}${loginUser === undefined ? "" : `, logged in as ${printed(loginUser)}`}`;
}

function unitText({ unit, userUnit, slice }: PlaceJson): string | undefined {
  if (unit === undefined) return undefined;
  const whole = userUnit === undefined ? printed(unit) : `${printed(userUnit)} of ${printed(unit)}`;
  return slice === undefined || slice === "system.slice" ? whole : `${whole}, ${printed(slice)}`;
}

function containerText({ runtime, id, pod, isClaimed }: NonNullable<PlaceJson["container"]>): string {
  const inPod = pod === undefined ? "" : `, pod ${printed(pod)}`;
  return `${printed(runtime)} ${printed(id)}${inPod}${isClaimed ? " (as its user says)" : ""}`;
}

/** As the daemon has found them, which are printable; else as the source of the call told them. */
function parentsText({ parents, ppid }: EventJson["task"], found: readonly ParentJson[] | undefined): string {
  const texts = found?.map(({ exe, pid }) => exe === undefined ? String(pid) : `${printed(exe)}[${pid}]`) ??
    parents?.map(({ exe, pid }) => exe === undefined ? String(pid) : `${printableWord(exe)}[${pid}]`) ?? [];
  return texts.length === 0 ? `process ${ppid}` : texts.join(" ← ");
}

function factLines([label, text]: Fact, width: number, paint: Paint): string[] {
  if (text === undefined || text === "") return [];
  return fold(text, width - 4 - LABEL, 2).map((line, index) =>
    `   ${paint("faint", pad(index === 0 ? label : "", LABEL))} ${line}`
  );
}
