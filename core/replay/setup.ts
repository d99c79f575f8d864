/** The plugins of a configuration, set up to decide about what was recorded: nothing is held, told or written down. */

import type { Config, PluginConfig, PluginTable } from "../config.ts";
import type { EventName, SnetEvent } from "../event.ts";
import { isProtocolEvent, parseEvents } from "../events.ts";
import type { Options, OptionSpec, Plugin, PluginContext } from "../plugin.ts";
import { closeLinks, prepare, setUp } from "../setup.ts";
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
  const deciding = config.plugins.filter(({ name, options }) => {
    // They were checked against the plugin's own declaration when the configuration was read.
    return plugins[name]!.decides?.(options as Options<Readonly<Record<string, OptionSpec>>>) ?? true;
  });
  // Those that ask people say only then about what; what waits for others may begin with reaching out to them.
  const isSetUp = ({ name }: PluginConfig) => {
    const { lane, asks } = plugins[name]!;
    return lane !== "slow" || slow || asks === true;
  };
  const { plugins: prepared } = prepare(
    plugins,
    { ...config, plugins: deciding.filter(isSetUp) },
    context,
  );
  const links = setUp(plugins, prepared, context);
  const rest = [...links];
  const chain = deciding.map((entry): ReplayLink => {
    if (!isSetUp(entry)) {
      const events = eventsOf(plugins[entry.name]!, entry);
      return { name: entry.name, events, instance: undefined, lane: "slow" };
    }
    const link = rest.shift()!;
    return link.asks === true ? { ...link, instance: undefined } : link;
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

/** The events of a plugin that is not set up: those that its option of that name says, or it declares. */
function eventsOf({ on }: Plugin, { options }: PluginConfig): readonly EventName[] {
  const { events } = options;
  if (Array.isArray(events)) return parseEvents(events);
  return parseEvents(on.length === 0 ? ["*"] : on);
}
