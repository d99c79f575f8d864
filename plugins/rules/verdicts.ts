/** Verdicts of many rules in little space; each is made an object when it is first given. */

import { type Verdict, VERDICT_SCOPES } from "../../core/mod.ts";
import { type Rule, ruleName } from "./rule.ts";
import { type PackedTexts, packTexts, Texts } from "../parts/shared.ts";

/** Verdicts as data that another thread can be handed. */
export interface VerdictData {
  readonly why: PackedTexts;
  /** [action, scope + 1, errno, remember] of each, as unsigned integers; 0 for what it does not say. */
  readonly words: SharedArrayBuffer;
}

const ACTIONS = ["allow", "deny", "ask"] as const;
const WORDS = 4;

/** The verdicts of rules, by their number. */
export function packVerdicts(rules: readonly Rule[]): VerdictData {
  const words = new SharedArrayBuffer(rules.length * WORDS * 4);
  const view = new Uint32Array(words);
  for (const [number, { action, scope, errno, remember }] of rules.entries()) {
    const scopeWord = scope === undefined ? 0 : VERDICT_SCOPES.indexOf(scope) + 1;
    view.set([ACTIONS.indexOf(action), scopeWord, errno ?? 0, remember ?? 0], number * WORDS);
  }
  return { why: packTexts(rules.map(ruleName)), words };
}

/** Gives verdicts by the number of their rule. */
export class Verdicts {
  readonly #why: Texts;
  readonly #words: Uint32Array;
  readonly #made: (Verdict | undefined)[];

  constructor({ why, words }: VerdictData) {
    this.#why = new Texts(why);
    this.#words = new Uint32Array(words);
    this.#made = new Array(this.#why.length);
  }

  at(rule: number): Verdict {
    return this.#made[rule] ??= this.#make(rule);
  }

  #make(rule: number): Verdict {
    const [action, scope, errno, remember] = this.#words.subarray(rule * WORDS, (rule + 1) * WORDS);
    return {
      action: ACTIONS[action!]!,
      why: this.#why.at(rule)!,
      rule,
      ...(errno !== 0 && { errno: errno! }),
      ...(remember !== 0 && { remember: remember! }),
      ...(scope !== 0 && { scope: VERDICT_SCOPES[scope! - 1]! }),
    };
  }
}
