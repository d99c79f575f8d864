/** `snet serve`: decides for the daemons of other machines, in the foreground. */

import { runServer } from "../serve/process.ts";
import type { BuiltIn } from "./builtin.ts";
import { logTo } from "./daemon.ts";
import type { Output } from "./output.ts";
import { VERSION } from "./version.ts";

/** Options of the command. */
export interface ServeOptions {
  readonly config: string;
  readonly socket?: string;
  readonly json?: boolean;
}

/** Runs the server until it is told to stop. Throws a ConfigError for a wrong configuration, and what else it ends with. */
export async function serve(options: ServeOptions, builtIn: BuiltIn, output: Output): Promise<void> {
  const { config, socket } = options;
  const log = logTo(output, options.json === true);
  const startThread = (plugin: string) => builtIn.startThread(plugin);
  const plugins = await builtIn.plugins();
  await runServer({ config, socket, version: VERSION, plugins, log, startThread });
}
