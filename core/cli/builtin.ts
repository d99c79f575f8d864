/** What the entry point hands to the commands, so that core names no plugin. */

import type { PluginTable } from "../config.ts";

/** The built-in plugins. */
export interface BuiltIn {
  /** Loads them; not before a command needs them. */
  plugins(): Promise<PluginTable>;
}
