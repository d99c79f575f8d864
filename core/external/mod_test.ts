import assert from "node:assert/strict";
import { relative } from "node:path";
import { definePlugin } from "../plugin.ts";
import type { Plugin } from "../plugin.ts";
import type { Sandbox, SandboxSpec } from "../sandbox/mod.ts";
import { ConfigError } from "../yaml.ts";
import { ExternalPlugins } from "./mod.ts";
import type { ExternalOptions } from "./mod.ts";

const builtIn = {
  words: definePlugin({
    name: "words",
    doc: "For tests.",
    on: ["snet.connect"],
    options: {},
    setup: () => ({}),
  }),
};

const PORTS = `import { definePlugin, deny } from "snet";
export default definePlugin({
  name: "ports",
  doc: "Refuses a port.",
  version: "1.2.0",
  on: ["snet.connect"],
  options: { port: { type: "integer", default: 23, min: 1, max: 65535, doc: "The port." } },
  setup: ({ port }) => ({ decide: (event) => event.remote?.port === port ? deny("no") : undefined }),
});
`;

/** What is done in a folder with files; its path is PATH in what is thrown. */
interface Place {
  readonly folder: string;
  readonly external: ExternalPlugins;
  write(name: string, text: string): Promise<void>;
  /** Reads snet.yaml with these entries. */
  read(...entries: readonly string[]): ReturnType<ExternalPlugins["read"]>;
}

