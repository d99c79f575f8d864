import { deepEqual, equal, rejects } from "node:assert/strict";
import { parseConfig } from "../config.ts";
import { definePlugin } from "../plugin.ts";
import { deny } from "../verdict.ts";
import { event, type EventInit } from "../testing.ts";
import type { Observation } from "./api.ts";
import { eventJson } from "./json.ts";
import { previewRules } from "./rule_preview.ts";

/** Denies the ports that its files say, each with an errno, and at a second of the clock that they say. */
const ports = definePlugin({
  name: "rules",
  doc: "For tests.",
  on: ["snet.connect"],
  options: { files: { type: "files", default: [], doc: "Ports." } },
  setup: ({ files }, { clock }) => {
    const lines = files.flatMap(({ text }) =>
      text.split("\n").filter(Boolean).map((line) => line.split(" ").map(Number))
    );
    if (lines.flat().some(Number.isNaN)) throw new Error("no port");
    return {
      decide: ({ remote }) => {
        const line = lines.find(([port, _, second]) =>
          port === remote?.port && (second === undefined || clock() === second * 1000)
        );
        return line && deny("no", { errno: line[1]! });
      },
    };
  },
});
const people = definePlugin({
  ...{ name: "people", doc: "For tests.", lane: "slow", asks: true, on: ["*"], options: {} },
  decides: () => ["snet.bind"],
  setup: () => {
    throw new Error("nobody is asked");
  },
});
const PLUGINS = { rules: ports, people };
const NOW = Date.UTC(2026, 0, 1);

function kept(number: number, ago: number, init: EventInit = {}, more: Partial<Observation> = {}) {
  const time = new Date(NOW - ago).toISOString();
  const observation: Observation = {
    ...{
      time,
      event: eventJson(event(init)),
      asked: true,
      action: "deny",
      why: "",
      cause: "verdict",
      held: 0,
    },
    ...more,
  };
  return { number, observation };
}

const to = (port: number) => ({ remote: { ip: "192.0.2.1", port } });

function preview(
  before: string,
  after: string,
  decisions: readonly ReturnType<typeof kept>[],
  { isFormer = false, isRecorded = false } = {},
) {
  let tick = 0;
  const config = parseConfig("/snet.yaml", "default: allow\nplugins: [rules, people]", PLUGINS);
  const withText = (text: string) =>
    config.plugins.map((entry) =>
      entry.name === "rules" ? { ...entry, options: { files: [{ path: "/a", text }] } } : entry
    );
  return previewRules({
    lanes: { config: { ...config, plugins: withText(before) }, plugins: PLUGINS },
    drafted: withText(after),
    isFormer,
    context: { clock: () => 0, verifiedExe: () => true },
    past: decisions.map((decision) => ({ ...decision, isRecorded })),
    userName: String,
    tick: () => tick += 1,
  });
}

Deno.test("what the other text makes different is told, whatever had been decided", async () => {
  const { examples, ...told } = await preview("1 13\n2 13\n", "2 111\n3 1\n", [
    kept(1, 9000, to(1)),
    kept(2, 8000, to(2)),
    kept(3, 7000, to(3), { action: "allow" }),
    kept(4, 6000, to(4)),
    kept(5, 5000, to(3)),
  ]);
  deepEqual(told, {
    decisions: 5,
    since: new Date(NOW - 9000).toISOString(),
    different: 4,
    changes: [
      { before: "allow", after: "deny EPERM", count: 2 },
      { before: "deny EACCES", after: "allow", count: 1 },
      { before: "deny EACCES", after: "deny ECONNREFUSED", count: 1 },
    ],
  });
  deepEqual(examples.map(({ row, before, after }) => [row.number, before, after]), [
    [5, "allow", "deny EPERM"],
    [3, "allow", "deny EPERM"],
    [2, "deny EACCES", "deny ECONNREFUSED"],
    [1, "deny EACCES", "allow"],
  ]);
});

Deno.test("of a text of before, what has become different is told", async () => {
  const { changes } = await preview("1 13\n", "", [kept(1, 9000, to(1))], { isFormer: true });
  deepEqual(changes, [{ before: "allow", after: "deny EACCES", count: 1 }]);
});

Deno.test("what nobody was asked about is left out", async () => {
  const told = await preview("", "1 1\n", [kept(2, 1000, to(1), { asked: false })]);
  deepEqual(told, { decisions: 0, different: 0, changes: [], examples: [] });
});

Deno.test("what takes too long ends, and says from when on nothing was looked at", async () => {
  const many = Array.from({ length: 6000 }, (_, index) => kept(index + 1, 6000 - index, to(1)));
  const { decisions, until, recorded } = await preview("", "1 1\n", many, { isRecorded: true });
  equal(decisions > 1000 && decisions < 6000, true);
  equal(until, many[decisions]!.observation.time);
  equal(recorded, decisions);
});

Deno.test("plugins see the time of the call", async () => {
  const second = NOW / 1000 - 60;
  const { different } = await preview("", `1 1 ${second}\n`, [
    kept(1, 61_000, to(1)),
    kept(2, 60_000, to(1)),
  ]);
  equal(different, 1);
});

Deno.test("people are not asked, and what waits for them is no difference", async () => {
  const bind = { name: "snet.bind", local: { ip: "0.0.0.0", port: 1 } } as const;
  deepEqual((await preview("", "1 1\n", [kept(1, 1000, bind)])).different, 0);
});

Deno.test("examples are bounded, the newest are told", async () => {
  const many = Array.from({ length: 250 }, (_, index) => kept(index + 1, 1000, to(1)));
  const { different, examples } = await preview("", "1 1\n", many);
  deepEqual([different, examples.length, examples[0]!.row.number], [250, 50, 250]);
});

Deno.test("a text that plugins refuse is told as a reload would", async () => {
  await rejects(preview("", "x 1\n", []), /no port/);
});
