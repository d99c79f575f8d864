/** The words for what an answer may be about, which the command line needs before it needs anything else of questions. */

import type { AnswerScope } from "../control/api.ts";

/** The narrowest first. */
export const SCOPES: readonly AnswerScope[] = [
  "program+address+port",
  "program+address",
  "program+port",
  "program",
  "address+port",
  "address",
  "port",
];
