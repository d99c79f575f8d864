import assert from "node:assert/strict";
import { Operand } from "../ffi/mod.ts";
import { FAILURES_TO_OPEN, FIRST_PAUSE } from "./breaker.ts";
import { ruleNumber } from "./chain.ts";
import type { Question } from "./slow_lane.ts";
import { distinct, keeper, laneOf, link, placed, policy, question, settled } from "./testing_slow_lane.ts";
import { allow, ask, deny } from "./verdict.ts";

/** Verdict ids and what became of their calls. */
type Ends = readonly (readonly [bigint, string])[];

function endsOf(answers: readonly { id: bigint; cause: string; verdict: { action: string } }[]): Ends {
  return answers.map(({ id, cause, verdict }) => [id, `${cause}: ${verdict.action}`]);
}

Deno.test("equal calls that wait share one question and its answer, and each is answered", async () => {
  const gate = keeper("gate");
  const { lane, answers, timers } = laneOf([gate]);
  lane.ask(question(1n), 1000);
  lane.ask(question(2n, { task: { tid: 99 }, socket: { cookie: 77n }, time: 5n, timeLeft: 3 }), 1000);
  lane.ask(question(3n, { remote: { ip: "192.0.2.1", port: 80 } }), 1000);
  assert.deepEqual(gate.asked.map(({ id }) => id), [1n, 3n]);
  assert.deepEqual(gate.asked.map(({ asking }) => asking.calls), [2, 1]);
  gate.asked[0]!.answer(deny("no", { errno: 111 }));
  await settled();
  assert.deepEqual(endsOf(answers), [[1n, "verdict: deny"], [2n, "verdict: deny"]]);
  assert.deepEqual(answers.map(({ verdict, number }) => [verdict.errno, number]), [
    [111, ruleNumber(1, undefined)],
    [111, ruleNumber(1, undefined)],
  ]);
  assert.deepEqual([lane.waiting, timers.size], [1, 1]);
});

Deno.test("the plugin's answer is counted once, the end of each call too, and who joined", async () => {
  const gate = keeper("gate", {
    instance: { rules: [{ name: "only", where: "here" }] },
  });
  const { lane } = laneOf([gate]);
  for (let id = 1n; id <= 5n; id++) lane.ask(question(id), 1000);
  const before = lane.counts.plugins[0]!;
  assert.deepEqual([before.slow!.waiting, before.shared], [5, 4]);
  gate.asked[0]!.answer(allow("yes", { rule: 0 }));
  await settled();
  const { causes, plugins: [counts] } = lane.counts;
  assert.equal(causes.verdict, 5);
  assert.deepEqual([counts!.allowed, [...counts!.hits], counts!.shared, counts!.slow!.waiting], [
    1,
    [1],
    4,
    0,
  ]);
});

Deno.test("once it is answered, an equal call asks anew", async () => {
  const gate = keeper("gate");
  const { lane } = laneOf([gate]);
  lane.ask(question(1n), 1000);
  gate.asked[0]!.answer(allow("yes"));
  await settled();
  lane.ask(question(2n), 1000);
  assert.deepEqual(gate.asked.map(({ id }) => id), [1n, 2n]);
  assert.equal(lane.counts.plugins[0]!.shared, 0);
});

Deno.test("what never waits is not shared: a link of the fast lane, and a slow one that answers at once", () => {
  let calls = 0;
  const count = () => {
    calls++;
    return undefined;
  };
  const { lane } = laneOf([link("slow", count), link("fast", count, { lane: "fast" }), keeper("gate")]);
  lane.ask(question(1n), 1000);
  lane.ask(question(2n), 1000);
  assert.equal(calls, 4);
  assert.deepEqual(lane.counts.plugins.map(({ shared }) => shared), [0, 0, 1]);
});

Deno.test("payload and length keep calls apart", () => {
  const gate = keeper("gate", { events: ["snet.sendmsg"] });
  const { lane } = laneOf([gate]);
  const init = { name: "snet.sendmsg", payload: "GET /", length: 5n } as const;
  lane.ask(question(1n, init), 1000);
  lane.ask(question(2n, init), 1000);
  lane.ask(question(3n, { ...init, payload: "PUT /" }), 1000);
  lane.ask(question(4n, { ...init, length: 6n }), 1000);
  assert.deepEqual(gate.asked.map(({ id }) => id), [1n, 3n, 4n]);
});

Deno.test("a local port keeps calls apart: nothing tells whether somebody chose it", () => {
  const gate = keeper("gate");
  const { lane } = laneOf([gate]);
  for (const [id, port] of [[1n, 40_000], [2n, 40_001], [3n, 40_000]] as const) {
    lane.ask(question(id, { local: { ip: "192.0.2.9", port } }), 1000);
  }
  assert.deepEqual(gate.asked.map(({ id }) => id), [1n, 2n]);
});

