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
 * web: { listen: 127.0.0.1:874 }    # serves the page
 * ```
 *
 * Reading it touches the disk: it is done by the main thread, never on the verdict path. Everything that is wrong
 * with the file is reported at once.
 */

import { AttachFlag, PAYLOAD_LIMIT } from "../ffi/mod.ts";
import { ConfigFiles, exposure, readText } from "./config_files.ts";
import { DEFAULT_SOCKET } from "./control/api.ts";
import { MAX_MILLISECONDS } from "./duration.ts";
import type { EventName } from "./event.ts";
import { isProtocolEvent, parseEvent, parseEvents, parseFamily } from "./events.ts";
import type { Plugin, SlowPolicy, SourceText } from "./plugin.ts";
import { PluginListReader } from "./plugin_list_reader.ts";
import { readNames } from "./names/config.ts";
import type { NamesConfig } from "./names/config.ts";
import { readWeb } from "./web/config.ts";
import type { WebConfig } from "./web/config.ts";
import { YamlFile } from "./yaml.ts";
import type { YamlEntry, YamlNode } from "./yaml.ts";
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
  /** The patterns, as paths, by which it was said which files an option names; new ones that fit are read too. */
  readonly patterns?: Readonly<Record<string, readonly string[]>>;
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

/** The events of a word that a kernel tells of; throws an Error where it tells of none. */
function kernelEvents(word: string): readonly EventName[] {
  const events = parseEvent(word).filter(isProtocolEvent);
  if (events.length === 0) throw new Error(`"${word}" is nothing that a kernel tells of`);
  return events;
}

/** Reads a configuration; what `snet serve`'s shares with the daemon's has methods of its own. */
export class ConfigReader {
  readonly #files: ConfigFiles;
  readonly #plugins: PluginListReader;

  /** `external`: what the file's entries bring that name no built-in plugin; without it they are refused. */
  constructor(readonly file: YamlFile, table: PluginTable, external?: External) {
    this.#files = new ConfigFiles(file);
    this.#files.add(external?.folders ?? [], external?.warnings ?? []);
    this.#plugins = new PluginListReader(file, this.#files, table, external);
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
      path: (path) => this.#files.path(path),
      files: (node) => this.files(node),
    });
    const names = readNames(fields.get("names"), { file, path: (path) => this.#files.path(path) });
    return {
      path: file.path,
      default: fallback ?? "deny",
      events: this.#events(fields.get("events")) ?? parseEvents(DEFAULT_EVENTS),
      families: this.#families(fields.get("families")) ?? DEFAULT_FAMILIES.map(parseFamily),
      kernel,
      plugins: this.#plugins.read(fields.get("plugins"), kernel),
      control: this.control(fields.get("control"), DEFAULT_SOCKET),
      ...(names !== undefined && { names }),
      ...(web !== undefined && { web }),
      folders: this.#files.folders,
      warnings: this.#files.warnings,
    };
  }

  /** Where the control API listens, and for which group. */
  control(node: YamlNode | undefined, socket: string): Config["control"] {
    const { file } = this;
    const control = file.fields(node, ["socket", "group"], "in control");
    return {
      socket: this.#files.path(file.string(control.get("socket")) ?? socket),
      group: file.string(control.get("group")) ?? DEFAULT_GROUP,
    };
  }

  /** The plugins of a list, with no kernel of its own: what events carry is for others to say. */
  plugins(node: YamlNode | undefined): readonly PluginConfig[] {
    return this.#plugins.read(node, { payload: PAYLOAD_LIMIT });
  }

  /** The files that a key names. */
  files(node: YamlNode | undefined): readonly SourceText[] {
    return this.#plugins.texts(node);
  }

  /** Folders whose changes may change what was read. */
  get folders(): readonly string[] {
    return this.#files.folders;
  }

  /** `file:line:column: message`, of what is odd but can be used. */
  get warnings(): readonly string[] {
    return this.#files.warnings;
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
