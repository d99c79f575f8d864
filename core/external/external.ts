/** What a configuration's own plugins are once they are loaded. */

import type { Plugin } from "../plugin.ts";
import type { Grants } from "../sandbox/mod.ts";
import type { YamlNode } from "../yaml.ts";
import type { PluginModule } from "./modules.ts";

/** How a plugin that is not built in was loaded; can be handed to a Worker. */
export interface ExternalConfig {
  /** Another one for each state of its files, and of what it is given. */
  readonly id: string;
  /** Runs in the daemon's own process. */
  readonly trusted: boolean;
  /** Its file, or its program with the arguments. */
  readonly program: string;
  /** Whether that is a file, imported by `from`. */
  readonly isModule: boolean;
  /** As it calls itself. */
  readonly declared: string;
  readonly version?: string;
  /** Of one that is not trusted. */
  readonly grants?: Grants;
  /** True of one that runs even where the kernel cannot hold it to them. */
  readonly unconfined?: true;
  /** Of one that is trusted, for each thread to import. */
  readonly module?: PluginModule;
}

/** Plugins that the entries of one configuration bring. */
export interface External {
  /** By the entry's name; those of entries with a mistake are not among them. */
  readonly plugins: ReadonlyMap<string, { readonly plugin: Plugin; readonly config: ExternalConfig }>;
  /** Folders whose changes may change what was read. */
  readonly folders: readonly string[];
  /** `file:line:column: message`, of what is odd but can be used. */
  readonly warnings: readonly string[];
}

/** Keys of an entry that name a file, or a program. */
export const PROGRAM_KEYS = ["from", "exec"] as const;

/** Whether an entry of the plugin list brings a plugin with it: its keys say so. */
export function isExternalEntry(options: YamlNode): boolean {
  return options.kind === "map" &&
    options.entries.some(({ key }) => (PROGRAM_KEYS as readonly string[]).includes(key));
}
