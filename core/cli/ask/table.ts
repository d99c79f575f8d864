/** Questions and what becomes of them as lines, for terminals that are not taken over, files and pipes. */

import type { Answered, QuestionChange, QuestionJson } from "../../control/api.ts";
import { formatDuration } from "../../duration.ts";
import { clip, pad, printed, widthOf } from "../text.ts";
import { counted, endingOf, outcomeText, shortTime, whoText, wishText } from "./words.ts";

const TITLES = ["ID", "FOR", "ENDS", "CALLS", "USER", "PROGRAM", "WANTS TO"];

/** Questions below a header; without a width nothing is cut. */
export function questionLines(
  questions: readonly QuestionJson[],
  now: number,
  width = Infinity,
): string[] {
  const rows = [TITLES, ...questions.map((question) => cells(question, now))];
  const widths = TITLES.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]!))));
  return rows.map((row) => {
    const line = row.map((cell, column) => pad(cell, widths[column]!)).join("  ").trimEnd();
    return width === Infinity ? line : clip(line, width);
  });
}

function cells(question: QuestionJson, now: number): string[] {
  const { id, since, calls, user, wish, mayAnswer } = question;
  return [
    printed(id),
    shortTime(now - Date.parse(since)),
    mayAnswer ? outcomeText(question, now) ?? "-" : "not yours",
    String(calls),
    printed(user),
    whoText(question),
    printed(wish),
  ];
}

/** One line that says what an answer did. */
export function answeredLine(answered: Answered, now: number): string {
  const { id, action, lasts, scope, until, calls, saved } = answered;
  const long = {
    once: "once",
    time: until === undefined ? "for a time" : `for ${formatDuration(rounded(Date.parse(until) - now))}`,
    process: "until the program ends",
    always: saved === undefined ? "always" : `always, saved in ${printed(saved)}`,
  }[lasts];
  const about = scope === undefined ? "" : ` (${printed(scope)})`;
  return `${action === "allow" ? "Allowed" : "Denied"} ${printed(id)} ${long}${about}: ${
    counted(calls, "call")
  }.`;
}

/** To the second: what is shown is what was asked for, whatever the way took. */
function rounded(milliseconds: number): number {
  return Math.max(1000, Math.round(milliseconds / 1000) * 1000);
}

/** Turns changes into lines; knows what it has told, since the end of a question does not say what it was. */
export function changeTeller(): (change: QuestionChange) => string[] {
  const known = new Map<string, QuestionJson>();
  const tell = (question: QuestionJson) => {
    const isNew = !known.has(question.id);
    known.set(question.id, question);
    return isNew ? [`${printed(question.id)}  ${wishText(question)}`] : [];
  };
  return (change) => {
    if (change.kind === "waiting") return change.questions.flatMap(tell);
    if (change.kind !== "closed") return tell(change.question);
    const question = known.get(change.id);
    if (question === undefined) return [];
    known.delete(change.id);
    return [`${printed(change.id)}  ${endingOf(change, question).text}`];
  };
}
