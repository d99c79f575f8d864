/** The inbox as the lines of a screen of any size; a column is left free, as terminals differ about the last one. */

import type { QuestionJson } from "../../control/api.ts";
import { formatDuration } from "../../duration.ts";
import type { Paint } from "../terminal.ts";
import { clip, flow, fold, foldWithin, printed, type Room } from "../text.ts";
import { type Choice, LASTS, lastsWords, meaning, scopesFor } from "./choice.ts";
import { briefLength, briefLines, wholeLines } from "./facts.ts";
import { helpLines } from "./help.ts";
import type { Inbox, Pending } from "./inbox.ts";
import { listLength, listLines } from "./list.ts";
import { counted } from "./words.ts";

/** A screenful. */
export interface Drawing {
  readonly lines: readonly string[];
  /** How far the page can be scrolled. */
  readonly deepest: number;
  /** False where there is no room for what an answer would be about. */
  readonly isReadable: boolean;
}

/** Columns below which nothing can be asked, and rows that the list, or the question, must have left. */
const LEAST: Room = { columns: 30, rows: 2 };

/** When it is, in milliseconds: by the clock that questions have their times of, and by that of the inbox. */
export interface Moment {
  readonly wall: number;
  readonly now: number;
}

/** Draws what there is to see. */
export function draw(inbox: Inbox, room: Room, paint: Paint, { wall, now }: Moment): Drawing {
  const width = room.columns - 1;
  if (room.columns < LEAST.columns) return tooSmall(inbox, room);
  const top = [titleLine(inbox, width, paint)];
  const bottom = [ruleLine(inbox, width, paint), ...bottomLines(inbox, width, paint, now)];
  const rows = room.rows - top.length - bottom.length;
  if (rows < LEAST.rows) return tooSmall(inbox, room);
  const { lines, deepest } = middle(inbox, rows, width, paint, wall);
  const filled = [...lines, ...new Array<string>(Math.max(0, rows - lines.length)).fill("")];
  return { lines: [...top, ...filled, ...bottom], deepest, isReadable: true };
}

function tooSmall({ open }: Inbox, { columns, rows }: Room): Drawing {
  const text = `${counted(open.length, "question")}; the window is too small to show one`;
  const lines = fold(text, Math.max(4, columns - 1), 0).slice(0, Math.max(1, rows));
  return { lines, deepest: 0, isReadable: false };
}

/** ` snet ask   3 of 43 questions, 2 programs`, and what is wrong with the daemon. */
function titleLine({ open, groups, selected, lost }: Inbox, width: number, paint: Paint): string {
  const place = selected === undefined ? -1 : open.indexOf(selected);
  const which = place < 0 ? "" : `${place + 1} of `;
  const programs = groups.filter(({ entries }) => entries.some(({ ended }) => ended === undefined)).length;
  const counts = open.length === 0 ? "" : `   ${which}${counted(open.length, "question")}`;
  const by = programs < 2 || width < 60 ? "" : `, ${counted(programs, "program")}`;
  const left = ` snet ask${counts}${by}`;
  if (lost === undefined) return paint("strong", clip(left, width));
  return `${paint("strong", " snet ask")}   ${paint("bad", "no daemon; trying again")}`;
}

/** What there is to say, else a line that parts. */
function ruleLine({ remark }: Inbox, width: number, paint: Paint): string {
  return remark === undefined
    ? paint("faint", "─".repeat(width))
    : paint(remark.tone, clip(` ${printed(remark.text)}`, width));
}

function middle(inbox: Inbox, rows: number, width: number, paint: Paint, wall: number) {
  if (inbox.page === "help") return scrolled(helpLines(width, paint), inbox.scroll, rows);
  const { groups, selected } = inbox;
  if (selected === undefined) return { lines: emptyLines(inbox, width, paint), deepest: 0 };
  const { question } = selected;
  if (inbox.page === "details") return scrolled(wholeLines(question, width, paint, wall), inbox.scroll, rows);
  // The list has half of it, and what the question at hand leaves; but at least the question and its program.
  const wanted = listLength(groups);
  const parts = rows >= 9 ? 1 : 0;
  const least = Math.min(wanted, Math.max(2, Math.ceil(rows / 2)));
  const details = Math.max(0, Math.min(briefLength(question, width, wall), rows - least - parts));
  const room = rows - details - parts;
  const list = listLines(groups, selected, room, { width, paint, wall, isStale: inbox.lost !== undefined });
  const space = new Array<string>(Math.max(0, room - list.length)).fill("");
  const rule = parts === 0 ? [] : [paint("faint", "─".repeat(width))];
  return {
    lines: [...list, ...space, ...rule, ...briefLines(question, details, width, paint, wall)],
    deepest: 0,
  };
}

function emptyLines({ lost }: Inbox, width: number, paint: Paint): string[] {
  if (lost !== undefined) return ["", ` ${clip("Questions come back with the daemon.", width - 1)}`];
  return [
    "",
    ...fold("No question waits. They appear here as programs ask.", width - 1, 0).map((line) =>
      paint("faint", ` ${line}`)
    ),
  ];
}

