/** The daemon as a process: start, signals, stop. */

import { dirname } from "node:path";
import { geteuid, SnetSocket } from "../ffi/mod.ts";
import type { Journal, RuleCheck } from "./cli/builtin.ts";
import type { Config, PluginTable } from "./config.ts";
import { bootSeconds, systemContext } from "./context.ts";
import { insteadText } from "./control/links.ts";
import { groupId, makeFolder } from "./control/place.ts";
import { Daemon } from "./daemon.ts";
import { formatDuration } from "./duration.ts";
import { ExternalPlugins } from "./external/mod.ts";
import { FolderWatch } from "./folder_watch.ts";
import { setUpLanes } from "./lanes.ts";
import { DaemonLock } from "./lock.ts";
import type { Log } from "./log.ts";
import type { Names } from "./names/mod.ts";
import { NameTable } from "./names/table.ts";
import { notifySystemd } from "./notify.ts";
import type { PluginThread } from "./plugin.ts";
import { procfs } from "./questions/processes.ts";
import { Reactor } from "./reactor.ts";
import type { WorkerLike } from "./reactor.ts";
import { Ring } from "./ring.ts";
import { worldOfSelf } from "./questions/may_answer.ts";
import { closeLinks } from "./setup.ts";
import { Signals } from "./signals.ts";
import { PageKeeper } from "./web/keeper.ts";
import type { OpenPage } from "./web/page.ts";

export interface DaemonProcessOptions {
  /** Path of the configuration. */
  readonly config: string;
  /** Control socket instead of the configured one. */
  readonly socket?: string | undefined;
  readonly version: string;
  readonly plugins: PluginTable;
  readonly log: Log;
  /** Starts a thread that calls `serveAsReactor`. */
  readonly spawn: () => WorkerLike;
  /** Starts a thread of the plugin of that name (`Plugin.thread`). */
  readonly startThread: (plugin: string) => PluginThread;
  /** Checks the options of the plugin `rules`. */
  readonly checkRules?: (options: Readonly<Record<string, unknown>>) => Promise<RuleCheck>;
  /** Opens what the plugin `journal` has written. */
  readonly openJournal?: (path: string) => Promise<Journal>;
  /** Serves the page, where the configuration wants one. */
  readonly openPage?: OpenPage;
  /** Called once calls are held and the control socket answers. */
  readonly onReady?: (socket: string) => void;
}

/** Some 8,000 observations: what a flood brings between two looks of the main thread. */
const RING_BYTES = 4 * 1024 * 1024;
/** Milliseconds that a stop may take before the process ends regardless; the kernel then lets everybody go. */
const STOP_TIMEOUT = 2000;

/**
 * Runs the daemon until SIGTERM or SIGINT.
 *
 * Throws a ConfigError for a configuration that is wrong, a ReactorError where the kernel refuses (its `code` is
 * `FamilyNotFoundError` where there is no snet in the kernel), and an Error of one line for everything else.
 */
