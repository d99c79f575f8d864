/** From a configuration's plugin list to links of a chain. */

import type { Link } from "./chain.ts";
import type { PluginConfig, PluginTable } from "./config.ts";
import { parseEvents } from "./events.ts";
import type { Options, OptionSpec, Plugin, PluginContext } from "./plugin.ts";
import { ConfigError } from "./yaml.ts";

/**
 * Sets up every plugin of a configuration, in its order.
 *
 * Throws a {@linkcode ConfigError} with what each of the plugins has against its options.
 */
export function setUp(
  plugins: PluginTable,
  configs: readonly PluginConfig[],
  context: PluginContext,
): readonly Link[] {
  const problems: string[] = [];
  const links = configs.flatMap((config) => {
    try {
      return [link(plugins[config.name]!, config, context)];
    } catch (error) {
      problems.push(...linesOf(error, config));
      return [];
    }
  });
  if (problems.length === 0) return links;
  for (const { instance } of links) instance.close?.();
  throw new ConfigError(problems);
}

function link(plugin: Plugin, config: PluginConfig, context: PluginContext): Link {
  // The options were checked against the plugin's own declaration when the configuration was read.
  const options = config.options as Options<Readonly<Record<string, OptionSpec>>>;
  const instance = plugin.setup(options, context);
  return { name: config.name, events: instance.events ?? parseEvents(plugin.on), instance };
}

/** Mistakes in a plugin's own files have their place already; others get that of the plugin's entry. */
function linesOf(error: unknown, { name, where }: PluginConfig): readonly string[] {
  if (error instanceof ConfigError) return error.problems;
  const message = error instanceof Error ? error.message : String(error);
  return [/^\S+:\d+:\d+: /.test(message) ? message : `${where}: plugin "${name}": ${message}`];
}
