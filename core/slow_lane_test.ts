import assert from "node:assert/strict";
import { Operand } from "../ffi/mod.ts";
import { FAILURES_TO_OPEN, FIRST_PAUSE } from "./breaker.ts";
import { ruleNumber } from "./chain.ts";
import { NoRoom } from "./no_room.ts";
import type { Asking } from "./plugin.ts";
import type { SlowAnswer } from "./slow_lane.ts";
import { distinct, keeper, laneOf, link, placed, policy, question, settled } from "./testing_slow_lane.ts";
import type { Decide } from "./testing_slow_lane.ts";
import { allow, ask, deny } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

const never = () => new Promise<Verdict>(() => {});

Deno.test("slow links are asked in their order, and the first opinion wins", async () => {
  const order: string[] = [];
  const { lane, answers, timers } = laneOf([
    link("binds", () => assert.fail("is not woken for this"), { events: ["snet.bind"] }),
    link("silent", async () => {
      await Promise.resolve();
      order.push("silent");
      return undefined;
    }),
    link("decides", async ({ remote }) => {
      await Promise.resolve();
      order.push("decides");
      return deny(`not to ${remote?.ip}`, { errno: 111, rule: 6 });
    }),
    link("after", () => assert.fail("was asked after the first opinion")),
  ]);
  lane.ask(question(5n), 1000);
  await settled();
  assert.deepEqual(order, ["silent", "decides"]);
  const verdict: Verdict = { action: "deny", why: "not to 192.0.2.1", errno: 111 };
  const number = ruleNumber(3, 6);
  assert.deepEqual(answers, [
    { id: 5n, verdict, cause: "verdict", number, remember: 0, key: Operand.RemoteAddress },
  ]);
  assert.equal(timers.size, 0);
  assert.equal(lane.counts.causes.verdict, 1);
  assert.equal(lane.counts.plugins[2]!.denied, 1);
});

Deno.test("each question waits on its own", async () => {
  const settle = new Map<bigint, (verdict: Verdict) => void>();
  const { lane, answers } = laneOf([
    link("asker", ({ id }) => new Promise((resolve) => settle.set(id, resolve))),
  ]);
  for (let id = 1n; id <= 1000n; id++) lane.ask(distinct(id), Number(id));
  assert.equal(lane.waiting, 1000);
  settle.get(700n)!(allow("yes"));
  settle.get(3n)!(allow("yes"));
  await settled();
  assert.deepEqual(answers.map(({ id }) => id), [700n, 3n]);
  assert.equal(lane.waiting, 998);
});

Deno.test("where nobody has an opinion the default answers, which may change", async () => {
  const silent = link("silent", () => Promise.resolve(undefined));
  const { lane, answers } = laneOf([silent]);
  lane.ask(question(1n), 1000);
  lane.load([silent], "allow");
  await settled();
  assert.deepEqual([answers[0]!.cause, answers[0]!.verdict.action, answers[0]!.number], [
    "default",
    "allow",
    0,
  ]);
});

Deno.test("a slow plugin that throws, rejects or answers nonsense ends in the default, and is counted", async () => {
  const broken: Decide[] = [
    () => {
      throw new TypeError("x is undefined");
    },
    () => Promise.reject(new Error("no route")),
    () => Promise.resolve({ action: "maybe", why: "" } as unknown as Verdict),
  ];
  for (const decide of broken) {
    const { lane, answers, failures } = laneOf([
      link("broken", decide),
      link("lenient", () => allow("all")),
    ]);
    lane.ask(question(1n), 1000);
    await settled();
    const { cause, verdict, number } = answers[0]!;
    assert.deepEqual([cause, verdict.action, number], ["failed", "deny", ruleNumber(1, undefined)]);
    assert.equal(failures.length, 1);
    assert.equal(lane.counts.causes.failed, 1);
    assert.equal(lane.counts.plugins[0]!.failed, 1);
  }
});

Deno.test("when the time is over the default answers, and what comes afterwards is not looked at", async () => {
  const late = Promise.withResolvers<Verdict>();
  let asking: Asking | undefined;
  const { lane, answers, pass } = laneOf([
    link("asker", (_event, given) => {
      asking = given;
      return late.promise;
    }),
  ]);
  lane.ask(question(1n), 1234);
  assert.equal(asking!.deadline, 1234);
  pass(1234);
  assert.equal(asking!.signal.aborted, true);
  const [{ cause, verdict, number }] = answers as [SlowAnswer];
  assert.deepEqual([cause, verdict.action, number], ["late", "deny", ruleNumber(1, undefined)]);
  late.resolve(allow("yes, after all"));
  await settled();
  assert.equal(answers.length, 1);
  const { causes, plugins } = lane.counts;
  assert.deepEqual([causes.late, causes.verdict, plugins[0]!.late, plugins[0]!.allowed], [1, 0, 1, 0]);
});

