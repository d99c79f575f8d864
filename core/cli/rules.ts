/** `snet rules check`: files of rules, read as the daemon would. */

import { type Config, readConfig, readText } from "../config.ts";
import type { PluginContext } from "../plugin.ts";
import { setUp } from "../setup.ts";
import { ConfigError } from "../yaml.ts";
import type { BuiltIn } from "./builtin.ts";
import { CommandError } from "./exit.ts";
import { type Output, printJson } from "./output.ts";
import { printable } from "./text.ts";

/** Options of the command. */
export interface CheckOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** What `--json` prints. */
export interface Checked {
  readonly ok: boolean;
  /** Rules that were read; absent where something is wrong. */
  readonly rules?: number;
  /** One line for each mistake, with its place. */
  readonly problems: readonly string[];
}

/** The plugin whose files are checked. */
const PLUGIN = "rules";

/** Checks `files`, or the whole configuration where there are none. Throws a CommandError when something is wrong. */
export async function check(
  files: readonly string[],
  options: CheckOptions,
  builtIn: BuiltIn,
  output: Output,
): Promise<void> {
  const checked = await checkAll(files, options.config, builtIn);
  if (options.json) printJson(output, checked);
  else if (checked.ok) {
    output.line(`${checked.rules} ${checked.rules === 1 ? "rule" : "rules"}, no mistakes.`);
  } else for (const problem of checked.problems) output.error(printable(problem));
  // What is wrong has been said already.
  if (!checked.ok) throw new CommandError("");
}

async function checkAll(files: readonly string[], config: string, builtIn: BuiltIn): Promise<Checked> {
  const plugins = await builtIn.plugins();
  try {
    const configs = files.length === 0 ? readConfig(config, plugins).plugins : [entry(files)];
    const links = setUp(plugins, configs, nowhere);
    const rules = links.reduce((sum, { instance }) => sum + (instance.rules?.length ?? 0), 0);
    for (const { instance } of links) instance.close?.();
    return { ok: true, rules, problems: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { ok: false, problems: error.problems };
    throw error;
  }
}

/** The plugin's entry in a configuration that names these files. */
function entry(files: readonly string[]): Config["plugins"][number] {
  const sources = files.map((path) => ({ path, text: readText(path) }));
  return { name: PLUGIN, options: { files: sources }, where: "command line" };
}

/** A context for plugins that are set up to be checked only: nothing is ever decided. */
const nowhere: PluginContext = {
  clock: Date.now,
  verifiedExe: () => false,
};
