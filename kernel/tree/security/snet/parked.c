// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: calls that their thread will come back to
 *
 * A call that made way for a signal's handler, or that is asked on the way out
 * of the kernel, runs again from its start. What it finds here is bound to the
 * thread, the system call, the object, and every byte that was copied from the
 * program: with any difference it is asked anew.
 */
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core.h"
#include "trace.h"

static siphash_key_t snet_parked_key __ro_after_init;

/* Calls that were left, until the work below has ended them. */
static LLIST_HEAD(snet_parked_left);

static u64 snet_parked_hash(const void *bytes, u32 length)
{
	return length ? siphash(bytes, length, &snet_parked_key) : 0;
}

static void snet_parked_free(struct snet_parked *parked)
{
	if (parked->request)
		snet_request_put(parked->request);
	snet_exe_put(parked->exe);
	kfree(parked);
}

static void snet_parked_end(struct work_struct *work)
{
	struct llist_node *list = llist_del_all(&snet_parked_left);
	struct snet_parked *parked, *next;

	llist_for_each_entry_safe(parked, next, list, left) {
		if (parked->request)
			snet_request_abandon(parked->request);
		snet_parked_free(parked);
	}
}

static DECLARE_WORK(snet_parked_work, snet_parked_end);

static void snet_parked_unlink(struct snet_task *task,
			       struct snet_parked *parked)
{
	hlist_del(&parked->node);
	task->parked_count--;
}

/*
 * Its program has left the call. Ending it takes a lock and sends a message,
 * and a thread's state may be freed where neither is possible.
 */
static void snet_parked_abandon(struct snet_task *task,
				struct snet_parked *parked)
{
	snet_parked_unlink(task, parked);
	llist_add(&parked->left, &snet_parked_left);
	schedule_work(&snet_parked_work);
}

/**
 * snet_parked_leave - A thread leaves all its calls
 * @task: The thread.
 */
void snet_parked_leave(struct snet_task *task)
{
	struct snet_parked *parked;
	struct hlist_node *next;

	hlist_for_each_entry_safe(parked, next, &task->parked, node)
		snet_parked_abandon(task, parked);
}

/* Waits until all calls that were left have ended. */
void snet_parked_settle(void)
{
	flush_work(&snet_parked_work);
}

static u64 snet_parked_owner(const struct snet_task *task)
{
	return task->proc ? atomic64_read(&task->proc->owner) : 0;
}

/* Decided by rules that have changed since. */
static bool snet_parked_stale(const struct snet_parked *parked)
{
	const struct snet_request *req = parked->request;

	return req && snet_request_ended(req) &&
	       req->cause == SNET_CAUSE_VERDICT &&
	       req->answer.generation !=
		       atomic_read(&parked->watch->generation);
}

static bool snet_parked_same(const struct snet_task *task,
			     const struct snet_parked *parked,
			     const struct snet_call *call)
{
	return parked->syscall == call->syscall && parked->has == call->has &&
	       parked->length == call->length &&
	       parked->owner == snet_parked_owner(task) &&
	       !memcmp(&parked->op, &call->op, sizeof(call->op)) &&
	       parked->arguments == snet_parked_hash(call->arguments,
						     call->arguments_length) &&
	       parked->payload == snet_parked_hash(call->payload,
						   call->payload_length) &&
	       !snet_parked_stale(parked);
}

/*
 * While a handler runs, its calls come from below the interrupted one on the
 * stack, or from a stack of their own. One from the same place or above shows
 * that the handler has jumped away.
 */
static bool snet_parked_left_behind(const struct snet_parked *parked,
				    const struct snet_call *call)
{
	return call->stack >= parked->stack && !on_sig_stack(call->stack);
}

/* One call may put off the questions about several addresses. */
static bool snet_parked_sibling(const struct snet_parked *parked,
				const struct snet_call *call)
{
	return parked->deferred && parked->stack == call->stack &&
	       parked->syscall == call->syscall &&
	       parked->op.cookie == call->op.cookie;
}

