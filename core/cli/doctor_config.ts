/** What `snet doctor` makes of the daemon's configuration, where there is one: what a start of the daemon would say. */

import type { PluginTable } from "../config.ts";
import { ExternalPlugins } from "../external/mod.ts";
import type { Log } from "../log.ts";
import type { PluginContext } from "../plugin.ts";
import { prepare } from "../setup.ts";
import { ConfigError } from "../yaml.ts";
import type { Finding } from "./diagnosis.ts";

const NAME = "configuration";
const UNKNOWN = { name: NAME, state: "limited", advice: "ask as root: sudo snet doctor" } as const;

/** What those who are not root may not do says nothing about the daemon. */
const FORBIDDEN = /permission denied|operation not permitted/i;

/**
 * Reads the configuration and its files and has the plugins prepare them; none of those of the fast lane is set up. What is
 * not built in is loaded as the daemon would load it.
 */
export async function examineConfig(
  path: string,
  builtIn: PluginTable,
  context: PluginContext,
  isRoot = Deno.uid() === 0,
): Promise<readonly Finding[]> {
  const warnings: string[] = [];
  try {
    Deno.openSync(path).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    return [{ ...UNKNOWN, found: `${path} cannot be read` }];
  }
  try {
    const log: Log = (level, line) => void (level === "info" || warnings.push(line));
    await using external = new ExternalPlugins({ builtIn, log });
    const { config, plugins } = await external.read(path);
    warnings.push(...config.warnings);
    prepare(plugins, config, { ...context, log: (_, line) => void warnings.push(line) });
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : [String(error)];
    const forbidden = isRoot ? undefined : problems.find((problem) => FORBIDDEN.test(problem));
    if (forbidden !== undefined) return [{ ...UNKNOWN, found: forbidden }];
    const [first, ...others] = problems;
    const found = others.length === 0 ? `${first}` : `${first} (and ${others.length} more)`;
    return [{ name: NAME, state: "missing", found, advice: "correct it: the daemon does not start with it" }];
  }
  if (warnings.length === 0) return [{ name: NAME, state: "ok", found: `${path} is right` }];
  return warnings.map((found) => ({ name: NAME, state: "limited", found }));
}
