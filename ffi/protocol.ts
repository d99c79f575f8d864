// SPDX-License-Identifier: MIT
// Do not edit: generated from kernel/snet.yaml by "deno task generate".

/**
 * snet holds calls of programs (connect, bind, sendmsg, ...) and asks one user-space daemon whether
 * they may pass. The daemon attaches to a subsystem, receives an event for each held call by unicast,
 * and answers with a verdict. Every request gets exactly one errno, with an extended-ACK text when it
 * is refused; a refused request changes nothing. Attributes and enum entries are only ever appended.
 *
 * @module
 */

/** Name of the generic netlink family. */
export const FAMILY_NAME = "snet";

/** Version of the protocol that this was made for. */
export const FAMILY_VERSION = 1;

/** Most bytes of a message's buffer that an event can carry. */
export const PAYLOAD_LIMIT = 4096;

/** Longest name of a daemon, with its final NUL. */
export const NAME_LIMIT = 64;

/** Longest path of an executable, with its final NUL (PATH_MAX). */
export const PATH_LIMIT = 4096;

/** Events of one subsystem; an event's number is subsystem * event-bits + its place in the subsystem. */
export const EVENT_BITS = 32;

/** A group of events to which one daemon at a time may attach. */
export const Subsystem = {
  /** Calls on sockets. */
  Snet: 0,
} as const;
/** One of {@linkcode Subsystem}. */
export type Subsystem = (typeof Subsystem)[keyof typeof Subsystem];

/** What a program is about to do. Masks of events hold bit (event % event-bits) of one subsystem. */
export const Event = {
  /** socket(2), socketpair(2). */
  SnetSocket: 0,
  /** bind(2); local is the address asked for. */
  SnetBind: 1,
  /** connect(2) and TCP fast open; remote is the address asked for. */
  SnetConnect: 2,
  /** listen(2). */
  SnetListen: 3,
  /** accept(2) before there is a peer, even where it would say EAGAIN. */
  SnetAccept: 4,
  /** accept(2) with the peer known, before the program gets the descriptor; a denial is ECONNABORTED. */
  SnetPostAccept: 5,
  /** sendto(2), sendmsg(2), sendmmsg(2); with the flag send-all every write to a socket. */
  SnetSendmsg: 6,
  /** recvfrom(2), recvmsg(2), recvmmsg(2), read(2) of a socket. */
  SnetRecvmsg: 7,
  /** shutdown(2). */
  SnetShutdown: 8,
  /** The last reference to the socket is gone; told only, with the identity of its creator. */
  SnetClose: 9,
} as const;
/** One of {@linkcode Event}. */
export type Event = (typeof Event)[keyof typeof Event];

/** The answer to an event. */
export const Action = {
  /** The call goes on. */
  Allow: 0,
  /** The call fails. */
  Deny: 1,
} as const;
/** One of {@linkcode Action}. */
export type Action = (typeof Action)[keyof typeof Action];

/** Whom a ticket serves. */
export const Scope = {
  /** The process that asked, until it executes a program or changes credentials. */
  Task: 0,
  /** The process that asked and what it starts from then on. */
  Children: 1,
  /** Every process that runs the same executable by identity. */
  Program: 2,
} as const;
/** One of {@linkcode Scope}. */
export type Scope = (typeof Scope)[keyof typeof Scope];

/**
 * What a decision read of its event. A ticket's key holds these operands, so that it is never wider
 * than its decision. uid, gid, event, subsystem, family, type, protocol and the network namespace are
 * always held.
 *
 * Bits; a value of this type may hold several.
 */
export const Operand = {
  /** Identity of the executable (device, inode, generation, change time) and its path. */
  Exe: 1,
  /** Name of the thread. */
  Comm: 2,
  /** Audit login uid. */
  Loginuid: 4,
  /** Cgroup id. */
  Cgroup: 8,
  /** Mount namespace. */
  Mntns: 16,
  /** Local address without its port. */
  LocalAddress: 32,
  /** Local port. */
  LocalPort: 64,
  /** Remote address without its port. */
  RemoteAddress: 128,
  /** Remote port. */
  RemotePort: 256,
  /** The socket itself. */
  Cookie: 512,
  /** pid, tid, start time or parent: binds the ticket to the thread that asked. */
  Task: 1024,
  /** Event flags, backlog, how, message flags. */
  Flags: 2048,
  /** Payload, length, time or state outside the event: no ticket can hold it and none is given. */
  Volatile: 4096,
} as const;
/** One of {@linkcode Operand}, or several or-ed. */
export type Operand = number;

/**
 * How an event came about.
 *
 * Bits; a value of this type may hold several.
 */
export const EventFlag = {
  /** The call is not held; no verdict is awaited. */
  Notify: 1,
  /** The payload is a copy of memory that the program can still change. */
  AdvisoryPayload: 2,
  /** An AF_UNIX path is looked up again after the verdict. */
  AdvisoryPath: 4,
  /** The buffer is longer than the payload shown. */
  PayloadTruncated: 8,
  /** The socket or the call is non-blocking. */
  Nonblock: 16,
  /** Issued by an io_uring worker or submission thread. */
  IoUring: 32,
  /** A connect made by sendmsg with MSG_FASTOPEN. */
  Fastopen: 64,
  /**
   * Asked on the way out of the kernel, since the hook holds locks; the call runs again after the
   * verdict.
   */
  Deferred: 128,
  /** The remote address is the peer of the connected socket, not an argument. */
  Connected: 256,
  /** The address was given as IPv4-mapped IPv6 and is shown as IPv4. */
  Mapped: 512,
  /** connect(2) with AF_UNSPEC: the association is dissolved. */
  Disconnect: 1024,
  /** The address is absent, too short to read, or an AF_UNIX autobind. */
  Unnamed: 2048,
  /** Called through the 32-bit interface. */
  Compat: 4096,
  /** The executable had no name left when it was executed. */
  ExeUnlinked: 8192,
  /** No exec was seen for this task; the identity is that of its memory map or absent. */
  ExeUnknown: 16384,
  /** More remote addresses follow in events of their own (SCTP). */
  MoreAddresses: 32768,
} as const;
/** One of {@linkcode EventFlag}, or several or-ed. */
export type EventFlag = number;

/**
 * What else a daemon wants to be asked.
 *
 * Bits; a value of this type may hold several.
 */
export const AttachFlag = {
  /** sendmsg also for sends without an address, with the effective peer. */
  SendAll: 1,
} as const;
/** One of {@linkcode AttachFlag}, or several or-ed. */
export type AttachFlag = number;

/**
 * What this kernel can do.
 *
 * Bits; a value of this type may hold several.
 */
