/** What `snet doctor` makes of the daemon's configuration, where there is one: what a start of the daemon would say. */

import { readConfig } from "../config.ts";
import type { PluginTable } from "../config.ts";
import type { PluginContext } from "../plugin.ts";
import { prepare } from "../setup.ts";
import { ConfigError } from "../yaml.ts";
import type { Finding } from "./diagnosis.ts";

const NAME = "configuration";

/** Reads the configuration and its files and has the plugins prepare them; none of them is set up. */
export function examineConfig(
  path: string,
  plugins: PluginTable,
  context: PluginContext,
): readonly Finding[] {
  const warnings: string[] = [];
  try {
    Deno.openSync(path).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    const found = `${path} cannot be read`;
    return [{ name: NAME, state: "limited", found, advice: "ask as root: sudo snet doctor" }];
  }
  try {
    const config = readConfig(path, plugins);
    warnings.push(...config.warnings);
    prepare(plugins, config, { ...context, log: (_, line) => void warnings.push(line) });
  } catch (error) {
    const [first, ...others] = error instanceof ConfigError ? error.problems : [String(error)];
    const found = others.length === 0 ? `${first}` : `${first} (and ${others.length} more)`;
    return [{ name: NAME, state: "missing", found, advice: "correct it: the daemon does not start with it" }];
  }
  if (warnings.length === 0) return [{ name: NAME, state: "ok", found: `${path} is right` }];
  return warnings.map((found) => ({ name: NAME, state: "limited", found }));
}
