/** `snet ask` and its subcommands: their words, options and help. */

import { Argument, type Command, Option } from "commander";
import { DEFAULT_SOCKET } from "../control/api.ts";
import { SCOPES } from "../questions/scope_words.ts";
import { count, explain, jsonOption, socketOption } from "./options.ts";
import type { Output } from "./output.ts";
import { EXITS } from "./overview.ts";

/** Adds the command. */
export function addAsk(snet: Command, output: Output): void {
  const ask = snet.command("ask")
    .summary("answer the questions that wait for people")
    .description(
      "Shows the questions that the plugin 'ask' holds calls for, grouped by program, and takes answers: at a terminal " +
        "as an inbox that fills it, elsewhere as a list. An answer is for the calls that wait, for a time, until the " +
        "program ends, or for always; the line above the keys says what it would mean. Everybody answers for their " +
        "own programs, root for all; no program answers for itself. Leaving it decides nothing.",
    )
    .usage("[OPTIONS] | list|allow|deny|watch [OPTIONS]")
    .addOption(new Option("-b, --bell", "Ring the terminal's bell when a question comes."))
    .addOption(new Option("--no-color", "No colour."))
    .addOption(socketOption())
    .action(async (options) => (await import("./ask.ts")).ask(options, output));
  // What stands before the word of a subcommand is meant for it as well.
  const placed = <T extends { readonly socket: string }>(options: T): T =>
    ask.getOptionValueSource("socket") === "cli" && options.socket === DEFAULT_SOCKET
      ? { ...options, socket: ask.opts<T>().socket }
      : options;
  const list = ask.command("list")
    .summary("list what waits")
    .description("Lists the questions that wait, the oldest first, each with its id.")
    .addOption(jsonOption("As a JSON array."))
    .addOption(socketOption())
    .action(async (options) => (await import("./ask.ts")).list(placed(options), output));
  explain(list, output, [["snet ask list --json | jq -r '.[].id'", "for programs"]]);
  for (const action of ["allow", "deny"] as const) addAnswer(ask, action, placed, output);
  const watch = ask.command("watch")
    .summary("show questions as they come and end")
    .description("Shows the questions that wait, those that come, and how each ends, until the daemon ends.")
    .addOption(jsonOption("One JSON object a line."))
    .addOption(socketOption())
    .action(async (options) => (await import("./ask.ts")).watchQuestions(placed(options), output));
  explain(watch, output, [["snet ask watch --json", "for programs"]], {
    ...EXITS,
    1: "the daemon ended, or failed to answer",
  });
  explain(ask, output, [
    ["snet ask --bell", "the inbox, on a second terminal"],
    ["snet ask list", "what waits, with ids"],
    ["snet ask allow k3f9 --for 10m", "answer one from a script"],
  ]);
}

function addAnswer(
  ask: Command,
  action: "allow" | "deny",
  placed: <T extends { readonly socket: string }>(options: T) => T,
  output: Output,
): void {
  const others = (name: string) => ["for", "untilExit", "always"].filter((other) => other !== name);
  const command = ask.command(action)
    .summary(action === "allow" ? "let the calls of a question go on" : "let them fail")
    .description(
      `${
        action === "allow" ? "Allows" : "Denies"
      } the calls that wait for the answer to a question. With --for, ` +
        "--until-exit or --always the answer is also for what comes later: by default only for the same program at " +
        "the same address and port.",
    )
    .usage("ID… [OPTIONS]")
    .addArgument(new Argument("<id...>", "The questions, as 'snet ask list' names them."))
    .addOption(new Option("--for <time>", "For so long.").conflicts(others("for")))
    .addOption(new Option("--until-exit", "Until the program ends.").conflicts(others("untilExit")))
    .addOption(new Option("--children", "With --until-exit: also for what it starts."))
    .addOption(new Option("--always", "For good: it becomes a rule.").conflicts(others("always")))
    .addOption(new Option("--scope <scope>", "What the answer is about; the rest is any.").choices(SCOPES))
    .addOption(
      new Option("--revision <number>", "Only if no other process has joined since the list said so.")
        .argParser(count),
    )
    .addOption(jsonOption("One JSON object for each question."))
    .addOption(socketOption())
    .action(async (ids, options) => (await import("./ask.ts")).answer(action, ids, placed(options), output));
  explain(command, output, [
    [`snet ask ${action} k3f9`, "the calls that wait"],
    [`snet ask ${action} k3f9 --for 10m`, "and the same for ten minutes"],
    [
      `snet ask ${action} k3f9 --always --scope program+address`,
      "a rule: this program, this address, any port",
    ],
  ], { ...EXITS, 1: "at least one was not answered: nobody waits for it, it is over, or it is not yours" });
}
