/** How far an answer goes: for how long, and about what. It begins as narrow as can be, for every question anew. */

import type { AnswerJson, AnswerLasts, QuestionJson } from "../../control/api.ts";
import { formatDuration } from "../../duration.ts";
import { printed } from "../text.ts";

/** What is chosen for an answer that is not given yet. */
export interface Choice {
  readonly lasts: AnswerLasts;
  /** Milliseconds, of one for a time. */
  readonly time: number;
  /** Of one until the program ends: whether it is also for what the program starts. */
  readonly children: boolean;
  /** Place among the scopes that are open to it. */
  readonly scope: number;
}

/** Times that can be chosen: a task, a meeting, a working day, a day. */
const TIMES = [10 * 60_000, 60 * 60_000, 8 * 60 * 60_000, 24 * 60 * 60_000] as const;

/** For the calls that wait, and nothing else. */
export const NARROWEST: Choice = { lasts: "once", time: TIMES[0], children: false, scope: 0 };

/** In the order of their keys. */
export const LASTS: readonly AnswerLasts[] = ["once", "time", "process", "always"];

/** What an answer that lasts so long may be about, the narrowest first. */
export function scopesFor({ scopes }: QuestionJson, lasts: AnswerLasts): QuestionJson["scopes"] {
  if (lasts === "once") return scopes.slice(0, 1);
  return lasts === "process" ? scopes.filter(({ scope }) => scope.startsWith("program")) : scopes;
}

/** The choice once another duration was asked for; the same one again is the next of its kind. Or why there is none. */
export function withLasts(question: QuestionJson, choice: Choice, lasts: AnswerLasts): Choice | string {
  if (!question.lasts.includes(lasts)) return `"${lastsWords({ ...choice, lasts })}" is not offered here`;
  if (lasts !== choice.lasts) {
    const scope = scopesFor(question, choice.lasts)[choice.scope];
    const place = scope === undefined ? 0 : scopesFor(question, lasts).indexOf(scope);
    return { ...choice, lasts, scope: Math.max(0, place) };
  }
  if (lasts === "time") {
    const place = TIMES.findIndex((time) => time === choice.time);
    return { ...choice, time: TIMES[(place + 1) % TIMES.length]! };
  }
  return lasts === "process" ? { ...choice, children: !choice.children } : choice;
}

/** The choice with the next wider scope, the narrowest after the widest; or why there is none. */
export function withNextScope(question: QuestionJson, choice: Choice): Choice | string {
  const { length } = scopesFor(question, choice.lasts);
  if (length > 1) return { ...choice, scope: (choice.scope + 1) % length };
  return choice.lasts === "once" && question.lasts.length > 1
    ? "once is for the calls that wait alone; choose 2, 3 or 4 first"
    : "there is no other scope";
}

/** `once`, `for 10m`, `until it ends`, `always`. */
export function lastsWords({ lasts, time, children }: Choice): string {
  if (lasts === "time") return `for ${formatDuration(time)}`;
  if (lasts === "process") return children ? "until it ends, with what it starts" : "until it ends";
  return lasts;
}

/** What the answer would say, in words that go on "allow" or "deny". */
export function meaning(question: QuestionJson, choice: Choice): string {
  const scope = scopesFor(question, choice.lasts)[choice.scope];
  const about = scope === undefined ? printed(question.wish) : printed(scope.text);
  if (choice.lasts !== "once") return `${lastsWords(choice)}: ${about}`;
  return `once, the ${
    question.calls === 1 ? "call that waits" : `${question.calls} calls that wait`
  }: ${about}`;
}

/** What is to be said before an answer that allows and goes far; undefined where there is nothing. */
export function warning(question: QuestionJson, choice: Choice): string | undefined {
  const { broad = [] } = scopesFor(question, choice.lasts)[choice.scope] ?? {};
  // What a process is told to run, it has been told already.
  const reasons = choice.lasts === "process" && !choice.children
    ? broad.filter(({ of }) => of !== "stand-in")
    : broad;
  if (choice.lasts === "once" || reasons.length === 0) return undefined;
  return `This is broad: ${printed(reasons.map(({ text }) => text).join("; "))}`;
}

/** The answer as the daemon takes it, to the question as it was seen. */
export function answerOf(question: QuestionJson, choice: Choice, action: "allow" | "deny"): AnswerJson {
  const { lasts, time, children } = choice;
  const scope = scopesFor(question, lasts)[choice.scope]?.scope;
  return {
    action,
    lasts,
    ...lasts === "time" && { time },
    ...lasts === "process" && children && { children },
    ...lasts !== "once" && scope !== undefined && { scope },
    revision: question.revision,
  };
}
