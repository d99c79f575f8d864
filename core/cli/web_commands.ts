/** `snet web` and its subcommands: their words, options and help. */

import { Argument, type Command, Option } from "commander";
import { DEFAULT_SOCKET } from "../control/api.ts";
import { explain, jsonOption, socketOption } from "./options.ts";
import type { Output } from "./output.ts";

/** Adds the command. */
export function addWeb(snet: Command, output: Output): void {
  const web = snet.command("web")
    .summary("log in at the page, in a browser")
    .description(
      'Prints a link that logs in at the page that the daemon serves where its configuration has the key "web". It ' +
        "works once, within a minute. Whoever opens it acts as whoever ran this: answers questions of their own programs, " +
        "as root those of all; no program that began before answers for itself through it. With --role less is given away.",
    )
    .usage("[OPTIONS] | list|logout [OPTIONS]")
    .addOption(
      new Option("-r, --role <role>", "What it may do (as root admin, else answer).")
        .choices(["read", "answer", "admin"]),
    )
    .addOption(jsonOption("As a JSON object."))
    .addOption(socketOption())
    .action(async (options) => (await import("./web.ts")).link(options, output));
  // What stands before the word of a subcommand is meant for it as well.
  const placed = <T extends { readonly socket: string; readonly json?: boolean }>(options: T): T => ({
    ...options,
    ...(web.getOptionValueSource("socket") === "cli" && options.socket === DEFAULT_SOCKET &&
      { socket: web.opts<T>().socket }),
    ...(web.opts<T>().json && { json: true }),
  });
  const list = web.command("list")
    .summary("list who is logged in")
    .description("Lists your own sessions at the page; as root everybody's.")
    .addOption(jsonOption("As a JSON array."))
    .addOption(socketOption())
    .action(async (options) => (await import("./web.ts")).list(placed(options), output));
  explain(list, output, [["sudo snet web list", "everybody"]]);
  const logOut = web.command("logout")
    .summary("end sessions")
    .description("Ends your own sessions at the page, as root everybody's; pages that are open see no more.")
    .addArgument(new Argument("[ids...]", "Those that 'snet web list' names so; all if none is given."))
    .addOption(jsonOption("As a JSON object with how many were ended."))
    .addOption(socketOption())
    .action(async (ids, options) => (await import("./web.ts")).logOut(ids, placed(options), output));
  explain(logOut, output, [["snet web logout", "all of yours"]]);
  explain(web, output, [
    ["snet web", "a link for a browser on this machine"],
    ["sudo snet web --role read", "one that sees all and changes nothing"],
  ]);
}
