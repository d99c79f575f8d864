/**
 * What a program is about to do, as plugins see it. Sources (the kernel, seccomp, a recording) yield objects of
 * this shape; `ffi` has its own class for it that fits structurally.
 *
 * An event is a view: it is valid only until `decide` or `observe` returns. Keep what you need, or call
 * {@linkcode SnetEvent.copy}. Each getter notes in {@linkcode SnetEvent.read} what was looked at; from that a
 * ticket's key is made, so that a remembered answer is never wider than the decision that it repeats.
 */

import type { EventName as ProtocolEventName, ParentProcess } from "../ffi/mod.ts";
import type { AttributeValue } from "./attribute.ts";
export type { EventName as ProtocolEventName, ParentProcess } from "../ffi/mod.ts";

/** Name of an event of a declared family (core/subsystem.ts); a text becomes one only there. */
export type DeclaredEventName = string & { readonly declared: "event" };

/** A word for several events of a declared family. */
export type DeclaredAlias = string & { readonly declared: "alias" };

/** Name of an event: one that the snet kernel tells, or one of a declared family. */
export type EventName = ProtocolEventName | DeclaredEventName;

/** What a plugin can be woken by. */
export type EventWord = EventName | DeclaredAlias | "snet.in" | "snet.out" | "*";

/** One address, decoded as the socket's protocol reads it. Parts that the family lacks are undefined. */
export interface Address {
  /** AF_x of the address; AF_INET for IPv4-mapped IPv6. */
  readonly family: number;
  /** IPv4 address as an unsigned 32-bit number, first octet highest. */
  readonly ipv4: number | undefined;
  /** IPv6 address, 16 bytes in network order; a view into the message. */
  readonly ipv6: Uint8Array | undefined;
  /** The IP address as text: dotted IPv4, or IPv6 by RFC 5952. */
  readonly ip: string | undefined;
  /** TCP, UDP, SCTP … port. */
  readonly port: number | undefined;
  /** Interface index of a link-local IPv6 address. */
  readonly scopeId: number | undefined;
  /** AF_UNIX path. */
  readonly path: string | undefined;
  /** AF_UNIX abstract name without its leading NUL. */
  readonly abstract: string | undefined;
  /** AF_NETLINK port id. */
  readonly portId: number | undefined;
  /** AF_NETLINK groups. */
  readonly groups: number | undefined;
  /** AF_PACKET interface. */
  readonly ifindex: number | undefined;
  /** AF_PACKET protocol (ETH_P_x). */
  readonly protocol: number | undefined;
  /** AF_PACKET hardware address. */
  readonly hardware: Uint8Array | undefined;
  /** AF_VSOCK context id. */
  readonly cid: number | undefined;
  /** AF_VSOCK port. */
  readonly vsockPort: number | undefined;
  /** The sockaddr of any other family. */
  readonly raw: Uint8Array | undefined;
}

/** Who asks. Ids are those of the initial namespaces. */
export interface Task {
  /** Process (thread group) id. */
  readonly pid: number;
  /** Thread id. */
  readonly tid: number;
  /** Process id of the parent. */
  readonly ppid: number;
  /** When the process started, nanoseconds of CLOCK_BOOTTIME. */
  readonly startTime: bigint;
  /** Effective user id. */
  readonly uid: number;
  /** Effective group id. */
  readonly gid: number;
  /** Audit login uid; undefined if unset. */
  readonly loginuid: number | undefined;
  /** Name of the thread; the program can change it. */
  readonly comm: string;
  /** Path of the executable as captured when it was executed; undefined if it had none. */
  readonly exe: string | undefined;
  /** True where the executable had no name left when it was executed, so that `exe` names nothing or another file. */
  readonly exeUnlinked: boolean;
  /** Device of the executable, as stat(2) gives it. */
  readonly exeDev: bigint;
  /** Inode number of the executable. */
  readonly exeIno: bigint;
  /** Inode generation of the executable: with the number, a name that is not reused. */
  readonly exeGeneration: number;
  /** Change time of the executable when it was executed, nanoseconds since 1970. */
  readonly exeCtime: bigint;
  /** Mount namespace in which the path was taken (inode number of /proc/PID/ns/mnt). */
  readonly exeMntns: number;
  /** Cgroup v2 id. */
  readonly cgroup: bigint;
  /** Network namespace (inode number of /proc/PID/ns/net), of the socket where there is one. */
  readonly netns: number;
  /** Mount namespace of the task (inode number of /proc/PID/ns/mnt). */
  readonly mntns: number;
  /**
   * Arguments of the process as it shows them now, the first 4096 bytes; the program can change them. Undefined
   * where the source does not tell (the kernel module does not).
   */
  readonly cmdline: readonly string[] | undefined;
  /**
   * The parent, its parent and so on, up to the program that the source watches; `exe` is undefined where it is not
   * known. Undefined where the source does not tell (the kernel module does not).
   */
  readonly parents: readonly ParentProcess[] | undefined;
}

/** The socket concerned. */
export interface Socket {
  /** AF_x. */
  readonly family: number;
  /** SOCK_x. */
  readonly type: number;
  /** IPPROTO_x, or the family's own numbers. */
  readonly protocol: number;
  /** SO_COOKIE; undefined before there is a socket. */
  readonly cookie: bigint | undefined;
}

/** One call of a program; see the beginning of this file for how long it is valid. */
export interface SnetEvent {
  /** Verdict id; 0n for a notification. */
  readonly id: bigint;
  /** Such as `snet.connect`. */
  readonly name: EventName;
  /** Bits of `EventFlag` (ffi/protocol.ts). */
  readonly flags: number;
  /** When the call was held, nanoseconds of CLOCK_MONOTONIC. */
  readonly time: bigint;
  /** Milliseconds that were left for an answer when it was sent. */
  readonly timeLeft: number;
  /** Who asks. */
  readonly task: Task;
  /** The socket concerned; of an event about none its family is AF_UNSPEC and all else 0. */
  readonly socket: Socket;
  /** Local address: bound, or asked for by bind. */
  readonly local: Address | undefined;
  /** Remote address as the protocol will use it. */
  readonly remote: Address | undefined;
  /** Of listen. */
  readonly backlog: number | undefined;
  /** Of shutdown: 0 read, 1 write, 2 both. */
  readonly how: number | undefined;
  /** MSG_x of a send or receive. */
  readonly messageFlags: number | undefined;
  /** Bytes to be sent, or room to receive. */
  readonly length: bigint | undefined;
  /** First bytes to be sent; a view into the message. */
  readonly payload: Uint8Array | undefined;
  /** Of an event of a declared family: its attributes, by name. Read them by `of` of the family, which has their types. */
  readonly attributes?: Readonly<Record<string, AttributeValue | undefined>>;
  /** Bits of `Operand` (ffi/protocol.ts) that were read since the event arrived. */
  readonly read: number;
  /** Notes that a decision used what no ticket can hold: the clock, a counter, the world outside. */
  readVolatile(): void;
  /** A copy that outlives the call; reading it is not noted. */
  copy(): SnetEvent;
}
