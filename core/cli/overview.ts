/** What stands in help besides commands and options: the overview of snet, examples and exit codes. */

import type { Paint } from "./terminal.ts";
import { wrap } from "./text.ts";

/** The first paragraph of `snet --help`. */
export const ABOUT =
  "snet holds a program's network calls (connect, bind, listen, accept, send) at the door and asks: the kernel parks " +
  "the call, the daemon asks its plugins, and the call goes on or fails with the errno that the rule names.";

/** One line of examples: a command line and what it does. */
export type Example = readonly [command: string, what: string];

/** The exit codes of a command, each with what it means there. */
export type Exits = Readonly<Record<number | string, string>>;

/** What every command exits with unless it says otherwise. */
export const EXITS: Exits = {
  0: "done",
  1: "failed; one line on standard error says why",
  2: "wrong command line",
  3: "the daemon is not running, or this kernel has no snet",
};

const wayOfACall =
  "A program calls connect(2). If a ticket remembers the answer, the kernel repeats it. Otherwise it holds the call " +
  "and asks the daemon, whose plugins are asked in the order of the configuration: the first that has an opinion " +
  "answers, and its answer may be remembered as a ticket. If none has one, the configured default answers; if the " +
  "daemon does not answer in time, the kernel's policy does (snet.verdict_policy after snet.verdict_delay); if no " +
  "daemon is attached, snet.absent does. 'snet stats' counts each of these by its cause.";

const configuration = `  version: 1
  default: allow # what no plugin decides
  kernel: { delay: 5s, policy: deny, absent: allow }
  web: {} # a page for browsers of this machine
  plugins: # asked in this order
    - rules: { files: [/etc/snet/rules.d/*.yaml] }
    - ask: {} # people, where a rule says so`;

const rules = `  version: 1
  rules:
    - { name: web, allow: snet.out, exe: /usr/bin/curl, port: [80, 443] }
    - { name: rest, deny: snet.out, exe: /usr/bin/curl, errno: EHOSTUNREACH }`;

const files: readonly Example[] = [
  ["/etc/snet/snet.yaml", "configuration of the daemon"],
  ["/etc/snet/rules.d/*.yaml", "rules"],
  ["/run/snet/snet.sock", "control socket; group snet may read"],
  ["/var/lib/snet/snet.db", "what the plugin 'journal' keeps, for 'snet log'"],
  ["/sys/module/snet/parameters/", "verdict_delay, verdict_policy, absent, debug"],
];

const environment: readonly Example[] = [
  ["NO_COLOR", "no colour, whatever its value"],
  ["FORCE_COLOR", "colour though the output is no terminal"],
  ["COLUMNS", "columns to fit into though the output is no terminal"],
];

const examples: readonly Example[] = [
  ["snet run -- make", "hold one program, without root"],
  ["snet doctor", "can this machine run snet, and if not, why?"],
  ["snet rules check", "are the rules right?"],
  ["snet daemon", "start holding calls"],
  ["snet watch", "see who does what, and what became of it"],
  ["snet ask", "answer the questions that wait for you"],
  ["snet web", "the same in a browser"],
  ["snet stats", "count it, by cause"],
  ["snet plugins new connect-budget", "write a plugin of your own"],
];

/** The rest of `snet --help`, after the list of commands. */
export function overviewAfter(paint: Paint, width: number): string {
  return [
    section(paint, "The way of a call", wrap(wayOfACall, width, 2)),
    section(paint, "A configuration", configuration.split("\n")),
    section(paint, "A file of rules", rules.split("\n")),
    section(paint, "Files", columns(files)),
    section(paint, "Environment", columns(environment)),
    section(paint, "Examples", columns(examples)),
    section(paint, "Exit codes of every command", exitLines(EXITS)),
    "\n'snet COMMAND --help' tells more about a command.",
  ].join("\n");
}

/** Examples and exit codes, as they stand below the options of a command. */
export function commandAfter(paint: Paint, examples: readonly Example[], exits: Exits): string {
  return [section(paint, "Examples", columns(examples)), section(paint, "Exit codes", exitLines(exits))].join(
    "\n",
  );
}

function section(paint: Paint, title: string, lines: readonly string[]): string {
  return `\n${paint("strong", `${title}:`)}\n${lines.join("\n")}`;
}

function columns(rows: readonly Example[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

function exitLines(exits: Exits): string[] {
  const entries = Object.entries(exits);
  const width = Math.max(...entries.map(([code]) => code.length));
  return entries.map(([code, meaning]) => `  ${code.padEnd(width)}  ${meaning}`);
}
