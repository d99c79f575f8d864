/** Words about questions. Every text is printable. */

import type { Answered, QuestionChange, QuestionJson } from "../../control/api.ts";
import type { Tone } from "../terminal.ts";
import { clipMiddle, printed } from "../text.ts";

/** How a question ended, as it is shown: in words, and in their colour. */
export interface Ending {
  readonly text: string;
  readonly tone: Tone;
}

/** Names of programs are cut beyond this: what it wants must not be pushed out of sight. */
const LONGEST_NAME = 48;

/** The last part of a program's path. */
export function programName({ program }: QuestionJson): string {
  return clipMiddle(printed(program.slice(program.lastIndexOf("/") + 1) || program), LONGEST_NAME);
}

/** `firefox[4321]`, `firefox[4321 and 2 more]`. */
export function whoText(question: QuestionJson): string {
  const [first, ...others] = question.processes;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return `${programName(question)}[${first ?? question.event.task.pid}${more}]`;
}

/** `firefox[4321] wants to connect to 192.0.2.1:443 (tcp)`. */
export function wishText(question: QuestionJson): string {
  return `${whoText(question)} wants to ${printed(question.wish)}`;
}

const INSTEAD = { allow: "allowed", deny: "denied", pass: "passed on" } as const;

/** What becomes of a question by itself: `denied in 28s`; undefined where that is far off. */
export function outcomeText({ instead, until }: QuestionJson, now: number): string | undefined {
  return until === undefined ? undefined : `${INSTEAD[instead]} in ${shortTime(Date.parse(until) - now)}`;
}

/** How a question ended; `own` where it was by an answer given here. */
export function endingOf(
  change: Extract<QuestionChange, { kind: "closed" }>,
  question: QuestionJson,
): Ending {
  const { how, answered } = change;
  if (answered !== undefined) return answeredEnding(answered, printed(answered.by.user));
  switch (how) {
    case "late":
      return { text: `time is over: ${INSTEAD[question.instead]}`, tone: "warn" };
    case "stopped":
      return { text: "asked no longer", tone: "warn" };
    default:
      return { text: "its calls are gone", tone: "faint" };
  }
}

/** `allowed by alice`, `denied for 10m by you`. */
export function answeredEnding({ action, lasts }: Answered, by: string): Ending {
  const long = { once: "", time: " for a time", process: " until it ends", always: " always" }[lasts];
  return action === "allow"
    ? { text: `allowed${long} by ${by}`, tone: "good" }
    : { text: `denied${long} by ${by}`, tone: "bad" };
}

/** Whole seconds, the last one included, in at most two units: `28s`, `2m5s`, `3h`, `1d4h`. */
export function shortTime(milliseconds: number): string {
  let rest = Math.max(0, Math.ceil(milliseconds / 1000));
  const parts: string[] = [];
  for (const [unit, size] of [["d", 86_400], ["h", 3600], ["m", 60], ["s", 1]] as const) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    // The second unit follows the first at once, or not at all: 3h and 5s are three hours.
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join("") || "0s";
}

/** `1 call`, `3 calls`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
