/** The plugin list of a configuration: each entry by the declaration of its plugin. */

import { PAYLOAD_LIMIT } from "../ffi/mod.ts";
import type { KernelConfig, PluginConfig, PluginTable } from "./config.ts";
import type { ConfigFiles } from "./config_files.ts";
import { MAX_MILLISECONDS } from "./duration.ts";
import { isExternalEntry, PROGRAM_KEYS } from "./external/external.ts";
import type { External } from "./external/external.ts";
import { EXTERNAL_KEYS, INSTEAD, RESERVED_OPTIONS, slowPolicyOf } from "./plugin.ts";
import type { OptionSpec, Plugin, SlowPolicy, SourceText } from "./plugin.ts";
import { didYouMean, nearest } from "./suggest.ts";
import type { YamlEntry, YamlFile, YamlNode } from "./yaml.ts";

/** Answers in place of a plugin that has given none. */

/** Reads lists of plugins; what is wrong with them becomes problems of the file. */
export class PluginListReader {
  /** `external`: what the file's entries bring that name no built-in plugin; without it they are refused. */
  constructor(
    readonly file: YamlFile,
    readonly files: ConfigFiles,
    readonly table: PluginTable,
    readonly external: External | undefined,
  ) {}

  read(node: YamlNode | undefined, kernel: Pick<KernelConfig, "payload">): PluginConfig[] {
    return this.file.items(node).flatMap((item) => {
      const entry = this.#entry(item);
      return entry === undefined
        ? []
        : [this.#plugin(entry, kernel)].filter((plugin) => plugin !== undefined);
    });
  }

  /** A plugin stands as its name alone, or as a mapping of its name to its options. */
  #entry(item: YamlNode): YamlEntry | undefined {
    const name = item.kind === "scalar" ? this.file.string(item) : undefined;
    if (name !== undefined) {
      return { key: name, offset: item.offset, value: { kind: "map", offset: item.offset, entries: [] } };
    }
    if (item.kind === "map" && item.entries.length === 1) return item.entries[0];
    if (item.kind !== "scalar") {
      const [first] = Object.keys(this.table);
      this.file.problem(item, `expected one plugin with its options, such as "- ${first ?? "rules"}: { … }"`);
    }
  }

