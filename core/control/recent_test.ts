import assert from "node:assert/strict";
import { eventJson } from "./json.ts";
import type { Observation } from "./api.ts";
import { Recent } from "./recent.ts";
import { event } from "../testing.ts";

const OBSERVATION: Observation = {
  time: "2026-01-02T03:04:05.006Z",
  event: eventJson(event()),
  asked: true,
  action: "deny",
  why: "no",
  errno: 1,
  errnoName: "EPERM",
  cause: "verdict",
  plugin: "rules",
  rule: { number: 0, name: "web" },
  held: 12,
};

/** Decisions and time in the test's hand. */
function stage(start = 0) {
  const observers = new Set<(observation: Observation) => void>();
  const due = new Set<{ readonly milliseconds: number; readonly task: () => void }>();
  const recent = new Recent({
    observe(observer) {
      observers.add(observer);
      return () => void observers.delete(observer);
    },
    userName: (uid) => `user${uid}`,
    start,
    after(milliseconds, task) {
      const entry = { milliseconds, task };
      due.add(entry);
      return () => void due.delete(entry);
    },
  });
  return {
    recent,
    observers,
    decide: (times: number, { event } = OBSERVATION) => {
      for (let i = 0; i < times; i++) {
        for (const observer of observers) observer({ ...OBSERVATION, event, why: `no ${i}` });
      }
    },
    /** Everything that waits for its time has it now. */
    pass: () => {
      for (const entry of [...due]) {
        due.delete(entry);
        entry.task();
      }
    },
  };
}

Deno.test("decisions come in numbered batches", async () => {
  const { recent, decide, pass } = stage();
  const reader = recent.read(undefined).getReader();
  decide(3);
  pass();
  const { value } = await reader.read();
  assert.deepEqual(value!.rows.map(({ number }) => number), [1, 2, 3]);
  assert.equal(value!.last, 3);
  assert.deepEqual(value!.rows[0], {
    number: 1,
    time: Date.parse(OBSERVATION.time),
    program: "/usr/bin/curl",
    pid: 4321,
    user: "user1000",
    call: "connect",
    target: "tcp 192.0.2.1:443",
    verdict: "deny",
    errno: "EPERM",
    cause: "verdict",
    by: "rules: web",
    why: "no 0",
    held: 12,
  });
  assert.equal(recent.at(2)?.why, "no 1");
  assert.equal(recent.at(0), undefined);
  assert.equal(recent.at(4), undefined);
  await reader.cancel();
});

Deno.test("who comes back goes on where it was, and is told what it missed", async () => {
  const { recent, decide, pass } = stage();
  const first = recent.read(undefined).getReader();
  decide(3);
  pass();
  await first.read();
  await first.cancel();
  decide(2);
  const second = recent.read(3).getReader();
  const { value } = await second.read();
  assert.deepEqual([value!.rows.map(({ number }) => number), value!.missed], [[4, 5], 0]);
  await second.cancel();
  decide(20_000);
  const third = recent.read(5).getReader();
  const { value: late } = await third.read();
  assert.deepEqual([late!.rows[0]!.number, late!.missed, late!.rows.length], [10_006, 10_000, 500]);
  await third.cancel();
});

Deno.test("a number that was not given yet starts from what is there: the daemon was started again", async () => {
  const { recent, decide } = stage();
  const other = recent.read(undefined).getReader();
  decide(2);
  const reader = recent.read(777).getReader();
  const { value } = await reader.read();
  assert.deepEqual(value!.rows.map(({ number }) => number), [1, 2]);
  await reader.cancel();
  await other.cancel();
});

Deno.test("a number of a daemon before this one is none of its own, however many it has given", async () => {
  const { recent, decide } = stage(5_000);
  const other = recent.read(undefined).getReader();
  decide(3);
  const reader = recent.read(4_000).getReader();
  const { value } = await reader.read();
  assert.deepEqual([value!.rows.map(({ number }) => number), value!.missed], [[5_001, 5_002, 5_003], 0]);
  await reader.cancel();
  await other.cancel();
});

Deno.test("a reader that does not read keeps nobody else from it, and costs no memory", async () => {
  const { recent, decide, pass } = stage();
  const idle = recent.read(undefined).getReader();
  const busy = recent.read(undefined).getReader();
  let seen = 0;
  for (let i = 0; i < 40; i++) {
    decide(500);
    pass();
    const { value } = await busy.read();
    seen += value!.rows.length;
  }
  assert.equal(seen, 20_000);
  const got: number[] = [];
  let missed = 0;
  for (let i = 0; i < 8; i++) {
    pass();
    const { value } = await idle.read();
    got.push(value!.rows.length);
    missed += value!.missed;
  }
  assert.equal(missed, 8_000);
  await idle.cancel();
  await busy.cancel();
});

Deno.test("while nobody reads nothing is observed; a moment after the last has gone all is given up", async () => {
  const { recent, observers, decide, pass } = stage();
  assert.equal(observers.size, 0);
  const reader = recent.read(undefined).getReader();
  decide(1);
  await reader.cancel();
  assert.equal(observers.size, 1);
  pass();
  assert.equal(observers.size, 0);
  assert.equal(recent.at(1), undefined);
  const again = recent.read(1).getReader();
  decide(1);
  pass();
  const { value } = await again.read();
  assert.deepEqual(value!.rows.map(({ number }) => number), [2]);
  await again.cancel();
});

Deno.test("attack: a program with long arguments and parents of long paths fills no memory", async () => {
  const { recent, decide, pass } = stage();
  const reader = recent.read(undefined).getReader();
  const { event } = OBSERVATION;
  const parents = Array.from({ length: 16 }, (_, pid) => ({ pid, exe: "/".padEnd(4096, "x") }));
  const long = { ...event, task: { ...event.task, parents, cmdline: ["x".repeat(4096)] } };
  decide(1000, { ...OBSERVATION, event: long });
  const kept = recent.all();
  assert.ok(kept.length > 200 && kept.length < 260, String(kept.length));
  assert.deepEqual([kept.at(-1)!.number, recent.at(1000 - kept.length)], [1000, undefined]);
  pass();
  assert.equal((await reader.read()).value!.missed, 1000 - kept.length);
  // Short ones take their place, as many as ever.
  decide(20_000);
  assert.equal(recent.all().length, 10_000);
  assert.ok(recent.all().every(({ observation }) => observation.event === event));
  await reader.cancel();
});
