/** `snet replay`: what would be decided about what was recorded. */

import { ERRNO, errnoName } from "../../ffi/mod.ts";
import { type Config, parseConfig, type PluginTable } from "../config.ts";
import { readText } from "../config_files.ts";
import { systemContext } from "../context.ts";
import { ExternalPlugins } from "../external/mod.ts";
import { type Replayed, Tally } from "../replay/compare.ts";
import type { RecordedDecision } from "../replay/recorded.ts";
import { readRecording } from "../replay/recording.ts";
import { RecordedClock, recordedContext, replay as decideAgain } from "../replay/replay.ts";
import { setUpReplay } from "../replay/setup.ts";
import { ConfigError } from "../yaml.ts";
import type { BuiltIn } from "./builtin.ts";
import { CommandError, ExitCode } from "./exit.ts";
import { importFamilies } from "./family.ts";
import { safeJson } from "./json.ts";
import type { Output } from "./output.ts";
import { rowOf } from "./row.ts";
import { type Cell, type Row, Table } from "./table.ts";
import { printable } from "./text.ts";
import { localUsers, type UserName } from "./users.ts";

/** Options of the command. */
export interface ReplayWords {
  readonly config: string;
  /** Files of rules in place of a configuration. */
  readonly rules: readonly string[];
  readonly list: readonly string[];
  /** What answers where no rule does. */
  readonly default: "allow" | "deny";
  /** Modules that declare families. */
  readonly family: readonly string[];
  readonly slow?: boolean;
  readonly diff?: boolean;
  readonly json?: boolean;
}

/** What the command needs of the outside. */
export interface ReplayParts {
  readonly open: (path: string) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  readonly userName: UserName;
}

const OF_THIS_PROCESS: ReplayParts = {
  open: async (path) => path === "-" ? Deno.stdin.readable : (await Deno.open(path)).readable,
  now: Date.now,
  userName: localUsers(),
};

/** The plugin that decides by files of rules, as a configuration calls it. */
const RULES = "rules";

/**
 * Decides about every line of a recording. Throws a CommandError where it differs and that was asked, and a ConfigError with
 * `file:line: …` where the recording, the configuration or the rules are wrong.
 */
export async function replay(
  path: string,
  words: ReplayWords,
  builtIn: BuiltIn,
  output: Output,
  parts: ReplayParts = OF_THIS_PROCESS,
): Promise<void> {
  await importFamilies(words.family);
  const table = await builtIn.plugins();
  await using external = new ExternalPlugins({ builtIn: table, log: (_, line) => output.error(line) });
  const all = words.rules.length > 0;
  const { config, plugins } = all
    ? { config: configOf(words, table), plugins: table }
    : await external.read(words.config);
  for (const warning of config.warnings) {
    output.error(`${output.paint("warn", "warning:")} ${printable(warning)}`);
  }
  const clock = new RecordedClock();
  const context = recordedContext(clock, systemContext());
  using set = setUpReplay(config, plugins, context, { slow: words.slow === true, all });
  const tally = new Tally();
  const show = presenter(words, output, parts.userName);
  const name = path === "-" ? "standard input" : path;
  for await (const replayed of decideAgain(lines(path, name, parts), set, clock, tally)) {
    if (words.diff && !replayed.differs) continue;
    show(replayed);
  }
  // Programs read one object a line.
  for (const line of summary(tally)) (words.json ? output.error : output.line).call(output, line);
  if (words.diff && tally.differing > 0) throw new CommandError("", ExitCode.differs);
}

async function* lines(path: string, name: string, { open, now }: ReplayParts) {
  let bytes: ReadableStream<Uint8Array<ArrayBuffer>>;
  try {
    bytes = await open(path);
  } catch (error) {
    throw new CommandError(`Cannot read ${path}: ${(error as Error).message}`);
  }
  try {
    yield* readRecording(name, bytes, now());
  } catch (error) {
    throw error instanceof Error && error.message.startsWith(`${name}:`)
      ? new ConfigError([error.message])
      : error;
  }
}

