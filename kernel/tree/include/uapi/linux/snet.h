/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR MIT) */
/* Do not edit: generated from kernel/snet.yaml by "deno task generate". */

#ifndef _UAPI_LINUX_SNET_H
#define _UAPI_LINUX_SNET_H

/*
 * snet holds calls of programs (connect, bind, sendmsg, ...) and asks one
 * user-space daemon whether they may pass. The daemon attaches to a
 * subsystem, receives an event for each held call by unicast, and answers
 * with a verdict. Every request gets exactly one errno, with an extended-ACK
 * text when it is refused; a refused request changes nothing. Attributes and
 * enum entries are only ever appended.
 */
#define SNET_FAMILY_NAME	"snet"
#define SNET_FAMILY_VERSION	1

/* Most bytes of a message's buffer that an event can carry. */
#define SNET_PAYLOAD_LIMIT	4096

/* Longest name of a daemon, with its final NUL. */
#define SNET_NAME_LIMIT		64

/* Longest path of an executable, with its final NUL (PATH_MAX). */
#define SNET_PATH_LIMIT		4096

/*
 * Events of one subsystem; an event's number is subsystem * event-bits + its
 * place in the subsystem.
 */
#define SNET_EVENT_BITS		32

/**
 * enum snet_subsystem - A group of events to which one daemon at a time may
 *   attach.
 *
 * @SNET_SUBSYSTEM_SNET: Calls on sockets.
 */
enum snet_subsystem {
	SNET_SUBSYSTEM_SNET = 0,

	/* private: */
	__SNET_SUBSYSTEM_MAX,
	SNET_SUBSYSTEM_MAX = (__SNET_SUBSYSTEM_MAX - 1)
};

/**
 * enum snet_event - What a program is about to do. Masks of events hold bit
 *   (event % event-bits) of one subsystem.
 *
 * @SNET_EVENT_SNET_SOCKET: socket(2), socketpair(2).
 * @SNET_EVENT_SNET_BIND: bind(2); local is the address asked for.
 * @SNET_EVENT_SNET_CONNECT: connect(2) and TCP fast open; remote is the
 *   address asked for.
 * @SNET_EVENT_SNET_LISTEN: listen(2).
 * @SNET_EVENT_SNET_ACCEPT: accept(2) before there is a peer, even where it
 *   would say EAGAIN.
 * @SNET_EVENT_SNET_POST_ACCEPT: accept(2) with the peer known, before the
 *   program gets the descriptor; a denial is ECONNABORTED.
 * @SNET_EVENT_SNET_SENDMSG: sendto(2), sendmsg(2), sendmmsg(2); with the
 *   flag send-all every write to a socket.
 * @SNET_EVENT_SNET_RECVMSG: recvfrom(2), recvmsg(2), recvmmsg(2), read(2)
 *   of a socket.
 * @SNET_EVENT_SNET_SHUTDOWN: shutdown(2).
 * @SNET_EVENT_SNET_CLOSE: The last reference to the socket is gone; told
 *   only, with the identity of its creator.
 */
enum snet_event {
	SNET_EVENT_SNET_SOCKET = 0,
	SNET_EVENT_SNET_BIND = 1,
	SNET_EVENT_SNET_CONNECT = 2,
	SNET_EVENT_SNET_LISTEN = 3,
	SNET_EVENT_SNET_ACCEPT = 4,
	SNET_EVENT_SNET_POST_ACCEPT = 5,
	SNET_EVENT_SNET_SENDMSG = 6,
	SNET_EVENT_SNET_RECVMSG = 7,
	SNET_EVENT_SNET_SHUTDOWN = 8,
	SNET_EVENT_SNET_CLOSE = 9,

	/* private: */
	__SNET_EVENT_MAX,
	SNET_EVENT_MAX = (__SNET_EVENT_MAX - 1)
};

/**
 * enum snet_action - The answer to an event.
 *
 * @SNET_ACTION_ALLOW: The call goes on.
 * @SNET_ACTION_DENY: The call fails.
 */
enum snet_action {
	SNET_ACTION_ALLOW = 0,
	SNET_ACTION_DENY = 1,

	/* private: */
	__SNET_ACTION_MAX,
	SNET_ACTION_MAX = (__SNET_ACTION_MAX - 1)
};

/**
 * enum snet_scope - Whom a ticket serves.
 *
 * @SNET_SCOPE_TASK: The process that asked, until it executes a program or
 *   changes credentials.
 * @SNET_SCOPE_CHILDREN: The process that asked and what it starts from
 *   then on.
 * @SNET_SCOPE_PROGRAM: Every process that runs the same executable by
 *   identity.
 */
