import assert from "node:assert/strict";
import { Action, Cause, ERRNO, EventFlag, Operand, Scope } from "../ffi/mod.ts";
import { Chain, ruleNumber } from "./chain.ts";
import type { LinkOutline } from "./chain.ts";
import { CAUSES, Loop, NOTICE } from "./loop.ts";
import type { SnetEvent } from "./event.ts";
import type { PluginInstance } from "./plugin.ts";
import { Ring } from "./ring.ts";
import type { Observed } from "./ring.ts";
import type { Question, SlowAnswer } from "./slow_lane.ts";
import { event, MemorySource } from "./testing.ts";
import { allow, deny } from "./verdict.ts";

function loopOf(decide: NonNullable<PluginInstance["decide"]>, now = 1_000_000_000n) {
  const source = new MemorySource();
  const ring = Ring.ofSize(4096);
  const chain = new Chain([{ name: "test", events: ["snet.connect"], instance: { decide } }], "deny");
  const loop = new Loop({ source, chain, ring, now: () => now });
  loop.generation = 7;
  return { source, ring, loop };
}

const asker: LinkOutline = { name: "asker", events: ["snet.connect"] };

/** A loop whose chain leaves connects open, and what the slow lane hears of them. */
function slowLoop(now = 1_000_000_000n, slow: readonly LinkOutline[] = [asker]) {
  const source = new MemorySource();
  const ring = Ring.ofSize(4096);
  const instance = { decide: ({ task }: SnetEvent) => task.exe === "/bin/false" ? deny("no") : undefined };
  const chain = new Chain([{ name: "test", events: ["snet.connect"], instance }], "deny", undefined, slow);
  const questions: Question[] = [];
  const cancelled: bigint[] = [];
  const door = {
    ask: (question: Question) => questions.push(question),
    cancel: (id: bigint) => cancelled.push(id),
  };
  const clock = { now };
  const loop = new Loop({ source, chain, ring, now: () => clock.now, slow: door });
  loop.deadlineOf = () => ({ delay: 5000, policy: Action.Deny });
  loop.generation = 7;
  return { source, ring, loop, questions, cancelled, clock };
}

function answerTo(id: bigint): SlowAnswer {
  return {
    id,
    verdict: allow("a person said so"),
    cause: "verdict",
    number: ruleNumber(1, 3),
    remember: 60,
    key: 5,
  };
}

function observedBy(ring: Ring): Observed[] {
  const all: Observed[] = [];
  ring.read((observed) => all.push(observed));
  return all;
}

Deno.test("every held call is answered, with all that its ticket needs", () => {
  const { source, loop } = loopOf((event) =>
    event.task.uid === 0
      ? allow("root", { remember: 1000, scope: "program", rule: 2 })
      : deny("no", { errno: ERRNO.ECONNREFUSED })
  );
  source.arrive(event({ id: 1n, task: { uid: 0 } }), event({ id: 2n }), event({ id: 3n, name: "snet.bind" }));
  assert.equal(loop.turn(), true);
  const none = { errno: 0, remember: 0, scope: Scope.Task, key: 0, rule: 0, generation: 7 };
  assert.deepEqual(source.sent, [
    { ...none, id: 1n, action: Action.Allow, remember: 1000, scope: Scope.Program, rule: ruleNumber(0, 2) },
    { ...none, id: 2n, action: Action.Deny, errno: ERRNO.ECONNREFUSED, rule: ruleNumber(0, undefined) },
    { ...none, id: 3n, action: Action.Deny },
  ]);
});

Deno.test("a ticket's key is what the decision read", () => {
  const { source, loop } = loopOf((event) => allow(`${event.remote?.ip}`, { remember: 1 }));
  source.arrive(event());
  loop.turn();
  assert.equal(source.sent[0]!.key, Operand.RemoteAddress);
});

Deno.test("a notification is counted, shown and not answered", () => {
  const { source, ring, loop } = loopOf(() => assert.fail("nobody is asked"));
  ring.observed = true;
  source.arrive(event({ name: "snet.close", flags: EventFlag.Notify, id: 0n }));
  loop.turn();
  assert.deepEqual(source.sent, []);
  assert.equal(loop.counts.notified, 1);
  assert.equal(observedBy(ring)[0]!.cause, NOTICE);
});

