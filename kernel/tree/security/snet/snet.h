/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snet: what the parts of the module promise each other
 *
 * The core (request, ticket, netlink, settings, stats, registry, task) knows
 * nothing of the hooks that call it. A hook asks three things of it: is
 * anybody interested (snet_wanted()), fill the call (snet_call_init()), and
 * may it pass (snet_ask(), snet_defer() or snet_notify()).
 */
#ifndef _SECURITY_SNET_SNET_H
#define _SECURITY_SNET_SNET_H

#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <uapi/linux/snet.h>

#include "limits.h"

/* Who ------------------------------------------------------------------- */

/**
 * struct snet_exe - Identity of an executable, taken when it was executed
 * @refs: References; the last one frees it after a grace period.
 * @rcu: For that.
 * @dev: Device as stat(2) gives it.
 * @ino: Inode number as stat(2) gives it.
 * @ctime: Change time, nanoseconds since 1970.
 * @generation: Inode generation.
 * @mntns: Mount namespace, inode number of /proc/PID/ns/mnt.
 * @flags: SNET_EVENT_FLAG_EXE_UNLINKED, SNET_EVENT_FLAG_EXE_UNKNOWN.
 * @length: Bytes of @path without its NUL.
 * @path: Path from the root of its mount namespace, NUL at the end.
 *
 * It never changes once it is published.
 */
struct snet_exe {
	refcount_t refs;
	struct rcu_head rcu;
	u64 dev;
	u64 ino;
	u64 ctime;
	u32 generation;
	u32 mntns;
	u32 flags;
	u32 length;
	char path[];
};

struct snet_lineage;

struct snet_exe *snet_exe_new(const char *path, size_t length, gfp_t gfp);
struct snet_exe *snet_exe_get(struct snet_exe *exe);
void snet_exe_put(struct snet_exe *exe);

/**
 * struct snet_proc - What the threads of a process share
 * @refs: One for each thread.
 * @exe: What it executed last, or NULL. Written by exec alone, when there is
 *	one thread; read by its own threads.
 * @exempt: Attachment whose exemption it has, 0 for none; see snet_exempt().
 * @owner: Owner of its tickets of scope task: a new one with each fork, exec
 *	and change of credentials.
 * @lineage: Owners of the tickets of scope children that serve it, or NULL.
 * @lock: Protects @lineage and @own.
 * @own: The first of @lineage is its own, and it has started nobody since.
 */
struct snet_proc {
	refcount_t refs;
	struct snet_exe *exe;
	atomic64_t exempt;
	atomic64_t owner;
	struct snet_lineage __rcu *lineage;
	spinlock_t lock; /* protects lineage and own */
	bool own;
};

/**
 * struct snet_task - What one thread has
 * @proc: Shared by its process; NULL for kernel threads and where memory was
 *	short, which means: no tickets, no exemption, executable unknown.
 * @parked: Calls that made way for a signal handler or wait to be asked on
 *	the way out of the kernel, newest first. The thread's own; after its
 *	death the one that frees it has it.
 * @parked_count: How many these are.
 *
 * It may start as zero bytes.
 */
struct snet_task {
	struct snet_proc *proc;
	struct hlist_head parked;
	u32 parked_count;
};

/*
 * The glue (LSM or module) provides these two for the running thread.
 * snet_current() is NULL for a thread that has no struct snet_task.
 */
struct snet_task *snet_current(void);
u32 snet_current_mntns(void);

int snet_task_fork(struct snet_task *child, struct snet_task *parent,
		   bool thread);
void snet_task_exec(struct snet_task *task, struct snet_exe *exe,
		    bool privileged);
void snet_task_creds_changed(struct snet_task *task);
void snet_task_free(struct snet_task *task);

/**
 * struct snet_identity - Who does it; compared as bytes, zeroed, no padding
 * @start_time: Start of the process, nanoseconds of CLOCK_BOOTTIME.
 * @cgroup: Cgroup v2 id.
 * @exe_dev: As struct snet_exe.
 * @exe_ino: As struct snet_exe.
 * @exe_ctime: As struct snet_exe.
 * @exe_generation: As struct snet_exe.
 * @exe_mntns: As struct snet_exe.
 * @uid: Effective uid in the initial user namespace.
 * @gid: Effective gid in the initial user namespace.
 * @loginuid: Audit login uid, all ones if unset.
 * @mntns: Mount namespace.
 * @pid: Thread group id in the initial pid namespace.
 * @tid: Thread id there.
 * @ppid: Parent's thread group id there.
 * @flags: The executable's SNET_EVENT_FLAG_EXE_*.
 * @comm: Name of the thread, zeros behind its end.
 */
struct snet_identity {
	u64 start_time;
	u64 cgroup;
	u64 exe_dev;
	u64 exe_ino;
	u64 exe_ctime;
	u32 exe_generation;
	u32 exe_mntns;
	u32 uid;
	u32 gid;
	u32 loginuid;
	u32 mntns;
	u32 pid;
	u32 tid;
	u32 ppid;
	u32 flags;
	char comm[TASK_COMM_LEN];
};

void snet_identity_current(struct snet_identity *who);

/* What ------------------------------------------------------------------ */

/**
 * struct snet_address - One address, decoded; compared as bytes, zeroed
 * @family: AF_x, AF_INET for IPv4-mapped IPv6; AF_UNSPEC (0): no address.
 * @port: Port of inet and inet6, ETH_P_x of packet; host byte order.
 * @scope_id: Of inet6.
 * @port_id: Of netlink.
 * @ifindex: Of packet.
 * @cid: Of vsock.
 * @abstract: Of unix: 1 if @bytes is an abstract name, 0 if a path.
 * @groups: Of netlink.
 * @vsock_port: Of vsock.
 * @length: Bytes used of @bytes.
 * @ipv4: Network byte order, length 4.
 * @ipv6: Length 16.
 * @bytes: Path or abstract name (without a NUL at either end), hardware
 *	address of packet, or the sockaddr as given of any other family.
 */
