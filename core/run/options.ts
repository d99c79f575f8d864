/** What `snet run` was asked to do, and the configuration that it makes of it. */

import type { Config, PluginTable } from "../config.ts";
import { parseConfig } from "../config.ts";
import { readText } from "../config_files.ts";
import { parseFamily } from "../events.ts";
import type { SourceText } from "../plugin.ts";

/** Options of the command, checked. */
export interface RunOptions {
  /** Rule files, in the order of asking. */
  readonly rules: readonly string[];
  /** Files that sets of rules name. */
  readonly list: readonly string[];
  /** What answers where no rule does. Undefined: `ask` at a terminal where no `rules` are given, else `deny`. */
  readonly default?: "allow" | "deny" | "ask";
  /** Milliseconds in which a question must be answered. */
  readonly delay: number;
  /** Address families (AF_x) that are asked about. */
  readonly families: readonly number[];
  /** What becomes of calls on sockets of other families. */
  readonly others: "allow" | "deny";
  readonly ioUring: "allow" | "refuse";
  readonly sendAll?: boolean;
  /** First bytes of what is sent that events show. */
  readonly payload: number;
  /** Where decisions are written to; `-` is standard error. */
  readonly log?: string;
  readonly json?: boolean;
  /** Rule file that answers are added to, and that is asked first. */
  readonly save?: string;
  /** Rule file to write of what the program did. */
  readonly learn?: string;
  /** Let what the program leaves behind end by itself. */
  readonly wait?: boolean;
  readonly stats?: boolean;
  readonly quiet?: boolean;
}

/** The name of the plugin that decides by rule files. */
const RULES = "rules";
/** Stands first in the chain: its families are never the rules' business. */
export const OTHERS = "others";

/**
 * The configuration of a run: calls of other families first, then the rules. `fallback` answers what nobody decides.
 *
 * Throws a ConfigError where a file cannot be read.
 */
export function runConfig(options: RunOptions, fallback: "allow" | "deny", plugins: PluginTable): Config {
  const { families, others, payload, sendAll } = options;
  const base = parseConfig(
    "./command line",
    `default: ${fallback}\nfamilies: [${families.join(", ")}]\n` +
      `kernel: { payload: ${payload}, send-all: ${
        sendAll === true
      } }\nplugins: [{ ${RULES}: { files: [] } }]\n`,
    plugins,
  );
  const where = "snet run";
  const rules = base.plugins.flatMap((plugin) => {
    const files = ruleFiles(options);
    if (files.length === 0) return [];
    return [{ ...plugin, where, options: { ...plugin.options, files, lists: options.list.map(read) } }];
  });
  return {
    ...base,
    plugins: [{ name: OTHERS, options: { families: families.map(String), policy: others }, where }, ...rules],
  };
}

/** The rule files, those that answers are saved to first: they were given to what other rules ask. */
function ruleFiles({ rules, save }: RunOptions): SourceText[] {
  const saved = save !== undefined && !rules.includes(save) && exists(save) ? [save] : [];
  return [...saved, ...rules].map(read);
}

function read(path: string): SourceText {
  return { path, text: readText(path) };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    // Whatever else is wrong with it, reading it says.
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** Address families of a list such as `inet,inet6`, or every family for `*`. Throws an Error of one line. */
export function parseFamilies(text: string): readonly number[] {
  const words = text.split(",").map((word) => word.trim());
  return [...new Set(words.flatMap((word) => word === "*" ? ALL : [parseFamily(word)]))];
}

/** All numbers that a family can have. */
const ALL = Array.from({ length: 63 }, (_, index) => index + 1);
