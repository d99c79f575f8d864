/** The plugins and their options. */

import type { EventName } from "../../event.ts";
import type { PluginStats } from "./stats.ts";

/** The plugins of the configuration, in its order. */
export interface PluginList {
  readonly plugins: readonly PluginJson[];
}

/** One entry of the plugin list: what it is, how it is set, and how it does. */
export interface PluginJson {
  readonly name: string;
  /** What it does, in one sentence of its author. */
  readonly doc: string;
  /** `file:line:column` of the entry. */
  readonly where: string;
  readonly lane: PluginStats["lane"];
  readonly trust: PluginStats["trust"];
  /** Its file, or the program that it is, where it is not built in and whoever asks may read the configuration. */
  readonly program?: string;
  /** The events it is woken for. */
  readonly events: readonly EventName[];
  readonly options: readonly OptionJson[];
  /** Absent of one that only observes. */
  readonly stats?: PluginStats;
}

/** One option of a plugin, as its author has declared it. */
export interface OptionJson {
  readonly name: string;
  readonly doc: string;
  readonly type: "integer" | "duration" | "string" | "boolean" | "choice" | "choices" | "strings" | "files";
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** May be left out though it has no default. */
  readonly optional?: true;
  /** Where it has one. */
  readonly default?: OptionValueJson;
  /**
   * What is set: durations in milliseconds, files by their paths. Absent where nothing is, and where it is withheld.
   * Of a URL only where it leads.
   */
  readonly value?: OptionValueJson;
  /** Something else than the default is set that is not told: it may be a secret, or whoever asks may not read it. */
  readonly isWithheld?: true;
}

export type OptionValueJson = string | number | boolean | readonly string[];
