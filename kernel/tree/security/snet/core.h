/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snet: what the files of the core know of each other
 */
#ifndef _SECURITY_SNET_CORE_H
#define _SECURITY_SNET_CORE_H

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/jiffies.h>
#include <linux/llist.h>
#include <linux/kconfig.h>
#include <linux/percpu.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "snet.h"

struct netlink_ext_ack;
struct sk_buff;

/* KUnit has a subsystem of its own behind the last one, to meet nobody. */
#define SNET_SUBSYSTEM_TEST	__SNET_SUBSYSTEM_MAX
#define SNET_WATCHES \
	(__SNET_SUBSYSTEM_MAX + IS_ENABLED(CONFIG_SECURITY_SNET_KUNIT_TEST))

/* Settings ---------------------------------------------------------------- */

/**
 * struct snet_settings - What is set for a subsystem; replaced as a whole
 * @rcu: Frees it after its readers.
 * @families: Families that the daemon wants to be asked about.
 * @absent_families: Families that the absent policy covers.
 * @events: Events that the daemon wants.
 * @attach_flags: SNET_ATTACH_FLAG_x.
 * @payload_max: Bytes of payload wanted.
 * @limit_policy: SNET_ACTION_x past a limit.
 * @limit_total: Calls held at once.
 * @limit_uid: The same for one uid.
 * @limit_cgroup: The same for one cgroup.
 * @limit_tickets: Tickets kept at once.
 * @absent_policy: SNET_ACTION_x while nobody is attached.
 * @absent_events: Events that it covers.
 * @debug: Say each event in the kernel log.
 * @delay: Milliseconds until the policy answers, by event.
 * @policy: SNET_ACTION_x then, by event.
 */
struct snet_settings {
	struct rcu_head rcu;
	u64 families;
	u64 absent_families;
	u32 events;
	u32 attach_flags;
	u32 payload_max;
	u32 limit_policy;
	u32 limit_total;
	u32 limit_uid;
	u32 limit_cgroup;
	u32 limit_tickets;
	u32 absent_policy;
	u32 absent_events;
	u32 debug;
	u32 delay[SNET_EVENT_BITS];
	u8 policy[SNET_EVENT_BITS];
};

/* Families that the absent policy never covers: a machine must boot. */
#define SNET_ABSENT_NEVER	(BIT_ULL(AF_UNIX) | BIT_ULL(AF_NETLINK))

/**
 * struct snet_wish - What an attaching daemon asks for
 * @events: Events it wants.
 * @families: Families it wants.
 * @attach_flags: SNET_ATTACH_FLAG_x.
 * @payload_max: Bytes of payload.
 */
struct snet_wish {
	u64 families;
	u32 events;
	u32 attach_flags;
	u32 payload_max;
};

struct snet_watch;
struct snet_daemon;

struct snet_settings *snet_settings_boot(const struct snet_subsys *subsys);
void snet_settings_attach(struct snet_settings *set,
			  const struct snet_wish *wish);
bool snet_settings_wants(const struct snet_settings *set, u32 event,
			 u16 family);
bool snet_settings_covers(const struct snet_settings *set, u32 event,
			  u16 family);
u32 snet_settings_stricter(const struct snet_settings *set, u32 event,
			   u16 family);

/* Counters ------------------------------------------------------------------ */

/*
 * struct snet_counters - Counters of one subsystem on one CPU, by
 * SNET_A_CNT_x; those that struct snet_exact has stay 0 here
 */
struct snet_counters {
	u64 n[__SNET_A_CNT_MAX];
};

/**
 * struct snet_exact - Counters that always add up; under snet_lock
 * @asked: Calls held and asked about.
 * @ends: How they ended, by SNET_A_CNT_ENDS_x - SNET_A_CNT_ENDS_ALLOWED.
 * @waiting: Calls held now: @asked less all of @ends.
 * @most: Most of @waiting.
 */
struct snet_exact {
	u64 asked;
	u64 ends[SNET_A_CNT_ENDS_UNDELIVERED - SNET_A_CNT_ENDS_ALLOWED + 1];
	u32 waiting;
	u32 most;
};

void snet_count(const struct snet_watch *watch, enum snet_counters_attr what);
void snet_counters_read(struct snet_watch *watch, u64 *n);

/* Subsystems at run time ---------------------------------------------------- */

