import { equal, ok } from "node:assert/strict";
import { LimitedLog } from "./log_limit.ts";
import { noCounters } from "./counters.ts";
import { planOf } from "./plan.ts";
import { heldBytesOf, PluginProcess, type Surroundings } from "./process.ts";
import { Session } from "./session.ts";
import { DEFAULT_LIMITS, NO_GRANTS } from "./spec.ts";

const LONG = 1_000_000_000;
const PLAN = planOf(
  { name: "p", program: { exec: ["/x"] }, grants: NO_GRANTS, limits: DEFAULT_LIMITS, log: () => {} },
  Deno.pid,
);

/** In place of what confines itself a program in Python, and a clock that stands; `paused` when snet waits before it reads on. */
function surroundings(code: string) {
  const paused = Promise.withResolvers<"paused">();
  // How long is left to chance: looks at the memory, and what is `LONG`, are no pauses.
  const after = (milliseconds: number) => {
    if (milliseconds < LONG && milliseconds !== 250) paused.resolve("paused");
    return () => {};
  };
  const given: Surroundings = {
    timers: { now: () => 0, after, random: () => 0.5 },
    own: { path: "/usr/bin/python3", words: ["-c", code] },
  };
  return { given, paused: paused.promise };
}

Deno.test("sandbox process: what comes in small pieces, without a line's end, is read at a bounded rate", async () => {
  // Each piece when the one before has been read (FIONREAD).
  const pieces = `
import array, fcntl, os, termios
left = array.array("i", [0])
for _ in range(1000):
    os.write(1, b"x")
    while fcntl.ioctl(1, termios.FIONREAD, left) == 0 and left[0] > 0: pass
os.write(1, b"\\n")
`;
  const { given, paused } = surroundings(pieces);
  const line = Promise.withResolvers<"line">();
  const ended = Promise.withResolvers<string>();
  const process = new PluginProcess(PLAN, {
    line: () => {
      line.resolve("line");
      return 0;
    },
    tooLong: () => {},
    logged: () => {},
    overMemory: () => {},
    overCpu: () => {},
    ended: ended.resolve,
  }, given);
  equal(await Promise.race([paused, line.promise]), "paused");
  process.kill();
  // Who waits to read on hears of its end.
  equal(await ended.promise, "was ended by SIGKILL");
});

Deno.test("sandbox session: answers to what nobody knows any more are read at a bounded rate", async () => {
  const answers = `
import json, os, sys
def say(**message): os.write(1, (json.dumps(message) + "\\n").encode())
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "hello": say(type="declaration", protocol=1, name="x", doc="", on=["*"], options={})
    if message["type"] == "setup": say(type="ready")
    if message["type"] == "cancel" and message["id"] == 4100:
        while True: say(type="answer", id=1, verdict=None)
`;
  const { given, paused } = surroundings(answers);
  const counters = noCounters();
  const ended = Promise.withResolvers<string>();
  const session = new Session({
    plan: PLAN,
    limits: { ...DEFAULT_LIMITS, start: LONG, alive: LONG },
    counters,
    log: new LimitedLog("p", () => {}, () => 0, counters),
    surroundings: given,
    onEnd: ended.resolve,
  });
  await session.declared;
  await session.setUp({});
  for (let id = 1; id <= 4100; id++) {
    const controller = new AbortController();
    const answer = session.ask({ left: 1, event: {} as never }, controller.signal).catch(() => {});
    controller.abort();
    await answer;
  }
  await paused;
  ok(counters.lateAnswers < 2000, `${counters.lateAnswers} answers`);
  session.refuse("it has been seen");
  equal(await ended.promise, "it has been seen");
});

Deno.test("sandbox process: memory that is moved out to swap counts as held", () => {
  const status =
    "Name:\tx\nVmSize:\t  900000 kB\nVmRSS:\t    2048 kB\nRssAnon:\t    1000 kB\nVmSwap:\t   1024 kB\n";
  equal(heldBytesOf(status), 3 * 1024 * 1024);
  // Without swap, or of a process that has ended.
  equal(heldBytesOf("Name:\tx\nVmRSS:\t4 kB\n"), 4096);
  equal(heldBytesOf("Name:\tx\nState:\tZ (zombie)\n"), 0);
  // This kernel's own words.
  ok(heldBytesOf(Deno.readTextFileSync("/proc/self/status")) > 10_000_000);
});
