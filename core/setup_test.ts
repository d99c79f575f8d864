import assert from "node:assert/strict";
import type { Link } from "./chain.ts";
import { closeLinks } from "./setup.ts";

Deno.test("a plugin that throws at its end keeps no other open, and those that live on are left alone", () => {
  const closed: string[] = [];
  const link = (name: string, close = () => void closed.push(name)): Link => ({
    ...{ name, events: [], place: 0, lane: "fast" },
    instance: { close },
  });
  const kept = link("kept");
  const broken = link("broken", () => {
    throw new Error("it does not close");
  });
  closeLinks([link("first"), broken, kept, link("last")], [kept]);
  assert.deepEqual(closed, ["first", "last"]);
});