export const Feature = {
  /** The kernel carries snet's own hooks: post_accept and close are told. */
  Hooks: 1,
  /** Loaded as a module (not built in). */
  Loadable: 2,
  /** Tickets are kept. */
  Tickets: 4,
  /** A call can be put on hold. */
  Hold: 8,
} as const;
/** One of {@linkcode Feature}, or several or-ed. */
export type Feature = number;

/** Why a held call ended. */
export const Cause = {
  /** The daemon answered. */
  Verdict: 0,
  /** Nobody answered within the delay; the event's policy applied. */
  Timeout: 1,
  /** A fatal signal ended the program or its call. */
  Signal: 2,
  /** The daemon detached or died; the stricter of the event's policy and the absent policy applied. */
  Gone: 3,
  /** The program left the interrupted call for another, executed or exited. */
  Abandoned: 4,
  /**
   * The event could not be sent before the deadline (no memory, or the daemon's socket stayed full); the
   * event's policy applied.
   */
  Undelivered: 5,
} as const;
/** One of {@linkcode Cause}. */
export type Cause = (typeof Cause)[keyof typeof Cause];

/** Name of an event, as rules and plugins know it. */
export type EventName =
  | "snet.socket"
  | "snet.bind"
  | "snet.connect"
  | "snet.listen"
  | "snet.accept"
  | "snet.post_accept"
  | "snet.sendmsg"
  | "snet.recvmsg"
  | "snet.shutdown"
  | "snet.close";

/** Number of an event by its name. */
export const EVENT_NUMBERS: Readonly<Record<EventName, Event>> = {
  "snet.socket": 0,
  "snet.bind": 1,
  "snet.connect": 2,
  "snet.listen": 3,
  "snet.accept": 4,
  "snet.post_accept": 5,
  "snet.sendmsg": 6,
  "snet.recvmsg": 7,
  "snet.shutdown": 8,
  "snet.close": 9,
};

/** Name of an event by its number; undefined for a number that this protocol does not know. */
export const EVENT_NAMES: readonly (EventName | undefined)[] = [
  "snet.socket",
  "snet.bind",
  "snet.connect",
  "snet.listen",
  "snet.accept",
  "snet.post_accept",
  "snet.sendmsg",
  "snet.recvmsg",
  "snet.shutdown",
  "snet.close",
];

/** What each event is about. */
export const EVENT_DOCS: Readonly<Record<EventName, string>> = {
  "snet.socket": "socket(2), socketpair(2).",
  "snet.bind": "bind(2); local is the address asked for.",
  "snet.connect": "connect(2) and TCP fast open; remote is the address asked for.",
  "snet.listen": "listen(2).",
  "snet.accept": "accept(2) before there is a peer, even where it would say EAGAIN.",
  "snet.post_accept":
    "accept(2) with the peer known, before the program gets the descriptor; a denial is ECONNABORTED.",
  "snet.sendmsg": "sendto(2), sendmsg(2), sendmmsg(2); with the flag send-all every write to a socket.",
  "snet.recvmsg": "recvfrom(2), recvmsg(2), recvmmsg(2), read(2) of a socket.",
  "snet.shutdown": "shutdown(2).",
  "snet.close": "The last reference to the socket is gone; told only, with the identity of its creator.",
};

/** Commands of the family. */
export const Command = {
  /**
   * Become the daemon of a subsystem. Errors: EPERM without CAP_NET_ADMIN in the initial namespaces,
   * EBUSY with the name of the daemon that has it, EALREADY by the one that has it, EPROTO for another
   * version, EOPNOTSUPP for events or a subsystem that this kernel lacks.
   */
  Attach: 1,
  /**
   * Give the subsystem up; all its waiting calls end at once. Errors: ENOTCONN if the sender is not its
   * daemon.
   */
  Detach: 2,
  /**
   * Change settings; all of one message or none. With event, delay and policy are set for that event
   * alone, otherwise for all. The absent settings outlive the daemon. Errors: ENOTCONN if the sender is
   * not the daemon.
   */
  Configure: 3,
  /**
   * What is set now. With event, delay and policy are those of that event. Errors - none but EPERM and
   * EINVAL.
   */
  Settings: 4,
  /**
   * From the kernel to the attached daemon - a held call (answer it with verdict), or a notification
   * (flag notify).
   */
  Event: 5,
  /**
   * Answer a held call. Many verdicts go in one send, one netlink message each; without NLM_F_ACK only a
   * refused one is answered. Errors: ENOENT if no call waits under this id (never asked, already
   * answered or ended), ENOTCONN if the sender is not the daemon, EINVAL for remember without key.
   */
  Verdict: 6,
  /** A person is being asked: move a held call's deadline. Errors: as verdict. */
  Hold: 7,
  /** From the kernel to the daemon - a held call ended without its verdict. */
  Cancel: 8,
  /**
   * The calling process gives up the exemption that it has as, or from, an attached daemon; what it
   * starts from then on is asked like any other. It cannot be taken back. Needs no capability.
   */
  Renounce: 9,
  /** List the tickets. */
  Tickets: 10,
  /**
   * Start a new generation: every ticket is dropped at once. Errors: ENOTCONN if the sender is not the
   * daemon.
   */
  Flush: 11,
  /** Counters by cause. */
  Stats: 12,
} as const;
/** One of {@linkcode Command}. */
export type Command = (typeof Command)[keyof typeof Command];

