// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: a subsystem, a daemon and programs that exist in tests only
 *
 * Nothing here measures time: a test waits for what must come, and fails by
 * KUnit's own timeout if it does not.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "testing.h"

static const struct snet_subsys snet_test_subsys = {
	.name = "test",
	.number = SNET_SUBSYSTEM_TEST,
	.events = 0xff,
	.absent_events = BIT(1),
	.absent_families = BIT_ULL(AF_INET),
};

static struct snet_test *snet_test_now;

static void snet_test_record(struct snet_test *t, struct sk_buff *skb)
{
	struct nlmsghdr *nlh = nlmsg_hdr(skb);
	struct genlmsghdr *genl = nlmsg_data(nlh);
	struct nlattr *id, *cause;

	id = nlmsg_find_attr(nlh, GENL_HDRLEN, SNET_A_ID);
	cause = nlmsg_find_attr(nlh, GENL_HDRLEN, SNET_A_CAUSE);
	if (genl->cmd == SNET_CMD_EVENT && id) {
		t->asked[t->asked_count++ % SNET_TEST_MESSAGES] =
			nla_get_u64(id);
	} else if (genl->cmd == SNET_CMD_CANCEL && id && cause) {
		u32 at = t->cancelled_count++ % SNET_TEST_MESSAGES;

		t->cancelled[at] = nla_get_u64(id);
		t->causes[at] = nla_get_u32(cause);
	}
}

static int snet_test_send(struct snet_daemon *daemon, struct sk_buff *skb)
{
	struct snet_test *t = snet_test_now;
	bool full;

	spin_lock(&t->lock);
	full = t->full;
	if (full)
		t->full--;
	else
		snet_test_record(t, skb);
	spin_unlock(&t->lock);
	kfree_skb(skb);
	return full ? -EAGAIN : 0;
}

void snet_test_attach(struct snet_test *t)
{
	const struct snet_wish wish = { .events = 0xff, .families = ~0ULL };

	t->daemon = snet_daemon_new(t->watch, "test");
	KUNIT_ASSERT_NOT_NULL(t->test, t->daemon);
	t->daemon->peer = &t->peer;
	t->daemon->send = snet_test_send;
	KUNIT_ASSERT_EQ(t->test, snet_attach(t->daemon, NULL, &wish, NULL), 0);
}

void snet_test_detach(struct snet_test *t)
{
	t->daemon = NULL;
	KUNIT_EXPECT_EQ(t->test, snet_detach(t->watch, &t->peer), 0);
}

int snet_test_init(struct kunit *test)
{
	struct snet_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	u32 hour = SNET_TEST_HOUR;

	KUNIT_ASSERT_NOT_NULL(test, t);
	if (!snet_watch_get(SNET_SUBSYSTEM_SNET))
		kunit_skip(test, "snet takes no part (see lsm=)");
	spin_lock_init(&t->lock);
	t->test = test;
	test->priv = t;
	snet_test_now = t;
	KUNIT_ASSERT_EQ(test, snet_subsys_register(&snet_test_subsys), 0);
	t->watch = snet_watch_get(SNET_SUBSYSTEM_TEST);
	snet_counters_read(t->watch, t->before);
	snet_test_attach(t);
	snet_test_set(t, snet_test_delay, hour);
	return 0;
}

/* Whatever a test did: every call that was asked has ended, once. */
static void snet_test_adds_up(struct snet_test *t)
{
	u64 n[__SNET_A_CNT_MAX], ends = 0;
	int i;

	snet_counters_read(t->watch, n);
	for (i = SNET_A_CNT_ENDS_ALLOWED; i <= SNET_A_CNT_ENDS_UNDELIVERED; i++)
		ends += n[i];
	KUNIT_EXPECT_EQ(t->test, n[SNET_A_CNT_WAITING], 0);
	KUNIT_EXPECT_EQ(t->test, n[SNET_A_CNT_ASKED], ends);
}

void snet_test_exit(struct kunit *test)
{
	struct snet_test *t = test->priv;

	if (!t || !t->watch)
		return;
	if (t->daemon)
		snet_test_detach(t);
	snet_parked_settle();
	snet_test_adds_up(t);
	snet_subsys_unregister(&snet_test_subsys);
}

void snet_test_delay(struct snet_settings *set, void *value)
{
	int i;

	for (i = 0; i < SNET_EVENT_BITS; i++)
		set->delay[i] = *(u32 *)value;
}

void snet_test_policy(struct snet_settings *set, void *value)
{
	memset(set->policy, *(u32 *)value, sizeof(set->policy));
}

void snet_test_set(struct snet_test *t,
		   void (*change)(struct snet_settings *set, void *data),
		   u32 value)
{
	KUNIT_ASSERT_EQ(t->test,
			snet_configure(t->watch, &t->peer, change, &value), 0);
}