  #plugin(
    { key, offset, value }: YamlEntry,
    { payload }: Pick<KernelConfig, "payload">,
  ): PluginConfig | undefined {
    const { file } = this;
    const isExternal = isExternalEntry(value);
    const found = isExternal ? this.external?.plugins.get(key) : undefined;
    const plugin = found?.plugin ?? (Object.hasOwn(this.table, key) ? this.table[key] : undefined);
    if (isExternal && found === undefined) {
      // What is wrong with it has been said, but by who cannot load any.
      if (this.external === undefined) {
        file.problem(offset, `plugin "${key}" is not built in, and cannot be here`);
      }
      return undefined;
    }
    if (plugin === undefined) {
      file.problem(offset, `unknown plugin "${key}"${this.#meant(key, value)}`);
      return undefined;
    }
    if (plugin.needsPayload && payload === 0) {
      const right = `kernel: { payload: ${PAYLOAD_LIMIT} }`;
      file.problem(offset, `plugin "${key}" would see nothing of what is sent; write "${right}"`);
    }
    const known = [
      ...Object.keys(plugin.options),
      ...(plugin.lane === "slow" ? RESERVED_OPTIONS : []),
      ...(isExternal ? EXTERNAL_KEYS : []),
    ];
    const given = file.fields(this.#withoutPolicy(value, plugin), known, `for plugin "${key}"`);
    const options: Record<string, unknown> = {};
    const patterns: Record<string, readonly string[]> = {};
    for (const [name, spec] of Object.entries(plugin.options)) {
      const node = given.get(name);
      options[name] = node === undefined ? this.#defaultOf(spec) : this.#option(node, spec);
      const named = spec.type === "files" ? this.#patterns(node, spec.default) : [];
      if (named.length > 0) patterns[name] = named;
      if (node === undefined && spec.default === undefined && !spec.optional) {
        file.problem(offset, `plugin "${key}" needs the option "${name}": ${spec.doc}`);
      }
    }
    const policy = plugin.lane === "slow" ? { policy: this.#policy(plugin, given) } : {};
    const external = found === undefined ? {} : { external: found.config };
    const named = Object.keys(patterns).length === 0 ? {} : { patterns };
    return { name: key, options, ...named, ...policy, ...external, where: file.place(offset) };
  }

  /** Those with wildcards, by which files come to be named that are not there yet. */
  #patterns(node: YamlNode | undefined, fallback: readonly string[] = []): readonly string[] {
    const texts = node === undefined
      ? fallback
      // What is no text has been said to be none where its files are read.
      : (node.kind === "list" ? node.items : [node]).flatMap((item) =>
        item.kind === "scalar" && typeof item.value === "string" ? [item.value] : []
      );
    return texts.filter((text) => /[*?[{]/.test(text)).map((text) => this.files.path(text));
  }

  /** What an entry that names no plugin may have meant: a built-in one, or one that it would bring. */
  #meant(name: string, options: YamlNode): string {
    const builtIn = didYouMean(name, Object.keys(this.table));
    const keys = options.kind === "map" ? options.entries.map(({ key }) => key) : [];
    if (this.external === undefined || keys.length === 0) return builtIn;
    const [mistyped] = keys.filter((key) => nearest(key, PROGRAM_KEYS) !== undefined);
    return mistyped === undefined
      ? `${builtIn}; one of your own has the key ${PROGRAM_KEYS.map((key) => `"${key}"`).join(" or ")}`
      : `; did you mean "${nearest(mistyped, PROGRAM_KEYS)}" by "${mistyped}"?`;
  }

  /** Its options without what is said of answers that come late or never, which only the slow lane knows. */
  #withoutPolicy(options: YamlNode, { lane }: Plugin): YamlNode {
    if (lane === "slow" || options.kind !== "map") return options;
    const isPolicy = (key: string) => (RESERVED_OPTIONS as readonly string[]).includes(key);
    for (const { key, offset } of options.entries.filter(({ key }) => isPolicy(key))) {
      this.file.problem(
        offset,
        `"${key}" is for plugins of the slow lane, which may wait; this one answers at once`,
      );
    }
    return { ...options, entries: options.entries.filter(({ key }) => !isPolicy(key)) };
  }

  /** What becomes of questions that a plugin of the slow lane does not answer. */
  #policy(plugin: Plugin, given: ReadonlyMap<string, YamlNode>): SlowPolicy {
    const { file } = this;
    const { timeout, whenLate, whenFailed } = slowPolicyOf(plugin);
    return {
      timeout: file.duration(given.get("timeout"), { min: 1, max: MAX_MILLISECONDS }) ?? timeout,
      whenLate: file.oneOf(given.get("whenLate"), INSTEAD) ?? whenLate,
      whenFailed: file.oneOf(given.get("whenFailed"), INSTEAD) ?? whenFailed,
    };
  }

  #defaultOf(spec: OptionSpec): unknown {
    if (spec.type !== "files") return spec.default;
    return spec.default === undefined && spec.optional
      ? undefined
      : this.files.read(spec.default ?? [], undefined);
  }

  /** The files that a key names. */
  texts(node: YamlNode | undefined): readonly SourceText[] {
    return this.file.items(node).flatMap((item) => {
      const pattern = this.file.string(item);
      return pattern === undefined ? [] : this.files.read([pattern], item);
    });
  }

  #option(node: YamlNode, spec: OptionSpec): unknown {
    switch (spec.type) {
      case "integer":
        return this.file.integer(node, { min: spec.min, max: spec.max });
      case "duration":
        return this.file.duration(node, { min: spec.min, max: spec.max });
      case "string":
        return this.file.string(node);
      case "choice":
        return this.file.oneOf(node, spec.choices);
      case "choices":
        return this.file.items(node).flatMap((item) => this.file.oneOf(item, spec.choices) ?? []);
      case "boolean":
        return this.file.boolean(node);
      case "strings":
        return this.file.strings(node);
      case "files":
        return this.texts(node);
    }
  }
}
