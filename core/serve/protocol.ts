/**
 * What a daemon and a server (`snet serve`) say to each other: JSON over HTTP, each message signed by the client's secret as
 * Standard Webhooks has it (core/signature.ts), in both directions.
 *
 * A client sends turns. A turn brings questions, takes questions back, and says which answers have come. What is decided at
 * once stands in the reply; for the rest one turn at a time is held until there is an answer (long poll), so that thousands of
 * questions wait for people over one connection. A reply bears the id of the turn that it is for, and each question an id that
 * the client has thrown dice for: a reply from before, or to somebody else, is none.
 */

import type { EventJson } from "../control/api.ts";

/** The paths, to which messages are posted. */
export const SERVE_PATHS = { turn: "/v1/turn", policy: "/v1/policy" } as const;

/** The header that says which client signs. */
export const CLIENT_HEADER = "snet-client";

/** Version of the protocol. */
export const SERVE_VERSION = 1;

/** What neither side may exceed. */
export const SERVE_LIMITS = {
  /** Questions in one turn. */
  questions: 64,
  /** Bytes of a turn: that many of the longest questions that there are do not fit, usual ones do. */
  turn: 1024 * 1024,
  /** Bytes of a reply. */
  reply: 1024 * 1024,
  /** Bytes of a policy. */
  policy: 8 * 1024 * 1024,
  /** Milliseconds for which a turn may be held: less than what proxies and NAT forget a connection after. */
  hold: 25_000,
  /** Seconds that a turn's time may differ from the server's clock. */
  skew: 60,
} as const;

/** What only the client can tell of an event: the server has another file system, other cgroups, other namespaces. */
export interface Verified {
  /** The executable's path names that very file on the client. */
  readonly exe: boolean;
  /** Path of the event's cgroup on the client; absent where it cannot be told. */
  readonly cgroup?: string;
  /** The event's network namespace is the client's own. */
  readonly hostNet: boolean;
}

/** A call that is to be decided. */
export interface RemoteQuestion {
  /** Not used before, and not to be guessed: see {@linkcode randomId}. */
  readonly id: string;
  /** Milliseconds after which an answer is of no use. */
  readonly timeLeft: number;
  /** Who on the client wants a person to be asked, where somebody does. */
  readonly asked?: { readonly plugin: string; readonly why: string };
  readonly event: EventJson;
  readonly verified: Verified;
}

/** What a client posts to `turn`. */
export interface Turn {
  readonly version: typeof SERVE_VERSION;
  readonly type: "snet.turn";
  readonly client: string;
  /** The same for the life of one asking plugin. */
  readonly session: string;
  readonly questions: readonly RemoteQuestion[];
  /** Questions whose answers are of no use any more. */
  readonly cancelled: readonly string[];
  /** That of the last reply; absent in the first turn. */
  readonly incarnation?: string;
  /** Number of the last answer of that incarnation that has come, 0 for none: those up to it need not be sent again. */
  readonly taken: number;
  /** Milliseconds for which the turn may be held until there is an answer, or another policy than `policy`. */
  readonly wait: number;
  /** The policy that the client has. */
  readonly policy?: string;
}

/** What became of a question. */
export type RemoteAnswer =
  | {
    readonly id: string;
    /** `pass`: the server has no opinion. */
    readonly action: "allow" | "deny" | "pass";
    readonly why: string;
    readonly errno?: number;
    /** Milliseconds for which the client's kernel may repeat it, for calls that are equal in `key`. */
    readonly remember?: number;
    readonly scope?: "task" | "children" | "program";
    /** Names of the operands that decided. */
    readonly key: readonly string[];
    readonly cause: "verdict" | "default" | "ask" | "failed" | "late";
  }
  | {
    readonly id: string;
    /** Why the server will not decide about it. */
    readonly refused: string;
  };

/** What a server replies to a turn. */
export interface Reply {
  readonly version: typeof SERVE_VERSION;
  readonly type: "snet.reply";
  /** Another where the server has forgotten the session's questions: what still waits is to be asked again. */
  readonly incarnation: string;
  readonly answers: readonly RemoteAnswer[];
  /** Number of the last of the answers that come once they are there; those in reply to their own turn have none. */
  readonly last: number;
  /** The policy that there is. */
  readonly policy?: string;
}

/** What a client posts to `policy`. */
export interface PolicyRequest {
  readonly version: typeof SERVE_VERSION;
  readonly type: "snet.policy.get";
  readonly client: string;
}

/** Rules that decide on the client while the server is away. */
export interface Policy {
  readonly version: typeof SERVE_VERSION;
  readonly type: "snet.policy";
  /** What it is known by: another text has another. */
  readonly policy: string;
  /** Texts of rule files, and of the files of sets that they name. */
  readonly files: readonly PolicyText[];
  readonly lists: readonly PolicyText[];
}

/** A file of a policy. */
export interface PolicyText {
  readonly path: string;
  readonly text: string;
}

/** What a server replies, signed, to a client whose message it understands but does not take. */
export interface Refused {
  readonly version: typeof SERVE_VERSION;
  readonly type: "snet.refused";
  /** `clock`: the message's time is not now, which is `time`; `busy`: too much at once. */
  readonly cause: "clock" | "replayed" | "busy" | "malformed";
  readonly why: string;
  /** Seconds since 1970 by the server's clock. */
  readonly time: number;
}

/** 128 random bits as a word. */
export function randomId(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toBase64({ alphabet: "base64url", omitPadding: true });
}
