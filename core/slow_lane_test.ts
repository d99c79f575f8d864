import assert from "node:assert/strict";
import { Operand } from "../ffi/mod.ts";
import { ruleNumber } from "./chain.ts";
import type { Link } from "./chain.ts";
import type { EventName } from "./event.ts";
import type { Asking, PluginInstance } from "./plugin.ts";
import { SlowLane } from "./slow_lane.ts";
import type { Question, SlowAnswer } from "./slow_lane.ts";
import { event } from "./testing.ts";
import type { EventInit } from "./testing.ts";
import { messageOf } from "./testing_message.ts";
import { allow, ask, deny } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

type Decide = NonNullable<PluginInstance<"slow">["decide"]>;

function link(name: string, decide: Decide, more: Partial<Link> = {}): Link {
  const instance: PluginInstance<"slow"> = { decide, ...more.instance };
  return { name, events: ["snet.connect"], ...more, instance };
}

/** A lane of these links after one in the fast lane, its answers, and timers that run when the test says. */
function laneOf(links: readonly Link[]) {
  const answers: SlowAnswer[] = [];
  const failures: string[] = [];
  const timers = new Map<number, () => void>();
  const lane = new SlowLane(links, {
    fallback: "deny",
    answer: (answer) => answers.push(answer),
    onFailure: (plugin, message) => failures.push(`${plugin}: ${message}`),
    at: (time, task) => {
      timers.set(time, task);
      return () => timers.delete(time);
    },
  });
  return { lane, answers, failures, timers };
}

function question(id: bigint, init: EventInit = {}, more: Partial<Question> = {}): Question {
  return {
    id,
    message: messageOf(event({ ...init, id })),
    read: 0,
    first: 1,
    until: 0,
    asked: undefined,
    ...more,
  };
}

/** Lets promises that are settled run on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

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
  for (let id = 1n; id <= 1000n; id++) lane.ask(question(id), Number(id));
  assert.equal(lane.waiting, 1000);
  settle.get(700n)!(allow("yes"));
  settle.get(3n)!(allow("yes"));
  await settled();
  assert.deepEqual(answers.map(({ id }) => id), [700n, 3n]);
  assert.equal(lane.waiting, 998);
});

Deno.test("where nobody has an opinion the default answers, which may change", async () => {
  const { lane, answers } = laneOf([link("silent", () => undefined)]);
  lane.ask(question(1n), 1000);
  lane.fallback = "allow";
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
  const { lane, answers, timers } = laneOf([
    link("asker", (_event, given) => {
      asking = given;
      return late.promise;
    }),
  ]);
  lane.ask(question(1n), 1234);
  assert.equal(asking!.deadline, 1234);
  timers.get(1234)!();
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

Deno.test("closing the lane aborts all questions and closes the plugins, once", () => {
  const signals: AbortSignal[] = [];
  let closed = 0;
  const events: readonly EventName[] = ["snet.connect"];
  const instance: PluginInstance<"slow"> = {
    decide(_event, { signal }) {
      signals.push(signal);
      return never();
    },
    close: () => void closed++,
  };
  const { lane, answers } = laneOf([{ name: "asker", events, instance }]);
  lane.ask(question(1n), 1000);
  lane.ask(question(2n), 1001);
  lane.close();
  lane.close();
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true]);
  assert.deepEqual([answers.length, closed, lane.counts.plugins[0]!.cancelled], [0, 1, 2]);
});
