import assert from "node:assert/strict";
import { definePlugin } from "../plugin.ts";
import type { BuiltIn } from "./builtin.ts";
import { Recorder } from "./recorder.ts";
import { check } from "./rules.ts";

const rules = definePlugin({
  name: "rules",
  doc: "For tests.",
  on: [],
  options: { files: { type: "files", doc: "Rule files." } },
  setup: () => ({}),
});

/** Built-in plugins whose check finds a mistake in each file. */
const builtIn: BuiltIn = {
  spawnReactor: () => assert.fail("no daemon is started"),
  plugins: () => Promise.resolve({ rules }),
  openJournal: () => assert.fail("no journal is read"),
  startThread: () => assert.fail("no command here needs a thread"),
  checkRules: ({ files }) => {
    const errors = (files as { path: string; text: string }[]).map(({ path, text }) =>
      `${path}:1:1: ${text}`
    );
    return Promise.resolve({ errors, warnings: [], rules: errors.length });
  },
};

Deno.test("a file to be checked is a name and no pattern", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/rules[1] {a,b}*.yaml`;
  await Deno.writeTextFile(path, "no");
  const output = new Recorder();
  await assert.rejects(check([path], { config: "/nowhere" }, builtIn, output), { exitCode: 1 });
  assert.deepEqual(output.errors, [`${path}:1:1: no`]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a configuration whose pattern names no file is not passed over in silence", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "default: allow\nplugins: [rules: { files: /nowhere/*.yaml }]");
  const output = new Recorder();
  await check([], { config: path }, builtIn, output);
  assert.deepEqual(output.errors, [`warning: ${path}:2:27: "/nowhere/*.yaml" names no file`]);
  await Deno.remove(path);
});
