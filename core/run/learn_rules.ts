/** The smallest readable rule file that allows what was learned, and nothing else. */

import { printable, wrap } from "../cli/text.ts";
import { EVENT_ALIASES, parseEvents } from "../events.ts";
import {
  addressOf,
  fieldsOf,
  flowText,
  itemText,
  type PortSpan,
  type RuleDraft,
} from "../rule_file/draft.ts";
import type { Learned, LearnedOfProgram } from "./learn.ts";
import type { LearnedCall, SeenPorts } from "./learn_call.ts";
import { type Product, productsOf } from "./product.ts";

/** What the file is made from besides the calls. */
export interface LearnedFrom {
  /** The command that ran. */
  readonly command: readonly string[];
  /** Where the kernel takes ports from that nobody asked for (ip(7), ip_local_port_range). */
  readonly portRange: PortSpan;
}

/** The text of the file, and how much is in it. */
export interface LearnedRules {
  readonly text: string;
  readonly rules: number;
  /** Programs that the rules name. */
  readonly programs: number;
  /** Different calls for which no rule could be written: they stand in comments. */
  readonly unwritten: number;
}

/** Makes the rule file of what was learned; the same for the same calls. */
export function learnedRules({ programs, ports, missed }: Learned, from: LearnedFrom): LearnedRules {
  const chosen = new ChosenPorts(ports, from.portRange);
  const sections = programs.toSorted(byKey).map((program) => sectionOf(program, chosen));
  const rules = sum(sections.map((section) => section.rules));
  const lists = sections.map(({ lines }) => lines.map((line) => `${line}\n`).join("")).join("\n");
  return {
    text: `${header(from, missed)}version: 1\ndefault: deny\nrules:${rules === 0 ? " []" : ""}\n${lists}`,
    rules,
    programs: sections.filter((section) => section.rules > 0).length,
    unwritten: sum(sections.map((section) => section.unwritten)),
  };
}

function byKey({ program: a }: LearnedOfProgram, { program: b }: LearnedOfProgram): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Columns of a line of text. */
const WIDTH = 100;
/** Of a command line: it is for recognizing a program, and may be anything. */
const COMMAND_WIDTH = 200;

function header({ command }: LearnedFrom, missed: number): string {
  const lines = [
    "What one run did, written by 'snet run --learn':",
    `  ${commandText(command)}`,
    ...wrap(
      "It allows these calls and no others. Where the kernel chose a port, which is another one each time, any port of " +
        "its range will do. Sockets of families that were not asked about have no rules: --others answers for them.",
      WIDTH,
    ),
    ...missed === 0 ? [] : [`Calls that found no room here any more, and have no rules: ${missed}.`],
  ];
  return lines.map((line) => `# ${line}\n`).join("");
}

/** Arguments on one line, each of them to be told from the next. */
function commandText(command: readonly string[]): string {
  const words = command.map((word) => {
    if (/^[\w@%+=:,./~-]+$/.test(word)) return word;
    return word.includes("'") ? `"${word}"` : `'${word}'`;
  });
  const text = words.join(" ");
  return printable(text.length <= COMMAND_WIDTH ? text : `${text.slice(0, COMMAND_WIDTH)}…`);
}

interface Section {
  readonly lines: readonly string[];
  readonly rules: number;
  readonly unwritten: number;
}

const CHOSEN = "  # The kernel chooses ports of this range (net.ipv4.ip_local_port_range).";

/** The rules of one program below its command line; what no rule can say stands in comments. */
function sectionOf({ program, cmdline = [], calls }: LearnedOfProgram, chosen: ChosenPorts): Section {
  const writable = calls.filter(({ unwritable }) => unwritable === undefined);
  const unwritable = calls.filter(({ unwritable }) => unwritable !== undefined);
  // What goes out and what comes in stay apart, also where the addresses are the same.
  const products = [isOutwards, isOther].flatMap((belongs) => {
    return productsOf(writable.filter(belongs).map((call) => pointOf(call, chosen)));
  });
  const lines = [`  # ${cmdline.length === 0 ? printable(program.text) : commandText(cmdline)}`];
  if (program.unnamed === undefined) {
    for (const product of products) lines.push(...ruleLines(product, program.exe));
  } else {
    lines.push(`  # No rule can name ${printable(program.text)}: ${program.unnamed}. Its calls:`);
    for (const product of products) lines.push(`  #   ${flowText(fieldsOf(draftOf(product, undefined)))}`);
  }
  lines.push(...new Set(unwritable.map((call) => `  # No rule allows just this: ${unwritableText(call)}`)));
  const isNamed = program.unnamed === undefined;
  return {
    lines,
    rules: isNamed ? products.length : 0,
    unwritten: unwritable.length + (isNamed ? 0 : writable.length),
  };
}

