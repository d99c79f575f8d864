import assert from "node:assert/strict";
import { Chain } from "./chain.ts";
import type { Link } from "./link.ts";
import { SlowLane } from "./slow_lane.ts";
import { event } from "./testing.ts";
import { messageOf } from "./event_message.ts";
import { allow } from "./verdict.ts";

Deno.test("the chain counts every call of a plugin, and times one of 64", () => {
  let calls = 0;
  const link: Link = {
    name: "even",
    events: ["snet.connect"],
    instance: { decide: () => ++calls % 2 === 0 ? allow("even") : undefined },
  };
  const chain = new Chain([link], "deny");
  const counts = () => chain.counts.plugins[0]!;
  for (let call = 0; call < 63; call++) chain.decide(event());
  assert.deepEqual([counts().calls, counts().time], [63, undefined]);
  chain.decide(event());
  const { calls: counted, allowed, time } = counts();
  assert.deepEqual([counted, allowed], [64, 32]);
  assert.equal(time!.p50, time!.p99);
  assert.ok(time!.p50 > 0);
});

Deno.test("the slow lane times every answer by its clock, and none that did not come", async () => {
  let now = 0;
  let answer = () => {};
  const link: Link = {
    name: "asker",
    events: ["snet.connect"],
    lane: "slow",
    instance: { decide: () => new Promise((resolve) => answer = () => resolve(allow("asked"))) },
  };
  const done = Promise.withResolvers<void>();
  const lane = new SlowLane([link], {
    fallback: "deny",
    now: () => now,
    at: () => () => {},
    answer: () => done.resolve(),
  });
  const question = (id: bigint) => ({
    id,
    message: messageOf(event({ id }).copy()),
    read: 0,
    until: 0,
    asked: undefined,
  });
  lane.ask(question(1n), 60_000);
  assert.deepEqual([lane.counts.plugins[0]!.calls, lane.counts.plugins[0]!.time], [1, undefined]);
  now = 2500;
  answer();
  await done.promise;
  const { p50 } = lane.counts.plugins[0]!.time!;
  assert.ok(p50 >= 2_500_000 && p50 < 2_700_000, `${p50}`);
  lane.ask(question(2n), 60_000);
  lane.cancel(2n);
  assert.deepEqual(lane.counts.plugins[0]!.time!.p99, p50);
  assert.equal(lane.counts.plugins[0]!.calls, 2);
});