Deno.test("calls about which others said `ask` are told apart by who said it, and why", () => {
  const gate = keeper("gate", { asks: true });
  const { lane } = laneOf([gate]);
  const saidBy = (rule: number, why: string): Partial<Question> => ({
    asked: { plugin: "rules", rule, why, number: ruleNumber(0, rule) },
  });
  lane.ask(question(1n, {}, saidBy(2, "odd")), 1000);
  lane.ask(question(2n, {}, saidBy(2, "odd")), 1000);
  lane.ask(question(3n, {}, saidBy(3, "odd")), 1000);
  lane.ask(question(4n, {}, saidBy(2, "new")), 1000);
  lane.ask(question(5n), 1000);
  // Of another machine, whose rules have no number here.
  const remote = { rule: undefined, why: "odd", number: 0 };
  lane.ask(question(6n, {}, { asked: { plugin: "rules", ...remote } }), 1000);
  lane.ask(question(7n, {}, { asked: { plugin: "webhook", ...remote } }), 1000);
  assert.deepEqual(gate.asked.map(({ id }) => id), [1n, 3n, 4n, 5n, 6n, 7n]);
});

Deno.test("calls of two machines are never equal", () => {
  const gate = keeper("gate");
  const { lane } = laneOf([gate]);
  for (const [id, client] of [[1n, "a"], [2n, "b"], [3n, "a"]] as const) {
    lane.ask(question(id, {}, { client }), 1000);
  }
  lane.ask(question(4n), 1000);
  assert.deepEqual(gate.asked.map(({ id }) => id), [1n, 2n, 4n]);
});

Deno.test("an event of the plugin's own is that of the call that came first, also when that has gone", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { lane, answers } = laneOf([link("reader", async (event) => {
    await promise;
    return allow(`${event.id}: ${event.task.comm}`);
  })]);
  lane.ask(question(1n), 1000);
  lane.ask(question(2n), 1000);
  lane.cancel(1n);
  resolve();
  await settled();
  assert.deepEqual(answers.map(({ id, verdict }) => [id, verdict.why]), [[2n, "1: curl"]]);
});

Deno.test("each call leaves by itself, and the plugin is told when the last has gone", async () => {
  const gate = keeper("gate");
  const { lane, answers, timers } = laneOf([gate]);
  for (let id = 1n; id <= 3n; id++) lane.ask(question(id), 1000);
  const [{ signal, asking }] = gate.asked as [typeof gate.asked[number]];
  lane.cancel(1n);
  lane.cancel(3n);
  assert.deepEqual([signal.aborted, asking.calls, lane.waiting], [false, 1, 1]);
  lane.cancel(2n);
  assert.deepEqual([signal.aborted, asking.calls, lane.waiting, timers.size], [true, 0, 0, 0]);
  assert.equal(lane.counts.plugins[0]!.cancelled, 3);
  gate.asked[0]!.answer(allow("too late"));
  await settled();
  assert.deepEqual([answers.length, lane.counts.plugins[0]!.allowed], [0, 0]);
  lane.ask(question(4n), 1000);
  assert.deepEqual(gate.asked.map(({ id }) => id), [1n, 4n]);
});

Deno.test("each call has its own time; the plugin's is that of the last", async () => {
  const gate = keeper("gate");
  const { lane, answers, clock, pass } = laneOf([gate]);
  lane.ask(question(1n), 1000);
  assert.equal(gate.asked[0]!.asking.deadline, 100);
  clock.now = 60;
  lane.ask(question(2n), 1000);
  lane.ask(question(3n), 120);
  assert.equal(gate.asked[0]!.asking.deadline, 160);
  pass(100);
  assert.deepEqual(endsOf(answers), [[1n, "late: deny"]]);
  pass(120);
  assert.equal(gate.asked[0]!.signal.aborted, false);
  gate.asked[0]!.answer(allow("yes"));
  await settled();
  assert.deepEqual(endsOf(answers), [[1n, "late: deny"], [3n, "late: deny"], [2n, "verdict: allow"]]);
  const { late, allowed } = lane.counts.plugins[0]!;
  assert.deepEqual([late, allowed], [2, 1]);
});

Deno.test("nobody joins a question for which somebody has waited in vain", async () => {
  const gate = keeper("gate");
  const { lane, answers, clock, pass } = laneOf([gate]);
  lane.ask(question(1n), 1000);
  clock.now = 50;
  lane.ask(question(2n), 1000);
  pass(100);
  lane.ask(question(3n), 1000);
  lane.ask(question(4n), 1000);
  assert.deepEqual(gate.asked.map(({ id, asking: { calls } }) => [id, calls]), [[1n, 1], [3n, 2]]);
  gate.asked[0]!.answer(allow("the first"));
  gate.asked[1]!.answer(deny("the second"));
  await settled();
  assert.deepEqual(endsOf(answers), [
    [1n, "late: deny"],
    [2n, "verdict: allow"],
    [3n, "verdict: deny"],
    [4n, "verdict: deny"],
  ]);
});