async function inFolder(
  run: (place: Place) => Promise<void>,
  options: Partial<ExternalOptions> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const external = new ExternalPlugins({ builtIn, log: () => {}, uid: Deno.uid()!, ...options });
  const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
  try {
    await write("ports.ts", PORTS);
    await run({
      ...{ folder, external, write },
      async read(...entries) {
        const list = entries.map((entry) => `  - ${entry}\n`).join("");
        await write("snet.yaml", `default: deny\nplugins:\n${list}`);
        try {
          const { config, plugins } = await external.read(`${folder}/snet.yaml`);
          const warnings = config.warnings.map((line) => line.replaceAll(folder, "PATH"));
          return { config: { ...config, warnings }, plugins };
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          throw new ConfigError(error.problems.map((line) => line.replaceAll(folder, "PATH")));
        }
      },
    });
  } finally {
    await external[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is wrong with one entry. */
async function mistakesOf(entry: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  let found = "";
  await inFolder(async ({ read, write }) => {
    for (const [name, text] of Object.entries(files)) await write(name, text);
    await assert.rejects(read(entry), (error: Error) => {
      found = error.message;
      return error instanceof ConfigError;
    });
  });
  return found;
}

Deno.test("a trusted file is a plugin like a built-in one: its options are checked, and its name is the entry's", () =>
  inFolder(async ({ folder, read }) => {
    const { config, plugins } = await read("telnet: { from: ports.ts, trusted: true }", "words");
    assert.deepEqual(config.plugins.map(({ name, options }) => [name, options]), [
      ["telnet", { port: 23 }],
      ["words", {}],
    ]);
    const { trusted, program, declared, version } = config.plugins[0]!.external!;
    assert.deepEqual([trusted, program, declared, version], [true, `${folder}/ports.ts`, "ports", "1.2.0"]);
    assert.equal(plugins["telnet"]!.doc, "Refuses a port.");
    assert.equal(plugins["words"], builtIn.words);
    assert.deepEqual(config.folders, [folder]);
  }));

Deno.test("paths are whole ones, though that of the configuration is not", () =>
  inFolder(async ({ folder, external, read }) => {
    await read("x: { from: ports.ts, trusted: true }");
    const { config } = await external.read(relative(Deno.cwd(), `${folder}/snet.yaml`));
    assert.equal(config.plugins[0]!.external!.program, `${folder}/ports.ts`);
  }));

Deno.test("one file under two names is two plugins", () =>
  inFolder(async ({ read }) => {
    const { config } = await read(
      "telnet: { from: ports.ts, trusted: true }",
      "mail: { from: ports.ts, trusted: true, port: 25 }",
    );
    assert.deepEqual(config.plugins.map(({ name, options }) => [name, options["port"]]), [
      ["telnet", 23],
      ["mail", 25],
    ]);
  }));

Deno.test("at a reload a changed file is another plugin, and an unchanged one the same", () =>
  inFolder(async ({ read, write }) => {
    await write("lib.ts", "export const why = 'one';\n");
    await write(
      "other.ts",
      PORTS.replace(`"no"`, "why").replace("import", `import { why } from "./lib.ts";\nimport`),
    );
    const entries = ["a: { from: ports.ts, trusted: true }", "b: { from: other.ts, trusted: true }"];
    const first = await read(...entries);
    await write("lib.ts", "export const why = 'two';\n");
    const second = await read(...entries);
    assert.equal(second.plugins["a"], first.plugins["a"]);
    assert.notEqual(second.plugins["b"], first.plugins["b"]);
    assert.equal(second.config.plugins[0]!.external!.id, first.config.plugins[0]!.external!.id);
    assert.notEqual(second.config.plugins[1]!.external!.id, first.config.plugins[1]!.external!.id);
  }));

const mistakes: readonly (readonly [entry: string, message: string, text?: string])[] = [
  [
    "x: { from: gone.ts, trusted: true }",
    `3:16: plugin "x": cannot read PATH/gone.ts: there is no such file`,
  ],
  [
    "x: { from: x.py, trusted: true }",
    `3:16: "x.py" is no .ts, .js, .mts, .mjs file; other programs are started by "exec"`,
  ],
  [
    "words: { from: ports.ts, trusted: true }",
    `3:5: "words" is a built-in plugin; give this one another name`,
  ],
  [
    "a b: { from: ports.ts, trusted: true }",
    `3:5: "a b" cannot name a plugin: letters, digits, "-", "_" and ".", a letter first`,
  ],
  ["x: { from: ports.ts, exec: [/bin/true] }", `3:32: "from" and "exec" are two ways; write one of them`],
  ["x: { from: ports.ts, trusted: yes }", `3:35: expected true or false, not "yes"`],
  [
    "x: { from: ports.ts, trusted: true, grants: { read: [/etc] } }",
    `3:49: a trusted plugin may do all that the daemon may; leave "grants" out, or "trusted"`,
  ],
  [
    "x: { exec: [python3, x.py] }",
    `3:16: "python3" is looked for in no folder; write its path, such as /usr/bin/python3`,
  ],
  ["x: { exec: [/nowhere/x] }", `3:16: there is no program /nowhere/x`],
  [
    "x: { from: ports.ts, grants: { net: [example.org] } }",
    `3:42: "example.org" is no host and port, such as 192.0.2.7:443`,
  ],
  [
    "x: { from: ports.ts, limits: { memroy: 1 } }",
    `3:36: unknown key "memroy" in limits; did you mean "memory"?`,
  ],
  [
    "x: { from: ports.ts, trusted: true, prot: 25 }",
    `3:41: unknown key "prot" for plugin "x"; did you mean "port"?`,
  ],
  ["x: { from: ports.ts, trusted: true, port: 0 }", `3:47: expected a whole number from 1 to 65535, not "0"`],
  [
    "x: { from: x.ts, trusted: true }",
    `3:16: plugin "x": it has no default export; write "export default definePlugin({ … })"`,
    "export const a = 1;\n",
  ],
  [
    "x: { from: x.ts, trusted: true }",
    `3:16: plugin "x": its default export is a function, not a plugin; write "export default definePlugin({ … })"`,
    "export default () => 1;\n",
  ],
  [
    "x: { from: x.ts, trusted: true }",
    `3:16: plugin "x": its default export is no plugin: it lacks "doc", "on", "options", "setup"`,
    `export default { name: "x" };\n`,
  ],
  [
    "x: { from: x.ts, trusted: true }",
    `3:16: plugin "x": unknown event "snet.conect"; did you mean "snet.connect"?`,
    PORTS.replace("snet.connect", "snet.conect"),
  ],
  [
    "x: { from: x.ts, trusted: true }",
    `3:16: plugin "x": the option "port" has an unknown type "intger"; did you mean "integer"?`,
    PORTS.replace(`"integer"`, `"intger"`),
  ],
  [
    "x: { from: x.ts, trusted: true }",
    `3:16: plugin "x": plugin "ports" declares the option "limits", a name that snet.yaml keeps for itself (at PATH/x.ts:2:16)`,
    PORTS.replace("port: { type", "limits: { type"),
  ],
  ["x: { form: x.ts, trusted: true }", `3:5: unknown plugin "x"; did you mean "from" by "form"?`],
  [
    "x: { grants: {} }",
    `3:5: unknown plugin "x"; known: words; one of your own has the key "from" or "exec"`,
  ],
  [
    "x: { from: ports.ts, trusted: true, timeout: 2s }",
    `3:41: "timeout" is for plugins of the slow lane, which may wait; this one answers at once`,
  ],
  [
    "x: { from: ports.ts, limits: { memory: 1 } }",
    `3:44: expected a whole number from 80 to 1000000, not "1"`,
  ],
  [
    "x: { from: x.ts, trusted: true }",
    `3:16: plugin "x": SyntaxError: Expression expected (at PATH/x.ts:1:11)`,
    "const a = ;\n",
  ],
];
for (const [entry, message, text] of mistakes) {
  Deno.test(`a mistake in an entry has its place: ${message.replace("PATH/", "")}`, async () => {
    const found = await mistakesOf(entry, text === undefined ? {} : { "x.ts": text });
    assert.ok(found.startsWith(`PATH/snet.yaml:${message}`), found);
    assert.ok(!found.includes("\n"), found);
  });
}

Deno.test("every mistake is told at once, in the order of the file", async () => {
  await inFolder(async ({ read }) => {
    await assert.rejects(
      read(
        "a: { from: gone.ts, trusted: true }",
        "wrods",
        "a: { from: ports.ts, trusted: true }",
        "b: { from: ports.ts, trusted: true, port: x }",
      ),
      (error: Error) => {
        const places = error.message.split("\n").map((line) =>
          /snet\.yaml:(\d+:\d+): (\S+ \S+)/.exec(line)!.slice(1)
        );
        assert.deepEqual(places, [
          ["3:16", `plugin "a":`],
          ["4:5", `unknown plugin`],
          ["5:5", "there is"],
          ["6:47", "expected a"],
        ]);
        return true;
      },
    );
  });
});

Deno.test("a file that everybody may change is no plugin of root's, and a warning for others", async () => {
  const warnings: string[][] = [];
  for (const uid of [0, Deno.uid()! + 1]) {
    await inFolder(async ({ folder, read }) => {
      await Deno.chmod(`${folder}/ports.ts`, 0o666);
      const entry = "x: { from: ports.ts, trusted: true }";
      const why =
        `plugin "x": everybody may write to PATH/ports.ts, and so put code of their own there; chmod o-w takes that back`;
      if (uid === 0) await assert.rejects(read(entry), { message: `PATH/snet.yaml:3:16: ${why}` });
      else warnings.push([...(await read(entry)).config.warnings]);
    }, { uid });
  }
  assert.match(
    warnings[0]!.join("\n"),
    /snet\.yaml:3:16: plugin "x": everybody may write to PATH\/ports\.ts/,
  );
});

Deno.test("a file in a folder that everybody may change, or below one, is no plugin of root's either", () =>
  inFolder(async ({ folder, read, write }) => {
    await Deno.mkdir(`${folder}/open/own`, { recursive: true });
    await write("open/own/ports.ts", PORTS);
    await Deno.symlink(`${folder}/open/own/ports.ts`, `${folder}/link.ts`);
    for (const from of ["open/own/ports.ts", "link.ts"]) {
      await Deno.chmod(`${folder}/open`, 0o777);
      await assert.rejects(
        read(`x: { from: ${from}, trusted: true }`),
        /everybody may write to PATH\/open, and so/,
      );
      // There only the owner of a folder can put another in its place.
      await Deno.chmod(`${folder}/open`, 0o1777);
      await read(`x: { from: ${from}, trusted: true }`);
    }
  }, { uid: 0 }));

Deno.test("a symbolic link that everybody may replace leads to no plugin of root's, wherever it leads now", () =>
  inFolder(async ({ folder, read }) => {
    await Deno.mkdir(`${folder}/open/below`, { recursive: true });
    await Deno.symlink("../../ports.ts", `${folder}/open/below/link.ts`);
    await Deno.symlink("open/below/link.ts", `${folder}/first.ts`);
    await Deno.symlink(folder, `${folder}/open/folder`);
    for (const from of ["open/below/link.ts", "first.ts", "open/folder/ports.ts"]) {
      const entry = `x: { from: ${from}, trusted: true }`;
      await Deno.chmod(`${folder}/open`, 0o755);
      await read(entry);
      await Deno.chmod(`${folder}/open`, 0o777);
      await assert.rejects(read(entry), /everybody may write to PATH\/open, and so/);
    }
    await Deno.symlink("round.ts", `${folder}/round.ts`);
    await assert.rejects(read("x: { from: round.ts }"), /cannot read PATH\/round\.ts/);
  }, { uid: 0 }));

Deno.test("a plugin whose files are larger than any plugin's is none, and nobody reads them", () =>
  inFolder(async ({ folder, read, write }) => {
    const MEBIBYTE = 1024 * 1024;
    for (const name of ["a", "b"]) {
      using file = await Deno.create(`${folder}/${name}.json`);
      await file.truncate(20 * MEBIBYTE);
    }
    await write("large.ts", `import "./a.json";\nimport "./b.json";\n`);
    const most = 12 * MEBIBYTE - 38;
    await assert.rejects(
      read("x: { from: large.ts }"),
      new RegExp(`cannot read PATH/b\\.json: it has 20971520 bytes; ${most} are the most`),
    );
  }));

Deno.test("a file that is a FIFO is no plugin, and nobody waits for it", () =>
  inFolder(async ({ folder, read }) => {
    assert.ok((await new Deno.Command("mkfifo", { args: [`${folder}/pipe.ts`] }).output()).success);
    await assert.rejects(read("x: { from: pipe.ts }"), /cannot read PATH\/pipe\.ts: it is no plain file/);
  }));

/** Sandboxes without processes, with what becomes of each. */
function fakeSandboxes(declaration: Partial<Plugin> = {}) {
  const happened: string[] = [];
  const specs: SandboxSpec[] = [];
  const open = (spec: SandboxSpec): Promise<Sandbox> => {
    const number = specs.push(spec);
    happened.push(`open ${number}`);
    return Promise.resolve({
      plugin: {
        ...{ name: "inside", doc: "For tests.", lane: "slow", on: ["snet.connect"] },
        options: { port: { type: "integer", default: 23, doc: "The port." } },
        setup: () => ({}),
        ...declaration,
      },
      configure({ port }) {
        happened.push(`configure ${number} ${port}`);
        return port === 666 ? Promise.reject(new Error("not that port")) : Promise.resolve();
      },
      close: () => Promise.resolve(void happened.push(`close ${number}`)),
    });
  };
  return { happened, specs, open };
}

Deno.test("what is not trusted is opened with what it is granted, takes its options, and is closed when it is not used", async () => {
  const { happened, specs, open } = fakeSandboxes();
  await inFolder(async ({ folder, external, read }) => {
    const entry = (port: number, more = "") =>
      `x: { from: ports.ts, grants: { net: ["192.0.2.7:443"] }, port: ${port}${more} }`;
    const first = await read(entry(1));
    await external.settle(first.config);
    assert.deepEqual(specs[0]!.program, { module: `${folder}/ports.ts` });
    assert.deepEqual(specs[0]!.grants, { read: [], write: [], net: ["192.0.2.7:443"], env: [] });
    await external.settle((await read(entry(1, ", timeout: 2s"))).config);
    assert.deepEqual(happened.splice(0), ["open 1", "configure 1 1"]);
    const second = await read(entry(2));
    await external.settle(second.config);
    assert.deepEqual(happened.splice(0), ["configure 1 2"]);
    await assert.rejects(read(entry(666)), { message: `PATH/snet.yaml:3:5: plugin "x": not that port` });
    await external.settle(second.config);
    assert.deepEqual(happened.splice(0), ["configure 1 666"]);
    const third = await read(entry(2, ", limits: { memory: 96 }"));
    assert.equal(specs[1]!.limits.memory, 96 * 1024 * 1024);
    assert.equal(specs[1]!.unconfined, false);
    await external.settle(third.config);
    assert.deepEqual(happened.splice(0), ["open 2", "configure 2 2", "close 1"]);
    const fourth = await read(entry(2, ", unconfined: true"));
    assert.equal(specs[2]!.unconfined, true);
    await external.settle(fourth.config);
    assert.deepEqual(happened.splice(0), ["open 3", "configure 3 2", "close 2"]);
  }, { open });
  assert.deepEqual(happened, ["close 3"]);
});

Deno.test("a draft is read from its text, and no process takes options from it", async () => {
  const { happened, open } = fakeSandboxes();
  await inFolder(async ({ folder, external, read }) => {
    const { config } = await read("x: { from: ports.ts, port: 1 }");
    await external.settle(config);
    happened.splice(0);
    const path = `${folder}/snet.yaml`;
    const draft = (await Deno.readTextFile(path)).replace("port: 1", "port: 666");
    const drafted = await external.read(path, draft);
    assert.equal(drafted.config.plugins[0]!.options["port"], 666);
    await assert.rejects(
      external.read(path, draft.replace("666", "many")),
      /expected a whole number, not "many"/,
    );
    await external.settle(config);
    assert.deepEqual(happened, []);
  }, { open });
  assert.deepEqual(happened, ["close 1"]);
});

Deno.test("a program's own files are watched, and it is another plugin when they change; its interpreter's folder is not", async () => {
  const { happened, specs, open } = fakeSandboxes();
  await inFolder(async ({ folder, external, read, write }) => {
    await Deno.mkdir(`${folder}/plugins`);
    await write("plugins/lookup.py", "one\n");
    const entry = "x: { exec: [/bin/sh, plugins/lookup.py, -v, plugins] }";
    const { config } = await read(entry);
    await external.settle(config);
    assert.deepEqual(specs[0]!.program, {
      exec: ["/bin/sh", `${folder}/plugins/lookup.py`, "-v", `${folder}/plugins`],
    });
    assert.deepEqual(config.folders, [folder, `${folder}/plugins`]);
    await external.settle((await read(entry)).config);
    assert.deepEqual(happened.splice(0), ["open 1", "configure 1 23"]);
    await write("plugins/lookup.py", "another\n");
    await external.settle((await read(entry)).config);
    assert.deepEqual(happened.splice(0), ["open 2", "configure 2 23", "close 1"]);
  }, { open });
});

Deno.test("what a plugin wants and is not granted stops the load by name; what nobody wants is odd", async () => {
  const wants = { read: ["/etc/greylist/list"], net: ["192.0.2.7:443"] };
  await inFolder(async ({ read }) => {
    await assert.rejects(read("x: { exec: [/bin/true], grants: { read: [/etc/greylist] } }"), {
      message: `PATH/snet.yaml:3:5: plugin "x" wants net 192.0.2.7:443; ` +
        `grant it (grants: { net: ["192.0.2.7:443"] }), or leave the plugin out`,
    });
    const granted =
      `x: { exec: [/bin/true], grants: { read: [/etc/greylist], net: ["192.0.2.7:443"], env: [HOME] } }`;
    assert.deepEqual((await read(granted)).config.warnings.filter((line) => line.includes("granted")), [
      `PATH/snet.yaml:3:92: plugin "x" is granted env HOME, which it does not say that it wants`,
      `PATH/snet.yaml:3:46: plugin "x" is granted read /etc/greylist, which is not there; ` +
      "what comes there later it cannot reach before it is started again",
    ]);
  }, fakeSandboxes({ wants }));
});
