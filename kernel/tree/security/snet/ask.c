// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: the way of a question, from its hook to its answer
 */
#define pr_fmt(fmt) "snet: " fmt

#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "core.h"
#include "trace.h"

/* For those who look for a fault: the event in the kernel log (snet.debug). */
static void snet_say(struct snet_watch *watch, u64 id,
		     const struct snet_call *call)
{
	const struct snet_operands *op = &call->op;
	bool debug;

	rcu_read_lock();
	debug = rcu_dereference(watch->settings)->debug;
	rcu_read_unlock();
	if (debug)
		pr_info("verdict_id=0x%llx event=%u protocol=%u family=%u uid=%u pid=%u [%*pE]\n",
			id, op->event, op->protocol, op->family, op->who.uid,
			op->who.pid, (int)strnlen(op->who.comm, TASK_COMM_LEN),
			op->who.comm);
}

/**
 * snet_answer_result - What a hook returns for an answer
 * @action: SNET_ACTION_x.
 * @error: Positive errno that it names, or 0.
 * @call: The call.
 *
 * Return: 0 or the negative errno.
 */
int snet_answer_result(u32 action, u32 error, const struct snet_call *call)
{
	if (action == SNET_ACTION_ALLOW)
		return 0;
	return -(int)(error ?: call->denied);
}

/* What the event's policy says. */
int snet_policy_result(struct snet_watch *watch, const struct snet_call *call)
{
	u32 action;

	rcu_read_lock();
	action = rcu_dereference(watch->settings)
			 ->policy[snet_place(call->op.event)];
	rcu_read_unlock();
	return snet_answer_result(action, 0, call);
}

/* What the absent policy says. */
int snet_absent_result(struct snet_watch *watch, const struct snet_call *call)
{
	u32 action = SNET_ACTION_ALLOW;
	const struct snet_settings *set;
	bool covers;

	rcu_read_lock();
	set = rcu_dereference(watch->settings);
	covers = snet_settings_covers(set, call->op.event,
				      snet_call_family(call));
	if (covers)
		action = set->absent_policy;
	rcu_read_unlock();
	if (!covers)
		return 0;
	snet_count(watch, action == SNET_ACTION_DENY ?
				  SNET_A_CNT_ABSENT_DENIED :
				  SNET_A_CNT_ABSENT_ALLOWED);
	return snet_answer_result(action, 0, call);
}

static int snet_unsafe_result(struct snet_watch *watch,
			      const struct snet_call *call)
{
	snet_count(watch, SNET_A_CNT_UNSAFE);
	return snet_policy_result(watch, call);
}

/* Return: Whether the call is answered without asking, with its @result. */
static bool snet_answered(struct snet_watch *watch, struct snet_task *task,
			  const struct snet_call *call, int *result)
{
	struct snet_answer answer;

	if (snet_ticket_find(watch, task ? task->proc : NULL, call, &answer)) {
		snet_count(watch, answer.action == SNET_ACTION_ALLOW ?
					  SNET_A_CNT_TICKET_ALLOWED :
					  SNET_A_CNT_TICKET_DENIED);
		trace_snet_ticket(call->op.event, answer.action, answer.rule);
		*result = snet_answer_result(answer.action, answer.error, call);
		return true;
	}
	if (!rcu_access_pointer(watch->daemon)) {
		*result = snet_absent_result(watch, call);
		return true;
	}
	return false;
}

static u64 snet_owner(struct snet_task *task)
{
	return task && task->proc ? atomic64_read(&task->proc->owner) : 0;
}

static void snet_remember(struct snet_task *task, const struct snet_call *call,
			  const struct snet_request *req, u64 owner)
{
	if (req->cause == SNET_CAUSE_VERDICT && req->answer.remember)
		snet_ticket_give(req, task ? task->proc : NULL, call, owner);
}