function scrolled(lines: readonly string[], scroll: number, rows: number) {
  const deepest = Math.max(0, lines.length - rows);
  const start = Math.min(scroll, deepest);
  return { lines: lines.slice(start, start + rows), deepest };
}

/** What an answer would be, and the keys. */
function bottomLines(inbox: Inbox, width: number, paint: Paint, now: number): string[] {
  const { pending, page, selected } = inbox;
  if (pending !== undefined) return pendingLines(pending, width, paint);
  if (page === "help") return keyLines([["j", "k", "scroll"], ["q", "back"]], width, paint);
  if (selected === undefined) return keyLines([["?", "help"], ["q", "quit"]], width, paint);
  const { question, ended } = selected;
  const others = page === "details"
    ? [["j", "k", "scroll"], ["q", "back"]]
    : [["Enter", "more"], ["?", "help"], ["q", "quit"]];
  if (ended !== undefined) {
    return [` ${paint(ended.tone, clip(ended.text, width - 1))}`, ...keyLines(others, width, paint)];
  }
  if (inbox.lost !== undefined) {
    const why = foldWithin(`${printed(inbox.lost)}. What became of this is not known.`, width - 1, 0, 4);
    return [...why.map((line) => ` ${paint("bad", line)}`), ...keyLines(others, width, paint)];
  }
  if (!question.mayAnswer) {
    const why = foldWithin(printed(question.whyNot ?? "This is not yours to answer"), width - 1, 0, 5);
    return [...why.map((line) => ` ${paint("warn", line)}`), ...keyLines(others, width, paint)];
  }
  const steady = inbox.isSteady(now) && !selected.isSent;
  return [
    ...lastsLines(inbox, question, width, paint),
    ...foldWithin(meaning(question, inbox.choice), width - 1, 2, 4).map((line) => ` ${line}`),
    ...keyLines([...answerKeys(inbox, question, width), ...others], width, paint, steady),
  ];
}

function answerKeys({ besides, choice }: Inbox, question: QuestionJson, width: number): string[][] {
  const scopes = scopesFor(question, choice.lasts).length;
  return [
    ["a", "allow"],
    ["d", "deny"],
    ...besides.length > 1 ? [["A", "D", `all ${besides.length}`]] : [],
    ...scopes > 1 ? [["s", width < 60 ? "scope" : `scope ${choice.scope + 1} of ${scopes}`]] : [],
  ];
}

/** `[1 once] 2 for 10m  3 until it ends  4 always`. */
function lastsLines({ choice }: Inbox, question: QuestionJson, width: number, paint: Paint): string[] {
  const items = LASTS.filter((lasts) => question.lasts.includes(lasts)).map((lasts) => {
    const each = { ...choice, lasts };
    const text = `${LASTS.indexOf(lasts) + 1} ${width < 60 ? briefLasts(each) : lastsWords(each)}`;
    return lasts === choice.lasts
      ? [`[${text}]`, paint("strong", `[${text}]`)] as const
      : [` ${text} `, ` ${text} `] as const;
  });
  return flow(items, width, 0);
}

function briefLasts(choice: Choice): string {
  if (choice.lasts === "time") return formatDuration(choice.time);
  if (choice.lasts === "process") return choice.children ? "its runs" : "its run";
  return choice.lasts;
}

/** Keys with what they do, several of one kind side by side; those that answer are faint while none is taken. */
function keyLines(
  items: readonly (readonly string[])[],
  width: number,
  paint: Paint,
  steady = true,
): string[] {
  const tones = { a: "good", d: "bad" } as const;
  const shown = items.map((words) => {
    const keys = words.slice(0, -1);
    const what = words.at(-1)!;
    const plain = `${keys.join(" ")} ${what}`;
    const [key = ""] = keys;
    const answers = key === "a" || key === "d" || key === "A";
    if (answers && !steady) return [plain, paint("faint", plain)] as const;
    const tone = key === "a" || key === "d" ? tones[key] : "strong";
    return [plain, `${keys.map((each) => paint(tone, each)).join(" ")} ${what}`] as const;
  });
  return flow(shown, width, 1, "  ");
}

/** The answer once more, and the one key that gives it. */
function pendingLines({ action, words, warning }: Pending, width: number, paint: Paint): string[] {
  const tone = action === "allow" ? "good" : "bad";
  const [first = "", ...rest] = foldWithin(`${action} ${words}?`, width - 1, 2, 5);
  const careful = warning === undefined ? [] : foldWithin(`${warning}.`, width - 1, 0, 2);
  const keys = [
    [`Enter ${action}`, `${paint("strong", "Enter")} ${action}`],
    ["any other key: no", "any other key: no"],
  ] as const;
  return [
    ` ${paint(tone, action)}${first.slice(action.length)}`,
    ...rest.map((line) => ` ${line}`),
    ...careful.map((line) => ` ${paint("warn", line)}`),
    ...flow(keys, width, 1, "  "),
  ];
}
