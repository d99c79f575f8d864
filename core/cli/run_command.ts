/** `snet run`: its words, options and help. */

import { Argument, type Command, Option } from "commander";
import type { BuiltIn } from "./builtin.ts";
import type { Output } from "./output.ts";
import { explain, jsonOption, list } from "./options.ts";

/** Adds `snet run`. */
export function addRun(snet: Command, builtIn: BuiltIn, output: Output): void {
  const command = snet.command("run")
    .summary("hold the calls of one program, without root")
    .description(
      "Runs a program and holds its network calls and those of everything that it starts, on any kernel from 5.9, as " +
        "an ordinary user. Rules answer; without rules a question stands in the terminal. Input, output, signals and " +
        "exit code are the program's own. What it leaves behind when it ends is ended as well.",
    )
    .usage("[OPTIONS] -- COMMAND [ARGUMENT…]")
    .addArgument(new Argument("<command...>", "The program and its arguments."))
    .addOption(list("-r, --rules <file>", "Rules to answer by; may be given several times."))
    .addOption(list("--list <file>", "File of a set that the rules name; may be given several times."))
    .addOption(
      new Option(
        "--default <answer>",
        "What answers where no rule does (ask at a terminal or page without --rules, else deny).",
      )
        .choices(["allow", "deny", "ask"]),
    )
    .addOption(
      new Option(
        "--delay <time>",
        "Time for an answer; then the call is denied, or allowed with --default allow.",
      )
        .default("30s"),
    )
    .addOption(
      new Option("--save <file>", "Write answers given for good to this rule file, and ask it first."),
    )
    .addOption(
      new Option(
        "--web",
        "Ask on a page in a browser, not at the terminal; the program starts when the link that is printed was opened.",
      ),
    )
    .addOption(
      new Option("--learn <file>", "Allow everything, and write the rules that would allow just this.")
        .conflicts(["rules", "default", "save", "web"]),
    )
    .addOption(new Option("--log <file>", "Write each decision to a file; - is standard error."))
    .addOption(jsonOption("With --log: one JSON object a line."))
    .addOption(
      new Option("--families <list>", "Address families that are asked about; * for every one.")
        .default("inet,inet6"),
    )
    .addOption(
      new Option("--others <answer>", "What becomes of calls on sockets of other families.")
        .choices(["allow", "deny"]).default("allow"),
    )
    .addOption(
      new Option("--io-uring <answer>", "refuse: programs are told that the kernel has none.")
        .choices(["refuse", "allow"]).default("refuse"),
    )
    .addOption(
      new Option(
        "--send-all",
        "Ask about sends on connected sockets too, where they are calls of their own.",
      ),
    )
    .addOption(
      new Option("--payload <bytes>", "First bytes of what is sent that rules and log see.")
        .default("0"),
    )
    .addOption(new Option("--wait", "Let what the program leaves behind end by itself."))
    .addOption(new Option("--stats", "Print at the end what became of all calls."))
    .addOption(new Option("-q, --quiet", "Say nothing but what went wrong."))
    .passThroughOptions()
    .action(async (words, options) => (await import("./run.ts")).run(words, options, builtIn, output));
  explain(command, output, [
    ["snet run -- curl https://example.org", "ask before each connection"],
    ["snet run --save rules.yaml -- npm ci", "ask, and remember what was answered"],
    ["snet run --web -- firefox", "ask in another browser"],
    ["snet run --learn rules.yaml -- make", "write the rules that it needs"],
    ["snet run -r rules.yaml -- make", "hold it to them"],
  ], {
    125: "snet itself failed, or the command line was wrong",
    126: "the program cannot be executed",
    127: "the program was not found",
    "*": "otherwise that of the program; ended by a signal, so is snet",
  });
}