/* The end of a question: its ticket, and what the hook returns. */
static int snet_conclude(struct snet_task *task, const struct snet_call *call,
			 struct snet_request *req, u64 owner)
{
	int result = snet_request_result(req, call);

	snet_remember(task, call, req, owner);
	snet_request_put(req);
	return result;
}

/* Waits in the hook. */
static int snet_wait_here(struct snet_task *task, struct snet_watch *watch,
			  const struct snet_call *call,
			  struct snet_request *req)
{
	u64 owner = snet_owner(task);
	struct snet_parked *parked;

	if (snet_request_wait(req, call, task && call->restart) ==
	    SNET_WAIT_ENDED)
		return snet_conclude(task, call, req, owner);

	parked = snet_parked_new(task, watch, call, req, GFP_KERNEL_ACCOUNT);
	if (!parked) {
		/* The handler has to wait. */
		snet_request_wait(req, call, false);
		return snet_conclude(task, call, req, owner);
	}
	snet_count(watch, SNET_A_CNT_INTERRUPTED);
	snet_request_park(req);
	return -ERESTARTNOINTR;
}

/* What a parked call has by now, or asks on; it is parked no longer. */
static int snet_resume(struct snet_task *task, struct snet_watch *watch,
		       const struct snet_call *call, struct snet_parked *parked)
{
	struct snet_request *req = parked->request;
	int result = parked->result;

	parked->request = NULL;
	snet_parked_drop(task, parked);
	if (!req)
		return result;
	snet_count(watch, SNET_A_CNT_RESUMED);
	return snet_wait_here(task, watch, call, req);
}

static bool snet_may_sleep(void)
{
	return !in_atomic() && !irqs_disabled() &&
	       !(current->flags & PF_EXITING);
}

/* As snet_ask(), for a thread whose state is @task, or NULL. */
int snet_ask_as(struct snet_task *task, const struct snet_call *call)
{
	struct snet_watch *watch = snet_watch_of(call->op.event);
	struct snet_parked *parked;
	struct snet_request *req;
	int result;

	if (!watch)
		return 0;
	if (!snet_may_sleep())
		return snet_answered(watch, task, call, &result) ?
			       result :
			       snet_unsafe_result(watch, call);
	parked = snet_parked_find(task, call);
	if (parked)
		return snet_resume(task, watch, call, parked);
	if (snet_answered(watch, task, call, &result))
		return result;
	if (fatal_signal_pending(current))
		return -EINTR;
	req = snet_request_new(watch, call, &result);
	if (!req)
		return result;
	snet_say(watch, req->id, call);
	return snet_wait_here(task, watch, call, req);
}

/**
 * snet_ask - Ask whether a call may go on, and wait for the answer
 * @call: The call.
 *
 * Process context, with no lock that the daemon or those it needs could want.
 * Where sleeping turns out to be impossible the event's policy answers.
 *
 * Return: 0 if it may; a negative errno if it was denied by a verdict, a
 * ticket or a policy: the one that the verdict names, else -call->denied;
 * -EINTR if the task is being killed; -ERESTARTNOINTR, only if
 * call->restart and a signal is pending: return it to user space, the call
 * comes back and goes on with its question.
 */
int snet_ask(struct snet_call *call)
{
	return snet_ask_as(snet_current(), call);
}

/* On the way out of the kernel. ------------------------------------------- */

static void snet_deferred_work(struct callback_head *work)
{
	struct snet_parked *parked = container_of(work, struct snet_parked,
						  work);
	struct snet_call call;

	/* An exiting thread does not come back; its state's end abandons it. */
	parked->queued = false;
	if (current->flags & PF_EXITING)
		return;
	snet_parked_call(parked, &call);
	if (!parked->request) {
		parked->request = snet_request_new(parked->watch, &call,
						   &parked->result);
		if (!parked->request)
			return;
		snet_count(parked->watch, SNET_A_CNT_DEFERRED);
		snet_say(parked->watch, parked->request->id, &call);
	}
	if (snet_request_wait(parked->request, &call, true) ==
	    SNET_WAIT_ENDED) {
		snet_remember(parked->task, &call, parked->request,
			      parked->owner);
		return;
	}
	snet_count(parked->watch, SNET_A_CNT_INTERRUPTED);
	snet_request_park(parked->request);
}