/**
 * struct snet_daemon - One attachment
 * @refs: One by the watch, one by each request.
 * @rcu: Frees it after those who look at it without a reference.
 * @watch: To what it is attached.
 * @id: Attachment, never used again.
 * @exempt: What the exempt have in snet_proc.exempt; shared by all
 *	attachments of one process.
 * @peer: The socket that attached: only what comes from it counts. A portid
 *	may be used again, a socket that is held may not.
 * @portid: Its address; see snet_deliver().
 * @pid: Process that attached, in the initial pid namespace.
 * @name: What it calls itself.
 * @send: Delivers a message and consumes it. Return: 0 or -errno.
 * @free: Gives @peer back.
 * @requests: Held calls that it has to answer; under snet_lock.
 */
struct snet_daemon {
	refcount_t refs;
	struct rcu_head rcu;
	struct snet_watch *watch;
	u64 id;
	u64 exempt;
	void *peer;
	u32 portid;
	pid_t pid;
	char name[SNET_NAME_LIMIT];
	int (*send)(struct snet_daemon *daemon, struct sk_buff *skb);
	void (*free)(struct snet_daemon *daemon);
	struct list_head requests;
};

/**
 * struct snet_mask - One key that tickets of an event have
 * @word: SNET_MASK_USED, scope and operands; 0: none. Read without lock.
 * @tickets: Tickets that have it; under the ticket lock.
 */
struct snet_mask {
	u32 word;
	u32 tickets;
};

/**
 * struct snet_watch - A registered subsystem
 * @subsys: What it is.
 * @daemon: Who is attached, or NULL; written under snet_lock.
 * @settings: Written under snet_lock.
 * @exempt: The daemon's, 0 while there is none.
 * @generation: Of tickets; an older one is no longer valid.
 * @exact: Under snet_lock.
 * @tickets: Oldest first; under the ticket lock.
 * @ticket_count: How many; written under the ticket lock.
 * @masks: Keys in use, by event.
 */
struct snet_watch {
	const struct snet_subsys *subsys;
	struct snet_daemon __rcu *daemon;
	struct snet_settings __rcu *settings;
	atomic64_t exempt;
	atomic_t generation;
	struct snet_exact exact;
	struct list_head tickets;
	u32 ticket_count;
	struct snet_mask masks[SNET_EVENT_BITS][SNET_TICKET_MASKS];
};

/*
 * Protects the id table, every request until it has ended, the quotas, the
 * exact counters, and who is attached with which settings. Taken in process
 * context only; nothing sleeps under it.
 */
extern spinlock_t snet_lock;

/* Place of an event in its subsystem. */
static inline u32 snet_place(u32 event)
{
	return event % SNET_EVENT_BITS;
}

struct snet_watch *snet_watch_get(u32 subsystem);
struct snet_watch *snet_watch_of(u32 event);
void snet_subsys_unregister(const struct snet_subsys *subsys);
bool snet_exempt(const struct snet_proc *proc);
u64 snet_exempt_id(const struct snet_proc *proc);

struct snet_daemon *snet_daemon_new(struct snet_watch *watch, const char *name);
struct snet_daemon *snet_daemon_get(struct snet_watch *watch);
void snet_daemon_put(struct snet_daemon *daemon);
bool snet_is_daemon(const void *peer);
int snet_attach(struct snet_daemon *daemon, struct snet_proc *proc,
		const struct snet_wish *wish, struct netlink_ext_ack *extack);
int snet_detach(struct snet_watch *watch, const void *peer);
void snet_detach_closed(bool (*closed)(const struct snet_daemon *daemon));
int snet_generation_new(struct snet_watch *watch, const void *peer,
			u32 *generation);
int snet_configure(struct snet_watch *watch, const void *peer,
		   void (*change)(struct snet_settings *set, void *data),
		   void *data);

/* Requests ------------------------------------------------------------------ */

struct snet_quota;

/**
 * struct snet_answer - A verdict
 * @action: SNET_ACTION_x.
 * @error: Positive errno of a denial, 0 if none was named.
 * @remember: Milliseconds for which a ticket keeps it, 0 for no ticket.
 * @scope: SNET_SCOPE_x.
 * @key: SNET_OPERAND_x.
 * @rule: The daemon's number.
 * @generation: Under which it was decided.
 * @has_generation: Whether @generation was said; if not, it is the one in
 *	which the call was asked about.
 */
struct snet_answer {
	u32 action;
	u32 error;
	u32 remember;
	u32 scope;
	u32 key;
	u32 rule;
	u32 generation;
	bool has_generation;
};