enum snet_scope {
	SNET_SCOPE_TASK = 0,
	SNET_SCOPE_CHILDREN = 1,
	SNET_SCOPE_PROGRAM = 2,

	/* private: */
	__SNET_SCOPE_MAX,
	SNET_SCOPE_MAX = (__SNET_SCOPE_MAX - 1)
};

/**
 * enum snet_operand - What a decision read of its event. A ticket's key
 *   holds these operands, so that it is never wider than its decision. uid,
 *   gid, event, subsystem, family, type, protocol and the network namespace
 *   are always held.
 *
 * @SNET_OPERAND_EXE: Identity of the executable (device, inode,
 *   generation, change time) and its path.
 * @SNET_OPERAND_COMM: Name of the thread.
 * @SNET_OPERAND_LOGINUID: Audit login uid.
 * @SNET_OPERAND_CGROUP: Cgroup id.
 * @SNET_OPERAND_MNTNS: Mount namespace.
 * @SNET_OPERAND_LOCAL_ADDRESS: Local address without its port.
 * @SNET_OPERAND_LOCAL_PORT: Local port.
 * @SNET_OPERAND_REMOTE_ADDRESS: Remote address without its port.
 * @SNET_OPERAND_REMOTE_PORT: Remote port.
 * @SNET_OPERAND_COOKIE: The socket itself.
 * @SNET_OPERAND_TASK: pid, tid, start time or parent: binds the ticket to
 *   the thread that asked.
 * @SNET_OPERAND_FLAGS: Event flags, backlog, how, message flags.
 * @SNET_OPERAND_VOLATILE: Payload, length, time or state outside the
 *   event: no ticket can hold it and none is given.
 * @SNET_OPERAND_MASK: All of them.
 */
enum snet_operand {
	SNET_OPERAND_EXE = 1,
	SNET_OPERAND_COMM = 2,
	SNET_OPERAND_LOGINUID = 4,
	SNET_OPERAND_CGROUP = 8,
	SNET_OPERAND_MNTNS = 16,
	SNET_OPERAND_LOCAL_ADDRESS = 32,
	SNET_OPERAND_LOCAL_PORT = 64,
	SNET_OPERAND_REMOTE_ADDRESS = 128,
	SNET_OPERAND_REMOTE_PORT = 256,
	SNET_OPERAND_COOKIE = 512,
	SNET_OPERAND_TASK = 1024,
	SNET_OPERAND_FLAGS = 2048,
	SNET_OPERAND_VOLATILE = 4096,

	SNET_OPERAND_MASK = 8191,
};

/**
 * enum snet_event_flag - How an event came about.
 *
 * @SNET_EVENT_FLAG_NOTIFY: The call is not held; no verdict is awaited.
 * @SNET_EVENT_FLAG_ADVISORY_PAYLOAD: The payload is a copy of memory that
 *   the program can still change.
 * @SNET_EVENT_FLAG_ADVISORY_PATH: An AF_UNIX path is looked up again after
 *   the verdict.
 * @SNET_EVENT_FLAG_PAYLOAD_TRUNCATED: The buffer is longer than the
 *   payload shown.
 * @SNET_EVENT_FLAG_NONBLOCK: The socket or the call is non-blocking.
 * @SNET_EVENT_FLAG_IO_URING: Issued by an io_uring worker or submission
 *   thread.
 * @SNET_EVENT_FLAG_FASTOPEN: A connect made by sendmsg with MSG_FASTOPEN.
 * @SNET_EVENT_FLAG_DEFERRED: Asked on the way out of the kernel, since the
 *   hook holds locks; the call runs again after the verdict.
 * @SNET_EVENT_FLAG_CONNECTED: The remote address is the peer of the
 *   connected socket, not an argument.
 * @SNET_EVENT_FLAG_MAPPED: The address was given as IPv4-mapped IPv6 and
 *   is shown as IPv4.
 * @SNET_EVENT_FLAG_DISCONNECT: connect(2) with AF_UNSPEC: the association
 *   is dissolved.
 * @SNET_EVENT_FLAG_UNNAMED: The address is absent, too short to read, or
 *   an AF_UNIX autobind.
 * @SNET_EVENT_FLAG_COMPAT: Called through the 32-bit interface.
 * @SNET_EVENT_FLAG_EXE_UNLINKED: The executable had no name left when it
 *   was executed.
 * @SNET_EVENT_FLAG_EXE_UNKNOWN: No exec was seen for this task; the
 *   identity is that of its memory map or absent.
 * @SNET_EVENT_FLAG_MORE_ADDRESSES: More remote addresses follow in events
 *   of their own (SCTP).
 * @SNET_EVENT_FLAG_MASK: All of them.
 */
