/** What the plugin counts, for `snet stats`. */

import type { AnswerLasts, RefusalCause } from "../../core/mod.ts";

const LASTS: Readonly<Record<AnswerLasts, string>> = {
  once: "once",
  time: "for time",
  process: "until end",
  always: "for always",
};

const REFUSED: Readonly<Record<RefusalCause | "offer", string>> = {
  user: "refused user",
  unseen: "refused unseen",
  gone: "refused gone",
  traced: "refused traced",
  namespace: "refused namespace",
  asker: "refused asker",
  origin: "refused origin",
  offer: "refused offer",
};

export class AskCounters {
  readonly #counts: Record<string, number> = {
    ...{ allowed: 0, denied: 0, remembered: 0, "no room": 0 },
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
    this.#counts["no room"]!++;
  }

  /** All of them, behind `present`: what is there now. */
  json(present: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
    return { ...present, ...this.#counts };
  }
}
