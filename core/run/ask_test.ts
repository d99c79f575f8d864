import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { Screen } from "../../tests/terminal/screen.ts";
import { plain } from "../cli/terminal.ts";
import { event, type EventInit } from "../testing.ts";
import type { Verdict } from "../verdict.ts";
import { type AskerOptions, terminalAsker } from "./ask.ts";
import type { SavedAnswer } from "../questions/question.ts";
import type { Taken, Tty } from "./tty.ts";

/** A terminal whose person is the test. */
class FakeTty implements Tty {
  readonly screen = new Screen(80, 24);
  size = { columns: 80, rows: 24 };
  /** What the next attempt to take it comes to. */
  taken: Taken = "taken";
  isHeld = false;
  readonly said: string[] = [];
  readonly signals: number[] = [];
  #typed = "";

  exists() {
    return this.taken !== "gone";
  }
  take() {
    this.isHeld = this.taken === "taken";
    this.#typed = "";
    return this.taken;
  }
  type(keys: string) {
    this.#typed += keys;
  }
  read() {
    if (this.taken !== "taken") return this.taken;
    const typed = this.#typed;
    this.#typed = "";
    return new TextEncoder().encode(typed);
  }
  write(text: string) {
    ok(this.isHeld, "written to a terminal that is not held");
    this.screen.write(text);
  }
  program: string | Error = "";
  written() {
    if (this.program instanceof Error) throw this.program;
    return this.program;
  }
  release() {
    this.isHeld = false;
  }
  say(line: string) {
    this.said.push(line);
  }
  signal(signal: number) {
    ok(!this.isHeld, "signalled before the terminal was given back");
    this.signals.push(signal);
  }
}

/** An asker with a terminal and a clock. */
class Scene {
  readonly tty = new FakeTty();
  readonly saved: SavedAnswer[] = [];
  now = 1000;
  #ticks: (() => void) | undefined;
  readonly #asker;

  constructor(options: Partial<AskerOptions> = {}) {
    this.#asker = terminalAsker({
      delay: 30_000,
      fallback: "deny",
      tty: this.tty,
      look: { paint: plain, movesCursor: true },
      around: { uid: 1000, userName: String, verifiedExe: () => true },
      time: {
        now: () => this.now,
        every: (_, act) => {
          this.#ticks = act;
          return () => void (this.#ticks = undefined);
        },
      },
      ...options,
    });
  }

  get isTicking() {
    return this.#ticks !== undefined;
  }

  /** Asks, and holds what comes of it. */
  ask(init: EventInit = {}, delay = 30_000): Asked {
    const controller = new AbortController();
    const asking = { signal: controller.signal, deadline: this.now + delay, calls: 1, asked: undefined };
    const promise = Promise.resolve(this.#asker.decide!(event(init), asking));
    const asked: Asked = { promise, controller, verdict: undefined, isDone: false };
    promise.then((verdict) => Object.assign(asked, { verdict, isDone: true }), () => {});
    return asked;
  }

  /** Lets time pass in the steps of a real clock, and promises be kept. */
  async pass(milliseconds: number): Promise<void> {
    for (const end = this.now + milliseconds; this.now < end;) {
      this.now += 40;
      this.#ticks?.();
    }
    await Promise.resolve();
  }

  async press(keys: string): Promise<void> {
    this.tty.type(keys);
    await this.pass(40);
  }

  close() {
    this.#asker.close!();
  }

  get text() {
    return this.tty.screen.text;
  }
}

interface Asked {
  readonly promise: Promise<Verdict | undefined>;
  readonly controller: AbortController;
  readonly verdict: Verdict | undefined;
  readonly isDone: boolean;
}

const to = (port: number, exe = "/usr/bin/curl"): EventInit => ({
  task: { exe, exeIno: BigInt(exe.length) },
  remote: { ip: "127.0.0.1", port },
});

Deno.test("ask: a key answers, and one line is left of the question", async () => {
  const scene = new Scene();
  const asked = scene.ask(to(80));
  await scene.pass(400);
  match(scene.text, /^snet: curl\[4321\] wants to connect to 127\.0\.0\.1:80 \(tcp\)\n/);
  ok(!asked.isDone);
  await scene.press("a");
  equal(asked.verdict?.action, "allow");
  equal(scene.text, "snet: allowed once: curl[4321] connect to 127.0.0.1:80 (tcp)");
  ok(!scene.tty.isHeld && !scene.isTicking);
});

