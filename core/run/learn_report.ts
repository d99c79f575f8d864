/** The end of `snet run --learn`: the file is written, and one line says so. */

import { utf8 } from "../../ffi/mod.ts";
import { type Learner, localPortRange, writeLearned } from "./learn.ts";
import { learnedRules } from "./learn_rules.ts";

/** Writes what was learned of a command to a file; returns the line that says what and where. */
export async function saveLearned(
  path: string,
  learner: Learner,
  command: readonly Uint8Array[],
): Promise<string> {
  const from = { command: command.map(utf8), portRange: localPortRange() };
  const { text, rules, programs, unwritten } = learnedRules(learner, from);
  const written = await writeLearned(path, text);
  const rest = unwritten === 0
    ? ""
    : `; ${unwritten} ${unwritten === 1 ? "call stands" : "calls stand"} in comments`;
  const missed = learner.missed === 0 ? "" : `; ${count(learner.missed, "further call")} found no room`;
  return `${written}: ${count(rules, "rule")} for ${count(programs, "program")}${rest}${missed}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