enum snet_event_flag {
	SNET_EVENT_FLAG_NOTIFY = 1,
	SNET_EVENT_FLAG_ADVISORY_PAYLOAD = 2,
	SNET_EVENT_FLAG_ADVISORY_PATH = 4,
	SNET_EVENT_FLAG_PAYLOAD_TRUNCATED = 8,
	SNET_EVENT_FLAG_NONBLOCK = 16,
	SNET_EVENT_FLAG_IO_URING = 32,
	SNET_EVENT_FLAG_FASTOPEN = 64,
	SNET_EVENT_FLAG_DEFERRED = 128,
	SNET_EVENT_FLAG_CONNECTED = 256,
	SNET_EVENT_FLAG_MAPPED = 512,
	SNET_EVENT_FLAG_DISCONNECT = 1024,
	SNET_EVENT_FLAG_UNNAMED = 2048,
	SNET_EVENT_FLAG_COMPAT = 4096,
	SNET_EVENT_FLAG_EXE_UNLINKED = 8192,
	SNET_EVENT_FLAG_EXE_UNKNOWN = 16384,
	SNET_EVENT_FLAG_MORE_ADDRESSES = 32768,

	SNET_EVENT_FLAG_MASK = 65535,
};

/**
 * enum snet_attach_flag - What else a daemon wants to be asked.
 *
 * @SNET_ATTACH_FLAG_SEND_ALL: sendmsg also for sends without an address,
 *   with the effective peer.
 * @SNET_ATTACH_FLAG_MASK: All of them.
 */
enum snet_attach_flag {
	SNET_ATTACH_FLAG_SEND_ALL = 1,

	SNET_ATTACH_FLAG_MASK = 1,
};

/**
 * enum snet_feature - What this kernel can do.
 *
 * @SNET_FEATURE_HOOKS: The kernel carries snet's own hooks: post_accept
 *   and close are told.
 * @SNET_FEATURE_LOADABLE: Loaded as a module (not built in).
 * @SNET_FEATURE_TICKETS: Tickets are kept.
 * @SNET_FEATURE_HOLD: A call can be put on hold.
 * @SNET_FEATURE_MASK: All of them.
 */
enum snet_feature {
	SNET_FEATURE_HOOKS = 1,
	SNET_FEATURE_LOADABLE = 2,
	SNET_FEATURE_TICKETS = 4,
	SNET_FEATURE_HOLD = 8,

	SNET_FEATURE_MASK = 15,
};

/**
 * enum snet_cause - Why a held call ended.
 *
 * @SNET_CAUSE_VERDICT: The daemon answered.
 * @SNET_CAUSE_TIMEOUT: Nobody answered within the delay; the event's
 *   policy applied.
 * @SNET_CAUSE_SIGNAL: A fatal signal ended the program or its call.
 * @SNET_CAUSE_GONE: The daemon detached or died; the stricter of the
 *   event's policy and the absent policy applied.
 * @SNET_CAUSE_ABANDONED: The program left the interrupted call for
 *   another, executed or exited.
 * @SNET_CAUSE_UNDELIVERED: The event could not be sent before the deadline
 *   (no memory, or the daemon's socket stayed full); the event's policy
 *   applied.
 */
enum snet_cause {
	SNET_CAUSE_VERDICT = 0,
	SNET_CAUSE_TIMEOUT = 1,
	SNET_CAUSE_SIGNAL = 2,
	SNET_CAUSE_GONE = 3,
	SNET_CAUSE_ABANDONED = 4,
	SNET_CAUSE_UNDELIVERED = 5,

	/* private: */
	__SNET_CAUSE_MAX,
	SNET_CAUSE_MAX = (__SNET_CAUSE_MAX - 1)
};

