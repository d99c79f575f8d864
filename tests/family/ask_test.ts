/** People are asked about events of a family of an author's own. */

import { deepEqual } from "node:assert/strict";
import type { EventInit } from "../../core/testing.ts";
import { person, TestDesk } from "../../plugins/ask/fixture.ts";
import { door } from "./door.ts";

function opened(attributes: NonNullable<EventInit["attributes"]>): EventInit {
  return { name: door.events.opened, attributes };
}

Deno.test("a question says what its declaration shows, and all attributes besides", () => {
  const test = new TestDesk();
  test.call(opened({ door: "front", badge: 7, forced: true }));
  const [question] = test.desk.list(person());
  deepEqual([question!.wish, question!.facts.find(({ label }) => label === "about")?.text], [
    "open front (badge 7)",
    "door=front badge=7 forced=true",
  ]);
});

Deno.test("an answer about the program says that it is for each such event", () => {
  const test = new TestDesk();
  test.call(opened({ door: "front", badge: 7 }));
  const [question] = test.desk.list(person());
  deepEqual(question!.scopes.map(({ text }) => text), ["curl: any door.opened"]);
});

Deno.test("calls that differ in an attribute are two questions, equal ones share their answer", async () => {
  const test = new TestDesk();
  const calls = [true, false, true].map((forced) => test.call(opened({ door: "front", badge: 7, forced })));
  deepEqual(test.desk.list(person()).map(({ calls }) => calls), [2, 1]);
  test.call(opened({ door: "front", signs: ["dark"], camera: "/dev/a photo=00" }));
  test.call(opened({ door: "front", signs: ["dark"], camera: "/dev/a", photo: Uint8Array.of(0) }));
  deepEqual(test.desk.list(person()).map(({ calls }) => calls), [2, 1, 1, 1]);
  await test.answer("q1", { action: "allow" });
  await Promise.all([calls[0]!.outcome, calls[2]!.outcome]);
  deepEqual(calls.map(({ verdict }) => verdict?.action), ["allow", undefined, "allow"]);
  test.desk.close();
});