Deno.test("where the plugin has no opinion each call goes on, and they share the next question too", async () => {
  const [first, second] = [keeper("first"), keeper("second", { asks: true })];
  const { lane, answers } = laneOf([first, second]);
  for (let id = 1n; id <= 3n; id++) lane.ask(question(id), 1000);
  first.asked[0]!.answer();
  await settled();
  assert.deepEqual(second.asked.map(({ id, asking: { calls } }) => [id, calls]), [[1n, 3]]);
  // A call that comes later is still with the first; nothing mixes them up.
  lane.ask(question(4n), 1000);
  assert.deepEqual([first.asked.length, second.asked[0]!.asking.calls], [2, 3]);
  first.asked[1]!.answer(ask("odd"));
  await settled();
  assert.deepEqual(second.asked[1]!.asking.asked?.plugin, "first");
  second.asked[0]!.answer(allow("a"));
  second.asked[1]!.answer(deny("b"));
  await settled();
  assert.deepEqual(endsOf(answers).map(([id, end]) => `${id} ${end}`), [
    ..."123".split("").map((id) => `${id} verdict: allow`),
    "4 verdict: deny",
  ]);
});

Deno.test("a failure is one, told once; each call goes by whenFailed", async () => {
  const gate = keeper("gate", { policy: { ...policy, whenFailed: "allow" } });
  const { lane, answers, failures } = laneOf([gate]);
  lane.ask(question(1n), 1000);
  lane.ask(question(2n), 1000);
  gate.asked[0]!.fail(new Error("no route"));
  await settled();
  assert.deepEqual(endsOf(answers), [[1n, "failed: allow"], [2n, "failed: allow"]]);
  assert.equal(failures.length, 1);
  const { failed, slow } = lane.counts.plugins[0]!;
  assert.deepEqual([failed, slow!.breaker.failures, lane.counts.causes.failed], [1, 1, 2]);
});

Deno.test("a ticket holds what was read of either call, and none is given to whom somebody was not heard", async () => {
  const first = keeper("first");
  const reader = link("reader", async (event) => {
    await Promise.resolve();
    return allow(`${event.remote?.port}`, { remember: 1000 });
  }, { policy });
  const { lane, answers, pass, clock } = laneOf([first, reader]);
  lane.ask(question(1n, {}, { read: Operand.Exe }), 1000);
  lane.ask(question(2n, {}, { read: Operand.Comm }), 1000);
  lane.ask(question(3n, {}, { read: Operand.Volatile }), 1000);
  first.asked[0]!.answer();
  await settled();
  const port = Operand.RemotePort;
  assert.deepEqual(answers.map(({ id, key, remember }) => [id, key, remember]), [
    [1n, Operand.Exe | port, 1000],
    [2n, Operand.Comm | port, 1000],
    [3n, Operand.Volatile | port, 0],
  ]);
  assert.equal(lane.counts.unremembered, 1);
  // Of two that share a question, one has come past a plugin that was late.
  lane.ask(question(4n), 1000);
  clock.now = 50;
  lane.ask(question(5n), 1000);
  pass(100);
  first.asked[1]!.answer();
  await settled();
  assert.deepEqual(answers.slice(3).map(({ id, remember }) => [id, remember]), [[4n, 0], [5n, 1000]]);
});

Deno.test("who shares a question goes on with what was read of the other's event", async () => {
  const silent = link("silent", async (event) => {
    await Promise.resolve();
    return event.task.loginuid === 1 ? deny("it is 1") : undefined;
  });
  const { lane, answers } = laneOf([silent, link("lenient", () => allow("all", { remember: 5 }))]);
  lane.ask(question(1n), 1000);
  lane.ask(question(2n), 1000);
  await settled();
  assert.deepEqual(answers.map(({ key }) => key), [Operand.Loginuid, Operand.Loginuid]);
});

Deno.test("a question is one success or one failure to the breaker, however many wait", async () => {
  const gate = keeper("gate");
  const { lane, pass, clock } = laneOf([gate]);
  for (let id = 1n; id <= 10n; id++) lane.ask(question(id), 1000);
  clock.now = 50;
  lane.ask(question(11n), 1000);
  pass(100);
  const { late, slow } = lane.counts.plugins[0]!;
  assert.deepEqual([late, slow!.breaker.failures], [10, 1]);
  gate.asked[0]!.answer(allow("yes"));
  await settled();
  assert.equal(lane.counts.plugins[0]!.slow!.breaker.failures, 1);
});

