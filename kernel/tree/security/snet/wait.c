// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: the wait of a held call
 *
 * Nothing is locked here: the event is made and sent, and the task sleeps.
 */
#include <linux/freezer.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "core.h"

static u32 snet_time_left(const struct snet_request *req)
{
	return jiffies_to_msecs(max(snet_request_left(req), 0L));
}

/* Tells the daemon; its socket may be full. */
static void snet_request_send(struct snet_request *req,
			      const struct snet_call *call)
{
	struct sk_buff *skb;

	skb = snet_message_event(call, req->id, req->time, snet_time_left(req),
				 0, GFP_KERNEL);
	if (skb && !req->daemon->send(req->daemon, skb))
		WRITE_ONCE(req->sent, true);
	else
		snet_count(req->watch, SNET_A_CNT_RETRIES);
}

/* Return: Whether a signal is to be looked after. */
static bool snet_request_sleep(struct snet_request *req, unsigned int state,
			       long left)
{
	DEFINE_WAIT(wait);
	bool signal;

	prepare_to_wait(&req->wait, &wait, state);
	signal = signal_pending_state(state, current);
	if (!signal && !READ_ONCE(req->ended))
		schedule_timeout(left);
	finish_wait(&req->wait, &wait);
	return signal;
}

/* The threads that do what io_uring was given, not the one that polls. */
static bool snet_io_worker(void)
{
	return current->flags & PF_IO_WORKER && current->worker_private;
}

/* io_uring takes a call back: it must not wait for a person's answer. */
static bool snet_io_cancelled(void)
{
	return snet_io_worker() && test_thread_flag(TIF_NOTIFY_SIGNAL);
}

/*
 * A held task must not stand in the way of suspend, unless io_uring holds its
 * locks around the call: a worker does not, who submits or polls does.
 */
static unsigned int snet_wait_state(const struct snet_call *call,
				    bool interruptible)
{
	unsigned int state = TASK_KILLABLE;

	if (interruptible || snet_io_worker())
		state = TASK_INTERRUPTIBLE;
	if (call->direct || snet_io_worker())
		state |= TASK_FREEZABLE;
	return state;
}

/**
 * snet_request_wait - Wait for a request's end
 * @req: The request; its event is sent if it has not been.
 * @call: The call.
 * @interruptible: Make way for a signal's handler; else for fatal ones only,
 *	and for io_uring's cancellation.
 *
 * Return: SNET_WAIT_ENDED, or SNET_WAIT_INTERRUPTED: it goes on without its
 * task.
 */
enum snet_wait snet_request_wait(struct snet_request *req,
				 const struct snet_call *call,
				 bool interruptible)
{
	unsigned int state = snet_wait_state(call, interruptible);
	unsigned int pause = SNET_RETRY_FIRST;

	while (!snet_request_ended(req)) {
		long left = snet_request_left(req);

		if (left <= 0) {
			snet_request_late(req);
			continue;
		}
		if (!req->sent)
			snet_request_send(req, call);
		if (!req->sent) {
			left = min_t(long, left, msecs_to_jiffies(pause));
			pause = min(2 * pause, SNET_RETRY_MOST);
		}
		if (!snet_request_sleep(req, state, left))
			continue;
		if (fatal_signal_pending(current) || snet_io_cancelled())
			snet_request_finish(req, SNET_CAUSE_SIGNAL);
		else if (!interruptible)
			state = TASK_KILLABLE | (state & TASK_FREEZABLE);
		else if (!snet_request_ended(req))
			return SNET_WAIT_INTERRUPTED;
	}
	return SNET_WAIT_ENDED;
}
