/** `snet plugins list`: the plugins of the running daemon and how they are doing, or those of a configuration. */

import type { PluginTable } from "../../config.ts";
import { PATHS, type PluginStats, type Stats } from "../../control/api.ts";
import { ExternalPlugins } from "../../external/mod.ts";
import { ControlClient } from "../client.ts";
import { CommandError, ExitCode } from "../exit.ts";
import { type Output, printJson } from "../output.ts";
import { pad, printable, widthOf } from "../text.ts";

/** Options of the command. */
export interface ListOptions {
  /** Of this one, whether or not a daemon runs. */
  readonly config?: string;
  readonly socket: string;
  readonly json?: boolean;
}

/** One of them; what only a daemon counts is absent without one. */
export interface ListedPlugin extends Pick<PluginStats, "name" | "version" | "lane" | "trust" | "grants"> {
  /** What the configuration calls its file or its program; absent for a built-in plugin. */
  readonly program?: string;
  readonly counted?: {
    readonly calls: number;
    readonly allowed: number;
    readonly denied: number;
    readonly asked: number;
    readonly failed: number;
    readonly late: number;
    /** Of its process. */
    readonly restarts?: number;
    /** Microseconds. */
    readonly time?: { readonly p50: number; readonly p99: number };
  };
}

/** Where the daemon's configuration stands unless told otherwise. */
export const DEFAULT_CONFIG = "/etc/snet/snet.yaml";

/** Lists them. Throws a ConfigError where it is a configuration's turn and that is wrong. */
export async function list(options: ListOptions, builtIn: PluginTable, output: Output): Promise<void> {
  const plugins = await listed(options, builtIn, output);
  if (options.json) return printJson(output, plugins);
  if (plugins.length === 0) return output.line("No plugins: the default answers everything.");
  for (const line of listLines(plugins)) output.line(line);
}

async function listed(
  { config, socket }: ListOptions,
  builtIn: PluginTable,
  output: Output,
): Promise<readonly ListedPlugin[]> {
  if (config !== undefined) return await ofConfig(config, builtIn);
  try {
    using client = new ControlClient(socket);
    return (await client.get<Stats>(PATHS.stats)).daemon.plugins.map(ofStats);
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitCode !== ExitCode.unavailable) throw error;
    output.error(`No daemon answers on ${socket}; these are the plugins of ${DEFAULT_CONFIG}.`);
    return await ofConfig(DEFAULT_CONFIG, builtIn);
  }
}

async function ofConfig(path: string, builtIn: PluginTable): Promise<readonly ListedPlugin[]> {
  await using external = new ExternalPlugins({ builtIn, log: () => {} });
  const { config, plugins } = await external.read(path);
  return config.plugins.map(({ name, external }) => {
    const { trusted, version, grants, program } = external ?? {};
    return {
      name,
      ...(version !== undefined && { version }),
      lane: plugins[name]!.lane ?? "fast",
      trust: trusted === undefined ? "built-in" : trusted ? "trusted" : "sandboxed",
      ...(grants !== undefined && { grants }),
      ...(program !== undefined && { program }),
    };
  });
}

function ofStats(plugin: PluginStats): ListedPlugin {
  const { name, version, lane, trust, grants, counters = {} } = plugin;
  const { calls, allowed, denied, asked, failed, late, time } = plugin;
  // Of a process in a sandbox (core/sandbox/counters.ts).
  const { started } = counters;
  return {
    name,
    ...(version !== undefined && { version }),
    ...{ lane, trust },
    ...(grants !== undefined && { grants }),
    counted: {
      ...{ calls, allowed, denied, asked, failed, late },
      ...(started !== undefined && trust === "sandboxed" && { restarts: Math.max(0, started - 1) }),
      ...(time !== undefined && { time }),
    },
  };
}

const TITLES = ["PLUGIN", "VERSION", "LANE", "TRUST"];
const COUNTED = ["CALLS", "ALLOWED", "DENIED", "ASKED", "FAILED", "LATE", "p50", "p99", "RESTARTS"];

/** As lines below a header; the grants stand below their plugin. */
export function listLines(plugins: readonly ListedPlugin[]): string[] {
  const isCounted = plugins.some(({ counted }) => counted !== undefined);
  const titles = [...TITLES, ...(isCounted ? COUNTED : [])];
  const rows = [
    titles,
    ...plugins.map((plugin) => [...cellsOf(plugin), ...(isCounted ? countsOf(plugin) : [])]),
  ];
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]!))));
  const side = (column: number) => column < TITLES.length ? "left" : "right";
  return rows.flatMap((row, index) => [
    row.map((cell, column) => pad(cell, widths[column]!, side(column))).join("  ").trimEnd(),
    ...(index === 0 ? [] : belowOf(plugins[index - 1]!)),
  ]);
}

function cellsOf({ name, version = "-", lane, trust }: ListedPlugin): string[] {
  return [printable(name), printable(version), lane, trust];
}

function countsOf({ counted }: ListedPlugin): string[] {
  if (counted === undefined) return COUNTED.map(() => "-");
  const { calls, allowed, denied, asked, failed, late, time, restarts } = counted;
  const counts = [calls, allowed, denied, asked, failed, late].map(String);
  return [
    ...counts,
    timeText(time?.p50),
    timeText(time?.p99),
    restarts === undefined ? "-" : String(restarts),
  ];
}

function belowOf({ grants, program }: ListedPlugin): string[] {
  const granted = Object.entries(grants ?? {}).filter(([, items]) => items.length > 0)
    .map(([kind, items]) => `${kind} ${items.join(", ")}`);
  return [
    ...(program === undefined ? [] : [`  ${printable(program)}`]),
    ...(granted.length === 0 ? [] : [`  granted: ${printable(granted.join("; "))}`]),
  ];
}

/** Microseconds with their unit: `0.4 µs`, `69 µs`, `12 ms`, `3.1 s`. */
function timeText(microseconds: number | undefined): string {
  if (microseconds === undefined) return "-";
  const [value, unit] = microseconds < 1000
    ? [microseconds, "µs"]
    : microseconds < 1e6
    ? [microseconds / 1000, "ms"]
    : [microseconds / 1e6, "s"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
