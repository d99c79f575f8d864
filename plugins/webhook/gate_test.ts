import { deepEqual, equal, rejects } from "node:assert/strict";
import { Gate, GateFullError } from "./gate.ts";

/** A task that ends when it is told to. */
function task() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let started = false;
  return {
    run: () => {
      started = true;
      return promise;
    },
    end: resolve,
    get started() {
      return started;
    },
  };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

const never = new AbortController().signal;

Deno.test("so many are in at once, the others wait in their order, and one too many is refused", async () => {
  const gate = new Gate(2, 2);
  const tasks = [task(), task(), task(), task()];
  const runs = tasks.map(({ run }) => gate.run(run, never));
  await settled();
  deepEqual(tasks.map(({ started }) => started), [true, true, false, false]);
  await rejects(gate.run(task().run, never), GateFullError);
  tasks[1]!.end();
  await settled();
  deepEqual(tasks.map(({ started }) => started), [true, true, true, false]);
  for (const { end } of tasks) end();
  await Promise.all(runs);
  const after = task();
  after.end();
  await gate.run(after.run, never);
});

Deno.test("who is given up while it waits leaves its place to the next", async () => {
  const gate = new Gate(1, 1);
  const first = task();
  const running = gate.run(first.run, never);
  const leaver = new AbortController();
  const given = gate.run(task().run, leaver.signal);
  await settled();
  leaver.abort(new Error("late"));
  await rejects(given, /late/);
  const next = task();
  const waiting = gate.run(next.run, never);
  first.end();
  await running;
  await settled();
  equal(next.started, true);
  next.end();
  await waiting;
});

Deno.test("a task that fails leaves its place", async () => {
  const gate = new Gate(1, 0);
  await rejects(gate.run(() => Promise.reject(new Error("no")), never), /no/);
  equal(await gate.run(() => Promise.resolve(5), never), 5);
});