Deno.test("nobody joins a question of a plugin that is spared, nor the one that tries it", async () => {
  const gate = keeper("gate", { policy: { ...policy, whenFailed: "deny", timeout: 1e6 } });
  const { lane, answers, clock } = laneOf([gate]);
  lane.ask(question(100n), 1e6);
  for (let id = 1; id <= FAILURES_TO_OPEN; id++) {
    lane.ask(distinct(BigInt(id)), 1e6);
    gate.asked.at(-1)!.fail(new Error("no route"));
    await settled();
  }
  answers.length = 0;
  lane.ask(question(101n), 1e6);
  clock.now = FIRST_PAUSE;
  lane.ask(question(102n), 1e6);
  lane.ask(question(103n), 1e6);
  assert.deepEqual(endsOf(answers), [[101n, "failed: deny"], [103n, "failed: deny"]]);
  assert.deepEqual(gate.asked.at(-1)!.id, 102n);
  gate.asked.at(-1)!.answer(allow("well again"));
  await settled();
  lane.ask(question(104n), 1e6);
  assert.deepEqual(gate.asked.at(-1)!.id, 104n);
  gate.asked[0]!.answer(deny("of long ago"));
  await settled();
  assert.deepEqual(endsOf(answers).slice(2), [[102n, "verdict: allow"], [100n, "verdict: deny"]]);
});

Deno.test("a trial that all calls leave makes room for another", async () => {
  const gate = keeper("gate", { policy: { ...policy, whenFailed: "deny" } });
  const { lane, clock } = laneOf([gate]);
  for (let id = 1; id <= FAILURES_TO_OPEN; id++) {
    lane.ask(distinct(BigInt(id)), 1e6);
    gate.asked.at(-1)!.fail(new Error("no route"));
    await settled();
  }
  clock.now = FIRST_PAUSE;
  lane.ask(question(100n), 1e6);
  lane.cancel(100n);
  lane.ask(question(101n), 1e6);
  assert.equal(gate.asked.at(-1)!.id, 101n);
});

Deno.test("other links take over: a question that stays keeps its calls and takes more", async () => {
  const [gone, stays] = [keeper("gone"), keeper("stays")];
  const { lane, answers } = laneOf([gone, stays]);
  lane.ask(question(1n), 1000);
  lane.ask(question(2n), 1000);
  gone.asked[0]!.answer();
  await settled();
  lane.ask(question(3n), 1000);
  lane.ask(question(4n), 1000);
  lane.load(placed([stays]), "allow");
  assert.deepEqual([gone.asked[1]!.signal.aborted, stays.asked[0]!.signal.aborted], [true, false]);
  lane.ask(question(5n), 1000);
  assert.deepEqual(stays.asked.map(({ asking: { calls } }) => calls), [5]);
  lane.cancel(1n);
  const [{ slow, shared, cancelled }] = lane.counts.plugins as [typeof lane.counts.plugins[number]];
  assert.deepEqual([slow!.waiting, shared, cancelled], [4, 3, 1]);
  stays.asked[0]!.answer(deny("by the one that stayed"));
  await settled();
  assert.deepEqual(
    answers.map(({ id, number }) => [id, number]),
    [2n, 3n, 4n, 5n].map((id) => [
      id,
      ruleNumber(1, undefined),
    ]),
  );
});

Deno.test("other links take over: calls of a question that ends go on each, to the next or to the default", async () => {
  const [gone, instead] = [keeper("gone"), keeper("instead")];
  const { lane, answers } = laneOf([gone]);
  for (let id = 1n; id <= 3n; id++) lane.ask(question(id), 1000);
  lane.load(placed([instead]), "deny");
  assert.deepEqual(instead.asked.map(({ id, asking: { calls } }) => [id, calls]), [[1n, 3]]);
  lane.load(placed([]), "allow");
  gone.asked[0]!.answer(deny("too late"));
  await settled();
  assert.deepEqual(endsOf(answers), [1n, 2n, 3n].map((id) => [id, "default: allow"]));
  assert.equal(lane.waiting, 0);
});

Deno.test("when all calls end, every question is aborted once and nothing is left", () => {
  const gate = keeper("gate");
  const { lane, timers } = laneOf([gate]);
  for (let id = 1n; id <= 6n; id++) lane.ask(question(id, { task: { pid: Number(id % 2n) } }), 1000);
  let aborted = 0;
  for (const { signal } of gate.asked) signal.addEventListener("abort", () => aborted++);
  lane.cancelAll();
  const { cancelled, slow } = lane.counts.plugins[0]!;
  assert.deepEqual([aborted, cancelled, slow!.waiting, lane.waiting, timers.size], [2, 6, 0, 0, 0]);
});
