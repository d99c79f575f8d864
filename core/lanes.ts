/**
 * Where the plugins of a configuration live. The chain is cut before the first that decides in the slow lane: those of the
 * fast lane before it decide in the reactor, and are set up on the main thread besides, for observing and the names of their
 * rules; all others live on the main thread alone. One whose options have not changed goes on, on the same side, with
 * all that it knows.
 */

import { isDeepStrictEqual } from "node:util";
import type { Link } from "./chain.ts";
import type { Config, PluginTable } from "./config.ts";
import { contextOf } from "./context.ts";
import type { PluginContext } from "./plugin.ts";
import { closeLinks, prepare, setUp } from "./setup.ts";
import type { PreparedConfig, PreparedPlugin } from "./setup.ts";
import { ConfigError } from "./yaml.ts";

/** A configuration at work on the main thread, and what the reactor is to be told of it. */
export interface Lanes {
  readonly config: Config;
  /** The declarations of its plugins, and of others. */
  readonly plugins: PluginTable;
  readonly prepared: PreparedConfig;
  /** All plugins of the configuration, in its order. */
  readonly links: readonly Link[];
  /** Those of them that live here alone. */
  readonly slow: readonly Link[];
  /** For the reactor: its plugins only. */
  readonly fast: PreparedConfig;
}

/**
 * Prepares the plugins of a configuration and sets up what lives on the main thread, or takes it over from `former`.
 *
 * Throws a {@linkcode ConfigError} with what plugins have against their options, or where a rule says `ask` and nobody
 * can; then nothing of `former` has changed.
 */
export function setUpLanes(
  plugins: PluginTable,
  config: Config,
  outside: PluginContext,
  former?: Lanes,
): Lanes {
  const { context, same, prepared } = prepareLanes(plugins, config, outside, former);
  const isSlow = ({ name }: PreparedPlugin) => plugins[name]!.lane === "slow";
  const formerLink = ({ place }: PreparedPlugin) => former?.links[same[place] ?? -1];
  const waiting = setUp(plugins, prepared.plugins.filter(isSlow), context, formerLink);
  const cut = waiting.find(({ instance }) => instance.decide !== undefined)?.place ?? Infinity;
  const isHere = (plugin: PreparedPlugin) => isSlow(plugin) || plugin.place > cut;
  const keptFast = (plugin: PreparedPlugin) => {
    const link = formerLink(plugin);
    return link !== undefined && former!.slow.includes(link) === isHere(plugin) ? link : undefined;
  };
  const made: Link[] = [...waiting];
  try {
    const quick = prepared.plugins.filter((plugin) => !isSlow(plugin));
    made.push(...setUp(plugins, quick, context, keptFast));
    const links = made.toSorted((a, b) => a.place! - b.place!);
    const mute = questionsToNobody(links, prepared.plugins);
    if (mute.length > 0) throw new ConfigError(mute);
    const there = prepared.plugins.filter((plugin) => !isHere(plugin)).map((plugin) =>
      keptFast(plugin) === undefined ? plugin : { ...plugin, kept: same[plugin.place]! }
    );
    const slow = links.filter(({ place }) => isHere(prepared.plugins[place!]!));
    return { config, plugins, prepared, links, slow, fast: { ...prepared, plugins: there } };
  } catch (error) {
    closeLinks(made, former?.links);
    throw error;
  }
}

/** What setting up begins with; throws a {@linkcode ConfigError} with what plugins have against their options. */
export function prepareLanes(plugins: PluginTable, config: Config, outside: PluginContext, former?: Lanes) {
  const context = contextOf(config, outside);
  const same = unchanged(plugins, config, former?.config);
  const known = (place: number) => former?.prepared.plugins[same[place] ?? -1];
  return { context, same, prepared: prepare(plugins, config, context, known) };
}

/** The place in the former configuration of each plugin that is there with the same options, each once. */
function unchanged(
  plugins: PluginTable,
  config: Config,
  former: Config | undefined,
): readonly (number | undefined)[] {
  const free = new Set(former?.plugins.keys());
  const hadNames = former?.names !== undefined;
  const areNamesSame = hadNames === (config.names !== undefined);
  return config.plugins.map(({ name, options, external }) => {
    if (!areNamesSame && plugins[name]!.byNames) return undefined;
    const place = [...free].find((place) => {
      const other = former!.plugins[place]!;
      const isSame = other.name === name && other.external?.id === external?.id;
      return isSame && isDeepStrictEqual(other.options, options);
    });
    if (place !== undefined) free.delete(place);
    return place;
  });
}

/** What is wrong where a rule or a plugin says `ask` and no plugin behind it can ask a person. */
function questionsToNobody(links: readonly Link[], entries: readonly PreparedPlugin[]): readonly string[] {
  return links.flatMap(({ name, place, instance: { asksAt } }, index) => {
    if (asksAt === undefined || links.slice(index + 1).some(({ asks }) => asks === true)) return [];
    const what = asksAt === true ? `${entries[place!]!.where}: this plugin` : `${asksAt}: this rule`;
    return [
      `${what} says ask, and no plugin behind "${name}" can ask a person; ` +
      `put one behind it, or say allow or deny`,
    ];
  });
}
