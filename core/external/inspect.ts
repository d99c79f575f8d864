/** What a file declares, without a configuration. */

import type { Plugin } from "../plugin.ts";
import { pluginOf } from "./declaration.ts";
import { filesOf } from "./files.ts";
import { importModule, moduleOf } from "./modules.ts";

/**
 * The plugin that a file (absolute path) exports; its top level runs in this process. Throws an Error of one line where it is
 * none.
 */
export async function inspectFile(path: string): Promise<Plugin> {
  return pluginOf(await importModule(moduleOf(filesOf(path))));
}
