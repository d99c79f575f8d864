// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: which subsystems there are, and who is attached to them
 */
#include <linux/init.h>
#include <linux/netlink.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "core.h"
#include "trace.h"

DEFINE_SPINLOCK(snet_lock);

/* Written once for each, before anything can be asked. */
static struct snet_watch *snet_watches[SNET_WATCHES];

static atomic64_t snet_attachments = ATOMIC64_INIT(0);

/**
 * snet_watch_get - A subsystem by its number
 * @subsystem: SNET_SUBSYSTEM_x.
 *
 * Return: It, or NULL if this kernel lacks it.
 */
struct snet_watch *snet_watch_get(u32 subsystem)
{
	if (subsystem >= SNET_WATCHES)
		return NULL;
	/* Pairs with snet_subsys_register(). */
	return smp_load_acquire(&snet_watches[subsystem]);
}

/* The subsystem that an event belongs to, or NULL. */
struct snet_watch *snet_watch_of(u32 event)
{
	return snet_watch_get(event / SNET_EVENT_BITS);
}

/**
 * snet_subsys_register - Let daemons attach to a subsystem
 * @subsys: It; stays where it is.
 *
 * Return: 0, -EEXIST if the number is taken, -ENOMEM.
 */
int snet_subsys_register(const struct snet_subsys *subsys)
{
	struct snet_settings *settings;
	struct snet_watch *watch;

	if (WARN_ON(subsys->number >= SNET_WATCHES) ||
	    snet_watch_get(subsys->number))
		return -EEXIST;
	watch = kzalloc(sizeof(*watch), GFP_KERNEL);
	settings = snet_settings_boot(subsys);
	if (!watch || !settings) {
		kfree(watch);
		kfree(settings);
		return -ENOMEM;
	}
	watch->subsys = subsys;
	RCU_INIT_POINTER(watch->settings, settings);
	atomic_set(&watch->generation, 1);
	INIT_LIST_HEAD(&watch->tickets);
	/* Pairs with snet_watch_get(). */
	smp_store_release(&snet_watches[subsys->number], watch);
	return 0;
}

/**
 * snet_subsys_unregister - Take a subsystem away
 * @subsys: It; nobody is attached to it and none of its hooks run any more.
 */
void snet_subsys_unregister(const struct snet_subsys *subsys)
{
	struct snet_watch *watch = snet_watch_get(subsys->number);

	if (!watch)
		return;
	WRITE_ONCE(snet_watches[subsys->number], NULL);
	snet_tickets_trim(watch, 0);
	snet_parked_settle();
	synchronize_rcu();
	kfree(rcu_dereference_protected(watch->settings, true));
	kfree(watch);
}

/* Who is exempt ----------------------------------------------------------- */

/**
 * snet_exempt_id - The exemption that a process has
 * @proc: It, or NULL.
 *
 * One exemption covers all subsystems, so that their daemons do not wait for
 * each other.
 *
 * Return: Its number, or 0 if it has none of a daemon that is attached now.
 */
u64 snet_exempt_id(const struct snet_proc *proc)
{
	u64 id = proc ? atomic64_read(&proc->exempt) : 0;
	int i;

	if (!id)
		return 0;
	for (i = 0; i < SNET_WATCHES; i++) {
		struct snet_watch *watch = snet_watch_get(i);

		if (watch && atomic64_read(&watch->exempt) == id)
			return id;
	}
	return 0;
}

bool snet_exempt(const struct snet_proc *proc)
{
	return snet_exempt_id(proc);
}

/* Threads that are never asked: the kernel's own, and who is exempt. */
static bool snet_asks_current(void)
{
	struct snet_task *task;

	if (!in_task() || current->flags & PF_KTHREAD)
		return false;
	task = snet_current();
	return !task || !snet_exempt(task->proc);
}

