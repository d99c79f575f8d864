/** What a plugin's code throws, as one line for the operator: who reads it knows grants, not Deno's flags. */

import { LONGEST_TEXT } from "./protocol.ts";

/** One line of any error. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replaceAll(/, run again with the --allow-(read|write|net|env) flag/g, "; its grants have no such $1")
    .replaceAll(/, run again with the --allow-\w+ flag/g, "; no plugin in a sandbox has that")
    .replaceAll(/\s*\n\s*/g, "; ")
    .slice(0, LONGEST_TEXT);
}
