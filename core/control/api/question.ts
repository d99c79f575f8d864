/** Questions to people, and their answers. */

import type { EventJson } from "./event.ts";

/**
 * How long an answer holds: for the calls that wait, for a time, until the program that asks ends, or as a rule; where
 * `snet run` has no file for that, while it runs.
 */
export type AnswerLasts = "once" | "time" | "process" | "always";

/**
 * What an answer that lasts is about: the words that are there are those of the question, all else is any. Always
 * for the user whose program asks alone, and for calls of the same kind (outwards, inwards).
 */
export type AnswerScope =
  | "program+address+port"
  | "program+address"
  | "program+port"
  | "program"
  | "address+port"
  | "address"
  | "port";

/**
 * Why an answer or a rule that allows goes far, printable: `place`: wherever a program wants to go; `program`: no program
 * in particular; `stand-in`: a program that does what others tell it, or that its user can replace, which is no reason
 * where the answer ends with the process.
 */
export interface BroadReason {
  readonly of: "place" | "program" | "stand-in";
  readonly text: string;
}

/** Equal calls that wait for a person: the same program, of the same user, wants the same. */
export interface QuestionJson {
  /** A word of letters and digits, which no other question gets. */
  readonly id: string;
  /** Goes up when another process joins the question; see {@linkcode AnswerJson.revision}. */
  readonly revision: number;
  /** When the first call came. */
  readonly since: string;
  /** Calls that wait for this answer. */
  readonly calls: number;
  /** Whose they are: process ids, up to 64; more make another question. */
  readonly processes: readonly number[];
  /** When the first of the calls is decided otherwise; absent where that is more than a week off. */
  readonly until?: string;
  /** How it is decided then; `pass`: by another plugin. */
  readonly instead: "allow" | "deny" | "pass";
  /** The first call that still waits. */
  readonly event: EventJson;
  /** The program, printable, for grouping: its path, or the name of its thread. */
  readonly program: string;
  /** The user whose program it is, printable: a name, or a number. */
  readonly user: string;
  /** Who wanted a person to be asked; absent where nobody had an opinion. */
  readonly asked?: { readonly plugin: string; readonly rule?: number; readonly why: string };
  /** What the program wants, in words that go on "wants to …". */
  readonly wish: string;
  /** What else is known, line by line; printable. */
  readonly facts: readonly { readonly label: string; readonly text: string }[];
  /** What an answer may be about, the narrowest first. */
  readonly scopes: readonly OfferedScope[];
  /** How long an answer of whoever reads this may last. */
  readonly lasts: readonly AnswerLasts[];
  /** The rule file to which an answer for always goes; without one it holds while `snet run` does. */
  readonly savedIn?: string;
  /** Whether whoever reads this may answer, and why not; seen again when the answer comes. */
  readonly mayAnswer: boolean;
  readonly whyNot?: string;
}

export interface OfferedScope {
  readonly scope: AnswerScope;
  /** Its meaning, in words that go on "allow" or "deny". */
  readonly text: string;
  /** What is to be said before an answer that allows, and lasts; absent where there is nothing. */
  readonly broad?: readonly BroadReason[];
}

export interface QuestionList {
  /** The oldest first. */
  readonly questions: readonly QuestionJson[];
}

/** An answer to a question; other keys are refused. */
export interface AnswerJson {
  readonly action: "allow" | "deny";
  /** `once` if absent. */
  readonly lasts?: AnswerLasts;
  /** Milliseconds; with `lasts: "time"`, and there only. */
  readonly time?: number;
  /** One of the question's `scopes`, the first if absent; for `once` there is no other, for `process` those with `program`. */
  readonly scope?: AnswerScope;
  /** With `lasts: "process"`: also what the program starts. */
  readonly children?: boolean;
  /** The question's `revision` that was seen: where another process has joined since, the answer is refused (409). */
  readonly revision?: number;
}

/** Who answered a question. */
export interface AnswererJson {
  readonly uid: number;
  /** Printable: a name, or a number. */
  readonly user: string;
  readonly pid: number;
  /** Path of the executable, printable; absent where it cannot be told. */
  readonly program?: string;
}

/** An answer that was taken. Failures: 400 bad, 403 may not, 404 unknown, 409 answered already, 410 over, 413 too long. */
export interface Answered {
  readonly id: string;
  readonly action: "allow" | "deny";
  readonly lasts: AnswerLasts;
  /** Of one that lasts. */
  readonly scope?: AnswerScope;
  /** When it ends to hold, of one for a time. */
  readonly until?: string;
  /** Calls that went on, or failed, by it; of other questions too where it is about them. */
  readonly calls: number;
  /** The rule file that it stands in now, of one for always that has become a rule. */
  readonly saved?: string;
  readonly by: AnswererJson;
}

/** What happens to questions, as their event stream tells it. */
export type QuestionChange =
  /** All that wait: the first of every stream, and again where a reader was too slow for what happened. */
  | ({ readonly kind: "waiting" } & QuestionList)
  | { readonly kind: "opened" | "changed"; readonly question: QuestionJson }
  | {
    readonly kind: "closed";
    readonly id: string;
    /** `ended`: its calls are gone; `late`: its time was over; `stopped`: the plugin stopped asking. */
    readonly how: "answered" | "ended" | "late" | "stopped";
    /** Of one that was answered, or that the answer to another was about too. */
    readonly answered?: Answered;
  };
