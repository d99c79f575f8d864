// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: held calls
 *
 * A request is in the id table from the moment it is asked until it has its
 * end: a verdict, its deadline, a signal, the daemon's departure, or its
 * program's. Whoever ends it takes it from the table under snet_lock, so that
 * there is exactly one end; the others find it ended.
 */
#include <linux/hashtable.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "core.h"
#include "trace.h"

static DEFINE_HASHTABLE(snet_requests, SNET_REQUEST_BITS); /* under snet_lock */
static atomic64_t snet_ids = ATOMIC64_INIT(0);

void snet_request_put(struct snet_request *req)
{
	if (!refcount_dec_and_test(&req->refs))
		return;
	snet_daemon_put(req->daemon);
	kfree(req);
}

/* Whether it has its end; what came out may be read if so. */
bool snet_request_ended(const struct snet_request *req)
{
	/* Pairs with snet_request_end(). */
	return smp_load_acquire(&req->ended);
}

static struct snet_request *snet_request_find(u64 id)
{
	struct snet_request *req;

	lockdep_assert_held(&snet_lock);
	hash_for_each_possible(snet_requests, req, node, id)
		if (req->id == id)
			return req;
	return NULL;
}

/* How the end of a call is counted. */
static int snet_end_counter(u32 cause, u32 action)
{
	bool deny = action == SNET_ACTION_DENY;

	/* A denial's counter stands behind the other. */
	BUILD_BUG_ON((SNET_A_CNT_ENDS_DENIED - SNET_A_CNT_ENDS_ALLOWED) != 1);
	BUILD_BUG_ON((SNET_A_CNT_ENDS_TIMEOUT_DENIED -
		      SNET_A_CNT_ENDS_TIMEOUT_ALLOWED) != 1);

	switch (cause) {
	case SNET_CAUSE_VERDICT:
		return SNET_A_CNT_ENDS_ALLOWED + deny;
	case SNET_CAUSE_TIMEOUT:
		return SNET_A_CNT_ENDS_TIMEOUT_ALLOWED + deny;
	case SNET_CAUSE_SIGNAL:
		return SNET_A_CNT_ENDS_SIGNAL;
	case SNET_CAUSE_GONE:
		return SNET_A_CNT_ENDS_GONE;
	case SNET_CAUSE_ABANDONED:
		return SNET_A_CNT_ENDS_ABANDONED;
	default:
		return SNET_A_CNT_ENDS_UNDELIVERED;
	}
}

/*
 * The one place where a request ends. The table's reference is the caller's
 * then, who wakes its task and drops it when the lock is given up.
 */
static void snet_request_end(struct snet_request *req, u32 cause, u32 action)
{
	struct snet_exact *exact = &req->watch->exact;

	lockdep_assert_held(&snet_lock);
	req->cause = cause;
	req->answer.action = action;
	hash_del(&req->node);
	list_del_init(&req->held);
	snet_quota_give_back(req->uid);
	snet_quota_give_back(req->cgroup);
	snet_quota_put(req->uid);
	snet_quota_put(req->cgroup);
	exact->ends[snet_end_counter(cause, action) - SNET_A_CNT_ENDS_ALLOWED]++;
	exact->waiting--;
	/* Not the last reference: the table's is still there. */
	if (cancel_delayed_work(&req->expiry))
		refcount_dec(&req->refs);
	trace_snet_end(req->id, req->event, cause, action);
	/* Pairs with snet_request_ended(). */
	smp_store_release(&req->ended, true);
}

static void snet_request_wake(struct snet_request *req, bool alone)
{
	snet_wake(&req->wait, alone);
	snet_request_put(req);
}

/* The answer to a request that nobody has answered. */
static u32 snet_request_policy(const struct snet_request *req, u32 cause)
{
	const struct snet_settings *set;

	set = rcu_dereference_protected(req->watch->settings,
					lockdep_is_held(&snet_lock));
	if (cause == SNET_CAUSE_GONE)
		return snet_settings_stricter(set, req->event, req->family);
	if (cause == SNET_CAUSE_SIGNAL || cause == SNET_CAUSE_ABANDONED)
		return SNET_ACTION_DENY;
	return set->policy[snet_place(req->event)];
}

