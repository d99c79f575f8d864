/**
 * One intercepted system call, as those who judge and carry it out see it.
 *
 * A system call is a generator: it looks at its arguments, yields what is to be decided or waited for, and returns how
 * the call ends. Whatever it holds it gives up in `finally`, for it may be left at any yield: the program can die.
 */

import type { Event } from "../protocol.ts";
import type { HeldTask } from "./task.ts";

/** How a call ends: a value ≥ 0 or a negative errno, {@linkcode CONTINUE}, or a descriptor for the program. */
export type Outcome = number | typeof CONTINUE | Installed;

/**
 * Let the kernel run the call with the program's own arguments. Only where nothing behind a pointer was judged, or where
 * what was judged is said not to be bound.
 */
export const CONTINUE = Symbol("continue");

/** A descriptor of the supervisor that becomes the program's; the call returns its number there. */
export interface Installed {
  /** The supervisor's own, closed once it is handed over. */
  readonly fd: number;
  /** O_CLOEXEC or 0. */
  readonly flags: number;
  /**
   * Called instead of closing it where the program did not get it, so that the next call may (a full table of
   * descriptors, a signal); absent: it is closed.
   */
  readonly takeBack?: () => void;
}

/** A question to the chain. Resumes with 0 for allow, or the errno that the program is to see. */
export interface Ask {
  readonly step: "ask";
  /** Valid until the generator resumes; the same object may be yielded again with other contents. */
  readonly event: CallEvent;
  /** As in {@linkcode Wait}. */
  readonly interrupted?: number | undefined;
}

/** Waits until a descriptor is ready. Resumes with its revents, or 0 when the time was over. */
export interface Wait {
  readonly step: "wait";
  readonly fd: number;
  /** Bits of `Poll`. */
  readonly events: number;
  /** Milliseconds, or -1 for as long as it takes. */
  readonly timeout: number;
  /**
   * What the call returns where a signal interrupts it here: what was done so far must not be done again, and a
   * socket with a time limit gives EINTR (signal(7)). Then the call is over. Undefined: it is run again.
   */
  readonly interrupted?: number | undefined;
}

/** What a system call does. */
export type CallSteps = Generator<Ask | Wait, Outcome, number>;

/** Begins a system call. */
export type CallHandler = (call: HeldCall) => CallSteps;

/** What is asked about; what does not apply is undefined. Objects may be reused from question to question. */
export interface CallEvent {
  event: Event;
  /**
   * True where reading `cookie` and `local` finds them out, until the call goes on: whoever needs them does so. Only where
   * all questions of the call are about one socket.
   */
  late?: boolean;
  /** Bits of `EventFlag`, without those about the executable. */
  flags: number;
  /** AF_x of the socket. */
  family: number;
  /** SOCK_x without SOCK_NONBLOCK and SOCK_CLOEXEC. */
  type: number;
  protocol: number;
  /** SO_COOKIE; undefined before there is a socket. */
  readonly cookie: bigint | undefined;
  readonly local: DecodedAddress | undefined;
  remote: DecodedAddress | undefined;
  backlog: number | undefined;
  how: number | undefined;
  messageFlags: number | undefined;
  /** Bytes to be sent. */
  length: number | undefined;
  /** First bytes to be sent, a view; the message takes as many of them as it is set to show. */
  payload: Uint8Array | undefined;
}

/** An address as the socket's protocol reads it; which parts are there, `family` tells (see `address` in kernel/snet.yaml). */
export interface DecodedAddress {
  family: number;
  /** 4 bytes, network order. */
  ipv4: Uint8Array | undefined;
  /** 16 bytes, network order. */
  ipv6: Uint8Array | undefined;
  /** Host order. */
  port: number | undefined;
  scopeId: number | undefined;
  /** Bytes of an AF_UNIX path without a NUL. */
  path: Uint8Array | undefined;
  abstract: Uint8Array | undefined;
  portId: number | undefined;
  groups: number | undefined;
  ifindex: number | undefined;
  protocol: number | undefined;
  hardware: Uint8Array | undefined;
  cid: number | undefined;
  vsockPort: number | undefined;
  raw: Uint8Array | undefined;
}

/** A system call that its task waits in. */
export interface HeldCall {
  /** Its number. */
  readonly nr: number;
  /** The thread that makes it. */
  readonly tid: number;
  /** Who makes it. */
  readonly task: HeldTask;
  /** What of a message events show, bytes. */
  readonly payloadMax: number;
  /** True where sends without an address are asked about too. */
  readonly sendAll: boolean;
  /** True where the chain is asked about this event; else a call of this kind goes unasked. */
  wants(event: Event): boolean;
  /** An argument as the register holds it. */
  word(index: number): bigint;
  /** An argument as a C int. */
  int(index: number): number;
  /**
   * Reads the program's memory: bytes read (fewer where it ends), or a negative errno. -ESRCH where the call is no longer
   * held afterwards: then the memory may be another's.
   */
  read(address: bigint, into: Uint8Array<ArrayBuffer>, length: number): number;
  /** Writes to the program's memory, if the call is still held: bytes written, or a negative errno. */
  write(address: bigint, from: Uint8Array<ArrayBuffer>, length: number): number;
  /** True while the task waits in this very call. */
  isHeld(): boolean;
  /** A duplicate of one of the program's descriptors, to be closed, or a negative errno. */
  duplicate(fd: number): number;
}