struct snet_address {
	u16 family;
	u16 port;
	union {
		u32 scope_id;
		u32 port_id;
		u32 ifindex;
		u32 cid;
		u32 abstract;
	};
	union {
		u32 groups;
		u32 vsock_port;
	};
	u32 length;
	union {
		__be32 ipv4;
		struct in6_addr ipv6;
		u8 bytes[SNET_ADDRESS_BYTES];
	};
};

/**
 * struct snet_operands - All that a ticket may key on; compared as bytes
 * @who: The task.
 * @net_cookie: Network namespace, never used again.
 * @cookie: Socket cookie, 0 before there is a socket.
 * @event: SNET_EVENT_x.
 * @flags: SNET_EVENT_FLAG_x.
 * @netns: Network namespace, inode number.
 * @backlog: Of listen.
 * @how: Of shutdown.
 * @message_flags: Of a send or receive.
 * @family: Of the socket.
 * @type: Of the socket.
 * @protocol: Of the socket.
 * @reserved: Zero.
 * @local: Bound, or asked for by bind.
 * @remote: As the protocol will use it.
 */
struct snet_operands {
	struct snet_identity who;
	u64 net_cookie;
	u64 cookie;
	u32 event;
	u32 flags;
	u32 netns;
	u32 backlog;
	u32 how;
	u32 message_flags;
	u16 family;
	u16 type;
	u16 protocol;
	u16 reserved;
	struct snet_address local;
	struct snet_address remote;
};

/* Optional attributes that a call has: bits of snet_call.has. */
#define SNET_HAS_COOKIE		BIT(0)
#define SNET_HAS_BACKLOG	BIT(1)
#define SNET_HAS_HOW		BIT(2)
#define SNET_HAS_MESSAGE_FLAGS	BIT(3)
#define SNET_HAS_LENGTH		BIT(4)
#define SNET_HAS_SOCKET		BIT(5)	/* family, type, protocol, netns */

/**
 * struct snet_call - One call of a program, filled by a hook on its stack
 * @op: What it is; filled by snet_call_init() as far as the task goes, by the
 *	hook for the rest.
 * @exe: Executable of op.who, or NULL; borrowed.
 * @has: SNET_HAS_x.
 * @carrier: Family that masks and policies go by where it is not op.family:
 *	AF_INET for AF_SMC, which connects over TCP, see snet_kind_carrier().
 * @payer: Uid whose share of held calls this one takes; see
 *	snet_current_payer().
 * @denied: Positive errno of a denial that names none: EPERM.
 * @length: Bytes to be sent or room to receive.
 * @payload: First bytes to be sent, or NULL; borrowed.
 * @payload_length: How many.
 * @arguments: What was copied from the program (its sockaddr), or NULL;
 *	borrowed. A verdict that outlives the hook is bound to these bytes too.
 * @arguments_length: How many.
 * @restart: The system call may be run again from its start: set by
 *	snet_call_init() where its number says so, to be cleared by a hook
 *	behind which something has already happened.
 * @direct: The program's own system call on a socket, with nothing of another
 *	subsystem locked around it: its task may be frozen while it waits.
 * @syscall: Number of the system call, -1 where there is none to run again.
 * @stack: The program's stack pointer at the call.
 */
struct snet_call {
	struct snet_operands op;
	struct snet_exe *exe;
	u32 has;
	u16 carrier;
	u32 payer;
	int denied;
	u64 length;
	const void *payload;
	const void *arguments;
	u32 payload_length;
	u32 arguments_length;
	bool restart;
	bool direct;
	int syscall;
	unsigned long stack;
};

/* The family that masks and policies go by. */
static inline u16 snet_call_family(const struct snet_call *call)
{
	return call->carrier ?: call->op.family;
}

bool snet_wanted(enum snet_event event, u16 family);
bool snet_watched(enum snet_event event, u16 family);
void snet_call_init(struct snet_call *call, enum snet_event event);
int snet_ask(struct snet_call *call);
int snet_defer(const struct snet_call *call);
void snet_notify(struct snet_call *call, gfp_t gfp);
void snet_count_route(enum snet_event event);

/* Subsystems -------------------------------------------------------------- */

/**
 * struct snet_subsys - A group of events that one daemon at a time attends to
 * @name: As in snet.yaml.
 * @number: SNET_SUBSYSTEM_x.
 * @capability: CAP_x that its daemon needs in the initial user namespace.
 * @events: Mask of the events that this kernel has.
 * @features: SNET_FEATURE_x that the hooks bring along.
 * @absent_events: What the absent policy covers unless told otherwise.
 * @absent_families: Families that it covers.
 *
 * Static data of the one who registers it.
 */
struct snet_subsys {
	const char *name;
	u32 number;
	int capability;
	u32 events;
	u32 features;
	u32 absent_events;
	u64 absent_families;
};

int snet_subsys_register(const struct snet_subsys *subsys);

/* What the daemon of an event's subsystem wants; 0 while there is none. */
u32 snet_payload_wanted(enum snet_event event);
u32 snet_attach_flags(enum snet_event event);

/*
 * Brings up the core: once, when generic netlink is there (device_initcall).
 * Until then nobody can attach and nothing is asked; subsystems that have
 * registered before follow the absent policy.
 */
int snet_core_init(void);

#endif /* _SECURITY_SNET_SNET_H */
