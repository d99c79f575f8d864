import assert from "node:assert/strict";
import type { Decision, PluginContext } from "../../core/mod.ts";
import { event } from "../../core/testing.ts";
import { StandIn, START, withJournal } from "./fixture.ts";
import journal from "./mod.ts";
import { JournalReader } from "./reader.ts";

const context: PluginContext = { clock: () => START, verifiedExe: () => true };

const options = (file: string) => ({
  file,
  size: 512,
  // The thread has the clock of this machine, and the decisions are of one day.
  age: 1e14,
  events: ["snet.out", "snet.close"],
  payload: false,
  group: "root",
});
const decision: Decision = {
  verdict: { action: "allow", why: "it may" },
  plugin: "rules",
  rule: undefined,
  cause: "verdict",
};
const occasion = { time: START, held: 1, rule: undefined };

const modeOf = (path: string) => (Deno.statSync(path).mode! & 0o777).toString(8);

Deno.test("decisions and notifications come into the file, the last ones too", () =>
  withJournal((file) => {
    const log: string[] = [];
    const startThread = () => new StandIn(journal.thread!);
    const prepared = journal.prepare!(options(file), context);
    const instance = journal.setup(prepared, { ...context, log: (_, text) => log.push(text), startThread });
    assert.deepEqual(instance.events, ["snet.connect", "snet.sendmsg", "snet.close"]);
    instance.observe!(event({ task: { pid: 1 } }), decision, occasion);
    instance.notice!(event({ name: "snet.close", task: { pid: 2 } }), occasion);
    instance.close!();
    using reader = new JournalReader(file);
    const seen = reader.after(0, 9, {}).map(({ observation: { event, asked } }) => [event.task.pid, asked]);
    assert.deepEqual(seen, [[1, true], [2, false]]);
    assert.deepEqual(log, []);
  }));

Deno.test("the reactor sets it up without a file or a thread", () =>
  withJournal((file) => {
    const instance = journal.setup({ ...options(file), events: ["snet.connect"] }, context);
    assert.equal(instance.decide, undefined);
    instance.close!();
    assert.throws(() => Deno.statSync(file), Deno.errors.NotFound);
  }));

Deno.test("folder and file are made for their owner and a group", () =>
  withJournal((path) => {
    const folder = path.replace("snet.db", "made/here");
    journal.prepare!(options(`${folder}/snet.db`), context);
    assert.deepEqual([modeOf(folder), modeOf(`${folder}/snet.db`)], ["750", "640"]);
  }));

Deno.test("a file that cannot be a journal is refused in one line", () =>
  withJournal((file) => {
    const prepare = (file: string) => () => journal.prepare!(options(file), context);
    assert.throws(prepare("snet.db"), {
      message: 'file "snet.db" is no absolute path, such as /var/lib/snet/snet.db',
    });
    Deno.writeTextFileSync(file, "something else".repeat(1000));
    assert.throws(prepare(file), { message: `Cannot keep the journal: ${file} is no journal of snet` });
    Deno.removeSync(file);
    Deno.symlinkSync("/dev/null", file);
    assert.throws(prepare(file), { message: `Cannot keep the journal: ${file} is no regular file` });
  }));

Deno.test("a folder that others may write to is refused", () =>
  withJournal((path) => {
    const folder = path.replace("/snet.db", "");
    Deno.chmodSync(folder, 0o777);
    assert.throws(() => journal.prepare!(options(path), context), {
      message:
        `Cannot keep the journal: others may write to ${folder}, so that another file could be put in its place; ` +
        "choose a folder of root alone, such as /var/lib/snet",
    });
  }));

Deno.test("an event that there is not is refused", () =>
  withJournal((file) => {
    assert.throws(() => journal.prepare!({ ...options(file), events: ["snet.conect"] }, context), {
      message: /unknown event "snet.conect"; did you mean "snet.connect"/,
    });
  }));