/** Rules alone, asked about whatever was recorded. */
function configOf({ rules, list, default: fallback }: ReplayWords, plugins: PluginTable): Config {
  const read = (path: string) => ({ path, text: readText(path) });
  const text = `default: ${fallback}\nplugins: [{ ${RULES}: { files: [] } }]\n`;
  const config = parseConfig("./command line", text, plugins);
  const [plugin] = config.plugins;
  const options = { ...plugin!.options, files: rules.map(read), lists: list.map(read) };
  return { ...config, plugins: [{ ...plugin!, options, where: "--rules" }] };
}

function presenter({ json }: ReplayWords, output: Output, userName: UserName): (replayed: Replayed) => void {
  if (json) return (replayed) => output.line(safeJson(jsonOf(replayed)));
  const table = new Table(output.width, output.paint);
  output.line(table.header());
  return ({ line, observation, open, differs }) => {
    const row = rowOf(observation, userName);
    const was = line.decision === undefined ? "" : `was ${wordsFor(line.decision)}`;
    if (open !== undefined) {
      const by = `asks ${printable(open)}`;
      output.line(table.row({ ...row, verdict: ["open"], by: [by], why: [was], tone: "faint" }));
    } else {
      output.line(table.row(differs ? { ...row, verdict: changeOf(line.decision!, row), why: [was] } : row));
    }
  };
}

/** What the program saw, and would see: `allow → deny EACCES`. */
function changeOf(decision: RecordedDecision, { verdict }: Row): Cell {
  const [then, now] = [verdictOf(decision), verdict[0]];
  const [thenShort, nowShort] = [decision.action, verdict.at(-1)!];
  // Of two denials the errno is what differs.
  if (thenShort === nowShort) {
    return [`${then} → ${now}`, `${errnoOf(then)} → ${errnoOf(now)}`, `→ ${errnoOf(now)}`];
  }
  return [`${then} → ${now}`, `${thenShort} → ${nowShort}`, `→ ${nowShort}`];
}

function verdictOf({ action, errno }: RecordedDecision): string {
  return action === "deny" ? `deny ${errnoName(errno ?? ERRNO.EPERM)}` : action;
}

/** The name in `deny EACCES`. */
function errnoOf(verdict: string): string {
  return verdict.slice(verdict.indexOf(" ") + 1);
}

function wordsFor(decision: RecordedDecision): string {
  return printable(`${verdictOf(decision)} (${decision.by})`);
}

/** One object a line: a decision as `snet watch --json` has it, so that it can be replayed again. */
function jsonOf({ line, observation, open, differs }: Replayed): object {
  const { number, decision } = line;
  const recorded = decision === undefined ? {} : {
    recorded: {
      action: decision.action,
      ...(decision.errno !== undefined && { errno: decision.errno, errnoName: errnoName(decision.errno) }),
      ...{ cause: decision.cause, by: decision.by, why: decision.why },
    },
  };
  const { time, event } = observation;
  if (open !== undefined) return { line: number, time, event, open, ...recorded };
  return { line: number, ...observation, ...recorded, differs };
}

function summary(tally: Tally): readonly string[] {
  const { decided, allowed, denied, told, bare, same, open, changes, differing } = tally;
  const kinds = [...changes].map(([change, count]) => `${count} ${change}`).join(", ");
  return [
    `${decided} decided: ${allowed} allowed, ${denied} denied.`,
    ...decided > bare ? [`${same} as recorded, ${differing} different${kinds && ` (${kinds})`}.`] : [],
    ...bare > 0 ? [`${bare} of which no decision was recorded.`] : [],
    ...[...open].map(([plugin, count]) => `${count} left open: "${printable(plugin)}" would be asked.`),
    ...told > 0 ? [`${told} only told of.`] : [],
  ];
}