/* Without its answer the daemon need not go on thinking; it may be lost. */
static void snet_request_cancel(struct snet_request *req)
{
	struct sk_buff *skb;

	if (!READ_ONCE(req->sent))
		return;
	skb = snet_message_cancel(req->id, req->event, req->cause);
	if (skb)
		req->daemon->send(req->daemon, skb);
}

/* Ends a request without a verdict, unless it has ended. */
void snet_request_finish(struct snet_request *req, u32 cause)
{
	bool mine;

	spin_lock(&snet_lock);
	mine = !req->ended;
	if (mine)
		snet_request_end(req, cause, snet_request_policy(req, cause));
	spin_unlock(&snet_lock);
	if (!mine)
		return;
	snet_request_cancel(req);
	snet_request_wake(req, false);
}

/* Ends a request at its deadline, unless that has been moved on. */
void snet_request_late(struct snet_request *req)
{
	u32 cause = READ_ONCE(req->sent) ? SNET_CAUSE_TIMEOUT :
					   SNET_CAUSE_UNDELIVERED;
	bool mine;

	spin_lock(&snet_lock);
	mine = !req->ended && time_after_eq(jiffies, req->deadline);
	if (mine)
		snet_request_end(req, cause, snet_request_policy(req, cause));
	spin_unlock(&snet_lock);
	if (!mine)
		return;
	snet_request_cancel(req);
	snet_request_wake(req, false);
}

/**
 * snet_request_abandon - The program has left the call
 * @req: Its request.
 */
void snet_request_abandon(struct snet_request *req)
{
	snet_request_finish(req, SNET_CAUSE_ABANDONED);
}

/* Jiffies to its deadline; none or fewer if it has passed. */
long snet_request_left(const struct snet_request *req)
{
	return READ_ONCE(req->deadline) - jiffies;
}

/* At its deadline, while its task is elsewhere. */
static void snet_request_expire(struct work_struct *work)
{
	struct snet_request *req = container_of(to_delayed_work(work),
						struct snet_request, expiry);
	bool again;

	snet_request_late(req);
	spin_lock(&snet_lock);
	again = !req->ended &&
		schedule_delayed_work(&req->expiry,
				      max(snet_request_left(req), 0L));
	spin_unlock(&snet_lock);
	if (!again)
		snet_request_put(req);
}

/**
 * snet_request_park - Let a request end in time though nobody waits for it
 * @req: A request whose task goes elsewhere.
 */
void snet_request_park(struct snet_request *req)
{
	spin_lock(&snet_lock);
	if (!req->ended &&
	    schedule_delayed_work(&req->expiry,
				  max(snet_request_left(req), 0L)))
		refcount_inc(&req->refs);
	spin_unlock(&snet_lock);
}

/* Beginning --------------------------------------------------------------- */

static unsigned long snet_deadline(u32 ms)
{
	return jiffies + max(msecs_to_jiffies(min(ms, SNET_DELAY_MOST)), 1UL);
}

/* Past a limit: which, or 0. What was taken is to be given back on failure. */
static int snet_limit_reached(struct snet_request *req,
			      const struct snet_settings *set)
{
	if (req->watch->exact.waiting >= set->limit_total)
		return SNET_A_CNT_LIMIT_TOTAL;
	if (!snet_quota_take(req->uid, set->limit_uid))
		return SNET_A_CNT_LIMIT_UID;
	if (snet_quota_take(req->cgroup, set->limit_cgroup))
		return 0;
	snet_quota_give_back(req->uid);
	return SNET_A_CNT_LIMIT_CGROUP;
}

