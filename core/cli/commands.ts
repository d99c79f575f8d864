/** Every command: its words, options and help. What a command does is loaded when it runs. */

import { Argument, type Command, Option } from "commander";
import { addAsk } from "./ask_commands.ts";
import type { BuiltIn } from "./builtin.ts";
import type { Output } from "./output.ts";
import { type Example, EXITS } from "./overview.ts";
import {
  configOption,
  count,
  countOrAll,
  explain,
  familyOption,
  jsonOption,
  list,
  socketOption,
} from "./options.ts";
import { addReplay } from "./replay_command.ts";
import { addWeb } from "./web_commands.ts";

/** Where the plugin 'journal' writes unless its options say otherwise. */
const DEFAULT_JOURNAL = "/var/lib/snet/snet.db";

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

function addRun(snet: Command, builtIn: BuiltIn, output: Output): void {
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

function addDaemon(snet: Command, builtIn: BuiltIn, output: Output): void {
  const command = snet.command("daemon")
    .summary("hold calls and answer them")
    .description(
      "Attaches to the kernel and answers held calls by the configured plugins until it is stopped (SIGTERM, " +
        "SIGINT). It reads its configuration and rules again on SIGHUP and when their files change; a bad file " +
        "changes nothing and is reported. Needs CAP_NET_ADMIN on the host.",
    )
    .addOption(configOption())
    .addOption(
      new Option("-s, --socket <path>", "Control socket to listen on, instead of the configured one."),
    )
    .addOption(jsonOption("Print what happens as one JSON object a line."))
    .action(async (options) => (await import("./daemon.ts")).daemon(options, builtIn, output));
  explain(command, output, [
    ["snet daemon", "with /etc/snet/snet.yaml"],
    ["snet daemon -c ./snet.yaml -s /run/snet/try.sock", "to try a configuration"],
  ], {
    0: "stopped as asked",
    1: "failed: a bad configuration, another daemon attached, no permission",
    2: EXITS[2]!,
    3: "this kernel has no snet ('snet doctor' says more)",
  });
}

function addServe(snet: Command, builtIn: BuiltIn, output: Output): void {
  const command = snet.command("serve")
    .summary("decide for the daemons of other machines")
    .description(
      "Answers daemons whose plugin 'remote' asks it, by rules and plugins of its own, questions to its own people among " +
        "them, until it is stopped (SIGTERM, SIGINT). Each client has a secret of its own, which signs questions and " +
        "answers. It reads its configuration again on SIGHUP and when its files change; a bad file changes nothing. Needs " +
        "neither root nor a kernel with snet. 'snet stats', 'snet watch' and 'snet ask' take its control socket " +
        "(--socket /run/snet/serve.sock).",
    )
    .addOption(
      new Option("-c, --config <file>", "Configuration of the server.").default("/etc/snet/serve.yaml"),
    )
    .addOption(
      new Option("-s, --socket <path>", "Control socket to listen on, instead of the configured one."),
    )
    .addOption(jsonOption("Print what happens as one JSON object a line."))
    .action(async (options) => (await import("./serve.ts")).serve(options, builtIn, output));
  explain(command, output, [
    ["openssl rand -base64 32 > web1.secret", "the secret of a client, for both sides (chmod 600)"],
    ["snet serve", "with /etc/snet/serve.yaml"],
    ["snet stats -s /run/snet/serve.sock", "what its clients do"],
  ], {
    0: "stopped as asked",
    1: "failed: a bad configuration, another server on its control socket, an address in use",
    2: EXITS[2]!,
  });
}

function addWatch(snet: Command, output: Output): void {
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

function addLog(snet: Command, builtIn: BuiltIn, output: Output): void {
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

function addStats(snet: Command, output: Output): void {
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

function addTickets(snet: Command, output: Output): void {
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

function addPlugins(snet: Command, builtIn: BuiltIn, output: Output): void {
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

function addRules(snet: Command, builtIn: BuiltIn, output: Output): void {
  const rules = snet.command("rules")
    .summary("check files of rules")
    .description("What concerns the rules of the plugin 'rules'.")
    .usage("check [OPTIONS] [FILE…]");
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
  explain(rules, output, examples, exits);
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