Deno.test("observers see the decision and how long the call was held", () => {
  const { source, ring, loop } = loopOf(() => deny("no", { rule: 5 }), 1_000_123_000n);
  loop.deadlineOf = () => ({ delay: 5000, policy: Action.Deny });
  source.arrive(event());
  loop.turn();
  assert.deepEqual(observedBy(ring), [], "nobody observes yet");
  ring.observed = true;
  source.arrive(event());
  loop.turn();
  const expected = {
    held: 123,
    number: ruleNumber(0, 5),
    action: Action.Deny,
    cause: 0,
    remember: 0,
    why: "no",
  };
  assert.deepEqual(observedBy(ring), [{ ...expected, errno: ERRNO.EPERM }]);
});

Deno.test("an answer after the kernel's delay is shown as late, with what the kernel has answered", () => {
  const { source, ring, loop } = loopOf(() => allow("yes"), 1_000_000_000n + 6_000_000_000n);
  loop.deadlineOf = () => ({ delay: 5000, policy: Action.Deny });
  ring.observed = true;
  source.arrive(event());
  loop.turn();
  const [{ cause, action, errno, why }] = observedBy(ring) as [Observed];
  assert.deepEqual([CAUSES[cause], action, errno], ["late", Action.Deny, ERRNO.EPERM]);
  assert.equal(why, "the kernel's policy; too late after 5000 ms came allow: yes");
});

Deno.test("refused answers and ended calls are counted by cause", () => {
  const { source, loop } = loopOf(() => undefined);
  source.refuse(1n, ERRNO.ENOENT);
  source.refuse(2n, ERRNO.EINVAL, "key: missing");
  source.cancel(3n, Cause.Signal);
  loop.turn();
  const { late, refused, lastRefusal, cancelled } = loop.counts;
  assert.deepEqual({ late, refused, lastRefusal }, { late: 1, refused: 1, lastRefusal: "key: missing" });
  assert.deepEqual(cancelled, [0, 0, 1]);
});

Deno.test("answers that cannot be sent are sent with the next turn", () => {
  const { source, loop } = loopOf(() => allow("yes"));
  source.arrive(event());
  source.sendError = new Error("no memory");
  assert.equal(loop.turn(), false);
  source.sendError = undefined;
  assert.equal(loop.turn(), true);
  assert.equal(source.sent.length, 1);
  assert.equal(loop.counts.sendFailures, 1);
});

Deno.test("another chain decides from the next event on", () => {
  const { source, loop } = loopOf(() => allow("yes"));
  source.arrive(event());
  loop.turn();
  loop.use(new Chain([], "deny"));
  loop.generation = 8;
  source.arrive(event());
  loop.turn();
  assert.deepEqual(source.sent.map(({ action, generation }) => [action, generation]), [
    [Action.Allow, 7],
    [Action.Deny, 8],
  ]);
  assert.deepEqual(loop.counts.chain.causes, { verdict: 1, default: 1, ask: 0, failed: 0, late: 0 });
  assert.deepEqual(loop.counts.chain.plugins, []);
});

Deno.test("what the chain leaves open is held for longer and goes to the slow lane, with all that it needs", () => {
  const { source, loop, questions } = slowLoop();
  const open = event({ id: 9n, remote: { ip: "192.0.2.7", port: 25 } });
  source.arrive(open);
  loop.turn();
  assert.deepEqual(source.sent, []);
  assert.ok(source.holds.get(9n)! > 5000, "the default must come before the source's own answer");
  const [{ message, ...question }] = questions as [Question];
  assert.deepEqual(question, { id: 9n, read: Operand.Exe, until: 6000, asked: undefined });
  assert.deepEqual(message, open.message);
  assert.equal(loop.counts.waiting, 1);
});

