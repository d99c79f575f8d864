/** What the entry point hands to the commands, so that core names no plugin. */

import type { Plugin } from "../plugin.ts";

/** The table of built-in plugins. */
export interface BuiltIn {
  /** Loads the plugins by name; not before a command needs them. */
  plugins(): Promise<Readonly<Record<string, Plugin>>>;
}