/**
 * struct snet_request - One held call
 * @node: In the id table until it has ended; under snet_lock.
 * @held: In its daemon's list until then; under snet_lock.
 * @refs: One by the table, one by who waits, one by @expiry while queued.
 * @id: Verdict id.
 * @time: When it was held, nanoseconds of CLOCK_MONOTONIC.
 * @watch: Its subsystem.
 * @daemon: Who is asked; a reference.
 * @uid: Its share of what its payer may hold, until it has ended.
 * @cgroup: The same of one cgroup, or NULL.
 * @wait: Where its task waits.
 * @expiry: Ends it at its deadline while its task is elsewhere.
 * @deadline: Jiffies; written under snet_lock.
 * @event: SNET_EVENT_x.
 * @generation: Of tickets when it was asked.
 * @family: For the absent policy.
 * @sent: The event has been delivered; its task's own.
 * @ended: It has its end, and all below is final; written under snet_lock.
 * @cause: SNET_CAUSE_x.
 * @answer: What came out.
 */
struct snet_request {
	struct hlist_node node;
	struct list_head held;
	refcount_t refs;
	u64 id;
	u64 time;
	struct snet_watch *watch;
	struct snet_daemon *daemon;
	struct snet_quota *uid;
	struct snet_quota *cgroup;
	wait_queue_head_t wait;
	struct delayed_work expiry;
	unsigned long deadline;
	u32 event;
	u32 generation;
	u16 family;
	bool sent;
	bool ended;
	u32 cause;
	struct snet_answer answer;
};

/* What became of a call's wait. */
enum snet_wait {
	SNET_WAIT_ENDED,	/* the request has its end */
	SNET_WAIT_INTERRUPTED,	/* a signal's handler goes first */
};

struct snet_request *snet_request_new(struct snet_watch *watch,
				      const struct snet_call *call,
				      int *result);
void snet_request_put(struct snet_request *req);
bool snet_request_ended(const struct snet_request *req);
enum snet_wait snet_request_wait(struct snet_request *req,
				 const struct snet_call *call,
				 bool interruptible);
long snet_request_left(const struct snet_request *req);
void snet_request_late(struct snet_request *req);
void snet_request_finish(struct snet_request *req, u32 cause);
void snet_request_park(struct snet_request *req);
void snet_request_abandon(struct snet_request *req);
int snet_request_result(const struct snet_request *req,
			const struct snet_call *call);
void snet_requests_gone(struct snet_daemon *daemon);
int snet_verdict(const void *peer, u64 id, const struct snet_answer *answer);
int snet_hold(const void *peer, u64 id, u32 ms);

/* Asking -------------------------------------------------------------------- */

int snet_answer_result(u32 action, u32 error, const struct snet_call *call);
int snet_policy_result(struct snet_watch *watch, const struct snet_call *call);
int snet_absent_result(struct snet_watch *watch, const struct snet_call *call);
int snet_ask_as(struct snet_task *task, const struct snet_call *call);
int snet_defer_as(struct snet_task *task, const struct snet_call *call);

/* Calls that come back -------------------------------------------------------- */

/**
 * struct snet_parked - A call that its thread will come back to
 * @node: In snet_task.parked.
 * @left: In the list of those to be abandoned.
 * @work: Asks on the way out of the kernel.
 * @task: Whose it is.
 * @watch: Subsystem of the call.
 * @request: Its question, or NULL before it is asked; a reference.
 * @exe: Executable of the call, or NULL; a reference.
 * @op: The call, together with all below up to @stack.
 * @has: As struct snet_call.
 * @carrier: As struct snet_call.
 * @payer: As struct snet_call.
 * @denied: As struct snet_call.
 * @length: As struct snet_call.
 * @arguments: Keyed hash of what was copied from the program.
 * @payload: Keyed hash of the payload.
 * @owner: Of the process's tickets: another one after exec and a change of
 *	credentials.
 * @syscall: As struct snet_call.
 * @stack: As struct snet_call: what comes from higher up has left the call.
 * @deferred: It is asked by @work, not in its hook.
 * @queued: @work is on its way.
 * @result: The answer where there is no @request.
 */
struct snet_parked {
	union {
		struct hlist_node node;
		struct llist_node left;
	};
	struct callback_head work;
	struct snet_task *task;
	struct snet_watch *watch;
	struct snet_request *request;
	struct snet_exe *exe;
	struct snet_operands op;
	u32 has;
	u16 carrier;
	u32 payer;
	int denied;
	u64 length;
	u64 arguments;
	u64 payload;
	u64 owner;
	int syscall;
	unsigned long stack;
	bool deferred;
	bool queued;
	int result;
};

void snet_parked_init(void);
struct snet_parked *snet_parked_new(struct snet_task *task,
				    struct snet_watch *watch,
				    const struct snet_call *call,
				    struct snet_request *req, gfp_t gfp);
struct snet_parked *snet_parked_find(struct snet_task *task,
				     const struct snet_call *call);
void snet_parked_drop(struct snet_task *task, struct snet_parked *parked);
void snet_parked_call(const struct snet_parked *parked, struct snet_call *call);
void snet_parked_leave(struct snet_task *task);
void snet_parked_settle(void);

