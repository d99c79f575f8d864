/** What answers until it is stopped, `snet daemon` and `snet serve`: words, options and help. */

import { type Command, Option } from "commander";
import type { BuiltIn } from "./builtin.ts";
import type { Output } from "./output.ts";
import { configOption, explain, jsonOption } from "./options.ts";
import { EXITS } from "./overview.ts";

/** Adds `snet daemon`. */
export function addDaemon(snet: Command, builtIn: BuiltIn, output: Output): void {
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

/** Adds `snet serve`. */
export function addServe(snet: Command, builtIn: BuiltIn, output: Output): void {
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
