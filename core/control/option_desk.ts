/** Options of plugins as people change them: in snet.yaml, checked, written and loaded, or left as they were. */

import { createHmac, randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Config, PluginConfig } from "../config.ts";
import { type OptionChanges, optionPlaces, type OptionText, setOptions } from "../config_text/options.ts";
import type { Lanes } from "../lanes.ts";
import { EXTERNAL_KEYS, type OptionSpec } from "../plugin.ts";
import { didYouMean } from "../suggest.ts";
import { ConfigError } from "../yaml.ts";
import type {
  OptionChangesJson,
  OptionCheckJson,
  OptionErrorJson,
  OptionsSavedJson,
  PluginList,
} from "./api.ts";
import { type FileChanges, textAt } from "./file_changes.ts";
import { isByHand, isText, keptTexts, policyOptions } from "./plugin_list.ts";
import { RequestError } from "./request_error.ts";

/** Characters of a text, texts of a list, and options at once: more is nothing that people type. */
const MOST_CHARACTERS = 4096;
const MOST_TEXTS = 1000;
const MOST_OPTIONS = 200;
/** Characters from which on a text can be a secret; shorter ones stand in every message. */
const LEAST_SECRET = 4;

export interface OptionDeskParts {
  /** What is in force. */
  readonly lanes: () => Pick<Lanes, "config" | "plugins">;
  /** What a text of the configuration says, checked as a reload does it; rejects with a ConfigError. */
  readonly draft: (text: string) => Promise<Config>;
  readonly changes: FileChanges;
}

/** An entry of the plugin list as it is in force, with all options that it may have. */
interface Entry {
  readonly config: PluginConfig;
  readonly specs: Readonly<Record<string, OptionSpec>>;
}

/** All that it throws is a RequestError. */
export class OptionDesk {
  readonly #parts: OptionDeskParts;
  readonly #key = randomBytes(32);

  constructor(parts: OptionDeskParts) {
    this.#parts = parts;
  }

  /** What who changes options must know of their file. */
  state(): Pick<PluginList, "file" | "undo"> {
    const path = this.#path;
    const text = textAt(path);
    const last = this.#parts.changes.last((changed) => changed === path);
    return {
      ...(text !== undefined && { file: { path, tag: this.#tagOf(text) } }),
      ...(last !== undefined && { undo: { time: new Date(last.time).toISOString() } }),
    };
  }

  /** What loading would have against options; nothing is written. */
  async check(wanted: OptionChangesJson): Promise<OptionCheckJson> {
    return { errors: (await this.#draft(wanted)).errors };
  }

  /** Writes options and has them loaded; where that is refused, the former text is back when this rejects. */
  save(wanted: OptionChangesJson): Promise<OptionsSavedJson> {
    const { changes } = this.#parts;
    return changes.inTurn(async () => {
      const path = this.#path;
      const { text, errors } = await this.#draft(wanted);
      if (errors.length > 0) throw new RequestError(400, errors.map(({ message }) => message).join("\n"));
      const hide = this.#hider();
      try {
        await changes.save(path, text, (now) => this.#tagOf(now) === wanted.tag);
      } catch (error) {
        throw error instanceof RequestError ? new RequestError(error.status, hide(error.message)) : error;
      }
      return { path, tag: this.#tagOf(text) };
    });
  }

  /** Puts back what stood there before the last save. */
  async undo(): Promise<OptionsSavedJson> {
    const path = this.#path;
    const hide = this.#hider();
    try {
      const { former } = await this.#parts.changes.undo((changed) => changed === path);
      return { path, tag: this.#tagOf(former) };
    } catch (error) {
      throw error instanceof RequestError ? new RequestError(error.status, hide(error.message)) : error;
    }
  }

  /** Names a text, to nobody's use: by a plain hash whoever knows the rest of the file could try what its secrets are. */
  #tagOf(text: string): string {
    return createHmac("sha256", this.#key).update(text, "utf16le").digest("base64url");
  }

  get #path(): string {
    return this.#parts.lanes().config.path;
  }

  async #draft(
    wanted: OptionChangesJson,
  ): Promise<{ readonly text: string; readonly errors: readonly OptionErrorJson[] }> {
    const path = this.#path;
    const former = textAt(path);
    if (former === undefined || this.#tagOf(former) !== wanted.tag) {
      throw new RequestError(409, `${path} was changed meanwhile by somebody else; nothing was written`);
    }
    const entry = this.#entry(wanted);
    const changes = changesOf(wanted.changes, entry);
    const unsafe = secretsToType(changes, entry);
    if (unsafe.length > 0) return { text: former, errors: unsafe };
    const at = { place: wanted.entry, name: wanted.name };
    let text: string;
    try {
      text = setOptions(path, former, at, changes);
    } catch (error) {
      throw new RequestError(409, `Cannot change that here: ${(error as Error).message}`);
    }
    try {
      const drafted = await this.#parts.draft(text);
      this.#refuseMore(drafted, wanted);
      return { text, errors: [] };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const places = optionPlaces(path, text, at);
      const hide = this.#hider(changes);
      return {
        text,
        errors: error.problems.map((problem) => {
          const option = optionOf(problem, places, entry);
          return { ...(option !== undefined && { option }), message: hide(problem) };
        }),
      };
    }
  }

  #entry({ entry, name }: OptionChangesJson): Entry {
    const { config, plugins } = this.#parts.lanes();
    const found = config.plugins[entry];
    if (found?.name !== name) {
      throw new RequestError(
        409,
        `There is no plugin "${name}" at place ${entry + 1} any more; nothing was written`,
      );
    }
    const plugin = plugins[name]!;
    return { config: found, specs: { ...plugin.options, ...policyOptions(plugin) } };
  }

  /** Saving has nothing loaded but what was changed here. */
  #refuseMore(drafted: Config, { entry, changes }: OptionChangesJson): void {
    const { config } = this.#parts.lanes();
    if (isDeepStrictEqual(besides(drafted, entry, changes), besides(config, entry, changes))) return;
    throw new RequestError(
      409,
      `${config.path} says something else than what is in force, besides this; have it loaded first (snet reload)`,
    );
  }

  /** Messages without what is told to nobody, but for what has just been typed. */
  #hider(changes?: OptionChanges): (message: string) => string {
    const { config, plugins } = this.#parts.lanes();
    const typed = new Set([...changes?.values() ?? []].flat());
    const texts = config.plugins.flatMap((entry) =>
      Object.entries(plugins[entry.name]!.options).flatMap(([name, spec]) => keptTexts(name, spec, entry))
    ).filter((text) => text.length >= LEAST_SECRET && !typed.has(text));
    return (message) => texts.reduce((told, text) => told.replaceAll(text, "…"), message);
  }
}

/** Values as options take them. What the page must not change is refused. */
function changesOf(
  changes: OptionChangesJson["changes"],
  { config, specs }: Entry,
): OptionChanges {
  const named = Object.entries(changes);
  if (named.length > MOST_OPTIONS) throw new RequestError(413, `More than ${MOST_OPTIONS} options`);
  return new Map(named.map(([name, value]) => {
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec === undefined) {
      const isReserved = (EXTERNAL_KEYS as readonly string[]).includes(name);
      if (isReserved) {
        throw new RequestError(403, `"${name}" says what a plugin is and may do; only snet.yaml can`);
      }
      const known = didYouMean(name, Object.keys(specs));
      throw new RequestError(
        400,
        `plugin "${config.name}" has no option ${JSON.stringify(name.slice(0, 64))}${known}`,
      );
    }
    if (isByHand(spec, config)) {
      throw new RequestError(403, `"${name}" of plugin "${config.name}" is changed by hand, in snet.yaml`);
    }
    return [name, value === null ? undefined : textOf(name, spec, value)];
  }));
}

function textOf(name: string, { type }: OptionSpec, value: unknown): OptionText {
  const isList = type === "choices" || type === "strings";
  const texts = isList ? value : [value];
  if (type === "boolean" && typeof value === "boolean") return value;
  if (type === "integer" && Number.isFinite(value)) return value as number;
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === "string") || type === "boolean") {
    const right = isList ? "a list of texts" : type === "boolean" ? "true or false" : "a text";
    throw new RequestError(400, `${name}: ${right} is expected`);
  }
  if (texts.length > MOST_TEXTS) throw new RequestError(413, `${name}: more than ${MOST_TEXTS} texts`);
  if (texts.some((text) => text.length > MOST_CHARACTERS)) {
    throw new RequestError(413, `${name}: more than ${MOST_CHARACTERS} characters`);
  }
  return isList ? texts : texts[0]!;
}

