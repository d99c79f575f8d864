/** What the entry point hands to the commands, so that core names no plugin. */

import type { PluginTable } from "../config.ts";
import type { PluginThread } from "../plugin.ts";
import type { WorkerLike } from "../reactor.ts";

/** What is to be said of files of rules. */
export interface RuleCheck {
  /** `file:line:column: message`; with any of these the files do not load. */
  readonly errors: readonly string[];
  /** The same, of what is odd but can be used. */
  readonly warnings: readonly string[];
  /** Rules that were read. */
  readonly rules: number;
}

/** The built-in plugins, what a command needs of one of them, and the daemon's thread. */
export interface BuiltIn {
  /** Starts a thread that becomes the reactor. */
  spawnReactor(): WorkerLike;
  /** Starts a thread that runs the `thread` of a plugin. */
  startThread(plugin: string): PluginThread;
  /** Loads the plugins; not before a command needs them. */
  plugins(): Promise<PluginTable>;
  /** Checks the options of the plugin `rules`, as a configuration gives them. */
  checkRules(options: Readonly<Record<string, unknown>>): Promise<RuleCheck>;
}
