/** `snet daemon`: the daemon in the foreground. */

import { runDaemon } from "../daemon_process.ts";
import { lineLog, type Log } from "../log.ts";
import { ReactorError } from "../reactor.ts";
import type { BuiltIn } from "./builtin.ts";
import { CommandError, ExitCode } from "./exit.ts";
import { safeJson } from "./json.ts";
import type { Output } from "./output.ts";
import { VERSION } from "./version.ts";

/** Options of the command. */
export interface DaemonOptions {
  readonly config: string;
  readonly socket?: string;
  readonly json?: boolean;
}

/**
 * Runs the daemon until it is told to stop.
 *
 * Throws a ConfigError for a wrong configuration, a CommandError where this kernel has no snet or does not let this
 * user attach, and what else the daemon ends with.
 */
export async function daemon(options: DaemonOptions, builtIn: BuiltIn, output: Output): Promise<void> {
  const { config, socket } = options;
  const log = logTo(output, options.json === true);
  try {
    const spawn = () => builtIn.spawnReactor();
    const startThread = (plugin: string) => builtIn.startThread(plugin);
    const plugins = await builtIn.plugins();
    const { openPage } = builtIn;
    const checkRules: typeof builtIn.checkRules = (options) => builtIn.checkRules(options);
    const openJournal: typeof builtIn.openJournal = (path) => builtIn.openJournal(path);
    await runDaemon({
      ...{ config, socket, version: VERSION, plugins, log, spawn, startThread, checkRules, openJournal },
      ...(openPage !== undefined && { openPage }),
    });
  } catch (error) {
    const code = error instanceof ReactorError ? error.code : undefined;
    if (code === "FamilyNotFoundError") {
      throw new CommandError((error as Error).message, ExitCode.unavailable);
    }
    if (code === "EPERM") {
      throw new CommandError(
        "Cannot attach to the kernel: CAP_NET_ADMIN on the host is needed; run it as root",
      );
    }
    throw error;
  }
}

/** What the daemon says, as lines or as JSON. Calls are held and answered whether or not anybody reads it. */
export function logTo(output: Output, json: boolean): Log {
  const log = json ? jsonLog(output) : textLog(output);
  return (level, message) => {
    try {
      log(level, message);
    } catch {
      // The reader has gone, the terminal has closed, the disk is full: there is nowhere left to say so.
    }
  };
}

/** Lines for people, or for systemd's journal where that reads them (systemd.exec(5)). */
function textLog(output: Output): Log {
  const journal = Deno.env.get("JOURNAL_STREAM") !== undefined && !Deno.stderr.isTerminal();
  return lineLog((line) => output.error(line.trimEnd()), journal);
}

/** One object a line on standard output. */
function jsonLog(output: Output): Log {
  return (level, message) => output.line(safeJson({ time: new Date().toISOString(), level, message }));
}
