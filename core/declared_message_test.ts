import assert from "node:assert/strict";
import { eventJson } from "./control/json.ts";
import { declaredOfMessage, isDeclaredMessage } from "./declared_message.ts";
import { messageOf } from "./event_message.ts";
import { Feed } from "./feed.ts";
import { Ring } from "./ring.ts";
import { defineSubsystem } from "./subsystem.ts";
import { event, type EventInit } from "./testing.ts";
import { laneOf, link, question, settled } from "./testing_slow_lane.ts";
import { deny } from "./verdict.ts";
import { EventMessage } from "../ffi/mod.ts";

const bell = defineSubsystem({
  name: "bell",
  doc: "Bells, for tests.",
  events: { rung: { doc: "A bell is rung." } },
  attributes: {
    bell: { type: "string", doc: "Which." },
    strokes: { type: "u64", doc: "How often." },
    sound: { type: "bytes", doc: "How it sounded." },
  },
});

const FULL: EventInit = {
  name: bell.events.rung,
  id: 7n,
  time: 8n,
  timeLeft: 9,
  flags: 16,
  task: {
    ...{ comm: "a\udcff", exe: "/usr/bin/\udc80", loginuid: undefined, cmdline: ["a b", "", "é"] },
    parents: [{ pid: 4, exe: "/bin/sh" }, { pid: 1, exe: undefined }],
  },
  attributes: { bell: "größte", strokes: 12n, sound: Uint8Array.of(0, 255) },
};

Deno.test("a message of a declared event has all of it, and is none of a kernel's", () => {
  const message = messageOf(event(FULL));
  const { time, timeLeft } = declaredOfMessage(message);
  assert.deepEqual([time, timeLeft], [8n, 9]);
  assert.deepEqual([isDeclaredMessage(message), isDeclaredMessage(messageOf(event()))], [true, false]);
  const view = new DataView(message.buffer);
  assert.equal(new EventMessage().reset(view, 0, message.length), false);
});

Deno.test("attributes that no message can hold are refused", () => {
  const long = event({ ...FULL, attributes: { bell: "x".repeat(70_000) } });
  assert.throws(() => messageOf(long), { message: "bell.rung: 70045 bytes of attributes are too many" });
});

Deno.test("the slow lane sees it as it was, and asks once for those that are equal", async () => {
  const seen: unknown[] = [];
  const { lane, answers } = laneOf([
    link("porter", (event) => {
      const { bell: name, strokes } = bell.of(event)!;
      seen.push([event.id, event.task.comm, name, strokes]);
      return Promise.resolve(deny("too loud"));
    }, { events: [bell.events.rung] }),
  ]);
  const louder = { ...FULL, attributes: { ...FULL.attributes, strokes: 13n } };
  lane.ask(question(1n, FULL), 100);
  lane.ask(question(2n, { ...FULL, time: 99n }), 100);
  lane.ask(question(3n, louder), 100);
  await settled();
  assert.deepEqual(seen, [[1n, "a\udcff", "größte", 12n], [3n, "a\udcff", "größte", 13n]]);
  assert.deepEqual(answers.map(({ id, verdict }) => [id, verdict.why]).toSorted(), [
    ...[[1n, "too loud"], [2n, "too loud"], [3n, "too loud"]],
  ]);
});

Deno.test("observers are told of it as of any other event", () => {
  const ring = Ring.ofSize(4096);
  let look = () => {};
  const feed = new Feed(ring, () => "porter", (task) => {
    look = task;
    return () => {};
  });
  const told: unknown[] = [];
  feed.observe(({ event, decision }) => told.push([eventJson(event), decision?.plugin]));
  const observed = { ...{ held: 1, number: 1 << 20, action: 1, cause: 0, errno: 0, remember: 0, why: "no" } };
  for (const one of [event(FULL), event()]) ring.write(observed, one.message);
  look();
  assert.deepEqual(told, [[eventJson(event(FULL)), "porter"], [eventJson(event()), "porter"]]);
});
