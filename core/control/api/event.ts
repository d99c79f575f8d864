/** Events and decisions, whole and in lines. */

import type { AttributeJson } from "../../attribute.ts";
import type { EventName } from "../../event.ts";
import type { RuleName } from "./stats.ts";

/** An address; see `Address` in core/event.ts. */
export interface AddressJson {
  readonly family: number;
  readonly ip?: string;
  readonly port?: number;
  readonly scopeId?: number;
  readonly path?: string;
  readonly abstract?: string;
  readonly portId?: number;
  readonly groups?: number;
  readonly ifindex?: number;
  readonly protocol?: number;
  readonly hardware?: string;
  readonly cid?: number;
  readonly vsockPort?: number;
  readonly raw?: string;
}

/** A process from which another comes; without `exe` where that is not known. */
export interface ParentJson {
  readonly pid: number;
  readonly exe?: string;
}

/** An event; see `SnetEvent` in core/event.ts. */
export interface EventJson {
  readonly id: string;
  readonly name: EventName;
  /** Names of its flags: `nonblock`, `io-uring` … */
  readonly flags: readonly string[];
  readonly task: {
    readonly pid: number;
    readonly tid: number;
    readonly ppid: number;
    readonly startTime: string;
    readonly uid: number;
    readonly gid: number;
    readonly loginuid?: number;
    readonly comm: string;
    readonly exe?: string;
    readonly exeUnlinked: boolean;
    readonly exeDev: string;
    readonly exeIno: string;
    readonly exeGeneration: number;
    readonly exeCtime: string;
    readonly exeMntns: number;
    readonly cgroup: string;
    readonly netns: number;
    readonly mntns: number;
    /** Arguments, the first 4096 bytes; from `snet run` only. */
    readonly cmdline?: readonly string[];
    /** The parent first, then its parent, up to the program that was run; from `snet run` only. */
    readonly parents?: readonly ParentJson[];
  };
  /** All 0 (AF_UNSPEC) where the event is about none. */
  readonly socket: {
    readonly family: number;
    readonly type: number;
    readonly protocol: number;
    readonly cookie?: string;
  };
  readonly local?: AddressJson;
  readonly remote?: AddressJson;
  readonly backlog?: number;
  readonly how?: number;
  readonly messageFlags?: number;
  readonly length?: string;
  readonly payload?: string;
  /** Of an event of a declared family, as the types of its attributes have them (core/attribute.ts). */
  readonly attributes?: Readonly<Record<string, AttributeJson>>;
}

/** One decision, as the event stream tells it. */
export interface Observation {
  /** Wall clock of the answer. */
  readonly time: string;
  /** Which machine asked, of a server (`snet serve`). */
  readonly client?: string;
  readonly event: EventJson;
  /**
   * Names by which resolvers that the daemon trusts gave the remote address, those told last first. Which of them the program
   * meant is a guess; nothing was decided by them but by plugins that say so. Absent where none is known.
   */
  readonly names?: readonly string[];
  /** False for a notification: nothing was decided. */
  readonly asked: boolean;
  readonly action: "allow" | "deny";
  readonly why: string;
  /** Number and name (`ECONNREFUSED`) of what a denied program sees. */
  readonly errno?: number;
  readonly errnoName?: string;
  /**
   * `late`: the time was over. A plugin had not answered, so that the default did; or the answer came after the kernel's
   * delay, so that the kernel's policy did, which is what `action` tells.
   */
  readonly cause: "verdict" | "default" | "ask" | "failed" | "late";
  /** Who answered, asked for a person, failed or was late; absent where no plugin had an opinion. */
  readonly plugin?: string;
  readonly rule?: RuleName;
  /** Milliseconds for which the kernel may repeat the answer; absent for no ticket. */
  readonly remember?: number;
  /** Microseconds for which the call was held. */
  readonly held: number;
}

/** One decision in a line, for people; every text is printable. */
export interface RowJson {
  /** Counts up by one; from it the stream goes on, and by it the whole decision is asked for. */
  readonly number: number;
  /** Wall clock of the answer, milliseconds since 1970. */
  readonly time: number;
  /** Which machine asked, of a server. */
  readonly client?: string;
  /** Path of the executable, else the name of the thread. */
  readonly program: string;
  readonly pid: number;
  /** A name, or a number. */
  readonly user: string;
  /** The event without its family: `connect`. */
  readonly call: string;
  /** What it is about, as the family shows it: `tcp 192.0.2.1:443`. */
  readonly target: string;
  /** The name behind the address of `target` that was told last; absent where none is known. See `names` of an Observation. */
  readonly host?: string;
  /** `told`: a notification, about which nothing was decided. */
  readonly verdict: "allow" | "deny" | "told";
  /** Name of what a denied program sees. */
  readonly errno?: string;
  readonly cause: Observation["cause"];
  /** Who answered: `rules: web`; empty where nobody had an opinion. */
  readonly by: string;
  readonly why: string;
  /** Microseconds for which the call was held. */
  readonly held: number;
}

/** Decisions that came since the batch before. */
export interface RowBatch {
  readonly rows: readonly RowJson[];
  /** Decisions before these that are not kept any more. */
  readonly missed: number;
}
