/** The programs of cases (probe/cases.h): each case gives the same by itself and under snet. */

import { deepEqual, notDeepEqual } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { casesOf } from "./cases.ts";
import { ALLOW_ALL, PROBE, run, type User, USERS } from "./program.ts";

const PROGRAMS = ["connect", "send", "accept", "unix", "signals"] as const;

/** A program of cases runs once for all of them. */
function both(program: string, user: User) {
  let result: Promise<readonly [Map<string, string[]>, Map<string, string[]>]> | undefined;
  const start = async () => {
    const argv = [`${PROBE}/${program}`];
    return [casesOf(await run(argv, { user })), casesOf(await run(argv, { user, snet: ALLOW_ALL }))] as const;
  };
  return () => result ??= start();
}

for (const user of USERS) {
  for (const program of PROGRAMS) {
    const results = both(program, user);
    const names = execFileSync(`${PROBE}/${program}`, ["--list"], { encoding: "utf8" }).trim().split("\n");
    for (const name of names) {
      Deno.test(`${program}, as ${user}: ${name}: the same as without snet`, async () => {
        const [alone, held] = await results();
        notDeepEqual(alone.get(name), undefined);
        notDeepEqual(alone.get(name)!.at(-1), "hung");
        // What the case itself needs and does not get.
        notDeepEqual(alone.get(name)!.at(-1), "ended with 4");
        deepEqual(held.get(name), alone.get(name));
      });
    }
  }
}
