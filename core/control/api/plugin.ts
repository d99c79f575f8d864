/** The plugins and their options. */

import type { EventName } from "../../event.ts";
import type { PluginStats } from "./stats.ts";

/** The plugins of the configuration, in its order. */
export interface PluginList {
  readonly plugins: readonly PluginJson[];
  /** The configuration's file, for who may change it: `tag` names the text that stands there, to be sent with changes. */
  readonly file?: { readonly path: string; readonly tag: string };
  /** The last change of options that was saved, which can be undone. */
  readonly undo?: { readonly time: string };
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
  /** As declared; of one that calls wait for also `timeout`, `whenLate` and `whenFailed`. */
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
  /** What is told of the value is not all of it. */
  readonly isPartial?: true;
  /** Nobody is shown what is set. */
  readonly isSecret?: true;
  /** It is changed in the configuration's file only. */
  readonly byHand?: true;
}

export type OptionValueJson = string | number | boolean | readonly string[];

/** Options of one plugin to be changed, in the configuration's file. */
export interface OptionChangesJson {
  /** The plugin's place in the list, from 0, and its name. */
  readonly entry: number;
  readonly name: string;
  /** Of the text in which it stands. */
  readonly tag: string;
  /** By the options' names: durations as people write them (`10s`); null takes one out, so that its default holds. */
  readonly changes: Readonly<Record<string, OptionValueJson | null>>;
}

/** What is wrong with changes; with any of these nothing is written. */
export interface OptionCheckJson {
  readonly errors: readonly OptionErrorJson[];
}

export interface OptionErrorJson {
  /** The option that it is about, where that can be told. */
  readonly option?: string;
  /** As loading says it, with `path:line:column` where it has a place. */
  readonly message: string;
}

/** The configuration's file after a change. */
export interface OptionsSavedJson {
  readonly path: string;
  readonly tag: string;
}
