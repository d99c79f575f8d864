/** Thousands of calls wait at once: the loop of the reactor and the slow lane, joined as the port joins them. */

import assert from "node:assert/strict";
import { Action, Cause } from "../ffi/mod.ts";
import { Chain } from "./chain.ts";
import { Loop } from "./loop.ts";
import type { Asking } from "./plugin.ts";
import type { News } from "./reactor_messages.ts";
import { Ring } from "./ring.ts";
import { SlowDoor } from "./slow_door.ts";
import { SlowLane } from "./slow_lane.ts";
import type { SlowAnswer } from "./slow_lane.ts";
import { event, MemorySource } from "./testing.ts";
import { link, placed, policy, settled } from "./testing_slow_lane.ts";
import { allow, deny } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

const CALLS = 5000;

/** A source, and a plugin that thinks about each of its calls until the test says. */
function crowd() {
  const source = new MemorySource();
  const thinking = new Map<bigint, { readonly asking: Asking; answer(verdict?: Verdict): void }>();
  const gate = link("gate", ({ id }, asking) =>
    new Promise((resolve) => {
      asking.signal.addEventListener("abort", () => thinking.delete(id));
      thinking.set(id, { asking, answer: (verdict) => resolve(verdict) });
    }), { policy: { ...policy, timeout: 3_600_000 } });
  const answers: SlowAnswer[] = [];
  const lane = new SlowLane(placed([gate]), {
    fallback: "deny",
    answer: (answer) => answers.push(structuredClone(answer)),
    at: () => () => {},
    now: () => 0,
  });
  const door = new SlowDoor((news: News) => {
    assert.ok("questions" in news);
    const { questions, cancelled } = structuredClone(news);
    for (const question of questions) lane.ask(question, question.until);
    for (const id of cancelled) lane.cancel(id);
  });
  const loop = new Loop({
    source,
    chain: new Chain([], "deny", () => {}, [{
      name: "gate",
      events: ["snet.connect"],
      lane: "slow",
      policy,
    }]),
    ring: Ring.ofSize(4096),
    now: () => 1_000_000_000n,
    slow: door,
  });
  /** What has arrived crosses, and what is answered comes back. */
  const turn = async () => {
    loop.turn();
    door.send();
    await settled();
    for (const answer of answers.splice(0)) loop.settle(answer);
    loop.send();
  };
  return { source, lane, loop, gate, thinking, turn };
}

/** The ids of calls by programs of their own, from 1 on. */
const IDS = Array.from({ length: CALLS }, (_, index) => BigInt(index + 1));

function arrive(source: MemorySource): void {
  source.arrive(...IDS.map((id) => event({ id, task: { pid: Number(id) } })));
}

/** In an order of its own: every one once, as 3 and the number of calls have no divisor in common. */
const shuffled = IDS.map((_, index) => IDS[(index * 3) % CALLS]!);

Deno.test("thousands of calls wait at once, and each gets its own answer, in whichever order they come", async () => {
  const { source, lane, loop, thinking, turn } = crowd();
  arrive(source);
  await turn();
  assert.deepEqual([thinking.size, lane.waiting, loop.counts.waiting], [CALLS, CALLS, CALLS]);
  assert.deepEqual([lane.counts.plugins[0]!.slow!.waiting, source.holds.size], [CALLS, CALLS]);
  for (const id of shuffled) thinking.get(id)!.answer(id % 3n === 0n ? deny("a third") : allow("the others"));
  await turn();
  assert.deepEqual(source.sent.map(({ id }) => id), shuffled);
  assert.ok(source.sent.every(({ id, action }) => action === (id % 3n === 0n ? Action.Deny : Action.Allow)));
  assert.deepEqual([lane.waiting, loop.counts.waiting, loop.counts.late], [0, 0, 0]);
  assert.equal(lane.counts.causes.verdict, CALLS);
});

Deno.test("when their programs die, thousands of questions go with them, and the others stay", async () => {
  const { source, lane, loop, thinking, turn } = crowd();
  arrive(source);
  await turn();
  const dying = shuffled.filter((id) => id % 2n === 0n);
  for (const id of dying) source.cancel(id, Cause.Signal);
  await turn();
  assert.equal(thinking.size, CALLS / 2);
  assert.ok([...thinking.keys()].every((id) => id % 2n === 1n));
  const [{ cancelled, slow }] = lane.counts.plugins as [typeof lane.counts.plugins[number]];
  assert.deepEqual([cancelled, slow!.waiting, lane.waiting, loop.counts.waiting], Array(4).fill(CALLS / 2));
  for (const { answer } of thinking.values()) answer(allow("the living"));
  await turn();
  assert.deepEqual([source.sent.length, loop.counts.waiting, loop.counts.late], [CALLS / 2, 0, 0]);
});

Deno.test("another configuration takes thousands of questions over, those of who goes and those of who stays", async () => {
  const { source, lane, gate, thinking, turn } = crowd();
  arrive(source);
  await turn();
  const other = link("other", () => new Promise(() => {}), { policy });
  lane.load(placed([gate, other]), "deny");
  assert.deepEqual(lane.counts.plugins.map(({ slow }) => slow!.waiting), [CALLS, 0]);
  lane.load(placed([other]), "deny");
  assert.deepEqual([lane.counts.plugins[0]!.slow!.waiting, thinking.size], [CALLS, 0]);
  lane.load(placed([]), "allow");
  await turn();
  assert.deepEqual([source.sent.length, lane.waiting], [CALLS, 0]);
  assert.ok(source.sent.every(({ action }) => action === Action.Allow));
});
