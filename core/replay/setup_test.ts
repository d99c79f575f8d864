import assert from "node:assert/strict";
import { compare, Tally } from "./compare.ts";
import type { RecordedLine } from "./recorded.ts";
import { RecordedClock, recordedContext, replay } from "./replay.ts";
import { setUpReplay } from "./setup.ts";
import { parseConfig } from "../config.ts";
import { definePlugin } from "../plugin.ts";
import type { PluginContext } from "../plugin.ts";
import { event, type EventInit } from "../testing.ts";
import { allow, deny } from "../verdict.ts";

const closed: string[] = [];
const about = { doc: "For tests.", on: ["snet.connect"], options: {} } as const;
const PLUGINS = {
  odd: definePlugin({
    ...about,
    name: "odd",
    setup: (_, { clock }) => ({
      decide: () => clock() % 2 === 1 ? deny("odd", { errno: 111 }) : allow("even"),
      close: () => closed.push("odd"),
    }),
  }),
  watcher: definePlugin({
    ...about,
    name: "watcher",
    decides: () => [],
    prepare: () => {
      throw new Error("it is not even prepared");
    },
    setup: () => ({}),
  }),
  people: definePlugin({
    ...about,
    name: "people",
    lane: "slow",
    asks: true,
    on: ["*"],
    decides: () => ["snet.bind"],
    setup: () => assert.fail("it is set up"),
  }),
  server: definePlugin({
    ...about,
    name: "server",
    lane: "slow",
    on: [],
    options: { events: { type: "strings", default: ["snet.bind"], doc: "Which." } },
    decides: ({ events }) => events,
    setup: () => ({ decide: () => Promise.resolve(deny("far")) }),
  }),
};

function setUp(text: string, slow = false, all = false) {
  const clock = new RecordedClock();
  const config = parseConfig("snet.yaml", `default: deny\n${text}`, PLUGINS);
  const context = recordedContext(clock, {});
  return { clock, set: setUpReplay(config, PLUGINS, context, { slow, all }) };
}

function line(time: number, init: EventInit = {}, action?: "allow" | "deny", errno?: number): RecordedLine {
  const decision = action && { action, isTold: false, errno, cause: "verdict", by: "x", why: "", held: 0 };
  return { number: 1, time, event: event(init), decision };
}

async function all(lines: readonly RecordedLine[], text: string, slow = false) {
  const { clock, set } = setUp(text, slow);
  const tally = new Tally();
  const replayed = await Array.fromAsync(replay(ReadableStream.from(lines), set, clock, tally));
  set[Symbol.dispose]();
  return { tally, verdicts: replayed.map(({ open, observation }) => open ?? observation.why), replayed };
}

Deno.test("plugins see the recorded time, which never goes back", async () => {
  const { verdicts } = await all([line(1), line(2), line(1), line(3)], "plugins: [odd, watcher]");
  assert.deepEqual(verdicts, ["odd", "even", "even", "odd"]);
  assert.equal(closed.pop(), "odd");
});

Deno.test("what differs is what the program sees: whether it fails, and how", async () => {
  const { tally, replayed } = await all([
    ...[line(1, {}, "deny", 111), line(1, {}, "deny"), line(1, {}, "allow"), line(2, {}, "allow"), line(1)],
    { ...line(1), event: event({ name: "snet.close", flags: 1 }) },
  ], "plugins: [odd]");
  assert.deepEqual(replayed.map(({ differs }) => differs), [false, true, true, false, false]);
  assert.deepEqual({ ...tally }, {
    ...{ decided: 5, allowed: 2, denied: 3, told: 1, bare: 1, same: 2, open: new Map() },
    changes: new Map([["deny → deny", 1], ["allow → deny", 1]]),
  });
  assert.equal(tally.differing, 2);
});

Deno.test("a plugin that may wait is for the events that its option says, and is asked where that is wanted", async () => {
  const bind = { name: "snet.bind", local: { ip: "0.0.0.0", port: 1 } } as const;
  const open = await all([line(2, bind), line(2)], "plugins: [server, odd]");
  assert.deepEqual(open.verdicts, ["server", "even"]);
  assert.deepEqual([...open.tally.open], [["server", 1]]);
  // It is set up now, and says nothing of events other than its `on`.
  assert.deepEqual((await all([line(2)], "plugins: [server, odd]", true)).verdicts, ["even"]);
});

Deno.test("a word that is no event is told with the place of its plugin", () => {
  assert.throws(() => setUp("plugins: [{ server: { events: [snet.bnd] } }]"), {
    message: `snet.yaml:2:13: plugin "server": unknown event "snet.bnd"; did you mean "snet.bind"?`,
  });
});

Deno.test("people are for what a rule sends them, and for what they take undecided", async () => {
  const bind = { name: "snet.bind", local: { ip: "0.0.0.0", port: 1 } } as const;
  const { verdicts } = await all([line(2, bind), line(2)], "plugins: [people]", true);
  assert.deepEqual(verdicts, ["people", "no plugin decided"]);
});

Deno.test("what the configuration has nobody asked about passes", async () => {
  const unix = { remote: { path: "/run/x.sock" } };
  assert.deepEqual((await all([line(1, unix, "deny")], "plugins: [odd]")).verdicts, [
    "nobody is asked about it",
  ]);
  const families = 'families: "*"\nplugins: [odd]';
  assert.deepEqual((await all([line(1, unix, "deny")], families)).verdicts, ["odd"]);
  assert.equal(setUp("plugins: []", false, true).set.isHeld(event(unix)), true);
});

Deno.test("an executable is believed where its path was no doubtful name", () => {
  const { verifiedExe } = recordedContext(new RecordedClock(), {}) as Required<PluginContext>;
  assert.equal(verifiedExe(event()), true);
  assert.equal(verifiedExe(event({ task: { exe: undefined } })), false);
  assert.equal(verifiedExe(event({ task: { exeUnlinked: true } })), false);
});

Deno.test("a decision that is compared is one that can be recorded", () => {
  const { observation } = compare(line(1000, {}, "allow"), {
    ...{ verdict: deny("no", { errno: 13 }), plugin: "odd", rule: 4, cause: "verdict" as const },
    named: { name: "four", where: "a:1:1" },
  });
  const { time, action, errnoName, rule } = observation;
  assert.deepEqual([time, action, errnoName, rule], [
    ...["1970-01-01T00:00:01.000Z", "deny", "EACCES"],
    { number: 4, name: "four", where: "a:1:1" },
  ]);
});