Deno.test("a question whose call has gone is aborted and not answered", async () => {
  const { lane, answers, timers } = laneOf([
    link(
      "asker",
      (_event, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    ),
  ]);
  lane.ask(question(1n), 1000);
  lane.cancel(1n);
  lane.cancel(1n);
  await settled();
  assert.deepEqual([answers.length, timers.size, lane.waiting], [0, 0, 0]);
  const [{ cancelled, failed }] = lane.counts.plugins as [typeof lane.counts.plugins[number]];
  assert.deepEqual([cancelled, failed], [1, 0]);
  assert.equal(lane.counts.causes.failed, 0);
});

Deno.test("an answer does not abort the plugin that gave it", async () => {
  let signal: AbortSignal | undefined;
  const { lane } = laneOf([link("asker", (_event, asking) => {
    ({ signal } = asking);
    return Promise.resolve(allow("yes"));
  })]);
  lane.ask(question(1n), 1000);
  await settled();
  assert.equal(signal!.aborted, false);
});

Deno.test("what a plugin said `ask` about goes to those who can ask only, with who said so", async () => {
  let asked: Asking["asked"];
  const { lane, answers } = laneOf([
    link("webhook", () => assert.fail("cannot ask")),
    link("terminal", (_event, asking) => {
      ({ asked } = asking);
      return allow("a person said so");
    }, { asks: true, onlyAsked: true }),
  ]);
  const rules = { plugin: "rules", rule: 2, why: "who is this?", number: ruleNumber(0, 2) };
  lane.ask(question(1n, {}, { asked: rules }), 1000);
  await settled();
  assert.deepEqual([asked?.plugin, asked?.rule, asked?.why], ["rules", 2, "who is this?"]);
  assert.equal(answers[0]!.number, ruleNumber(2, undefined));
});

Deno.test("a link that is only for questions is not woken for what nobody decided", async () => {
  const { lane, answers } = laneOf([
    link("terminal", () => assert.fail("nobody has said ask"), { asks: true, onlyAsked: true }),
    link("webhook", () => undefined),
  ]);
  lane.ask(question(1n), 1000);
  await settled();
  assert.equal(answers[0]!.cause, "default");
});

Deno.test("`ask` in the slow lane goes on to one who can ask, or to the default", async () => {
  const webhook = link("webhook", () => Promise.resolve({ ...ask("odd"), rule: 1 }));
  const alone = laneOf([webhook]);
  alone.lane.ask(question(1n), 1000);
  await settled();
  const [{ cause, number, verdict }] = alone.answers as [SlowAnswer];
  assert.deepEqual([cause, number, verdict.action], ["ask", ruleNumber(1, 1), "deny"]);
  const both = laneOf([webhook, link("terminal", (_event, { asked }) => allow(asked!.why), { asks: true })]);
  both.lane.ask(question(1n), 1000);
  await settled();
  assert.equal(both.answers[0]!.verdict.why, "odd");
});

Deno.test("an answer to be remembered has the key of both lanes, and none where one read what no ticket holds", async () => {
  const { lane, answers } = laneOf([
    link(
      "asker",
      ({ remote }) => Promise.resolve(allow(`${remote?.port}`, { remember: 1000, scope: "program" })),
    ),
  ]);
  lane.ask(question(1n, {}, { read: Operand.Exe }), 1000);
  lane.ask(question(2n, {}, { read: Operand.Volatile }), 1001);
  await settled();
  assert.deepEqual(answers.map(({ remember }) => remember), [1000, 0]);
  assert.equal(answers[0]!.key, Operand.Exe | Operand.RemotePort);
  assert.equal(answers[0]!.verdict.scope, "program");
  assert.equal(lane.counts.unremembered, 1);
});

Deno.test("closing the lane aborts all questions and takes no more", () => {
  const signals: AbortSignal[] = [];
  const { lane, answers } = laneOf([link("asker", (_event, { signal }) => {
    signals.push(signal);
    return never();
  })]);
  lane.ask(distinct(1n), 1000);
  lane.ask(distinct(2n), 1001);
  lane.close();
  lane.ask(distinct(3n), 1002);
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true]);
  assert.deepEqual([answers.length, lane.waiting, lane.counts.plugins[0]!.cancelled], [0, 0, 2]);
});

