/**
 * From a configuration's plugin list to links of a chain, in two steps: preparing, once and on the main thread, takes
 * the time that it takes; setting up what was prepared is quick, for in the reactor calls wait for it.
 */

import type { Link } from "./chain.ts";
import type { Config, PluginConfig, PluginTable } from "./config.ts";
import { parseEvents } from "./events.ts";
import type { Options, OptionSpec, PluginContext } from "./plugin.ts";
import { ConfigError } from "./yaml.ts";

/** A plugin of the list with what its `setup` gets; can be handed to a Worker. */
export interface PreparedPlugin {
  readonly name: string;
  readonly prepared: unknown;
  /** `file:line:column` of the entry. */
  readonly where: string;
}

/** A configuration whose plugins are prepared. */
export type PreparedConfig = Omit<Config, "plugins"> & { readonly plugins: readonly PreparedPlugin[] };

/**
 * Prepares every plugin of a configuration.
 *
 * Throws a {@linkcode ConfigError} with what each of the plugins has against its options.
 */
export function prepare(plugins: PluginTable, config: Config, context: PluginContext): PreparedConfig {
  const prepared = forEach(config.plugins, ({ name, options, where }: PluginConfig): PreparedPlugin => {
    const plugin = plugins[name]!;
    // The options were checked against the plugin's own declaration when the configuration was read.
    const checked = options as Options<Readonly<Record<string, OptionSpec>>>;
    return {
      name,
      where,
      prepared: plugin.prepare === undefined ? checked : plugin.prepare(checked, context),
    };
  });
  return { ...config, plugins: prepared };
}

/**
 * Sets up every plugin, in the order of the configuration.
 *
 * Throws a {@linkcode ConfigError} with what each of the plugins has against what it gets.
 */
export function setUp(
  plugins: PluginTable,
  prepared: readonly PreparedPlugin[],
  context: PluginContext,
): readonly Link[] {
  const links: Link[] = [];
  try {
    forEach(prepared, ({ name, prepared }) => {
      const plugin = plugins[name]!;
      const instance = plugin.setup(prepared, context);
      const events = instance.events ?? parseEvents(plugin.on);
      links.push({ name, events, instance, ...(plugin.asks && { asks: true }) });
    });
    return links;
  } catch (error) {
    for (const { instance } of links) instance.close?.();
    throw error;
  }
}

/** Does something with every plugin; what each of them throws becomes one error. */
function forEach<T extends { readonly name: string; readonly where: string }, R>(
  plugins: readonly T[],
  act: (plugin: T) => R,
): readonly R[] {
  const problems: string[] = [];
  const results = plugins.flatMap((plugin) => {
    try {
      return [act(plugin)];
    } catch (error) {
      problems.push(...linesOf(error, plugin));
      return [];
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return results;
}

/** Mistakes in a plugin's own files have their place already; others get that of the plugin's entry. */
function linesOf(error: unknown, { name, where }: { readonly name: string; readonly where: string }) {
  if (error instanceof ConfigError) return error.problems;
  const message = error instanceof Error ? error.message : String(error);
  return [/^\S+:\d+:\d+: /.test(message) ? message : `${where}: plugin "${name}": ${message}`];
}
