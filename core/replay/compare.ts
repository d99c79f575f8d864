/** What would become of a recorded event, beside what had become of it. */

import { ERRNO } from "../../ffi/mod.ts";
import type { Observation } from "../control/api.ts";
import { decisionJson } from "../control/json.ts";
import type { Decided, Outcome } from "./judge.ts";
import type { Action, RecordedLine } from "./recorded.ts";

/** One line of a recording, decided about again. */
export interface Replayed {
  readonly line: RecordedLine;
  /** As `snet watch --json` has decisions. */
  readonly observation: Observation;
  /** The plugin that would be asked, and was not. */
  readonly open: string | undefined;
  /** Whether the program would see something else; false for bare events and what stays open. */
  readonly differs: boolean;
}

/** What a call passes by that nobody is asked about. */
const UNHELD: Decided = {
  ...{ verdict: { action: "allow", why: "nobody is asked about it" }, plugin: undefined, rule: undefined },
  ...{ cause: "default", named: undefined },
};

/** Compares; `outcome` is undefined where nobody would be asked about the event. */
export function compare(line: RecordedLine, outcome: Outcome | undefined): Replayed {
  const open = outcome !== undefined && "open" in outcome ? outcome.open : undefined;
  const decided = outcome === undefined || "open" in outcome ? UNHELD : outcome;
  const { held = 0 } = line.decision ?? {};
  // What is shown of the event is no reading of a plugin, but this one is over.
  const observation = decisionJson(line.event, decided, {
    ...{ time: line.time + held / 1000, held, rule: decided.named },
  });
  return { line, observation, open, differs: open === undefined && differ(line, observation) };
}

/** The program sees whether its call fails, and with which errno. */
function differ({ decision }: RecordedLine, { action, errno = ERRNO.EPERM }: Observation): boolean {
  if (decision === undefined) return false;
  return decision.action !== action || (action === "deny" && (decision.errno ?? ERRNO.EPERM) !== errno);
}

/** How many lines of a recording there were of each kind. */
export class Tally {
  decided = 0;
  allowed = 0;
  denied = 0;
  /** Only told of: there was nothing to decide. */
  told = 0;
  /** Bare events, of which nothing had been decided. */
  bare = 0;
  same = 0;
  readonly open = new Map<string, number>();
  /** By what had been decided, and what would be. */
  readonly changes = new Map<`${Action} → ${Action}`, number>();

  /** Those where the program would see something else. */
  get differing(): number {
    return [...this.changes.values()].reduce((sum, count) => sum + count, 0);
  }

  add({ line, observation, open, differs }: Replayed): void {
    if (open !== undefined) {
      this.open.set(open, (this.open.get(open) ?? 0) + 1);
      return;
    }
    this.decided++;
    if (observation.action === "allow") this.allowed++;
    else this.denied++;
    if (line.decision === undefined) this.bare++;
    else if (differs) {
      const change = `${line.decision.action} → ${observation.action}` as const;
      this.changes.set(change, (this.changes.get(change) ?? 0) + 1);
    } else this.same++;
  }
}
