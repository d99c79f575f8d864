/** What the plugin counts, for `snet stats`. */

import type { AnswerLasts, RefusalCause } from "../../core/mod.ts";

const LASTS: Readonly<Record<AnswerLasts, string>> = {
  once: "once",
  time: "forTime",
  process: "forProcess",
  always: "forAlways",
};

const REFUSED: Readonly<Record<RefusalCause | "offer", string>> = {
  user: "refusedUser",
  unseen: "refusedUnseen",
  gone: "refusedGone",
  traced: "refusedTraced",
  namespace: "refusedNamespace",
  asker: "refusedAsker",
  origin: "refusedOrigin",
  offer: "refusedOffer",
};

export class AskCounters {
  readonly #counts: Record<string, number> = {
    ...{ allowed: 0, denied: 0, remembered: 0, noRoom: 0 },
    ...Object.fromEntries([...Object.values(LASTS), ...Object.values(REFUSED)].map((name) => [name, 0])),
  };

  answered(action: "allow" | "deny", lasts: AnswerLasts): void {
    this.#counts[action === "allow" ? "allowed" : "denied"]!++;
    this.#counts[LASTS[lasts]]!++;
  }

  refused(cause: RefusalCause | "offer"): void {
    this.#counts[REFUSED[cause]]!++;
  }

  /** A call was decided by what was said before. */
  remembered(): void {
    this.#counts.remembered!++;
  }

  /** A question could not be kept. */
  noRoom(): void {
    this.#counts.noRoom!++;
  }

  /** All of them, behind `present`: what is there now. */
  json(present: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
    return { ...present, ...this.#counts };
  }
}
