/** What rules that are made of decisions are about, in words. */

import type { AnswerScope } from "../control/api.ts";

/** What a rule of a scope is about. */
export const SCOPE_WORDS: Readonly<Record<AnswerScope, string>> = {
  "program+address+port": "this program, to this address and port",
  "program+address": "this program, to this address, any port",
  "program+port": "this program, to this port of any address",
  program: "this program, whatever it reaches",
  "address+port": "any program of this user, to this address and port",
  address: "any program of this user, to this address",
  port: "any program of this user, to this port",
};
