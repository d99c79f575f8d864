import assert from "node:assert/strict";
import { parseConfig } from "./config.ts";
import type { PluginTable } from "./config.ts";
import { setUpLanes } from "./lanes.ts";
import type { Lanes } from "./lanes.ts";
import { definePlugin } from "./plugin.ts";

const context = { clock: () => 0, verifiedExe: () => true };
const options = { word: { type: "string", default: "", doc: "A word." } } as const;
const about = { doc: "For tests.", on: ["snet.connect"], options } as const;

/** What has been set up and closed, in order. */
let log: string[] = [];

function life(name: string, word: string) {
  log.push(`${name} ${word}`.trim());
  return { close: () => void log.push(`${name} ${word} closed`.replace("  ", " ")) };
}

const table: PluginTable = {
  quick: definePlugin({
    ...about,
    name: "quick",
    setup: ({ word }) => ({
      decide: () => undefined,
      ...(word === "asking" && { asksAt: "rules.yaml:4:5" }),
      ...(word === "asks itself" && { asksAt: true }),
      ...life("quick", word),
    }),
  }),
  waits: definePlugin({
    ...about,
    name: "waits",
    lane: "slow",
    setup: ({ word }) => ({ decide: () => Promise.resolve(undefined), ...life("waits", word) }),
  }),
  watches: definePlugin({
    ...about,
    name: "watches",
    lane: "slow",
    setup: ({ word }) => ({ observe: () => {}, ...life("watches", word) }),
  }),
  person: definePlugin({
    ...about,
    name: "person",
    lane: "slow",
    asks: true,
    setup: () => ({ decide: () => Promise.resolve(undefined) }),
  }),
};

/** Lanes of a list of plugins, such as `quick: a`. */
function lanesOf(entries: readonly string[], former?: Lanes): Lanes {
  log = [];
  const list = entries.map((entry) => {
    const [name, word] = entry.split(": ");
    return word === undefined ? name : `{ ${name}: { word: ${word} } }`;
  });
  const config = parseConfig("snet.yaml", `default: deny\nplugins: [${list.join(", ")}]\n`, table);
  return setUpLanes(table, config, context, former);
}

const places = (plugins: readonly { readonly name: string; readonly place?: number }[]) =>
  plugins.map(({ name, place }) => `${place} ${name}`);

Deno.test("the chain is cut before the first that decides in the slow lane", () => {
  const lanes = lanesOf(["quick", "watches", "quick: b", "waits", "quick: c"]);
  assert.deepEqual(places(lanes.fast.plugins), ["0 quick", "2 quick"]);
  assert.deepEqual(places(lanes.slow), ["1 watches", "3 waits", "4 quick"]);
  assert.deepEqual(places(lanes.links), ["0 quick", "1 watches", "2 quick", "3 waits", "4 quick"]);
});

Deno.test("without one that may wait, all that decides is in the reactor", () => {
  const lanes = lanesOf(["quick", "watches"]);
  assert.deepEqual([places(lanes.fast.plugins), places(lanes.slow)], [["0 quick"], ["1 watches"]]);
});

Deno.test("a plugin whose options are as before goes on where it is, wherever it stands in the list", () => {
  const former = lanesOf(["quick: a", "quick: b", "waits: a", "waits: b"]);
  const next = lanesOf(["quick: b", "waits: c", "waits: a"], former);
  assert.deepEqual(log, ["waits c"]);
  assert.deepEqual(next.fast.plugins.map(({ kept }) => kept), [1]);
  assert.equal(next.links[0]!.instance, former.links[1]!.instance);
  assert.equal(next.slow[1]!.instance, former.slow[0]!.instance);
  assert.equal(next.slow[1]!.place, 2);
});

Deno.test("a plugin that comes to the other side of the cut is set up anew there", () => {
  const former = lanesOf(["quick: a", "waits"]);
  const next = lanesOf(["waits", "quick: a"], former);
  assert.deepEqual(log, ["quick a"]);
  assert.notEqual(next.links[1]!.instance, former.links[0]!.instance);
  assert.deepEqual(lanesOf(["quick: a", "waits"], next).fast.plugins.map(({ kept }) => kept), [undefined]);
});

Deno.test("two of the same options are two", () => {
  const former = lanesOf(["waits"]);
  const { slow } = lanesOf(["waits", "waits"], former);
  assert.deepEqual(log, ["waits"]);
  assert.notEqual(slow[0]!.instance, slow[1]!.instance);
});

Deno.test("a rule that says ask wants a plugin behind it that can ask", () => {
  const message = 'rules.yaml:4:5: this rule says ask, and no plugin behind "quick" can ask a person; ' +
    "put one behind it, or say allow or deny";
  assert.throws(() => lanesOf(["quick: asking"]), { message });
  assert.deepEqual(log, ["quick asking", "quick asking closed"]);
  const former = lanesOf(["waits"]);
  assert.throws(() => lanesOf(["person", "quick: asking", "waits"], former), { message });
  assert.deepEqual(log, ["quick asking", "quick asking closed"]);
  assert.equal(lanesOf(["quick: asking", "waits", "person"]).links.length, 3);
});

Deno.test("so does a plugin that says ask by itself, at its own place", () => {
  const message = 'snet.yaml:2:20: this plugin says ask, and no plugin behind "quick" can ask a person; ' +
    "put one behind it, or say allow or deny";
  assert.throws(() => lanesOf(["waits", "quick: asks itself"]), { message });
  assert.equal(lanesOf(["quick: asks itself", "person"]).links.length, 2);
});

Deno.test("where a source of names comes or goes, plugins that use names are set up anew, and others go on", () => {
  const made: string[] = [];
  const byNames = definePlugin({
    ...{ ...about, name: "named", byNames: true },
    setup: (_, { names }) => {
      made.push(names === undefined ? "without" : "with");
      return { decide: () => undefined };
    },
  });
  const plugins = { ...table, named: byNames };
  const outside = { ...context, names: () => undefined };
  const load = (more: string, former?: Lanes) => {
    log = [];
    const text = `default: deny\nplugins: [named, quick: { word: a }]\n${more}`;
    return setUpLanes(plugins, parseConfig("snet.yaml", text, plugins), outside, former);
  };
  const first = load("");
  const second = load("names: { resolved: true }\n", first);
  assert.deepEqual(log, []);
  const third = load("names: { resolved: true, keep: 1h }\n", second);
  const fourth = load("", third);
  assert.deepEqual(made, ["without", "with", "without"]);
  const kept = (lanes: Lanes) => lanes.fast.plugins.map(({ kept }) => kept);
  assert.deepEqual([kept(second), kept(third), kept(fourth)], [[undefined, 1], [0, 1], [undefined, 1]]);
});
