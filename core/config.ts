/**
 * The daemon's configuration, /etc/snet/snet.yaml:
 *
 * ```yaml
 * version: 1
 * default: deny                      # allow or deny what no plugin decides
 * events: [snet.out, snet.in]        # besides those that plugins name
 * families: [inet, inet6]
 * kernel: { delay: 5s, policy: deny }
 * names: { resolved: true }          # who tells the names behind addresses
 * plugins:
 *   - rules: { files: [rules.d/*.yaml] }
 * control: { socket: /run/snet/snet.sock, group: snet }
 * web: { listen: 127.0.0.1:8474 }    # serves the page
 * ```
 *
 * Reading it touches the disk: it is done by the main thread, never on the verdict path. Everything that is wrong
 * with the file is reported at once.
 */

import { dirname, isAbsolute, join } from "node:path";
import { globSync } from "node:fs";
import { AttachFlag, PAYLOAD_LIMIT, utf8 } from "../ffi/mod.ts";
import { DEFAULT_SOCKET } from "./control/api.ts";
import type { EventName } from "./event.ts";
import { isProtocolEvent, parseEvent, parseEvents, parseFamily } from "./events.ts";
import { DEFAULT_SLOW_POLICY, EXTERNAL_KEYS, RESERVED_OPTIONS } from "./plugin.ts";
import type { OptionSpec, Plugin, SlowPolicy, SourceText } from "./plugin.ts";
import { readRegularFile } from "./regular_file.ts";
import { readNames } from "./names/config.ts";
import type { NamesConfig } from "./names/config.ts";
import { didYouMean, nearest } from "./suggest.ts";
import { readWeb } from "./web/config.ts";
import type { WebConfig } from "./web/config.ts";
import { ConfigError, YamlFile } from "./yaml.ts";
import type { YamlEntry, YamlNode } from "./yaml.ts";
import { isExternalEntry, PROGRAM_KEYS } from "./external/external.ts";
import type { External, ExternalConfig } from "./external/external.ts";

/** The plugins that a configuration may name. */
export type PluginTable = Readonly<Record<string, Plugin>>;

type Action = "allow" | "deny";

/** Delay and policy, of all events or of one. Milliseconds; what is undefined stays as the kernel has it. */
export interface Timing {
  readonly delay: number | undefined;
  readonly policy: Action | undefined;
}

/** What the kernel is told. Undefined leaves what the boot parameters say. */
export interface KernelConfig extends Timing {
  /** Events with a delay or policy of their own. */
  readonly events: readonly (Timing & { readonly event: EventName })[];
  readonly limits: {
    readonly policy: Action | undefined;
    readonly total: number | undefined;
    readonly uid: number | undefined;
    readonly cgroup: number | undefined;
    readonly tickets: number | undefined;
  };
  readonly absent: {
    readonly policy: Action | undefined;
    readonly events: readonly EventName[] | undefined;
    readonly families: readonly number[] | undefined;
  };
  /** First bytes of a message that events carry. */
  readonly payload: number;
  /** Bits of `AttachFlag`. */
  readonly attachFlags: number;
  readonly debug: boolean | undefined;
}

/** One entry of the plugin list; its options are checked, and files are read. */
export interface PluginConfig {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Of one that may wait. */
  readonly policy?: SlowPolicy;
  /** Of one that is not built in. */
  readonly external?: ExternalConfig;
  /** `file:line:column` of the entry. */
  readonly where: string;
}

/** A configuration that can be handed to a Worker. */
export interface Config {
  readonly path: string;
  readonly default: Action;
  /** Events to be asked about; those that plugins name come on top. */
  readonly events: readonly EventName[];
  /** Numbers of address families (AF_x). */
  readonly families: readonly number[];
  readonly kernel: KernelConfig;
  readonly plugins: readonly PluginConfig[];
  readonly control: { readonly socket: string; readonly group: string };
  /** Who tells the names behind addresses; absent for nobody. */
  readonly names?: NamesConfig;
  /** Where the page is served; absent for nowhere. */
  readonly web?: WebConfig;
  /** Folders whose changes may change what was read. */
  readonly folders: readonly string[];
  /** `file:line:column: message`, of what is odd but can be used. */
  readonly warnings: readonly string[];
}

/** The group whose members may read from the control socket. */
const DEFAULT_GROUP = "snet";

