/** Which decisions a plugin tells others of: the options that say so, and the filter that they make. */

import { type Decision, type EventName, type OptionSpec, parseEvents } from "../../core/mod.ts";

/** Options of a plugin that tells others of decisions. */
export const TOLD_OPTIONS = {
  verdicts: {
    type: "choices",
    choices: ["allow", "deny"],
    default: ["allow", "deny"],
    doc: "What must have become of the call.",
  },
  causes: {
    type: "choices",
    choices: ["verdict", "default", "ask", "failed", "late"],
    default: ["verdict", "default", "ask", "failed", "late"],
    doc:
      "How the decision came about: a plugin's verdict, the default, nobody to ask, a plugin that failed, time that was over.",
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** What the options say. */
export interface ToldOptions {
  readonly verdicts: readonly Decision["verdict"]["action"][];
  readonly causes: readonly Decision["cause"][];
}

/** True for a decision that is to be told. */
export function isTold({ verdicts, causes }: ToldOptions, { verdict, cause }: Decision): boolean {
  return verdicts.includes(verdict.action) && causes.includes(cause);
}

/** The events that the words of an option stand for. Throws an Error that names the wrong one. */
export function parseEventOption(words: readonly string[]): readonly EventName[] {
  if (words.length === 0) throw new Error(`option "events" names no event; such as [snet.out]`);
  return parseEvents(words);
}