/** All messages share one set. */
export const Attr = {
  /** Padding before 64-bit values. */
  Pad: 1,
  /** Protocol version. */
  Version: 2,
  /** The subsystem meant. */
  Subsystem: 3,
  /** Name of the daemon, shown to one that finds the subsystem taken. */
  Name: 4,
  /** Mask of the subsystem's events; in an attach reply, those that this kernel has. */
  Events: 5,
  /** Mask of address families, bit AF_x. */
  Families: 6,
  /** What else is wanted. */
  AttachFlags: 7,
  /** Bytes of a message's buffer wanted in sendmsg, 0 for none. */
  PayloadMax: 8,
  /** What this kernel can do. */
  Features: 9,
  /**
   * Generation of tickets. A verdict carries the one it was decided under; a ticket of an older one is
   * not kept.
   */
  Generation: 10,
  /** Verdict id: one held call. Never used twice between two boots. */
  Id: 11,
  /** What is asked. */
  Event: 12,
  /** How it came about. */
  EventFlags: 13,
  /** When the call was held, nanoseconds of CLOCK_MONOTONIC. */
  Time: 14,
  /** Milliseconds until the policy answers. */
  TimeLeft: 15,
  /** Process (thread group) id in the initial pid namespace. */
  Pid: 16,
  /** Thread id in the initial pid namespace. */
  Tid: 17,
  /** Process id of the parent in the initial pid namespace. */
  Ppid: 18,
  /** When the process started, nanoseconds of CLOCK_BOOTTIME: with pid, a name that is not reused. */
  StartTime: 19,
  /** Effective user id in the initial user namespace. */
  Uid: 20,
  /** Effective group id in the initial user namespace. */
  Gid: 21,
  /** Audit login uid, 0xffffffff if unset or not built in. */
  Loginuid: 22,
  /** Name of the thread; the program can change it. */
  Comm: 23,
  /** Path of the executable from the root of its mount namespace, taken when it was executed. */
  Exe: 24,
  /** Its device as stat(2) gives it (st_dev). */
  ExeDev: 25,
  /** Its inode number as stat(2) gives it. */
  ExeIno: 26,
  /** Its inode generation. */
  ExeGeneration: 27,
  /** Its change time when it was executed, nanoseconds since 1970. */
  ExeCtime: 28,
  /** Mount namespace in which it was executed, inode number of /proc/PID/ns/mnt. */
  ExeMntns: 29,
  /** Cgroup (v2) id: the inode number of its directory. */
  Cgroup: 30,
  /** The socket's (else the task's) network namespace, inode number of /proc/PID/ns/net. */
  Netns: 31,
  /** The task's mount namespace, inode number of /proc/PID/ns/mnt. */
  Mntns: 32,
  /** Address family of the socket (AF_x). */
  Family: 33,
  /** Socket type (SOCK_x). */
  Type: 34,
  /** Protocol of the socket (IPPROTO_x and others by family). */
  Protocol: 35,
  /** Socket cookie, as SO_COOKIE. */
  Cookie: 36,
  /** Local address: bound, or asked for by bind. */
  Local: 37,
  /** Remote address as the protocol will use it. */
  Remote: 38,
  /** Of listen. */
  Backlog: 39,
  /** Of shutdown: 0 read, 1 write, 2 both. */
  How: 40,
  /** Flags of a send or receive (MSG_x). */
  MessageFlags: 41,
  /** Bytes to be sent or room to receive. */
  Length: 42,
  /** First bytes to be sent. */
  Payload: 43,
  /** The answer. */
  Action: 44,
  /** What a denied program sees; EPERM if absent. */
  Errno: 45,
  /** Milliseconds for which a ticket keeps the answer; 0 or absent: no ticket. */
  Remember: 46,
  /** Whom the ticket serves; task if absent. */
  Scope: 47,
  /** Operands that the ticket must match; required with remember. */
  Key: 48,
  /** The daemon's own number for the rule that answered, given back with the ticket's hits. */
  Rule: 49,
  /** Why the call ended. */
  Cause: 50,
  /** Milliseconds from now until which the daemon holds the call for an answer. */
  Hold: 51,
  /** Milliseconds in which a call must be answered or held (snet.verdict_delay). */
  Delay: 52,
  /** Answer when the delay passes (snet.verdict_policy). */
  Policy: 53,
  /** Answer past a limit. */
  LimitPolicy: 54,
  /** Calls that may be held at once. */
  LimitTotal: 55,
  /**
   * Calls that may be held at once for one real uid, or for the maker of a user namespace and all uids
   * in it.
   */
  LimitUid: 56,
  /** Calls that may be held at once for one cgroup. */
  LimitCgroup: 57,
  /** Tickets kept at once; the oldest goes first. */
  LimitTickets: 58,
  /** Answer while nobody is attached (snet.absent). */
  AbsentPolicy: 59,
  /** Events that the absent policy covers. */
  AbsentEvents: 60,
  /** Families that the absent policy covers; never AF_UNIX or AF_NETLINK. */
  AbsentFamilies: 61,
  /** 1: say each event in the kernel log (snet.debug). */
  Debug: 62,
  /** Process id of the attached daemon. */
  OwnerPid: 63,
  /** Counters since boot. */
  Counters: 64,
  /** One ticket of a dump. */
  Ticket: 65,
  /** How many were dropped. */
  Count: 66,
  /**
   * Arguments of the process, a NUL after each, as /proc/PID/cmdline shows them and the program can
   * change them; cut off at 4096 bytes. Sent by user-space sources only.
   */
  Cmdline: 67,
  /**
   * Parent, its parent and so on, up to the program that the source watches: for each its process id in
   * decimal, a space, the path of its executable (empty if unknown) and a NUL. Sent by user-space
   * sources only.
   */
  Parents: 68,
} as const;
/** One of {@linkcode Attr}. */
export type Attr = (typeof Attr)[keyof typeof Attr];

/**
 * One address, decoded as the socket's protocol reads it. family tells which of the others are there:
 * inet: ipv4, port; inet6: ipv6, port, scope-id; unix: path or abstract (neither: unnamed); netlink:
 * port-id, groups; packet: ifindex, protocol, hardware; vsock: cid, vsock-port; any other: raw.
 */
export const AddressAttr = {
  /** Family of the address (AF_x); inet for IPv4-mapped IPv6. */
  Family: 1,
  /** IPv4 address, network byte order. */
  Ipv4: 2,
  /** IPv6 address, network byte order. */
  Ipv6: 3,
  /** Port, host byte order. */
  Port: 4,
  /** Interface index of a link-local address. */
  ScopeId: 5,
  /** AF_UNIX path as given (relative ones too). */
  Path: 6,
  /** AF_UNIX abstract name without its first NUL. */
  Abstract: 7,
  /** AF_NETLINK port id. */
  PortId: 8,
  /** AF_NETLINK groups. */
  Groups: 9,
  /** AF_PACKET interface. */
  Ifindex: 10,
  /** AF_PACKET protocol (ETH_P_x), host byte order. */
  Protocol: 11,
  /** AF_PACKET hardware address. */
  Hardware: 12,
  /** AF_VSOCK context id. */
  Cid: 13,
  /** AF_VSOCK port. */
  VsockPort: 14,
  /** Any other family's sockaddr, as given. */
  Raw: 15,
} as const;
/** One of {@linkcode AddressAttr}. */
export type AddressAttr = (typeof AddressAttr)[keyof typeof AddressAttr];

/**
 * How often each thing happened since boot. Every held call ends in exactly one of the ends-*
 * counters, so that asked = the sum of ends-* + waiting.
 */
