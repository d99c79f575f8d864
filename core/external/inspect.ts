/** What a file declares, without a configuration. */

import type { Plugin } from "../plugin.ts";
import { extname } from "node:path";
import { pluginOf } from "./declaration.ts";
import { filesOf, MODULE_ENDINGS } from "./files.ts";
import { importModule, moduleOf } from "./modules.ts";

/**
 * The plugin that a file (absolute path) exports; its top level runs in this process. Throws an Error of one line where it is
 * none.
 */
export async function inspectFile(path: string): Promise<Plugin> {
  if (!(MODULE_ENDINGS as readonly string[]).includes(extname(path))) {
    throw new Error(
      `it is no ${
        MODULE_ENDINGS.join(", ")
      } file; what "exec" starts is checked by its line in a configuration, with -c`,
    );
  }
  return pluginOf(await importModule(moduleOf(filesOf(path))));
}