static void snet_request_begin(struct snet_request *req,
			       struct snet_daemon *daemon,
			       const struct snet_settings *set)
{
	struct snet_exact *exact = &req->watch->exact;

	lockdep_assert_held(&snet_lock);
	refcount_inc(&daemon->refs);
	req->daemon = daemon;
	req->deadline = snet_deadline(set->delay[snet_place(req->event)]);
	req->generation = atomic_read(&req->watch->generation);
	hash_add(snet_requests, &req->node, req->id);
	list_add_tail(&req->held, &daemon->requests);
	exact->asked++;
	exact->waiting++;
	exact->most = max(exact->most, exact->waiting);
}

/*
 * Return: 0 if the request is asked now; -ENOTCONN without a daemon; -ENOMSG
 * if it does not want to be asked; or the counter of the limit reached.
 */
static int snet_request_enter(struct snet_request *req)
{
	const struct snet_settings *set;
	struct snet_daemon *daemon;
	int refused = 0;

	spin_lock(&snet_lock);
	daemon = rcu_dereference_protected(req->watch->daemon,
					   lockdep_is_held(&snet_lock));
	set = rcu_dereference_protected(req->watch->settings,
					lockdep_is_held(&snet_lock));
	if (!daemon)
		refused = -ENOTCONN;
	else if (!snet_settings_wants(set, req->event, req->family))
		refused = -ENOMSG;
	else
		refused = snet_limit_reached(req, set);
	if (refused) {
		snet_quota_put(req->uid);
		snet_quota_put(req->cgroup);
	} else {
		snet_request_begin(req, daemon, set);
	}
	spin_unlock(&snet_lock);
	return refused;
}

static struct snet_request *snet_request_alloc(struct snet_watch *watch,
					       const struct snet_call *call)
{
	struct snet_request *req = kzalloc(sizeof(*req), GFP_KERNEL);

	if (!req)
		return NULL;
	/* The table's and its task's. */
	refcount_set(&req->refs, 2);
	req->id = atomic64_inc_return(&snet_ids);
	req->time = ktime_get_ns();
	req->watch = watch;
	req->event = call->op.event;
	req->family = snet_call_family(call);
	init_waitqueue_head(&req->wait);
	INIT_LIST_HEAD(&req->held);
	INIT_DELAYED_WORK(&req->expiry, snet_request_expire);
	return req;
}

/* A uid and a cgroup have quotas; without cgroups there is none of the latter. */
static bool snet_request_quotas(struct snet_request *req,
				const struct snet_call *call)
{
	u64 cgroup = call->op.who.cgroup;

	req->uid = snet_quota_get(req->watch, SNET_QUOTA_UID, call->payer);
	if (!req->uid)
		return false;
	if (!cgroup)
		return true;
	req->cgroup = snet_quota_get(req->watch, SNET_QUOTA_CGROUP, cgroup);
	if (req->cgroup)
		return true;
	spin_lock(&snet_lock);
	snet_quota_put(req->uid);
	spin_unlock(&snet_lock);
	return false;
}

static int snet_limit_result(struct snet_watch *watch,
			     const struct snet_call *call, int limit)
{
	u32 action;

	snet_count(watch, limit);
	trace_snet_limit(call->op.event, limit);
	rcu_read_lock();
	action = rcu_dereference(watch->settings)->limit_policy;
	rcu_read_unlock();
	return snet_answer_result(action, 0, call);
}

/**
 * snet_request_new - Begin to hold a call
 * @watch: Of which subsystem.
 * @call: The call.
 * @result: Its answer where it cannot be asked.
 *
 * Return: The request, with a reference for its task; or NULL.
 */
struct snet_request *snet_request_new(struct snet_watch *watch,
				      const struct snet_call *call, int *result)
{
	struct snet_request *req = snet_request_alloc(watch, call);
	int refused;

	if (!req || !snet_request_quotas(req, call)) {
		kfree(req);
		snet_count(watch, SNET_A_CNT_NO_MEMORY);
		*result = snet_policy_result(watch, call);
		return NULL;
	}
	refused = snet_request_enter(req);
	if (!refused) {
		trace_snet_ask(req->id, call);
		return req;
	}
	kfree(req);
	if (refused == -ENOTCONN)
		*result = snet_absent_result(watch, call);
	else if (refused == -ENOMSG)
		*result = 0;
	else
		*result = snet_limit_result(watch, call, refused);
	return NULL;
}