u64 snet_test_counter(struct snet_test *t, int counter)
{
	u64 n[__SNET_A_CNT_MAX];

	snet_counters_read(t->watch, n);
	return n[counter] - t->before[counter];
}

/* Waits until a counter has a value. */
void snet_test_until(struct snet_test *t, int counter, u64 value)
{
	while (snet_test_counter(t, counter) != value)
		msleep(20);
}

/* The same call every time, until a test changes it. */
void snet_test_call(struct snet_call *call)
{
	snet_call_init(call, SNET_TEST_EVENT(1));
	memset(&call->op.who, 0, sizeof(call->op.who));
	call->exe = NULL;
	call->op.flags = 0;
	call->op.who.uid = 1000;
	call->op.who.cgroup = 7;
	call->payer = 1000;
	call->op.family = AF_INET;
	call->op.type = SOCK_STREAM;
	call->op.cookie = 11;
	call->op.net_cookie = 1;
	call->op.remote.family = AF_INET;
	call->op.remote.length = 4;
	call->op.remote.ipv4 = htonl(0x7f000001);
	call->op.remote.port = 80;
	call->has = SNET_HAS_SOCKET | SNET_HAS_COOKIE;
	call->restart = true;
	call->syscall = 1;
	call->stack = 0x1000;
}

struct snet_caller *snet_test_caller(struct snet_test *t)
{
	struct snet_caller *caller;

	caller = kunit_kzalloc(t->test, sizeof(*caller), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(t->test, caller);
	KUNIT_ASSERT_EQ(t->test, snet_task_fork(&caller->task, NULL, false), 0);
	init_completion(&caller->back);
	init_completion(&caller->again);
	snet_test_call(&caller->call);
	return caller;
}

static int snet_caller_once(struct snet_caller *caller)
{
	if (caller->defer)
		return snet_defer_as(&caller->task, &caller->call);
	return snet_ask_as(&caller->task, &caller->call);
}

/* What the kernel does on the way to user space, and a handler. */
static void snet_caller_leaves(struct snet_caller *caller)
{
	clear_notify_signal();
	if (caller->defer)
		task_work_run();
	flush_signals(current);
}

static int snet_caller_run(void *data)
{
	struct snet_caller *caller = data;

	allow_signal(SIGUSR1);
	allow_signal(SIGKILL);
	do {
		caller->result = snet_caller_once(caller);
		if (caller->result == -ERESTARTNOINTR)
			snet_caller_leaves(caller);
		complete(&caller->back);
		wait_for_completion(&caller->again);
	} while (!caller->left);
	return 0;
}

/* Lets a program make its call. */
void snet_test_start(struct snet_test *t, struct snet_caller *caller)
{
	caller->thread = kthread_create(snet_caller_run, caller, "snet-caller");
	KUNIT_ASSERT_FALSE(t->test, IS_ERR(caller->thread));
	get_task_struct(caller->thread);
	wake_up_process(caller->thread);
}

/* What its hook returns, when it does. */
int snet_test_result(struct snet_test *t, struct snet_caller *caller)
{
	wait_for_completion(&caller->back);
	return caller->result;
}

void snet_test_signal(struct snet_caller *caller, int signal)
{
	send_sig(signal, caller->thread, 1);
}

/* Runs the call again, after a handler. */
void snet_test_again(struct snet_caller *caller)
{
	complete(&caller->again);
}

/* Ends a program that has its answer. */
void snet_test_leave(struct snet_test *t, struct snet_caller *caller)
{
	caller->left = true;
	complete(&caller->again);
	kthread_stop(caller->thread);
	put_task_struct(caller->thread);
	snet_task_free(&caller->task);
}

/* The id of the daemon's nth event, counted from 0, when it comes. */
u64 snet_test_asked(struct snet_test *t, u32 nth)
{
	for (;;) {
		u64 id = 0;

		spin_lock(&t->lock);
		if (t->asked_count > nth)
			id = t->asked[nth];
		spin_unlock(&t->lock);
		if (id)
			return id;
		msleep(20);
	}
}

u32 snet_test_asked_count(struct snet_test *t)
{
	u32 count;

	spin_lock(&t->lock);
	count = t->asked_count;
	spin_unlock(&t->lock);
	return count;
}

/* Why an event was cancelled; SNET_CAUSE_VERDICT if it was not. */
u32 snet_test_cancelled(struct snet_test *t, u64 id)
{
	u32 cause = SNET_CAUSE_VERDICT;
	u32 i;

	spin_lock(&t->lock);
	for (i = 0; i < t->cancelled_count; i++)
		if (t->cancelled[i] == id)
			cause = t->causes[i];
	spin_unlock(&t->lock);
	return cause;
}

int snet_test_answer(struct snet_test *t, u64 id, u32 action, u32 error)
{
	const struct snet_answer answer = { .action = action, .error = error };

	return snet_verdict(&t->peer, id, &answer);
}
