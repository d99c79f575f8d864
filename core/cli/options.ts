/** What several commands have in common: options, numbers as words, help with examples. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_SOCKET } from "../control/api.ts";
import type { Output } from "./output.ts";
import { commandAfter, type Example, EXITS, type Exits } from "./overview.ts";

/** Where the daemon's configuration stands unless told otherwise. */
const DEFAULT_CONFIG = "/etc/snet/snet.yaml";

/** Where the configuration is. */
export const configOption = () =>
  new Option("-c, --config <file>", "Configuration of the daemon.").default(DEFAULT_CONFIG);
/** Where the daemon is asked. */
export const socketOption = () =>
  new Option("-s, --socket <path>", "The daemon's control socket.").default(DEFAULT_SOCKET);
/** For programs that read what a command prints. */
export const jsonOption = (what: string) => new Option("--json", what);
/** Families of events that no plugin of the configuration brings. */
export const familyOption = () =>
  list("--family <file>", "Module that declares a family of events; may be given several times.");

/** Adds examples and exit codes to the help of a command. */
export function explain(
  command: Command,
  output: Output,
  examples: readonly Example[],
  exits: Exits = EXITS,
): void {
  command.addHelpText("after", () => commandAfter(output.paint, examples, exits));
}

/** A number from 1. */
export function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}

/** A number from 1, or all. */
export function countOrAll(text: string): number {
  if (text === "all") return Infinity;
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new InvalidArgumentError("It must be a whole number from 1, or all.");
  }
  return Number(text);
}

/** An option that may be given several times. */
export function list(flags: string, what: string): Option {
  return new Option(flags, what).default([], "none")
    .argParser((value, former: readonly string[]) => [...former, value]);
}
