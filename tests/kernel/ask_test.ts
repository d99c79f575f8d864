/** Calls that wait for a person, from the program that makes them to the keys of `snet ask`. */

import { deepEqual, equal } from "node:assert/strict";
import type { QuestionJson } from "../../core/control/api.ts";
import { InboxStage } from "../terminal/inbox_stage.ts";
import { Daemon } from "./daemon.ts";
import { start } from "./probe.ts";
import { until } from "./until.ts";

const MAIN = new URL("../../core/main.ts", import.meta.url).pathname;

/** A daemon that asks about the discard port, and about nothing else. */
function askingDaemon(options = ""): Promise<Daemon> {
  return Daemon.start({
    rules: "version: 1\nrules:\n  - { name: discard, ask: snet.out, port: 9 }\n",
    default: "allow",
    kernel: ["delay: 2s", "policy: deny"],
    plugins: [`ask: {${options}}`],
    entry: MAIN,
  });
}

/** A program whose UDP connect is asked about. */
const caller = (address = "127.0.0.1:9") => start("call", "socket:inet:dgram", `connect:${address}`);

/** Runs `snet ask` with these words. */
async function ask(daemon: Daemon, ...words: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--no-check",
      "--quiet",
      "--cached-only",
      MAIN,
      "ask",
      ...words,
      "-s",
      daemon.socket,
    ],
    stdin: "null",
  }).output();
  return { code, out: new TextDecoder().decode(stdout), error: new TextDecoder().decode(stderr) };
}

/** What waits, once so many questions do. */
async function waiting(daemon: Daemon, count: number): Promise<QuestionJson[]> {
  return await until(`${count} questions`, async () => {
    const questions: QuestionJson[] = JSON.parse((await ask(daemon, "list", "--json")).out);
    return questions.length === count && questions;
  });
}

Deno.test("ask: keys at a terminal let a call go on, and another one fail", async () => {
  await using daemon = await askingDaemon();
  await using stage = new InboxStage({ socket: daemon.socket });
  await stage.see("No question waits");
  for (const [key, result] of [["a", "connect 0"], ["d", "connect EPERM"]] as const) {
    await using held = caller();
    await stage.see(/connect to 127\.0\.0\.1:9 \(udp\)/);
    let isOver = false;
    const end = held.end().finally(() => isOver = true);
    await stage.insist(key, "the call's end", () => isOver);
    equal((await end).lines.at(-1), result);
    await stage.see(/(allowed|denied) by you/);
    await stage.see("No question waits");
  }
  stage.type("q");
  equal((await stage.status).code, 0);
});

Deno.test("ask: an answer for a time holds for the next call of the same program, and for no other address", async () => {
  await using daemon = await askingDaemon();
  await using first = caller();
  const [question] = await waiting(daemon, 1);
  const { code, out } = await ask(daemon, "allow", question!.id, "--for", "10m");
  deepEqual([code, out.trim()], [0, `Allowed ${question!.id} for 10m (program+address+port): 1 call.`]);
  equal((await first.end()).lines.at(-1), "connect 0");
  await using second = caller();
  equal((await second.end()).lines.at(-1), "connect 0");
  await using third = caller("127.0.0.2:9");
  const [other] = await waiting(daemon, 1);
  equal((await ask(daemon, "deny", other!.id)).code, 0);
  equal((await third.end()).lines.at(-1), "connect EPERM");
});

Deno.test("ask: a program that dies takes its question off the screen, which says so", async () => {
  await using daemon = await askingDaemon();
  await using stage = new InboxStage({ socket: daemon.socket });
  await using held = caller();
  await stage.see("a allow  d deny");
  held.signal("SIGKILL");
  await stage.see("its calls are gone");
});

Deno.test("ask: who answers too late learns that it is over, or by whom it was answered", async () => {
  await using daemon = await askingDaemon();
  await using held = caller();
  const [question] = await waiting(daemon, 1);
  equal((await ask(daemon, "deny", question!.id)).code, 0);
  const { code, error } = await ask(daemon, "allow", question!.id);
  equal(code, 1);
  equal(error.trim().split("\n").length, 1);
  equal((await held.end()).lines.at(-1), "connect EPERM");
});
