import { deepEqual, equal, throws } from "node:assert/strict";
import type { PluginConfig } from "../config.ts";
import { makeRuleFile, newPath, ruleFolders, SKELETON, unmakeRuleFile } from "./new_rule_file.ts";
import { RequestError } from "./request_error.ts";

const FOLDERS = [{ folder: "/etc/snet/rules.d", suffix: ".yaml" }];

function entry(name: string, ...files: string[]): PluginConfig {
  return { name, options: {}, patterns: { files }, where: "" };
}

/** True of an error with a status and a text. */
function status(code: number, text: RegExp) {
  return (error: unknown) =>
    error instanceof RequestError && error.status === code && text.test(error.message);
}

function withFolder(run: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    run(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("new rules: only where the plugin rules reads all files of a folder", () => {
  deepEqual(
    ruleFolders([
      entry(
        "rules",
        "/etc/snet/rules.d/*.yaml",
        "/etc/*/rules.d/*.yaml",
        "/a/x*.yaml",
        "/b/*",
        "/c/**/*.yaml",
      ),
      entry("rules", "/etc/snet/rules.d/*.yaml", "/d/*.rules.yml"),
      entry("blocklist", "/lists/*.txt"),
    ]),
    [...FOLDERS, { folder: "/d", suffix: ".rules.yml" }],
  );
});

Deno.test("new rules: a name is a name and nothing else", () => {
  const of = (name: string) => newPath(FOLDERS, "/etc/snet/rules.d", name);
  equal(of("20-web"), "/etc/snet/rules.d/20-web.yaml");
  equal(of("20-web.yaml"), "/etc/snet/rules.d/20-web.yaml");
  for (
    const name of [
      ...[
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/etc/passwd",
        ".hidden",
        "-rf",
        "a b",
        "a.b",
        "a\0",
        "a\n",
        "ä",
        ".yaml",
      ],
      ...["x".repeat(64), "a\\b", "$x", "*", "a.yaml.yaml/../b.yaml"],
    ]
  ) throws(() => of(name), status(400, /^name: letters, digits/), JSON.stringify(name));
  throws(() => newPath(FOLDERS, "/etc/snet/rules.d/", "a"), status(404, /one of \/etc\/snet\/rules\.d$/));
  throws(() => newPath(FOLDERS, "/etc", "a"), status(404, /^folder/));
  throws(() => newPath([], "/etc", "a"), status(404, /reads no folder/));
});

Deno.test("new rules: a file is as its neighbours are, and takes nobody's place", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/a.yaml`, "", { mode: 0o640 });
    const path = `${folder}/b.yaml`;
    makeRuleFile(path, ["/elsewhere/x.yaml", `${folder}/a.yaml`]);
    equal(Deno.readTextFileSync(path), SKELETON);
    equal(Deno.statSync(path).mode! & 0o777, 0o640);
    throws(() => makeRuleFile(path, []), status(409, /is there already$/));
    Deno.symlinkSync(`${folder}/nowhere`, `${folder}/c.yaml`);
    throws(() => makeRuleFile(`${folder}/c.yaml`, []), status(409, /is there already$/));
    makeRuleFile(`${folder}/d.yaml`, []);
    equal(Deno.statSync(`${folder}/d.yaml`).mode! & 0o777, 0o644);
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      ...["a.yaml", "b.yaml", "c.yaml", "d.yaml"],
    ]);
  }));

Deno.test("new rules: not in a folder that is another's, a link or none", () =>
  withFolder((folder) => {
    Deno.mkdirSync(`${folder}/open`);
    Deno.chmodSync(`${folder}/open`, 0o777);
    throws(() => makeRuleFile(`${folder}/open/a.yaml`, []), status(409, /everybody may write/));
    Deno.symlinkSync("/tmp", `${folder}/link`);
    throws(() => makeRuleFile(`${folder}/link/a.yaml`, []), status(409, /is no folder$/));
    throws(() => makeRuleFile(`${folder}/none/a.yaml`, []), status(409, /^Cannot make/));
  }));

Deno.test("new rules: what is taken away again is what was made, and not what somebody wrote there", () =>
  withFolder((folder) => {
    const [made, written] = [`${folder}/a.yaml`, `${folder}/b.yaml`];
    makeRuleFile(made, []);
    makeRuleFile(written, []);
    Deno.writeTextFileSync(written, "version: 1\n");
    for (const path of [made, written, `${folder}/none`]) unmakeRuleFile(path);
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["b.yaml"]);
  }));
