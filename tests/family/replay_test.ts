/** `snet replay` with a family of an author's own: a recording, rules and a plugin for it, and what would be different. */

import { deepEqual, equal } from "node:assert/strict";
import type { BuiltIn } from "../../core/cli/builtin.ts";
import type { CommandError } from "../../core/cli/exit.ts";
import { Recorder } from "../../core/cli/recorder.ts";
import { replay, type ReplayParts, type ReplayWords } from "../../core/cli/replay.ts";
import { definePlugin, deny } from "../../core/mod.ts";
import type { ConfigError } from "../../core/yaml.ts";
import journal from "../../plugins/journal/mod.ts";
import rules from "../../plugins/rules/mod.ts";

const HERE = new URL(".", import.meta.url).pathname;
const NIGHT = `${HERE}night.jsonl`;

/** Built-in plugins, one of which waits, and one that people answer. */
const builtIn = {
  plugins: () =>
    Promise.resolve({
      rules,
      journal,
      far: definePlugin({
        name: "far",
        doc: "Answers from far away.",
        lane: "slow",
        on: ["*"],
        options: {},
        setup: () => ({ decide: () => Promise.resolve(deny("from far away")) }),
      }),
      people: definePlugin({
        name: "people",
        doc: "Asks people.",
        lane: "slow",
        asks: true,
        on: ["*"],
        options: {},
        setup: () => {
          throw new Error("people are not asked");
        },
      }),
    }),
} as Partial<BuiltIn> as BuiltIn;

const RULES = `version: 1
rules:
  - { name: staff, allow: door.any, badge: 1-99 }
`;

