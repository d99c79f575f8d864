/** A rule that is being made of a decision: what it is to say, as the daemon would write it, and when it is to be written. */

import type { AnswerScope, RowJson, RuleMadeJson, RuleMakeJson } from "../../control/api.ts";
import { QUIET } from "../key_reader.ts";
import type { WatchKey } from "./keys.ts";

/** What a key is to do at the daemon. */
export type MakingEffect =
  | { readonly kind: "make"; readonly wanted: RuleMakeJson }
  | { readonly kind: "save"; readonly made: RuleMadeJson };

export class Making {
  /** What denies can be made up for. */
  #action: RuleMakeJson["action"] = "deny";
  /** The narrowest that there is if undefined. */
  #scope: AnswerScope | undefined;
  /** All that the rule could be about, once that is known. */
  #scopes: readonly AnswerScope[] = [];
  #wanted: RuleMakeJson;
  #made: RuleMadeJson | string | undefined;
  #isSaving = false;
  #isSure = false;
  /** From when on the rule is written: nobody types ahead of what stands there. */
  #steadyFrom = Infinity;

  constructor(readonly row: RowJson) {
    this.#wanted = this.#want();
  }

  /** What the daemon is asked for. */
  get wanted(): RuleMakeJson {
    return this.#wanted;
  }

  /** As the daemon would write it; why it would not; or undefined while it is asked. */
  get made(): RuleMadeJson | string | undefined {
    return this.#made;
  }

  get scopes(): readonly AnswerScope[] {
    return this.#scopes;
  }

  /** The rule goes far, and wants a second Enter. */
  get isBroad(): boolean {
    return typeof this.#made === "object" && this.#made.broad !== undefined;
  }

  /** The first Enter has come. */
  get isSure(): boolean {
    return this.#isSure;
  }

  get isSaving(): boolean {
    return this.#isSaving;
  }

  /** What came of asking for `wanted`; an answer to what is not wanted any more is passed over. */
  tell(wanted: RuleMakeJson, made: RuleMadeJson | string, now: number): void {
    if (wanted !== this.#wanted) return;
    this.#made = made;
    this.#steadyFrom = now + QUIET;
    if (typeof made === "string") return;
    this.#scope = made.scope;
    this.#scopes = made.scopes;
  }

  /** The rule was not written. */
  refuse(why: string): void {
    this.#isSaving = false;
    this.#made = why;
  }

  press(key: WatchKey, now: number): MakingEffect | undefined {
    if (this.#isSaving) return undefined;
    if (key === "enter") return this.#save(now);
    if (key === "allow" || key === "deny") this.#action = key;
    else if (key === "scope") {
      this.#scope = this.#scopes[(this.#scopes.indexOf(this.#scope!) + 1) % this.#scopes.length];
    } else return undefined;
    this.#made = undefined;
    this.#isSure = false;
    this.#wanted = this.#want();
    return { kind: "make", wanted: this.#wanted };
  }

  #want(): RuleMakeJson {
    const scope = this.#scope;
    return { row: this.row.number, action: this.#action, ...(scope !== undefined && { scope }) };
  }

  #save(now: number): MakingEffect | undefined {
    const made = this.#made;
    if (typeof made !== "object") return undefined;
    if (now < this.#steadyFrom) {
      this.#steadyFrom = now + QUIET;
      return undefined;
    }
    if (this.isBroad && !this.#isSure) {
      this.#isSure = true;
      this.#steadyFrom = now + QUIET;
      return undefined;
    }
    this.#isSaving = true;
    return { kind: "save", made };
  }
}
