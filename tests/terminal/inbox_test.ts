/** `snet ask` at a real pseudo-terminal, with keys that are typed and a screen that is looked at. */

import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { question } from "../../core/cli/ask/samples.ts";
import type { QuestionJson } from "../../core/control/api.ts";
import { COLOURS, fitsTheWindow, hasColours } from "./full_screen.ts";
import { InboxStage } from "./inbox_stage.ts";

const KEYS = "a allow  d deny";
const BASH = ["bash", "--norc", "--noprofile", "-i"];

/** A question that waits for a minute from now. */
function asked(id: string, more: Parameters<typeof question>[0] = {}): QuestionJson {
  const now = Date.now();
  return question({
    id,
    since: new Date(now).toISOString(),
    until: new Date(now + 60_000).toISOString(),
    ...more,
  });
}

/** The state of a process, by field 3 of proc_pid_stat(5). */
function stateOf(pid: number): string {
  const line = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return line.slice(line.lastIndexOf(")") + 2, line.lastIndexOf(")") + 3);
}

/** Waits until the screen is the one that was there before, with nothing left set. */
async function left(stage: InboxStage, isShell = false): Promise<void> {
  await stage.until("the terminal is given back", () => {
    stage.look();
    return !stage.screen.isAlternate;
  });
  // A shell may want to know of pastes itself.
  deepEqual([...stage.screen.modes].filter((mode) => mode !== "2004" || !isShell).sort(), ["25", "7"]);
}

Deno.test("inbox: a key answers, q leaves, and the terminal is as it was, to the bit", async () => {
  await using stage = new InboxStage();
  const before = stage.settings();
  stage.desk.put(asked("q1", { calls: 38 }));
  await stage.see(KEYS);
  notDeepEqual(stage.settings(), before);
  ok(stage.screen.isAlternate);
  ok(!stage.screen.modes.has("25"));
  await stage.see("x38");
  await stage.insist("d", "the answer comes", () => stage.desk.given.length > 0);
  deepEqual(stage.desk.given, [{ id: "q1", answer: { action: "deny", lasts: "once", revision: 1 } }]);
  await stage.see("denied by you");
  stage.type("q");
  equal((await stage.status).code, 0);
  await left(stage);
  equal(stage.look(), "");
  deepEqual(stage.settings(), before);
});

Deno.test("inbox: what was typed before the screen was there answers nothing", async () => {
  await using stage = new InboxStage({ shell: BASH });
  await stage.see("$");
  stage.desk.put(asked("q1"));
  // The shell takes the line; what follows it in the same breath is typed ahead.
  stage.type(`${stage.command}\naaaa`);
  await stage.see(KEYS);
  stage.type("j");
  await stage.see("1 of 1 question");
  deepEqual(stage.desk.given, []);
});

Deno.test("inbox: a question appears, changes and ends while one looks", async () => {
  await using stage = new InboxStage();
  await stage.see("No question waits");
  stage.desk.put(asked("q1"));
  await stage.see("1 of 1 question");
  stage.desk.put(asked("q1", { calls: 40 }));
  await stage.see("40 connects");
  stage.desk.put(asked("q2", { program: "/usr/bin/curl" }));
  await stage.see(/^\/usr\/bin\/curl {2}alice/m);
  stage.desk.close("q1", "ended");
  await stage.see("its calls are gone");
  stage.desk.close("q2", "late");
  await stage.see("time is over: denied");
});

Deno.test("inbox: a refusal is said, and the question waits on", async () => {
  await using stage = new InboxStage();
  stage.desk.put(asked("q1"));
  stage.desk.refusal = { status: 403, reason: "the program that asks cannot answer for itself" };
  await stage.see(KEYS);
  await stage.insist("a", "the refusal", () => stage.look().includes("cannot answer for itself"));
  ok(stage.look().includes("1 of 1 question"));
});

Deno.test("inbox: a window of another size is drawn anew, and a tiny one says so", async () => {
  await using stage = new InboxStage();
  stage.desk.put(asked("q1"));
  await stage.see(KEYS);
  await fitsTheWindow(stage);
});

Deno.test("inbox: colours only where they are wanted", async () => {
  for (const { options, wanted } of COLOURS) {
    await using stage = new InboxStage(options);
    stage.desk.put(asked("q1"));
    await stage.see(KEYS);
    equal(hasColours(stage.raw), wanted, JSON.stringify(stage.raw));
    ok(stage.look().includes(" >  connect to"));
  }
});

Deno.test("inbox: it ends by a signal as programs do, with the terminal given back", async () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const) {
    await using stage = new InboxStage();
    const before = stage.settings();
    await stage.see("No question waits");
    Deno.kill(stage.leader, signal);
    equal((await stage.status).signal, signal);
    await left(stage);
    deepEqual(stage.settings(), before);
  }
});

Deno.test("inbox: Ctrl-C is SIGINT", async () => {
  await using stage = new InboxStage();
  await stage.see("No question waits");
  stage.type("\x03");
  equal((await stage.status).signal, "SIGINT");
  await left(stage);
});

Deno.test("inbox: what is typed behind Ctrl-C answers nothing", async () => {
  await using stage = new InboxStage();
  stage.desk.put(asked("q1"));
  await stage.until("keys that answer are in colour: they would be taken", () => {
    stage.look();
    return stage.raw.includes("\x1b[32ma");
  });
  stage.type("\x03a");
  equal((await stage.status).signal, "SIGINT");
  deepEqual(stage.desk.given, []);
});

