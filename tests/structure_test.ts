/** Holds the design's shape: who may import whom, and what is generated. */

import { deepEqual, ok } from "node:assert/strict";

const ROOT = new URL("../", import.meta.url).pathname;

/** What the files below a path may import of the project; the first that fits a file rules. */
const MAY_IMPORT: readonly { readonly of: string; readonly from: readonly string[] }[] = [
  // The table of built-in plugins is handed to core here, and nowhere else.
  {
    of: "core/main.ts",
    from: [
      ...["core/", "ffi/mod.ts", "plugins/mod.ts", "plugins/rules/mod.ts", "plugins/journal/reader.ts"],
      "web/page.ts",
    ],
  },
  { of: "core/package/", from: ["core/package/", "web/build.ts", "deno.json"] },
  // What the page and the terminal show of the same decisions: it runs in a browser too.
  { of: "core/view/", from: ["core/view/", "core/control/api.ts"] },
  { of: "core/", from: ["core/", "ffi/mod.ts", "deno.json"] },
  { of: "ffi/protocol.ts", from: [] },
  { of: "ffi/", from: ["ffi/"] },
  // Plugins are written against what any plugin may use; rules take events apart with core's documented parts.
  { of: "plugins/", from: ["plugins/", "core/mod.ts"] },
  // What runs in a browser knows of the daemon what the API says, and shares what is shown elsewhere too.
  { of: "web/page/", from: ["web/page/", "core/control/api.ts", "core/view/"] },
  { of: "web/", from: ["web/", "core/", "ffi/mod.ts", "dist/page.js"] },
  // The reader of YAML needs nothing that the generator makes.
  { of: "kernel/generate/", from: ["kernel/", "core/yaml.ts"] },
  { of: "kernel/", from: ["kernel/"] },
];

/** Tests, and what they are made of (`x_fixture.ts`), may besides use what is made for tests. */
const TESTS_MAY_IMPORT = ["tests/", "core/testing.ts"];

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}${folder}`)) {
    const path = `${folder}${name}`;
    if (isDirectory && path !== "kernel/tree") yield* sources(`${path}/`);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}

/** Specifiers of static and dynamic imports; examples in comments are none. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const found = code.matchAll(
    /(?:^|\s)(?:import|export)\s[^"'`;]*?from\s*"([^"]+)"|import\(\s*"([^"]+)"|^import "([^"]+)"/gm,
  );
  return [...found].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

/** The project's file that a specifier names from `path`; undefined for packages and node's modules. */
function target(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}

async function forbiddenImports(): Promise<string[]> {
  const forbidden: string[] = [];
  for (const top of ["core/", "ffi/", "plugins/", "web/", "kernel/"]) {
    for await (const path of sources(top)) {
      const rule = MAY_IMPORT.find(({ of }) => path.startsWith(of))!;
      const allowed = /(_test|fixture)\.ts$/.test(path) ? [...rule.from, ...TESTS_MAY_IMPORT] : rule.from;
      for (const specifier of importsOf(await Deno.readTextFile(`${ROOT}${path}`))) {
        const file = target(path, specifier);
        if (file !== undefined && !allowed.some((prefix) => file.startsWith(prefix))) {
          forbidden.push(`${path} imports ${file}`);
        }
      }
    }
  }
  return forbidden;
}

Deno.test("structure: imports go one way: plugins to core/mod.ts, core to ffi/mod.ts, ffi to neither; the page to the API", async () => {
  deepEqual(await forbiddenImports(), []);
});

Deno.test("structure: an import that goes the wrong way would be seen", () => {
  const text = `import { a } from "../core/chain.ts";\nexport * from "./b.ts";\nimport "./c.ts";\n` +
    `const d = await import("./d.ts");\nimport {\n  e,\n} from "./e.ts";\n/**\n * import { f } from "./f.ts";\n */\n`;
  deepEqual(importsOf(text).sort(), ["../core/chain.ts", "./b.ts", "./c.ts", "./d.ts", "./e.ts"]);
  deepEqual(target("ffi/event.ts", "../core/chain.ts"), "core/chain.ts");
  deepEqual(target("ffi/event.ts", "node:assert"), undefined);
});

Deno.test("structure: generated files say so in their first lines", async () => {
  const generated = [
    "ffi/protocol.ts",
    "kernel/tree/include/uapi/linux/snet.h",
    "kernel/tree/security/snet/netlink_gen.h",
    "kernel/tree/security/snet/netlink_gen.c",
  ];
  for (const path of generated) {
    const [first, second] = (await Deno.readTextFile(`${ROOT}${path}`)).split("\n");
    ok(`${first}\n${second}`.includes("Do not edit: generated from kernel/snet.yaml"), path);
  }
});
