/** How a question looks: lines that fit a terminal, and what moves the cursor over them. */

import type { Paint } from "../cli/terminal.ts";
import { clip, clipMiddle, clipStart, flow, fold, pad } from "../cli/text.ts";
import { type AnswerScope, type Fact, meaning, type Question, scopesOf } from "../questions/question.ts";

/** What changes while a question stands. */
export interface QuestionState {
  readonly scope: AnswerScope;
  /** What comes of itself, and with Enter. */
  readonly fallback: "allow" | "deny";
  /** Milliseconds until then. */
  readonly left: number;
  /** Equal calls that wait for the same answer. */
  readonly more: number;
  /** Other questions that wait their turn. */
  readonly queued: number;
  /** Until when an answer other than `once` holds: `while this runs`, or where it is saved. */
  readonly lasting: string;
}

/** Room for a question; a column is left free, as terminals differ in what they do after the last one. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

const SCOPE_WORDS: Readonly<Record<AnswerScope, string>> = {
  once: "once",
  program: "this program",
  address: "this address",
  always: "always",
};

/** Columns that the longest key takes; a narrower terminal may break lines. */
const LEAST = 28;
/** Names of programs are cut beyond this: what it wants must not be pushed out of sight. */
const LONGEST_NAME = 48;
const LABEL = 10;

/** The lines of a question, each of at most `columns - 1` columns; facts give way where there are few rows. */
export function layOut(question: Question, state: QuestionState, room: Room, paint: Paint): string[] {
  const width = Math.max(LEAST, room.columns - 1);
  const most = Math.max(1, room.rows - 1);
  const head = fold(`snet: ${headline(question, state)}`, width, 2).map((line) => paint("strong", line));
  const scopes = scopeLines(question, state, width, paint);
  const means = meaningLines(question, state, width, paint);
  const keys = keyLines(state, width, paint);
  const choice = head.length + scopes.length + means.length + keys.length <= most
    ? [...scopes, ...means, ...keys]
    : [...scopes, ...keys];
  const facts = question.facts.slice(0, Math.max(0, most - head.length - choice.length));
  // Of what no screen can hold, the keys stay in sight.
  return [...head, ...facts.map((each) => factLine(each, width, paint)), ...choice].slice(-most);
}

function headline({ who, wish }: Question, { more }: QuestionState): string {
  const others = more === 0 ? "" : ` (and ${more} more like it)`;
  return `${clipMiddle(who, LONGEST_NAME)} wants to ${wish}${others}`;
}

function factLine({ label, text, cut }: Fact, width: number, paint: Paint): string {
  const room = width - LABEL - 2;
  return `  ${paint("faint", pad(label, LABEL))}${
    cut === "start" ? clipStart(text, room) : clip(text, room)
  }`;
}

function scopeLines(question: Question, { scope }: QuestionState, width: number, paint: Paint): string[] {
  const items = scopesOf(question).map((each, index) => {
    const text = `${index + 1} ${SCOPE_WORDS[each]}`;
    return each === scope
      ? [`[${text}]`, paint("strong", `[${text}]`)] as const
      : [` ${text} `, ` ${text} `] as const;
  });
  return flow(items, width, 1);
}

function meaningLines(
  question: Question,
  { scope, lasting }: QuestionState,
  width: number,
  paint: Paint,
): string[] {
  const until = scope === "once" ? "" : `, ${lasting}`;
  return fold(`${meaning(question, scope)}${until}`, width - 2, 0).map((line) => `  ${paint("faint", line)}`);
}

function keyLines({ fallback, left, queued }: QuestionState, width: number, paint: Paint): string[] {
  const time = duration(left);
  const byItself = width >= WIDE ? `(by itself in ${time})` : `(in ${time})`;
  const items: (readonly [string, string])[] = [
    ["a allow", `${paint("good", "a")} allow`],
    ["d deny", `${paint("bad", "d")} deny`],
    [
      `Enter ${fallback} ${byItself}`,
      `${paint("strong", "Enter")} ${fallback} ${paint(left <= HURRY ? "warn" : "faint", byItself)}`,
    ],
  ];
  if (queued > 0) items.push([`${queued} more`, paint("faint", `${queued} more`)]);
  return flow(items, width, 2, "  ");
}

/** Columns from which on nothing must be said briefly. */
const WIDE = 60;
/** Milliseconds from which on the countdown is set off. */
const HURRY = 5000;

/** Whole seconds, the last one included: `28 s`, `2 min 5 s`. */
function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return seconds < 100 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** What is left on the screen of a question that a person answered; `lasting` as in {@linkcode QuestionState}. */
export function answeredLine(
  question: Question,
  action: "allow" | "deny",
  { scope, lasting }: Pick<QuestionState, "scope" | "lasting">,
  columns: number,
  paint: Paint,
): string {
  if (scope === "once") return outcomeLine(question, action, " once", columns, paint);
  return outcome(action, ` ${meaning(question, scope)}, ${lasting}`, columns, paint);
}

/** What is left of a question that ended otherwise: `how` follows "denied". */
export function outcomeLine(
  question: Question,
  action: "allow" | "deny",
  how: string,
  columns: number,
  paint: Paint,
): string {
  return outcome(
    action,
    `${how}: ${clipMiddle(question.who, LONGEST_NAME)} ${question.wish}`,
    columns,
    paint,
  );
}

function outcome(action: "allow" | "deny", rest: string, columns: number, paint: Paint): string {
  const [word, tone] = action === "allow" ? ["allowed", "good"] as const : ["denied", "bad"] as const;
  const room = Math.max(LEAST, columns - 1) - "snet: ".length - word.length;
  return `snet: ${paint(tone, word)}${clip(rest, room)}`;
}