export async function runDaemon(options: DaemonProcessOptions): Promise<void> {
  const { log } = options;
  // Its modules are loaded while the configuration is read.
  using threads = new Threads(options.spawn);
  await using external = new ExternalPlugins({ builtIn: options.plugins, log });
  const read = async (draft?: string) => {
    const { config, plugins } = await external.read(options.config, draft);
    return { config: withSocket(config, options.socket), plugins };
  };
  const { config, plugins } = await read();
  await external.settle(config);
  const table = new NameTable();
  let daemon: Daemon | undefined;
  const context = {
    ...systemContext(table.buffer),
    log,
    processes: procfs,
    startThread: options.startThread,
    // A reactor that cannot is started again, and then the tickets are gone.
    dropTickets: () => void daemon?.flush().catch(() => {}),
  };
  const { socket, group } = config.control;
  makeFolder(dirname(socket), socket);
  using _lock = DaemonLock.take(socket);
  // Before anybody can wait for this daemon: a signal must stop it in order, and a reload is not lost.
  using signals = new Signals();

  const lanes = setUpLanes(plugins, config, context);
  using _plugins = { [Symbol.dispose]: () => closeLinks((daemon?.lanes ?? lanes).links) };
  const ring = Ring.ofSize(RING_BYTES);
  // Attaching comes before all else that touches the system: from then on the daemon's own calls are not held.
  const reactor = await Reactor.start(lanes.fast, {
    ring,
    slow: lanes.slow,
    names: table.buffer,
    spawn: () => threads.take(),
    onFailure: (plugin, message, instead) => {
      const { default: fallback } = (daemon?.lanes ?? lanes).config;
      log("error", `Plugin "${plugin}" failed, ${insteadText(instead, fallback)}: ${message}`);
    },
    onBreaker: (plugin, state, pause) => {
      if (state === "closed") log("info", `Plugin "${plugin}" answers again`);
      else log("error", `Plugin "${plugin}" keeps failing and is not asked for ${formatDuration(pause)}`);
    },
    onRestart: (why) => log("error", `The reactor died and is started again: ${why.message}`),
  });
  try {
    using kernel = SnetSocket.open();
    using names = await tellNames(table, config, log);
    const settle = async (config: Config) => {
      await external.settle(config);
      await served.page?.settle(config.web);
    };
    // It serves what the daemon does, which is made with it.
    const served: { page?: PageKeeper } = {};
    const page = () => served.page;
    const world = worldOfSelf();
    const { version, checkRules, openJournal } = options;
    const parts = {
      ...{ version, read, settle, context, reactor, kernel, ring, names, world, page, log },
      ...(checkRules !== undefined && { checkRules }),
      ...(openJournal !== undefined && { openJournal }),
    };
    daemon = new Daemon(parts, lanes);
    // Whoever waits for an answer need not wait for these.
    const { controlApp, startOfNumbers } = await import("./control/app.ts");
    const { serveControl } = await import("./control/server.ts");
    const control = controlApp(daemon, geteuid(), startOfNumbers());
    const gid = groupId(group, log);
    await using pages = new PageKeeper({ open: options.openPage, gid, control, world, log });
    served.page = pages;
    await pages.settle(config.web);
    await using _control = await serveControl(socket, gid, control);
    signals.reloads(daemon);
    using _watch = new FolderWatch(daemon, log);
    for (const name of reactor.attached?.missing ?? []) {
      log("warning", `This kernel does not tell ${name} (it lacks snet's own hooks); it is not asked about`);
    }
    log("info", `ready: ${statusText(daemon, socket)}`);
    daemon.warn();
    notifySystemd("READY=1");
    options.onReady?.(socket);
    const broken = await Promise.race([signals.stopped, reactor.broken]);
    notifySystemd("STOPPING=1");
    if (broken instanceof Error) throw new Error(`The reactor died too often, last: ${broken.message}`);
    log("info", `stopping: ${broken}`);
  } finally {
    await Promise.race([reactor.stop().catch(() => {}), timeout(STOP_TIMEOUT)]);
    // After the last answer, of which observers are to hear too.
    daemon?.close();
  }
}

/** Listens to those who tell the names behind addresses. */
async function tellNames(table: NameTable, config: Config, log: Log): Promise<Names> {
  const { Names } = await import("./names/mod.ts");
  const names = new Names({
    ...{ table, log, now: bootSeconds, clock: Date.now },
    later: (milliseconds, act) => {
      const timer = setTimeout(act, milliseconds);
      return () => clearTimeout(timer);
    },
  });
  (await names.open(config.names)).take();
  return names;
}

/** Keeps a thread ready for the first who takes one. */
class Threads implements Disposable {
  #ready: WorkerLike | undefined;

  constructor(readonly spawn: () => WorkerLike) {
    this.#ready = spawn();
  }

  take(): WorkerLike {
    const worker = this.#ready ?? this.spawn();
    this.#ready = undefined;
    return worker;
  }

  [Symbol.dispose](): void {
    this.#ready?.terminate();
  }
}

function withSocket(config: Config, socket: string | undefined): Config {
  return socket === undefined ? config : { ...config, control: { ...config.control, socket } };
}

function statusText(daemon: Daemon, socket: string): string {
  const { source, plugins, profile, default: fallback } = daemon.status();
  const rules = plugins.map(({ name, rules }) => `${name} (${rules})`).join(", ") || "no plugins";
  return `asked about ${source.events.join(", ")}; plugins: ${rules}${
    profile === undefined ? "" : `; profile ${profile}`
  }; default ${fallback}; control socket ${socket}`;
}

function timeout(milliseconds: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, milliseconds)));
}
