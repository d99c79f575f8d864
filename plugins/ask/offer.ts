/** Which answers are offered to whom: how long they may last, and what they may be about. */

import {
  type Answerer,
  AnswerError,
  type AnswerJson,
  type AnswerLasts,
  type AnswerScope,
  broadReasonsOf,
  formatDuration,
  isOfProgram,
  type RuleDraft,
  ruleOf,
  scopesOf,
  scopeText,
} from "../../core/mod.ts";
import type { Offer, OpenQuestion } from "./open_question.ts";

/** What the configuration says about answers that last. */
export interface Terms {
  /** The rule file of answers for always; without it there are none. */
  readonly save: string | undefined;
  /** The longest time, in milliseconds. */
  readonly longest: number;
  /** Users and groups that may give answers for always, and such as are about any program. */
  readonly lastingUsers: ReadonlySet<number>;
  readonly lastingGroups: ReadonlySet<number>;
  /** snet's own network namespace, where it is known. */
  readonly netns: number | undefined;
  /** Absent where the programs are on other machines, whose end nobody tells. */
  readonly processes: unknown;
  /** True of a run, which keeps answers for always until its end where no file does. */
  readonly isRun: boolean;
}

/** An answer whose parts have been found to fit the question. */
export interface CheckedAnswer {
  readonly lasts: AnswerLasts;
  /** Undefined of one that does not last. */
  readonly scope: AnswerScope | undefined;
}

/** What may be answered, by whom it is offered to. */
export function offerTo(open: OpenQuestion, viewer: Answerer, user: string, terms: Terms): Offer {
  const refusal = viewer.refusalFor(open);
  const scopes = scopesFor(open, viewer, terms);
  const lasts: readonly AnswerLasts[] = ["once", "time", "process", "always"];
  const offered = lasts.filter((each) => whyNotFor(each, open, viewer, terms) === undefined);
  return {
    scopes: scopes.map((scope) => {
      const broad = broadReasonsOf(open.question.subject, scope, user);
      return { scope, text: scopeText(open.question, scope, user), ...(broad.length > 0 && { broad }) };
    }),
    lasts: offered,
    ...(terms.save !== undefined && offered.includes("always") && { savedIn: terms.save }),
    mayAnswer: refusal === undefined,
    ...(refusal !== undefined && { whyNot: refusal.why }),
  };
}

/** Checks an answer against what is offered. Throws an {@linkcode AnswerError}. */
export function checkOffered(
  open: OpenQuestion,
  { lasts = "once", scope, time }: AnswerJson,
  who: Answerer,
  terms: Terms,
): CheckedAnswer {
  const whyNot = whyNotFor(lasts, open, who, terms);
  if (whyNot !== undefined) throw new AnswerError(403, `Not answered: ${whyNot}`);
  const scopes = scopesFor(open, who, terms).filter((each) => lasts !== "process" || isOfProgram(each));
  if (lasts === "once") {
    if (scope === undefined || scope === scopes[0]) return { lasts, scope: undefined };
    throw new AnswerError(400, `Bad answer: one for once is about this question alone, not "${scope}"`);
  }
  if (time !== undefined && time > terms.longest) {
    const longest = `"time" may be up to ${terms.longest} (${formatDuration(terms.longest)})`;
    throw new AnswerError(400, `Bad answer: ${longest}; it is ${time}`);
  }
  const chosen = scope ?? scopes[0]!;
  if (!scopes.includes(chosen)) {
    throw new AnswerError(
      403,
      `Not answered: "${chosen}" is not offered to you here; ${scopes.join(", ")} are`,
    );
  }
  return { lasts, scope: chosen };
}

/** The rule of an answer for always: no wider than the answer, whose address is one in this network namespace. */
export function ruleFor(
  { question, uid }: OpenQuestion,
  scope: AnswerScope,
  action: RuleDraft["action"] & AnswerJson["action"],
  { netns }: Terms,
): RuleDraft {
  return {
    ...ruleOf(question.subject, scope, action, uid),
    ...(netns !== undefined && { netns: ["host"] }),
  };
}

function scopesFor({ question }: OpenQuestion, who: Answerer, terms: Terms): readonly AnswerScope[] {
  // What is about any program is about that of whoever answers, too.
  return scopesOf(question.subject).filter((scope) => isOfProgram(scope) || mayLast(who, terms));
}

function whyNotFor(
  lasts: AnswerLasts,
  open: OpenQuestion,
  who: Answerer,
  terms: Terms,
): string | undefined {
  if (lasts === "once") return undefined;
  const { program } = open.question.subject;
  const scopes = scopesFor(open, who, terms);
  if (scopes.length === 0) return `nothing but "once" can be said of this call`;
  if (lasts === "process") {
    if (terms.processes === undefined) return "the program is on another machine, so its end cannot be told";
    return scopes.some(isOfProgram)
      ? undefined
      : "which program asks is not known, so its end cannot be told";
  }
  // What is said of a program is said of all its processes.
  if (!who.isPrivileged && program !== undefined && who.programs.includes(program.exe)) {
    return `you come from ${program.exe} yourself: answer for this once or this process, or as root`;
  }
  if (lasts === "time" || terms.isRun && terms.save === undefined) return undefined;
  if (terms.save === undefined) return `"always" needs the option "save" of the plugin ask`;
  if (!mayLast(who, terms)) {
    return `"always" is for root, and for lastingUsers and lastingGroups of the plugin ask`;
  }
  if (terms.netns !== undefined && open.netns !== terms.netns) {
    return "the program is in a network namespace of its own, where the same address is another machine";
  }
  return open.isVerified ? undefined : "no rule can name this program: its path names another file here";
}

function mayLast({ isPrivileged, uid, groups }: Answerer, { lastingUsers, lastingGroups }: Terms): boolean {
  return isPrivileged || uid !== undefined && lastingUsers.has(uid) ||
    groups.some((gid) => lastingGroups.has(gid));
}
