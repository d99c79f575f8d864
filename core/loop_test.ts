import assert from "node:assert/strict";
import { Action, Cause, ERRNO, EventFlag, Operand, Scope } from "../ffi/mod.ts";
import { Chain, ruleNumber } from "./chain.ts";
import { CAUSES, Loop, NOTICE } from "./loop.ts";
import type { PluginInstance } from "./plugin.ts";
import { Ring } from "./ring.ts";
import type { Observed } from "./ring.ts";
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
  source.hold(event({ id: 1n, task: { uid: 0 } }), event({ id: 2n }), event({ id: 3n, name: "snet.bind" }));
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
  source.hold(event());
  loop.turn();
  assert.equal(source.sent[0]!.key, Operand.RemoteAddress);
});

Deno.test("a notification is counted, shown and not answered", () => {
  const { source, ring, loop } = loopOf(() => assert.fail("nobody is asked"));
  ring.observed = true;
  source.hold(event({ name: "snet.close", flags: EventFlag.Notify, id: 0n }));
  loop.turn();
  assert.deepEqual(source.sent, []);
  assert.equal(loop.counts.notified, 1);
  assert.equal(observedBy(ring)[0]!.cause, NOTICE);
});

Deno.test("observers see the decision and how long the call was held", () => {
  const { source, ring, loop } = loopOf(() => deny("no", { rule: 5 }), 1_000_123_000n);
  loop.deadlineOf = () => ({ delay: 5000, policy: Action.Deny });
  source.hold(event());
  loop.turn();
  assert.deepEqual(observedBy(ring), [], "nobody observes yet");
  ring.observed = true;
  source.hold(event());
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
  source.hold(event());
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
  source.hold(event());
  source.sendError = new Error("no memory");
  assert.equal(loop.turn(), false);
  source.sendError = undefined;
  assert.equal(loop.turn(), true);
  assert.equal(source.sent.length, 1);
  assert.equal(loop.counts.sendFailures, 1);
});

Deno.test("another chain decides from the next event on", () => {
  const { source, loop } = loopOf(() => allow("yes"));
  source.hold(event());
  loop.turn();
  loop.use(new Chain([], "deny"));
  loop.generation = 8;
  source.hold(event());
  loop.turn();
  assert.deepEqual(source.sent.map(({ action, generation }) => [action, generation]), [
    [Action.Allow, 7],
    [Action.Deny, 8],
  ]);
  assert.deepEqual(loop.counts.chain.causes, { verdict: 1, default: 1, ask: 0, failed: 0 });
  assert.deepEqual(loop.counts.chain.plugins, []);
});
