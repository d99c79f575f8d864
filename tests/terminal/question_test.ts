/** Questions at a real pseudo-terminal, with keys that are typed and a screen that is looked at. */

import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import type { EventInit } from "../../core/testing.ts";
import { Stage } from "./stage.ts";

/** A question about 127.0.0.1 and this port. */
function about(port: number): { readonly event: EventInit } {
  return { event: { remote: { ip: "127.0.0.1", port }, task: { exe: "/usr/bin/curl" } } };
}

const KEYS = "a allow  d deny";
const BASH = ["bash", "--norc", "--noprofile", "-i"];

/** Fields of /proc/PID/stat behind the name, beginning with the state (field 3 of proc_pid_stat(5)). */
function stat(pid: number): string[] {
  const line = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return line.slice(line.lastIndexOf(")") + 2).split(" ");
}

/** The process group that has the terminal of a process. */
function foreground(pid: number): number {
  return Number(stat(pid)[5]);
}

Deno.test("terminal: a key answers, one line is left, and the settings come back to the bit", async () => {
  await using stage = await Stage.set();
  const before = stage.settings();
  const question = await stage.ask(about(1));
  await stage.see(KEYS);
  notDeepEqual(stage.settings(), before);
  stage.type("a");
  equal(await stage.answer(question), "allow");
  deepEqual(stage.settings(), before);
  await stage.see("allowed");
  equal(stage.look(), "snet: allowed once: curl[4321] connect to 127.0.0.1:1 (tcp)");
});

Deno.test("terminal: the question begins on a line of its own", async () => {
  await using stage = await Stage.set({ words: ["sh", "-c", "printf 'Connecting... '; read -r end"] });
  await stage.see("Connecting...");
  const question = await stage.ask(about(1));
  await stage.see(KEYS);
  ok(stage.look().startsWith("Connecting...\nsnet: curl[4321] wants"), stage.look());
  await stage.cancel(question);
  await stage.answer(question);
  await stage.until("the question is gone", () => !stage.look().includes("snet"));
});

Deno.test("terminal: what was typed ahead for the program does not answer", async () => {
  await using stage = await Stage.set();
  stage.type("a\na");
  const question = await stage.ask(about(1));
  await stage.see(KEYS);
  ok(!stage.isAnswered(question));
  stage.type("d");
  equal(await stage.answer(question), "deny");
});

Deno.test("terminal: what is typed after the answer is the program's", async () => {
  await using stage = await Stage.set({ words: ["sh", "-c", 'read -r go; read -r x; echo "got $x"'] });
  stage.type("go\n");
  const question = await stage.ask(about(1));
  await stage.see(KEYS);
  await stage.cancel(question);
  await stage.answer(question);
  stage.type("hello\n");
  await stage.see("got hello");
});

Deno.test("terminal: scopes are chosen by digits and arrows, and answers are saved", async () => {
  await using stage = await Stage.set({ words: ["--save"] });
  const one = await stage.ask(about(1));
  await stage.see("[1 once]");
  stage.type("3");
  await stage.see("[3 this address]");
  stage.type("\x1b[D");
  await stage.see("[2 this program]");
  await stage.see("curl: reach any address, saved in rules.yaml");
  stage.type("a");
  equal(await stage.answer(one), "allow");
  equal(await stage.answer(await stage.ask(about(2))), "allow");
  await stage.until("it is saved", () => stage.saved.length > 0);
  deepEqual(stage.saved, [{ action: "allow", scope: "program", events: ["snet.out"], exe: "/usr/bin/curl" }]);
});

Deno.test("terminal: of several questions one stands, the next one follows", async () => {
  await using stage = await Stage.set();
  const one = await stage.ask(about(1));
  const two = await stage.ask(about(2));
  await stage.see("1 more");
  stage.type("aa");
  equal(await stage.answer(one), "allow");
  await stage.see("127.0.0.1:2 (tcp)\n");
  ok(!stage.isAnswered(two));
  stage.type("d");
  equal(await stage.answer(two), "deny");
  await stage.see("denied");
  equal(
    stage.look(),
    "snet: allowed once: curl[4321] connect to 127.0.0.1:1 (tcp)\n" +
      "snet: denied once: curl[4321] connect to 127.0.0.1:2 (tcp)",
  );
});

Deno.test("terminal: colours only where they are wanted, control sequences only where they are understood", async () => {
  for (
    const [env, colour, moves] of [[{}, true, true], [{ NO_COLOR: "1" }, false, true], [
      { TERM: "dumb" },
      false,
      false,
    ]] as const
  ) {
    await using stage = await Stage.set({ env });
    const question = await stage.ask(about(1));
    await stage.see(KEYS);
    stage.type("2");
    await stage.see("[2 this program]");
    stage.type("a");
    await stage.answer(question);
    await stage.see("allowed");
    equal(stage.raw.includes("\x1b[32m"), colour, stage.raw);
    equal(stage.raw.includes("\x1b[J"), moves, stage.raw);
    if (!moves) ok(!stage.raw.includes("\x1b"), stage.raw);
  }
});