const DEFAULT_EVENTS = ["snet.out", "snet.in"];
const DEFAULT_FAMILIES = ["inet", "inet6"];
/** All that the mask of attach can hold, those without a name here too. */
const ALL_FAMILIES = Array.from({ length: 63 }, (_, index) => index + 1);
const ACTIONS = ["allow", "deny"] as const;
/** Answers in place of a plugin that has given none. */
const INSTEAD = ["allow", "deny", "pass"] as const;
/** The protocol carries 32 bits of milliseconds. */
const MAX_MILLISECONDS = 0xffff_ffff;
const MAX_U32 = 0xffff_ffff;

/**
 * Reads a configuration and the files that it names.
 *
 * Throws a {@linkcode ConfigError} with a line for each mistake, also where a file cannot be read.
 */
export function readConfig(path: string, plugins: PluginTable): Config {
  return configOf(new YamlFile(path, readText(path)), plugins);
}

/** As {@linkcode readConfig}, of a file that was read, and with what was made of its entries that bring a plugin. */
export function configOf(file: YamlFile, plugins: PluginTable, external?: External): Config {
  const config = new ConfigReader(file, plugins, external).read();
  file.check();
  const warning = exposure(file.path);
  return warning === undefined ? config : { ...config, warnings: [warning, ...config.warnings] };
}

/** As {@linkcode readConfig}, of a text; relative paths in it start from the folder of `path`. */
export function parseConfig(path: string, text: string, plugins: PluginTable): Config {
  const file = new YamlFile(path, text);
  const config = new ConfigReader(file, plugins).read();
  file.check();
  return config;
}

/** A file's text, read as the names of programs are; throws a {@linkcode ConfigError} of one line. */
export function readText(path: string, read: (path: string) => Uint8Array = Deno.readFileSync): string {
  try {
    return utf8(read(path));
  } catch (error) {
    throw new ConfigError([`Cannot read ${path}: ${reasonOf(error)}`]);
  }
}

/** The events of a word that a kernel tells of; throws an Error where it tells of none. */
function kernelEvents(word: string): readonly EventName[] {
  const events = parseEvent(word).filter(isProtocolEvent);
  if (events.length === 0) throw new Error(`"${word}" is nothing that a kernel tells of`);
  return events;
}

/** Permission to write for all. */
const WRITABLE_BY_ALL = 0o002;

/** Who else can change a file that decides what programs may do; undefined if only root and this user can. */
export function exposure(path: string): string | undefined {
  const { mode, uid } = Deno.statSync(path);
  if (uid !== 0 && uid !== Deno.uid()) return `${path} belongs to uid ${uid}, who can change what is allowed`;
  if (((mode ?? 0) & WRITABLE_BY_ALL) === 0) return undefined;
  return `everybody may write to ${path} and so change what is allowed; chmod o-w takes that back`;
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}

/** Reads a configuration; what `snet serve`'s shares with the daemon's has methods of its own. */
export class ConfigReader {
  readonly #folder: string;
  readonly #folders = new Set<string>();
  readonly #warnings: string[] = [];

  /** `external`: what the file's entries bring that name no built-in plugin; without it they are refused. */
  constructor(readonly file: YamlFile, readonly table: PluginTable, readonly external?: External) {
    this.#folder = dirname(file.path);
    this.#folders.add(this.#folder);
    for (const folder of external?.folders ?? []) this.#folders.add(folder);
    this.#warnings.push(...external?.warnings ?? []);
  }