export const CounterAttr = {
  /** Padding before 64-bit values. */
  Pad: 1,
  /** Calls that were held and asked about. */
  Asked: 2,
  /** Ended by a verdict that allowed. */
  EndsAllowed: 3,
  /** Ended by a verdict that denied. */
  EndsDenied: 4,
  /** Delay passed, policy allowed. */
  EndsTimeoutAllowed: 5,
  /** Delay passed, policy denied. */
  EndsTimeoutDenied: 6,
  /** Ended by a fatal signal. */
  EndsSignal: 7,
  /** Ended since the daemon detached or died. */
  EndsGone: 8,
  /** The program left the call for another, executed or exited. */
  EndsAbandoned: 9,
  /** The event could not be sent before the deadline. */
  EndsUndelivered: 10,
  /** Calls held now. */
  Waiting: 11,
  /** Most calls held at once. */
  WaitingMost: 12,
  /** Calls allowed by a ticket, not held. */
  TicketAllowed: 13,
  /** Calls denied by a ticket, not held. */
  TicketDenied: 14,
  /** Tickets kept now. */
  Tickets: 15,
  /** Tickets given. */
  TicketsAdded: 16,
  /** Tickets dropped to make room. */
  TicketsEvicted: 17,
  /** Verdicts whose ticket was not kept, since the generation had moved on or the key held volatile. */
  TicketsStale: 18,
  /** Calls allowed while nobody was attached and the absent policy covered them. */
  AbsentAllowed: 19,
  /** Calls denied while nobody was attached. */
  AbsentDenied: 20,
  /** Calls answered by the limit policy - all. */
  LimitTotal: 21,
  /** Calls answered by the limit policy - one uid. */
  LimitUid: 22,
  /** Calls answered by the limit policy - one cgroup. */
  LimitCgroup: 23,
  /** Calls answered by the event's policy for lack of memory before they were asked. */
  NoMemory: 24,
  /** Calls answered by the event's policy where neither way to wait was possible. */
  Unsafe: 25,
  /** Times an event was sent again to a full socket. */
  Retries: 26,
  /** Times a held call made way for a signal handler. */
  Interrupted: 27,
  /** Times an interrupted call came back and went on with its question. */
  Resumed: 28,
  /** Questions asked on the way out of the kernel. */
  Deferred: 29,
  /** Times a daemon put a call on hold. */
  Held: 30,
  /** Events told without a question. */
  Notified: 31,
  /** Such events that could not be sent. */
  NotifyLost: 32,
  /** Messages of the daemon that were refused. */
  Refused: 33,
  /** Source routes that programs were not let set or send. */
  RoutesRefused: 34,
} as const;
/** One of {@linkcode CounterAttr}. */
export type CounterAttr = (typeof CounterAttr)[keyof typeof CounterAttr];

/** One remembered answer. */
export const TicketAttr = {
  /** Padding before 64-bit values. */
  Pad: 1,
  /** The event it answers. */
  Event: 2,
  /** Whom it serves. */
  Scope: 3,
  /** Operands it matches besides those always held. */
  Key: 4,
  /** The answer. */
  Action: 5,
  /** What a denied program sees. */
  Errno: 6,
  /** Milliseconds until it expires. */
  TimeLeft: 7,
  /** Calls it has answered. */
  Hits: 8,
  /** The daemon's number for the rule. */
  Rule: 9,
  /** Process that asked, for scope task and children. */
  Pid: 10,
  /** User id. */
  Uid: 11,
  /** Thread name where the key holds it. */
  Comm: 12,
  /** Executable, where the key holds it or the scope is program. */
  Exe: 13,
  /** Address family of the socket. */
  Family: 14,
  /** Socket type. */
  Type: 15,
  /** Protocol. */
  Protocol: 16,
  /** Local address, the parts that the key holds. */
  Local: 17,
  /** Remote address, the parts that the key holds. */
  Remote: 18,
} as const;
/** One of {@linkcode TicketAttr}. */
export type TicketAttr = (typeof TicketAttr)[keyof typeof TicketAttr];

/** Types of attributes; `string` ends with a NUL on the wire, `nest` holds attributes of another set. */
export type AttributeType = "pad" | "u8" | "u16" | "u32" | "u64" | "string" | "binary" | "nest";

/** One attribute, for the codec. */
export interface AttributeSpec {
  /** As the specification names it, such as `payload-max`. */
  readonly name: string;
  /** As messages of this library name it, such as `payloadMax`. */
  readonly key: string;
  /** What its value is. */
  readonly type: AttributeType;
  /** The set that a nest holds. */
  readonly nested?: SetName;
  /** Bytes of a binary of fixed length. */
  readonly exactLength?: number;
  /** Most bytes of a string (without its NUL) or a binary. */
  readonly maxLength?: number;
}

const ATTRIBUTES: readonly (AttributeSpec | undefined)[] = [
  undefined,
  { name: "pad", key: "pad", type: "pad" },
  { name: "version", key: "version", type: "u32" },
  { name: "subsystem", key: "subsystem", type: "u32" },
  { name: "name", key: "name", type: "string", maxLength: 63 },
  { name: "events", key: "events", type: "u32" },
  { name: "families", key: "families", type: "u64" },
  { name: "attach-flags", key: "attachFlags", type: "u32" },
  { name: "payload-max", key: "payloadMax", type: "u32" },
  { name: "features", key: "features", type: "u32" },
  { name: "generation", key: "generation", type: "u32" },
  { name: "id", key: "id", type: "u64" },
  { name: "event", key: "event", type: "u32" },
  { name: "event-flags", key: "eventFlags", type: "u32" },
  { name: "time", key: "time", type: "u64" },
  { name: "time-left", key: "timeLeft", type: "u32" },
  { name: "pid", key: "pid", type: "u32" },
  { name: "tid", key: "tid", type: "u32" },
  { name: "ppid", key: "ppid", type: "u32" },
  { name: "start-time", key: "startTime", type: "u64" },
  { name: "uid", key: "uid", type: "u32" },
  { name: "gid", key: "gid", type: "u32" },
  { name: "loginuid", key: "loginuid", type: "u32" },
  { name: "comm", key: "comm", type: "string" },
  { name: "exe", key: "exe", type: "string" },
  { name: "exe-dev", key: "exeDev", type: "u64" },
  { name: "exe-ino", key: "exeIno", type: "u64" },
  { name: "exe-generation", key: "exeGeneration", type: "u32" },
  { name: "exe-ctime", key: "exeCtime", type: "u64" },
  { name: "exe-mntns", key: "exeMntns", type: "u32" },
  { name: "cgroup", key: "cgroup", type: "u64" },
  { name: "netns", key: "netns", type: "u32" },
  { name: "mntns", key: "mntns", type: "u32" },
  { name: "family", key: "family", type: "u16" },
  { name: "type", key: "type", type: "u16" },
  { name: "protocol", key: "protocol", type: "u16" },
  { name: "cookie", key: "cookie", type: "u64" },
  { name: "local", key: "local", type: "nest", nested: "address" },
  { name: "remote", key: "remote", type: "nest", nested: "address" },
  { name: "backlog", key: "backlog", type: "u32" },
  { name: "how", key: "how", type: "u32" },
  { name: "message-flags", key: "messageFlags", type: "u32" },
  { name: "length", key: "length", type: "u64" },
  { name: "payload", key: "payload", type: "binary" },
  { name: "action", key: "action", type: "u32" },
  { name: "errno", key: "errno", type: "u32" },
  { name: "remember", key: "remember", type: "u32" },
  { name: "scope", key: "scope", type: "u32" },
  { name: "key", key: "key", type: "u32" },
  { name: "rule", key: "rule", type: "u32" },
  { name: "cause", key: "cause", type: "u32" },
  { name: "hold", key: "hold", type: "u32" },
  { name: "delay", key: "delay", type: "u32" },
  { name: "policy", key: "policy", type: "u32" },
  { name: "limit-policy", key: "limitPolicy", type: "u32" },
  { name: "limit-total", key: "limitTotal", type: "u32" },
  { name: "limit-uid", key: "limitUid", type: "u32" },
  { name: "limit-cgroup", key: "limitCgroup", type: "u32" },
  { name: "limit-tickets", key: "limitTickets", type: "u32" },
  { name: "absent-policy", key: "absentPolicy", type: "u32" },
  { name: "absent-events", key: "absentEvents", type: "u32" },
  { name: "absent-families", key: "absentFamilies", type: "u64" },
  { name: "debug", key: "debug", type: "u32" },
  { name: "owner-pid", key: "ownerPid", type: "u32" },
  { name: "counters", key: "counters", type: "nest", nested: "counters" },
  { name: "ticket", key: "ticket", type: "nest", nested: "ticket" },
  { name: "count", key: "count", type: "u32" },
  { name: "cmdline", key: "cmdline", type: "binary", maxLength: 4096 },
  { name: "parents", key: "parents", type: "binary", maxLength: 4096 },
];

