import { equal, ok } from "node:assert/strict";
import { Operand } from "../../ffi/mod.ts";
import type { Asking, PluginInstance } from "../plugin.ts";
import { event } from "../testing.ts";
import { openSandbox } from "./mod.ts";
import { DEFAULT_LIMITS, NO_GRANTS } from "./spec.ts";

const EXAMPLE = new URL("./examples/no_telnet.py", import.meta.url).pathname;

Deno.test("sandbox: the example in Python declares an option, decides by it and tells what it read", async () => {
  const logged: string[] = [];
  const sandbox = await openSandbox({
    name: "no-telnet",
    program: { exec: ["/usr/bin/python3", EXAMPLE] },
    grants: NO_GRANTS,
    limits: DEFAULT_LIMITS,
    log: (_level, message) => void logged.push(message),
  });
  try {
    const { plugin } = sandbox;
    equal(plugin.name, "no-telnet");
    equal(plugin.lane, "slow");
    equal(plugin.options["ports"]?.type, "strings");
    await sandbox.configure({ ports: ["25"] });
    const instance = plugin.setup({ ports: ["25"] }, {
      clock: Date.now,
      verifiedExe: () => true,
    }) as PluginInstance<"slow">;
    const asking: Asking = {
      signal: new AbortController().signal,
      deadline: performance.now() + 60_000,
      calls: 1,
      asked: undefined,
    };
    const mail = event({ remote: { ip: "192.0.2.1", port: 25 } });
    const verdict = await instance.decide!(mail, asking);
    equal(verdict?.action, "deny");
    equal(verdict?.why, "port 25 is not encrypted");
    equal(mail.read, Operand.RemotePort, "what it did not read no ticket needs to hold");
    equal(await instance.decide!(event({ remote: { ip: "192.0.2.1", port: 23 } }), asking), undefined);
  } finally {
    await sandbox.close();
  }
  equal(logged.join("\n"), "");
});

Deno.test("sandbox: the program in README.md is the example", async () => {
  const readme = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  const example = await Deno.readTextFile(EXAMPLE);
  ok(readme.includes(`\`\`\`py\n${example.slice(example.indexOf("import"))}\`\`\``));
});
