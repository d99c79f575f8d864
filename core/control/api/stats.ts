/** What is counted. */

import type { NamesJson } from "../../names/status.ts";

/** A rule, by the plugin's own number for it. */
export interface RuleName {
  readonly number: number;
  readonly name?: string;
  /** `file:line:column`. */
  readonly where?: string;
}

export interface Stats {
  /** The kernel's counters since boot, by their names in camel case (`endsAllowed`); see kernel/snet.yaml. None of a server. */
  readonly kernel: Readonly<Record<string, number>>;
  /** Who tells the names behind addresses; absent where nobody is to. */
  readonly names?: NamesJson;
  /** Of a server (`snet serve`): what its clients do. */
  readonly serve?: ServeStats;
  readonly daemon: {
    /**
     * When the configuration was last taken over: since then `plugins` count, the others since the reactor was
     * started.
     */
    readonly since: string;
    /** Events by what decided them; each is in exactly one. */
    readonly decisions: Readonly<Record<"verdict" | "default" | "ask" | "failed" | "late", number>>;
    /** Answers that the kernel refused, since the call had ended meanwhile. */
    readonly late: number;
    /** Answers that the kernel refused for another reason. */
    readonly refused: number;
    /** Messages that could not be read; the kernel's policy answers them. */
    readonly malformed: number;
    /** Times that the socket's buffer overflowed; the kernel sends those events again. */
    readonly overruns: number;
    /** Events told without a question. */
    readonly notified: number;
    /** Calls that ended before their answer, by the kernel's word for the cause (`timeout`, `signal` …). */
    readonly cancelled: Readonly<Record<string, number>>;
    /** Answers that wanted a ticket but had used what no ticket can hold. */
    readonly unremembered: number;
    /** Observations that no observer got, for lack of room. */
    readonly dropped: number;
    /** Calls that wait for the slow lane now. */
    readonly waiting: number;
    readonly plugins: readonly PluginStats[];
  };
}

/** What a server counts since it was started. */
export interface ServeStats {
  /** Messages in the name of no client that there is. */
  readonly unknown: number;
  readonly connections: {
    /** Open now. */
    readonly open: number;
    /** Closed at once, as there were too many. */
    readonly refused: number;
    /** Closed since they took too long to say something. */
    readonly timeouts: number;
    /** Messages that were too long, or for which there was no memory left. */
    readonly tooLarge: number;
    /** Connections that spoke no TLS, or another kind of it. */
    readonly tls: number;
  };
  /** The policy for clients that cannot reach the server. */
  readonly policy?: string | undefined;
  readonly clients: readonly ClientStats[];
}

/** What one client does. */
export interface ClientStats {
  readonly name: string;
  /** Asking plugins that are there now. */
  readonly sessions: number;
  /** Questions that wait now. */
  readonly waiting: number;
  /** Messages that were taken, and questions in them. */
  readonly turns: number;
  readonly questions: number;
  /** Questions that were decided, and those that were left to the client. */
  readonly answered: number;
  readonly passed: number;
  /** Questions that it took back, and those whose client was heard of no more. */
  readonly cancelled: number;
  readonly gone: number;
  /** Not taken: too many in a second, too many that wait, not to be understood. */
  readonly overRate: number;
  readonly full: number;
  readonly malformed: number;
  /** Messages that were not taken: not signed by it, of another time, come before. */
  readonly forged: number;
  readonly stale: number;
  readonly replayed: number;
}

/** In the order of the configuration. */
export interface PluginStats {
  readonly name: string;
  /** Where it is asked: in the reactor, or on the main thread. */
  readonly lane: "fast" | "slow";
  /** Its own version; absent where it tells none, as the built-in plugins do. */
  readonly version?: string;
  /** `trusted` runs in the daemon's process, `sandboxed` in one of its own. */
  readonly trust: "built-in" | "trusted" | "sandboxed";
  /** What it may reach, where it is sandboxed. */
  readonly grants?: Readonly<Record<"read" | "write" | "net" | "env", readonly string[]>>;
  /** Times that it was asked. */
  readonly calls: number;
  /** Microseconds within which half of its answers came, and 99 of 100; in the reactor one of 64 is timed. */
  readonly time?: { readonly p50: number; readonly p99: number };
  readonly allowed: number;
  readonly denied: number;
  readonly asked: number;
  readonly failed: number;
  /** Calls that it had not answered when their time was over. */
  readonly late: number;
  /** Calls that it had not answered when they ended by themselves. */
  readonly cancelled: number;
  /** Calls that it was not asked about, since they joined an equal one that waited for its answer. */
  readonly shared: number;
  readonly lastFailure?: string;
  /** Of one that may wait. */
  readonly slow?: {
    /** Milliseconds that it has for an answer, and what becomes of questions that it does not answer. */
    readonly timeout: number;
    readonly whenLate: "allow" | "deny" | "pass";
    readonly whenFailed: "allow" | "deny" | "pass";
    /** Calls that it has not answered yet. */
    readonly waiting: number;
    readonly breaker: {
      /** `closed`: it is asked; `open`: it keeps failing, and `whenFailed` answers; `half-open`: one question tries it. */
      readonly state: "closed" | "open" | "half-open";
      /** Failures since its last answer. */
      readonly failures: number;
      /** Times that it opened after it had been closed, since snet was started or the plugin's options changed. */
      readonly opened: number;
      /** Questions that it was not asked, since then. */
      readonly shortCircuited: number;
    };
  };
  /** What the plugin itself counts, by its own names. */
  readonly counters?: Readonly<Record<string, number>>;
  readonly rules: readonly (RuleName & { readonly hits: number })[];
}