Deno.test("each plugin has its own time: one that is late is aborted, and the next has all of its own", async () => {
  const asked: Asking[] = [];
  const silent: Decide = (_event, asking) => {
    asked.push(asking);
    return never();
  };
  const { lane, answers, clock, pass, timers } = laneOf([
    link("first", silent, { policy }),
    link("second", silent, { policy: { ...policy, timeout: 300, whenLate: "allow" } }),
  ]);
  clock.now = 50;
  lane.ask(question(1n), 1000);
  assert.deepEqual([asked[0]!.deadline, asked[0]!.signal.aborted], [150, false]);
  pass(150);
  assert.deepEqual([asked[0]!.signal.aborted, asked[1]!.signal.aborted, asked[1]!.deadline], [
    true,
    false,
    450,
  ]);
  pass(450);
  await settled();
  const [{ cause, verdict, number }] = answers as [SlowAnswer];
  assert.deepEqual([cause, verdict.action, number], ["late", "allow", ruleNumber(2, undefined)]);
  assert.deepEqual(lane.counts.plugins.map(({ late }) => late), [1, 1]);
  assert.equal(timers.size, 0);
});

Deno.test("no plugin's time is longer than what is left of the question's", () => {
  let deadline: number | undefined;
  const { lane } = laneOf([link("asker", (_event, asking) => {
    ({ deadline } = asking);
    return never();
  }, { policy: { ...policy, timeout: 5000 } })]);
  lane.ask(question(1n), 1000);
  assert.equal(deadline, 1000);
});

Deno.test("one that fails answers by its whenFailed, or lets the next be asked", async () => {
  const broken: Decide = () => Promise.reject(new Error("no route"));
  const lenient = link("lenient", () => allow("all"));
  for (
    const [whenFailed, action, cause] of [["deny", "deny", "failed"], ["pass", "allow", "verdict"]] as const
  ) {
    const { lane, answers, failures } = laneOf([
      link("broken", broken, { policy: { ...policy, whenFailed } }),
      lenient,
    ]);
    lane.ask(question(1n), 1000);
    await settled();
    assert.deepEqual([answers[0]!.verdict.action, answers[0]!.cause], [action, cause]);
    assert.deepEqual(failures, [`broken: Error: no route: ${whenFailed}`]);
  }
});

Deno.test("past the last plugin the default answers, by the name of the first that was not heard", async () => {
  const { lane, answers } = laneOf([
    link("broken", () => Promise.reject(new Error("no route")), { policy }),
    link("silent", () => undefined, { policy }),
  ]);
  lane.ask(question(1n), 1000);
  await settled();
  const [{ cause, verdict, number }] = answers as [SlowAnswer];
  assert.deepEqual([cause, verdict.action, number], ["failed", "deny", ruleNumber(1, undefined)]);
});

Deno.test("no ticket repeats an answer that another might have given, had it been heard", async () => {
  const { lane, answers } = laneOf([
    link("broken", () => Promise.reject(new Error("no route")), { policy }),
    link("lenient", () => allow("all", { remember: 1000 }), { policy }),
  ]);
  lane.ask(question(1n), 1000);
  await settled();
  assert.deepEqual([answers[0]!.verdict.action, answers[0]!.remember], ["allow", 0]);
  assert.equal(lane.counts.unremembered, 1);
});

Deno.test("a plugin that keeps failing is not asked, until one question shows that it answers again", async () => {
  let asked = 0;
  let isBroken = true;
  const { lane, answers, breakers, clock } = laneOf([link("flaky", () => {
    asked++;
    return isBroken ? Promise.reject(new Error("no route")) : Promise.resolve(allow("well"));
  }, { policy: { ...policy, whenFailed: "deny" } })]);
  const ask = async (id: bigint) => {
    lane.ask(question(id), 10_000);
    await settled();
    return answers.at(-1)!;
  };
  for (let id = 1; id <= FAILURES_TO_OPEN; id++) await ask(BigInt(id));
  assert.equal(asked, FAILURES_TO_OPEN);
  const { cause, verdict } = await ask(100n);
  assert.deepEqual([asked, cause, verdict.action], [FAILURES_TO_OPEN, "failed", "deny"]);
  isBroken = false;
  clock.now = FIRST_PAUSE;
  assert.equal((await ask(101n)).verdict.action, "allow");
  assert.deepEqual(breakers, ["flaky: open", "flaky: closed"]);
  const { breaker, waiting } = lane.counts.plugins[0]!.slow!;
  assert.deepEqual([breaker.state, breaker.shortCircuited, waiting], ["closed", 1, 0]);
});

Deno.test("lateness opens the breaker of a plugin, but not of one that asks people", () => {
  for (const asks of [false, true]) {
    const { lane, pass, clock } = laneOf([link("asker", never, { policy, asks })]);
    for (let id = 1; id <= FAILURES_TO_OPEN; id++) {
      lane.ask(question(BigInt(id)), 10_000);
      pass(clock.now + policy.timeout);
    }
    const [{ late, slow }] = lane.counts.plugins as [typeof lane.counts.plugins[number]];
    assert.deepEqual([late, slow!.breaker.state], [FAILURES_TO_OPEN, asks ? "closed" : "open"]);
  }
});

