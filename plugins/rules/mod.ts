/** The rule language as a plugin, and what the command line needs of it. */

import { ConfigError, definePlugin, type EventName, type RuleList, type RuleName } from "../../core/mod.ts";
import { broadRules } from "./broad.ts";
import { compileRules } from "./compile.ts";
import { CompiledRules } from "./decide.ts";
import { eventsOf, type ParsedRules, parseRules, type RuleSources } from "./parse.ts";
import { ruleName } from "./rule.ts";
import { shadowedRules } from "./shadow.ts";
import { type PackedTexts, packTexts, Texts } from "../parts/shared.ts";

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

/** Checks rule files as loading them would, whichever profile is active, and looks for what is odd besides. */
export function checkRules(given: RuleSources): RuleCheck {
  // Whatever the daemon's network namespace will be: a check need not run in it.
  const sources = { ...given, netns: given.netns ?? 0 };
  const active = parseRules(sources);
  const others = [undefined, ...active.profiles].filter((profile) => profile !== sources.profile)
    .flatMap((profile) => parseRules({ ...sources, profile }).errors);
  const parsed = { ...active, errors: [...new Set([...active.errors, ...others])] };
  // Where a rule has mistakes, what it covers is not known.
  const covered = parsed.errors.length === 0
    ? [...shadowedRules(parsed.rules), ...broadRules(parsed.rules)]
    : [];
  const warnings = [...parsed.warnings, ...covered];
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
    profile: {
      type: "string",
      optional: true,
      byHand: false,
      doc: "The active profile: of the rule files that say `profile`, those of this one count.",
    },
    lists: { type: "files", default: [], doc: "Files that sets of rules name, one value a line." },
    passwd: { type: "files", default: ["/etc/passwd"], doc: "Where users have their ids, passwd(5)." },
    group: { type: "files", default: ["/etc/group"], doc: "Where groups have their ids, group(5)." },
  },
  // The rules say which.
  on: [],
  prepare(options, context) {
    const parsed = loadRules({ ...options, netns: context.netns });
    return {
      events: eventsOf(parsed),
      data: compileRules(parsed, context),
      names: packTexts(parsed.rules.map(ruleName)),
      places: packTexts(parsed.rules.map(({ where }) => where)),
      asksAt: parsed.rules.find(({ action }) => action === "ask")?.where,
    };
  },
  setup({ events, data, names, places, asksAt }, context) {
    const compiled = new CompiledRules(data, context);
    return {
      events,
      decide: (event) => compiled.decide(event),
      rules: new RuleNames(names, places),
      ...(asksAt !== undefined && { asksAt }),
    };
  },
});

/** What people know the rules by, made when somebody asks. */
class RuleNames implements RuleList {
  readonly #names: Texts;
  readonly #places: Texts;

  constructor(names: PackedTexts, places: PackedTexts) {
    this.#names = new Texts(names);
    this.#places = new Texts(places);
  }

  get length(): number {
    return this.#names.length;
  }

  at(number: number): RuleName | undefined {
    const name = this.#names.at(number);
    return name === undefined ? undefined : { name, where: this.#places.at(number)! };
  }
}
