/** What a plugin in a sandbox is given: its program, what it may reach, how much it may use. */

import type { Log } from "../log.ts";
import type { Plugin } from "../plugin.ts";

/** What the operator lets a plugin reach; all else is refused. Empty lists grant nothing. */
export interface Grants {
  /** Absolute paths of files and folders that it may read, folders with all that is below them. */
  readonly read: readonly string[];
  /** Absolute paths that it may read and write, folders with all that is below them; they must be there. */
  readonly write: readonly string[];
  /** `host:port` that it may connect to by TCP: `192.0.2.7:443`, `[2001:db8::1]:443`, `example.org:443`. */
  readonly net: readonly string[];
  /** Names of variables of snet's environment that it sees. */
  readonly env: readonly string[];
}

/** How much a plugin may use. */
export interface Limits {
  /** Bytes of memory that its process may hold (resident set); past them it is stopped. */
  readonly memory: number;
  /** Percent of one processor that it may take over a minute; past them it is stopped. */
  readonly cpu: number;
  /** Descriptors that it may have open at once (RLIMIT_NOFILE). */
  readonly openFiles: number;
  /** Bytes that a file may grow to by its writing (RLIMIT_FSIZE). */
  readonly fileSize: number;
  /** Processes that a program of `exec` may start beside itself; a module may start none, whatever is said here. */
  readonly processes: number;
  /** Questions that may wait for it at once; what is more fails at once. */
  readonly waiting: number;
  /** Milliseconds in which it must declare itself, and be ready after its options have come. */
  readonly start: number;
  /** Milliseconds in which it must answer that it is alive; past them it is stopped. */
  readonly alive: number;
}

/** 1 MiB. */
const MEBIBYTE = 1024 * 1024;

/** What holds where the operator says nothing. */
export const DEFAULT_LIMITS: Limits = {
  // A module's runtime alone has some 50 MiB.
  memory: 192 * MEBIBYTE,
  cpu: 100,
  openFiles: 128,
  fileSize: 16 * MEBIBYTE,
  processes: 0,
  waiting: 4096,
  start: 10_000,
  alive: 10_000,
};

/** No access to anything. */
export const NO_GRANTS: Grants = { read: [], write: [], net: [], env: [] };

/** A plugin that is not trusted. */
export interface SandboxSpec {
  /** What the configuration calls it; it stands before what it logs. */
  readonly name: string;
  /** A TypeScript or JavaScript file, or a program with its arguments; absolute paths. */
  readonly program: { readonly module: string } | { readonly exec: readonly string[] };
  readonly grants: Grants;
  readonly limits: Limits;
  /** Hears what the plugin logs, and what becomes of its process, one line each. */
  readonly log: Log;
  /**
   * True lets it run where the kernel cannot confine its file system (no Landlock): the operator's own word, never a default.
   */
  readonly unconfined?: boolean;
}

/** A plugin whose process has declared itself. */
export interface Sandbox {
  /** Of the slow lane. Each `setup` has a process of its own, which its `close` ends. */
  readonly plugin: Plugin;
  /**
   * Sets the plugin up with options, as checked against its declaration, in the process that the next `plugin.setup` takes.
   * Rejects with an Error of one line where the plugin refuses them: so a configuration can be refused before it is used.
   */
  configure(options: Readonly<Record<string, unknown>>): Promise<void>;
  /** Ends its processes, within a bounded time. */
  close(): Promise<void>;
}
