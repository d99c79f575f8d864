/** Trusted plugins in a thread that did not read the configuration: the reactor's Worker. */

import type { PluginTable } from "../config.ts";
import type { Plugin } from "../plugin.ts";
import type { PreparedPlugin } from "../setup.ts";

/** What this thread has imported. */
export class ThreadPlugins {
  readonly #plugins = new Map<string, Plugin>();

  /** `builtIn`: those that every thread has. */
  constructor(readonly builtIn: PluginTable) {}

  /** Whether any of the plugins is yet to be imported. */
  lacks(plugins: readonly PreparedPlugin[]): boolean {
    return plugins.some(({ external }) => external?.module !== undefined && !this.#plugins.has(external.id));
  }

  /** Imports those of the plugins that are not built in. Rejects with an Error of one line. */
  async import(plugins: readonly PreparedPlugin[]): Promise<void> {
    for (const { name, external, where } of plugins) {
      if (external?.module === undefined || this.#plugins.has(external.id)) continue;
      const { importModule } = await import("./modules.ts");
      try {
        // The main thread has looked at the same code's declaration.
        this.#plugins.set(external.id, await importModule(external.module) as Plugin);
      } catch (error) {
        throw new Error(`${where}: plugin "${name}": ${(error as Error).message}`);
      }
    }
  }

  /** The plugins that a configuration names; all of them have been imported. */
  table(plugins: readonly PreparedPlugin[]): PluginTable {
    const own = plugins.flatMap(({ name, external }) =>
      external?.module === undefined ? [] : [[name, this.#plugins.get(external.id)!] as const]
    );
    return { ...this.builtIn, ...Object.fromEntries(own) };
  }
}
