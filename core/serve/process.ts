/** A server as a process: start, signals, stop. */

import { dirname } from "node:path";
import { geteuid } from "../../ffi/mod.ts";
import type { PluginTable } from "../config.ts";
import { systemContext } from "../context.ts";
import { controlApp, startOfNumbers } from "../control/app.ts";
import { serveControl } from "../control/server.ts";
import { insteadText } from "../control/links.ts";
import { groupId, makeFolder } from "../control/place.ts";
import { formatDuration } from "../duration.ts";
import { FolderWatch } from "../folder_watch.ts";
import { DaemonLock } from "../lock.ts";
import type { Log } from "../log.ts";
import { notifySystemd } from "../notify.ts";
import type { PluginThread } from "../plugin.ts";
import { Signals } from "../signals.ts";
import { serveApp } from "./app.ts";
import { readServeConfig, type ServeConfig } from "./config.ts";
import { listenForClients } from "./listener.ts";
import { Server } from "./server.ts";

export interface ServeProcessOptions {
  /** Path of the configuration. */
  readonly config: string;
  /** Control socket instead of the configured one. */
  readonly socket?: string | undefined;
  readonly version: string;
  readonly plugins: PluginTable;
  readonly log: Log;
  /** Starts a thread of the plugin of that name (`Plugin.thread`). */
  readonly startThread: (plugin: string) => PluginThread;
}

/** Runs a server until SIGTERM or SIGINT. Throws a ConfigError for a configuration that is wrong, and an Error of one line for all else. */
export async function runServer(options: ServeProcessOptions): Promise<void> {
  const { log, plugins } = options;
  const read = () => withSocket(readServeConfig(options.config, plugins), options.socket);
  const config = read();
  const { socket, group } = config.chain.control;
  makeFolder(dirname(socket), socket);
  using _lock = DaemonLock.take(socket);
  using signals = new Signals();
  const context = { ...systemContext(), log, startThread: options.startThread };
  const server: Server = new Server(config, {
    ...{ version: options.version, read, plugins, context, log },
    onFailure: (plugin, message, instead) => {
      const fallback = server.serveConfig.default;
      log("error", `Plugin "${plugin}" failed, ${insteadText(instead, fallback)}: ${message}`);
    },
    onBreaker: (plugin, state, pause) => {
      if (state === "closed") log("info", `Plugin "${plugin}" answers again`);
      else log("error", `Plugin "${plugin}" keeps failing and is not asked for ${formatDuration(pause)}`);
    },
  });
  using _server = { [Symbol.dispose]: () => server.close() };
  await using _control = await serveControl(
    socket,
    groupId(group, log),
    controlApp(server, geteuid(), startOfNumbers()),
  );
  await using listener = await listenForClients({
    config,
    app: serveApp(server),
    knows: (headers) => server.clients.knows(headers),
  });
  server.connections = listener.counts;
  signals.reloads(server);
  using _watch = new FolderWatch(server, log);
  const how = config.tls === undefined ? "without TLS" : "with TLS";
  log("info", `ready: listens on ${listener.address} ${how}; ${server.describe()}; control socket ${socket}`);
  server.warn();
  notifySystemd("READY=1");
  const signal = await signals.stopped;
  notifySystemd("STOPPING=1");
  log("info", `stopping: ${signal}`);
}

function withSocket(config: ServeConfig, socket: string | undefined): ServeConfig {
  if (socket === undefined) return config;
  const { chain } = config;
  return { ...config, chain: { ...chain, control: { ...chain.control, socket } } };
}
