/** `snet daemon`. */

import type { BuiltIn } from "./builtin.ts";
import { CommandError } from "./exit.ts";
import type { Output } from "./output.ts";

/** Options of the command. */
export interface DaemonOptions {
  readonly config: string;
  readonly socket?: string;
  readonly json?: boolean;
}

/** Runs the daemon until it is told to stop. */
export function daemon(_options: DaemonOptions, _builtIn: BuiltIn, _output: Output): void {
  throw new CommandError("The daemon is not built yet");
}
