/** The rule language as a plugin, and what the command line needs of it. */

import { ConfigError, definePlugin, type EventName } from "../../core/mod.ts";
import { CompiledRules } from "./compile.ts";
import { eventsOf, type ParsedRules, parseRules, type RuleSources } from "./parse.ts";
import { ruleName } from "./rule.ts";
import { shadowedRules } from "./shadow.ts";

export { describeRule, type RuleDescription } from "./describe.ts";
export type { RuleSources } from "./parse.ts";

/** What is to be said of some rule files. */
export interface RuleCheck {
  /** `path:line:column: message`; with any of these the files do not load. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** How many rules there are. */
  readonly rules: number;
  /** What the plugin would be asked about. */
  readonly events: readonly EventName[];
}

/** Checks rule files as loading them would, and looks for what is odd besides. */
export function checkRules(sources: RuleSources): RuleCheck {
  // Whatever the daemon's network namespace will be: a check need not run in it.
  const parsed = parseRules({ ...sources, netns: sources.netns ?? 0 });
  // Where a rule has mistakes, what it covers is not known.
  const shadowed = parsed.errors.length === 0 ? shadowedRules(parsed.rules) : [];
  const warnings = [...parsed.warnings, ...shadowed];
  return { errors: parsed.errors, warnings, rules: parsed.rules.length, events: eventsOf(parsed) };
}

/** Parses files that must be right; throws a {@linkcode ConfigError} with all that is wrong. */
export function loadRules(sources: RuleSources): ParsedRules {
  const parsed = parseRules(sources);
  if (parsed.errors.length > 0) throw new ConfigError(parsed.errors);
  return parsed;
}

/** Decides by rule files. */
export default definePlugin({
  name: "rules",
  doc: "Decides by rule files: the first rule that matches wins.",
  options: {
    files: {
      type: "files",
      default: ["/etc/snet/rules.d/*.yaml"],
      doc: "Rule files, in the order of asking.",
    },
    lists: { type: "files", default: [], doc: "Files that sets of rules name, one value a line." },
    passwd: { type: "files", default: ["/etc/passwd"], doc: "Where users have their ids, passwd(5)." },
    group: { type: "files", default: ["/etc/group"], doc: "Where groups have their ids, group(5)." },
  },
  // The rules say which: set-up reads them.
  on: [],
  setup(options, context) {
    const parsed = loadRules({ ...options, netns: context.netns });
    const compiled = new CompiledRules(parsed, context);
    return {
      events: eventsOf(parsed),
      decide: (event) => compiled.decide(event),
      rules: parsed.rules.map((rule) => ({ name: ruleName(rule), where: rule.where })),
    };
  },
});
