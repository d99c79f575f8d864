/** The plugins of a configuration, set up to decide about what was recorded: nothing is held, told or written down. */

import type { Config, PluginConfig, PluginTable } from "../config.ts";
import type { EventName, SnetEvent } from "../event.ts";
import { isProtocolEvent, parseEvents } from "../events.ts";
import type { Options, OptionSpec, Plugin, PluginContext } from "../plugin.ts";
import { closeLinks, prepare, setUp } from "../setup.ts";
import { ConfigError } from "../yaml.ts";
import type { ReplayLink } from "./judge.ts";
import { Judge } from "./judge.ts";

/** A configuration at work on a recording. */
export interface Replay extends Disposable {
  readonly judge: Judge;
  /** Whether the configuration has anybody asked about an event. */
  readonly isHeld: (event: SnetEvent) => boolean;
}

/** What setting up depends on. */
export interface ReplayOptions {
  /** Whether plugins that may wait are asked; never those that ask people. */
  readonly slow: boolean;
  /** True where every event is asked about, whatever the configuration says. */
  readonly all: boolean;
}

/**
 * Sets up those plugins that decide. Throws a ConfigError with what they have against their options.
 */
export function setUpReplay(
  config: Config,
  plugins: PluginTable,
  context: PluginContext,
  { slow, all }: ReplayOptions,
): Replay {
  const deciding = config.plugins.filter((entry) => {
    const plugin = plugins[entry.name]!;
    return plugin.asks === true || decides(plugin, entry).length > 0;
  });
  // To set up what waits for others may begin with reaching out to them.
  const isSetUp = ({ name }: PluginConfig) => {
    const { lane, asks } = plugins[name]!;
    return lane !== "slow" || (slow && asks !== true);
  };
  const { plugins: prepared } = prepare(
    plugins,
    { ...config, plugins: deciding.filter(isSetUp) },
    context,
  );
  const links = setUp(plugins, prepared, context);
  const rest = [...links];
  const chain = deciding.map((entry): ReplayLink => {
    const plugin = plugins[entry.name]!;
    return isSetUp(entry) ? rest.shift()! : outlineOf(plugin, entry);
  });
  const judge = new Judge(chain, config.default);
  const wanted = new Set<EventName>([...config.events, ...judge.events]);
  return {
    judge,
    isHeld: ({ name, socket }) => {
      if (all) return true;
      return wanted.has(name) && (!isProtocolEvent(name) || config.families.includes(socket.family));
    },
    [Symbol.dispose]: () => closeLinks(links),
  };
}

/** The words for what a plugin can decide. One whose `on` says nothing until it is set up decides something. */
function decides(plugin: Plugin, { options }: PluginConfig): readonly string[] {
  // They were checked against the plugin's own declaration when the configuration was read.
  const checked = options as Options<Readonly<Record<string, OptionSpec>>>;
  return plugin.decides?.(checked) ?? (plugin.on.length === 0 ? ["*"] : plugin.on);
}

function eventsOf(plugin: Plugin, entry: PluginConfig): readonly EventName[] {
  try {
    return parseEvents(decides(plugin, entry));
  } catch (error) {
    throw new ConfigError([`${entry.where}: plugin "${entry.name}": ${(error as Error).message}`]);
  }
}

/** A plugin that is not set up, by what it declares. */
function outlineOf(plugin: Plugin, entry: PluginConfig): ReplayLink {
  const undecided = eventsOf(plugin, entry);
  const outline = { name: entry.name, undecided, instance: undefined, lane: "slow" } as const;
  // What rules send to people comes to those who ask them, whatever else they take.
  return plugin.asks
    ? { ...outline, events: parseEvents(plugin.on), asks: true }
    : { ...outline, events: undecided };
}