/** Runs the command in a folder with rules and a configuration; PATH is that folder in what it says. */
async function run(words: Partial<ReplayWords> & { plugins?: string }, file = NIGHT, text?: string) {
  const folder = await Deno.makeTempDir();
  try {
    const { plugins = "  - rules: { files: [rules.yaml] }\n", ...others } = words;
    await Deno.writeTextFile(`${folder}/rules.yaml`, RULES);
    await Deno.writeTextFile(`${folder}/snet.yaml`, `default: deny\nplugins:\n${plugins}`);
    const output = new Recorder(200);
    const parts: ReplayParts = {
      open: async (path) => text === undefined ? (await Deno.open(path)).readable : new Response(text).body!,
      now: () => Date.UTC(2026, 10, 22),
      userName: String,
    };
    const given = {
      config: `${folder}/snet.yaml`,
      rules: [],
      list: [],
      default: "deny",
      family: [],
    } as const;
    const inFolder = (line: string) => line.replaceAll(folder, "PATH");
    let error: unknown;
    try {
      await replay(file, { ...given, ...others }, builtIn, output, parts);
    } catch (thrown) {
      error = thrown;
    }
    return { lines: output.lines.map(inFolder), errors: output.errors.map(inFolder), error };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const PORTER = `  - porter: { from: ${HERE}porter.ts, trusted: true }\n`;
const ALL = `${PORTER}  - rules: { files: [rules.yaml] }\n  - journal: { file: /nowhere/snet.db }\n`;

/** What is said of each decision: verdict, who, and why. */
function told(lines: readonly string[]) {
  return lines.map((line) => JSON.parse(line)).map((said) => [
    said.line,
    said.open ?? said.action,
    said.plugin,
    said.rule?.name,
    said.differs,
  ]);
}

Deno.test("replay: rules and a plugin of a family's own decide as of the recorded time, and nothing is written down", async () => {
  const { lines, errors, error } = await run({ plugins: ALL, json: true });
  equal(error, undefined);
  deepEqual(told(lines), [
    [1, "allow", "rules", "staff", false],
    [2, "deny", "porter", undefined, true],
    [3, "allow", "rules", "staff", false],
    [6, "deny", "porter", undefined, true],
    [7, "deny", undefined, undefined, false],
  ]);
  deepEqual(errors, [
    "5 decided: 2 allowed, 3 denied.",
    "2 as recorded, 2 different (1 allow → deny, 1 deny → deny).",
    "1 of which no decision was recorded.",
    "1 only told of.",
  ]);
});

Deno.test("replay: --diff shows what the programs would see otherwise, and ends with 4", async () => {
  const { lines, error } = await run({ plugins: ALL, diff: true });
  equal((error as CommandError).exitCode, 4);
  equal((error as CommandError).message, "");
  const [header, ...rows] = lines.map((line) => line.replace(/^\S+ +/, "").replaceAll(/ {2,}/g, " | "));
  equal(header, "WHO | WHAT | VERDICT | BY | µs | WHY");
  deepEqual(rows.slice(0, 2), [
    "reader[70] 100 | opened front badge 7 in | allow → deny | porter | 40 | was allow (rules: staff)",
    "reader[70] 100 | opened cellar badge 1 | EPERM → EACCES | porter | 40 | was deny EPERM (porter)",
  ]);
});

Deno.test("replay: --diff of what stays as it was ends well, and shows no decision", async () => {
  const { lines, error } = await run(
    { diff: true },
    "same",
    (await Deno.readTextFile(NIGHT)).split("\n")[0]!,
  );
  equal(error, undefined);
  deepEqual(lines.slice(1), ["1 decided: 1 allowed, 0 denied.", "1 as recorded, 0 different."]);
});

Deno.test("replay: plugins that may wait are asked only where that is wanted, people never", async () => {
  const plugins = `${PORTER}  - far\n  - people\n`;
  const open = await run({ plugins, json: true });
  deepEqual(told(open.lines)[0], [1, "far", undefined, undefined, undefined]);
  deepEqual(open.errors.slice(0, 4), [
    "2 decided: 0 allowed, 2 denied.",
    "0 as recorded, 2 different (1 allow → deny, 1 deny → deny).",
    `3 left open: "far" would be asked.`,
    "1 only told of.",
  ]);
  const asked = await run({ plugins, slow: true, json: true });
  deepEqual(told(asked.lines)[0], [1, "deny", "far", undefined, true]);
  const people = await run({ plugins: "  - people\n", slow: true, json: true });
  deepEqual(told(people.lines)[0], [1, "people", undefined, undefined, undefined]);
});

Deno.test("replay: what nobody would be asked about passes", async () => {
  const { lines } = await run({ plugins: PORTER, json: true });
  deepEqual(told(lines).at(-1), [7, "allow", undefined, undefined, false]);
  equal(JSON.parse(lines.at(-1)!).why, "nobody is asked about it");
});

Deno.test("replay: a recording says at which line it is wrong", async () => {
  const event = { name: "door.opened", task: { pid: 1, tid: 1, uid: 0, gid: 0 } };
  const wrong: [string, string][] = [
    ["\n{", "x:2: no JSON: Expected property name or '}' in JSON at position 1 (line 1 column 2)"],
    ["[]", "x:1: a list in place of an object"],
    ["{}", `x:1: neither a decision, which has "event", nor an event, which has "name"`],
    [
      JSON.stringify({ ...event, name: "door.opend" }),
      `x:1: event.name: unknown event "door.opend"; did you mean "door.opened"?`,
    ],
    [
      JSON.stringify({ ...event, attributes: { badge: "7" } }),
      `x:1: event.attributes.badge: "7"; expected a whole number`,
    ],
    [JSON.stringify({ event, time: "noon" }), `x:1: time: "noon" is no time of ISO 8601`],
    [JSON.stringify({ event, time: "2026-11-21", action: "ask" }), `x:1: action: "ask" is not allow or deny`],
    [
      JSON.stringify({ event, time: "2026-11-21", held: "1" }),
      `x:1: held: "1" is no number of microseconds`,
    ],
  ];
  for (const [text, message] of wrong) {
    const { error } = await run({}, "x", text);
    deepEqual((error as ConfigError).problems, [message]);
  }
});

Deno.test("replay: a recording that is not there, and a family that cannot be loaded, end in one line", async () => {
  const gone = await run({}, "/nowhere/calls.jsonl");
  equal((gone.error as Error).message.startsWith("Cannot read /nowhere/calls.jsonl: "), true);
  const family = await run({ family: ["/nowhere/door.ts"] });
  equal((family.error as Error).message.split("\n").length, 1);
  equal((family.error as Error).message.startsWith("--family: "), true);
});

Deno.test("replay: a process that does not know the family takes it from --family", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/rules.yaml`, RULES);
    const snet = (...words: string[]) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--quiet", "core/main.ts", ...words],
        cwd: `${HERE}../..`,
        env: { NO_COLOR: "1" },
      }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const without = await snet("replay", NIGHT, "--rules", `${folder}/rules.yaml`);
    equal(without.code, 1);
    equal(
      text(without.stderr).includes(
        `rules.yaml:3:27: unknown event "door.any"; no family "door" is declared here`,
      ),
      true,
      text(without.stderr),
    );
    const { code, stdout } = await snet(
      ...["replay", NIGHT, "--diff"],
      ...["--rules", `${folder}/rules.yaml`, "--family", `${HERE}door.ts`],
    );
    equal(code, 4);
    equal(text(stdout).includes("3 as recorded, 1 different (1 deny → allow)"), true, text(stdout));
    const check = await snet("rules", "check", `${folder}/rules.yaml`, "--family", `${HERE}door.ts`);
    equal(text(check.stdout), "1 rule, no mistakes.\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