/**
 * enum snet_attr - All messages share one set.
 *
 * @SNET_A_PAD: Padding before 64-bit values.
 * @SNET_A_VERSION: u32: Protocol version.
 * @SNET_A_SUBSYSTEM: u32: The subsystem meant.
 * @SNET_A_NAME: string: Name of the daemon, shown to one that finds the
 *   subsystem taken.
 * @SNET_A_EVENTS: u32: Mask of the subsystem's events; in an attach reply,
 *   those that this kernel has.
 * @SNET_A_FAMILIES: u64: Mask of address families, bit AF_x.
 * @SNET_A_ATTACH_FLAGS: u32: What else is wanted.
 * @SNET_A_PAYLOAD_MAX: u32: Bytes of a message's buffer wanted in sendmsg,
 *   0 for none.
 * @SNET_A_FEATURES: u32: What this kernel can do.
 * @SNET_A_GENERATION: u32: Generation of tickets. A verdict carries the
 *   one it was decided under; a ticket of an older one is not kept.
 * @SNET_A_ID: u64: Verdict id: one held call. Never used twice between two
 *   boots.
 * @SNET_A_EVENT: u32: What is asked.
 * @SNET_A_EVENT_FLAGS: u32: How it came about.
 * @SNET_A_TIME: u64: When the call was held, nanoseconds of
 *   CLOCK_MONOTONIC.
 * @SNET_A_TIME_LEFT: u32: Milliseconds until the policy answers.
 * @SNET_A_PID: u32: Process (thread group) id in the initial pid
 *   namespace.
 * @SNET_A_TID: u32: Thread id in the initial pid namespace.
 * @SNET_A_PPID: u32: Process id of the parent in the initial pid
 *   namespace.
 * @SNET_A_START_TIME: u64: When the process started, nanoseconds of
 *   CLOCK_BOOTTIME: with pid, a name that is not reused.
 * @SNET_A_UID: u32: Effective user id in the initial user namespace.
 * @SNET_A_GID: u32: Effective group id in the initial user namespace.
 * @SNET_A_LOGINUID: u32: Audit login uid, 0xffffffff if unset or not built
 *   in.
 * @SNET_A_COMM: string: Name of the thread; the program can change it.
 * @SNET_A_EXE: string: Path of the executable from the root of its mount
 *   namespace, taken when it was executed.
 * @SNET_A_EXE_DEV: u64: Its device as stat(2) gives it (st_dev).
 * @SNET_A_EXE_INO: u64: Its inode number as stat(2) gives it.
 * @SNET_A_EXE_GENERATION: u32: Its inode generation.
 * @SNET_A_EXE_CTIME: u64: Its change time when it was executed,
 *   nanoseconds since 1970.
 * @SNET_A_EXE_MNTNS: u32: Mount namespace in which it was executed, inode
 *   number of /proc/PID/ns/mnt.
 * @SNET_A_CGROUP: u64: Cgroup (v2) id: the inode number of its directory.
 * @SNET_A_NETNS: u32: The socket's (else the task's) network namespace,
 *   inode number of /proc/PID/ns/net.
 * @SNET_A_MNTNS: u32: The task's mount namespace, inode number of
 *   /proc/PID/ns/mnt.
 * @SNET_A_FAMILY: u16: Address family of the socket (AF_x).
 * @SNET_A_TYPE: u16: Socket type (SOCK_x).
 * @SNET_A_PROTOCOL: u16: Protocol of the socket (IPPROTO_x and others by
 *   family).
 * @SNET_A_COOKIE: u64: Socket cookie, as SO_COOKIE.
 * @SNET_A_LOCAL: nest: Local address: bound, or asked for by bind.
 * @SNET_A_REMOTE: nest: Remote address as the protocol will use it.
 * @SNET_A_BACKLOG: u32: Of listen.
 * @SNET_A_HOW: u32: Of shutdown: 0 read, 1 write, 2 both.
 * @SNET_A_MESSAGE_FLAGS: u32: Flags of a send or receive (MSG_x).
 * @SNET_A_LENGTH: u64: Bytes to be sent or room to receive.
 * @SNET_A_PAYLOAD: binary: First bytes to be sent.
 * @SNET_A_ACTION: u32: The answer.
 * @SNET_A_ERRNO: u32: What a denied program sees; EPERM if absent.
 * @SNET_A_REMEMBER: u32: Milliseconds for which a ticket keeps the answer;
 *   0 or absent: no ticket.
 * @SNET_A_SCOPE: u32: Whom the ticket serves; task if absent.
 * @SNET_A_KEY: u32: Operands that the ticket must match; required with
 *   remember.
 * @SNET_A_RULE: u32: The daemon's own number for the rule that answered,
 *   given back with the ticket's hits.
 * @SNET_A_CAUSE: u32: Why the call ended.
 * @SNET_A_HOLD: u32: Milliseconds from now until which the daemon holds
 *   the call for an answer.
 * @SNET_A_DELAY: u32: Milliseconds in which a call must be answered or
 *   held (snet.verdict_delay).
 * @SNET_A_POLICY: u32: Answer when the delay passes (snet.verdict_policy).
 * @SNET_A_LIMIT_POLICY: u32: Answer past a limit.
 * @SNET_A_LIMIT_TOTAL: u32: Calls that may be held at once.
 * @SNET_A_LIMIT_UID: u32: Calls that may be held at once for one real uid,
 *   or for the maker of a user namespace and all uids in it.
 * @SNET_A_LIMIT_CGROUP: u32: Calls that may be held at once for one
 *   cgroup.
 * @SNET_A_LIMIT_TICKETS: u32: Tickets kept at once; the oldest goes first.
 * @SNET_A_ABSENT_POLICY: u32: Answer while nobody is attached
 *   (snet.absent).
 * @SNET_A_ABSENT_EVENTS: u32: Events that the absent policy covers.
 * @SNET_A_ABSENT_FAMILIES: u64: Families that the absent policy covers;
 *   never AF_UNIX or AF_NETLINK.
 * @SNET_A_DEBUG: u32: 1: say each event in the kernel log (snet.debug).
 * @SNET_A_OWNER_PID: u32: Process id of the attached daemon.
 * @SNET_A_COUNTERS: nest: Counters since boot.
 * @SNET_A_TICKET: nest: One ticket of a dump.
 * @SNET_A_COUNT: u32: How many were dropped.
 * @SNET_A_CMDLINE: binary: Arguments of the process, a NUL after each, as
 *   /proc/PID/cmdline shows them and the program can change them; cut off at
 *   4096 bytes. Sent by user-space sources only.
 * @SNET_A_PARENTS: binary: Parent, its parent and so on, up to the program
 *   that the source watches: for each its process id in decimal, a space,
 *   the path of its executable (empty if unknown) and a NUL. Sent by
 *   user-space sources only.
 */