Deno.test("ask: Enter is the default", async () => {
  for (const fallback of ["allow", "deny"] as const) {
    const scene = new Scene({ fallback });
    const asked = scene.ask(to(80));
    await scene.pass(400);
    await scene.press("\r");
    equal(asked.verdict?.action, fallback);
  }
});

Deno.test("ask: what is typed before the question is seen does not answer it", async () => {
  const scene = new Scene();
  const asked = scene.ask(to(80));
  // Somebody is typing to the program.
  for (let i = 0; i < 20; i++) await scene.press("a");
  equal(scene.text, "");
  await scene.pass(400);
  match(scene.text, /wants to connect/);
  ok(!asked.isDone);
  await scene.press("d");
  equal(asked.verdict?.action, "deny");
});

Deno.test("ask: a key that is held down answers one question only", async () => {
  const scene = new Scene();
  const one = scene.ask(to(1));
  const two = scene.ask(to(2));
  await scene.pass(400);
  for (let i = 0; i < 20; i++) await scene.press("aa");
  equal(one.verdict?.action, "allow");
  ok(!two.isDone);
  equal(scene.text, "snet: allowed once: curl[4321] connect to 127.0.0.1:1 (tcp)");
  await scene.pass(400);
  match(scene.text, /127\.0\.0\.1:2 \(tcp\)\n/);
});

Deno.test("ask: without an answer the default comes in time, for each question at its own", async () => {
  const scene = new Scene();
  const long = scene.ask(to(1), 30_000);
  const short = scene.ask(to(2), 5000);
  await scene.pass(4900);
  ok(!short.isDone);
  await scene.pass(60);
  deepEqual(short.verdict, { action: "deny", why: "nobody answered in time" });
  ok(!long.isDone);
  match(scene.text, /127\.0\.0\.1:1 .*\n[\s\S]*by itself in 25 s/);
  await scene.pass(25_000);
  equal(long.verdict?.action, "deny");
  equal(scene.text, "snet: denied, no answer in 30s: curl[4321] connect to 127.0.0.1:1 (tcp)");
  ok(!scene.isTicking);
});

Deno.test("ask: the default may be to allow", async () => {
  const scene = new Scene({ fallback: "allow" });
  const asked = scene.ask(to(1), 1000);
  await scene.pass(1000);
  deepEqual(asked.verdict, { action: "allow", why: "nobody answered in time" });
});

Deno.test("ask: a question whose call is gone vanishes at once", async () => {
  const scene = new Scene();
  const asked = scene.ask(to(1));
  await scene.pass(400);
  asked.controller.abort();
  equal(scene.text, "");
  ok(!scene.tty.isHeld && !scene.isTicking);
  equal(await asked.promise, undefined);
});

Deno.test("ask: a call that goes while others of its kind wait leaves the question to them", async () => {
  const scene = new Scene();
  const one = scene.ask({ ...to(1), task: { pid: 11 } });
  const two = scene.ask({ ...to(1), task: { pid: 22 } });
  await scene.pass(400);
  match(scene.text, /curl\[11\].*\(and 1 more like it\)/);
  one.controller.abort();
  match(scene.text, /^snet: curl\[22\] wants to connect to 127\.0\.0\.1:1 \(tcp\)\n/);
  await scene.press("a");
  equal(two.verdict?.action, "allow");
});

Deno.test("ask: thousands of equal questions share one answer, the next one is asked again", async () => {
  const scene = new Scene();
  const all = Array.from({ length: 5000 }, (_, pid) => scene.ask({ ...to(1), task: { pid } }));
  await scene.pass(400);
  match(scene.text, /\(and 4999 more like it\)/);
  await scene.press("d");
  equal(all.filter(({ verdict }) => verdict?.action === "deny").length, 5000);
  const later = scene.ask(to(1));
  await scene.pass(400);
  ok(!later.isDone);
  scene.close();
});

