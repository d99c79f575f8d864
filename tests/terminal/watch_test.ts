/** `snet watch` at a real pseudo-terminal, with keys that are typed and a screen that is looked at. */

import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { COLOURS, fitsTheWindow, hasColours } from "./full_screen.ts";
import { WatchStage } from "./watch_stage.ts";

const EMPTY = "Nothing yet.";
const BASH = ["bash", "--norc", "--noprofile", "-i"];
const SSH = { program: "/usr/bin/ssh", target: "tcp 192.0.2.2:22" } as const;

/** Waits until the screen is the one that was there before, with nothing left set. */
async function left(stage: WatchStage, isShell = false): Promise<void> {
  await stage.until("the terminal is given back", () => {
    stage.look();
    return !stage.screen.isAlternate;
  });
  // A shell may want to know of pastes itself.
  deepEqual([...stage.screen.modes].filter((mode) => mode !== "2004" || !isShell).sort(), ["25", "7"]);
}

Deno.test("watch: decisions appear as they are made, q leaves, and the terminal is as it was, to the bit", async () => {
  await using stage = new WatchStage();
  const before = stage.settings();
  await stage.see(EMPTY);
  notDeepEqual(stage.settings(), before);
  ok(stage.screen.isAlternate);
  stage.desk.decide({}, {}, { ...SSH, verdict: "deny", errno: "EPERM" });
  await stage.see(/^>\+ curl .* 2 +0 {2}allow/m);
  await stage.see(/^ \+ ssh .* 0 +1 {2}deny EPERM/m);
  stage.type("q");
  equal((await stage.status).code, 0);
  await left(stage);
  equal(stage.look(), "");
  deepEqual(stage.settings(), before);
});

Deno.test("watch: a program opens to what it reached, and that to all that is known of it", async () => {
  await using stage = new WatchStage();
  await stage.see(EMPTY);
  stage.desk.decide({ pid: 70, why: "because" });
  await stage.see("curl");
  stage.type("\r");
  await stage.see(/^ {5}tcp 192\.0\.2\.1:443 {2}connect/m);
  stage.type("j\r");
  await stage.see(/^ {3}run by +\/usr\/bin\/make\[3\]$/m);
  await stage.see(/^ {3}reason +because$/m);
  stage.type("\x1b");
  await stage.see("1 program");
  await stage.see("Enter details");
});

Deno.test("watch: what is typed, or pasted, is searched for, whatever letters it has", async () => {
  await using stage = new WatchStage();
  await stage.see(EMPTY);
  stage.desk.decide({}, SSH);
  await stage.see("2 decisions");
  stage.type("/q");
  await stage.see("0 of 2 decisions");
  stage.type("\x15\x1b[200~port:22\r\x1b[201~");
  await stage.see("1 of 2 decisions");
  await stage.see("Search: port:22_");
  ok(!stage.look().includes("curl"));
  stage.type("\x7f\x7f\x7f\x7f\x7f\x7f\x7frl\x7f");
  await stage.see("Search: r_");
  stage.type("\x1b");
  await stage.see(/^ snet watch {3}2 decisions/);
  stage.type("/ssh\r");
  await stage.see(/Search: ssh$/m);
  stage.type("q");
  equal((await stage.status).code, 0);
});

Deno.test("watch: while it is paused nothing moves", async () => {
  await using stage = new WatchStage();
  await stage.see(EMPTY);
  stage.desk.decide({});
  await stage.see("1 decision,");
  stage.type("p");
  await stage.see("paused");
  stage.desk.decide(SSH, SSH);
  await stage.see("paused, 2 more");
  ok(!stage.look().includes("ssh"));
  stage.type(" ");
  await stage.see(/^>\+ ssh/m);
  ok(!stage.look().includes("paused"));
});

Deno.test("watch: lines, the newest first", async () => {
  await using stage = new WatchStage();
  await stage.see(EMPTY);
  stage.type("v");
  stage.desk.decide({ pid: 71 }, { pid: 72, verdict: "told" });
  await stage.see(/^>\d\d:\d\d:\d\d {2}curl\[72\] .*told\n \d\d:\d\d:\d\d {2}curl\[71\] .*allow$/m);
});