enum snet_attr {
	SNET_A_PAD = 1,
	SNET_A_VERSION,
	SNET_A_SUBSYSTEM,
	SNET_A_NAME,
	SNET_A_EVENTS,
	SNET_A_FAMILIES,
	SNET_A_ATTACH_FLAGS,
	SNET_A_PAYLOAD_MAX,
	SNET_A_FEATURES,
	SNET_A_GENERATION,
	SNET_A_ID,
	SNET_A_EVENT,
	SNET_A_EVENT_FLAGS,
	SNET_A_TIME,
	SNET_A_TIME_LEFT,
	SNET_A_PID,
	SNET_A_TID,
	SNET_A_PPID,
	SNET_A_START_TIME,
	SNET_A_UID,
	SNET_A_GID,
	SNET_A_LOGINUID,
	SNET_A_COMM,
	SNET_A_EXE,
	SNET_A_EXE_DEV,
	SNET_A_EXE_INO,
	SNET_A_EXE_GENERATION,
	SNET_A_EXE_CTIME,
	SNET_A_EXE_MNTNS,
	SNET_A_CGROUP,
	SNET_A_NETNS,
	SNET_A_MNTNS,
	SNET_A_FAMILY,
	SNET_A_TYPE,
	SNET_A_PROTOCOL,
	SNET_A_COOKIE,
	SNET_A_LOCAL,
	SNET_A_REMOTE,
	SNET_A_BACKLOG,
	SNET_A_HOW,
	SNET_A_MESSAGE_FLAGS,
	SNET_A_LENGTH,
	SNET_A_PAYLOAD,
	SNET_A_ACTION,
	SNET_A_ERRNO,
	SNET_A_REMEMBER,
	SNET_A_SCOPE,
	SNET_A_KEY,
	SNET_A_RULE,
	SNET_A_CAUSE,
	SNET_A_HOLD,
	SNET_A_DELAY,
	SNET_A_POLICY,
	SNET_A_LIMIT_POLICY,
	SNET_A_LIMIT_TOTAL,
	SNET_A_LIMIT_UID,
	SNET_A_LIMIT_CGROUP,
	SNET_A_LIMIT_TICKETS,
	SNET_A_ABSENT_POLICY,
	SNET_A_ABSENT_EVENTS,
	SNET_A_ABSENT_FAMILIES,
	SNET_A_DEBUG,
	SNET_A_OWNER_PID,
	SNET_A_COUNTERS,
	SNET_A_TICKET,
	SNET_A_COUNT,
	SNET_A_CMDLINE,
	SNET_A_PARENTS,

	/* private: */
	__SNET_A_MAX,
	SNET_A_MAX = (__SNET_A_MAX - 1)
};