Deno.test("a call is held for as long as those who are woken for it may take together", () => {
  const policy = { timeout: 60_000, whenLate: "pass", whenFailed: "pass" } as const;
  const slow: LinkOutline[] = [
    { ...asker, policy },
    { ...asker, lane: "fast" },
    { ...asker, events: ["snet.bind"], policy },
    { ...asker, policy: { ...policy, timeout: 30_000 } },
    asker,
  ];
  const { source, loop, questions } = slowLoop(undefined, slow);
  source.arrive(event({ id: 9n }));
  loop.turn();
  const total = 60_000 + 30_000 + 5000;
  assert.equal(questions[0]!.until, 1000 + total);
  assert.ok(source.holds.get(9n)! > total);
});

Deno.test("where a source cannot hold calls, the slow lane has less than its delay", () => {
  const { source, loop, questions, clock } = slowLoop();
  loop.canHold = false;
  source.arrive(event({ id: 9n }));
  clock.now += 3_000_000_000n;
  loop.turn();
  assert.equal(source.holds.size, 0);
  assert.ok(questions[0]!.until < 6000 && questions[0]!.until > 5000);
});

Deno.test("the slow lane's answer is sent as the fast lane's would be, and observers see it", () => {
  const { source, ring, loop, clock } = slowLoop();
  ring.observed = true;
  source.arrive(event({ id: 9n }), event({ id: 10n, task: { exe: "/bin/false" } }));
  loop.turn();
  // The rules changed meanwhile: a ticket of this answer would be one of the former.
  loop.generation = 8;
  clock.now += 4_000_000_000n;
  loop.settle(answerTo(9n));
  assert.equal(loop.send(), true);
  const { id, action, remember, key, rule, generation } = source.sent[1]!;
  assert.deepEqual([id, action, remember, key], [9n, Action.Allow, 60, 5]);
  assert.deepEqual([rule, generation], [ruleNumber(1, 3), 7]);
  const shown = observedBy(ring).map(({ number, held, cause, why }) => [number, held, CAUSES[cause], why]);
  assert.deepEqual(shown, [
    [ruleNumber(0, undefined), 0, "verdict", "no"],
    [ruleNumber(1, 3), 4_000_000, "verdict", "a person said so"],
  ]);
  assert.equal(loop.counts.waiting, 0);
});

Deno.test("a call that has ended is not answered: the slow lane is told, and a late answer is counted", () => {
  const { source, loop, cancelled } = slowLoop();
  source.arrive(event({ id: 9n }));
  loop.turn();
  source.cancel(9n, Cause.Signal);
  loop.turn();
  assert.deepEqual(cancelled, [9n]);
  loop.settle(answerTo(9n));
  loop.settle(answerTo(9n));
  loop.send();
  assert.deepEqual(source.sent, []);
  assert.equal(loop.counts.late, 2);
});

Deno.test("an answer is given once", () => {
  const { source, loop } = slowLoop();
  source.arrive(event({ id: 9n }));
  loop.turn();
  loop.settle(answerTo(9n));
  loop.settle(answerTo(9n));
  loop.send();
  assert.equal(source.sent.length, 1);
  assert.equal(loop.counts.late, 1);
});

Deno.test("a call that ended before it could be held is cancelled; one that is held no longer is asked about", () => {
  const { source, loop, cancelled } = slowLoop();
  source.arrive(event({ id: 9n }), event({ id: 10n }));
  loop.turn();
  source.refuse(9n, ERRNO.ENOENT);
  source.refuse(10n, ERRNO.EOPNOTSUPP, "hold");
  loop.turn();
  assert.deepEqual(cancelled, [9n]);
  const { late, refused, waiting } = loop.counts;
  assert.deepEqual({ late, refused, waiting }, { late: 0, refused: 1, waiting: 1 });
});

Deno.test("a slow answer after the time that the call was held for is shown as late", () => {
  const { source, ring, loop, clock } = slowLoop();
  ring.observed = true;
  source.arrive(event({ id: 9n }));
  loop.turn();
  clock.now += 7_000_000_000n;
  loop.settle(answerTo(9n));
  const [{ cause, action }] = observedBy(ring) as [Observed];
  assert.deepEqual([CAUSES[cause], action], ["late", Action.Deny]);
});
