/** Families of events that the command line names: modules that declare them. */

import { resolve } from "node:path";
import { filesOf } from "../external/files.ts";
import { importModule, moduleOf } from "../external/modules.ts";
import { CommandError } from "./exit.ts";

/** Imports them, so that their events are known. Throws a CommandError of one line. */
export async function importFamilies(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      await importModule(moduleOf(filesOf(resolve(path))));
    } catch (error) {
      throw new CommandError(`--family: ${(error as Error).message}`);
    }
  }
}
