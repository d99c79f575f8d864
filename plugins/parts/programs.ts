/** Programs that an option of a plugin names. */

import type { PluginContext, SnetEvent } from "../../core/mod.ts";
import { parsePattern, PatternTable } from "./pattern.ts";

/** Finds out whether an event is of one of some programs. */
export class Programs {
  readonly #patterns = new PatternTable();

  /**
   * @param paths paths of executables or globs, as in rules
   *
   * Throws an Error where one of them is no pattern.
   */
  constructor(paths: readonly string[], readonly context: PluginContext) {
    for (const [index, path] of paths.entries()) this.#patterns.add(parsePattern(path, true), index);
  }

  /** Whether one of the patterns matches the program, where its path is that very file in the daemon's own view. */
  has(event: SnetEvent): boolean {
    if (this.#patterns.isEmpty) return false;
    const { exe } = event.task;
    return exe !== undefined && this.#patterns.match(exe).length > 0 && this.context.verifiedExe(event);
  }
}
