/** What is kwalln of one question, as lines. */

import type { QuestionJson } from "../../control/api.ts";
import type { Paint } from "../terminal.ts";
import { clip, fold, foldWithin, pad, printed } from "../text.ts";
import { counted, outcomeText, shortTime, wishText } from "./words.ts";

interface Fact {
  readonly label: string;
  readonly text: string;
}

const LABEL = 10;
const ASKED_BY = "asked by";

/** Its facts, who asked, and what waits. */
function factsOf(question: QuestionJson, wall: number): Fact[] {
  const { facts, asked, calls, since } = question;
  const isTold = facts.some(({ label }) => label === ASKED_BY);
  const by: Fact[] = asked === undefined || isTold
    ? []
    : [{ label: ASKED_BY, text: `${asked.plugin}: ${asked.why}` }];
  const outcome = outcomeText(question, wall);
  const waiting = `${counted(calls, "call")}, for ${shortTime(wall - Date.parse(since))}`;
  return [...facts, ...by, {
    label: "waiting",
    text: outcome === undefined ? waiting : `${waiting}; ${outcome}`,
  }];
}

/** The question in at most `rows` lines: first what it wants, then as many facts as there is room for, a line each. */
export function briefLines(
  question: QuestionJson,
  rows: number,
  width: number,
  paint: Paint,
  wall: number,
): string[] {
  const head = foldWithin(wishText(question), width - 1, 2, rows).map((line) => ` ${line}`);
  const facts = factsOf(question, wall).map(({ label, text }) =>
    `   ${paint("faint", pad(clip(printed(label), LABEL), LABEL))}${clip(printed(text), width - 3 - LABEL)}`
  );
  return [...head.map((line) => paint("strong", line)), ...facts].slice(0, Math.max(0, rows));
}

/** Lines that {@linkcode briefLines} would take at most. */
export function briefLength(question: QuestionJson, width: number, wall: number): number {
  return fold(wishText(question), width - 1, 2).length + factsOf(question, wall).length;
}

/** Everything about the question, with nothing left out. */
export function wholeLines(question: QuestionJson, width: number, paint: Paint, wall: number): string[] {
  const section = (title: string, texts: readonly string[]) => [
    "",
    ` ${paint("faint", title)}`,
    ...texts.flatMap((text) => fold(text, width - 3, 2).map((line) => `   ${line}`)),
  ];
  return [
    ...fold(wishText(question), width - 1, 2).map((line) => paint("strong", ` ${line}`)),
    ...factsOf(question, wall).flatMap((fact) => factLines(fact, width, paint)),
    ...section("processes", [question.processes.join(", ")]),
    ...section("what an answer may be about", question.scopes.map(({ text }) => printed(text))),
    ...section("id", [printed(question.id)]),
  ];
}

function factLines({ label, text }: Fact, width: number, paint: Paint): string[] {
  return fold(printed(text), width - 3 - LABEL, 2).map((line, index) =>
    `   ${paint("faint", pad(index === 0 ? clip(printed(label), LABEL) : "", LABEL))}${line}`
  );
}
