/** The command line: how a run begins, how its help and errors look, and how it ends. */

import { Command, CommanderError } from "commander";
import config from "../../deno.json" with { type: "json" };
import type { BuiltIn } from "./builtin.ts";
import { addCommands } from "./commands.ts";
import { CommandError, ExitCode } from "./exit.ts";
import { type Output, ProcessOutput, ReaderGone } from "./output.ts";
import { ABOUT, overviewAfter } from "./overview.ts";
import { printable } from "./text.ts";

/** Runs one command line (without the program's own name) and gives its exit code. */
export async function run(
  words: readonly string[],
  builtIn: BuiltIn,
  output: Output = new ProcessOutput(),
): Promise<ExitCode> {
  // The codes below 125 are those of the program that 'snet run' runs.
  const [failed, usage] = words[0] === "run"
    ? [ExitCode.notRun, ExitCode.notRun]
    : [ExitCode.failed, ExitCode.usage];
  try {
    await program(builtIn, output, words).parseAsync(words, { from: "user" });
    return ExitCode.ok;
  } catch (error) {
    if (error instanceof CommandError) {
      if (error.message !== "") output.error(`snet: ${printable(error.message)}`);
      return error.exitCode;
    }
    if (error instanceof ReaderGone) return ExitCode.ok;
    // Commander has printed its own line; help that was asked for is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : usage;
    if (!(error instanceof Error)) throw error;
    // A bad configuration is a line for each mistake; they begin with the place, as editors expect.
    if (error.name === "ConfigError") {
      for (const line of error.message.split("\n")) output.error(printable(line));
      return failed;
    }
    // A mistake in snet itself is reported with its place; all else is the world's and says what it is about.
    const bug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
    const lines = (bug ? error.stack ?? error.message : error.message).split("\n");
    output.error(`snet: ${lines.map(printable).join("\n")}`);
    return failed;
  }
}

/** The program with all its commands. */
function program(builtIn: BuiltIn, output: Output, words: readonly string[]): Command {
  // Longer lines are hard to read, however wide the terminal is.
  const helpWidth = () => Math.min(output.width ?? 80, 100);
  const snet = new Command("snet")
    .description(ABOUT)
    .usage("COMMAND [OPTIONS]")
    .version(`snet ${config.version}`, "-V, --version", "Print the version ('snet version' says more).")
    .helpOption("-h, --help", "Show this help.")
    .helpCommand("help [command]", "show the help of a command")
    .configureHelp({
      styleTitle: (title) => output.paint("strong", title),
      subcommandTerm: (command) => command.name(),
    })
    .configureOutput({
      writeOut: (text) => output.line(text.trimEnd()),
      writeErr: (text) => output.error(text.trimEnd()),
      outputError: (text, write) => write(`snet: ${oneLine(text, commandOf(snet, words))}`),
      getOutHelpWidth: helpWidth,
      getErrHelpWidth: helpWidth,
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .exitOverride()
    // What follows the command of 'snet run' is its own.
    .enablePositionalOptions();
  addCommands(snet, builtIn, output);
  snet.addHelpText("after", () => overviewAfter(output.paint, helpWidth()));
  return snet;
}

/** The command that a command line names: `snet tickets list`. */
function commandOf(snet: Command, words: readonly string[]): string {
  const names = ["snet"];
  let command: Command | undefined = snet;
  for (const word of words) {
    command = command.commands.find((each) => each.name() === word);
    if (command === undefined) break;
    names.push(word);
  }
  return names.join(" ");
}

/** Commander's message on one line: `unknown command 'wach'; did you mean 'watch'?` */
function oneLine(text: string, command: string): string {
  const [message = "", suggestion] = text.trim().replace(/^error: /, "").split("\n");
  const meant = suggestion?.match(/^\(Did you mean (?:one of )?(.*)\?\)$/)?.[1];
  if (meant !== undefined) {
    return `${printable(message)}; did you mean '${meant.replaceAll(", ", "' or '")}'?`;
  }
  const isShape = /^(?:unknown|missing|too many) /.test(message);
  return `${printable(message.replace(/\.$/, ""))}${
    isShape ? `; '${command} --help' lists what there is` : ""
  }`;
}
