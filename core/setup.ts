/**
 * From a configuration's plugin list to links of a chain, in two steps: preparing, once and on the main thread, takes
 * the time that it takes; setting up what was prepared is quick, for in the reactor calls wait for it.
 */

import type { Link } from "./chain.ts";
import type { Config, PluginConfig, PluginTable } from "./config.ts";
import type { ExternalConfig } from "./external/external.ts";
import type { EventName } from "./event.ts";
import { parseEvents } from "./events.ts";
import type { Options, OptionSpec, PluginContext, SlowPolicy } from "./plugin.ts";
import { ConfigError } from "./yaml.ts";

/** A plugin of the list with what its `setup` gets; can be handed to a Worker. */
export interface PreparedPlugin {
  readonly name: string;
  readonly prepared: unknown;
  /** `file:line:column` of the entry. */
  readonly where: string;
  /** Its place in the list of the configuration. */
  readonly place: number;
  /** Of one that may wait. */
  readonly policy?: SlowPolicy;
  /** Of one that is not built in. */
  readonly external?: ExternalConfig;
  /** Its place in the configuration that this one follows, if its instance goes on as it is. */
  readonly kept?: number;
}

/** A configuration whose plugins are prepared. */
export type PreparedConfig = Omit<Config, "plugins"> & { readonly plugins: readonly PreparedPlugin[] };

/**
 * Prepares every plugin of a configuration, but for those of which `known` has what that gave.
 *
 * Throws a {@linkcode ConfigError} with what each of the plugins has against its options.
 */
export function prepare(
  plugins: PluginTable,
  config: Config,
  context: PluginContext,
  known: (place: number) => PreparedPlugin | undefined = () => undefined,
): PreparedConfig {
  const prepared = forEach(config.plugins, (entry: PluginConfig, place): PreparedPlugin => {
    const { name, where, policy, external } = entry;
    const outcome = known(place) ?? { prepared: prepareOne(plugins, entry, context) };
    return {
      ...{ name, where, place, prepared: outcome.prepared },
      ...(policy !== undefined && { policy }),
      ...(external !== undefined && { external }),
    };
  });
  return { ...config, plugins: prepared };
}

function prepareOne(plugins: PluginTable, { name, options }: PluginConfig, context: PluginContext): unknown {
  const plugin = plugins[name]!;
  // The options were checked against the plugin's own declaration when the configuration was read.
  const checked = options as Options<Readonly<Record<string, OptionSpec>>>;
  return plugin.prepare === undefined ? checked : plugin.prepare(checked, context);
}

/**
 * Sets up every plugin, in the order of the list. Where `known` has a link of one, its instance takes the place.
 *
 * Throws a {@linkcode ConfigError} with what each of the plugins has against what it gets.
 */
export function setUp(
  plugins: PluginTable,
  prepared: readonly PreparedPlugin[],
  context: PluginContext,
  known: (plugin: PreparedPlugin) => Link | undefined = () => undefined,
): readonly Link[] {
  const links: Link[] = [];
  const made: Link[] = [];
  try {
    forEach(prepared, (entry) => {
      const { name, prepared, place, policy } = entry;
      const plugin = plugins[name]!;
      const former = known(entry);
      const instance = former?.instance ?? plugin.setup(prepared, context);
      const events = instance.events ?? parseEvents(plugin.on);
      const link: Link = {
        ...{ name, events, instance, place, lane: plugin.lane ?? "fast" },
        ...((instance.asks ?? plugin.asks) && { asks: true }),
        ...(policy !== undefined && { policy }),
        ...(instance.undecided !== undefined && undecidedOf(instance.undecided)),
      };
      links.push(link);
      if (former === undefined) made.push(link);
    });
    return links;
  } catch (error) {
    closeLinks(made);
    throw error;
  }
}

function undecidedOf(undecided: readonly EventName[]): Pick<Link, "undecided" | "onlyAsked"> {
  return { undecided, ...(undecided.length === 0 && { onlyAsked: true }) };
}

/**
 * Closes the instances of links that none of `others` has. What one throws keeps no other open, and undoes no reload: the
 * chain that it was part of has been replaced.
 */
export function closeLinks(links: readonly Link[], others: readonly Link[] = []): void {
  const living = new Set(others.map(({ instance }) => instance));
  for (const { instance } of links) {
    if (living.has(instance)) continue;
    try {
      instance.close?.();
    } catch {
      // Nothing is asked of it any more.
    }
  }
}

/** Does something with every plugin; what each of them throws becomes one error. */
function forEach<T extends { readonly name: string; readonly where: string }, R>(
  plugins: readonly T[],
  act: (plugin: T, index: number) => R,
): readonly R[] {
  const problems: string[] = [];
  const results = plugins.flatMap((plugin, index) => {
    try {
      return [act(plugin, index)];
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
