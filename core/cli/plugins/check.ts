/** `snet plugins check`: loads plugins as the daemon would, checks their types, and says what they are. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Config, PluginTable } from "../../config.ts";
import { contextOf, systemContext } from "../../context.ts";
import { inspectFile } from "../../external/inspect.ts";
import { ExternalPlugins } from "../../external/mod.ts";
import { parseEvents } from "../../events.ts";
import { formatDuration } from "../../duration.ts";
import { Workshop } from "../../kit/workshop.ts";
import type { Log } from "../../log.ts";
import type { OptionSpec, Plugin } from "../../plugin.ts";
import { closeLinks, prepare, setUp } from "../../setup.ts";
import { ConfigError } from "../../yaml.ts";
import { CommandError, ExitCode } from "../exit.ts";
import { type Output, printJson } from "../output.ts";
import { printable } from "../text.ts";

/** Options of the command. */
export interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** What is said of a plugin. */
interface Checked {
  readonly name: string;
  readonly file?: string;
  readonly version?: string;
  readonly doc: string;
  readonly lane: "fast" | "slow";
  readonly events: readonly string[];
  readonly options: Plugin["options"];
  readonly wants?: Plugin["wants"];
  /** Of an entry of a configuration. */
  readonly trusted?: boolean;
  readonly grants?: unknown;
}

interface Findings {
  readonly plugins: readonly Checked[];
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** Checks files, or the entries of a configuration. Throws a CommandError for mistakes. */
export async function check(
  files: readonly string[],
  options: CheckOptions,
  builtIn: PluginTable,
  output: Output,
): Promise<void> {
  if ((files.length === 0) === (options.config === undefined)) {
    throw new CommandError("name files of plugins, or a configuration with -c", ExitCode.usage);
  }
  const found = options.config === undefined
    ? await checkFiles(files)
    : await checkConfig(options.config, builtIn);
  // A mistake in a declaration often is one of types too, which say where.
  const modules = options.config === undefined
    ? files.map((file) => resolve(file)).filter((path) => existsSync(path))
    : found.plugins.flatMap(({ file }) => file === undefined ? [] : [file]);
  const errors = [...found.errors, ...await typeErrors(modules)];
  const ok = errors.length === 0;
  if (options.json) printJson(output, { ok, ...found, errors });
  else {
    for (const error of errors) output.error(error.split("\n").map(printable).join("\n"));
    for (const warning of found.warnings) {
      output.error(`${output.paint("warn", "warning:")} ${printable(warning)}`);
    }
    found.plugins.forEach((plugin, index) => {
      if (index > 0) output.line("");
      for (const line of linesOf(plugin)) output.line(line);
    });
    if (ok) output.line(`${found.plugins.length > 0 ? "\n" : ""}No mistakes.`);
  }
  // What is wrong has been said already.
  if (!ok) throw new CommandError("", ExitCode.failed);
}

async function checkFiles(files: readonly string[]): Promise<Findings> {
  const plugins: Checked[] = [];
  const errors: string[] = [];
  for (const file of files) {
    try {
      const path = resolve(file);
      plugins.push({ ...checked(await inspectFile(path)), file: path });
    } catch (error) {
      errors.push(`${file}: ${(error as Error).message}`);
    }
  }
  return { plugins, errors, warnings: [] };
}

async function checkConfig(path: string, builtIn: PluginTable): Promise<Findings> {
  const warnings: string[] = [];
  // What a plugin's process says before it fails is why it does.
  const said: string[] = [];
  const log: Log = (level, line) => void (level === "info" ? said : warnings).push(line);
  await using external = new ExternalPlugins({ builtIn, log });
  try {
    const { config, plugins } = await external.read(path);
    warnings.push(...config.warnings);
    setUpTrusted(config, plugins);
    return { plugins: config.plugins.flatMap((entry) => ofEntry(entry, plugins)), errors: [], warnings };
  } catch (error) {
    if (error instanceof ConfigError) {
      return { plugins: [], errors: error.problems, warnings: [...warnings, ...said] };
    }
    throw error;
  }
}

/** Those that run in processes of their own have been set up there. Throws a ConfigError with what any has against it. */
function setUpTrusted(config: Config, plugins: PluginTable): void {
  const trusted = config.plugins.filter(({ external }) => external?.trusted);
  const context = { ...contextOf(config, { ...systemContext(), names: () => undefined }), log: () => {} };
  closeLinks(setUp(plugins, prepare(plugins, { ...config, plugins: trusted }, context).plugins, context));
}

function ofEntry({ name, external }: Config["plugins"][number], plugins: PluginTable): Checked[] {
  if (external === undefined) return [];
  const { trusted, program, grants } = external;
  const isModule = external.isModule;
  return [{
    ...checked(plugins[name]!),
    ...{ name, trusted },
    ...(isModule && { file: program }),
    ...(grants !== undefined && { grants }),
  }];
}

function checked(plugin: Plugin): Checked {
  const { name, version, doc, lane = "fast", on, options, wants } = plugin;
  return {
    name,
    ...(version !== undefined && { version }),
    ...{ doc, lane, events: parseEvents(on), options },
    ...(wants !== undefined && { wants }),
  };
}

/** What the compiler says; where this program has none inside, that. */
async function typeErrors(modules: readonly string[]): Promise<readonly string[]> {
  const typed = modules.filter((path) => /\.m?ts$/.test(path));
  if (typed.length === 0) return [];
  using workshop = await Workshop.open();
  const { code, text } = await workshop.run("check", ["--quiet", ...typed], "piped");
  if (code === 0) return [];
  // What follows is advice about options of deno.
  const [mistakes = ""] = stripVTControlCharacters(text).split(
    /\nerror: Type checking failed\.|\nStack backtrace:/,
    1,
  );
  return [mistakes.trim()];
}

function linesOf({ name, version, doc, lane, events, options, wants, trusted, grants }: Checked): string[] {
  const trust = trusted === undefined ? "" : trusted ? ", trusted" : ", in a process of its own";
  const rows: [string, string][] = [
    ["events", events.join(", ") || "only set-up tells"],
    ...Object.entries(options).map(([key, spec]): [string, string] => [`option ${key}`, optionText(spec)]),
    ...Object.entries(wants ?? {}).map((
      [kind, items],
    ): [string, string] => [`wants ${kind}`, items.join(", ")]),
    ...Object.entries((grants ?? {}) as Record<string, string[]>)
      .filter(([, items]) => items.length > 0)
      .map(([kind, items]): [string, string] => [`granted ${kind}`, items.join(", ")]),
  ];
  const width = Math.max(...rows.map(([key]) => key.length));
  return [
    printable(`${name}${version === undefined ? "" : ` ${version}`} (${lane} lane${trust}): ${doc}`),
    ...rows.map(([key, text]) => printable(`  ${key.padEnd(width)}  ${text}`)),
  ];
}

function optionText(spec: OptionSpec): string {
  const fallback = spec.default === undefined
    ? spec.optional ? "optional" : "required"
    : `default ${spec.type === "duration" ? formatDuration(spec.default) : JSON.stringify(spec.default)}`;
  const kind = "choices" in spec ? spec.choices.join("|") : spec.type;
  return `${kind}, ${fallback}: ${spec.doc}`;
}
