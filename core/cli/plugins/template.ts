/** What `snet plugins new` writes: a plugin that works, and what it takes to change it into another. */

import { declarations } from "../../kit/declarations.ts";

/** Files by their names in the new folder. */
export type Files = Readonly<Record<string, string>>;

/** Languages that there is a template for. */
const LANGUAGES = ["ts", "python"] as const;
export type Language = typeof LANGUAGES[number];

/** The files of a new plugin of this name. */
export async function template(name: string, language: Language): Promise<Files> {
  return language === "ts" ? await typeScript(name) : python(name);
}

async function typeScript(name: string): Promise<Files> {
  const declared = await declarations();
  const imports = { "snet": "./types/snet.d.ts", "snet/testing": "./types/testing.d.ts" };
  const paths = Object.fromEntries(Object.entries(imports).map(([module, file]) => [module, [file]]));
  return {
    [`${name}.ts`]: plugin(name),
    [`${name}_test.ts`]: pluginTest(name),
    "snet.yaml": `# To try the plugin: snet plugins check -c snet.yaml; sudo snet daemon -c snet.yaml
version: 1
default: allow
plugins:
  - ${name}: { from: ${name}.ts, trusted: true, perMinute: 30 }
`,
    "README.md": readme(
      name,
      `${name}.ts`,
      `snet plugins check ${name}.ts    # declaration and types\nsnet plugins test${
        " ".repeat(name.length + 5)
      }    # ${name}_test.ts`,
    ),
    "deno.json": json({ imports }),
    "tsconfig.json": json({
      compilerOptions: {
        ...{ target: "esnext", module: "preserve", lib: ["esnext", "dom"], strict: true },
        ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
        ...{ noEmit: true, allowImportingTsExtensions: true, paths },
      },
      // Tests are Deno's; 'snet plugins test' checks their types.
      exclude: ["**/*_test.ts"],
    }),
    "types/snet.d.ts": declared["snet"],
    "types/testing.d.ts": declared["snet/testing"],
  };
}

function plugin(name: string): string {
  return `import { definePlugin, deny } from "snet";

/** Milliseconds. */
const MINUTE = 60_000;

export default definePlugin({
  name: "${name}",
  doc: "Limits how many connections each program may open in a minute.",
  version: "0.1.0",
  on: ["snet.connect"],
  options: {
    perMinute: { type: "integer", default: 60, min: 1, doc: "Connections that a program may open in a minute." },
  },
  setup({ perMinute }, { clock }) {
    let minute = 0;
    const opened = new Map<string, number>();
    return {
      decide(event) {
        // The clock and the count are nothing that a ticket could hold.
        event.readVolatile();
        const now = Math.floor(clock() / MINUTE);
        // A new minute starts empty, so the map never outgrows one minute of programs.
        if (now !== minute) opened.clear();
        minute = now;
        const exe = event.task.exe ?? "";
        const count = (opened.get(exe) ?? 0) + 1;
        opened.set(exe, count);
        if (count > perMinute) return deny(\`more than \${perMinute} connections in a minute\`);
        return undefined;
      },
    };
  },
});
`;
}

function pluginTest(name: string): string {
  return `import assert from "node:assert/strict";
import { load } from "snet/testing";
import plugin from "./${name}.ts";

const curl = { task: { exe: "/usr/bin/curl" } };
const wget = { task: { exe: "/usr/bin/wget" } };

Deno.test("a program that opens more connections than it may is refused", () => {
  const { decide } = load(plugin, { perMinute: 2 });
  assert.equal(decide(curl), undefined);
  assert.equal(decide(curl), undefined);
  assert.equal(decide(curl)?.action, "deny");
});

Deno.test("each program has its own count, and each minute a new one", () => {
  const { decide, clock } = load(plugin, { perMinute: 1 });
  decide(curl);
  assert.equal(decide(wget), undefined);
  assert.equal(decide(curl)?.why, "more than 1 connections in a minute");
  clock.advance(60_000);
  assert.equal(decide(curl), undefined);
});

Deno.test("an option that is not right is refused in words", () => {
  assert.throws(() => load(plugin, { perMinute: 0 }), /expected a whole number of at least 1, not "0"/);
});
`;
}

