/** What looks at the decisions and counters of a daemon, `snet watch`, `log`, `stats` and `tickets`: words, options and help. */

import { Argument, type Command, Option } from "commander";
import type { BuiltIn } from "./builtin.ts";
import type { Output } from "./output.ts";
import { count, countOrAll, explain, jsonOption, socketOption } from "./options.ts";
import { EXITS } from "./overview.ts";

/** Where the plugin 'journal' writes unless its options say otherwise. */
const DEFAULT_JOURNAL = "/var/lib/snet/snet.db";

/** Adds `snet watch`. */
export function addWatch(snet: Command, output: Output): void {
  const command = snet.command("watch")
    .summary("show decisions as they are made")
    .description(
      "Shows each decision of the daemon: when, who (program, pid, user), what (event, protocol, addresses), the " +
        "verdict with the errno that the program sees, which plugin and rule gave it, and for how many microseconds " +
        "the call was held. A terminal is filled with a table of programs and what they reached, with search, pause and " +
        "details (? says the keys); --plain and --count show decisions line by line there too, as a pipe gets them " +
        "with nothing cut. Calls that the kernel answers by a ticket are not shown: 'snet stats' counts them.",
    )
    .addOption(new Option("--plain", "Line by line, at a terminal too; Ctrl-C ends it."))
    .addOption(new Option("--no-color", "No colour."))
    .addOption(jsonOption("One JSON object a line.").conflicts("classic"))
    .addOption(
      new Option("--classic", "The first snet's line, with protocol, family, uid and pid as numbers."),
    )
    .addOption(new Option("-n, --count <number>", "End after so many decisions.").argParser(count))
    .addOption(socketOption())
    .action(async (options) => (await import("./watch.ts")).watch(options, output));
  explain(command, output, [
    ["snet watch", "the live table"],
    ["snet watch --plain", "line by line"],
    ["snet watch --json | jq .action", "for programs"],
    ["snet watch --classic -n 10", "ten lines, then end"],
  ], { ...EXITS, 1: "the daemon ended, or failed to answer" });
}

/** Adds `snet log`. */
export function addLog(snet: Command, builtIn: BuiltIn, output: Output): void {
  const command = snet.command("log")
    .summary("show decisions of the past")
    .description(
      "Shows what the plugin 'journal' has kept, the newest last, whether or not the daemon runs: in the columns of " +
        "'snet watch', as JSON or as CSV. Words are looked for in program, arguments, addresses, reason and rule, and " +
        "all of them must be there; a word that ends with * is the beginning of one. Times are a while ago (10m, " +
        "1h30m, 2d), of today (14:00), or ISO 8601.",
    )
    .usage("[OPTIONS] [WORD…]")
    .addArgument(new Argument("[words...]", "Words to look for."))
    .addOption(new Option("-p, --program <name>", "Its path, or the last part of it; * is any text."))
    .addOption(new Option("--pid <number>", "Process id.").argParser(count))
    .addOption(new Option("-u, --user <user>", "Name or uid."))
    .addOption(
      new Option("-a, --address <address>", "Either end: 192.0.2.1, 10.0.0.0/8, fd00::/8, unix:/run/x.sock."),
    )
    .addOption(new Option("--port <port>", "Of either end: 443, 8000-8100."))
    .addOption(
      new Option("--verdict <verdict>", "What became of the call; told: nobody was asked.")
        .choices(["allow", "deny", "told"]),
    )
    .addOption(new Option("-r, --rule <rule>", "Name or place (file:line) of the rule; * is any text."))
    .addOption(new Option("--plugin <name>", "The plugin that answered."))
    .addOption(new Option("-e, --event <event>", "Such as snet.connect, snet.out, snet.in."))
    .addOption(new Option("--since <time>", "From then on."))
    .addOption(new Option("--until <time>", "Until before then."))
    .addOption(
      new Option("-n, --count <number>", "The newest so many, or all.").argParser(countOrAll).default(100),
    )
    .addOption(new Option("-f, --follow", "Go on with what is written from now on; Ctrl-C ends it."))
    .addOption(jsonOption("One JSON object a line, as of 'snet watch --json'.").conflicts("csv"))
    .addOption(new Option("--csv", "Lines of CSV."))
    .addOption(new Option("--file <file>", "The journal.").default(DEFAULT_JOURNAL))
    .action(async (words, options) => (await import("./log.ts")).log(words, options, builtIn, output));
  explain(command, output, [
    ["snet log --since 10m --verdict deny", "what was just refused"],
    ["snet log -p curl -a 10.0.0.0/8", "of a program, to a network"],
    ["snet log -f 192.0.2.1", "words; and what comes"],
    ["snet log -n all --csv > log.csv", "everything, for a spreadsheet"],
  ], { 0: EXITS[0]!, 1: "there is no journal, or it cannot be read", 2: EXITS[2]! });
}

/** Adds `snet stats`. */
export function addStats(snet: Command, output: Output): void {
  const command = snet.command("stats")
    .summary("count calls by what became of them")
    .description(
      "Prints the kernel's counters since boot (every held call ends in exactly one cause), the daemon's since it " +
        "started, and how often each rule answered.",
    )
    .addOption(new Option("-a, --all", "Also the counters that are zero."))
    .addOption(jsonOption("As one JSON object, with every counter."))
    .addOption(socketOption())
    .action(async (options) => (await import("./stats.ts")).stats(options, output));
  explain(command, output, [
    ["snet stats", "what happened so far"],
    ["snet stats --json | jq .kernel.waiting", "calls held now"],
  ]);
}

/** Adds `snet tickets`. */
export function addTickets(snet: Command, output: Output): void {
  const tickets = snet.command("tickets")
    .summary("list or drop remembered answers")
    .description("Tickets are answers that the kernel repeats without asking, until they expire.")
    .usage("list|flush [OPTIONS]");
  const list = tickets.command("list")
    .summary("list them")
    .description("Lists each ticket: whom it serves, what it answers, its hits and the time it has left.")
    .addOption(jsonOption("As a JSON array."))
    .addOption(socketOption())
    .action(async (options) => (await import("./tickets.ts")).list(options, output));
  explain(list, output, [["snet tickets list", "what the kernel answers by itself"]]);
  const flush = tickets.command("flush")
    .summary("drop all of them")
    .description("Drops every ticket: each call is asked about again.")
    .addOption(jsonOption("As a JSON object with the number dropped."))
    .addOption(socketOption())
    .action(async (options) => (await import("./tickets.ts")).flush(options, output));
  explain(flush, output, [["sudo snet tickets flush", "ask about everything again"]]);
  explain(tickets, output, [
    ["snet tickets list", "what the kernel answers by itself"],
    ["sudo snet tickets flush", "ask about everything again"],
  ]);
}