/**
 * enum snet_address_attr - One address, decoded as the socket's protocol
 *   reads it. family tells which of the others are there: inet: ipv4, port;
 *   inet6: ipv6, port, scope-id; unix: path or abstract (neither: unnamed);
 *   netlink: port-id, groups; packet: ifindex, protocol, hardware; vsock: cid,
 *   vsock-port; any other: raw.
 *
 * @SNET_A_ADDR_FAMILY: u16: Family of the address (AF_x); inet for
 *   IPv4-mapped IPv6.
 * @SNET_A_ADDR_IPV4: binary: IPv4 address, network byte order.
 * @SNET_A_ADDR_IPV6: binary: IPv6 address, network byte order.
 * @SNET_A_ADDR_PORT: u16: Port, host byte order.
 * @SNET_A_ADDR_SCOPE_ID: u32: Interface index of a link-local address.
 * @SNET_A_ADDR_PATH: string: AF_UNIX path as given (relative ones too).
 * @SNET_A_ADDR_ABSTRACT: binary: AF_UNIX abstract name without its first
 *   NUL.
 * @SNET_A_ADDR_PORT_ID: u32: AF_NETLINK port id.
 * @SNET_A_ADDR_GROUPS: u32: AF_NETLINK groups.
 * @SNET_A_ADDR_IFINDEX: u32: AF_PACKET interface.
 * @SNET_A_ADDR_PROTOCOL: u16: AF_PACKET protocol (ETH_P_x), host byte
 *   order.
 * @SNET_A_ADDR_HARDWARE: binary: AF_PACKET hardware address.
 * @SNET_A_ADDR_CID: u32: AF_VSOCK context id.
 * @SNET_A_ADDR_VSOCK_PORT: u32: AF_VSOCK port.
 * @SNET_A_ADDR_RAW: binary: Any other family's sockaddr, as given.
 */
enum snet_address_attr {
	SNET_A_ADDR_FAMILY = 1,
	SNET_A_ADDR_IPV4,
	SNET_A_ADDR_IPV6,
	SNET_A_ADDR_PORT,
	SNET_A_ADDR_SCOPE_ID,
	SNET_A_ADDR_PATH,
	SNET_A_ADDR_ABSTRACT,
	SNET_A_ADDR_PORT_ID,
	SNET_A_ADDR_GROUPS,
	SNET_A_ADDR_IFINDEX,
	SNET_A_ADDR_PROTOCOL,
	SNET_A_ADDR_HARDWARE,
	SNET_A_ADDR_CID,
	SNET_A_ADDR_VSOCK_PORT,
	SNET_A_ADDR_RAW,

	/* private: */
	__SNET_A_ADDR_MAX,
	SNET_A_ADDR_MAX = (__SNET_A_ADDR_MAX - 1)
};

/**
 * enum snet_counters_attr - How often each thing happened since boot. Every
 *   held call ends in exactly one of the ends-* counters, so that asked = the
 *   sum of ends-* + waiting.
 *
 * @SNET_A_CNT_PAD: Padding before 64-bit values.
 * @SNET_A_CNT_ASKED: u64: Calls that were held and asked about.
 * @SNET_A_CNT_ENDS_ALLOWED: u64: Ended by a verdict that allowed.
 * @SNET_A_CNT_ENDS_DENIED: u64: Ended by a verdict that denied.
 * @SNET_A_CNT_ENDS_TIMEOUT_ALLOWED: u64: Delay passed, policy allowed.
 * @SNET_A_CNT_ENDS_TIMEOUT_DENIED: u64: Delay passed, policy denied.
 * @SNET_A_CNT_ENDS_SIGNAL: u64: Ended by a fatal signal.
 * @SNET_A_CNT_ENDS_GONE: u64: Ended since the daemon detached or died.
 * @SNET_A_CNT_ENDS_ABANDONED: u64: The program left the call for another,
 *   executed or exited.
 * @SNET_A_CNT_ENDS_UNDELIVERED: u64: The event could not be sent before
 *   the deadline.
 * @SNET_A_CNT_WAITING: u64: Calls held now.
 * @SNET_A_CNT_WAITING_MOST: u64: Most calls held at once.
 * @SNET_A_CNT_TICKET_ALLOWED: u64: Calls allowed by a ticket, not held.
 * @SNET_A_CNT_TICKET_DENIED: u64: Calls denied by a ticket, not held.
 * @SNET_A_CNT_TICKETS: u64: Tickets kept now.
 * @SNET_A_CNT_TICKETS_ADDED: u64: Tickets given.
 * @SNET_A_CNT_TICKETS_EVICTED: u64: Tickets dropped to make room.
 * @SNET_A_CNT_TICKETS_STALE: u64: Verdicts whose ticket was not kept,
 *   since the generation had moved on or the key held volatile.
 * @SNET_A_CNT_ABSENT_ALLOWED: u64: Calls allowed while nobody was attached
 *   and the absent policy covered them.
 * @SNET_A_CNT_ABSENT_DENIED: u64: Calls denied while nobody was attached.
 * @SNET_A_CNT_LIMIT_TOTAL: u64: Calls answered by the limit policy - all.
 * @SNET_A_CNT_LIMIT_UID: u64: Calls answered by the limit policy - one
 *   uid.
 * @SNET_A_CNT_LIMIT_CGROUP: u64: Calls answered by the limit policy - one
 *   cgroup.
 * @SNET_A_CNT_NO_MEMORY: u64: Calls answered by the event's policy for
 *   lack of memory before they were asked.
 * @SNET_A_CNT_UNSAFE: u64: Calls answered by the event's policy where
 *   neither way to wait was possible.
 * @SNET_A_CNT_RETRIES: u64: Times an event was sent again to a full
 *   socket.
 * @SNET_A_CNT_INTERRUPTED: u64: Times a held call made way for a signal
 *   handler.
 * @SNET_A_CNT_RESUMED: u64: Times an interrupted call came back and went
 *   on with its question.
 * @SNET_A_CNT_DEFERRED: u64: Questions asked on the way out of the kernel.
 * @SNET_A_CNT_HELD: u64: Times a daemon put a call on hold.
 * @SNET_A_CNT_NOTIFIED: u64: Events told without a question.
 * @SNET_A_CNT_NOTIFY_LOST: u64: Such events that could not be sent.
 * @SNET_A_CNT_REFUSED: u64: Messages of the daemon that were refused.
 * @SNET_A_CNT_ROUTES_REFUSED: u64: Source routes that programs were not
 *   let set or send.
 */
