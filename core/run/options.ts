/** What `snet run` was asked to do, and the configuration that it makes of it. */

import { resolve } from "node:path";
import type { Config, PluginConfig, PluginTable } from "../config.ts";
import { parseConfig } from "../config.ts";
import { readText } from "../config_files.ts";
import { parseFamily } from "../events.ts";
import type { ListenAddress } from "../listen.ts";
import type { SourceText } from "../plugin.ts";

/** Options of the command, checked. */
export interface RunOptions {
  /** Rule files, in the order of asking. */
  readonly rules: readonly string[];
  /** Files that sets of rules name. */
  readonly list: readonly string[];
  /** What answers where no rule does. Undefined: `ask` at a terminal or page where no `rules` are given, else `deny`. */
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
  /** Ask on a page, in a browser, and not at the terminal. */
  readonly web?: boolean;
  /** Rule file to write of what the program did. */
  readonly learn?: string;
  /** Let what the program leaves behind end by itself. */
  readonly wait?: boolean;
  readonly stats?: boolean;
  readonly quiet?: boolean;
}

/** The name of the plugin that decides by rule files, and of the one that asks people. */
const RULES = "rules";
const ASK = "ask";
/** Stands before the rules: its families are never their business. */
export const OTHERS = "others";
/** Stands first in the chain of a run with a page. */
export const OWN_PAGE = "own-page";

/** Whether a person is asked about what no rule decides. Whoever has answers saved is asked the next time too. */
export function asksByDefault({ default: fallback, rules }: RunOptions): boolean {
  return (fallback ?? (rules.length > 0 ? "deny" : "ask")) === "ask";
}

/**
 * The configuration of a run: calls of other families first, then the rules, then people, where there is a page for them.
 * `fallback` answers what nobody decides.
 *
 * Throws a ConfigError where a file cannot be read.
 */
export function runConfig(
  options: RunOptions,
  fallback: "allow" | "deny",
  plugins: PluginTable,
  page?: ListenAddress,
): Config {
  const { families, others, payload, sendAll, save, delay } = options;
  const ask = {
    undecided: asksByDefault(options) ? ["*"] : [],
    ...(save !== undefined && { save: resolve(save) }),
  };
  const base = parseConfig(
    "./command line",
    `default: ${fallback}\nfamilies: [${families.join(", ")}]\n` +
      `kernel: { payload: ${payload}, send-all: ${sendAll === true} }\nplugins: [{ ${RULES}: { files: [] } }${
        page === undefined ? "" : `, { ${ASK}: ${JSON.stringify(ask)} }`
      }]\n`,
    plugins,
  );
  const where = "snet run";
  const asked = base.plugins.flatMap((plugin): PluginConfig[] => {
    if (plugin.name === ASK) {
      return [{ ...plugin, where, policy: { timeout: delay, whenLate: fallback, whenFailed: fallback } }];
    }
    const files = ruleFiles(options);
    if (files.length === 0) return [];
    return [{ ...plugin, where, options: { ...plugin.options, files, lists: options.list.map(read) } }];
  });
  return {
    ...base,
    plugins: [
      ...(page === undefined ? [] : [{ name: OWN_PAGE, options: { ...page }, where }]),
      { name: OTHERS, options: { families: families.map(String), policy: others }, where },
      ...asked,
    ],
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