function readme(name: string, file: string, steps: string): string {
  return `# ${name}

A plugin for snet: limits how many connections each program may open in a minute.

\`\`\`sh
${steps}
snet plugins check -c snet.yaml
sudo snet daemon -c snet.yaml
\`\`\`

| option      | value        | default | meaning                                         |
| ----------- | ------------ | ------- | ----------------------------------------------- |
| \`perMinute\` | whole number | 60      | Connections that a program may open in a minute |

To use it, copy \`${file}\` to \`/etc/snet/plugins/\`, where only root may write, and give it a line in the
\`plugins\` of \`/etc/snet/snet.yaml\`.
`;
}

function python(name: string): Files {
  return {
    [`${name}.py`]: pythonPlugin(name),
    [`test_${name.replaceAll(/[-.]/g, "_")}.py`]: pythonTest(name),
    "snet.yaml": `# To try the plugin: snet plugins check -c snet.yaml; sudo snet daemon -c snet.yaml
version: 1
default: allow
plugins:
  - ${name}: { exec: [/usr/bin/python3, ${name}.py], perMinute: 30, timeout: 1s, whenLate: pass }
`,
    "README.md": readme(name, `${name}.py`, "python3 -m unittest"),
  };
}

function pythonPlugin(name: string): string {
  return `#!/usr/bin/python3
"""A plugin for snet: limits how many connections each program may open in a minute.

snet starts it in a process of its own and speaks JSON lines with it on standard input and output.
"""

import json
import sys
import time

DECLARATION = {
    "type": "declaration",
    "protocol": 1,
    "name": "${name}",
    "doc": "Limits how many connections each program may open in a minute.",
    "version": "0.1.0",
    "on": ["snet.connect"],
    "options": {
        "perMinute": {
            "type": "integer",
            "default": 60,
            "min": 1,
            "doc": "Connections that a program may open in a minute.",
        },
    },
}


class Plugin:
    def __init__(self, options, clock=time.time):
        self.per_minute = options["perMinute"]
        self.clock = clock
        self.minute = 0
        self.opened = {}

    def decide(self, event):
        """A verdict, or None: not mine, ask the next."""
        now = int(self.clock() // 60)
        # A new minute starts empty, so the table never outgrows one minute of programs.
        if now != self.minute:
            self.opened.clear()
        self.minute = now
        exe = event["task"].get("exe", "")
        self.opened[exe] = self.opened.get(exe, 0) + 1
        if self.opened[exe] <= self.per_minute:
            return None
        return {"action": "deny", "why": f"more than {self.per_minute} connections in a minute"}


def say(message):
    print(json.dumps(message), flush=True)


def main():
    plugin = None
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "hello":
            say(DECLARATION)
        elif message["type"] == "setup":
            plugin = Plugin(message["options"])
            say({"type": "ready"})
        elif message["type"] == "ask":
            # The clock and the count are nothing that a ticket could hold.
            verdict = plugin.decide(message["event"])
            say({"type": "answer", "id": message["id"], "verdict": verdict, "read": ["volatile"]})
        elif message["type"] == "ping":
            say({"type": "pong", "id": message["id"]})
        elif message["type"] == "bye":
            break


if __name__ == "__main__":
    main()
`;
}

function pythonTest(name: string): string {
  return `import importlib.util
import pathlib
import unittest

path = pathlib.Path(__file__).with_name("${name}.py")
spec = importlib.util.spec_from_file_location("plugin", path)
plugin = importlib.util.module_from_spec(spec)
spec.loader.exec_module(plugin)

CURL = {"task": {"exe": "/usr/bin/curl"}}
WGET = {"task": {"exe": "/usr/bin/wget"}}


class PluginTest(unittest.TestCase):
    def test_a_program_that_opens_more_than_it_may_is_refused(self):
        decide = plugin.Plugin({"perMinute": 1}, lambda: 0).decide
        self.assertIsNone(decide(CURL))
        self.assertIsNone(decide(WGET))
        self.assertEqual(decide(CURL)["action"], "deny")

    def test_each_minute_has_a_new_count(self):
        now = 0
        decide = plugin.Plugin({"perMinute": 1}, lambda: now).decide
        decide(CURL)
        now = 60
        self.assertIsNone(decide(CURL))


if __name__ == "__main__":
    unittest.main()
`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
