import assert from "node:assert/strict";
import { definePlugin } from "../plugin.ts";
import { parseConfig, type PluginConfig } from "../config.ts";
import { setUpLanes } from "../lanes.ts";
import { pluginListJson } from "./plugin_list.ts";

const SECRET = "hunter2";

const sample = definePlugin({
  name: "sample",
  doc: "For tests: has options of every kind.",
  on: ["snet.connect"],
  options: {
    rate: { type: "integer", default: 5, min: 1, max: 9, doc: "How many." },
    per: { type: "duration", default: 1000, doc: "In which time." },
    url: { type: "string", optional: true, doc: "Where to." },
    mode: { type: "choice", choices: ["a", "b"], default: "a", doc: "How." },
    command: { type: "strings", optional: true, secret: true, doc: "What is run." },
    files: { type: "files", default: [], doc: "What is read." },
  },
  setup: () => ({ decide: () => undefined }),
});
const plugins = { sample };

function lanesOf(options: string) {
  const text = `default: deny\nplugins: [sample: { ${options} }]\n`;
  const config = parseConfig("/etc/snet/snet.yaml", text, plugins);
  return setUpLanes(plugins, config, { clock: () => 0, verifiedExe: () => true });
}

function optionsOf(options: string, withValues = true) {
  const [plugin] = pluginListJson(lanesOf(options), [], withValues).plugins;
  return Object.fromEntries(plugin!.options.map(({ name, ...rest }) => [name, rest]));
}

Deno.test("plugin list: what a plugin is, and its options with what is set", () => {
  const [plugin] = pluginListJson(lanesOf("rate: 7"), [], true).plugins;
  const { options, ...rest } = plugin!;
  assert.deepEqual(rest, {
    name: "sample",
    doc: "For tests: has options of every kind.",
    where: "/etc/snet/snet.yaml:2:11",
    lane: "fast",
    trust: "built-in",
    events: ["snet.connect"],
  });
  assert.deepEqual(options[0], {
    name: "rate",
    doc: "How many.",
    type: "integer",
    min: 1,
    max: 9,
    default: 5,
    value: 7,
  });
  const { per, url, mode } = optionsOf("rate: 7");
  assert.equal(per!.value, 1000);
  assert.deepEqual(url, { doc: "Where to.", type: "string", optional: true, byHand: true });
  assert.deepEqual(mode!.choices, ["a", "b"]);
});

Deno.test("plugin list: secrets are told to nobody: declared ones, what files hold, more of a URL than where it leads", () => {
  const file = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(file, SECRET);
    const set =
      `command: [/bin/run, ${SECRET}], files: ${file}, url: "https://me:${SECRET}@example.org/${SECRET}?t=${SECRET}"`;
    const lanes = lanesOf(set);
    assert.ok(!JSON.stringify(pluginListJson(lanes, [], true)).includes(SECRET));
    const { command, files, url } = optionsOf(set);
    assert.deepEqual([command!.isWithheld, command!.value], [true, undefined]);
    assert.deepEqual(files!.value, [file]);
    assert.equal(url!.value, "https://example.org/…");
  } finally {
    Deno.removeSync(file);
  }
});

Deno.test("plugin list: who may not read the configuration is told that something is set, not what", () => {
  const options = optionsOf("url: https://example.org", false);
  for (const { value } of Object.values(options)) assert.equal(value, undefined);
  assert.equal(options["url"]!.isWithheld, true);
  for (const name of ["rate", "files", "command"]) assert.equal(options[name]!.isWithheld, undefined, name);
  assert.equal(optionsOf("rate: 7", false)["rate"]!.isWithheld, true);
});

Deno.test("plugin list: of a plugin of somebody else's also what is called like a secret is withheld, and arguments", () => {
  const { config, ...lanes } = lanesOf("rate: 7");
  const options = { apiKey: SECRET, password: SECRET, token: SECRET, authHeader: SECRET, level: "high" };
  const external: PluginConfig["external"] = {
    ...{ id: "x", trusted: false, program: `/usr/bin/python3 ${SECRET}`, isModule: false, declared: "own" },
    grants: { read: ["/etc/own"], write: [], net: [], env: [] },
  };
  const own = {
    ...sample,
    options: Object.fromEntries(
      Object.keys(options).map((name) => [name, { type: "string", doc: "" } as const]),
    ),
  };
  const entry: PluginConfig = { name: "own", options, external, where: "/etc/snet/snet.yaml:3:5" };
  const list = pluginListJson(
    { ...lanes, config: { ...config, plugins: [entry] }, plugins: { own } },
    [],
    true,
  );
  assert.ok(!JSON.stringify(list).includes(SECRET));
  const [plugin] = list.plugins;
  assert.deepEqual([plugin!.program, plugin!.trust], ["/usr/bin/python3", "sandboxed"]);
  assert.deepEqual(plugin!.options.map(({ value }) => value), [
    undefined,
    undefined,
    undefined,
    undefined,
    "high",
  ]);
});