Deno.test("inbox: Ctrl-Z gives the terminal to the shell, fg brings the inbox back", async () => {
  await using stage = new InboxStage({ shell: BASH });
  await stage.see("$");
  stage.type(`${stage.command}\n`);
  stage.desk.put(asked("q1"));
  await stage.see(KEYS);
  stage.type("\x1a");
  await stage.see("Stopped");
  await left(stage, true);
  stage.type(`stty -a >'${stage.folder}/stty'; echo here\n`);
  await stage.see(/^here$/m);
  ok(/ icanon /.test(Deno.readTextFileSync(`${stage.folder}/stty`)));
  stage.desk.put(asked("q2", { program: "/usr/bin/curl" }));
  stage.type("fg\n");
  await stage.see(/^\/usr\/bin\/curl {2}alice/m);
  ok(stage.screen.isAlternate);
  stage.type("q");
  await left(stage, true);
  stage.type("echo after\n");
  await stage.see(/^after$/m);
});

Deno.test("inbox: started in the background it waits for the foreground", async () => {
  await using stage = new InboxStage({ shell: BASH });
  await stage.see("$");
  stage.type(`${stage.command} &\n`);
  stage.desk.put(asked("q1"));
  let job = 0;
  await stage.until("it is stopped", () => {
    job ||= Number(/^\[1\] (\d+)$/m.exec(stage.look())?.[1] ?? 0);
    return job !== 0 && stateOf(job) === "T";
  });
  ok(!stage.look().includes(KEYS));
  // The shell has to know of it before it can bring it back; it says so with a prompt.
  await stage.insist("\n", "the shell knows", () => stage.look().includes("Stopped"));
  stage.type("fg\n");
  await stage.see(KEYS);
});

Deno.test("inbox: continued after a stop that it could not see, it takes the terminal again", async () => {
  await using stage = new InboxStage();
  stage.desk.put(asked("q1"));
  await stage.see(KEYS);
  Deno.kill(stage.leader, "SIGSTOP");
  await stage.until("it is stopped", () => stateOf(stage.leader) === "T");
  stage.look();
  stage.screen.write("\x1b[2J");
  equal(stage.look(), "");
  Deno.kill(stage.leader, "SIGCONT");
  await stage.see(KEYS);
});

Deno.test("inbox: a daemon that goes is missed, and found again with what it asks then", async () => {
  await using stage = new InboxStage();
  stage.desk.put(asked("q1"));
  await stage.see(KEYS);
  await stage.stopDaemon();
  await stage.see("trying again");
  stage.type("a");
  await stage.see("the daemon is gone: nothing can be answered");
  stage.startDaemon();
  stage.desk.put(asked("q9", { program: "/usr/bin/curl" }));
  await stage.see(/^\/usr\/bin\/curl {2}alice/m);
  await stage.see("no longer asked");
  ok(!stage.look().includes("trying again"));
});

Deno.test("inbox: without a daemon it says so in one line and takes no terminal", async () => {
  await using stage = new InboxStage({ words: ["--socket", "/nowhere/snet.sock"] });
  equal((await stage.status).code, 3);
  await stage.see("snet: No daemon answers on /nowhere/snet.sock");
  ok(!stage.raw.includes("\x1b[?1049h"));
});

Deno.test("inbox: a terminal that cannot move its cursor gets a list", async () => {
  await using stage = new InboxStage({ env: { TERM: "dumb" } });
  equal((await stage.status).code, 0);
  await stage.see("No question waits.");
  ok(!stage.raw.includes("\x1b"), JSON.stringify(stage.raw));
});

Deno.test("inbox: the bell rings for what can be answered, if it was asked for", async () => {
  for (const [words, rings] of [[["--bell"], true], [[], false]] as const) {
    await using stage = new InboxStage({ words });
    await stage.see("No question waits");
    stage.desk.put(asked("q1"));
    await stage.see(KEYS);
    equal(stage.raw.includes("\x07"), rings);
  }
});

Deno.test("inbox: what is pasted, and what the terminal tells by itself, answers nothing", async () => {
  await using stage = new InboxStage();
  stage.desk.put(asked("q1"));
  await stage.see(KEYS);
  ok(stage.screen.modes.has("2004"));
  stage.type("\x1b[200~aaa\ra\x1b[201~\x1b]11;rgb:aaaa/aaaa\x07\x1b[?a;1c");
  stage.type("?");
  await stage.see("allow, deny all questions of the program");
  ok(!stage.look().includes("not taken"));
  deepEqual(stage.desk.given, []);
});

/** More than a terminal takes that nobody reads from. */
const REDRAWS = "\x0c".repeat(250);

Deno.test("inbox: a terminal that takes nothing for a while then shows the newest, and nothing in between", async () => {
  await using stage = new InboxStage();
  stage.desk.put(asked("q1"));
  await stage.see(KEYS);
  stage.type(REDRAWS);
  for (let calls = 2; calls <= 99; calls++) stage.desk.put(asked("q1", { calls }));
  await stage.see("x99");
  stage.type("?");
  await stage.see("allow, deny all questions of the program");
});

Deno.test("inbox: a terminal that takes nothing does not keep it from ending", async () => {
  await using stage = new InboxStage();
  const before = stage.settings();
  stage.desk.put(asked("q1"));
  await stage.see(KEYS);
  stage.type(REDRAWS);
  // Keys that are read do not stay in the terminal; what they draw stays, as nobody reads it.
  await stage.until("all keys are taken", () => stage.isTaken());
  Deno.kill(stage.leader, "SIGTERM");
  equal((await stage.status).signal, "SIGTERM");
  deepEqual(stage.settings(), before);
  // It had no room for the end of the screen either.
  stage.look();
  ok(!stage.raw.includes("\x1b[?1049l"));
});