const ADDRESS_ATTRIBUTES: readonly (AttributeSpec | undefined)[] = [
  undefined,
  { name: "family", key: "family", type: "u16" },
  { name: "ipv4", key: "ipv4", type: "binary", exactLength: 4 },
  { name: "ipv6", key: "ipv6", type: "binary", exactLength: 16 },
  { name: "port", key: "port", type: "u16" },
  { name: "scope-id", key: "scopeId", type: "u32" },
  { name: "path", key: "path", type: "string" },
  { name: "abstract", key: "abstract", type: "binary" },
  { name: "port-id", key: "portId", type: "u32" },
  { name: "groups", key: "groups", type: "u32" },
  { name: "ifindex", key: "ifindex", type: "u32" },
  { name: "protocol", key: "protocol", type: "u16" },
  { name: "hardware", key: "hardware", type: "binary" },
  { name: "cid", key: "cid", type: "u32" },
  { name: "vsock-port", key: "vsockPort", type: "u32" },
  { name: "raw", key: "raw", type: "binary" },
];

const COUNTER_ATTRIBUTES: readonly (AttributeSpec | undefined)[] = [
  undefined,
  { name: "pad", key: "pad", type: "pad" },
  { name: "asked", key: "asked", type: "u64" },
  { name: "ends-allowed", key: "endsAllowed", type: "u64" },
  { name: "ends-denied", key: "endsDenied", type: "u64" },
  { name: "ends-timeout-allowed", key: "endsTimeoutAllowed", type: "u64" },
  { name: "ends-timeout-denied", key: "endsTimeoutDenied", type: "u64" },
  { name: "ends-signal", key: "endsSignal", type: "u64" },
  { name: "ends-gone", key: "endsGone", type: "u64" },
  { name: "ends-abandoned", key: "endsAbandoned", type: "u64" },
  { name: "ends-undelivered", key: "endsUndelivered", type: "u64" },
  { name: "waiting", key: "waiting", type: "u64" },
  { name: "waiting-most", key: "waitingMost", type: "u64" },
  { name: "ticket-allowed", key: "ticketAllowed", type: "u64" },
  { name: "ticket-denied", key: "ticketDenied", type: "u64" },
  { name: "tickets", key: "tickets", type: "u64" },
  { name: "tickets-added", key: "ticketsAdded", type: "u64" },
  { name: "tickets-evicted", key: "ticketsEvicted", type: "u64" },
  { name: "tickets-stale", key: "ticketsStale", type: "u64" },
  { name: "absent-allowed", key: "absentAllowed", type: "u64" },
  { name: "absent-denied", key: "absentDenied", type: "u64" },
  { name: "limit-total", key: "limitTotal", type: "u64" },
  { name: "limit-uid", key: "limitUid", type: "u64" },
  { name: "limit-cgroup", key: "limitCgroup", type: "u64" },
  { name: "no-memory", key: "noMemory", type: "u64" },
  { name: "unsafe", key: "unsafe", type: "u64" },
  { name: "retries", key: "retries", type: "u64" },
  { name: "interrupted", key: "interrupted", type: "u64" },
  { name: "resumed", key: "resumed", type: "u64" },
  { name: "deferred", key: "deferred", type: "u64" },
  { name: "held", key: "held", type: "u64" },
  { name: "notified", key: "notified", type: "u64" },
  { name: "notify-lost", key: "notifyLost", type: "u64" },
  { name: "refused", key: "refused", type: "u64" },
  { name: "routes-refused", key: "routesRefused", type: "u64" },
];

const TICKET_ATTRIBUTES: readonly (AttributeSpec | undefined)[] = [
  undefined,
  { name: "pad", key: "pad", type: "pad" },
  { name: "event", key: "event", type: "u32" },
  { name: "scope", key: "scope", type: "u32" },
  { name: "key", key: "key", type: "u32" },
  { name: "action", key: "action", type: "u32" },
  { name: "errno", key: "errno", type: "u32" },
  { name: "time-left", key: "timeLeft", type: "u32" },
  { name: "hits", key: "hits", type: "u64" },
  { name: "rule", key: "rule", type: "u32" },
  { name: "pid", key: "pid", type: "u32" },
  { name: "uid", key: "uid", type: "u32" },
  { name: "comm", key: "comm", type: "string" },
  { name: "exe", key: "exe", type: "string" },
  { name: "family", key: "family", type: "u16" },
  { name: "type", key: "type", type: "u16" },
  { name: "protocol", key: "protocol", type: "u16" },
  { name: "local", key: "local", type: "nest", nested: "address" },
  { name: "remote", key: "remote", type: "nest", nested: "address" },
];

/** Name of an attribute set. */
export type SetName = "snet" | "address" | "counters" | "ticket";

/** The attributes of each set by their number (there is no attribute 0). */
export const ATTRIBUTE_SETS: Readonly<Record<SetName, readonly (AttributeSpec | undefined)[]>> = {
  snet: ATTRIBUTES,
  address: ADDRESS_ATTRIBUTES,
  counters: COUNTER_ATTRIBUTES,
  ticket: TICKET_ATTRIBUTES,
};

