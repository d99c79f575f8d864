import assert from "node:assert/strict";
import { parseConfig, readConfig } from "./config.ts";
import { readText } from "./config_files.ts";
import type { Config, PluginTable } from "./config.ts";
import { definePlugin } from "./plugin.ts";
import { prepare, setUp } from "./setup.ts";
import { ConfigError } from "./yaml.ts";

const sample = definePlugin({
  name: "sample",
  doc: "For tests.",
  on: ["snet.connect"],
  options: {
    files: { type: "files", default: [], doc: "Files to read." },
    most: { type: "integer", default: 60, min: 1, max: 100, doc: "A number." },
    mode: { type: "string", doc: "A word." },
  },
  setup: ({ mode }) => {
    if (mode === "wrong") throw new Error("mode is wrong");
    return {};
  },
});
const table: PluginTable = { sample };
const context = { clock: () => 0, verifiedExe: () => true };

function parse(text: string, path = "snet.yaml"): Config {
  return parseConfig(path, text, table);
}

function problems(text: string): readonly string[] {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

Deno.test("a configuration needs only a default", () => {
  const config = parse("default: deny");
  assert.equal(config.default, "deny");
  assert.deepEqual(config.events, [
    "snet.bind",
    "snet.connect",
    "snet.listen",
    "snet.post_accept",
    "snet.sendmsg",
  ]);
  assert.deepEqual(config.families, [2, 10]);
  assert.equal(config.control.socket, "/run/snet/snet.sock");
  assert.deepEqual(config.plugins, []);
  assert.equal(config.kernel.delay, undefined);
});

Deno.test("everything that is wrong is reported, with its place and what would be right", () => {
  assert.deepEqual(
    problems(`version: 2
default: denny
plugns: []
events: [snet.conect, snet.out]
families: [inet, inet7]
kernel: { delay: 5, polcy: allow, payload: 9999 }
control: { soket: /tmp/x }
`),
    [
      "snet.yaml:1:10: this snet reads version 1",
      'snet.yaml:2:10: "denny" is not one of allow, deny; did you mean "deny"?',
      'snet.yaml:3:1: unknown key "plugns"; did you mean "plugins"?',
      'snet.yaml:4:10: unknown event "snet.conect"; did you mean "snet.connect"?',
      'snet.yaml:5:18: unknown family "inet7"; did you mean "inet"?',
      'snet.yaml:6:18: "5" is not a duration; write a number and its unit, such as 500ms, 5s, 10m, 2h or 1d',
      'snet.yaml:6:21: unknown key "polcy" in kernel; did you mean "policy"?',
      'snet.yaml:6:44: expected a whole number from 0 to 4096, not "9999"',
      'snet.yaml:7:12: unknown key "soket" in control; did you mean "socket"?',
    ],
  );
});

Deno.test("what happens to undecided calls must be said", () => {
  assert.deepEqual(problems("version: 1"), [
    'snet.yaml:1:1: missing key "default": allow or deny, the answer to what no plugin decides',
  ]);
});

Deno.test("a file that is no YAML is one clear line", () => {
  const [first] = problems("default: [deny");
  assert.match(first!, /^snet\.yaml:1:15: unexpected end of the stream within a flow collection/);
});

Deno.test("plugins are checked by the options that they declare", () => {
  assert.deepEqual(
    problems(`default: deny
plugins:
  - sampel
  - sample: { most: 500, mode: x, colour: red }
  - sample
  - [sample]
`),
    [
      'snet.yaml:3:5: unknown plugin "sampel"; did you mean "sample"?',
      'snet.yaml:4:21: expected a whole number from 1 to 100, not "500"',
      'snet.yaml:4:35: unknown key "colour" for plugin "sample"; known: files, most, mode',
      'snet.yaml:5:5: plugin "sample" needs the option "mode": A word.',
      'snet.yaml:6:5: expected one plugin with its options, such as "- sample: { … }"',
    ],
  );
});

Deno.test("an option is of the type that its plugin declares, in the file and in setup", () => {
  let seen: unknown;
  const typed = definePlugin({
    name: "typed",
    doc: "For tests.",
    on: [],
    options: {
      within: { type: "duration", default: 1000, min: 10, doc: "Time." },
      per: { type: "choice", choices: ["user", "program"], default: "user", doc: "A word." },
      of: { type: "choices", choices: ["a", "b"], default: [], doc: "Words." },
      note: { type: "string", optional: true, doc: "May be left out." },
    },
    setup: ({ within, per, of, note }) => {
      // Types, checked by the compiler.
      const values: [number, "user" | "program", readonly ("a" | "b")[], string | undefined] = [
        within,
        per,
        of,
        note,
      ];
      seen = values;
      return {};
    },
  });
  const read = (options: string) =>
    parseConfig("snet.yaml", `default: deny\nplugins:\n  - typed: ${options}\n`, { typed });
  setUp(
    { typed },
    prepare({ typed }, read("{ within: 2s, per: program, of: [a, b] }"), context).plugins,
    context,
  );
  assert.deepEqual(seen, [2000, "program", ["a", "b"], undefined]);
  assert.throws(() => read("{ within: 1ms, per: users, of: [c] }"), {
    problems: [
      'snet.yaml:3:22: "1ms" is not a time of at least 10ms',
      'snet.yaml:3:32: "users" is not one of user, program; did you mean "user"?',
      'snet.yaml:3:44: "c" is not one of a, b; did you mean "a"?',
    ],
  });
});

Deno.test("options that are not given have their default", () => {
  const { plugins } = parse("default: deny\nplugins:\n  - sample: { mode: quick }");
  assert.deepEqual(plugins, [
    { name: "sample", options: { files: [], most: 60, mode: "quick" }, where: "snet.yaml:3:5" },
  ]);
});

Deno.test("kernel settings are read, for all events and for one", () => {
  const { kernel } = parse(`default: deny
kernel:
  delay: 5s
  policy: deny
  events: { snet.in: { delay: 1m }, snet.connect: { policy: allow } }
  limits: { policy: deny, uid: 100 }
  absent: { policy: deny, events: snet.connect, families: [inet] }
  payload: 64
  send-all: true
`);
  assert.equal(kernel.delay, 5000);
  assert.equal(kernel.policy, "deny");
  assert.deepEqual(kernel.events.map(({ event, delay, policy }) => [event, delay, policy]), [
    ["snet.bind", 60_000, undefined],
    ["snet.listen", 60_000, undefined],
    ["snet.post_accept", 60_000, undefined],
    ["snet.connect", undefined, "allow"],
  ]);
  assert.equal(kernel.limits.uid, 100);
  assert.deepEqual(kernel.absent, { policy: "deny", events: ["snet.connect"], families: [2] });
  assert.equal(kernel.payload, 64);
  assert.equal(kernel.attachFlags, 1);
});

Deno.test("a star is every family, those without a name here too, and none is a mistake", () => {
  assert.equal(parse('default: deny\nfamilies: ["*"]').families.length, 63);
  for (const text of ["default: deny\nfamilies:", "default: deny\nfamilies: []"]) {
    assert.match(problems(text).join(), /^snet.yaml:2:\d+: no family, so that nothing would be asked about/);
  }
});

Deno.test("a word alone is the policy while nobody is attached", () => {
  assert.equal(parse("default: deny\nkernel: { absent: deny }").kernel.absent.policy, "deny");
});

Deno.test("files of plugins are found by pattern beside the configuration, and read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/rules.d`);
    await Deno.writeTextFile(`${folder}/rules.d/20.yaml`, "b");
    await Deno.writeTextFile(`${folder}/rules.d/10.yaml`, "a");
    await Deno.writeTextFile(
      `${folder}/snet.yaml`,
      "default: deny\nplugins: [sample: {mode: x, files: rules.d/*.yaml}]",
    );
    const config = readConfig(`${folder}/snet.yaml`, table);
    assert.deepEqual(config.plugins[0]!.options.files, [
      { path: `${folder}/rules.d/10.yaml`, text: "a" },
      { path: `${folder}/rules.d/20.yaml`, text: "b" },
    ]);
    assert.deepEqual(config.folders, [folder, `${folder}/rules.d`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what a pattern finds and is no plain file is a mistake, and nobody waits for it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { success } = await new Deno.Command("mkfifo", { args: [`${folder}/a.yaml`] }).output();
    assert.ok(success);
    assert.throws(() => parse(`default: deny\nplugins: [sample: {mode: x, files: ["${folder}/*.yaml"]}]`), {
      message: `snet.yaml:2:37: Cannot read ${folder}/a.yaml: it is no plain file`,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a pattern that names no file is odd, for then nothing is decided by it", () => {
  const config = parse("default: deny\nplugins: [sample: {mode: x, files: [/nowhere/*.yaml]}]");
  assert.deepEqual(config.warnings, ['snet.yaml:2:37: "/nowhere/*.yaml" names no file']);
});

Deno.test("a file that everybody can write to is odd, for then everybody decides", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/snet.yaml`;
    await Deno.writeTextFile(
      path,
      "version: 1\ndefault: deny\nplugins: [sample: {mode: x, files: [rules.yaml]}]",
    );
    await Deno.writeTextFile(`${folder}/rules.yaml`, "");
    assert.deepEqual(readConfig(path, table).warnings, []);
    for (const file of [path, `${folder}/rules.yaml`]) await Deno.chmod(file, 0o666);
    const warning = (file: string) =>
      `everybody may write to ${file} and so change what is allowed; chmod o-w takes that back`;
    assert.deepEqual(readConfig(path, table).warnings, [warning(path), warning(`${folder}/rules.yaml`)]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a file that cannot be read is one line with the place that names it", () => {
  assert.deepEqual(problems("default: deny\nplugins: [sample: {mode: x, files: [/nowhere/a.yaml]}]"), [
    "snet.yaml:2:37: Cannot read /nowhere/a.yaml: there is no such file",
  ]);
  assert.throws(() => readConfig("/nowhere/snet.yaml", table), {
    message: "Cannot read /nowhere/snet.yaml: there is no such file",
  });
});

Deno.test("a file that is no UTF-8 names programs by the same bytes", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, Uint8Array.of(0x63, 0xe9));
  assert.equal(readText(path), "c\udce9");
  await Deno.remove(path);
});

Deno.test("a plugin that refuses its options is named with its place", () => {
  const { plugins } = prepare(table, parse("default: deny\nplugins:\n  - sample: { mode: wrong }"), context);
  assert.throws(() => setUp(table, plugins, context), {
    message: 'snet.yaml:3:5: plugin "sample": mode is wrong',
  });
});

Deno.test("an instance that names its events is woken for those", () => {
  const events = ["snet.bind"] as const;
  const plugin = definePlugin({ name: "own", doc: "", on: ["*"], options: {}, setup: () => ({ events }) });
  const config = parseConfig("snet.yaml", "default: deny\nplugins: [own]", { own: plugin });
  const [link] = setUp({ own: plugin }, prepare({ own: plugin }, config, context).plugins, context);
  assert.deepEqual(link!.events, events);
});

/** May wait, and says for how long by default. */
const waits = definePlugin({
  name: "waits",
  doc: "For tests.",
  lane: "slow",
  timeout: 60_000,
  on: ["snet.connect"],
  options: { url: { type: "string", optional: true, doc: "Whom to ask." } },
  setup: () => ({}),
});

/** Would have nothing pass that it has not answered. */
const strict = { ...waits, name: "strict", whenLate: "deny", whenFailed: "deny" } as const;

Deno.test("a plugin that may wait takes a time and who answers instead, beside its own options", () => {
  const read = (entry: string) =>
    parseConfig("snet.yaml", `default: deny\nplugins:\n  - ${entry}\n`, { waits, strict, sample })
      .plugins[0]!;
  assert.deepEqual(read("waits").policy, { timeout: 60_000, whenLate: "pass", whenFailed: "pass" });
  assert.deepEqual(read("strict").policy, { timeout: 60_000, whenLate: "deny", whenFailed: "deny" });
  assert.equal(read("strict: { whenLate: pass }").policy?.whenLate, "pass");
  const { policy, options } = read("waits: { url: x, timeout: 2s, whenLate: deny, whenFailed: allow }");
  assert.deepEqual([policy, options], [{ timeout: 2000, whenLate: "deny", whenFailed: "allow" }, {
    url: "x",
  }]);
  assert.throws(() => read("waits: { timeout: 0s, whenLate: denny, whenFaild: allow }"), {
    problems: [
      'snet.yaml:3:23: "0s" is not a time from 1ms to 49d17h2m47s295ms',
      'snet.yaml:3:37: "denny" is not one of allow, deny, pass; did you mean "deny"?',
      'snet.yaml:3:44: unknown key "whenFaild" for plugin "waits"; did you mean "whenFailed"?',
    ],
  });
  assert.throws(() => read("sample: { mode: x, timeout: 2s }"), {
    problems: [
      'snet.yaml:3:24: "timeout" is for plugins of the slow lane, which may wait; this one answers at once',
    ],
  });
});

Deno.test("no plugin has options of the names that are there for all that may wait", () => {
  const declare = () =>
    definePlugin({
      name: "late",
      doc: "For tests.",
      on: [],
      options: { whenLate: { type: "string", default: "", doc: "Its own." } },
      setup: () => ({}),
    });
  assert.throws(declare, {
    message: 'plugin "late" declares the option "whenLate", a name that snet.yaml keeps for itself',
  });
});

Deno.test("a plugin that looks into what is sent wants events that show it", () => {
  const looking = { ...sample, name: "looking", needsPayload: true };
  const read = (kernel: string) =>
    parseConfig("snet.yaml", `default: deny\nkernel: ${kernel}\nplugins: [looking: { mode: a }]`, {
      looking,
    });
  assert.equal(read("{ payload: 1 }").plugins.length, 1);
  assert.throws(
    () => read("{ payload: 0 }"),
    {
      message:
        'snet.yaml:3:11: plugin "looking" would see nothing of what is sent; write "kernel: { payload: 4096 }"',
    },
  );
  assert.throws(() => read("{}"), /would see nothing/);
});