/**
 * snet_request_result - What the hook returns
 * @req: A request that has ended.
 * @call: Its call.
 *
 * Return: 0 if it may go on; -EINTR after a fatal signal; else the negative
 * errno of the verdict, or the call's own for a denial.
 */
int snet_request_result(const struct snet_request *req,
			const struct snet_call *call)
{
	if (req->cause == SNET_CAUSE_SIGNAL)
		return -EINTR;
	return snet_answer_result(req->answer.action, req->answer.error, call);
}

/* Ending ------------------------------------------------------------------ */

/* Return: The request that a daemon's socket may end, or NULL. */
static struct snet_request *snet_request_of(const void *peer, u64 id)
{
	struct snet_request *req = snet_request_find(id);

	return req && req->daemon->peer == peer ? req : NULL;
}

/**
 * snet_verdict - Answer a held call
 * @peer: The socket that it came from.
 * @id: Verdict id.
 * @answer: The answer.
 *
 * Takes the same time however many are held.
 *
 * Return: 0, -ENOTCONN if @peer is not attached, -ENOENT if nothing waits for
 * it under @id.
 */
int snet_verdict(const void *peer, u64 id, const struct snet_answer *answer)
{
	struct snet_request *req;
	bool alone = false;

	spin_lock(&snet_lock);
	req = snet_request_of(peer, id);
	if (req) {
		req->answer = *answer;
		if (!answer->has_generation)
			req->answer.generation = req->generation;
		snet_request_end(req, SNET_CAUSE_VERDICT, answer->action);
		alone = !req->watch->exact.waiting;
	}
	spin_unlock(&snet_lock);
	if (!req)
		return snet_is_daemon(peer) ? -ENOENT : -ENOTCONN;
	snet_request_wake(req, alone);
	return 0;
}

/**
 * snet_hold - Move a held call's deadline
 * @peer: The socket that it came from.
 * @id: Verdict id.
 * @ms: Milliseconds from now.
 *
 * Return: As snet_verdict().
 */
int snet_hold(const void *peer, u64 id, u32 ms)
{
	struct snet_request *req;

	spin_lock(&snet_lock);
	req = snet_request_of(peer, id);
	if (req) {
		WRITE_ONCE(req->deadline, snet_deadline(ms));
		if (delayed_work_pending(&req->expiry) &&
		    !mod_delayed_work(system_wq, &req->expiry,
				      max(snet_request_left(req), 0L)))
			refcount_inc(&req->refs);
		snet_count(req->watch, SNET_A_CNT_HELD);
		wake_up(&req->wait);
	}
	spin_unlock(&snet_lock);
	if (!req)
		return snet_is_daemon(peer) ? -ENOENT : -ENOTCONN;
	return 0;
}

/* Ends some of the calls that a daemon had to answer. */
static void snet_requests_gone_some(struct snet_daemon *daemon,
				    struct list_head *ended)
{
	struct snet_request *req;
	int i;

	spin_lock(&snet_lock);
	for (i = 0; i < SNET_BATCH && !list_empty(&daemon->requests); i++) {
		req = list_first_entry(&daemon->requests, struct snet_request,
				       held);
		snet_request_end(req, SNET_CAUSE_GONE,
				 snet_request_policy(req, SNET_CAUSE_GONE));
		list_add_tail(&req->held, ended);
	}
	spin_unlock(&snet_lock);
}

/**
 * snet_requests_gone - End all calls that a daemon had to answer
 * @daemon: It, detached: no new ones come.
 */
void snet_requests_gone(struct snet_daemon *daemon)
{
	struct snet_request *req, *next;
	LIST_HEAD(ended);

	for (;;) {
		snet_requests_gone_some(daemon, &ended);
		if (list_empty(&ended))
			return;
		list_for_each_entry_safe(req, next, &ended, held) {
			list_del_init(&req->held);
			snet_request_wake(req, false);
		}
		cond_resched();
	}
}
