/** What `snet doctor` makes of the daemon's configuration, where there is one: what a start of the daemon would say. */

import type { PluginTable } from "../config.ts";
import { ExternalPlugins } from "../external/mod.ts";
import { type PageState, PATHS, type Stats, type Status } from "../control/api.ts";
import type { Log } from "../log.ts";
import { checkNames } from "../names/mod.ts";
import type { NamesJson } from "../names/status.ts";
import type { PluginContext } from "../plugin.ts";
import { prepare } from "../setup.ts";
import { ConfigError } from "../yaml.ts";
import { contextOf } from "../context.ts";
import { ControlClient } from "./client.ts";
import type { Finding } from "./diagnosis.ts";
import { diagnoseNames } from "./names.ts";
import { diagnosePage } from "./page_diagnosis.ts";

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
  askNames = namesOfDaemon,
  askPage = pageOfDaemon,
): Promise<readonly Finding[]> {
  const warnings: string[] = [];
  const others: Finding[] = [];
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
    const told = {
      ...context,
      names: () => undefined,
      log: (_: unknown, line: string) => void warnings.push(line),
    };
    prepare(plugins, config, contextOf(config, told));
    if (config.names !== undefined) {
      checkNames(config.names);
      others.push(...await diagnoseNames(config.names, () => askNames(config.control.socket)));
    }
    if (config.web !== undefined) {
      others.push(await diagnosePage(config.web, () => askPage(config.control.socket)));
    }
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : [String(error)];
    const forbidden = isRoot ? undefined : problems.find((problem) => FORBIDDEN.test(problem));
    if (forbidden !== undefined) return [{ ...UNKNOWN, found: forbidden }];
    const [first, ...rest] = problems;
    const found = rest.length === 0 ? `${first}` : `${first} (and ${rest.length} more)`;
    return [{ name: NAME, state: "missing", found, advice: "correct it: the daemon does not start with it" }];
  }
  if (warnings.length === 0) return [{ name: NAME, state: "ok", found: `${path} is right` }, ...others];
  return [...warnings.map((found): Finding => ({ name: NAME, state: "limited", found })), ...others];
}

/** What the daemon on a socket says of its sources of names. */
async function namesOfDaemon(socket: string): Promise<NamesJson | undefined> {
  using client = new ControlClient(socket);
  return (await client.get<Stats>(PATHS.stats)).names;
}

/** Where the daemon on a socket says that its page is. */
async function pageOfDaemon(socket: string): Promise<PageState | undefined> {
  using client = new ControlClient(socket);
  return (await client.get<Status>(PATHS.status)).page;
}