  read(): Config {
    const { file } = this;
    const known = [
      "version",
      "default",
      "events",
      "families",
      "kernel",
      "names",
      "plugins",
      "control",
      "web",
    ];
    const fields = file.fields(file.root, known);
    const version = fields.get("version");
    if (version !== undefined && file.integer(version) !== 1) {
      file.problem(version, "this snet reads version 1");
    }
    const fallback = file.oneOf(fields.get("default"), ACTIONS);
    if (!fields.has("default")) {
      file.problem(file.root, `missing key "default": allow or deny, the answer to what no plugin decides`);
    }
    const kernel = this.#kernel(fields.get("kernel"));
    const web = readWeb(fields.get("web"), {
      file,
      path: (path) => this.#path(path),
      files: (node) => this.files(node),
    });
    const names = readNames(fields.get("names"), { file, path: (path) => this.#path(path) });
    return {
      path: file.path,
      default: fallback ?? "deny",
      events: this.#events(fields.get("events")) ?? parseEvents(DEFAULT_EVENTS),
      families: this.#families(fields.get("families")) ?? DEFAULT_FAMILIES.map(parseFamily),
      kernel,
      plugins: this.#pluginList(fields.get("plugins"), kernel),
      control: this.control(fields.get("control"), DEFAULT_SOCKET),
      ...(names !== undefined && { names }),
      ...(web !== undefined && { web }),
      folders: [...this.#folders],
      warnings: this.#warnings,
    };
  }

  /** Where the control API listens, and for which group. */
  control(node: YamlNode | undefined, socket: string): Config["control"] {
    const { file } = this;
    const control = file.fields(node, ["socket", "group"], "in control");
    return {
      socket: this.#path(file.string(control.get("socket")) ?? socket),
      group: file.string(control.get("group")) ?? DEFAULT_GROUP,
    };
  }

  /** The plugins of a list, with no kernel of its own: what events carry is for others to say. */
  plugins(node: YamlNode | undefined): readonly PluginConfig[] {
    return this.#pluginList(node, { payload: PAYLOAD_LIMIT });
  }

  /** The files that a key names. */
  files(node: YamlNode | undefined): readonly SourceText[] {
    return node === undefined ? [] : this.#option(node, { type: "files", doc: "" }) as SourceText[];
  }

  /** Folders whose changes may change what was read. */
  get folders(): readonly string[] {
    return [...this.#folders];
  }

  /** `file:line:column: message`, of what is odd but can be used. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  #kernel(node: YamlNode | undefined): KernelConfig {
    const { file } = this;
    const known = ["delay", "policy", "events", "limits", "absent", "payload", "send-all", "debug"];
    const fields = file.fields(node, known, "in kernel");
    const limits = file.fields(
      fields.get("limits"),
      ["policy", "total", "uid", "cgroup", "tickets"],
      "in limits",
    );
    const count = (key: string, min: number) => file.integer(limits.get(key), { min, max: MAX_U32 });
    return {
      ...this.#timing(fields),
      events: this.#timings(fields.get("events")),
      limits: {
        policy: file.oneOf(limits.get("policy"), ACTIONS),
        total: count("total", 1),
        uid: count("uid", 1),
        cgroup: count("cgroup", 1),
        tickets: count("tickets", 0),
      },
      absent: this.#absent(fields.get("absent")),
      payload: file.integer(fields.get("payload"), { min: 0, max: PAYLOAD_LIMIT }) ?? 0,
      attachFlags: file.boolean(fields.get("send-all")) ? AttachFlag.SendAll : 0,
      debug: file.boolean(fields.get("debug")),
    };
  }

  #timing(fields: ReadonlyMap<string, YamlNode>): Timing {
    return {
      delay: this.file.duration(fields.get("delay"), { min: 1, max: MAX_MILLISECONDS }),
      policy: this.file.oneOf(fields.get("policy"), ACTIONS),
    };
  }

  #timings(node: YamlNode | undefined): KernelConfig["events"] {
    return this.#entries(node, "such as snet.connect: { delay: 30s, policy: deny }").flatMap((entry) => {
      const timing = this.#timing(this.file.fields(entry.value, ["delay", "policy"], `for ${entry.key}`));
      return (this.#try(entry, () => kernelEvents(entry.key)) ?? []).map((event) => ({ event, ...timing }));
    });
  }

  /** `allow`, `deny`, or a mapping that also says what is covered. */
  #absent(node: YamlNode | undefined): KernelConfig["absent"] {
    const { file } = this;
    if (node?.kind === "scalar") {
      return { policy: file.oneOf(node, ACTIONS), events: undefined, families: undefined };
    }
    const fields = file.fields(node, ["policy", "events", "families"], "in absent");
    return {
      policy: file.oneOf(fields.get("policy"), ACTIONS),
      events: this.#events(fields.get("events")),
      families: this.#families(fields.get("families")),
    };
  }

  #events(node: YamlNode | undefined): readonly EventName[] | undefined {
    const names = this.#each(node, parseEvent);
    return names && parseEvents(names.flat());
  }

  #families(node: YamlNode | undefined): readonly number[] | undefined {
    const numbers = this.#each(node, (word) => word === "*" ? ALL_FAMILIES : [parseFamily(word)]);
    if (node !== undefined && this.file.items(node).length === 0) {
      this.file.problem(node, `no family, so that nothing would be asked about; write some, or "*"`);
    }
    return numbers && [...new Set(numbers.flat())];
  }

  #pluginList(node: YamlNode | undefined, kernel: Pick<KernelConfig, "payload">): PluginConfig[] {
    return this.file.items(node).flatMap((item) => {
      const entry = this.#pluginEntry(item);
      return entry === undefined
        ? []
        : [this.#plugin(entry, kernel)].filter((plugin) => plugin !== undefined);
    });
  }

  /** A plugin stands as its name alone, or as a mapping of its name to its options. */
  #pluginEntry(item: YamlNode): YamlEntry | undefined {
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
    for (const [name, spec] of Object.entries(plugin.options)) {
      const node = given.get(name);
      options[name] = node === undefined ? this.#defaultOf(spec) : this.#option(node, spec);
      if (node === undefined && spec.default === undefined && !spec.optional) {
        file.problem(offset, `plugin "${key}" needs the option "${name}": ${spec.doc}`);
      }
    }
    const policy = plugin.lane === "slow" ? { policy: this.#policy(plugin, given) } : {};
    const external = found === undefined ? {} : { external: found.config };
    return { name: key, options, ...policy, ...external, where: file.place(offset) };
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
  #policy(
    { timeout = DEFAULT_SLOW_POLICY.timeout }: Plugin,
    given: ReadonlyMap<string, YamlNode>,
  ): SlowPolicy {
    const { file } = this;
    return {
      timeout: file.duration(given.get("timeout"), { min: 1, max: MAX_MILLISECONDS }) ?? timeout,
      whenLate: file.oneOf(given.get("whenLate"), INSTEAD) ?? DEFAULT_SLOW_POLICY.whenLate,
      whenFailed: file.oneOf(given.get("whenFailed"), INSTEAD) ?? DEFAULT_SLOW_POLICY.whenFailed,
    };
  }

  #defaultOf(spec: OptionSpec): unknown {
    if (spec.type !== "files") return spec.default;
    return spec.default === undefined && spec.optional
      ? undefined
      : this.#sources(spec.default ?? [], undefined);
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
        return this.file.items(node).flatMap((item) => {
          const pattern = this.file.string(item);
          return pattern === undefined ? [] : this.#sources([pattern], item);
        });
    }
  }

  /** Reads what the patterns name, in the order of the patterns and of the names. */
  #sources(patterns: readonly string[], at: YamlNode | undefined): SourceText[] {
    return patterns.flatMap((pattern) => {
      const path = this.#path(pattern);
      const isGlob = /[*?[{]/.test(pattern);
      this.#folders.add(isGlob ? dirname(path.slice(0, path.search(/[*?[{]/)) + "x") : dirname(path));
      const paths = isGlob ? globSync(path).toSorted() : [path];
      if (paths.length === 0) {
        this.#warnings.push(`${this.file.place(at ?? this.file.root)}: "${pattern}" names no file`);
      }
      return paths.flatMap((path) => {
        try {
          const source = { path, text: readText(path, readRegularFile) };
          this.#warnOfExposure(path);
          return [source];
        } catch (error) {
          this.file.problem(at ?? this.file.root, (error as Error).message);
          return [];
        }
      });
    });
  }

  #warnOfExposure(path: string): void {
    const warning = exposure(path);
    if (warning !== undefined) this.#warnings.push(warning);
  }

  #path(path: string): string {
    return isAbsolute(path) ? path : join(this.#folder, path);
  }

  #entries(node: YamlNode | undefined, example: string): readonly YamlEntry[] {
    if (node === undefined) return [];
    if (node.kind === "map") return node.entries;
    this.file.problem(node, `expected a mapping ${example}`);
    return [];
  }

  #each<T>(node: YamlNode | undefined, parse: (word: string) => T): T[] | undefined {
    if (node === undefined) return undefined;
    return this.file.items(node).flatMap((item) => {
      const word = this.file.string(item);
      const value = word === undefined ? undefined : this.#try(item, () => parse(word));
      return value === undefined ? [] : [value];
    });
  }

  #try<T>(at: { readonly offset: number }, parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      this.file.problem(at, (error as Error).message);
    }
  }
}
