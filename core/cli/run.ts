/** `snet run`: one program, held by its system calls. */

import { PAYLOAD_LIMIT } from "../../ffi/mod.ts";
import { parseDuration } from "../duration.ts";
import { LaunchError } from "../run/launch.ts";
import { parseFamilies, type RunOptions } from "../run/options.ts";
import { runProgram } from "../run/run.ts";
import type { BuiltIn } from "./builtin.ts";
import { CommandError, ExitCode } from "./exit.ts";
import type { Output } from "./output.ts";

/** Options as the command line gives them. */
export type RunWords = Omit<RunOptions, "delay" | "families" | "payload"> & {
  readonly delay: string;
  readonly families: string;
  readonly payload: string;
};

/**
 * Runs a program until it ends, and then ends as it did.
 *
 * Throws a CommandError with the exit code 125, 126 or 127 where it does not come to that.
 */
export async function run(
  command: readonly string[],
  words: RunWords,
  builtIn: BuiltIn,
  output: Output,
): Promise<void> {
  const options = checked(words);
  let code: number;
  try {
    code = await runProgram(command.length, options, builtIn, output);
  } catch (error) {
    throw error instanceof LaunchError ? new CommandError(error.message, error.exitCode) : error;
  }
  // Nothing is to be said of a program that ended.
  throw new CommandError("", code as ExitCode);
}

/** 32 bits of milliseconds, which the protocol carries. */
const LONGEST = 0xffff_ffff;

function checked(words: RunWords): RunOptions {
  if (words.json && words.log === undefined) {
    throw usage("--json is the form of what --log writes; add --log FILE");
  }
  const delay = parsed("--delay", () => parseDuration(words.delay));
  if (delay < 1 || delay > LONGEST) throw usage(`--delay ${words.delay} is not between 1ms and 49d`);
  const payload = Number(words.payload);
  if (!/^\d+$/.test(words.payload) || payload > PAYLOAD_LIMIT) {
    throw usage(`--payload ${words.payload} is not a whole number from 0 to ${PAYLOAD_LIMIT}`);
  }
  return { ...words, delay, payload, families: parsed("--families", () => parseFamilies(words.families)) };
}

function parsed<T>(option: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw usage(`${option}: ${(error as Error).message}`);
  }
}

function usage(message: string): CommandError {
  return new CommandError(message, ExitCode.notRun);
}
