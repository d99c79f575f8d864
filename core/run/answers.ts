/** The answers that last: what a person said of a program or an address holds while the program runs. */

import type { AnswerScope, Subject } from "../questions/question.ts";

/** An answer that was given before. */
export interface Remembered {
  readonly action: "allow" | "deny";
  readonly scope: Exclude<AnswerScope, "once">;
}

/** Answers by what they are about. There are never more than a person gave. */
export class Answers {
  readonly #known = new Map<string, Remembered>();

  /** Keeps an answer; a later one about the same takes its place. */
  remember(subject: Subject, { action, scope }: Remembered): void {
    const key = keyOf(subject, scope);
    if (key !== undefined) this.#known.set(key, { action, scope });
  }

  /**
   * What was said of a call. What was said of this program at this address counts first; of an answer about the
   * program and one about the address that differ, the one that denies.
   */
  find(subject: Subject): Remembered | undefined {
    if (this.#known.size === 0) return undefined;
    const exact = this.#at(subject, "always");
    if (exact !== undefined) return exact;
    const program = this.#at(subject, "program");
    const address = this.#at(subject, "address");
    return address?.action === "deny" ? address : program ?? address;
  }

  #at(subject: Subject, scope: Remembered["scope"]): Remembered | undefined {
    const key = keyOf(subject, scope);
    return key === undefined ? undefined : this.#known.get(key);
  }
}

function keyOf({ kind, program, address }: Subject, scope: Remembered["scope"]): string | undefined {
  if (scope !== "address" && program === undefined) return undefined;
  if (scope !== "program" && address === undefined) return undefined;
  return JSON.stringify([
    scope,
    kind,
    scope === "address" ? undefined : program!.key,
    scope === "program" ? undefined : address!.key,
  ]);
}
