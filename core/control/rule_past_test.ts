import { deepEqual, equal } from "node:assert/strict";
import type { Journal } from "../cli/builtin.ts";
import { event } from "../testing.ts";
import type { Observation } from "./api.ts";
import { eventJson } from "./json.ts";
import { OpenJournal, pastOf, SPAN } from "./rule_past.ts";

const NOW = Date.UTC(2026, 0, 1);

const EVENT = eventJson(event());

/** A decision so many seconds ago. */
function observation(ago: number): Observation {
  return {
    ...{ time: new Date(NOW - ago * 1000).toISOString(), event: EVENT, asked: true },
    ...{ action: "deny", why: "", cause: "verdict", held: 0 },
  };
}

/** A journal with decisions of so many seconds ago, the first of which has a number; counts what is read of it. */
function journal(first: number, agos: readonly number[]) {
  const all = agos.map((ago, index) => ({ id: first + index, observation: observation(ago) }));
  const read = { records: 0, most: 0 };
  const reader: Journal = {
    startOfLast: (count) => all.at(-count)?.id ?? 0,
    after: (id, limit) => {
      const start = Math.max(0, id + 1 - first);
      const page = all.slice(start, start + limit);
      read.records += page.length;
      read.most = Math.max(read.most, page.length);
      return page;
    },
    missing: () => [],
    refresh: () => {},
    [Symbol.dispose]: () => {},
  };
  return { reader, read };
}

const seconds = (past: ReturnType<typeof pastOf>) =>
  [...past].map(({ observation, isRecorded }) =>
    `${(NOW - Date.parse(observation.time)) / 1000}${isRecorded ? "j" : ""}`
  );
const kept = (...agos: number[]) =>
  agos.map((ago, index) => ({ number: index + 1, observation: observation(ago) }));

Deno.test("past: what the journal has of the last hour comes before what is kept, and nothing twice", () => {
  const { reader } = journal(7, [9000, 3601, 3600, 30, 20, 10, 5]);
  deepEqual(seconds(pastOf(kept(20, 10, 5, 1), reader, NOW)), ["3600j", "30j", "20", "10", "5", "1"]);
  deepEqual(seconds(pastOf([], reader, NOW)), ["3600j", "30j", "20j", "10j", "5j"]);
  deepEqual(seconds(pastOf(kept(20), journal(1, []).reader, NOW)), ["20"]);
  deepEqual(seconds(pastOf(kept(3601, 20), undefined, NOW)), ["20"]);
});

Deno.test("past: of a journal of all days no more is read than is wanted, a little at a time", () => {
  const { reader, read } = journal(1, Array.from({ length: 200_000 }, (_, index) => 400_000 - 2 * index));
  const past = [...pastOf([], reader, NOW)];
  equal(past.length, SPAN / 2000);
  equal(read.records < past.length + 20, true);
  equal(read.most <= 50, true);
});

Deno.test("past: of a flood the newest are looked at", () => {
  const { reader } = journal(1, Array.from({ length: 50_000 }, (_, index) => (50_000 - index) / 100));
  const past = [...pastOf([], reader, NOW)];
  deepEqual([past.length, past[0]!.number, past.at(-1)!.number], [20_000, 30_001, 50_000]);
});

Deno.test("past: a journal that cannot be read says why, and one that is not there says nothing", async () => {
  const config = (name: string) => ({ plugins: [{ name, options: { file: "/j" }, where: "" }] });
  const error = Object.assign(new Error("Cannot read /j: gone"), { name: "JournalError" });
  const opened = await OpenJournal.of(config("journal"), () => Promise.reject(error));
  deepEqual([opened.reader, opened.why], [undefined, "Cannot read /j: gone"]);
  const other = await OpenJournal.of(config("rules"), () => Promise.reject(error));
  deepEqual([other.reader, other.why], [undefined, undefined]);
});