Deno.test("terminal: a window that is made narrower gets the question anew", async () => {
  await using stage = await Stage.set();
  await stage.ask({ ...about(1), asked: { plugin: "rules", rule: 0, why: "x".repeat(60) } });
  await stage.see("x".repeat(60));
  stage.pty.resize(40, 24);
  await stage.see(/^ {2}asked by {2}rules: x{19}…$/m);
});

Deno.test("terminal: Ctrl-C denies and interrupts the program", async () => {
  await using stage = await Stage.set({
    words: ["sh", "-c", "trap 'echo interrupted' INT; while :; do sleep 0.05; done"],
  });
  const question = await stage.ask(about(1));
  await stage.see(KEYS);
  stage.type("\x03");
  equal(await stage.answer(question), "deny");
  await stage.see(/^interrupted$/m);
});

Deno.test("terminal: a shell as the program gets its terminal back, at its prompt", async () => {
  await using stage = await Stage.set({ words: BASH });
  await stage.see("$");
  const shell = foreground(stage.leader);
  const before = stage.settings();
  const question = await stage.ask(about(1));
  await stage.see(KEYS);
  // A shell of its own process group is put aside for the question.
  notDeepEqual(foreground(stage.leader), shell);
  stage.type("a");
  equal(await stage.answer(question), "allow");
  equal(foreground(stage.leader), shell);
  deepEqual(stage.settings(), before);
  stage.type("echo $((6 * 7))\r");
  await stage.see(/^42$/m);
});

Deno.test("terminal: a job in the foreground of a shell goes on as if nothing had been", async () => {
  await using stage = await Stage.set({ words: BASH });
  await stage.see("$");
  const shell = foreground(stage.leader);
  stage.type("sh -c 'sleep 0.1; while kill -0 $$; do sleep 0.1; done'\r");
  await stage.until("the job runs", () => foreground(stage.leader) !== shell);
  const job = foreground(stage.leader);
  const question = await stage.ask(about(1));
  await stage.see(KEYS);
  stage.type("a");
  equal(await stage.answer(question), "allow");
  equal(foreground(stage.leader), job);
  notDeepEqual(stat(job)[0], "T");
  stage.type("\x03");
  await stage.until("the shell has its terminal", () => foreground(stage.leader) === shell);
  ok(!stage.look().includes("Stopped"), stage.look());
});

Deno.test("terminal: a key does not wake a program that waits for input by poll", async () => {
  const script = "import os, select; print('ready', flush=True); select.select([0], [], []); " +
    "print('woken', os.read(0, 100), flush=True); input()";
  await using stage = await Stage.set({ words: ["python3", "-c", script] });
  await stage.see("ready");
  const question = await stage.ask(about(1));
  await stage.see(KEYS);
  stage.type("xa");
  equal(await stage.answer(question), "allow");
  stage.type("mine\n");
  await stage.see("woken b'mine");
});

Deno.test("terminal: in the background a line says so, and the question comes with the foreground", async () => {
  await using stage = await Stage.set({ shell: BASH });
  await stage.see("$");
  const started = stage.started();
  stage.type(`${stage.command} &\r`);
  await started;
  const question = await stage.ask(about(1));
  await stage.see("to the\nforeground (fg) to answer");
  stage.type("a\recho $((6 * 7))\r");
  await stage.see(/^42$/m);
  ok(!stage.isAnswered(question));
  stage.type("fg\r");
  await stage.see(KEYS);
  stage.type("a");
  equal(await stage.answer(question), "allow");
});

Deno.test("terminal: Ctrl-Z stops as without a question, which stands again afterwards", async () => {
  await using stage = await Stage.set({ shell: BASH });
  await stage.see("$");
  const started = stage.started();
  stage.type(`${stage.command}\r`);
  await started;
  const question = await stage.ask(about(1));
  await stage.see(KEYS);
  stage.type("\x1a");
  await stage.see("Stopped");
  ok(!stage.look().includes(KEYS));
  stage.type("fg\r");
  await stage.see(KEYS);
  stage.type("d");
  equal(await stage.answer(question), "deny");
});

Deno.test("terminal: without a controlling terminal there is no opinion", async () => {
  await using stage = await Stage.set({ through: ["setsid", "--wait"] });
  const question = await stage.ask(about(1));
  equal(await stage.answer(question), undefined);
});

Deno.test("terminal: a job that is stopped because it reads while a question stands goes on afterwards", async () => {
  // Takes the foreground as a shell's job has it, and reads once that is taken away.
  const script = `
import os, signal, time
os.setpgid(0, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
os.tcsetpgrp(0, os.getpgrp())
print("job", os.getpid(), flush=True)
while os.tcgetpgrp(0) == os.getpgrp(): time.sleep(0.01)
print("got", os.read(0, 100), flush=True)
input()
`;
  await using stage = await Stage.set({ words: ["python3", "-c", script] });
  await stage.see(/^job \d+$/m);
  const job = Number(/^job (\d+)$/m.exec(stage.look())![1]);
  const question = await stage.ask(about(1));
  await stage.see(KEYS);
  await stage.until("the job is stopped", () => stat(job)[0] === "T");
  stage.type("a");
  equal(await stage.answer(question), "allow");
  equal(foreground(stage.leader), job);
  stage.type("mine\n");
  await stage.see("got b'mine");
});
