/** `snet rules profile`: which files of rules count beside those that always do. */

import { PATHS, type RuleListJson, type RuleProfilesJson } from "../control/api.ts";
import { ControlClient, RefusedError } from "./client.ts";
import { CommandError, ExitCode } from "./exit.ts";
import { type Output, printJson } from "./output.ts";
import { printable } from "./text.ts";

/** Options of the command. */
export interface ProfileOptions {
  readonly none?: boolean;
  readonly json?: boolean;
  readonly socket: string;
}

/** Shows the profiles, or makes another one active. */
export async function profile(
  name: string | undefined,
  { none = false, json = false, socket }: ProfileOptions,
  output: Output,
): Promise<void> {
  if (none && name !== undefined) {
    throw new CommandError("A name or --none is expected, not both", ExitCode.usage);
  }
  using client = new ControlClient(socket);
  if (!none && name === undefined) {
    return show((await client.get<RuleListJson>(PATHS.rules)).profiles, json, output);
  }
  try {
    const profiles = await client.put<RuleProfilesJson>(PATHS.ruleProfile, { name: none ? null : name });
    show(profiles, json, output);
  } catch (error) {
    throw error instanceof RefusedError ? new CommandError(`Nothing was changed: ${error.reason}`) : error;
  }
}

function show(profiles: RuleProfilesJson | undefined, json: boolean, output: Output): void {
  if (json) return printJson(output, profiles ?? { names: [] });
  if (profiles === undefined) return output.line('No profiles: no file of rules says "profile".');
  for (const name of profiles.names) {
    const isActive = name === profiles.active;
    output.line(
      isActive ? `${output.paint("good", `* ${printable(name)}`)}  active` : `  ${printable(name)}`,
    );
  }
  if (profiles.active === undefined) output.line("None is active.");
}
