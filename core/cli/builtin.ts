/** What the entry point hands to the commands, so that core names no plugin. */

import type { PluginTable } from "../config.ts";
import type { Observation } from "../control/api.ts";
import type { PluginThread } from "../plugin.ts";
import type { WorkerLike } from "../reactor.ts";
import type { OpenPage } from "../web/page.ts";

/** What is to be said of files of rules. */
export interface RuleCheck {
  /** `file:line:column: message`; with any of these the files do not load. */
  readonly errors: readonly string[];
  /** The same, of what is odd but can be used. */
  readonly warnings: readonly string[];
  /** Rules that were read. */
  readonly rules: number;
}

/** What of a journal is to be shown; all that is given must hold. */
export interface JournalFilter {
  /** Full text; every word must be there. A word that ends with `*` is the beginning of one. */
  readonly text?: readonly string[];
  /** Path of an executable, or its last part, or the name of a thread; `*` is any text. */
  readonly program?: string;
  readonly pid?: number;
  readonly uid?: number;
  /** Either end: an address, a network (CIDR), a range, a unix socket. */
  readonly address?: string;
  /** Port of either end, first and last. */
  readonly port?: readonly [number, number];
  readonly verdict?: string;
  /** Name of a rule, or `file:line:column`, or the beginning of that; `*` is any text. */
  readonly rule?: string;
  readonly plugin?: string;
  readonly events?: readonly string[];
  /** Wall clock, milliseconds since 1970: from the one, to before the other. */
  readonly since?: number;
  readonly until?: number;
}

/** A decision that a journal has kept; the later one has the higher number. */
export interface Recorded {
  readonly id: number;
  readonly observation: Observation;
}

/**
 * A journal that is read. Where it cannot be, an Error named `JournalError` says why in one line; one named `FilterError` says
 * what is wrong with a filter.
 */
export interface Journal extends Disposable {
  /** Number of the first of the last `count` decisions that fit; 0 where there are not that many. */
  startOfLast(count: number, filter: JournalFilter): number;
  /** At most `limit` decisions with a number above `id` that fit, the oldest first. */
  after(id: number, limit: number, filter: JournalFilter): readonly Recorded[];
  /** How many decisions the journal lacks of a time, and when they were made; milliseconds since 1970. */
  missing(since: number, until: number): readonly {
    readonly since: number;
    readonly until: number;
    readonly count: number;
  }[];
  /** Makes sure that what was written meanwhile is seen. */
  refresh(): void;
}

/** The built-in plugins, what a command needs of one of them, and the daemon's thread. */
export interface BuiltIn {
  /** Starts a thread that becomes the reactor. */
  spawnReactor(): WorkerLike;
  /** Starts a thread that runs the `thread` of a plugin. */
  startThread(plugin: string): PluginThread;
  /** Loads the plugins; not before a command needs them. */
  plugins(): Promise<PluginTable>;
  /** Checks the options of the plugin `rules`, as a configuration gives them. */
  checkRules(options: Readonly<Record<string, unknown>>): Promise<RuleCheck>;
  /** Opens what the plugin `journal` has written. */
  openJournal(path: string): Promise<Journal>;
  /** Serves the page. */
  readonly openPage?: OpenPage;
}
