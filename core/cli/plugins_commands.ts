/** `snet plugins` with its commands: words, options and help. */

import { Argument, type Command, Option } from "commander";
import type { BuiltIn } from "./builtin.ts";
import type { Output } from "./output.ts";
import { explain, jsonOption, socketOption } from "./options.ts";
import { EXITS } from "./overview.ts";

/** Adds `snet plugins`. */
export function addPlugins(snet: Command, builtIn: BuiltIn, output: Output): void {
  const plugins = snet.command("plugins")
    .summary("list plugins; write, check and test your own")
    .description("What it takes to write a plugin, with this program alone: no other runtime, no network.")
    .usage("list|new|check|test [OPTIONS]");
  const list = plugins.command("list")
    .summary("list plugins and how they are doing")
    .description(
      "Lists the plugins of the running daemon: lane, trust, grants, calls, verdicts, failures, the time within which half " +
        "of the answers came (p50) and 99 of 100 (p99), restarts. With -c, or where no daemon runs, those of a configuration.",
    )
    .addOption(new Option("-c, --config <file>", "A configuration, instead of the running daemon."))
    .addOption(jsonOption("As a JSON array."))
    .addOption(socketOption())
    .action(async (options) =>
      (await import("./plugins/list.ts")).list(options, await builtIn.plugins(), output)
    );
  explain(list, output, [
    ["snet plugins list", "those of the running daemon"],
    ["snet plugins list -c snet.yaml", "those of a configuration"],
  ]);
  const create = plugins.command("new")
    .summary("write a new plugin, its test and its configuration")
    .description(
      "Makes a folder of that name with a plugin that works, its test, a configuration to try it with, and types for " +
        "editors. Nothing that is there is overwritten.",
    )
    .addArgument(new Argument("<name>", "Such as connect-budget."))
    .addOption(new Option("--lang <language>", "Its language.").choices(["ts", "python"]).default("ts"))
    .addOption(jsonOption("As a JSON object with the files written."))
    .action(async (name, options) => {
      const names = new Set(Object.keys(await builtIn.plugins()));
      await (await import("./plugins/new.ts")).create(name, options, names, output);
    });
  explain(create, output, [
    ["snet plugins new connect-budget", "in TypeScript"],
    ["snet plugins new lookup --lang python", "in Python, over JSON lines"],
  ]);
  const check = plugins.command("check")
    .summary("load plugins as the daemon would")
    .description(
      "Loads files of plugins, or those that a configuration brings, checks their declarations, options, grants and types, " +
        "and says what they are. A file's top level runs, and with -c what sets it up, as whoever runs this.",
    )
    .usage("[OPTIONS] FILE… | -c FILE")
    .addArgument(new Argument("[files...]", "Files of plugins (.ts, .js)."))
    .addOption(new Option("-c, --config <file>", "A configuration of the daemon."))
    .addOption(jsonOption("As one JSON object."))
    .action(async (files, options) =>
      (await import("./plugins/check.ts")).check(files, options, await builtIn.plugins(), output)
    );
  explain(check, output, [
    ["snet plugins check connect-budget.ts", "one plugin"],
    ["snet plugins check -c /etc/snet/snet.yaml", "all that a configuration brings"],
  ], { ...EXITS, 1: "there are mistakes; each is a line on standard error" });
  const test = plugins.command("test")
    .summary("run the tests of plugins")
    .description(
      "Runs test files (*_test.ts), or all below the present folder, with their types checked. The tests are ordinary " +
        "ones of Deno (Deno.test, node:test); 'snet/testing' gives them events and plugins at work.",
    )
    .addArgument(new Argument("[files...]", "Test files."))
    .addOption(new Option("--filter <text>", "Only tests whose name has this."))
    .addOption(jsonOption("As one JSON object with each test."))
    .action(async (files, options) =>
      (await import("./plugins/run_tests.ts")).runTests(files, options, output)
    );
  explain(test, output, [
    ["snet plugins test", "all tests here"],
    ["snet plugins test connect-budget_test.ts", "those of one file"],
  ], { ...EXITS, 1: "a test failed, or there is none" });
  explain(plugins, output, [
    ["snet plugins list", "what runs, and how it is doing"],
    ["snet plugins new connect-budget", "begin"],
    ["snet plugins test", "in its folder: run its tests"],
    ["snet plugins check -c snet.yaml", "would the daemon load it?"],
  ]);
}