static bool snet_parked_is_over(const struct snet_parked *parked,
				const struct snet_call *call, bool found)
{
	if (parked->queued || snet_parked_sibling(parked, call))
		return false;
	/* Newer ones came from a handler that must have ended. */
	return found || snet_parked_left_behind(parked, call);
}

/**
 * snet_parked_find - What a thread left of a call
 * @task: The thread, or NULL: it has left nothing.
 * @call: The call.
 *
 * Calls that this shows to have been left are abandoned. Takes no lock.
 *
 * Return: It, still in its place, or NULL if this is another call.
 */
struct snet_parked *snet_parked_find(struct snet_task *task,
				     const struct snet_call *call)
{
	struct snet_parked *parked, *found = NULL;
	struct hlist_node *next;

	if (!task || hlist_empty(&task->parked))
		return NULL;
	hlist_for_each_entry(parked, &task->parked, node) {
		if (!snet_parked_same(task, parked, call))
			continue;
		found = parked;
		break;
	}
	hlist_for_each_entry_safe(parked, next, &task->parked, node) {
		if (parked == found)
			break;
		if (snet_parked_is_over(parked, call, found))
			snet_parked_abandon(task, parked);
	}
	return found;
}

/* The one that the thread is least likely to come back to makes way. */
static void snet_parked_make_room(struct snet_task *task)
{
	struct snet_parked *parked, *oldest = NULL;

	if (task->parked_count < SNET_PARKED_MOST)
		return;
	hlist_for_each_entry(parked, &task->parked, node)
		if (!parked->queued)
			oldest = parked;
	if (oldest)
		snet_parked_abandon(task, oldest);
}

/**
 * snet_parked_new - Note a call that its thread will come back to
 * @task: The running thread.
 * @watch: Subsystem of the call.
 * @call: The call.
 * @req: Its question, whose reference is taken; or NULL.
 * @gfp: How to allocate.
 *
 * Return: The note, or NULL without memory.
 */
struct snet_parked *snet_parked_new(struct snet_task *task,
				    struct snet_watch *watch,
				    const struct snet_call *call,
				    struct snet_request *req, gfp_t gfp)
{
	struct snet_parked *parked = kzalloc(sizeof(*parked), gfp);

	if (!parked)
		return NULL;
	parked->task = task;
	parked->watch = watch;
	parked->request = req;
	parked->exe = snet_exe_get(call->exe);
	parked->op = call->op;
	parked->has = call->has;
	parked->carrier = call->carrier;
	parked->payer = call->payer;
	parked->denied = call->denied;
	parked->length = call->length;
	parked->arguments = snet_parked_hash(call->arguments,
					     call->arguments_length);
	parked->payload = snet_parked_hash(call->payload, call->payload_length);
	parked->owner = snet_parked_owner(task);
	parked->syscall = call->syscall;
	parked->stack = call->stack;
	snet_parked_make_room(task);
	hlist_add_head(&parked->node, &task->parked);
	task->parked_count++;
	return parked;
}

/**
 * snet_parked_drop - The thread has come back
 * @task: It.
 * @parked: What it left; freed, with the reference to its request.
 */
void snet_parked_drop(struct snet_task *task, struct snet_parked *parked)
{
	snet_parked_unlink(task, parked);
	snet_parked_free(parked);
}

/**
 * snet_parked_call - The call again, as far as it is kept
 * @parked: What is kept.
 * @call: Filled: all but payload and arguments.
 */
void snet_parked_call(const struct snet_parked *parked, struct snet_call *call)
{
	memset(call, 0, sizeof(*call));
	call->op = parked->op;
	call->op.flags |= SNET_EVENT_FLAG_DEFERRED;
	call->exe = parked->exe;
	call->has = parked->has;
	call->carrier = parked->carrier;
	call->payer = parked->payer;
	call->denied = parked->denied;
	call->length = parked->length;
	call->syscall = parked->syscall;
	call->stack = parked->stack;
	call->restart = true;
	call->direct = true;
}

void __init snet_parked_init(void)
{
	get_random_bytes(&snet_parked_key, sizeof(snet_parked_key));
}