function isOutwards({ event }: LearnedCall): boolean {
  return EVENT_ALIASES["snet.out"]!.includes(event);
}

function isOther(call: LearnedCall): boolean {
  return !isOutwards(call);
}

function ruleLines(product: Product, exe: string | undefined): string[] {
  const text = `  - ${itemText(fieldsOf(draftOf(product, exe)), 4)}`;
  const isChosen = product[PORT]!.some((port) => port.includes("-"));
  return [...isChosen ? [CHOSEN] : [], ...text.split("\n")];
}

function unwritableText({ event, family, type, proto, unwritable }: LearnedCall): string {
  return `${[event, family, type, proto].filter((word) => word !== "").join(" ")}: ${unwritable}.`;
}

/** The sides of a product of calls. */
const OPERANDS = ["event", "family", "type", "proto", "from", "to", "port"] as const;
const PORT = OPERANDS.indexOf("port");

function pointOf(call: LearnedCall, chosen: ChosenPorts): readonly string[] {
  return OPERANDS.map((operand) => operand === "port" ? chosen.portOf(call) : call[operand]);
}

function draftOf(product: Product, exe: string | undefined): RuleDraft {
  const [events, ...operands] = product;
  const [family, type, proto, from, to, port] = operands.map((values) =>
    values[0] === "" ? undefined : values
  );
  return {
    action: "allow",
    events: eventWords(events!),
    ...(exe !== undefined && { exe: [exe] }),
    ...(family !== undefined && { family }),
    ...(type !== undefined && { type }),
    ...(proto !== undefined && { proto }),
    ...(from !== undefined && { from: from.map(addressOf) }),
    ...(to !== undefined && { to: to.map(addressOf) }),
    ...(port !== undefined && { port: spansOf(port) }),
  };
}

/** The shortest words for events: `snet.out` for both of its own. */
function eventWords(events: readonly string[]): readonly string[] {
  const alias = ["snet.out", "snet.in"].find((word) => {
    const meant = EVENT_ALIASES[word]!;
    return meant.length === events.length && meant.every((event) => events.includes(event));
  });
  return alias === undefined ? parseEvents(events) : [alias];
}

/** Fewer ports in a row than this are easier to read one by one. */
const SHORTEST_SPAN = 3;

/** Ports in their order; those in a row as spans, which are given as `first-last` too. */
function spansOf(ports: readonly string[]): readonly (number | PortSpan)[] {
  const spans: { first: number; last: number }[] = [];
  const given = ports.map((port) => port.split("-").map(Number)).toSorted(([a], [b]) => a! - b!);
  for (const [first, last = first] of given) {
    const before = spans.at(-1);
    if (before !== undefined && first! <= before.last + 1) before.last = Math.max(before.last, last!);
    else spans.push({ first: first!, last: last! });
  }
  return spans.flatMap(({ first, last }): readonly (number | PortSpan)[] => {
    if (last - first + 1 >= SHORTEST_SPAN) return [{ first, last }];
    return first === last ? [first] : [first, last];
  });
}

/** Tells ports that the kernel chose, which the next run will not see again, from those that a program asked for. */
class ChosenPorts {
  constructor(readonly ports: SeenPorts, readonly range: PortSpan) {}

  /** The port of a call, or the range that it was chosen from. */
  portOf({ event, proto, to, port, answers }: LearnedCall): string {
    const { first, last } = this.range;
    if (port === "" || Number(port) < first || Number(port) > last || event === "snet.bind") return port;
    const isOwn = this.ports.chosen.has(`${proto} ${port}`) && !this.ports.bound.has(`${proto} ${port}`);
    const inwards = event === "snet.listen" || event === "snet.accept" || event === "snet.post_accept" ||
      event === "snet.recvmsg";
    // To this very machine: a part of the run that talks to another one.
    const isInner = inwards || /^(?:127\.|::1$)/.test(to);
    return isOwn && isInner || answers ? `${first}-${last}` : port;
  }
}
