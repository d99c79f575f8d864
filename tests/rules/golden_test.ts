/**
 * Rule files with what is to be said of them. A case is a file of sections, each after a line of dashes: the rule file (further files
 * after lines such as `=== trackers.txt`), events as JSON where decisions are meant, and what is expected. `deno test -A
 * tests/rules -- --update` writes the expected part anew; read the difference before you commit it.
 */

import assert from "node:assert/strict";
import type { PluginContext, SnetEvent, SourceText, Verdict } from "../../core/mod.ts";
import { event, type EventInit } from "../../core/testing.ts";
import { Operand } from "../../ffi/mod.ts";
import { compileRules } from "../../plugins/rules/compile.ts";
import { CompiledRules } from "../../plugins/rules/decide.ts";
import { checkRules, describeRule, loadRules, type RuleSources } from "../../plugins/rules/mod.ts";

const FOLDER = new URL("golden/", import.meta.url);
const DASHES = /^-{10,}\n/m;
// A Saturday, an hour past midnight.
const NOW = new Date(2024, 5, 8, 1, 0).getTime();

const ACCOUNTS = {
  passwd: [{
    path: "/etc/passwd",
    text: "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:\nalice:x:1000:1000::/:\n",
  }],
  group: [{ path: "/etc/group", text: "root:x:0:\nwww-data:x:33:\naudio:x:29:alice\n" }],
};

Deno.test("golden rule files", async (t) => {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
  for (const name of names) {
    await t.step(name.replace(/\.txt$/, "").replaceAll("-", " "), () => check(new URL(name, FOLDER)));
  }
});

function check(file: URL): void {
  const [rules = "", ...rest] = Deno.readTextFileSync(file).split(DASHES);
  const [events, expected] = rest.length > 1 ? rest : [undefined, rest[0] ?? ""];
  const found = outcome(sourcesOf(rules), events);
  if (Deno.args.includes("--update")) {
    const dashes = `${"-".repeat(10)}\n`;
    Deno.writeTextFileSync(file, [rules, ...(events === undefined ? [] : [events]), found].join(dashes));
  } else assert.equal(found, expected);
}

function sourcesOf(text: string): RuleSources {
  const [rules = "", ...more] = text.split(/^=== /m);
  const others = more.map((part): SourceText => {
    const [path = "", ...lines] = part.split("\n");
    return { path, text: lines.join("\n") };
  });
  const isRules = ({ path }: SourceText) => path.endsWith(".yaml");
  return {
    ...ACCOUNTS,
    files: [{ path: "rules.yaml", text: rules }, ...others.filter(isRules)],
    lists: others.filter((file) => !isRules(file)),
    netns: 4026531840,
  };
}

function outcome(sources: RuleSources, events: string | undefined): string {
  const { errors, warnings } = checkRules(sources);
  const lines = [...errors.map((line) => `error: ${line}`), ...warnings.map((line) => `warning: ${line}`)];
  if (errors.length > 0) return lines.join("\n") + "\n";
  const loaded = loadRules(sources);
  if (events === undefined) {
    return [...lines, ...loaded.rules.map((rule) => JSON.stringify(describeRule(rule)))].join("\n") + "\n";
  }
  const context: PluginContext = {
    clock: () => NOW,
    verifiedExe: ({ task }) => task.exeMntns === 4026531841,
    cgroupPath: ({ task }) => task.cgroup === 1n ? "/system.slice/cron.service" : undefined,
  };
  // As the reactor gets it.
  const compiled = new CompiledRules(structuredClone(compileRules(loaded, context)), context);
  for (const line of events.trim().split("\n")) {
    const asked = event(JSON.parse(line) as EventInit);
    lines.push(describe(compiled.decide(asked), asked));
  }
  return lines.join("\n") + "\n";
}

/** `deny by "web" errno 111; read Exe RemotePort` */
function describe(verdict: Verdict | undefined, { read }: SnetEvent): string {
  const operands = Object.entries(Operand).filter(([, bit]) => (read & bit) !== 0).map(([name]) => name);
  const reading = `; read ${operands.join(" ") || "nothing"}`;
  if (verdict === undefined) return `no opinion${reading}`;
  const { action, why, errno, remember, scope } = verdict;
  return `${action} by "${why}"${errno === undefined ? "" : ` errno ${errno}`}` +
    `${remember === undefined ? "" : ` remember ${remember}`}${
      scope === undefined ? "" : ` scope ${scope}`
    }${reading}`;
}
