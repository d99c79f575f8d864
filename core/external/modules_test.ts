import assert from "node:assert/strict";
import * as kit from "../kit/mod.ts";
import { filesOf } from "./files.ts";
import { importModule, moduleOf } from "./modules.ts";

/** Files in a folder of their own, of which "plugin.ts" is imported; PATH stands for the folder in what is thrown. */
async function imported(files: Readonly<Record<string, string>>, limit?: number): Promise<unknown> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
    return await importModule(moduleOf(filesOf(`${folder}/plugin.ts`)), limit);
  } catch (error) {
    throw new Error((error as Error).message.replaceAll(folder, "PATH"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a plugin's file gets this program's own modules as snet and snet/testing", async () => {
  const text =
    `import { deny } from "snet";\nimport { load } from "snet/testing";\nexport default { deny, load };\n`;
  const found = await imported({ "plugin.ts": text }) as { deny: unknown; load: unknown };
  assert.equal(found.deny, kit.deny);
  assert.equal(typeof found.load, "function");
});

Deno.test("types are taken out, also those that make code", async () => {
  const lib = "export enum Colour { Red = 7 }\nexport class P { constructor(readonly x: number) {} }\n";
  const text = `import { Colour, P } from "./lib.ts";\ninterface A { b: number }\n` +
    `const a: A = { b: new P(Colour.Red).x };\nexport default a satisfies A;\n`;
  assert.deepEqual(await imported({ "plugin.ts": text, "lib.ts": lib }), { b: 7 });
});

Deno.test("what was imported before a change of any of its files is not what is imported after it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/plugin.ts`;
    await Deno.writeTextFile(path, `import { number } from "./lib.ts";\nexport default { number };\n`);
    const seen: unknown[] = [];
    for (const number of [1, 2, 1]) {
      await Deno.writeTextFile(`${folder}/lib.ts`, `export const number: number = ${number};\n`);
      seen.push(await importModule(moduleOf(filesOf(path))));
    }
    assert.deepEqual(seen, [{ number: 1 }, { number: 2 }, { number: 1 }]);
    assert.equal(seen[2], seen[0], "the same files are the same module");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("data can be imported too, and what lies beside the file be found by its URL", async () => {
  const text = `import data from "./data.json" with { type: "json" };\nimport { sep } from "node:path";\n` +
    `export default { ...data, sep, text: Deno.readTextFileSync(new URL("./text.txt", import.meta.url)) };\n`;
  const files = { "plugin.ts": text, "data.json": `{ "a": 5 }`, "text.txt": "beside" };
  assert.deepEqual(await imported(files), { a: 5, sep: "/", text: "beside" });
});

Deno.test("what is imported is what was read, though the file has changed since", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/plugin.ts`;
    await Deno.writeTextFile(path, `export default "read";\n`);
    const module = moduleOf(filesOf(path));
    await Deno.writeTextFile(path, `export default "changed";\n`);
    assert.equal(await importModule(module), "read");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const failures: Readonly<Record<string, [text: string, message: RegExp | string]>> = {
  "that throws": [
    "\n\n  throw new Error('not today');\n",
    "not today (at PATH/plugin.ts:3:9)",
  ],
  "that throws what is no error": ["throw 'a text';\n", "it throws a text"],
  "in CommonJS": [
    `const { allow } = require("snet");\n`,
    'ReferenceError: require is not defined; a plugin is an ES module, with "import" and "export" (at PATH/plugin.ts:1:19)',
  ],
  "that imports what is not there": [
    `import { a } from "./missing.ts";\nexport default a;\n`,
    "there is no PATH/missing.ts, which PATH/plugin.ts imports",
  ],
  "that imports a package": [
    `import a from "left-pad";\nexport default a;\n`,
    '"left-pad" cannot be imported; a plugin is made of its own files, "snet", "snet/testing" and "node:" modules',
  ],
  "that mistypes a module": [
    `import { load } from "snet/testng";\nexport default load;\n`,
    '"snet/testng" cannot be imported; did you mean "snet/testing"? ' +
    'a plugin is made of its own files, "snet", "snet/testing" and "node:" modules',
  ],
  "that imports what is not exported": [
    `import { alow } from "snet";\nexport default alow;\n`,
    /^SyntaxError: .*alow/,
  ],
};
for (const [what, [text, message]] of Object.entries(failures)) {
  Deno.test(`a file ${what} is one line`, async () => {
    await assert.rejects(imported({ "plugin.ts": text }), (error: Error) => {
      if (typeof message === "string") assert.equal(error.message, message);
      else assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n|\?snet=/);
      return true;
    });
  });
}

Deno.test("a file that is no TypeScript is one line", async () => {
  await assert.rejects(imported({ "plugin.ts": "const a = ;\n" }), {
    message: "SyntaxError: Expression expected (at PATH/plugin.ts:1:11)",
  });
});

Deno.test("a file that waits at its top level for what never comes ends with its time", async () => {
  await assert.rejects(imported({ "plugin.ts": "await new Promise(() => {});\nexport default 1;\n" }, 1), {
    message: "what it awaits at its top level has not come within 1ms",
  });
});
