/** `snet run --stats`: what became of all calls. */

import { pad } from "../cli/text.ts";
import { ruleText } from "../cli/row.ts";
import type { LoopCounts } from "../loop.ts";
import type { RunChain } from "./run_chain.ts";

/** What each counter of the source counts, in the order of showing. */
const DOCS: Readonly<Record<string, string>> = {
  received: "Calls that the filter told; each comes to one of the ends below.",
  carriedOut: "Ended as snet carried it out.",
  continued: "Ended as the kernel carried it out for the program.",
  denied: "Ended by a denial.",
  expired: "Ended since nobody answered in time: denied.",
  interrupted: "Made way for a signal.",
  killed: "Ended with its thread.",
  unreadable: "Denied, since the program cannot be looked into.",
  failed: "Denied, since snet failed.",
  malformed: "Denied, since its event could not be written.",
  limited: "Denied, since too many calls waited.",
  closed: "Denied, since snet ended.",
  waiting: "Waits still.",
  asked: "Questions to the rules and whoever else answers.",
  allowed: "Questions that were answered with allow.",
  held: "Questions that waited for somebody.",
  resumed: "Interrupted calls that came back and went on.",
  abandoned: "Questions of interrupted calls that did not come back.",
  late: "Answers that came after the call had ended.",
};

/** The counters that are not zero, and the rules that answered, one line each. */
export function statsLines({ source = {}, chain }: LoopCounts, { links }: RunChain): string[] {
  const width = Math.max(...Object.keys(DOCS).map(({ length }) => length));
  const counters = Object.entries(DOCS).flatMap(([name, doc]) => {
    const count = source[name] ?? 0;
    return count === 0 ? [] : [`  ${pad(String(count), 8, "right")}  ${pad(name, width)}  ${doc}`];
  });
  const answered = chain.plugins.flatMap(({ name, allowed, denied, asked, failed, late, hits }, place) => {
    if (allowed + denied + asked + failed + late === 0) return [];
    const rules = [...hits].flatMap((count, number) => {
      const rule = links[place]?.instance.rules?.at(number);
      if (count === 0 || rule === undefined) return [];
      return [`  ${pad(String(count), 8, "right")}  ${ruleText({ number, ...rule })}`];
    });
    return [`${name}: ${allowed} allowed, ${denied} denied, ${asked} asked, ${failed} failed`, ...rules];
  });
  return ["snet: calls by what became of them:", ...counters, ...answered];
}
