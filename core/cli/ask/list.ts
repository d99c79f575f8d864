/** The list of questions as lines, below the names of their programs. */

import type { Paint } from "../terminal.ts";
import { clip, clipStart, pad, printed, widthOf } from "../text.ts";
import type { Entry, Group } from "./entries.ts";
import { counted, outcomeText, shortTime } from "./words.ts";

/** What a line of the list is made with. */
export interface ListLook {
  /** Columns that a line may take. */
  readonly width: number;
  readonly paint: Paint;
  /** Wall clock, in milliseconds. */
  readonly wall: number;
  /** Whether the daemon is gone: how long questions wait is not known then. */
  readonly isStale: boolean;
}

/** A line of the list: a question, or the name of its program above it. */
interface Line {
  readonly group: Group;
  readonly entry: Entry | undefined;
}

/** As many lines as there is room for, the selected question and the name of its program among them. */
export function listLines(
  groups: readonly Group[],
  selected: Entry | undefined,
  rows: number,
  look: ListLook,
): string[] {
  const lines: Line[] = groups.flatMap((group) => [
    { group, entry: undefined },
    ...group.entries.map((entry) => ({ group, entry })),
  ]);
  const chosen = Math.max(0, lines.findIndex(({ entry }) => entry !== undefined && entry === selected));
  const start = Math.max(0, Math.min(chosen - Math.floor(rows / 2), lines.length - rows));
  const seen = lines.slice(start, start + rows);
  const [first] = seen;
  // The name of a program stays in sight while its questions are.
  if (rows > 1 && first?.entry !== undefined && first.entry !== selected) {
    seen[0] = { group: first.group, entry: undefined };
  }
  return seen.map(({ group, entry }) =>
    entry === undefined ? headingLine(group, look) : entryLine(entry, entry === selected, look)
  );
}

/** Lines that the whole list would take. */
export function listLength(groups: readonly Group[]): number {
  return groups.reduce((sum, { entries }) => sum + 1 + entries.length, 0);
}

/** What calls are called, by the last part of their event's name. */
const CALLS: Readonly<Record<string, string>> = {
  connect: "connect",
  sendmsg: "send",
  bind: "bind",
  listen: "listen",
  accept: "accept",
  post_accept: "accept",
};

/** `/usr/bin/firefox  alice          40 connects in 3 questions`. */
function headingLine({ program, user, entries }: Group, { width, paint }: ListLook): string {
  const open = entries.filter(({ ended }) => ended === undefined).map(({ question }) => question);
  const calls = open.reduce((sum, question) => sum + question.calls, 0);
  const names = new Set(
    open.map(({ event }) => CALLS[event.name.slice(event.name.indexOf(".") + 1)] ?? "call"),
  );
  const [name] = names.size === 1 ? names : ["call"];
  const those = open.length > 1 && width >= 60 ? ` in ${open.length} questions` : "";
  const count = open.length === 0 ? "" : `${counted(calls, name!)}${those}`;
  const owner = `  ${printed(user)}`;
  const room = width - widthOf(count) - 2;
  const left = `${clipStart(printed(program), Math.max(8, room - widthOf(owner)))}${owner}`;
  return `${paint("strong", pad(clip(left, room), room))}  ${paint("faint", count)}`.trimEnd();
}

/** `> connect to 192.0.2.1:443 (tcp)      x38  denied in 28s`. */
function entryLine(entry: Entry, isSelected: boolean, look: ListLook): string {
  const { width, paint, isStale } = look;
  const state = stateOf(entry, look);
  const right = clip(state.text, Math.floor(width / 2));
  const room = width - 4 - (right === "" ? 0 : widthOf(right) + 2);
  const wish = clip(printed(entry.question.wish), room);
  const left = `${isSelected ? " >  " : "    "}${right === "" ? wish : `${pad(wish, room)}  `}`;
  if (isSelected) return paint("chosen", pad(left + right, width));
  const isFaint = isStale || entry.ended !== undefined || !entry.question.mayAnswer;
  return (isFaint ? paint("faint", left) : left) + (right === "" ? "" : paint(state.tone, right));
}

/** Milliseconds from which on a countdown is set off. */
const HURRY = 10_000;
/** Columns below which things are said briefly. */
const WIDE = 60;

function stateOf({ question, ended, isSent }: Entry, { width, wall, isStale }: ListLook) {
  if (ended !== undefined) return ended;
  if (isStale) return { text: "", tone: "faint" } as const;
  if (isSent) return { text: "answering", tone: "faint" } as const;
  const many = question.calls > 1 ? [`x${question.calls}`] : [];
  if (!question.mayAnswer) return { text: [...many, "not yours"].join("  "), tone: "faint" } as const;
  const left = question.until === undefined ? Infinity : Date.parse(question.until) - wall;
  // What nobody decides otherwise shows for how long it has waited.
  const long = outcomeText(question, wall) ?? `for ${shortTime(wall - Date.parse(question.since))}`;
  const time = width >= WIDE ? [long] : left === Infinity ? [] : [shortTime(left)];
  return { text: [...many, ...time].join("  "), tone: left <= HURRY ? "warn" : "faint" } as const;
}