/* Quotas ------------------------------------------------------------------- */

enum snet_quota_kind { SNET_QUOTA_UID, SNET_QUOTA_CGROUP };

struct snet_quota *snet_quota_get(const struct snet_watch *watch,
				  enum snet_quota_kind kind, u64 key);
void snet_quota_put(struct snet_quota *quota);
bool snet_quota_take(struct snet_quota *quota, u32 limit);
void snet_quota_give_back(struct snet_quota *quota);

/* Tickets ------------------------------------------------------------------ */

/**
 * struct snet_lineage - Owners of tickets of scope children; never changes
 * @refs: One by each process that has it.
 * @rcu: Frees it after its readers.
 * @count: Entries of @owners.
 * @owners: Nearest first.
 */
struct snet_lineage {
	refcount_t refs;
	struct rcu_head rcu;
	u32 count;
	u64 owners[SNET_LINEAGE_MOST];
};

u64 snet_owner_new(void);
u64 snet_lineage_own(struct snet_proc *proc);

/**
 * struct snet_ticket - One remembered answer
 * @node: In the table; RCU.
 * @age: In snet_watch.tickets; under the ticket lock.
 * @rcu: Frees it after those who found it.
 * @hits: Calls it has answered.
 * @expires: In jiffies of 64 bits.
 * @watch: Of which subsystem.
 * @exe: Executable whose path it holds, or NULL; a reference.
 * @mask: Its place in snet_watch.masks; under the ticket lock.
 * @pid: Process that asked.
 * @answer: The answer.
 * @hash: Of @key.
 * @length: Bytes of @key.
 * @key: Packed operands; see ticket_key.c.
 */
struct snet_ticket {
	struct hlist_node node;
	struct list_head age;
	struct rcu_head rcu;
	atomic64_t hits;
	u64 expires;
	struct snet_watch *watch;
	struct snet_exe *exe;
	struct snet_mask *mask;
	u32 pid;
	struct snet_answer answer;
	u32 hash;
	u32 length;
	u8 key[];
};

/* Longest packed key: every operand once, and its owner and mask. */
#define SNET_KEY_BYTES	(sizeof(struct snet_operands) + 16)

/*
 * Scope and operands of a key in one word: read without lock, so never torn.
 * SNET_MASK_USED tells the widest key from none.
 */
#define SNET_MASK_USED	BIT(31)
#define SNET_MASK_SCOPE	24

static inline u32 snet_mask_word(u32 key, u32 scope)
{
	BUILD_BUG_ON(BIT(SNET_MASK_SCOPE) <= SNET_OPERAND_MASK);
	BUILD_BUG_ON(BIT(31 - SNET_MASK_SCOPE) <= SNET_SCOPE_MAX);

	return SNET_MASK_USED | scope << SNET_MASK_SCOPE | key;
}

static inline u32 snet_mask_key(u32 word)
{
	return word & (BIT(SNET_MASK_SCOPE) - 1);
}

static inline u32 snet_mask_scope(u32 word)
{
	return (word & ~SNET_MASK_USED) >> SNET_MASK_SCOPE;
}

/* Where the event stands in a packed key: behind its owner and its word. */
#define SNET_KEY_EVENT	(sizeof(u64) + sizeof(u32))

u32 snet_key_pack(u8 *bytes, const struct snet_operands *op, u32 word,
		  u64 owner);
u32 snet_key_unpack(const u8 *bytes, struct snet_operands *op);

int snet_tickets_init(void);
bool snet_ticket_find(struct snet_watch *watch, struct snet_proc *proc,
		      const struct snet_call *call, struct snet_answer *answer);
void snet_ticket_give(const struct snet_request *req, struct snet_proc *proc,
		      const struct snet_call *call, u64 owner);
u32 snet_tickets_sweep(struct snet_watch *watch);
void snet_tickets_trim(struct snet_watch *watch, u32 most);
int snet_tickets_walk(struct snet_watch *watch, unsigned long *bucket,
		      unsigned long *skip,
		      int (*visit)(const struct snet_ticket *ticket,
				   void *data),
		      void *data);

/* Messages ----------------------------------------------------------------- */

struct sk_buff *snet_message_event(const struct snet_call *call, u64 id,
				   u64 time, u32 time_left, u32 flags,
				   gfp_t gfp);
struct sk_buff *snet_message_cancel(u64 id, u32 event, u32 cause);
int snet_message_ticket(struct sk_buff *skb, const struct snet_ticket *ticket);
int snet_netlink_init(void);

#endif /* _SECURITY_SNET_CORE_H */