static bool snet_absent_wanted(struct snet_watch *watch,
			       const struct snet_settings *set, u32 event,
			       u16 family)
{
	if (!snet_settings_covers(set, event, family))
		return false;
	if (set->absent_policy == SNET_ACTION_DENY)
		return true;
	snet_count(watch, SNET_A_CNT_ABSENT_ALLOWED);
	return false;
}

/**
 * snet_wanted - Whether a call is worth filling in
 * @event: What it is.
 * @family: Address family of its socket.
 *
 * For the running thread; the first thing a hook asks.
 *
 * Return: Whether anybody wants to be asked or told.
 */
bool snet_wanted(enum snet_event event, u16 family)
{
	struct snet_watch *watch = snet_watch_of(event);
	const struct snet_settings *set;
	bool wanted;

	if (!watch)
		return false;
	rcu_read_lock();
	set = rcu_dereference(watch->settings);
	if (rcu_access_pointer(watch->daemon))
		wanted = snet_settings_wants(set, event, family) &&
			 snet_asks_current();
	else
		wanted = snet_asks_current() &&
			 snet_absent_wanted(watch, set, event, family);
	rcu_read_unlock();
	return wanted;
}

/**
 * snet_watched - Whether a daemon wants to be told of what has happened
 * @event: What it is.
 * @family: Address family of its socket.
 *
 * For notifications that do not come from the running thread's own doing.
 *
 * Return: Whether one is attached and wants it.
 */
bool snet_watched(enum snet_event event, u16 family)
{
	struct snet_watch *watch = snet_watch_of(event);
	bool wanted;

	if (!watch)
		return false;
	rcu_read_lock();
	wanted = rcu_access_pointer(watch->daemon) &&
		 snet_settings_wants(rcu_dereference(watch->settings), event,
				     family);
	rcu_read_unlock();
	return wanted;
}

/* How many bytes of a message's buffer are wanted; 0 without a daemon. */
u32 snet_payload_wanted(enum snet_event event)
{
	struct snet_watch *watch = snet_watch_of(event);
	u32 bytes = 0;

	if (!watch)
		return 0;
	rcu_read_lock();
	if (rcu_access_pointer(watch->daemon))
		bytes = rcu_dereference(watch->settings)->payload_max;
	rcu_read_unlock();
	return bytes;
}

/* SNET_ATTACH_FLAG_x that are set; 0 without a daemon. */
u32 snet_attach_flags(enum snet_event event)
{
	struct snet_watch *watch = snet_watch_of(event);
	u32 flags = 0;

	if (!watch)
		return 0;
	rcu_read_lock();
	if (rcu_access_pointer(watch->daemon))
		flags = rcu_dereference(watch->settings)->attach_flags;
	rcu_read_unlock();
	return flags;
}

/* Who is attached ----------------------------------------------------------- */

/**
 * snet_daemon_new - Prepare an attachment of the running process
 * @watch: To which subsystem.
 * @name: What the daemon calls itself.
 *
 * The caller fills in how it is reached.
 *
 * Return: It with one reference, or NULL without memory.
 */
struct snet_daemon *snet_daemon_new(struct snet_watch *watch, const char *name)
{
	struct snet_daemon *daemon = kzalloc(sizeof(*daemon), GFP_KERNEL);

	if (!daemon)
		return NULL;
	refcount_set(&daemon->refs, 1);
	daemon->watch = watch;
	daemon->id = atomic64_inc_return(&snet_attachments);
	daemon->pid = task_tgid_nr(current);
	strscpy(daemon->name, name, sizeof(daemon->name));
	INIT_LIST_HEAD(&daemon->requests);
	return daemon;
}

/**
 * snet_daemon_get - Who is attached
 * @watch: To which subsystem.
 *
 * Return: A reference, or NULL for nobody.
 */
struct snet_daemon *snet_daemon_get(struct snet_watch *watch)
{
	struct snet_daemon *daemon;

	rcu_read_lock();
	daemon = rcu_dereference(watch->daemon);
	if (daemon && !refcount_inc_not_zero(&daemon->refs))
		daemon = NULL;
	rcu_read_unlock();
	return daemon;
}

