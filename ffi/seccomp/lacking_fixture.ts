/**
 * For tests: what is said where a system call does not work. `lacking_fixture.ts NR ERRNO` runs itself again in a process in
 * which it fails; there it tries to supervise, and prints what is lacking.
 */

import { CallThread } from "../call_thread.ts";
import { tcpRuleset } from "../landlock.ts";
import { nextChild } from "../process.ts";
import { spawn } from "../spawn.ts";
import { assemble, Data, filterProgram, ifEqual, load, returns } from "./bpf.ts";
import { Return, seccompFilter, Syscall } from "./filter.ts";
import { confine, seccompLacks } from "./install.ts";

const [nr, errno] = Deno.args;
if (nr === undefined) await tell();
else await runWithout(Number(nr), Number(errno));

async function runWithout(nr: number, errno: number): Promise<void> {
  using thread = new CallThread();
  const fails = ifEqual(nr, returns(Return.errno | errno));
  const program = filterProgram(assemble([...load(Data.nr), ...fails, ...returns(Return.allow)]));
  const PR_SET_NO_NEW_PRIVS = 38n;
  const SYS_SECCOMP = 317;
  await thread.run([
    ["syscall", Syscall.prctl, PR_SET_NO_NEW_PRIVS, 1n],
    ["syscall", SYS_SECCOMP, 1n, 0n, program],
  ]);
  const utf8 = new TextEncoder();
  const environment = Object.entries(Deno.env.toObject()).map(([name, value]) =>
    utf8.encode(`${name}=${value}`)
  );
  const words = [Deno.execPath(), "run", "-A", "--quiet", import.meta.filename!].map((word) =>
    utf8.encode(word)
  );
  await spawn(thread, {
    path: words[0]!,
    arguments: words,
    environment,
    blocked: 0n,
    ignored: 0n,
    openFiles: undefined,
  });
  Deno.addSignalListener("SIGCHLD", () => nextChild() && Deno.exit());
}

async function tell(): Promise<void> {
  const lacks = seccompLacks();
  if (lacks !== undefined) return console.log(lacks);
  using thread = new CallThread();
  const filter = seccompFilter({ events: [], sendAll: false, ioUring: "allow" });
  const ruleset = tcpRuleset({ bind: true, connect: true });
  console.log(
    await confine(thread, { filter, ruleset, keepPrivileges: false }).then(
      ({ waitKillable }) => `waitKillable: ${waitKillable}`,
      ({ name, message }) => `${name}: ${message}`,
    ),
  );
}