/**
 * A text may say where what is secret goes to: who changes one must know the secrets of that plugin, and types them again.
 * Texts of which the author says that they are no such are free.
 */
function secretsToType(changes: OptionChanges, { config, specs }: Entry): readonly OptionErrorJson[] {
  const isAddress = ([name, { type, byHand, secret }]: readonly [string, OptionSpec]) =>
    changes.has(name) && isText(type) && byHand === undefined && secret !== true;
  const texts = Object.entries(specs).filter(isAddress).map(([name]) => name);
  return Object.entries(specs).flatMap(([option, spec]) => {
    const isKept = isGiven(option, spec, config) && !changes.has(option);
    const [text] = texts.filter((name) => name !== option);
    if (!isKept || text === undefined) return [];
    return spec.type === "files"
      ? [{
        option: text,
        message: `"${text}" may say where the files of "${option}" are sent; change it by hand`,
      }]
      : [{
        option,
        message: `"${text}" may say where "${option}" is sent: type "${option}" again, or take it out`,
      }];
  });
}

/** Whether a plugin is given something that others must not get; of files that is not known. */
function isGiven(option: string, spec: OptionSpec, config: PluginConfig): boolean {
  if (spec.type !== "files") return keptTexts(option, spec, config).length > 0;
  const files = config.options[option];
  return spec.secret !== false && Array.isArray(files) && files.length > 0;
}

/** The option that a problem is about: by its place, or since it is named. */
function optionOf(
  problem: string,
  places: ReadonlyMap<string, string>,
  { specs }: Entry,
): string | undefined {
  const [, place = ""] = /^(.*?:\d+:\d+): /.exec(problem) ?? [];
  const [, named = ""] = /\boption "([^"]+)"/.exec(problem) ?? [];
  return places.get(place) ?? (Object.hasOwn(specs, named) ? named : undefined);
}

/** What a configuration says without these options of an entry; of files their names, since texts come and go. */
function besides(config: Config, entry: number, changes: OptionChangesJson["changes"]): unknown {
  const { folders: _, warnings: __, plugins, ...rest } = config;
  return {
    ...rest,
    plugins: plugins.map(({ name, options, policy, external }, place) => {
      const left = Object.entries({ ...policy, ...options })
        .filter(([option]) => place !== entry || !Object.hasOwn(changes, option))
        .map(([option, value]) => [option, Array.isArray(value) ? value.map(pathOf) : value]);
      const { program, trusted, grants, unconfined } = external ?? {};
      return { name, options: Object.fromEntries(left), program, trusted, grants, unconfined };
    }),
  };
}

function pathOf(item: unknown): unknown {
  return typeof item === "object" && item !== null && "path" in item ? item.path : item;
}