void snet_daemon_put(struct snet_daemon *daemon)
{
	if (!refcount_dec_and_test(&daemon->refs))
		return;
	if (daemon->free)
		daemon->free(daemon);
	kfree_rcu(daemon, rcu);
}

static struct snet_daemon *snet_daemon_locked(struct snet_watch *watch)
{
	return rcu_dereference_protected(watch->daemon,
					 lockdep_is_held(&snet_lock));
}

/* Whether a socket is that of an attached daemon, of whichever subsystem. */
bool snet_is_daemon(const void *peer)
{
	bool is = false;
	int i;

	rcu_read_lock();
	for (i = 0; i < SNET_WATCHES && !is; i++) {
		struct snet_watch *watch = snet_watch_get(i);
		struct snet_daemon *daemon;

		daemon = watch ? rcu_dereference(watch->daemon) : NULL;
		is = daemon && daemon->peer == peer;
	}
	rcu_read_unlock();
	return is;
}

static int snet_attach_refuse(const struct snet_daemon *taken,
			      const void *peer, struct netlink_ext_ack *extack)
{
	if (taken->peer == peer) {
		NL_SET_ERR_MSG(extack, "you are attached already");
		return -EALREADY;
	}
	/* An extended ACK has room for 80 bytes. */
	snet_refuse_fmt(extack, "snet is attached by \"%.32s\" (pid %d)",
			taken->name, taken->pid);
	return -EBUSY;
}

/* The settings are copied and changed in one go, so that readers see one set. */
static void snet_settings_publish(struct snet_watch *watch,
				  struct snet_settings *new)
{
	struct snet_settings *old;

	old = rcu_replace_pointer(watch->settings, new,
				  lockdep_is_held(&snet_lock));
	kfree_rcu(old, rcu);
}

static void snet_settings_copy(struct snet_watch *watch,
			       struct snet_settings *new)
{
	*new = *rcu_dereference_protected(watch->settings,
					  lockdep_is_held(&snet_lock));
}

/**
 * snet_attach - Make a daemon the one of its subsystem
 * @daemon: It; on success its reference is the watch's.
 * @proc: Its process, the running one: exempt from now on.
 * @wish: What it wants.
 * @extack: Says why not.
 *
 * Return: 0, -EBUSY if another is attached, -EALREADY if it is, -ENOMEM.
 */
int snet_attach(struct snet_daemon *daemon, struct snet_proc *proc,
		const struct snet_wish *wish, struct netlink_ext_ack *extack)
{
	struct snet_watch *watch = daemon->watch;
	struct snet_settings *set = kmalloc(sizeof(*set), GFP_KERNEL);
	u64 exempt = snet_exempt_id(proc) ?: daemon->id;
	struct snet_daemon *taken;
	int err = 0;

	if (!set)
		return -ENOMEM;
	spin_lock(&snet_lock);
	taken = snet_daemon_locked(watch);
	if (taken) {
		err = snet_attach_refuse(taken, daemon->peer, extack);
		goto out_unlock;
	}
	snet_settings_copy(watch, set);
	snet_settings_attach(set, wish);
	snet_settings_publish(watch, set);
	/* Exempt before anything can be asked of it. */
	daemon->exempt = exempt;
	if (proc)
		atomic64_set(&proc->exempt, exempt);
	atomic64_set(&watch->exempt, exempt);
	rcu_assign_pointer(watch->daemon, daemon);
out_unlock:
	spin_unlock(&snet_lock);
	if (err)
		kfree(set);
	else
		trace_snet_attach(watch->subsys->number, daemon->pid,
				  daemon->name);
	return err;
}

/* Ends an attachment that has been taken from its watch. */
static void snet_daemon_gone(struct snet_daemon *daemon)
{
	trace_snet_detach(daemon->watch->subsys->number, daemon->pid,
			  daemon->name);
	snet_requests_gone(daemon);
	snet_tickets_sweep(daemon->watch);
	snet_daemon_put(daemon);
}

