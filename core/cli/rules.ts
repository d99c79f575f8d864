/** `snet rules check`: files of rules, read as the daemon would. */

import { type Config, parseConfig } from "../config.ts";
import { readText } from "../config_files.ts";
import { ExternalPlugins } from "../external/mod.ts";
import { ConfigError } from "../yaml.ts";
import type { BuiltIn, RuleCheck } from "./builtin.ts";
import { CommandError, ExitCode } from "./exit.ts";
import { importFamilies } from "./family.ts";
import { type Output, printJson } from "./output.ts";
import { printable } from "./text.ts";

/** Options of the command. */
export interface CheckOptions {
  readonly config: string;
  /** Modules that declare families, beside those that plugins of the configuration bring. */
  readonly family?: readonly string[];
  readonly json?: boolean;
}

/** The plugin whose files are checked, by its name in a configuration. */
const PLUGIN = "rules";

/** Checks `files`, or those of the configuration where there are none. Throws a CommandError for mistakes. */
export async function check(
  files: readonly string[],
  options: CheckOptions,
  builtIn: BuiltIn,
  output: Output,
): Promise<void> {
  await importFamilies(options.family ?? []);
  const { errors, warnings, rules } = await checkAll(files, options.config, builtIn);
  const ok = errors.length === 0;
  if (options.json) printJson(output, { ok, rules, errors, warnings });
  else {
    for (const error of errors) output.error(printable(error));
    for (const warning of warnings) output.error(`${output.paint("warn", "warning:")} ${printable(warning)}`);
    if (ok) output.line(`${rules} ${rules === 1 ? "rule" : "rules"}, no mistakes.`);
  }
  // What is wrong has been said already.
  if (!ok) throw new CommandError("", ExitCode.failed);
}

async function checkAll(files: readonly string[], path: string, builtIn: BuiltIn): Promise<RuleCheck> {
  const plugins = await builtIn.plugins();
  await using external = new ExternalPlugins({ builtIn: plugins, log: () => {} });
  try {
    const config = files.length === 0 ? (await external.read(path)).config : configOf(files, plugins);
    const checks = config.plugins
      .filter(({ name }) => name === PLUGIN)
      .map(({ options }) => builtIn.checkRules(options));
    const { errors, warnings, rules } = sum(await Promise.all(checks));
    return { errors, warnings: [...config.warnings, ...warnings], rules };
  } catch (error) {
    if (error instanceof ConfigError) return { errors: error.problems, warnings: [], rules: 0 };
    throw error;
  }
}

/** A configuration with these files and whatever else the plugin reads by default. */
function configOf(files: readonly string[], plugins: Parameters<typeof parseConfig>[2]): Config {
  // Read here, as these are names and no patterns, and a mistyped one has no place in a configuration.
  const texts = files.map((path) => ({ path, text: readText(path) }));
  const text = `default: deny\nplugins:\n  - ${PLUGIN}: { files: [] }\n`;
  const config = parseConfig("./command line", text, plugins);
  const withFiles = config.plugins.map((plugin) => ({
    ...plugin,
    options: { ...plugin.options, files: texts },
  }));
  return { ...config, plugins: withFiles };
}

function sum(checks: readonly RuleCheck[]): RuleCheck {
  return {
    errors: checks.flatMap(({ errors }) => errors),
    warnings: checks.flatMap(({ warnings }) => warnings),
    rules: checks.reduce((total, { rules }) => total + rules, 0),
  };
}
