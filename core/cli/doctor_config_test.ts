import assert from "node:assert/strict";
import { definePlugin } from "../plugin.ts";
import { examineConfig } from "./doctor_config.ts";

const odd = definePlugin({
  name: "odd",
  doc: "For tests: has something to say of its words.",
  on: ["snet.connect"],
  options: { words: { type: "strings", default: [], doc: "Words." } },
  prepare({ words }, { log }) {
    for (const word of words) {
      if (word === "secret") throw new Error("Cannot read it: permission denied");
      if (word === "bad") throw new Error("a bad word");
      log?.("warning", `odd: what is "${word}"?`);
    }
  },
  setup: () => ({}),
});

/** What is found of a configuration, with its path as PATH. */
async function examine(text: string, isRoot = true) {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, text);
    const context = { clock: () => 0, verifiedExe: () => true };
    return (await examineConfig(path, { odd }, context, isRoot)).map(({ state, found }) =>
      `${state}: ${found.replaceAll(path, "PATH")}`
    );
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("a configuration that is right is ok, and what plugins have to say of it is told", async () => {
  assert.deepEqual(await examine("default: deny\nplugins: [odd]\n"), ["ok: PATH is right"]);
  assert.deepEqual(await examine("default: deny\nplugins: [odd: { words: [a, b] }]\n"), [
    'limited: odd: what is "a"?',
    'limited: odd: what is "b"?',
  ]);
});

Deno.test("a configuration with which the daemon does not start is missing", async () => {
  assert.deepEqual(await examine("default: maybe\nplugins: [od]\n"), [
    'missing: PATH:1:10: "maybe" is not one of allow, deny (and 1 more)',
  ]);
  assert.deepEqual(await examine("default: deny\nplugins: [odd: { words: [bad] }]\n"), [
    'missing: PATH:2:11: plugin "odd": a bad word',
  ]);
});

Deno.test("sources of names are asked about, and users that this machine does not have are told", async () => {
  const context = { clock: () => 0, verifiedExe: () => true };
  const path = await Deno.makeTempFile();
  const found = async (user: string) => {
    await Deno.writeTextFile(path, `default: deny\nnames: { dnstap: { user: ${user}, socket: /run/d } }\n`);
    const findings = await examineConfig(path, {}, context, true, () => Promise.resolve(undefined));
    return findings.map(({ state, found }) => `${state}: ${found.replaceAll(path, "PATH")}`);
  };
  try {
    assert.deepEqual(await found("root"), [
      "ok: PATH is right",
      "limited: whether /run/d tells names is not known: the daemon has been started without them",
    ]);
    assert.deepEqual(await found("no-such-user"), [
      'missing: PATH:2:26: there is no user "no-such-user" here',
    ]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("what only root may read is no mistake where somebody else asks", async () => {
  const text = "default: deny\nplugins: [odd: { words: [secret] }]\n";
  const said = 'PATH:2:11: plugin "odd": Cannot read it: permission denied';
  assert.deepEqual(await examine(text), [`missing: ${said}`]);
  assert.deepEqual(await examine(text, false), [`limited: ${said}`]);
});

Deno.test("where there is no configuration, nothing is said of it", async () => {
  assert.deepEqual(
    await examineConfig("/nonexistent/snet.yaml", {}, { clock: () => 0, verifiedExe: () => true }),
    [],
  );
});
