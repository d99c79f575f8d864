import assert from "node:assert/strict";
import type { Link } from "./chain.ts";
import type { EventName } from "./event.ts";
import { definePlugin } from "./plugin.ts";
import { closeLinks, setUp } from "./setup.ts";

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

Deno.test("a plugin that asks people says of which events it takes what nobody has decided", () => {
  const plugin = (name: string, undecided?: readonly EventName[]) =>
    definePlugin({
      ...{ name, doc: "Asks.", lane: "slow", asks: true, on: ["snet.out"], options: {} },
      setup: () => ({ ...(undecided !== undefined && { undecided }) }),
    });
  const plugins = { all: plugin("all"), some: plugin("some", ["snet.connect"]), none: plugin("none", []) };
  const prepared = Object.keys(plugins).map((name, place) => ({ name, prepared: {}, where: "", place }));
  const links = setUp(plugins, prepared, { clock: Date.now, verifiedExe: () => true });
  assert.deepEqual(links.map(({ undecided, onlyAsked }) => [undecided, onlyAsked]), [
    [undefined, undefined],
    [["snet.connect"], undefined],
    [[], true],
  ]);
});