Deno.test("ask: questions that read otherwise share nothing", async () => {
  const scene = new Scene();
  const one = scene.ask({ ...to(1), task: { cmdline: ["curl", "a"] } });
  const other = scene.ask({ ...to(1), task: { cmdline: ["curl", "b"] } });
  await scene.pass(400);
  match(scene.text, /1 more$/);
  await scene.press("a");
  ok(one.isDone && !other.isDone);
  scene.close();
});

Deno.test("ask: an answer for the program releases what waits, and answers what comes", async () => {
  const scene = new Scene();
  const one = scene.ask(to(1));
  const waiting = scene.ask(to(2));
  const other = scene.ask(to(1, "/usr/bin/python3"));
  await scene.pass(400);
  await scene.press("2a");
  equal(one.verdict?.action, "allow");
  equal(waiting.verdict?.why, "answered at the terminal for this program, before");
  equal((await scene.ask(to(3)).promise)?.action, "allow");
  ok(!other.isDone);
  match(scene.text, /^snet: allowed curl: reach any address, while this runs/);
  scene.close();
});

Deno.test("ask: arrows and Tab choose the scope, round and round", async () => {
  const scene = new Scene();
  scene.ask(to(1));
  await scene.pass(400);
  await scene.press("\x1b[C\t");
  match(scene.text, /\[3 this address\]/);
  await scene.press("\x1b[D\x1b[D\x1b[D");
  match(scene.text, /\[4 always\]/);
  await scene.press("\t");
  match(scene.text, /\[1 once\]/);
  scene.close();
});

Deno.test("ask: what is not offered cannot be chosen", async () => {
  const scene = new Scene();
  scene.ask({ name: "snet.bind", task: { exe: undefined }, local: { ip: "127.0.0.1", port: 0 } });
  await scene.pass(400);
  await scene.press("4\t");
  match(scene.text, /^ \[1 once\]$/m);
  scene.close();
});

Deno.test("ask: every answer but once is saved", async () => {
  const saved: SavedAnswer[] = [];
  const scene = new Scene({
    savedIn: "rules.yaml",
    save: (answer) => Promise.resolve(void saved.push(answer)),
  });
  for (const [port, keys] of [[1, "a"], [2, "4d"], [3, "3a"], [4, "2a"]] as const) {
    scene.ask(to(port));
    await scene.pass(400);
    await scene.press(keys);
  }
  const nothing = { exe: undefined, to: undefined, from: undefined, port: undefined, proto: undefined };
  const out = { ...nothing, events: ["snet.out"] };
  deepEqual(saved, [
    { ...out, action: "deny", scope: "always", exe: "/usr/bin/curl", to: "127.0.0.1", port: 2, proto: "tcp" },
    { ...out, action: "allow", scope: "address", to: "127.0.0.1", port: 3, proto: "tcp" },
    { ...out, action: "allow", scope: "program", exe: "/usr/bin/curl" },
  ]);
  match(scene.text, /snet: allowed curl: reach any address, saved in rules\.yaml$/);
});

Deno.test("ask: an answer that cannot be saved counts, and a line says so", async () => {
  const scene = new Scene({ save: () => Promise.reject(new Error("Cannot write rules.yaml: no space")) });
  const asked = scene.ask(to(1));
  await scene.pass(400);
  await scene.press("2a");
  await scene.pass(40);
  equal(asked.verdict?.action, "allow");
  deepEqual(scene.tty.said, ["snet: Cannot write rules.yaml: no space"]);
});

Deno.test("ask: Ctrl-C denies once and goes on to the program, the next question stands again", async () => {
  const scene = new Scene();
  const one = scene.ask(to(1));
  const two = scene.ask(to(2));
  await scene.pass(400);
  await scene.press("\x03");
  equal(one.verdict?.action, "deny");
  deepEqual(scene.tty.signals, [2]);
  equal(scene.text, "snet: denied by Ctrl-C: curl[4321] connect to 127.0.0.1:1 (tcp)");
  await scene.pass(400);
  match(scene.text, /127\.0\.0\.1:2 \(tcp\)\n/);
  ok(!two.isDone);
  scene.close();
});

Deno.test("ask: Ctrl-C before the question is seen is the program's alone", async () => {
  const scene = new Scene();
  const asked = scene.ask(to(1));
  await scene.pass(40);
  await scene.press("\x03");
  deepEqual(scene.tty.signals, [2]);
  ok(!asked.isDone);
  scene.close();
});

