/** How a command ends: its exit code, and the one line that says why. */

/** Exit codes of every command; their meanings stand in the help. */
export const ExitCode = {
  /** It did what was asked. */
  ok: 0,
  /** It could not. */
  failed: 1,
  /** The command line was wrong. */
  usage: 2,
  /** The daemon is not running, or this kernel has no snet. */
  unavailable: 3,
  /** `snet replay --diff`: something would be decided otherwise than it was. */
  differs: 4,
  /** `snet run`: snet failed before the program could run, as env(1) and timeout(1) say it. */
  notRun: 125,
  /** `snet run`: the program cannot be executed. */
  notExecutable: 126,
  /** `snet run`: there is no such program. */
  notFound: 127,
} as const;

export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

/** Ends a command with a line on standard error and an exit code. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(message: string, readonly exitCode: ExitCode = ExitCode.failed) {
    super(message);
  }
}
