/** What another text of rules would have made different, by the file that the plugin `journal` writes. */

import { deepEqual, equal, match } from "node:assert/strict";
import { readConfig } from "../../core/config.ts";
import { RuleDesk } from "../../core/control/rule_desk.ts";
import { setUpLanes } from "../../core/lanes.ts";
import { row, START, withJournal } from "../../plugins/journal/fixture.ts";
import { JournalReader } from "../../plugins/journal/reader.ts";
import { Store } from "../../plugins/journal/store.ts";
import { PLUGINS } from "../../plugins/mod.ts";
import { checkRules, type RuleSources } from "../../plugins/rules/mod.ts";

const HOUR = 3_600_000;
const TEXT = "version: 1\nrules:\n  - { deny: snet.out, port: 443 }\n";

/** The desk of a daemon with rules and a journal. */
async function deskOf(journal: string) {
  const folder = journal.replace(/\/[^/]*$/, "");
  const path = `${folder}/rules.yaml`;
  await Deno.writeTextFile(path, TEXT);
  const config = `default: allow\nplugins: [rules: { files: rules.yaml }, journal: { file: ${journal} }]\n`;
  await Deno.writeTextFile(`${folder}/snet.yaml`, config);
  const context = { clock: () => START, verifiedExe: () => true, log: () => {} };
  const read = readConfig(`${folder}/snet.yaml`, PLUGINS);
  // The journal's own thread is not what this is about.
  const plugins = read.plugins.filter(({ name }) => name === "rules");
  const lanes = { ...setUpLanes(PLUGINS, { ...read, plugins }, context), config: read };
  const desk = new RuleDesk({
    lanes: () => lanes,
    context,
    loaded: () => 0,
    counts: () => Promise.resolve([]),
    check: (options) => Promise.resolve(checkRules(options as RuleSources & typeof options)),
    openJournal: (path) => Promise.resolve().then(() => new JournalReader(path)),
    reload: () => Promise.resolve(),
    now: () => START,
  });
  return { desk, path };
}

Deno.test("a preview looks at what the journal has of the last hour, though no page was open", () =>
  withJournal(async (file) => {
    {
      using store = new Store(file, { size: 1e9, age: 1e12 });
      const at = (ago: number) => ({ time: START - ago, held: 1, rule: undefined });
      store.write([
        row({ occasion: at(HOUR + 1) }),
        row({ occasion: at(HOUR) }),
        row({ occasion: at(1000), remote: { ip: "192.0.2.1", port: 80 } }),
        row({ occasion: at(500), decision: null }),
        row({ occasion: at(10) }),
      ]);
    }
    const { desk, path } = await deskOf(file);
    const { examples, ...told } = await desk.preview(
      { path, text: TEXT.replace("443", "80") },
      [],
      String,
    );
    deepEqual(told, {
      ...{ decisions: 3, recorded: 3, since: new Date(START - HOUR).toISOString(), different: 3 },
      changes: [
        { before: "deny EPERM", after: "allow", count: 2 },
        { before: "allow", after: "deny EPERM", count: 1 },
      ],
    });
    deepEqual(examples.map(({ row }) => row.number), [5, 3, 2]);
  }));

Deno.test("a journal that is not there yet is said to be, and keeps nobody from a preview", () =>
  withJournal(async (file) => {
    const { desk, path } = await deskOf(file);
    const { decisions, unread } = await desk.preview({ path, text: "version: 1\n" }, [], String);
    equal(decisions, 0);
    match(unread!, /^There is no journal at .*snet\.db/);
  }));