/** What each counter counts. */
export const COUNTER_DOCS: Readonly<Record<keyof CountersMessage, string>> = {
  asked: "Calls that were held and asked about.",
  endsAllowed: "Ended by a verdict that allowed.",
  endsDenied: "Ended by a verdict that denied.",
  endsTimeoutAllowed: "Delay passed, policy allowed.",
  endsTimeoutDenied: "Delay passed, policy denied.",
  endsSignal: "Ended by a fatal signal.",
  endsGone: "Ended since the daemon detached or died.",
  endsAbandoned: "The program left the call for another, executed or exited.",
  endsUndelivered: "The event could not be sent before the deadline.",
  waiting: "Calls held now.",
  waitingMost: "Most calls held at once.",
  ticketAllowed: "Calls allowed by a ticket, not held.",
  ticketDenied: "Calls denied by a ticket, not held.",
  tickets: "Tickets kept now.",
  ticketsAdded: "Tickets given.",
  ticketsEvicted: "Tickets dropped to make room.",
  ticketsStale:
    "Verdicts whose ticket was not kept, since the generation had moved on or the key held volatile.",
  absentAllowed: "Calls allowed while nobody was attached and the absent policy covered them.",
  absentDenied: "Calls denied while nobody was attached.",
  limitTotal: "Calls answered by the limit policy - all.",
  limitUid: "Calls answered by the limit policy - one uid.",
  limitCgroup: "Calls answered by the limit policy - one cgroup.",
  noMemory: "Calls answered by the event's policy for lack of memory before they were asked.",
  unsafe: "Calls answered by the event's policy where neither way to wait was possible.",
  retries: "Times an event was sent again to a full socket.",
  interrupted: "Times a held call made way for a signal handler.",
  resumed: "Times an interrupted call came back and went on with its question.",
  deferred: "Questions asked on the way out of the kernel.",
  held: "Times a daemon put a call on hold.",
  notified: "Events told without a question.",
  notifyLost: "Such events that could not be sent.",
  refused: "Messages of the daemon that were refused.",
  routesRefused: "Source routes that programs were not let set or send.",
};

/**
 * One address, decoded as the socket's protocol reads it. family tells which of the others are there:
 * inet: ipv4, port; inet6: ipv6, port, scope-id; unix: path or abstract (neither: unnamed); netlink:
 * port-id, groups; packet: ifindex, protocol, hardware; vsock: cid, vsock-port; any other: raw.
 */
export interface AddressMessage {
  /** Family of the address (AF_x); inet for IPv4-mapped IPv6. */
  readonly family?: number;
  /** IPv4 address, network byte order. */
  readonly ipv4?: Uint8Array;
  /** IPv6 address, network byte order. */
  readonly ipv6?: Uint8Array;
  /** Port, host byte order. */
  readonly port?: number;
  /** Interface index of a link-local address. */
  readonly scopeId?: number;
  /** AF_UNIX path as given (relative ones too). */
  readonly path?: string;
  /** AF_UNIX abstract name without its first NUL. */
  readonly abstract?: Uint8Array;
  /** AF_NETLINK port id. */
  readonly portId?: number;
  /** AF_NETLINK groups. */
  readonly groups?: number;
  /** AF_PACKET interface. */
  readonly ifindex?: number;
  /** AF_PACKET protocol (ETH_P_x), host byte order. */
  readonly protocol?: number;
  /** AF_PACKET hardware address. */
  readonly hardware?: Uint8Array;
  /** AF_VSOCK context id. */
  readonly cid?: number;
  /** AF_VSOCK port. */
  readonly vsockPort?: number;
  /** Any other family's sockaddr, as given. */
  readonly raw?: Uint8Array;
}

/**
 * How often each thing happened since boot. Every held call ends in exactly one of the ends-*
 * counters, so that asked = the sum of ends-* + waiting.
 */
export interface CountersMessage {
  /** Calls that were held and asked about. */
  readonly asked?: bigint;
  /** Ended by a verdict that allowed. */
  readonly endsAllowed?: bigint;
  /** Ended by a verdict that denied. */
  readonly endsDenied?: bigint;
  /** Delay passed, policy allowed. */
  readonly endsTimeoutAllowed?: bigint;
  /** Delay passed, policy denied. */
  readonly endsTimeoutDenied?: bigint;
  /** Ended by a fatal signal. */
  readonly endsSignal?: bigint;
  /** Ended since the daemon detached or died. */
  readonly endsGone?: bigint;
  /** The program left the call for another, executed or exited. */
  readonly endsAbandoned?: bigint;
  /** The event could not be sent before the deadline. */
  readonly endsUndelivered?: bigint;
  /** Calls held now. */
  readonly waiting?: bigint;
  /** Most calls held at once. */
  readonly waitingMost?: bigint;
  /** Calls allowed by a ticket, not held. */
  readonly ticketAllowed?: bigint;
  /** Calls denied by a ticket, not held. */
  readonly ticketDenied?: bigint;
  /** Tickets kept now. */
  readonly tickets?: bigint;
  /** Tickets given. */
  readonly ticketsAdded?: bigint;
  /** Tickets dropped to make room. */
  readonly ticketsEvicted?: bigint;
  /** Verdicts whose ticket was not kept, since the generation had moved on or the key held volatile. */
  readonly ticketsStale?: bigint;
  /** Calls allowed while nobody was attached and the absent policy covered them. */
  readonly absentAllowed?: bigint;
  /** Calls denied while nobody was attached. */
  readonly absentDenied?: bigint;
  /** Calls answered by the limit policy - all. */
  readonly limitTotal?: bigint;
  /** Calls answered by the limit policy - one uid. */
  readonly limitUid?: bigint;
  /** Calls answered by the limit policy - one cgroup. */
  readonly limitCgroup?: bigint;
  /** Calls answered by the event's policy for lack of memory before they were asked. */
  readonly noMemory?: bigint;
  /** Calls answered by the event's policy where neither way to wait was possible. */
  readonly unsafe?: bigint;
  /** Times an event was sent again to a full socket. */
  readonly retries?: bigint;
  /** Times a held call made way for a signal handler. */
  readonly interrupted?: bigint;
  /** Times an interrupted call came back and went on with its question. */
  readonly resumed?: bigint;
  /** Questions asked on the way out of the kernel. */
  readonly deferred?: bigint;
  /** Times a daemon put a call on hold. */
  readonly held?: bigint;
  /** Events told without a question. */
  readonly notified?: bigint;
  /** Such events that could not be sent. */
  readonly notifyLost?: bigint;
  /** Messages of the daemon that were refused. */
  readonly refused?: bigint;
  /** Source routes that programs were not let set or send. */
  readonly routesRefused?: bigint;
}

