/** The words of `snet replay`; what it does is in replay.ts, loaded when it runs. */

import { Argument, type Command, Option } from "commander";
import type { BuiltIn } from "./builtin.ts";
import { configOption, explain, familyOption, jsonOption, list } from "./options.ts";
import type { Output } from "./output.ts";
import { EXITS } from "./overview.ts";

/** Adds the command to the program. */
export function addReplay(snet: Command, builtIn: BuiltIn, output: Output): void {
  const command = snet.command("replay")
    .summary("decide again about what was recorded")
    .description(
      "Reads decisions as 'snet log --json', 'snet watch --json' and 'snet run --log' with --json write them, or bare " +
        "events, one object a line, and shows what the configuration, or files of rules, would decide about each: " +
        "without a kernel, without root, and nothing is held, told or written down. Plugins see the recorded time as " +
        "their clock. Those that may wait are not asked, and people never: what depends on them stays open.",
    )
    .usage("[OPTIONS] FILE")
    .addArgument(new Argument("<file>", "The recording; - is standard input."))
    .addOption(configOption().conflicts("rules"))
    .addOption(list("-r, --rules <file>", "Rules in place of the configuration; may be given several times."))
    .addOption(list("--list <file>", "File of a set that the rules name; may be given several times."))
    .addOption(
      new Option("--default <answer>", "With --rules: what answers where no rule does.")
        .choices(["allow", "deny"]).default("deny"),
    )
    .addOption(familyOption())
    .addOption(
      new Option("-d, --diff", "Show only what would be decided otherwise; exit code 4 if anything is."),
    )
    .addOption(new Option("--slow", "Also ask plugins that may wait, which take it for new calls."))
    .addOption(jsonOption("One JSON object a line; counts on standard error."))
    .action(async (file, options) => (await import("./replay.ts")).replay(file, options, builtIn, output));
  explain(command, output, [
    ["snet log --since 1h -n all --json | snet replay - --diff", "what the rules on disk would change"],
    ["snet replay calls.json -r new.yaml --diff", "what other rules would"],
  ], {
    0: EXITS[0]!,
    1: "the recording or the configuration is wrong; its line is named",
    2: EXITS[2]!,
    4: "with --diff: something would be decided otherwise",
  });
}
