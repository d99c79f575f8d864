import assert from "node:assert/strict";
import { Action } from "../../ffi/mod.ts";
import { Recorder } from "../cli/recorder.ts";
import { ruleNumber } from "../chain.ts";
import { Feed } from "../feed.ts";
import type { Link } from "../link.ts";
import { CAUSES } from "../loop.ts";
import { Ring } from "../ring.ts";
import { event, type EventInit } from "../testing.ts";
import { messageOf } from "../testing_message.ts";
import { Decisions } from "./decisions.ts";
import type { RunOptions } from "./options.ts";

const links: readonly Link[] = [
  { name: "rules", events: [], instance: { rules: [{ name: "web", where: "rules.yaml:3:5" }] } },
];

/** Observes `decide`, which is given what writes a denial to the ring; returns the lines for the person. */
async function observe(
  options: Pick<RunOptions, "log" | "json" | "quiet">,
  decide: (deny: (init?: EventInit) => void, ring: Ring) => void,
): Promise<readonly string[]> {
  const ring = Ring.ofSize(4096);
  const output = new Recorder();
  // Nothing is read before the end, as in a run that is over at once.
  const feed = new Feed(ring, (plugin) => links[plugin]?.name, () => () => {});
  const decisions = Decisions.open(options, feed, ring, links, output);
  const observed = {
    held: 5,
    number: ruleNumber(0, 0),
    action: Action.Deny,
    errno: 1,
    remember: 0,
    why: "so",
  };
  decide(
    (init) => void ring.write({ ...observed, cause: CAUSES.indexOf("verdict") }, messageOf(event(init))),
    ring,
  );
  await decisions.close();
  assert.equal(ring.observed, false);
  return output.errors;
}

Deno.test("what was denied is said at the end, also what was decided last", async () => {
  const said = await observe({}, (deny) => (deny(), deny({ task: { exe: "/bin/\x1bx" } })));
  assert.deepEqual(said, ["snet: 2 calls denied: curl → 192.0.2.1:443, \\x1bx → 192.0.2.1:443"]);
});

Deno.test("who is to be quiet without a log observes nothing", async () => {
  const said = await observe({ quiet: true }, (_, ring) => assert.equal(ring.observed, false));
  assert.deepEqual(said, []);
});

Deno.test("the log has the rules' names; what did not fit the ring is said there and to the person", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const log = `${folder}/run.log`;
    const said = await observe({ log, json: true, quiet: true }, (deny) => {
      for (let i = 0; i < 20; i++) deny();
    });
    const lines = Deno.readTextFileSync(log).trimEnd().split("\n").map((line) => JSON.parse(line));
    const { missing } = lines.pop();
    assert.equal(missing + lines.length, 20);
    assert.ok(lines.length > 0 && missing > 0);
    assert.deepEqual(lines[0].rule, { number: 0, name: "web", where: "rules.yaml:3:5" });
    assert.deepEqual(said, [`snet: ${missing} decisions are missing in ${log}: they came too fast`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("without a log the person hears that the line is not about all", async () => {
  const said = await observe({}, (deny) => {
    for (let i = 0; i < 20; i++) deny();
  });
  assert.equal(said.length, 2);
  assert.match(said[1]!, /^snet: \d+ more calls were decided, too fast to be looked at here$/);
});

Deno.test("a log that cannot be opened is told in one line", async () => {
  await assert.rejects(observe({ log: "/nonexistent/run.log" }, () => {}), {
    message: "Cannot write /nonexistent/run.log: no such file or directory",
  });
});