/** One remembered answer. */
export interface TicketMessage {
  /** The event it answers. */
  readonly event?: Event;
  /** Whom it serves. */
  readonly scope?: Scope;
  /** Operands it matches besides those always held. */
  readonly key?: Operand;
  /** The answer. */
  readonly action?: Action;
  /** What a denied program sees. */
  readonly errno?: number;
  /** Milliseconds until it expires. */
  readonly timeLeft?: number;
  /** Calls it has answered. */
  readonly hits?: bigint;
  /** The daemon's number for the rule. */
  readonly rule?: number;
  /** Process that asked, for scope task and children. */
  readonly pid?: number;
  /** User id. */
  readonly uid?: number;
  /** Thread name where the key holds it. */
  readonly comm?: string;
  /** Executable, where the key holds it or the scope is program. */
  readonly exe?: string;
  /** Address family of the socket. */
  readonly family?: number;
  /** Socket type. */
  readonly type?: number;
  /** Protocol. */
  readonly protocol?: number;
  /** Local address, the parts that the key holds. */
  readonly local?: AddressMessage;
  /** Remote address, the parts that the key holds. */
  readonly remote?: AddressMessage;
}

/**
 * Become the daemon of a subsystem. Errors: EPERM without CAP_NET_ADMIN in the initial namespaces,
 * EBUSY with the name of the daemon that has it, EALREADY by the one that has it, EPROTO for another
 * version, EOPNOTSUPP for events or a subsystem that this kernel lacks.
 */
export interface AttachRequest {
  /** Protocol version. */
  readonly version?: number;
  /** The subsystem meant. */
  readonly subsystem?: Subsystem;
  /** Name of the daemon, shown to one that finds the subsystem taken. */
  readonly name?: string;
  /** Mask of the subsystem's events; in an attach reply, those that this kernel has. */
  readonly events?: number;
  /** Mask of address families, bit AF_x. */
  readonly families?: bigint;
  /** What else is wanted. */
  readonly attachFlags?: AttachFlag;
  /** Bytes of a message's buffer wanted in sendmsg, 0 for none. */
  readonly payloadMax?: number;
}

/** What the kernel answers to attach. */
export interface AttachReply {
  /** Protocol version. */
  readonly version?: number;
  /** The subsystem meant. */
  readonly subsystem?: Subsystem;
  /** Mask of the subsystem's events; in an attach reply, those that this kernel has. */
  readonly events?: number;
  /** What this kernel can do. */
  readonly features?: Feature;
  /**
   * Generation of tickets. A verdict carries the one it was decided under; a ticket of an older one is
   * not kept.
   */
  readonly generation?: number;
  /** Milliseconds in which a call must be answered or held (snet.verdict_delay). */
  readonly delay?: number;
  /** Answer when the delay passes (snet.verdict_policy). */
  readonly policy?: Action;
}

/**
 * Give the subsystem up; all its waiting calls end at once. Errors: ENOTCONN if the sender is not its
 * daemon.
 */
export interface DetachRequest {
  /** The subsystem meant. */
  readonly subsystem?: Subsystem;
}

/**
 * Change settings; all of one message or none. With event, delay and policy are set for that event
 * alone, otherwise for all. The absent settings outlive the daemon. Errors: ENOTCONN if the sender is
 * not the daemon.
 */
export interface ConfigureRequest {
  /** The subsystem meant. */
  readonly subsystem?: Subsystem;
  /** Mask of the subsystem's events; in an attach reply, those that this kernel has. */
  readonly events?: number;
  /** Mask of address families, bit AF_x. */
  readonly families?: bigint;
  /** What else is wanted. */
  readonly attachFlags?: AttachFlag;
  /** Bytes of a message's buffer wanted in sendmsg, 0 for none. */
  readonly payloadMax?: number;
  /** What is asked. */
  readonly event?: Event;
  /** Milliseconds in which a call must be answered or held (snet.verdict_delay). */
  readonly delay?: number;
  /** Answer when the delay passes (snet.verdict_policy). */
  readonly policy?: Action;
  /** Answer past a limit. */
  readonly limitPolicy?: Action;
  /** Calls that may be held at once. */
  readonly limitTotal?: number;
  /**
   * Calls that may be held at once for one real uid, or for the maker of a user namespace and all uids
   * in it.
   */
  readonly limitUid?: number;
  /** Calls that may be held at once for one cgroup. */
  readonly limitCgroup?: number;
  /** Tickets kept at once; the oldest goes first. */
  readonly limitTickets?: number;
  /** Answer while nobody is attached (snet.absent). */
  readonly absentPolicy?: Action;
  /** Events that the absent policy covers. */
  readonly absentEvents?: number;
  /** Families that the absent policy covers; never AF_UNIX or AF_NETLINK. */
  readonly absentFamilies?: bigint;
  /** 1: say each event in the kernel log (snet.debug). */
  readonly debug?: number;
}

/**
 * What is set now. With event, delay and policy are those of that event. Errors - none but EPERM and
 * EINVAL.
 */
export interface SettingsRequest {
  /** The subsystem meant. */
  readonly subsystem?: Subsystem;
  /** What is asked. */
  readonly event?: Event;
}

/** What the kernel answers to settings. */
export interface SettingsReply {
  /** Protocol version. */
  readonly version?: number;
  /** The subsystem meant. */
  readonly subsystem?: Subsystem;
  /** What this kernel can do. */
  readonly features?: Feature;
  /** Mask of the subsystem's events; in an attach reply, those that this kernel has. */
  readonly events?: number;
  /** Mask of address families, bit AF_x. */
  readonly families?: bigint;
  /** What else is wanted. */
  readonly attachFlags?: AttachFlag;
  /** Bytes of a message's buffer wanted in sendmsg, 0 for none. */
  readonly payloadMax?: number;
  /** What is asked. */
  readonly event?: Event;
  /** Milliseconds in which a call must be answered or held (snet.verdict_delay). */
  readonly delay?: number;
  /** Answer when the delay passes (snet.verdict_policy). */
  readonly policy?: Action;
  /** Answer past a limit. */
  readonly limitPolicy?: Action;
  /** Calls that may be held at once. */
  readonly limitTotal?: number;
  /**
   * Calls that may be held at once for one real uid, or for the maker of a user namespace and all uids
   * in it.
   */
  readonly limitUid?: number;
  /** Calls that may be held at once for one cgroup. */
  readonly limitCgroup?: number;
  /** Tickets kept at once; the oldest goes first. */
  readonly limitTickets?: number;
  /** Answer while nobody is attached (snet.absent). */
  readonly absentPolicy?: Action;
  /** Events that the absent policy covers. */
  readonly absentEvents?: number;
  /** Families that the absent policy covers; never AF_UNIX or AF_NETLINK. */
  readonly absentFamilies?: bigint;
  /** 1: say each event in the kernel log (snet.debug). */
  readonly debug?: number;
  /**
   * Generation of tickets. A verdict carries the one it was decided under; a ticket of an older one is
   * not kept.
   */
  readonly generation?: number;
  /** Name of the daemon, shown to one that finds the subsystem taken. */
  readonly name?: string;
  /** Process id of the attached daemon. */
  readonly ownerPid?: number;
}

