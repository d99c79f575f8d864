/** What the control API and the log say of the plugins at work. */

import type { PluginConfig } from "../config.ts";
import type { Link, LinkCounts } from "../link.ts";
import type { LoopCounts } from "../loop.ts";
import type { Instead, PluginInstance } from "../plugin.ts";
import type { PluginStats, Stats, Status } from "./api.ts";
import type { RuleNames } from "./json.ts";

/** Their names, with how many rules each has. */
export function pluginList(links: readonly Link[]): Status["plugins"] {
  return links.map(({ name, instance }) => ({ name, rules: instance.rules?.length ?? 0 }));
}

/** The names of their rules. */
export function ruleNames(links: readonly Link[]): RuleNames {
  return links.map(({ name, instance }) => ({ name, rules: instance.rules ?? [] }));
}

/** What is in force, for the log: `rules (12 rules), webhook`. */
export function pluginText(links: readonly Link[]): string {
  if (links.length === 0) return "no plugins, so that the default answers everything";
  return links.map(({ name, instance }) => {
    const count = instance.rules?.length;
    return count === undefined ? name : `${name} (${count} ${count === 1 ? "rule" : "rules"})`;
  }).join(", ");
}

/** Who answers in place of a plugin that failed. */
export function insteadText(instead: Instead | "default", fallback: Instead): string {
  if (instead === "default") return `the default "${fallback}" answers`;
  return instead === "pass" ? "the next one is asked" : `its whenFailed "${instead}" answers`;
}

/** What a reactor counts; as {@linkcode pluginStats}, with all plugins in their order. */
export function reactorStats(
  { chain, ...counts }: LoopCounts,
  links: readonly Link[],
  all: boolean,
  entries: readonly PluginConfig[],
): Omit<Stats["daemon"], "since" | "cancelled" | "dropped"> {
  const { late, refused, malformed, overruns, notified, waiting } = counts;
  return {
    decisions: chain.causes,
    ...{ late, refused, malformed, overruns, notified, waiting, unremembered: chain.unremembered },
    plugins: chain.plugins.toSorted((a, b) => a.place - b.place).map((plugin) =>
      pluginStats(plugin, links, all, entries)
    ),
  };
}

/** What has become of one of them; with `all` also of its rules that nothing hit. `entries` are the configuration's. */
export function pluginStats(
  counted: LinkCounts,
  links: readonly Link[],
  all: boolean,
  entries: readonly PluginConfig[] = [],
): PluginStats {
  const { place, hits, lastFailure, ...counts } = counted;
  const instance = links[place]?.instance;
  const counters = countersOf(instance);
  const rules = [...hits].flatMap((hits, number) =>
    hits === 0 && !all ? [] : [{ number, ...instance?.rules?.at(number), hits }]
  );
  const { trusted, version, grants } = entries[place]?.external ?? {};
  return {
    ...counts,
    trust: trusted === undefined ? "built-in" : trusted ? "trusted" : "sandboxed",
    ...(version !== undefined && { version }),
    ...(grants !== undefined && { grants }),
    ...(lastFailure === undefined ? {} : { lastFailure }),
    ...(counters === undefined ? {} : { counters }),
    rules,
  };
}

/** What a plugin counts itself; one that fails at that keeps nobody from seeing the rest. */
function countersOf(instance: PluginInstance | undefined): Readonly<Record<string, number>> | undefined {
  try {
    return instance?.counters?.();
  } catch {
    return undefined;
  }
}
