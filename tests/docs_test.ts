/** What the documents promise is there: files, tasks and commands that they name. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { dirname } from "node:path";
import { parseConfig } from "../core/config.ts";
import { inspectFile } from "../core/external/inspect.ts";
import { ExternalPlugins } from "../core/external/mod.ts";
import { Workshop } from "../core/kit/workshop.ts";
import type { SandboxSpec } from "../core/sandbox/mod.ts";
import config from "../deno.json" with { type: "json" };
import { PLUGINS } from "../plugins/mod.ts";
import { checkRules } from "../plugins/rules/mod.ts";
import { RULE_EXAMPLE } from "../web/page/rule_example.ts";

const ROOT = new URL("../", import.meta.url).pathname;

async function documents(): Promise<{ path: string; text: string }[]> {
  const found: { path: string; text: string }[] = [];
  const plugins = [...Deno.readDirSync(`${ROOT}plugins`)].filter(({ isDirectory }) => isDirectory);
  const folders = ["", "kernel/", "ffi/", "core/", "plugins/", "tests/"];
  for (const folder of [...folders, ...plugins.map(({ name }) => `plugins/${name}/`)]) {
    for await (const { name, isFile } of Deno.readDir(`${ROOT}${folder}`)) {
      if (!isFile || !name.endsWith(".md")) continue;
      found.push({ path: `${folder}${name}`, text: await Deno.readTextFile(`${ROOT}${folder}${name}`) });
    }
  }
  return found;
}

Deno.test("docs: every file that a document links to is there", async () => {
  const missing: string[] = [];
  for (const { path, text } of await documents()) {
    for (const [, link] of text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)) {
      const file = `${ROOT}${dirname(path)}/${link}`;
      await Deno.stat(file).catch(() => missing.push(`${path}: ${link}`));
    }
  }
  deepEqual(missing, []);
});

Deno.test("docs: every task that a document names is in deno.json", async () => {
  const tasks = new Set(Object.keys(config.tasks));
  const missing: string[] = [];
  for (const { path, text } of await documents()) {
    for (const [, task] of text.matchAll(/deno(?:@[\d.]+)? task ([a-z][\w:-]*)/g)) {
      if (!tasks.has(task!)) missing.push(`${path}: deno task ${task}`);
    }
  }
  deepEqual(missing, []);
});

async function helpOfSnet(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", "--quiet", `${ROOT}core/main.ts`, "--help"],
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("docs: every command of snet that a document shows is one", async () => {
  const help = /^Commands:\n([^]*?)\n\n/m.exec(await helpOfSnet())![1]!;
  const commands = new Set([...help.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name!));
  const unknown: string[] = [];
  for (const { path, text } of await documents()) {
    const blocks = [...text.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block]) => block).join("");
    const shown = [
      ...text.matchAll(/`(?:dist\/)?snet ([a-z]+)\b/g),
      ...blocks.matchAll(/^(?:sudo )?(?:dist\/)?snet ([a-z]+)\b/gm),
    ];
    for (const [, command] of shown) {
      if (!commands.has(command!)) unknown.push(`${path}: snet ${command}`);
    }
  }
  deepEqual(unknown, []);
});

Deno.test("docs: the program in README is ffi/example.ts", async () => {
  const readme = await Deno.readTextFile(`${ROOT}README.md`);
  const example = await Deno.readTextFile(`${ROOT}ffi/example.ts`);
  const [, program] = readme.match(/```ts\n([^]*?)```/) ?? [];
  deepEqual(program, example.slice(example.indexOf("import")));
});

Deno.test("docs: the plugins of the guide pass their tests and their types, and its configuration loads them", async () => {
  const guide = await Deno.readTextFile(`${ROOT}plugins/README.md`);
  const folder = await Deno.makeTempDir();
  try {
    const names: string[] = [];
    for (const [, text, name] of guide.matchAll(/^```(?:ts|yaml)\n((?:\/\/|#) ([\w.-]+)\n[^]*?)^```/gm)) {
      names.push(name!);
      // Nothing of this machine's /etc is granted.
      await Deno.writeTextFile(`${folder}/${name}`, text!.replace("read: [/etc/greylist]", "read: [/etc]"));
    }
    deepEqual(names, ["one-network.ts", "one-network_test.ts", "greylist.ts", "snet.yaml"]);
    using workshop = await Workshop.open();
    const tested = await workshop.run("test", ["--allow-all", `${folder}/one-network_test.ts`], "piped");
    ok(tested.text.includes("ok | 3 passed | 0 failed"), `${tested.code}: ${tested.text}`);
    const checked = await workshop.run("check", [`${folder}/greylist.ts`], "piped");
    deepEqual(checked.code, 0, checked.text);
    const open = (spec: SandboxSpec) =>
      inspectFile((spec.program as { module: string }).module).then((plugin) => ({
        plugin,
        configure: () => Promise.resolve(),
        close: () => Promise.resolve(),
      }));
    await using external = new ExternalPlugins({ builtIn: PLUGINS, log: () => {}, open });
    const { config } = await external.read(`${folder}/snet.yaml`);
    deepEqual(config.plugins.map(({ name, external }) => [name, external?.trusted]), [
      ["one-network", true],
      ["home", true],
      ["greylist", false],
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** What authors of plugins import. */
const MODULES = ["core/kit/mod.ts", "core/kit/testing.ts"];

/** Declared for built-in plugins only: what these are made of is nothing that authors are to know. */
const OWN_TYPES = /references private type '(QuestionDesk|Processes|RulePlace)'/;

Deno.test("docs: the modules snet and snet/testing are documented, to the last of their types", async () => {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...MODULES],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const problems = new TextDecoder().decode(stderr).split(/^(?=error\[)/m).filter((text) =>
    /^error\[/.test(text)
  );
  deepEqual(
    problems.filter((problem) => !OWN_TYPES.test(problem)).map((problem) => problem.split("\n\n")[0]),
    [],
  );
});

Deno.test("docs: the examples of snet and snet/testing do what they say", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--quiet", "--doc", "--no-check", "--allow-all", ...MODULES],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stdout);
  deepEqual([code, said.includes("2 passed")], [0, true], said + new TextDecoder().decode(stderr));
});

/** What is wrong with an example of snet.yaml or of a rule file; what it looks like tells which of them it is. */
function mistakesOf(path: string, text: string): readonly string[] {
  if (/^rules:/m.test(text)) {
    return checkRules({ files: [{ path, text }], lists: [], passwd: [], group: [] }).errors;
  }
  try {
    parseConfig(path, text, PLUGINS);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

Deno.test("docs: every whole file of rules or configuration that a document shows is right", async () => {
  const mistakes: string[] = [];
  let shown = 0;
  for (const { path, text } of await documents()) {
    for (const [, example] of text.matchAll(/^```yaml\n(version: 1\n[^]*?)^```/gm)) {
      shown++;
      mistakes.push(...mistakesOf(path, example!));
    }
  }
  deepEqual(mistakes, []);
  ok(shown >= 3, `${shown} examples found`);
});

Deno.test("docs: the rules that the page shows to whoever edits some are right", () => {
  deepEqual(mistakesOf("page", RULE_EXAMPLE), []);
});

Deno.test("docs: the configuration and the rules that the help of snet shows are right", async () => {
  const shown = [...(await helpOfSnet()).matchAll(/^ {2}version: 1\n(?: {2}.*\n)+/gm)].map(([text]) =>
    text.replace(/^ {2}/gm, "")
  );
  equal(shown.length, 2);
  deepEqual(shown.flatMap((text) => mistakesOf("help", text)), []);
});
