/** `snet stats`: how many calls came to which end. */

import { COUNTER_DOCS } from "../../ffi/mod.ts";
import { PATHS, type PluginStats, type Stats } from "../control/api.ts";
import { formatDuration } from "../duration.ts";
import { ControlClient } from "./client.ts";
import { namesLines } from "./names.ts";
import { type Output, printJson } from "./output.ts";
import { ruleText } from "./row.ts";
import { serveSections } from "./serve_stats.ts";
import { pad, printable, wrap } from "./text.ts";

/** Options of the command. */
export interface StatsOptions {
  readonly json?: boolean;
  /** Also the counters that are zero. */
  readonly all?: boolean;
  readonly socket: string;
}

/** Asks the daemon for its counters and the kernel's, and prints them. */
export async function stats(options: StatsOptions, output: Output): Promise<void> {
  using client = new ControlClient(options.socket);
  const everything = options.all || options.json;
  const counted = await client.get<Stats>(everything ? `${PATHS.stats}?all` : PATHS.stats);
  if (options.json) return printJson(output, counted);
  for (const line of statsLines(counted, options.all === true, output.width)) output.line(line);
}

/** What each counter of the daemon counts. */
const DAEMON_DOCS = {
  verdict: "Decided by a plugin.",
  default: "Answered by the default, since no plugin had an opinion.",
  ask: "Answered by the default, since a rule said ask and no plugin could.",
  failed: "Answered by whenFailed or the default, since a plugin failed.",
  late: "Answered by whenLate or the default, since a plugin had not answered in time.",
  tooLate: "Answers that came after the call had ended.",
  refused: "Answers that the kernel refused for another reason.",
  malformed: "Messages that could not be read; the kernel's policy answers them.",
  overruns: "Times that the socket's buffer overflowed; the kernel sends those events again.",
  notified: "Events told without a question.",
  unremembered: "Answers that wanted a ticket but had used what no ticket can hold.",
  dropped: "Decisions that no observer was shown, for lack of room.",
  waiting: "Calls that wait for a plugin of the slow lane now.",
} as const;

interface Counter {
  readonly name: string;
  readonly value: number;
  readonly doc: string;
}

/** The counters as lines: number, name, what it counts. Zeros only with `all`. */
export function statsLines(stats: Stats, all: boolean, width: number | undefined): string[] {
  const { kernel, daemon } = stats;
  const docs: Readonly<Record<string, string>> = COUNTER_DOCS;
  const kernelCounters = Object.entries(kernel).map(([name, value]) => ({
    name,
    value,
    doc: docs[name] ?? "",
  }));
  const daemonCounters = Object.entries(DAEMON_DOCS).map(([name, doc]) => ({
    name,
    value: daemonCounter(daemon, name),
    doc,
  }));
  const cancelled = Object.entries(daemon.cancelled).map(([cause, value]) => ({
    name: `cancelled ${cause}`,
    value,
    doc: `Calls that ended before their answer came: ${cause}.`,
  }));
  const shown = (counters: readonly Counter[]) => counters.filter(({ value }) => all || value !== 0);
  const head = stats.serve === undefined
    ? ["Kernel, since boot:", ...counterLines(shown(kernelCounters), width), ""]
    : serveSections(stats.serve).flatMap(({ title, counters }) => [
      title,
      ...counterLines(shown(counters), width),
      "",
    ]);
  return [
    ...head,
    `${stats.serve === undefined ? "Daemon" : "Server"}, since ${daemon.since}:`,
    ...counterLines(shown([...daemonCounters, ...cancelled]), width),
    ...(stats.names === undefined ? [] : ["", ...namesLines(stats.names)]),
    ...daemon.plugins.flatMap((plugin) => ["", ...pluginLines(plugin, all)]),
  ];
}

function daemonCounter(daemon: Stats["daemon"], name: string): number {
  if (name in daemon.decisions) return daemon.decisions[name as keyof typeof daemon.decisions];
  if (name === "tooLate") return daemon.late;
  return daemon[
    name as "refused" | "malformed" | "overruns" | "notified" | "unremembered" | "dropped" | "waiting"
  ];
}

function counterLines(counters: readonly Counter[], width: number | undefined): string[] {
  if (counters.length === 0) return ["  nothing yet"];
  const digits = Math.max(8, ...counters.map(({ value }) => String(value).length));
  const names = Math.max(...counters.map(({ name }) => name.length));
  const indent = digits + names + 6;
  return counters.flatMap(({ name, value, doc }) => {
    const [first = "", ...rest] = wrap(doc, width ?? Infinity, indent);
    return [
      `  ${pad(String(value), digits, "right")}  ${pad(name, names)}  ${first.trimStart()}`.trimEnd(),
      ...rest,
    ];
  });
}

function pluginLines(plugin: PluginStats, all: boolean): string[] {
  const { name, lane, allowed, denied, asked, failed, lastFailure, counters = {}, rules } = plugin;
  const head =
    `Plugin ${
      printable(name)
    } (${lane}): ${allowed} allowed, ${denied} denied, ${asked} asked, ${failed} failed` +
    // Only those who may take their time can be too late.
    (plugin.slow === undefined
      ? ""
      : `, ${plugin.late} late, ${plugin.cancelled} cancelled, ${plugin.shared} shared`);
  return [
    head,
    ...slowLines(plugin),
    ...(lastFailure === undefined ? [] : [`  last failure: ${printable(lastFailure)}`]),
    ...Object.entries(counters).filter(([, count]) => all || count !== 0).map(([name, count]) =>
      `  ${pad(String(count), 8, "right")}  ${printable(name)}`
    ),
    ...rules.map((rule) => {
      const where = rule.where === undefined ? "" : `  (${printable(rule.where)})`;
      return `  ${pad(String(rule.hits), 8, "right")}  ${ruleText(rule)}${where}`;
    }),
  ];
}

/** How a plugin that may wait is doing, and what becomes of questions that it does not answer. */
function slowLines({ slow }: PluginStats): string[] {
  if (slow === undefined) return [];
  const { timeout, whenLate, whenFailed, waiting, breaker: { state, failures, opened, shortCircuited } } =
    slow;
  const breaker = opened === 0 ? [] : [
    `  circuit breaker ${state}: ${failures} failures in a row, opened ${opened} times, ${shortCircuited} not asked`,
  ];
  return [
    `  ${waiting} waiting; late after ${formatDuration(timeout)}: ${whenLate}; failed: ${whenFailed}`,
    ...breaker,
  ];
}