Deno.test("ask: Ctrl-Z takes the question away until the program goes on", async () => {
  const scene = new Scene();
  const asked = scene.ask(to(1));
  await scene.pass(400);
  scene.tty.taken = "taken";
  await scene.press("\x1a");
  deepEqual(scene.tty.signals, [20]);
  equal(scene.text, "");
  await scene.pass(400);
  match(scene.text, /wants to connect/);
  ok(!asked.isDone);
  scene.close();
});

Deno.test("ask: while another job has the terminal one line says so, and the question waits", async () => {
  const scene = new Scene();
  scene.tty.taken = "background";
  const asked = scene.ask(to(1));
  await scene.pass(1000);
  deepEqual(scene.tty.said, [
    "snet: curl[4321] wants to connect to 127.0.0.1:1 (tcp); bring this job to the foreground (fg) to answer",
  ]);
  equal(scene.text, "");
  scene.tty.taken = "taken";
  await scene.pass(400);
  await scene.press("a");
  equal(asked.verdict?.action, "allow");
});

Deno.test("ask: a terminal that is taken away is not written to, and the question comes back with it", async () => {
  const scene = new Scene();
  const asked = scene.ask(to(1));
  await scene.pass(400);
  scene.tty.taken = "background";
  await scene.pass(400);
  ok(!scene.tty.isHeld);
  scene.tty.taken = "taken";
  await scene.pass(400);
  await scene.press("d");
  equal(asked.verdict?.action, "deny");
});

Deno.test("ask: without a terminal there is no opinion, from the beginning or from the hang-up on", async () => {
  const scene = new Scene();
  const asked = scene.ask(to(1));
  await scene.pass(400);
  scene.tty.taken = "gone";
  await scene.pass(40);
  ok(asked.isDone);
  equal(asked.verdict, undefined);
  equal(await scene.ask(to(1)).promise, undefined);
  ok(!scene.isTicking);
});

Deno.test("ask: closing takes the question away and gives the terminal back", async () => {
  const scene = new Scene();
  const asked = scene.ask(to(1));
  await scene.pass(400);
  scene.close();
  equal(scene.text, "");
  ok(!scene.tty.isHeld && !scene.isTicking);
  equal(await asked.promise, undefined);
});

Deno.test("ask: the question fits a window that was made narrower", async () => {
  const scene = new Scene();
  scene.ask(to(1));
  await scene.pass(400);
  scene.tty.size = { columns: 40, rows: 24 };
  await scene.pass(40);
  const lines = scene.text.split("\n").slice(-6);
  ok(lines.every((line) => line.length < 40), scene.text);
  match(lines.at(-1)!, /a allow {2}d deny/);
  scene.close();
});

Deno.test("ask: a terminal that cannot move its cursor gets each line once", async () => {
  const scene = new Scene({ look: { paint: plain, movesCursor: false } });
  const asked = scene.ask(to(1));
  await scene.pass(5000);
  equal(scene.text.match(/wants to/g)?.length, 1);
  equal(scene.text.match(/a allow/g)?.length, 1);
  await scene.press("2");
  match(scene.text, /\[2 this program\].*\n {2}curl: reach any address, while this runs$/);
  await scene.press("a");
  match(scene.text, /\nsnet: allowed curl: reach any address, while this runs$/);
  equal(asked.verdict?.action, "allow");
});

Deno.test("ask: what the program writes meanwhile is not taken away with the question", async () => {
  const scene = new Scene();
  scene.ask(to(1));
  await scene.pass(400);
  scene.tty.write("\r\nmake: entering\r\nmake: leaving\r\n");
  scene.tty.program = "more";
  await scene.press("a");
  match(scene.text, /\nmake: entering\nmake: leaving\nsnet: allowed once: curl/);
});

Deno.test("ask: where asking itself fails, so do the calls that wait, and the terminal is given back", async () => {
  const scene = new Scene();
  const asked = scene.ask(to(1));
  scene.tty.program = new Error("Cannot read /proc");
  await scene.pass(400);
  await rejects(asked.promise, /Cannot read \/proc/);
  ok(!scene.tty.isHeld && !scene.isTicking);
});
