/**
 * The entry point of the one binary, in each of its roles: the command line, and the reactor's Worker, which the daemon
 * starts from this same file.
 *
 * @module
 */

import type { RuleSources } from "../plugins/rules/mod.ts";
import type { BuiltIn } from "./cli/builtin.ts";

// A thread takes as long to start as the command line to be read, so the reactor's starts first.
let early = !isWorker() && ["daemon", "run"].includes(Deno.args[0]!) ? spawn() : undefined;

// Loaded by the commands that need them, and by the Worker: `snet version` sets no plugin up.
const builtIn: BuiltIn = {
  spawnReactor: () => {
    const worker = early ?? spawn();
    early = undefined;
    return worker;
  },
  plugins: async () => (await import("../plugins/mod.ts")).PLUGINS,
  checkRules: async (options) => {
    const { checkRules } = await import("../plugins/rules/mod.ts");
    return checkRules(options as RuleSources & typeof options);
  },
};

if (isWorker()) {
  const scope = globalThis as unknown as { onmessage: (event: MessageEvent) => void };
  // The daemon speaks at once, and a message that finds no handler is lost while the modules are loaded.
  const first = new Promise<MessageEvent>((resolve) => scope.onmessage = resolve);
  const { serveAsReactor } = await import("./reactor_worker.ts");
  const { default: others } = await import("./run/others.ts");
  serveAsReactor({ ...await builtIn.plugins(), [others.name]: others });
  scope.onmessage(await first);
} else {
  const { run } = await import("./cli/program.ts");
  Deno.exit(await run(Deno.args, builtIn));
}

function spawn(): Worker {
  return new Worker(Deno.mainModule, { type: "module", name: "reactor" });
}

function isWorker(): boolean {
  return "WorkerGlobalScope" in globalThis;
}
