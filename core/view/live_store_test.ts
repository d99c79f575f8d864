import assert from "node:assert/strict";
import { parseFilter } from "./filter.ts";
import { LiveStore, MOST_ROWS, SPARK, Spark } from "./live_store.ts";
import { row } from "./samples.ts";

Deno.test("decisions are counted by program and target", () => {
  const store = new LiveStore();
  store.add([row(), row({ verdict: "deny", target: "192.0.2.2:25" }), row({ program: "/usr/bin/ssh" })], 0);
  const curl = store.programs.get("/usr/bin/curl")!;
  assert.deepEqual([curl.allowed, curl.denied, curl.targets.size], [1, 1, 2]);
  assert.deepEqual([...store.programs.keys()], ["/usr/bin/curl", "/usr/bin/ssh"]);
});

Deno.test("programs of one machine are not those of another", () => {
  const store = new LiveStore();
  store.add([row({ client: "attic" }), row({ client: "cellar" }), row({ client: "attic" })], 0);
  assert.deepEqual([...store.programs].map(([name, { allowed }]) => [name, allowed]), [
    ["cellar /usr/bin/curl", 1],
    ["attic /usr/bin/curl", 2],
  ]);
});

Deno.test("a filter counts what fits, also of what was there before, and nothing is lost when it goes", () => {
  const store = new LiveStore();
  store.add([row(), row({ verdict: "deny" })], 0);
  store.filter = parseFilter("verdict:deny");
  store.add([row({ verdict: "deny" }), row()], 0);
  assert.deepEqual([
    store.programs.get("/usr/bin/curl")!.denied,
    store.programs.get("/usr/bin/curl")!.allowed,
  ], [2, 0]);
  assert.equal(store.newest().length, 2);
  store.filter = undefined;
  assert.deepEqual([
    store.programs.get("/usr/bin/curl")!.denied,
    store.programs.get("/usr/bin/curl")!.allowed,
  ], [2, 2]);
});

Deno.test("whatever arrives, it is bounded, and the newest stay", () => {
  const store = new LiveStore();
  const flood = (from: number) =>
    Array.from({ length: 30_000 }, (_, i) => row({ number: from + i, program: `/p${from + i}` }));
  for (let from = 0; from < 240_000; from += 30_000) store.add(flood(from), 1);
  assert.equal(store.size, MOST_ROWS);
  assert.equal(store.newest()[0]!.number, 239_999);
  assert.equal(store.newest().at(-1)!.number, 240_000 - MOST_ROWS);
  assert.equal(store.programs.size, 1_000);
  assert.equal(store.missed, 8);
});

Deno.test("a sparkline shows the last minute, and forgets what is older", () => {
  const spark = new Spark();
  for (const time of [5_000, 5_999, 7_000]) spark.add(time);
  assert.deepEqual(spark.until(7_500).slice(-3), [2, 0, 1]);
  assert.deepEqual(spark.until(9_000).slice(-3), [1, 0, 0]);
  assert.deepEqual(spark.until(7_500).slice(-3), [2, 0, 1]);
  assert.ok(spark.until(9_000 + SPARK.length * SPARK.step).every((count) => count === 0));
  spark.add(1);
  assert.ok(spark.until(9_000 + SPARK.length * SPARK.step).every((count) => count === 0));
});

Deno.test("all addresses of a name are one destination; what came before the name stands by its address", () => {
  const store = new LiveStore();
  const second = { target: "tcp 192.0.2.2:443", host: "example.org" };
  store.add([
    row(),
    row({ host: "example.org" }),
    row(second),
    row({ ...second, target: "tcp 192.0.2.2:80" }),
  ], 0);
  assert.deepEqual(
    [...store.programs.get("/usr/bin/curl")!.targets].map(([name, { allowed }]) => [name, allowed]),
    [
      ["tcp 192.0.2.1:443", 1],
      ["tcp example.org:443", 2],
      ["tcp example.org:80", 1],
    ],
  );
});