Deno.test("a plugin of the fast lane behind a slow one is asked in its place, also when the time is over", async () => {
  const rules = link("rules", () => deny("by rule", { rule: 4 }), { lane: "fast" });
  const { lane, answers, pass } = laneOf([link("webhook", never, { policy }), rules]);
  lane.ask(question(1n), policy.timeout);
  pass(policy.timeout);
  assert.deepEqual([answers[0]!.cause, answers[0]!.number], ["verdict", ruleNumber(2, 4)]);
  await settled();
  assert.equal(answers.length, 1);
});

Deno.test("a plugin of the fast lane that returns a promise has failed, wherever it is asked", async () => {
  const rejecting = link("rules", () => Promise.reject(new Error("async")), { lane: "fast" });
  const { lane, answers, failures } = laneOf([rejecting, link("lenient", () => allow("all"))]);
  lane.ask(question(1n), 1000);
  await settled();
  assert.deepEqual([answers[0]!.cause, answers[0]!.verdict.action], ["failed", "deny"]);
  assert.match(failures[0]!, /a plugin of the fast lane must not wait/);
});

Deno.test("other links take over while questions wait: who stays goes on, with its breaker and its time", async () => {
  const [gone, stays, added] = [keeper("gone"), keeper("stays"), keeper("added")];
  const { lane, answers, timers } = laneOf([gone, stays]);
  lane.ask(question(1n), 1000);
  gone.asked[0]!.answer();
  await settled();
  assert.deepEqual([gone.asked.length, stays.asked.length], [1, 1]);
  lane.load(placed([stays, added]), "allow");
  assert.equal(stays.asked[0]!.signal.aborted, false);
  assert.equal(timers.size, 1);
  stays.asked[0]!.answer();
  await settled();
  added.asked[0]!.answer(deny("by what was added"));
  await settled();
  assert.deepEqual(answers.map(({ verdict, number }) => [verdict.why, number]), [
    ["by what was added", ruleNumber(2, undefined)],
  ]);
  assert.equal(stays.asked.length, 1);
});

Deno.test("what a removed plugin was asked goes on to what stands in its place, or to the default", async () => {
  const [first, gone, instead] = [keeper("first"), keeper("gone"), keeper("instead")];
  const { lane, answers } = laneOf([first, gone]);
  lane.ask(distinct(1n), 1000);
  lane.ask(distinct(2n), 1001);
  first.asked[0]!.answer();
  await settled();
  lane.load(placed([first, instead]), "deny");
  assert.equal(gone.asked[0]!.signal.aborted, true);
  assert.deepEqual([instead.asked.map(({ id }) => id), first.asked.length], [[1n], 2]);
  gone.asked[0]!.answer(allow("too late"));
  lane.load(placed([first]), "allow");
  await settled();
  const [{ id, cause, verdict }] = answers as [SlowAnswer];
  assert.deepEqual([id, cause, verdict.action, answers.length], [1n, "default", "allow", 1]);
  assert.deepEqual(lane.counts.plugins.map(({ name, slow }) => [name, slow!.waiting]), [["first", 1]]);
});

Deno.test("a plugin that stays keeps its breaker, which is as open as before", async () => {
  const broken = link("broken", () => Promise.reject(new Error("no route")), { policy });
  const { lane } = laneOf([broken]);
  for (let id = 1; id <= FAILURES_TO_OPEN; id++) lane.ask(distinct(BigInt(id)), 1000 + id);
  await settled();
  lane.load(placed([{ ...broken, policy: { ...policy, timeout: 7 } }]), "deny");
  const { breaker, timeout } = lane.counts.plugins[0]!.slow!;
  assert.deepEqual([breaker.state, timeout], ["open", 7]);
});

Deno.test("a plugin that has no room for a question is answered for, and goes on being asked", async () => {
  const { lane, answers, failures } = laneOf([
    link("full", () => {
      throw new NoRoom("no room");
    }, { policy: { ...policy, whenFailed: "allow" } }),
  ]);
  for (let id = 1n; id <= BigInt(2 * FAILURES_TO_OPEN); id++) lane.ask(distinct(id), 1e9);
  await settled();
  const { failed, lastFailure, slow } = lane.counts.plugins[0]!;
  assert.deepEqual(answers.map(({ verdict, cause }) => `${verdict.action} ${cause}`), [
    ...Array.from({ length: 2 * FAILURES_TO_OPEN }, () => "allow failed"),
  ]);
  assert.deepEqual([failed, lastFailure, slow!.breaker.state], [
    2 * FAILURES_TO_OPEN,
    "NoRoom: no room",
    "closed",
  ]);
  // Whoever asks too much does not write the log.
  assert.deepEqual(failures, []);
});