Deno.test("watch: a window of another size is drawn anew, and a tiny one says so", async () => {
  await using stage = new WatchStage();
  stage.desk.decide({});
  await stage.see("snet watch");
  await fitsTheWindow(stage);
});

Deno.test("watch: colours only where they are wanted", async () => {
  for (const { options, wanted } of COLOURS) {
    await using stage = new WatchStage(options);
    await stage.see(EMPTY);
    stage.desk.decide({});
    await stage.see(">+ curl");
    equal(hasColours(stage.raw), wanted, JSON.stringify(stage.raw));
  }
});

Deno.test("watch: a console without block elements gets none", async () => {
  await using stage = new WatchStage({ env: { TERM: "linux" } });
  await stage.see(EMPTY);
  stage.desk.decide({});
  await stage.see(">+ curl");
  ok(!stage.look().includes("LAST MINUTE"));
  ok(!/[▁-█]/.test(stage.raw));
});

Deno.test("watch: it ends by a signal as programs do, with the terminal given back, also from a search", async () => {
  for (const keys of ["", "/curl"]) {
    await using stage = new WatchStage();
    const before = stage.settings();
    await stage.see(EMPTY);
    stage.type(`${keys}\x03q`);
    equal((await stage.status).signal, "SIGINT");
    await left(stage);
    deepEqual(stage.settings(), before);
  }
});

Deno.test("watch: Ctrl-Z gives the terminal to the shell, fg brings the table back with what came", async () => {
  await using stage = new WatchStage({ shell: BASH });
  await stage.see("$");
  stage.type(`${stage.command}\n`);
  await stage.see(EMPTY);
  stage.type("\x1a");
  await stage.see("Stopped");
  await left(stage, true);
  stage.desk.decide(SSH);
  stage.type("fg\n");
  await stage.see(/^>\+ ssh/m);
  stage.type("q");
  await left(stage, true);
  stage.type("echo after\n");
  await stage.see(/^after$/m);
});

Deno.test("watch: a daemon that goes is missed, and gone on with where it was", async () => {
  await using stage = new WatchStage();
  await stage.see(EMPTY);
  stage.desk.decide({}, {}, {});
  await stage.see("3 decisions");
  deepEqual(stage.desk.asked, ["/v1/rows"]);
  await stage.stopDaemon();
  await stage.see("no daemon; trying again");
  ok(stage.look().includes("3 decisions"));
  stage.startDaemon();
  await stage.until(
    "it is back",
    () => stage.desk.asked.length > 0 && !stage.look().includes("trying again"),
  );
  deepEqual(stage.desk.asked, ["/v1/rows?since=3"]);
  stage.desk.decide(SSH);
  await stage.see("4 decisions");
});

Deno.test("watch: without a daemon it says so in one line and takes no terminal", async () => {
  await using stage = new WatchStage({ words: ["--socket", "/nowhere/snet.sock"] });
  equal((await stage.status).code, 3);
  await stage.see("snet: No daemon answers on /nowhere/snet.sock");
  ok(!stage.raw.includes("\x1b[?1049h"));
});

Deno.test("watch: line by line where that is wanted, or the terminal can do nothing else", async () => {
  for (
    const [env, words] of [[{ TERM: "dumb" }, []], [{}, ["--plain", "--no-color"]], [{}, [
      "--count",
      "1",
      "--no-color",
    ]]] as const
  ) {
    await using stage = new WatchStage({ env, words });
    await stage.see(/^TIME +WHO +WHAT/m);
    await stage.until("it is there", () => stage.desk.asked.length > 0);
    deepEqual(stage.desk.asked, ["/v1/events"]);
    ok(!stage.raw.includes("\x1b"), JSON.stringify(stage.raw));
  }
});

Deno.test("watch: 50,000 decisions at once are taken, and keys with them", async () => {
  await using stage = new WatchStage();
  await stage.see(EMPTY);
  for (let batch = 0; batch < 100; batch++) {
    stage.desk.decide(...Array.from({ length: 500 }, (_, index) => ({
      program: `/usr/bin/p${index % 50}`,
      target: `tcp 192.0.2.${index % 200}:${batch}`,
    })));
  }
  stage.type("/p7");
  await stage.see("1000 of 50000 decisions, 1 program");
  await stage.see(/^>\+ p7 .* 1000 +0 {2}allow/m);
});
