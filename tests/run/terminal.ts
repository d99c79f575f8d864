/** Programs in a terminal (probe/terminal.py). */

import { equal } from "node:assert/strict";
import { type How, PROBE, run, SNET } from "./program.ts";

/** What to wait for, as a regular expression of python, and what is typed then. */
export type Step = readonly [pattern: string, text: string];

/** What the terminal showed in the end, and how the program ended: `code 0` or `signal 2`. */
export interface Shown {
  readonly text: string;
  readonly end: string;
}

/** Runs a program in a terminal of its own and types. With `snet` in `how`, snet runs in the terminal. */
export async function terminal(
  argv: readonly string[],
  steps: readonly Step[],
  how: How = {},
): Promise<Shown> {
  const { snet, ...rest } = how;
  const held = snet === undefined ? argv : [SNET, "run", ...snet, "--", ...argv];
  const { stdout, stderr, code } = await run(
    ["/usr/bin/python3", `${PROBE}/terminal.py`, JSON.stringify(steps), ...held],
    { env: { TERM: "xterm" }, ...rest },
  );
  equal(`${stderr}${code}`, "0", stdout);
  const lines = stdout.trimEnd().split("\n");
  const end = lines.pop()!;
  return { text: lines.join("\n"), end };
}