enum snet_counters_attr {
	SNET_A_CNT_PAD = 1,
	SNET_A_CNT_ASKED,
	SNET_A_CNT_ENDS_ALLOWED,
	SNET_A_CNT_ENDS_DENIED,
	SNET_A_CNT_ENDS_TIMEOUT_ALLOWED,
	SNET_A_CNT_ENDS_TIMEOUT_DENIED,
	SNET_A_CNT_ENDS_SIGNAL,
	SNET_A_CNT_ENDS_GONE,
	SNET_A_CNT_ENDS_ABANDONED,
	SNET_A_CNT_ENDS_UNDELIVERED,
	SNET_A_CNT_WAITING,
	SNET_A_CNT_WAITING_MOST,
	SNET_A_CNT_TICKET_ALLOWED,
	SNET_A_CNT_TICKET_DENIED,
	SNET_A_CNT_TICKETS,
	SNET_A_CNT_TICKETS_ADDED,
	SNET_A_CNT_TICKETS_EVICTED,
	SNET_A_CNT_TICKETS_STALE,
	SNET_A_CNT_ABSENT_ALLOWED,
	SNET_A_CNT_ABSENT_DENIED,
	SNET_A_CNT_LIMIT_TOTAL,
	SNET_A_CNT_LIMIT_UID,
	SNET_A_CNT_LIMIT_CGROUP,
	SNET_A_CNT_NO_MEMORY,
	SNET_A_CNT_UNSAFE,
	SNET_A_CNT_RETRIES,
	SNET_A_CNT_INTERRUPTED,
	SNET_A_CNT_RESUMED,
	SNET_A_CNT_DEFERRED,
	SNET_A_CNT_HELD,
	SNET_A_CNT_NOTIFIED,
	SNET_A_CNT_NOTIFY_LOST,
	SNET_A_CNT_REFUSED,
	SNET_A_CNT_ROUTES_REFUSED,

	/* private: */
	__SNET_A_CNT_MAX,
	SNET_A_CNT_MAX = (__SNET_A_CNT_MAX - 1)
};

/**
 * enum snet_ticket_attr - One remembered answer.
 *
 * @SNET_A_TKT_PAD: Padding before 64-bit values.
 * @SNET_A_TKT_EVENT: u32: The event it answers.
 * @SNET_A_TKT_SCOPE: u32: Whom it serves.
 * @SNET_A_TKT_KEY: u32: Operands it matches besides those always held.
 * @SNET_A_TKT_ACTION: u32: The answer.
 * @SNET_A_TKT_ERRNO: u32: What a denied program sees.
 * @SNET_A_TKT_TIME_LEFT: u32: Milliseconds until it expires.
 * @SNET_A_TKT_HITS: u64: Calls it has answered.
 * @SNET_A_TKT_RULE: u32: The daemon's number for the rule.
 * @SNET_A_TKT_PID: u32: Process that asked, for scope task and children.
 * @SNET_A_TKT_UID: u32: User id.
 * @SNET_A_TKT_COMM: string: Thread name where the key holds it.
 * @SNET_A_TKT_EXE: string: Executable, where the key holds it or the scope
 *   is program.
 * @SNET_A_TKT_FAMILY: u16: Address family of the socket.
 * @SNET_A_TKT_TYPE: u16: Socket type.
 * @SNET_A_TKT_PROTOCOL: u16: Protocol.
 * @SNET_A_TKT_LOCAL: nest: Local address, the parts that the key holds.
 * @SNET_A_TKT_REMOTE: nest: Remote address, the parts that the key holds.
 */