static struct snet_daemon *snet_daemon_take(struct snet_watch *watch)
{
	struct snet_daemon *daemon = snet_daemon_locked(watch);

	/* Its tickets end with it, before the next daemon has any. */
	atomic_inc(&watch->generation);
	atomic64_set(&watch->exempt, 0);
	RCU_INIT_POINTER(watch->daemon, NULL);
	return daemon;
}

/**
 * snet_detach - End an attachment
 * @watch: To which subsystem.
 * @peer: Whose.
 *
 * All calls that wait for it end at once, and its tickets.
 *
 * Return: 0, or -ENOTCONN if @peer is not attached.
 */
int snet_detach(struct snet_watch *watch, const void *peer)
{
	struct snet_daemon *daemon;

	spin_lock(&snet_lock);
	daemon = snet_daemon_locked(watch);
	if (daemon && daemon->peer == peer)
		daemon = snet_daemon_take(watch);
	else
		daemon = NULL;
	spin_unlock(&snet_lock);
	if (!daemon)
		return -ENOTCONN;
	snet_daemon_gone(daemon);
	return 0;
}

/**
 * snet_detach_closed - A socket was closed that may be a daemon's
 * @closed: Whether it was this one's.
 *
 * Told by the socket itself: its address may be another one's by now.
 */
void snet_detach_closed(bool (*closed)(const struct snet_daemon *daemon))
{
	struct snet_daemon *daemon;
	int i;

	for (i = 0; i < SNET_WATCHES; i++) {
		struct snet_watch *watch = snet_watch_get(i);

		if (!watch || !rcu_access_pointer(watch->daemon))
			continue;
		spin_lock(&snet_lock);
		daemon = snet_daemon_locked(watch);
		if (daemon && closed(daemon))
			daemon = snet_daemon_take(watch);
		else
			daemon = NULL;
		spin_unlock(&snet_lock);
		if (daemon)
			snet_daemon_gone(daemon);
	}
}

/**
 * snet_generation_new - Make all tickets of a subsystem invalid
 * @watch: The subsystem.
 * @peer: Who wants it.
 * @generation: The new generation.
 *
 * Return: 0, or -ENOTCONN if @peer is not the daemon.
 */
int snet_generation_new(struct snet_watch *watch, const void *peer,
			u32 *generation)
{
	struct snet_daemon *daemon;
	int err = -ENOTCONN;

	spin_lock(&snet_lock);
	daemon = snet_daemon_locked(watch);
	if (daemon && daemon->peer == peer) {
		*generation = atomic_inc_return(&watch->generation);
		err = 0;
	}
	spin_unlock(&snet_lock);
	return err;
}

/**
 * snet_configure - Change settings, all or none
 * @watch: Of which subsystem.
 * @peer: Who wants it.
 * @change: Changes a copy; must not fail or sleep.
 * @data: For @change.
 *
 * Return: 0, -ENOTCONN if @peer is not the daemon, -ENOMEM.
 */
int snet_configure(struct snet_watch *watch, const void *peer,
		   void (*change)(struct snet_settings *set, void *data),
		   void *data)
{
	struct snet_settings *set = kmalloc(sizeof(*set), GFP_KERNEL);
	struct snet_daemon *daemon;
	u32 tickets;

	if (!set)
		return -ENOMEM;
	spin_lock(&snet_lock);
	daemon = snet_daemon_locked(watch);
	if (!daemon || daemon->peer != peer) {
		spin_unlock(&snet_lock);
		kfree(set);
		return -ENOTCONN;
	}
	snet_settings_copy(watch, set);
	change(set, data);
	tickets = set->limit_tickets;
	snet_settings_publish(watch, set);
	spin_unlock(&snet_lock);
	snet_tickets_trim(watch, tickets);
	return 0;
}

/**
 * snet_core_init - Bring up the core
 *
 * Return: 0, or -errno.
 */
int __init snet_core_init(void)
{
	int err = snet_tickets_init();

	if (err)
		return err;
	snet_parked_init();
	return snet_netlink_init();
}
