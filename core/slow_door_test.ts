import assert from "node:assert/strict";
import type { News } from "./reactor_messages.ts";
import { SlowDoor } from "./slow_door.ts";
import { distinct } from "./testing_slow_lane.ts";

/** A door, and the ids in each message that has gone through it. */
function doorOf() {
  const said: { readonly questions: bigint[]; readonly cancelled: readonly bigint[] }[] = [];
  const door = new SlowDoor((news: News) => {
    assert.ok("questions" in news);
    // As a port does it, which copies.
    const { questions, cancelled } = structuredClone(news);
    said.push({ questions: questions.map(({ id }) => id), cancelled });
  });
  return { door, said };
}

Deno.test("what comes up in one turn crosses in one message, in its order", () => {
  const { door, said } = doorOf();
  for (const id of [3n, 1n, 2n]) door.ask(distinct(id));
  assert.deepEqual(said, []);
  door.send();
  door.cancel(1n);
  door.ask(distinct(4n));
  door.cancel(3n);
  door.send();
  assert.deepEqual(said, [
    { questions: [3n, 1n, 2n], cancelled: [] },
    { questions: [4n], cancelled: [1n, 3n] },
  ]);
});

Deno.test("a turn without questions says nothing, and nothing is said twice", () => {
  const { door, said } = doorOf();
  door.send();
  door.ask(distinct(1n));
  door.send();
  door.send();
  assert.equal(said.length, 1);
});

Deno.test("a call that ends in the turn in which it came is nothing to the slow lane", () => {
  const { door, said } = doorOf();
  door.ask(distinct(1n));
  door.ask(distinct(2n));
  door.cancel(1n);
  door.send();
  assert.deepEqual(said, [{ questions: [2n], cancelled: [] }]);
});

Deno.test("in a flood the first questions do not wait for the last", () => {
  const { door, said } = doorOf();
  for (let id = 1n; id <= 1000n; id++) door.ask(distinct(id));
  assert.equal(said[0]!.questions[0], 1n);
  assert.ok(said.length > 10);
  door.send();
  assert.equal(said.reduce((sum, { questions }) => sum + questions.length, 0), 1000);
});
