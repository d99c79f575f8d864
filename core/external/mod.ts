/**
 * Plugins that are not built in: `from` a file or `exec` of a program, in an entry of snet.yaml. A trusted file runs in the
 * daemon's own process, all else in a process of its own (core/sandbox/). They are loaded before the configuration is read,
 * since their declarations say how to read it.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { dirname, resolve } from "node:path";
import { configOf } from "../config.ts";
import { readText } from "../config_files.ts";
import type { Config, PluginTable } from "../config.ts";
import type { Log } from "../log.ts";
import type { Plugin, Wants } from "../plugin.ts";
import type { Grants, Sandbox, SandboxSpec } from "../sandbox/mod.ts";
import { ConfigError, YamlFile } from "../yaml.ts";
import { pluginOf } from "./declaration.ts";
import { externalEntries } from "./entries.ts";
import type { ExternalEntry } from "./entries.ts";
import type { External, ExternalConfig } from "./external.ts";
import { changeableBy, filesOf, fingerprintOf, foldersOf } from "./files.ts";
import { IMPORT_LIMIT, importModule, moduleOf } from "./modules.ts";
import { missingGrants, needlessGrants } from "./wants.ts";

export type { External, ExternalConfig } from "./external.ts";

/** A configuration, and the plugins that it can name: the built-in ones and its own. */
export interface Loaded {
  readonly config: Config;
  readonly plugins: PluginTable;
}

/** What loading depends on. */
export interface ExternalOptions {
  readonly builtIn: PluginTable;
  /** Hears what plugins in processes of their own log, and what becomes of those. */
  readonly log: Log;
  /** Whom the daemon runs as; the process's own user if absent. */
  readonly uid?: number;
  /** Milliseconds that importing a file may take. */
  readonly limit?: number;
  /** Starts a plugin in a process of its own. */
  readonly open?: (spec: SandboxSpec) => Promise<Sandbox>;
}

/** A plugin that was loaded; kept as long as its files are what they were. */
interface Known {
  readonly plugin: Plugin;
  readonly config: ExternalConfig;
  readonly wants: Wants;
  readonly sandbox?: Sandbox;
}

/** Loads them, and knows again at a reload those that have not changed. */
export class ExternalPlugins implements AsyncDisposable {
  readonly #options: ExternalOptions;
  readonly #uid: number;
  readonly #known = new Map<string, Known>();
  /** Options of the plugins in force, by {@linkcode ExternalConfig.id}. */
  #inForce: ReadonlyMap<string, unknown> = new Map();

  constructor(options: ExternalOptions) {
    this.#options = options;
    this.#uid = options.uid ?? Deno.uid() ?? 0;
  }

  /**
   * Reads a configuration with the plugins that it brings. Whoever uses it says so by {@linkcode settle}; whoever gives it up
   * settles with the one that stays.
   *
   * Of a draft, a text that is not written, no process is told: what is in force may use it.
   *
   * Throws a ConfigError with a line for each mistake.
   */
  async read(path: string, draft?: string): Promise<Loaded> {
    const { builtIn } = this.#options;
    const file = new YamlFile(path, draft ?? readText(path));
    const external = await this.bring(file);
    const config = configOf(file, builtIn, external);
    if (draft === undefined) await this.#configure(config);
    const own = [...external.plugins].map(([name, { plugin }]) => [name, plugin] as const);
    return { config, plugins: { ...builtIn, ...Object.fromEntries(own) } };
  }

