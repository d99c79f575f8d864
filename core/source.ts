/**
 * Where events come from and verdicts go to. The snet kernel's socket (`SnetSocket` of ffi) fits
 * {@linkcode KernelSource} as it is; other sources need only {@linkcode Source}.
 */

import type { Action, AttachReply, Cause, FlushReply, Scope, SettingsReply } from "../ffi/mod.ts";
import type { AttachOptions, Settings } from "../ffi/mod.ts";
import type { EventName, SnetEvent } from "./event.ts";

/** An event as a source hands it over: valid until the handler returns. */
export interface SourceEvent extends SnetEvent {
  /** True where no verdict is awaited. Asking is not noted in `read`. */
  readonly isNotice: boolean;
  /** The event's bytes, from which `EventMessage` can be made again; a view. */
  readonly message: Uint8Array;
}

/** What the reactor needs in order to answer. It is used by one thread and never waits. */
export interface Source {
  /** Readable when events wait. */
  readonly fd: number;
  /** True if events wait that polling `fd` does not show. */
  readonly pending: boolean;
  /** Messages that could not be read. */
  readonly malformed: number;
  /** Times that events had to wait since the receive buffer was full. */
  readonly overruns: number;
  /** Hands over what has arrived; with `wait`, waits until something has. Throws if the source is broken. */
  receive(
    onEvent: (event: SourceEvent) => void,
    onCancel: (id: bigint, cause: Cause, event: EventName | undefined) => void,
    onRefused: (id: bigint, errno: number, text: string) => void,
    wait?: boolean,
  ): number;
  /** True once after the thread was woken from outside (for the kernel `wakeReceiver` of ffi), and perhaps without that. */
  takeWake(): boolean;
  /** Queues an answer; see `SnetSocket.answer`. */
  answer(
    id: bigint,
    action: Action,
    errno: number,
    remember: number,
    scope: Scope,
    key: number,
    rule: number,
    generation: number,
  ): void;
  /** Queues a hold: the call waits for `milliseconds` from now, as somebody is asked who may take long. */
  hold(id: bigint, milliseconds: number): void;
  /** Sends what is queued; throws if that is not possible now, and keeps it for the next time. */
  send(): void;
  /** Gives the source up: whoever waits for an answer is let go by the source's own policy. */
  close(): void;
}

/** The snet kernel. */
export interface KernelSource extends Source {
  attach(options: AttachOptions): Required<AttachReply>;
  configure(settings: Settings): void;
  settings(event?: SettingsReply["event"]): SettingsReply;
  flush(): Required<FlushReply>;
}

/** One program and its children, as seccomp holds their calls (`SeccompSource` of ffi); it has no tickets. */
export interface ProgramSource extends Source {
  /** True once no task uses the filter any more. */
  readonly ended: boolean;
  /** Its own counters, by what they count. */
  readonly counts: Readonly<Record<string, number>>;
  /** One line for whoever runs the program, each once; undefined where there is none. */
  takeNotice(): string | undefined;
}
