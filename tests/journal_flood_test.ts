/** A flood of decisions, from the reactor's ring by way of the feed and the plugin's thread into the file. */

import assert from "node:assert/strict";
import { ruleNumber } from "../core/chain.ts";
import { Feed } from "../core/feed.ts";
import type { PluginContext } from "../core/mod.ts";
import { Ring } from "../core/ring.ts";
import { event } from "../core/testing.ts";
import { withJournal } from "../plugins/journal/fixture.ts";
import journal from "../plugins/journal/mod.ts";
import { numberOf, openToRead } from "../plugins/journal/schema.ts";

const FLOOD = 100_000;
/** Different events of the flood: their bytes are made before it begins. */
const MESSAGES = 1000;

/** Runs the program's own thread. */
const startThread = (plugin: string) =>
  new Worker(new URL("../core/main.ts", import.meta.url), { type: "module", name: `thread of ${plugin}` });

Deno.test("of 100,000 decisions that come at once each is written, or counted as left out", () =>
  withJournal(async (file) => {
    const log: string[] = [];
    const context: PluginContext = { clock: Date.now, verifiedExe: () => true, startThread };
    const options = { file, size: 1000, age: 1e14, events: ["*"], payload: false, group: "root" };
    const prepared = journal.prepare!(options, context);
    const instance = journal.setup(prepared, { ...context, log: (_, text) => log.push(text) });
    const ring = Ring.ofSize(4 * 1024 * 1024);
    const feed = new Feed(ring, () => "rules", () => () => {});
    const rule = { name: "no lan", where: "web.yaml:5:5" };
    feed.observe(({ event, decision, held, time }) =>
      instance.observe!(event, decision!, { time, held, rule })
    );
    const messages = Array.from({ length: MESSAGES }, (_, index) =>
      event({
        task: { pid: index + 1, exe: `/usr/bin/program${index % 50}` },
        remote: { ip: `10.${index & 3}.${index & 255}.7`, port: 443 },
      }).message);
    const observed = { held: 12, action: 1, cause: 0, errno: 111, remember: 0, number: ruleNumber(0, 3) };
    const started = performance.now();
    for (let made = 0; made < FLOOD;) {
      // As fast as the ring takes them; then the main thread has its turn.
      while (made < FLOOD && ring.write({ ...observed, why: 'rule "no lan"' }, messages[made % MESSAGES]!)) {
        made++;
      }
      feed.drain();
      await new Promise((resolve) => setTimeout(resolve));
    }
    const taken = performance.now();
    const count = (what: string) => {
      const { database } = openToRead(file);
      try {
        return numberOf(database, `SELECT ${what}`);
      } finally {
        database.close();
      }
    };
    const DONE = "(SELECT count(*) FROM decisions) + (SELECT ifnull(sum(count), 0) FROM lost)";
    while (count(DONE) < FLOOD) await new Promise((resolve) => setTimeout(resolve, 20));
    const done = performance.now();
    instance.close!();
    const rate = (milliseconds: number, count: number) => Math.round(count / milliseconds * 1000);
    const written = count("count(*) FROM decisions");
    console.log(
      `taken up: ${rate(taken - started, FLOOD)}/s; written: ${written} (${
        rate(done - started, written)
      }/s); ${log.join("; ")}`,
    );
    assert.equal(count(DONE), FLOOD);
    assert.equal(count("count(*) FROM words WHERE words MATCH 'curl OR usr'"), written);
  }));
