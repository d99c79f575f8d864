/**
 * The entry point of the one binary, in each of its roles: the command line, and the reactor's Worker, which the daemon
 * starts from this same file.
 *
 * @module
 */

import type { RuleSources } from "../plugins/rules/mod.ts";
import type { BuiltIn } from "./cli/builtin.ts";

// Loaded by the commands that need them, and by the Worker: `snet version` sets no plugin up.
const builtIn: BuiltIn = {
  plugins: async () => (await import("../plugins/mod.ts")).PLUGINS,
  checkRules: async (options) => {
    const { checkRules } = await import("../plugins/rules/mod.ts");
    return checkRules(options as unknown as RuleSources);
  },
};

// Deno has no type for it among its own globals.
const { WorkerGlobalScope } = globalThis as { WorkerGlobalScope?: new () => object };

if (WorkerGlobalScope !== undefined && globalThis instanceof WorkerGlobalScope) {
  const { react } = await import("./reactor.ts");
  react(await builtIn.plugins());
} else {
  const { run } = await import("./cli/program.ts");
  Deno.exit(await run(Deno.args, builtIn));
}
