/**
 * What the daemon and a plugin's process tell each other: one JSON object on a line, the daemon's on the process's standard
 * input, the plugin's on its standard output. `protocol.schema.json` says the same for programs in other languages.
 */

import type { EventJson, Observation } from "../control/api.ts";
import type { EventName } from "../event.ts";
import type { Instead, NameChains, OptionSpec, RuleName, Wants } from "../plugin.ts";
import type { Verdict } from "../verdict.ts";

/** Grows only with what breaks: new keys and messages that may be left alone do not count. */
export const PROTOCOL_VERSION = 1;

/** Bytes of a line from a plugin, without its end; the longest is a declaration. */
export const LONGEST_LINE = 128 * 1024;
/** Characters of a reason, and of a line to be logged. */
export const LONGEST_TEXT = 1000;

/** A question: to be answered within `left` milliseconds. */
export interface AskMessage {
  readonly type: "ask";
  readonly id: number;
  readonly left: number;
  readonly event: EventJson;
  /** Who wants a person to be asked. */
  readonly asked?: { readonly plugin: string; readonly rule?: number; readonly why: string };
  /** What only the daemon can find out: see `PluginContext` in core/plugin.ts. */
  readonly about?: {
    readonly exeVerified: boolean;
    readonly cgroupPath?: string;
    readonly names?: NameChains;
  };
}

/** From the daemon. Keys that a plugin does not know it leaves alone. */
export type HostMessage =
  /** The first. */
  | { readonly type: "hello"; readonly protocol: number; readonly snet: string }
  /** The plugin's options, each as its declaration says: a duration in milliseconds, files with their texts. */
  | { readonly type: "setup"; readonly options: Readonly<Record<string, unknown>> }
  | AskMessage
  /** Nobody waits for the answer any more. */
  | { readonly type: "cancel"; readonly id: number }
  /** What was decided, by whomever. */
  | { readonly type: "observe"; readonly decisions: readonly Observation[] }
  /** To be answered by `pong` soon: it shows that the plugin is alive. */
  | { readonly type: "ping"; readonly id: number }
  /** The last; standard input ends after it. */
  | { readonly type: "bye" };

/** What a plugin says of itself before it has options. */
export interface Declaration {
  readonly type: "declaration";
  readonly protocol: number;
  readonly name: string;
  readonly doc: string;
  readonly version?: string;
  readonly on: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly wants?: Wants;
  /** Milliseconds for an answer where the configuration says nothing. */
  readonly timeout?: number;
  /** What becomes of questions that it does not answer, where the configuration says nothing. */
  readonly whenLate?: Instead;
  readonly whenFailed?: Instead;
  /** It can ask a person. */
  readonly asks?: boolean;
  readonly needsPayload?: boolean;
}

/** The options are taken. */
export interface Ready {
  readonly type: "ready";
  /** Whether it wants to be asked; true if absent. */
  readonly decides?: boolean;
  /** Whether it wants to be told of decisions; false if absent. */
  readonly observes?: boolean;
  /** The events it is woken for, where only its options tell. */
  readonly events?: readonly EventName[];
  /** By their number, for counters. */
  readonly rules?: readonly RuleName[];
}

/** From a plugin. Other keys, and other messages, end it. */
export type PluginMessage =
  | Declaration
  | Ready
  | {
    readonly type: "answer";
    readonly id: number;
    /** null: not mine, ask the next. */
    readonly verdict: Verdict | null;
    /** Operands of the event that decided; all of it if absent, and then no ticket holds it. */
    readonly read?: readonly string[];
  }
  /** A question that it could not answer; without `id` the options, or itself: it is of no use. */
  | { readonly type: "failure"; readonly id?: number; readonly why: string }
  | { readonly type: "log"; readonly level: "info" | "warning" | "error"; readonly message: string }
  | { readonly type: "pong"; readonly id: number };

/** A message as its line, with the end. */
export function lineOf(message: HostMessage | PluginMessage): string {
  return `${JSON.stringify(message)}\n`;
}
