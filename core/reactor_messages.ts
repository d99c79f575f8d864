/** What the main thread and the reactor's Worker say to each other. */

import type { SettingsReply } from "../ffi/mod.ts";
import type { LinkOutline } from "./chain.ts";
import type { ProtocolEventName } from "./event.ts";
import type { Wanted } from "./kernel.ts";
import type { PreparedConfig } from "./setup.ts";
import type { Question, SlowAnswer } from "./slow_lane.ts";
import { ConfigError } from "./yaml.ts";

/** The first message to the Worker; the port carries the others. */
export interface StartMessage {
  readonly port: MessagePort;
  readonly ring: SharedArrayBuffer;
  readonly config: PreparedConfig;
  /** Where calls come from; the snet kernel if absent. */
  readonly source: SourceSpec | undefined;
  /** The memory of a NameTable; undefined where nobody tells names. */
  readonly names: SharedArrayBuffer | undefined;
  /** An eventfd of main's by which it wakes the Worker; undefined where it does so over the source. */
  readonly wakeFd: number | undefined;
  /** The links of the slow lane, which are asked after those of `config`. */
  readonly slow: readonly LinkOutline[];
  /** The kernel's settings before snet first changed them; absent at the first start. */
  readonly baseline: SettingsReply | undefined;
}

/** A source that is not the snet kernel. */
export type SourceSpec = SeccompSpec;

/** One program and its children, whose calls seccomp holds. */
export interface SeccompSpec {
  readonly kind: "seccomp";
  /** The filter's listener. It is the reactor's from now on, which closes it whatever happens. */
  readonly listener: number;
  /** True where the filter has SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV. */
  readonly waitKillable: boolean;
  /** What the filter holds. */
  readonly events: readonly ProtocolEventName[];
  /** Sends without an address are asked about too. */
  readonly sendAll: boolean;
  /** First bytes of a message that events carry. */
  readonly payload: number;
  /** Milliseconds in which a call must be answered, once somebody is asked. */
  readonly delay: number;
}

/** What main says: answers of the slow lane, or a request, which gets one {@linkcode Reply} with its number. */
export type ToWorker =
  | Request
  | { readonly settle: readonly SlowAnswer[] };

/** What main asks for. */
export type Request =
  & { readonly number: number }
  & (
    /** Plugins that are `kept` come without what was prepared. */
    | { readonly ask: "load"; readonly config: PreparedConfig; readonly slow: readonly LinkOutline[] }
    /** Those of them that are not built in are to be there when they are loaded. */
    | { readonly ask: "import"; readonly plugins: PreparedConfig["plugins"] }
    | { readonly ask: "counts" }
    | { readonly ask: "flush" }
    | { readonly ask: "stop" }
  );

/** What the Worker says. */
export type FromWorker = Reply | News;

/** An answer to a request; number 0 answers the start. */
export type Reply =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: WireError };

/** What nobody has asked for. */
export type News =
  /** A plugin threw for the first time since it was loaded. */
  | { readonly failed: string; readonly message: string }
  /** The slow lane is to decide these, and the calls of those questions have ended. */
  | { readonly questions: readonly Question[]; readonly cancelled: readonly bigint[] }
  /** One line for whoever runs the program. */
  | { readonly notice: string }
  /** No task uses the filter any more. */
  | { readonly ended: true };

/** How the Worker stands with its source. */
export interface Attached extends Wanted {
  /** The source's descriptor, for main to close should the Worker die, and at the kernel to wake it. */
  readonly fd: number;
  /** Bits of `Feature`. */
  readonly features: number;
  /** Milliseconds in which a call is answered, and the source's answer past them. */
  readonly delay: number;
  readonly policy: number;
  readonly baseline: SettingsReply;
}

/** An error in a shape that a message port keeps. */
export interface WireError {
  readonly message: string;
  /** Of a {@linkcode ConfigError}. */
  readonly problems?: readonly string[];
  /** Of an error of the kernel or the library: `EPERM`, `FamilyNotFoundError` … */
  readonly code?: string;
}

/** An error that crossed from the Worker; `code` is `EPERM`, `FamilyNotFoundError` and the like. */
export class ReactorError extends Error {
  override readonly name = "ReactorError";
  constructor(message: string, readonly code?: string) {
    super(message);
  }
}

/** Makes an error fit for the port. */
export function toWire(error: unknown): WireError {
  if (error instanceof ConfigError) return { message: error.message, problems: error.problems };
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as { code?: unknown };
  return { message: error.message, code: typeof code === "string" ? code : error.name };
}

/** The error that {@linkcode toWire} was given, as far as it matters. */
export function fromWire({ message, problems, code }: WireError): Error {
  return problems === undefined ? new ReactorError(message, code) : new ConfigError(problems);
}