enum snet_ticket_attr {
	SNET_A_TKT_PAD = 1,
	SNET_A_TKT_EVENT,
	SNET_A_TKT_SCOPE,
	SNET_A_TKT_KEY,
	SNET_A_TKT_ACTION,
	SNET_A_TKT_ERRNO,
	SNET_A_TKT_TIME_LEFT,
	SNET_A_TKT_HITS,
	SNET_A_TKT_RULE,
	SNET_A_TKT_PID,
	SNET_A_TKT_UID,
	SNET_A_TKT_COMM,
	SNET_A_TKT_EXE,
	SNET_A_TKT_FAMILY,
	SNET_A_TKT_TYPE,
	SNET_A_TKT_PROTOCOL,
	SNET_A_TKT_LOCAL,
	SNET_A_TKT_REMOTE,

	/* private: */
	__SNET_A_TKT_MAX,
	SNET_A_TKT_MAX = (__SNET_A_TKT_MAX - 1)
};

/**
 * enum snet_cmd - Commands of the family.
 *
 * @SNET_CMD_ATTACH: Become the daemon of a subsystem. Errors: EPERM
 *   without CAP_NET_ADMIN in the initial namespaces, EBUSY with the name of
 *   the daemon that has it, EALREADY by the one that has it, EPROTO for
 *   another version, EOPNOTSUPP for events or a subsystem that this kernel
 *   lacks.
 * @SNET_CMD_DETACH: Give the subsystem up; all its waiting calls end at
 *   once. Errors: ENOTCONN if the sender is not its daemon.
 * @SNET_CMD_CONFIGURE: Change settings; all of one message or none. With
 *   event, delay and policy are set for that event alone, otherwise for all.
 *   The absent settings outlive the daemon. Errors: ENOTCONN if the sender
 *   is not the daemon.
 * @SNET_CMD_SETTINGS: What is set now. With event, delay and policy are
 *   those of that event. Errors - none but EPERM and EINVAL.
 * @SNET_CMD_EVENT: From the kernel to the attached daemon - a held call
 *   (answer it with verdict), or a notification (flag notify).
 * @SNET_CMD_VERDICT: Answer a held call. Many verdicts go in one send, one
 *   netlink message each; without NLM_F_ACK only a refused one is answered.
 *   Errors: ENOENT if no call waits under this id (never asked, already
 *   answered or ended), ENOTCONN if the sender is not the daemon, EINVAL for
 *   remember without key.
 * @SNET_CMD_HOLD: A person is being asked: move a held call's deadline.
 *   Errors: as verdict.
 * @SNET_CMD_CANCEL: From the kernel to the daemon - a held call ended
 *   without its verdict.
 * @SNET_CMD_RENOUNCE: The calling process gives up the exemption that it
 *   has as, or from, an attached daemon; what it starts from then on is
 *   asked like any other. It cannot be taken back. Needs no capability.
 * @SNET_CMD_TICKETS: List the tickets.
 * @SNET_CMD_FLUSH: Start a new generation: every ticket is dropped at
 *   once. Errors: ENOTCONN if the sender is not the daemon.
 * @SNET_CMD_STATS: Counters by cause.
 */
enum snet_cmd {
	SNET_CMD_ATTACH = 1,
	SNET_CMD_DETACH,
	SNET_CMD_CONFIGURE,
	SNET_CMD_SETTINGS,
	SNET_CMD_EVENT,
	SNET_CMD_VERDICT,
	SNET_CMD_HOLD,
	SNET_CMD_CANCEL,
	SNET_CMD_RENOUNCE,
	SNET_CMD_TICKETS,
	SNET_CMD_FLUSH,
	SNET_CMD_STATS,

	/* private: */
	__SNET_CMD_MAX,
	SNET_CMD_MAX = (__SNET_CMD_MAX - 1)
};

#endif /* _UAPI_LINUX_SNET_H */
