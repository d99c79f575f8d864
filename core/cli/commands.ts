/** Every command: its words, options and help. What a command does is loaded when it runs. */

import { Argument, type Command } from "commander";
import { addAsk } from "./ask_commands.ts";
import type { BuiltIn } from "./builtin.ts";
import { addDaemon, addServe } from "./daemon_commands.ts";
import { addLog, addStats, addTickets, addWatch } from "./look_commands.ts";
import { configOption, explain, familyOption, jsonOption, socketOption } from "./options.ts";
import type { Output } from "./output.ts";
import { type Example, EXITS } from "./overview.ts";
import { addPlugins } from "./plugins_commands.ts";
import { addReplay } from "./replay_command.ts";
import { addRun } from "./run_command.ts";
import { addWeb } from "./web_commands.ts";

/** Adds the commands to the program. */
export function addCommands(snet: Command, builtIn: BuiltIn, output: Output): void {
  addRun(snet, builtIn, output);
  addDaemon(snet, builtIn, output);
  addServe(snet, builtIn, output);
  addWatch(snet, output);
  addAsk(snet, output);
  addWeb(snet, output);
  addLog(snet, builtIn, output);
  addReplay(snet, builtIn, output);
  addStats(snet, output);
  addTickets(snet, output);
  addRules(snet, builtIn, output);
  addPlugins(snet, builtIn, output);
  addDoctor(snet, builtIn, output);
  addVersion(snet, output);
}

function addRules(snet: Command, builtIn: BuiltIn, output: Output): void {
  const rules = snet.command("rules")
    .summary("check files of rules, switch profiles")
    .description("What concerns the rules of the plugin 'rules'.")
    .usage("check [OPTIONS] [FILE…] | profile [OPTIONS] [NAME]");
  const check = rules.command("check")
    .summary("check files of rules without a daemon")
    .description(
      "Reads files of rules as the daemon would and reports the first mistake of each with file, line and column. " +
        "Without a file it checks those that the configuration names. Changes nothing; needs no privileges.",
    )
    .addArgument(new Argument("[files...]", "Files of rules (YAML)."))
    .addOption(configOption())
    .addOption(familyOption())
    .addOption(jsonOption("As a JSON object."))
    .action(async (files, options) => (await import("./rules.ts")).check(files, options, builtIn, output));
  const examples: Example[] = [
    ["snet rules check", "those of /etc/snet/snet.yaml"],
    ["snet rules check new.yaml", "one before it is installed"],
  ];
  const exits = { 0: "all are right", 1: "at least one is not", 2: EXITS[2]! };
  explain(check, output, examples, exits);
  const profile = rules.command("profile")
    .summary("which files of rules count beside those that always do")
    .description(
      "Shows the profiles that files of rules are for, or makes one of them active: in the configuration's file, so that it " +
        "stays; all of it is taken over, or nothing. For root and the daemon's own user.",
    )
    .addArgument(new Argument("[name]", "The profile that is to be active."))
    .option("--none", "Leave none active.")
    .addOption(socketOption())
    .addOption(jsonOption("As a JSON object."))
    .action(async (name, options) => (await import("./profile.ts")).profile(name, options, output));
  const own: Example[] = [
    ["snet rules profile", "which there are, and which is active"],
    ["snet rules profile travel", "make one active"],
  ];
  explain(profile, output, own, EXITS);
  explain(rules, output, [...examples, ...own], EXITS);
}

function addDoctor(snet: Command, builtIn: BuiltIn, output: Output): void {
  const command = snet.command("doctor")
    .summary("say whether this machine can run snet")
    .description(
      "For the daemon it looks at the kernel, its features and parameters, an attached daemon, libnl, privileges, " +
        "namespaces and cgroups; for 'snet run' at seccomp, ptrace, Landlock and privileges. It says for each that is " +
        "missing what to do. What is wrong or odd about the daemon's configuration it says too. Changes nothing.",
    )
    .addOption(configOption())
    .addOption(jsonOption("As a JSON object."))
    .action(async (options) => (await import("./doctor.ts")).doctor(options, builtIn, output));
  explain(command, output, [["sudo snet doctor", "before the first start, or when something fails"]], {
    0: "a daemon can run here, or runs already",
    2: EXITS[2]!,
    3: "something that it needs is missing; whether 'snet run' works, --json says",
  });
}

function addVersion(snet: Command, output: Output): void {
  const command = snet.command("version")
    .summary("print the version")
    .description("Prints the versions of snet, of its kernel protocol and of the runtime.")
    .addOption(jsonOption("As a JSON object."))
    .action(async (options) => (await import("./version.ts")).version(options, output));
  explain(command, output, [["snet version --json", "for programs"]], { 0: EXITS[0]!, 2: EXITS[2]! });
}