static bool snet_may_defer(const struct snet_task *task,
			   const struct snet_call *call)
{
	return task && call->syscall >= 0 && !(current->flags & PF_EXITING);
}

static int snet_defer_queue(struct snet_task *task, struct snet_watch *watch,
			    const struct snet_call *call,
			    struct snet_parked *parked)
{
	init_task_work(&parked->work, snet_deferred_work);
	parked->deferred = true;
	parked->queued = true;
	if (!task_work_add(current, &parked->work, TWA_SIGNAL))
		return -ERESTARTNOINTR;
	parked->queued = false;
	snet_parked_drop(task, parked);
	return snet_unsafe_result(watch, call);
}

/* The call has come back. */
static int snet_defer_again(struct snet_task *task, struct snet_watch *watch,
			    const struct snet_call *call,
			    struct snet_parked *parked)
{
	struct snet_request *req = parked->request;
	int result = parked->result;

	if (parked->queued)
		return -ERESTARTNOINTR;
	if (req && !snet_request_ended(req)) {
		snet_count(watch, SNET_A_CNT_RESUMED);
		return snet_defer_queue(task, watch, call, parked);
	}
	if (req)
		result = snet_request_result(req, call);
	snet_parked_drop(task, parked);
	return result;
}

/* As snet_defer(), for a thread whose state is @task, or NULL. */
int snet_defer_as(struct snet_task *task, const struct snet_call *call)
{
	struct snet_watch *watch = snet_watch_of(call->op.event);
	struct snet_parked *parked;
	int result;

	if (!watch)
		return 0;
	parked = snet_parked_find(task, call);
	if (parked)
		return snet_defer_again(task, watch, call, parked);
	if (snet_answered(watch, task, call, &result))
		return result;
	if (!snet_may_defer(task, call))
		return snet_unsafe_result(watch, call);
	parked = snet_parked_new(task, watch, call, NULL, GFP_ATOMIC);
	if (!parked) {
		snet_count(watch, SNET_A_CNT_NO_MEMORY);
		return snet_policy_result(watch, call);
	}
	return snet_defer_queue(task, watch, call, parked);
}

/**
 * snet_defer - Ask whether a call may go on, where its hook must not sleep
 * @call: The call. Its payload is not kept.
 *
 * The question is put when the thread is about to leave the kernel and holds
 * nothing; then the system call runs again from its start, and this returns
 * the answer. Takes no lock. Nothing may have been done yet that a second run
 * would do again.
 *
 * Return: As snet_ask(); -ERESTARTNOINTR must reach user space.
 */
int snet_defer(const struct snet_call *call)
{
	return snet_defer_as(snet_current(), call);
}

/**
 * snet_notify - Tell the daemon what happens, without asking
 * @call: The call.
 * @gfp: How to allocate.
 *
 * It may be lost: then it is counted.
 */
void snet_notify(struct snet_call *call, gfp_t gfp)
{
	struct snet_watch *watch = snet_watch_of(call->op.event);
	struct snet_daemon *daemon;
	struct sk_buff *skb;

	daemon = watch ? snet_daemon_get(watch) : NULL;
	if (!daemon)
		return;
	trace_snet_notify(call);
	snet_say(watch, 0, call);
	skb = snet_message_event(call, 0, ktime_get_ns(), 0,
				 SNET_EVENT_FLAG_NOTIFY, gfp);
	if (skb && !daemon->send(daemon, skb))
		snet_count(watch, SNET_A_CNT_NOTIFIED);
	else
		snet_count(watch, SNET_A_CNT_NOTIFY_LOST);
	snet_daemon_put(daemon);
}
