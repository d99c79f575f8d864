/**
 * The entry point of the one binary, in each of its roles: the command line, and the Workers, which the daemon
 * starts from this same file: the reactor, and threads of plugins; and processes of plugins that are not trusted. Where it
 * is imported, by the test of a plugin, it does nothing but give what that needs.
 *
 * @module
 */

import type { RuleSources } from "../plugins/rules/mod.ts";
import type { BuiltIn } from "./cli/builtin.ts";
import type { ThreadPort } from "./plugin.ts";
import { SANDBOX_WORD } from "./sandbox/own_program.ts";

/** Before the name of the plugin whose thread a Worker is; other Workers are the reactor. */
const THREAD_OF = "thread of ";

// A thread takes as long to start as the command line to be read, so the reactor's starts first.
let early = import.meta.main && !isWorker() && ["daemon", "run"].includes(Deno.args[0]!)
  ? spawn()
  : undefined;

// Loaded by the commands that need them, and by the Worker: `snet version` sets no plugin up.
const builtIn: BuiltIn = {
  spawnReactor: () => {
    const worker = early ?? spawn();
    early = undefined;
    return worker;
  },
  startThread: (plugin) => new Worker(Deno.mainModule, { type: "module", name: `${THREAD_OF}${plugin}` }),
  plugins: async () => (await import("../plugins/mod.ts")).PLUGINS,
  checkRules: async (options) => {
    const { checkRules } = await import("../plugins/rules/mod.ts");
    return checkRules(options as RuleSources & typeof options);
  },
  openJournal: async (path) => new (await import("../plugins/journal/reader.ts")).JournalReader(path),
  openPage: async (options) => (await import("../web/page.ts")).openPage(options),
};

/** The modules that plugins import, by the names that they have there. */
export const kit = async (): Promise<Readonly<Record<string, object>>> => ({
  "snet": await import("./kit/mod.ts"),
  "snet/testing": await import("./kit/testing.ts"),
});

if (!import.meta.main) {
  // Whoever imports it does the rest.
} else if (isWorker()) {
  const scope = globalThis as unknown as ThreadPort & { readonly name: string };
  // The daemon speaks at once, and a message that finds no handler is lost while the modules are loaded.
  const first = new Promise<MessageEvent>((resolve) => scope.onmessage = resolve);
  if (scope.name.startsWith(THREAD_OF)) {
    (await builtIn.plugins())[scope.name.slice(THREAD_OF.length)]!.thread!(scope);
  } else {
    const { serveAsReactor } = await import("./reactor_worker.ts");
    const { default: others } = await import("./run/others.ts");
    const { default: ownPage } = await import("./run/own_page.ts");
    serveAsReactor({ ...await builtIn.plugins(), [others.name]: others, [ownPage.name]: ownPage });
  }
  scope.onmessage!(await first);
} else if (Deno.args[0] === SANDBOX_WORD) {
  const { runRole } = await import("./sandbox/role.ts");
  await runRole(Deno.args.slice(1));
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