/**
 * From the kernel to the attached daemon - a held call (answer it with verdict), or a notification
 * (flag notify).
 */
export interface EventNotice {
  /** Verdict id: one held call. Never used twice between two boots. */
  readonly id?: bigint;
  /** What is asked. */
  readonly event?: Event;
  /** How it came about. */
  readonly eventFlags?: EventFlag;
  /** When the call was held, nanoseconds of CLOCK_MONOTONIC. */
  readonly time?: bigint;
  /** Milliseconds until the policy answers. */
  readonly timeLeft?: number;
  /** Process (thread group) id in the initial pid namespace. */
  readonly pid?: number;
  /** Thread id in the initial pid namespace. */
  readonly tid?: number;
  /** Process id of the parent in the initial pid namespace. */
  readonly ppid?: number;
  /** When the process started, nanoseconds of CLOCK_BOOTTIME: with pid, a name that is not reused. */
  readonly startTime?: bigint;
  /** Effective user id in the initial user namespace. */
  readonly uid?: number;
  /** Effective group id in the initial user namespace. */
  readonly gid?: number;
  /** Audit login uid, 0xffffffff if unset or not built in. */
  readonly loginuid?: number;
  /** Name of the thread; the program can change it. */
  readonly comm?: string;
  /** Path of the executable from the root of its mount namespace, taken when it was executed. */
  readonly exe?: string;
  /** Its device as stat(2) gives it (st_dev). */
  readonly exeDev?: bigint;
  /** Its inode number as stat(2) gives it. */
  readonly exeIno?: bigint;
  /** Its inode generation. */
  readonly exeGeneration?: number;
  /** Its change time when it was executed, nanoseconds since 1970. */
  readonly exeCtime?: bigint;
  /** Mount namespace in which it was executed, inode number of /proc/PID/ns/mnt. */
  readonly exeMntns?: number;
  /** Cgroup (v2) id: the inode number of its directory. */
  readonly cgroup?: bigint;
  /** The socket's (else the task's) network namespace, inode number of /proc/PID/ns/net. */
  readonly netns?: number;
  /** The task's mount namespace, inode number of /proc/PID/ns/mnt. */
  readonly mntns?: number;
  /** Address family of the socket (AF_x). */
  readonly family?: number;
  /** Socket type (SOCK_x). */
  readonly type?: number;
  /** Protocol of the socket (IPPROTO_x and others by family). */
  readonly protocol?: number;
  /** Socket cookie, as SO_COOKIE. */
  readonly cookie?: bigint;
  /** Local address: bound, or asked for by bind. */
  readonly local?: AddressMessage;
  /** Remote address as the protocol will use it. */
  readonly remote?: AddressMessage;
  /** Of listen. */
  readonly backlog?: number;
  /** Of shutdown: 0 read, 1 write, 2 both. */
  readonly how?: number;
  /** Flags of a send or receive (MSG_x). */
  readonly messageFlags?: number;
  /** Bytes to be sent or room to receive. */
  readonly length?: bigint;
  /** First bytes to be sent. */
  readonly payload?: Uint8Array;
  /**
   * Arguments of the process, a NUL after each, as /proc/PID/cmdline shows them and the program can
   * change them; cut off at 4096 bytes. Sent by user-space sources only.
   */
  readonly cmdline?: Uint8Array;
  /**
   * Parent, its parent and so on, up to the program that the source watches: for each its process id in
   * decimal, a space, the path of its executable (empty if unknown) and a NUL. Sent by user-space
   * sources only.
   */
  readonly parents?: Uint8Array;
}

/**
 * Answer a held call. Many verdicts go in one send, one netlink message each; without NLM_F_ACK only a
 * refused one is answered. Errors: ENOENT if no call waits under this id (never asked, already
 * answered or ended), ENOTCONN if the sender is not the daemon, EINVAL for remember without key.
 */
export interface VerdictRequest {
  /** Verdict id: one held call. Never used twice between two boots. */
  readonly id?: bigint;
  /** The answer. */
  readonly action?: Action;
  /** What a denied program sees; EPERM if absent. */
  readonly errno?: number;
  /** Milliseconds for which a ticket keeps the answer; 0 or absent: no ticket. */
  readonly remember?: number;
  /** Whom the ticket serves; task if absent. */
  readonly scope?: Scope;
  /** Operands that the ticket must match; required with remember. */
  readonly key?: Operand;
  /** The daemon's own number for the rule that answered, given back with the ticket's hits. */
  readonly rule?: number;
  /**
   * Generation of tickets. A verdict carries the one it was decided under; a ticket of an older one is
   * not kept.
   */
  readonly generation?: number;
}

/** A person is being asked: move a held call's deadline. Errors: as verdict. */
export interface HoldRequest {
  /** Verdict id: one held call. Never used twice between two boots. */
  readonly id?: bigint;
  /** Milliseconds from now until which the daemon holds the call for an answer. */
  readonly hold?: number;
}

/** From the kernel to the daemon - a held call ended without its verdict. */
export interface CancelNotice {
  /** Verdict id: one held call. Never used twice between two boots. */
  readonly id?: bigint;
  /** What is asked. */
  readonly event?: Event;
  /** Why the call ended. */
  readonly cause?: Cause;
}

/** List the tickets. */
export interface TicketsRequest {
  /** The subsystem meant. */
  readonly subsystem?: Subsystem;
}

/** What the kernel answers to tickets. */
export interface TicketsReply {
  /** One ticket of a dump. */
  readonly ticket?: TicketMessage;
}

/**
 * Start a new generation: every ticket is dropped at once. Errors: ENOTCONN if the sender is not the
 * daemon.
 */
export interface FlushRequest {
  /** The subsystem meant. */
  readonly subsystem?: Subsystem;
}

/** What the kernel answers to flush. */
export interface FlushReply {
  /**
   * Generation of tickets. A verdict carries the one it was decided under; a ticket of an older one is
   * not kept.
   */
  readonly generation?: number;
  /** How many were dropped. */
  readonly count?: number;
}

/** Counters by cause. */
export interface StatsRequest {
  /** The subsystem meant. */
  readonly subsystem?: Subsystem;
}

/** What the kernel answers to stats. */
export interface StatsReply {
  /** The subsystem meant. */
  readonly subsystem?: Subsystem;
  /** Counters since boot. */
  readonly counters?: CountersMessage;
}
