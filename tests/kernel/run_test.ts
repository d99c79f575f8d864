/** `snet run` on another kernel than the machine's, as an ordinary user, where Yama lets nobody look into strangers. */

import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { casesOf } from "../run/cases.ts";
import { NOBODY } from "../run/place.ts";
import { SNET } from "./daemon.ts";
import { within } from "./until.ts";

const PROBE = "/run/run-probe";
const RULES = "/tmp/run-all.yaml";
const ALL =
  "[snet.socket, snet.bind, snet.connect, snet.listen, snet.accept, snet.post_accept, snet.sendmsg, snet.shutdown]";
const ALLOW_ALL = ["--rules", RULES, "--default", "deny", "--send-all"];

/** A process may look into its descendants only, as distributions have it. */
const SCOPE = "/proc/sys/kernel/yama/ptrace_scope";

/** Runs a program as an ordinary user, under snet where there are options for it. */
async function run(argv: readonly string[], options?: readonly string[]) {
  Deno.writeTextFileSync(SCOPE, "1");
  Deno.writeTextFileSync(RULES, `version: 1\nrules:\n  - { name: all, allow: ${ALL} }\n`);
  const held = options === undefined ? [] : [SNET, "run", ...options, "--"];
  const child = new Deno.Command("setpriv", {
    args: [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", ...held, ...argv],
    env: { HOME: "/tmp" },
    cwd: "/tmp",
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { code, stdout, stderr } = await within(`the end of ${argv.join(" ")}`, child.output(), 120_000);
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

for (const program of ["connect", "send", "accept", "unix", "signals"]) {
  const names = execFileSync(`${PROBE}/${program}`, ["--list"], { encoding: "utf8" }).trim().split("\n");
  let results: Promise<Map<string, string[]>[]> | undefined;
  const both = () =>
    results ??= (async () => {
      const argv = [`${PROBE}/${program}`];
      return [casesOf(await run(argv)), casesOf(await run(argv, ALLOW_ALL))];
    })();
  for (const name of names) {
    Deno.test(`run: ${program}: ${name}: the same as without snet`, async () => {
      const [alone, held] = await both();
      notEqual(alone!.get(name), undefined);
      // What the case itself needs and does not get.
      notEqual(alone!.get(name)!.at(-1), "ended with 4");
      deepEqual(held!.get(name), alone!.get(name));
    });
  }
}

Deno.test("run: programs that fork twice stay snet's to look into", async () => {
  // Nobody listens at port 9; with rules for the program it is the kernel that says so.
  const rule = "/tmp/run-storm.yaml";
  await Deno.writeTextFile(
    rule,
    `version: 1\nrules:\n  - { name: storm, allow: snet.connect, exe: ${PROBE}/storm }\n`,
  );
  const { stdout, stderr } = await run([`${PROBE}/storm`, "200", "9", "double"], [
    "--rules",
    rule,
    "--default",
    "deny",
  ]);
  deepEqual([stdout, stderr], ["ECONNREFUSED 200\n", ""]);
});

Deno.test("run: a program that cannot be looked into is refused, and snet says so", async () => {
  const { stdout, stderr, code } = await run([`${PROBE}/hidden`, "127.0.0.1", "9"], ALLOW_ALL);
  deepEqual([stdout, code], ["connect EPERM\n", 0]);
  match(stderr, /^snet: [^\n]*hidden[^\n]*\n$/);
});

Deno.test("run: the exit code is the program's", async () => {
  equal((await run(["sh", "-c", "exit 7"], ALLOW_ALL)).code, 7);
});
