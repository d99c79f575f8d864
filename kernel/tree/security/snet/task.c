// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: what is known of threads and processes, from fork to their end
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "core.h"

static atomic64_t snet_owners = ATOMIC64_INIT(0);

/**
 * snet_owner_new - A new owner of tickets
 *
 * Return: A number that was never given before, not 0.
 */
u64 snet_owner_new(void)
{
	return atomic64_inc_return(&snet_owners);
}

/**
 * snet_exe_new - Make the identity of an executable
 * @path: Its path, need not end in a NUL.
 * @length: Bytes of @path.
 * @gfp: How to allocate.
 *
 * The caller fills in what stat(2) says before anybody else sees it.
 *
 * Return: It with one reference, or NULL without memory.
 */
struct snet_exe *snet_exe_new(const char *path, size_t length, gfp_t gfp)
{
	struct snet_exe *exe;

	exe = kzalloc(struct_size(exe, path, length + 1), gfp);
	if (!exe)
		return NULL;
	refcount_set(&exe->refs, 1);
	exe->length = length;
	memcpy(exe->path, path, length);
	return exe;
}

struct snet_exe *snet_exe_get(struct snet_exe *exe)
{
	if (exe)
		refcount_inc(&exe->refs);
	return exe;
}

/* May be called anywhere. Those who found it by RCU may go on reading. */
void snet_exe_put(struct snet_exe *exe)
{
	if (exe && refcount_dec_and_test(&exe->refs))
		kfree_rcu(exe, rcu);
}

static void snet_lineage_put(struct snet_lineage *lineage)
{
	if (lineage && refcount_dec_and_test(&lineage->refs))
		kfree_rcu(lineage, rcu);
}

static struct snet_lineage *snet_lineage_swap(struct snet_proc *proc,
					      struct snet_lineage *lineage)
{
	lockdep_assert_held(&proc->lock);
	return rcu_replace_pointer(proc->lineage, lineage,
				   lockdep_is_held(&proc->lock));
}

static void snet_lineage_drop(struct snet_proc *proc)
{
	struct snet_lineage *old;

	spin_lock(&proc->lock);
	old = snet_lineage_swap(proc, NULL);
	proc->own = false;
	spin_unlock(&proc->lock);
	snet_lineage_put(old);
}

/* @proc's owner is the first; the farthest ancestor makes way for it. */
static void snet_lineage_extend(struct snet_lineage *new,
				const struct snet_lineage *old)
{
	refcount_set(&new->refs, 1);
	new->owners[0] = snet_owner_new();
	new->count = 1;
	if (!old)
		return;
	new->count = min_t(u32, old->count + 1, SNET_LINEAGE_MOST);
	memcpy(&new->owners[1], old->owners,
	       (new->count - 1) * sizeof(new->owners[0]));
}

/**
 * snet_lineage_own - Owner for a ticket that serves a process and its children
 * @proc: The running process.
 *
 * A process that it has started before must not be served, so once it has
 * started one the next ticket has another owner.
 *
 * Return: The owner, or 0 without memory.
 */
u64 snet_lineage_own(struct snet_proc *proc)
{
	struct snet_lineage *new = kzalloc(sizeof(*new), GFP_KERNEL);
	struct snet_lineage *old = NULL;
	u64 owner;

	if (!new)
		return 0;
	spin_lock(&proc->lock);
	old = rcu_dereference_protected(proc->lineage,
					lockdep_is_held(&proc->lock));
	if (proc->own) {
		owner = old->owners[0];
		spin_unlock(&proc->lock);
		kfree(new);
		return owner;
	}
	snet_lineage_extend(new, old);
	owner = new->owners[0];
	snet_lineage_swap(proc, new);
	proc->own = true;
	spin_unlock(&proc->lock);
	snet_lineage_put(old);
	return owner;
}

static struct snet_proc *snet_proc_new(void)
{
	struct snet_proc *proc = kzalloc(sizeof(*proc), GFP_KERNEL_ACCOUNT);

	if (!proc)
		return NULL;
	refcount_set(&proc->refs, 1);
	spin_lock_init(&proc->lock);
	atomic64_set(&proc->owner, snet_owner_new());
	return proc;
}

static void snet_proc_put(struct snet_proc *proc)
{
	if (!proc || !refcount_dec_and_test(&proc->refs))
		return;
	snet_exe_put(proc->exe);
	snet_lineage_put(rcu_dereference_protected(proc->lineage, true));
	kfree(proc);
}

/* A child runs what its parent runs, with its exemption and its lineage. */
static void snet_proc_inherit(struct snet_proc *child, struct snet_proc *parent)
{
	struct snet_lineage *lineage;

	child->exe = snet_exe_get(parent->exe);
	atomic64_set(&child->exempt, atomic64_read(&parent->exempt));
	spin_lock(&parent->lock);
	parent->own = false;
	lineage = rcu_dereference_protected(parent->lineage,
					    lockdep_is_held(&parent->lock));
	if (lineage)
		refcount_inc(&lineage->refs);
	spin_unlock(&parent->lock);
	RCU_INIT_POINTER(child->lineage, lineage);
}

/**
 * snet_task_fork - A thread is being made
 * @child: Its state; what it held before is forgotten.
 * @parent: The running thread's, or NULL if it has none.
 * @thread: @child is a thread of the same process.
 *
 * Return: 0, or -ENOMEM.
 */
int snet_task_fork(struct snet_task *child, struct snet_task *parent,
		   bool thread)
{
	struct snet_proc *from = parent ? parent->proc : NULL;

	memset(child, 0, sizeof(*child));
	if (thread && from) {
		refcount_inc(&from->refs);
		child->proc = from;
	}
	if (thread)
		return 0;
	child->proc = snet_proc_new();
	if (!child->proc)
		return -ENOMEM;
	if (from)
		snet_proc_inherit(child->proc, from);
	return 0;
}

/**
 * snet_task_exec - The running process, of one thread now, executes a program
 * @task: Its thread.
 * @exe: The executable, or NULL if it is not known; the reference is taken.
 * @privileged: The credentials change with it.
 *
 * Its tickets of scope task and its interrupted calls end. It keeps an
 * exemption and, unless @privileged, the tickets for its ancestors' children.
 */
void snet_task_exec(struct snet_task *task, struct snet_exe *exe,
		    bool privileged)
{
	struct snet_proc *proc;

	snet_parked_leave(task);
	if (!task->proc)
		task->proc = snet_proc_new();
	proc = task->proc;
	if (!proc) {
		snet_exe_put(exe);
		return;
	}
	swap(proc->exe, exe);
	snet_exe_put(exe);
	atomic64_set(&proc->owner, snet_owner_new());
	if (privileged)
		snet_lineage_drop(proc);
}

/**
 * snet_task_creds_changed - The running thread changes its credentials
 * @task: It.
 *
 * No ticket that its process had serves it from now on, except those that
 * every process of the program has.
 */
void snet_task_creds_changed(struct snet_task *task)
{
	if (!task->proc)
		return;
	atomic64_set(&task->proc->owner, snet_owner_new());
	snet_lineage_drop(task->proc);
}

/**
 * snet_task_free - A thread is gone
 * @task: Its state. May be called in any context.
 */
void snet_task_free(struct snet_task *task)
{
	snet_parked_leave(task);
	snet_proc_put(task->proc);
	task->proc = NULL;
}