  /** The plugins of the entries of a file; what is wrong with them becomes problems of the file. */
  async bring(file: YamlFile): Promise<External> {
    const { builtIn } = this.#options;
    const entries = externalEntries(
      file,
      resolve(dirname(file.path)),
      (name) => Object.hasOwn(builtIn, name),
    );
    const loaded = await Promise.all(entries.map((entry) => this.#load(entry, file)));
    return {
      plugins: new Map(
        loaded.flatMap(({ known }, index) =>
          known === undefined ? [] : [[entries[index]!.name, known] as const]
        ),
      ),
      folders: [...new Set(loaded.flatMap(({ folders }) => folders))],
      warnings: loaded.flatMap(({ warnings }) => warnings),
    };
  }

  /** This configuration is in force: processes that it does not use are ended. */
  async settle(config: Pick<Config, "plugins"> | undefined): Promise<void> {
    this.#inForce = new Map(
      config?.plugins.flatMap(({ external, options }) =>
        external === undefined ? [] : [[external.id, options]]
      ),
    );
    const gone = [...this.#known].filter(([id, { sandbox }]) =>
      sandbox !== undefined && !this.#inForce.has(id)
    );
    for (const [id] of gone) this.#known.delete(id);
    await Promise.all(gone.map(([, { sandbox }]) => sandbox!.close()));
  }

  /** Ends every process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.settle(undefined);
  }

  /** Has those in processes of their own take their options, before anybody is asked by them. */
  async #configure(config: Config): Promise<void> {
    const problems: string[] = [];
    await Promise.all(config.plugins.map(async ({ name, external, options, where }) => {
      const sandbox = external && this.#known.get(external.id)?.sandbox;
      if (sandbox === undefined || isDeepStrictEqual(this.#inForce.get(external!.id), options)) return;
      try {
        await sandbox.configure(options);
      } catch (error) {
        problems.push(`${where}: plugin "${name}": ${(error as Error).message}`);
      }
    }));
    if (problems.length > 0) throw new ConfigError(problems.toSorted());
  }

  async #load(entry: ExternalEntry, file: YamlFile) {
    const { name, program, programOffset } = entry;
    const warnings: string[] = [];
    let folders: readonly string[] = "module" in program ? [dirname(program.module)] : [];
    const problem = (message: string) => file.problem(programOffset, `plugin "${name}": ${message}`);
    try {
      const files = "module" in program ? filesOf(program.module) : [];
      const paths = "module" in program ? files.map(({ path }) => path) : program.exec.filter(isFile);
      folders = foldersOf(paths.filter((path) => !OF_SYSTEM.test(path)));
      for (const path of paths) {
        const why = changeableBy(path, this.#uid);
        if (why === undefined) continue;
        if (this.#uid === 0) throw new Error(why);
        warnings.push(`${file.place(programOffset)}: plugin "${name}": ${why}`);
      }
      const known = entry.trusted
        ? await this.#import(entry, files)
        : await this.#open(entry, fingerprintOf("module" in program ? files : [program, paths.map(stateOf)]));
      if (!entry.trusted) this.#compareGrants(entry, known, file, warnings);
      return { known, folders, warnings };
    } catch (error) {
      problem((error as Error).message);
      return { known: undefined, folders, warnings };
    }
  }

  async #import({ name, program }: ExternalEntry, files: ReturnType<typeof filesOf>): Promise<Known> {
    const module = moduleOf(files);
    // Entries of one file are plugins of their own, with one declaration.
    const id = `${name} ${module.id}`;
    const former = this.#known.get(id);
    if (former !== undefined) return former;
    const plugin = pluginOf(await importModule(module, this.#options.limit ?? IMPORT_LIMIT));
    if (plugin.thread !== undefined) {
      throw new Error(`it has a "thread", which only a built-in plugin can have`);
    }
    const { name: declared, version, wants = {} } = plugin;
    const path = (program as { readonly module: string }).module;
    const config: ExternalConfig = {
      ...{ id, trusted: true, program: path, isModule: true, declared, module },
      ...(version !== undefined && { version }),
    };
    const known: Known = { plugin, config, wants };
    this.#known.set(id, known);
    return known;
  }

  async #open({ name, program, grants, limits, unconfined }: ExternalEntry, state: string): Promise<Known> {
    const id = `${name} ${fingerprintOf([state, grants, limits, unconfined])}`;
    const former = this.#known.get(id);
    if (former !== undefined) return former;
    const { log, open = openSandbox } = this.#options;
    const sandbox = await open({ name, program, grants, limits, unconfined, log });
    const { plugin } = sandbox;
    const { version, wants = {} } = plugin;
    const words = "module" in program ? program.module : program.exec.join(" ");
    const config: ExternalConfig = {
      ...{ id, trusted: false, program: words, isModule: "module" in program, declared: plugin.name, grants },
      ...(version !== undefined && { version }),
      ...(unconfined && { unconfined }),
    };
    const known: Known = { plugin, config, wants, sandbox };
    this.#known.set(id, known);
    return known;
  }

  #compareGrants(entry: ExternalEntry, { wants }: Known, file: YamlFile, warnings: string[]): void {
    const { name, offset, grants, grantOffsets } = entry;
    for (const { kind, what } of missingGrants(wants, grants)) {
      file.problem(
        offset,
        `plugin "${name}" wants ${kind} ${what}; grant it (grants: { ${kind}: ["${what}"] }), or leave the plugin out`,
      );
    }
    const warn = (kind: keyof Grants, what: string, why: string) => {
      const place = file.place(grantOffsets.get(`${kind} ${what}`) ?? offset);
      warnings.push(`${place}: plugin "${name}" is granted ${kind} ${what}, ${why}`);
    };
    for (const { kind, what } of needlessGrants(wants, grants)) {
      warn(kind, what, "which it does not say that it wants");
    }
    for (const kind of ["read", "write"] as const) {
      // A domain of Landlock is made of files, not of names.
      for (const path of grants[kind].filter((path) => !existsSync(path))) {
        warn(
          kind,
          path,
          "which is not there; what comes there later it cannot reach before it is started again",
        );
      }
    }
  }
}

/** An interpreter changes with the system, which is no reason to watch the folder of all programs. */
const OF_SYSTEM = /^\/(usr|bin|sbin|lib|lib64)\//;

/** Where no plugin needs it, it is not loaded. */
const openSandbox = async (spec: SandboxSpec): Promise<Sandbox> =>
  await (await import("../sandbox/mod.ts")).openSandbox(spec);

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Changes when the file does, without reading what may be an interpreter. */
function stateOf(path: string): unknown {
  const { dev, ino, size, mtime } = Deno.statSync(path);
  return [path, dev, ino, size, mtime?.getTime()];
}
