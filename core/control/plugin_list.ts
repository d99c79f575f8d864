/** The plugins of a configuration as people are shown them. What may be a secret is told to nobody. */

import { isDeepStrictEqual } from "node:util";
import type { PluginConfig } from "../config.ts";
import { MAX_MILLISECONDS } from "../duration.ts";
import type { ExternalConfig } from "../external/external.ts";
import type { Lanes } from "../lanes.ts";
import type { LinkCounts } from "../link.ts";
import { INSTEAD, slowPolicyOf } from "../plugin.ts";
import type { OptionSpec, Plugin, SlowPolicy, SourceText } from "../plugin.ts";
import type { OptionJson, OptionValueJson, PluginJson, PluginList } from "./api.ts";
import { pluginStats } from "./links.ts";

/** What an author calls an option that holds one, where they have not said that it does. */
const SECRET_NAME = /secret|token|passw|passphrase|credential|auth|cookie|key$|^key|apikey/i;
/** Characters of a text; what is longer is no setting that people read. */
const MOST_CHARACTERS = 1000;
/** Texts of a list. */
const MOST_TEXTS = 200;

/** Of each what is set too, secrets excepted, where `withValues`: for who may read the configuration. */
export function pluginListJson(
  lanes: Pick<Lanes, "config" | "plugins" | "links">,
  counts: readonly LinkCounts[],
  withValues: boolean,
): PluginList {
  const { config, plugins, links } = lanes;
  const countsAt = new Map(counts.map((each) => [each.place, each]));
  return {
    plugins: config.plugins.map((entry, place): PluginJson => {
      const { name, where, external } = entry;
      const plugin = plugins[name]!;
      const counted = countsAt.get(place);
      return {
        name,
        doc: plugin.doc,
        where,
        lane: counted?.lane ?? plugin.lane ?? "fast",
        trust: external === undefined ? "built-in" : external.trusted ? "trusted" : "sandboxed",
        ...(external !== undefined && withValues && { program: programOf(external) }),
        events: links[place]?.events ?? [],
        options: Object.entries({
          ...plugin.options,
          ...(links[place]?.instance.decide !== undefined && policyOptions(plugin)),
        }).map(([option, spec]) => optionJson(option, spec, entry, withValues)),
        ...(counted !== undefined && { stats: pluginStats(counted, links, false, config.plugins) }),
      };
    }),
  };
}

/** Without arguments, which may be anything. */
function programOf({ isModule, program }: ExternalConfig): string {
  return isModule ? program : program.split(" ", 1)[0]!;
}

/** What a configuration may say about a plugin that may wait, as options. */
export function policyOptions(plugin: Plugin) {
  if (plugin.lane !== "slow") return {};
  const { timeout, whenLate, whenFailed } = slowPolicyOf(plugin);
  const instead = { type: "choice", choices: INSTEAD } as const;
  const max = MAX_MILLISECONDS;
  return {
    timeout: { type: "duration", default: timeout, min: 1, max, doc: "The time in which it must answer." },
    whenLate: {
      ...instead,
      default: whenLate,
      doc: "What becomes of a call past that time; `pass` asks the next plugin.",
    },
    whenFailed: {
      ...instead,
      default: whenFailed,
      doc: "What becomes of a call where it fails; `pass` asks the next plugin.",
    },
  } as const satisfies Readonly<Record<keyof SlowPolicy, OptionSpec>>;
}

/** Authors of plugins that came with snet have said it where an option may be one. */
function isSecret(name: string, { secret }: OptionSpec, { external }: PluginConfig): boolean {
  return secret === true || external !== undefined && SECRET_NAME.test(name);
}

/** Whether an option is changed in the configuration's file only: see {@linkcode OptionSpec}. */
export function isByHand({ type, byHand }: OptionSpec, { external }: PluginConfig): boolean {
  if (type === "files") return true;
  const isHeld = external !== undefined && !external.trusted && external.unconfined !== true;
  return byHand ?? (isText(type) && !isHeld);
}

export function isText(type: OptionSpec["type"]): boolean {
  return type === "string" || type === "strings";
}

/** The texts of an option that is set and of which not all is told. */
export function keptTexts(name: string, spec: OptionSpec, entry: PluginConfig): readonly string[] {
  const value = entry.options[name];
  if (value === undefined || isDeepStrictEqual(value, spec.default) || spec.type === "files") return [];
  const isKept = isSecret(name, spec, entry) || isPartial(value);
  return isKept ? [value].flat().map(String) : [];
}

function isPartial(value: unknown): boolean {
  if (typeof value !== "string" && !Array.isArray(value)) return false;
  return !isDeepStrictEqual(shownValue(value), Array.isArray(value) ? value.map(textOf) : value);
}

function optionJson(
  name: string,
  spec: OptionSpec,
  entry: PluginConfig,
  withValues: boolean,
): OptionJson {
  const { doc, type } = spec;
  const value = { ...entry.policy, ...entry.options }[name];
  const isHidden = isSecret(name, spec, entry);
  const isTold = withValues && !isHidden;
  return {
    name,
    doc,
    type,
    ..."choices" in spec && { choices: spec.choices },
    ..."min" in spec && spec.min !== undefined && { min: spec.min },
    ..."max" in spec && spec.max !== undefined && { max: spec.max },
    ...(spec.optional === true && { optional: true }),
    ...(spec.default !== undefined && { default: spec.default }),
    ...(value !== undefined && (isTold ? { value: shownValue(value) } : withheld(value, spec))),
    ...(isTold && isPartial(value) && { isPartial: true }),
    ...(isHidden && { isSecret: true }),
    ...(isByHand(spec, entry) && { byHand: true }),
  };
}

/** That something else is set than what is known to be so where nobody says anything. */
function withheld(value: unknown, { default: usual }: OptionSpec): Pick<OptionJson, "isWithheld"> {
  const isUsual = isDeepStrictEqual(Array.isArray(value) ? value.map(textOf) : value, usual);
  return isUsual ? {} : { isWithheld: true };
}

/** A value as it is told: of files their paths, never their texts. */
function shownValue(value: unknown): OptionValueJson {
  if (Array.isArray(value)) {
    return value.slice(0, MOST_TEXTS).map((each: string | SourceText) => shownText(textOf(each)));
  }
  return typeof value === "string" ? shownText(value) : value as number | boolean;
}

function textOf(item: string | SourceText): string {
  return typeof item === "string" ? item : item.path;
}

function shownText(text: string): string {
  const shown = withoutSecrets(text);
  return shown.length <= MOST_CHARACTERS ? shown : `${shown.slice(0, MOST_CHARACTERS)}…`;
}

/** Of a URL only where it leads: user, path and query often are what lets somebody in. */
function withoutSecrets(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  const url = URL.parse(text);
  if (url === null) return "…";
  const base = `${url.protocol}//${url.host}`;
  return text === base || text === `${base}/` ? text : `${base}/…`;
}
