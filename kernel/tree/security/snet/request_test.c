// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: how held calls end
 */
#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "testing.h"

static void verdict_that_allows_lets_the_call_go_on(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id;

	snet_test_start(t, caller);
	id = snet_test_asked(t, 0);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_WAITING), 1);
	KUNIT_EXPECT_EQ(test, snet_test_answer(t, id, SNET_ACTION_ALLOW, 0), 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), 0);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ENDS_ALLOWED), 1);
	KUNIT_EXPECT_EQ(test, snet_test_cancelled(t, id), SNET_CAUSE_VERDICT);
	snet_test_leave(t, caller);
}

static void verdict_that_denies_names_the_errno(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);

	snet_test_start(t, caller);
	snet_test_answer(t, snet_test_asked(t, 0), SNET_ACTION_DENY,
			 ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ENDS_DENIED), 1);
	snet_test_leave(t, caller);
}

static void denial_without_errno_is_the_calls_own(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);

	caller->call.denied = ECONNABORTED;
	snet_test_start(t, caller);
	snet_test_answer(t, snet_test_asked(t, 0), SNET_ACTION_DENY, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -ECONNABORTED);
	snet_test_leave(t, caller);
}

static void second_verdict_finds_nothing(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id;

	snet_test_start(t, caller);
	id = snet_test_asked(t, 0);
	KUNIT_EXPECT_EQ(test, snet_test_answer(t, id, SNET_ACTION_DENY, 0), 0);
	KUNIT_EXPECT_EQ(test, snet_test_answer(t, id, SNET_ACTION_ALLOW, 0),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EPERM);
	snet_test_leave(t, caller);
}

static void forged_id_and_foreign_socket_change_nothing(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	const struct snet_answer answer = { .action = SNET_ACTION_ALLOW };
	u64 id;

	snet_test_start(t, caller);
	id = snet_test_asked(t, 0);
	KUNIT_EXPECT_EQ(test, snet_test_answer(t, id + 1, SNET_ACTION_ALLOW, 0),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, snet_verdict(test, id, &answer), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, snet_hold(test, id, 1), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, snet_hold(&t->peer, id + 1, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_WAITING), 1);
	snet_test_answer(t, id, SNET_ACTION_DENY, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EPERM);
	snet_test_leave(t, caller);
}

static void policy_answers_when_the_delay_has_passed(struct kunit *test)
{
	struct snet_test *t = test->priv;
	u32 action;

	snet_test_set(t, snet_test_delay, 1);
	for (action = SNET_ACTION_ALLOW; action <= SNET_ACTION_DENY; action++) {
		struct snet_caller *caller = snet_test_caller(t);
		u64 id;

		snet_test_set(t, snet_test_policy, action);
		snet_test_start(t, caller);
		KUNIT_EXPECT_EQ(test, snet_test_result(t, caller),
				action == SNET_ACTION_DENY ? -EPERM : 0);
		id = snet_test_asked(t, action);
		KUNIT_EXPECT_EQ(test, snet_test_cancelled(t, id),
				SNET_CAUSE_TIMEOUT);
		KUNIT_EXPECT_EQ(test, snet_test_answer(t, id, 0, 0), -ENOENT);
		snet_test_leave(t, caller);
	}
	KUNIT_EXPECT_EQ(test,
			snet_test_counter(t, SNET_A_CNT_ENDS_TIMEOUT_ALLOWED),
			1);
	KUNIT_EXPECT_EQ(test,
			snet_test_counter(t, SNET_A_CNT_ENDS_TIMEOUT_DENIED),
			1);
}

static void fatal_signal_ends_the_call(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id;

	snet_test_start(t, caller);
	id = snet_test_asked(t, 0);
	snet_test_signal(caller, SIGKILL);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EINTR);
	KUNIT_EXPECT_EQ(test, snet_test_cancelled(t, id), SNET_CAUSE_SIGNAL);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ENDS_SIGNAL), 1);
	KUNIT_EXPECT_EQ(test, snet_test_answer(t, id, 0, 0), -ENOENT);
	snet_test_leave(t, caller);
}

static void test_absent_policy(struct snet_settings *set, void *value)
{
	set->absent_policy = *(u32 *)value;
}

static void stricter_policy_answers_when_the_daemon_goes(struct kunit *test)
{
	static const struct {
		u32 policy, absent, event;
		int result;
	} cases[] = {
		{ SNET_ACTION_ALLOW, SNET_ACTION_ALLOW, 1, 0 },
		{ SNET_ACTION_ALLOW, SNET_ACTION_DENY, 1, -EPERM },
		{ SNET_ACTION_ALLOW, SNET_ACTION_DENY, 2, 0 },
		{ SNET_ACTION_DENY, SNET_ACTION_ALLOW, 1, -EPERM },
	};
	struct snet_test *t = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct snet_caller *caller = snet_test_caller(t);

		snet_test_set(t, snet_test_delay, SNET_TEST_HOUR);
		snet_test_set(t, snet_test_policy, cases[i].policy);
		snet_test_set(t, test_absent_policy, cases[i].absent);
		caller->call.op.event = SNET_TEST_EVENT(cases[i].event);
		snet_test_start(t, caller);
		snet_test_asked(t, i);
		snet_test_detach(t);
		KUNIT_EXPECT_EQ(test, snet_test_result(t, caller),
				cases[i].result);
		snet_test_leave(t, caller);
		snet_test_attach(t);
	}
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ENDS_GONE),
			ARRAY_SIZE(cases));
	KUNIT_EXPECT_EQ(test, t->cancelled_count, 0);
}

static void absent_policy_answers_without_a_daemon(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_call call;

	snet_test_call(&call);
	snet_test_set(t, test_absent_policy, SNET_ACTION_DENY);
	snet_test_detach(t);
	KUNIT_EXPECT_EQ(test, snet_ask_as(NULL, &call), -EPERM);
	call.op.event = SNET_TEST_EVENT(2);
	KUNIT_EXPECT_EQ(test, snet_ask_as(NULL, &call), 0);
	call.op.event = SNET_TEST_EVENT(1);
	call.op.family = AF_UNIX;
	KUNIT_EXPECT_EQ(test, snet_ask_as(NULL, &call), 0);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ABSENT_DENIED),
			1);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ASKED), 0);
}

static void full_socket_is_tried_again(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);

	t->full = 3;
	snet_test_start(t, caller);
	snet_test_answer(t, snet_test_asked(t, 0), SNET_ACTION_ALLOW, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), 0);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_RETRIES), 3);
	KUNIT_EXPECT_EQ(test, snet_test_asked_count(t), 1);
	snet_test_leave(t, caller);
}

static void policy_answers_what_cannot_be_delivered(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);

	t->full = U32_MAX;
	snet_test_set(t, snet_test_delay, 1);
	snet_test_set(t, snet_test_policy, SNET_ACTION_DENY);
	snet_test_start(t, caller);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EPERM);
	KUNIT_EXPECT_EQ(test,
			snet_test_counter(t, SNET_A_CNT_ENDS_UNDELIVERED), 1);
	KUNIT_EXPECT_EQ(test, t->cancelled_count, 0);
	snet_test_leave(t, caller);
}

static void fatal_signal_ends_the_tries_to_deliver(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);

	t->full = U32_MAX;
	snet_test_start(t, caller);
	snet_test_until(t, SNET_A_CNT_WAITING, 1);
	snet_test_signal(caller, SIGKILL);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EINTR);
	KUNIT_EXPECT_EQ(test, t->cancelled_count, 0);
	snet_test_leave(t, caller);
}

static void hold_moves_the_deadline(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id;

	snet_test_set(t, snet_test_policy, SNET_ACTION_DENY);
	snet_test_start(t, caller);
	id = snet_test_asked(t, 0);
	KUNIT_EXPECT_EQ(test, snet_hold(&t->peer, id, U32_MAX), 0);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_WAITING), 1);
	/* An hour early. */
	KUNIT_EXPECT_EQ(test, snet_hold(&t->peer, id, 0), 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EPERM);
	KUNIT_EXPECT_EQ(test,
			snet_test_counter(t, SNET_A_CNT_ENDS_TIMEOUT_DENIED),
			1);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_HELD), 2);
	KUNIT_EXPECT_EQ(test, snet_hold(&t->peer, id, 1), -ENOENT);
	snet_test_leave(t, caller);
}

static void test_limit_total(struct snet_settings *set, void *value)
{
	set->limit_total = *(u32 *)value;
}

static void test_limit_uid(struct snet_settings *set, void *value)
{
	set->limit_uid = *(u32 *)value;
}

static void test_limit_cgroup(struct snet_settings *set, void *value)
{
	set->limit_cgroup = *(u32 *)value;
}

static void test_limit_policy(struct snet_settings *set, void *value)
{
	set->limit_policy = *(u32 *)value;
}

/* Two calls are held; the third is answered, until one of them has ended. */
static void test_limit(struct kunit *test,
		       void (*limit)(struct snet_settings *set, void *value),
		       int counter, void (*other)(struct snet_call *call))
{
	struct snet_test *t = test->priv;
	struct snet_caller *callers[3];
	struct snet_call call;
	int i;

	snet_test_set(t, limit, 2);
	for (i = 0; i < 2; i++) {
		callers[i] = snet_test_caller(t);
		snet_test_start(t, callers[i]);
		snet_test_asked(t, i);
	}
	snet_test_call(&call);
	KUNIT_EXPECT_EQ(test, snet_ask_as(NULL, &call), -EPERM);
	snet_test_set(t, test_limit_policy, SNET_ACTION_ALLOW);
	KUNIT_EXPECT_EQ(test, snet_ask_as(NULL, &call), 0);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, counter), 2);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ASKED), 2);

	if (!other)
		snet_test_answer(t, t->asked[0], SNET_ACTION_ALLOW, 0);
	callers[2] = snet_test_caller(t);
	if (other)
		other(&callers[2]->call);
	snet_test_start(t, callers[2]);
	snet_test_asked(t, 2);
	for (i = 0; i < 3; i++) {
		snet_test_answer(t, t->asked[i], SNET_ACTION_ALLOW, 0);
		KUNIT_EXPECT_EQ(test, snet_test_result(t, callers[i]), 0);
		snet_test_leave(t, callers[i]);
	}
}

static void another_payer(struct snet_call *call)
{
	call->payer++;
}

static void another_cgroup(struct snet_call *call)
{
	call->op.who.cgroup++;
}

static void limit_of_all_calls(struct kunit *test)
{
	test_limit(test, test_limit_total, SNET_A_CNT_LIMIT_TOTAL, NULL);
}

static void limit_of_a_uid_gives_room_again(struct kunit *test)
{
	test_limit(test, test_limit_uid, SNET_A_CNT_LIMIT_UID, NULL);
}

static void limit_of_a_uid_leaves_others_alone(struct kunit *test)
{
	test_limit(test, test_limit_uid, SNET_A_CNT_LIMIT_UID, another_payer);
}

static void limit_of_a_cgroup_gives_room_again(struct kunit *test)
{
	test_limit(test, test_limit_cgroup, SNET_A_CNT_LIMIT_CGROUP, NULL);
}

static void limit_of_a_cgroup_leaves_others_alone(struct kunit *test)
{
	test_limit(test, test_limit_cgroup, SNET_A_CNT_LIMIT_CGROUP,
		   another_cgroup);
}

static void event_that_nobody_wants_passes(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_call call;

	snet_test_call(&call);
	call.op.event = SNET_TEST_EVENT(20);
	KUNIT_EXPECT_EQ(test, snet_ask_as(NULL, &call), 0);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ASKED), 0);
}

static void policy_answers_where_nobody_may_sleep(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_call call;
	int result;

	snet_test_call(&call);
	snet_test_set(t, snet_test_policy, SNET_ACTION_DENY);
	local_irq_disable();
	result = snet_ask_as(NULL, &call);
	local_irq_enable();
	KUNIT_EXPECT_EQ(test, result, -EPERM);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_UNSAFE), 1);
}

static void notification_is_told_and_not_held(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_call call;

	snet_test_call(&call);
	snet_notify(&call, GFP_KERNEL);
	t->full = 1;
	snet_notify(&call, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_NOTIFIED), 1);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_NOTIFY_LOST), 1);
	KUNIT_EXPECT_EQ(test, snet_test_asked_count(t), 0);
}

/* Programs that ask and ask, some of them killed, as the daemon comes and goes. */
#define CROWD		8
#define CROWD_CALLS	40

static int crowd_run(void *data)
{
	struct snet_caller *caller = data;
	int i;

	allow_signal(SIGUSR1);
	allow_signal(SIGKILL);
	for (i = 0; i < CROWD_CALLS; i++) {
		caller->call.op.cookie = i / 2;
		if (snet_ask_as(&caller->task, &caller->call) < 0)
			flush_signals(current);
	}
	complete(&caller->back);
	wait_for_completion(&caller->again);
	return 0;
}

static void crowd_answer(struct snet_test *t, u32 round)
{
	u64 ids[SNET_TEST_MESSAGES];
	u32 i;

	spin_lock(&t->lock);
	memcpy(ids, t->asked, sizeof(ids));
	spin_unlock(&t->lock);
	for (i = 0; i < SNET_TEST_MESSAGES; i++)
		if (ids[i] && (i + round) % 3)
			snet_test_answer(t, ids[i], i % 2, 0);
}

static bool crowd_done(struct snet_caller **callers)
{
	int i;

	for (i = 0; i < CROWD; i++)
		if (!completion_done(&callers[i]->back))
			return false;
	return true;
}

static void crowd_round(struct snet_test *t, struct snet_caller **callers,
			u32 round)
{
	crowd_answer(t, round);
	snet_test_signal(callers[round % CROWD],
			 round % 2 ? SIGUSR1 : SIGKILL);
	if (round % 5 == 4) {
		snet_test_detach(t);
		snet_test_attach(t);
	}
	snet_test_set(t, snet_test_delay, round % 7 ? 2 : 1);
	cond_resched();
	if (round % 4 == 0)
		schedule_timeout_uninterruptible(1);
}

static void every_call_of_a_crowd_ends_once(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *callers[CROWD];
	u32 round;
	int i;

	for (i = 0; i < CROWD; i++) {
		callers[i] = snet_test_caller(t);
		callers[i]->thread = kthread_create(crowd_run, callers[i],
						    "snet-crowd");
		KUNIT_ASSERT_FALSE(test, IS_ERR(callers[i]->thread));
		get_task_struct(callers[i]->thread);
		wake_up_process(callers[i]->thread);
	}
	for (round = 0; !crowd_done(callers); round++)
		crowd_round(t, callers, round);
	for (i = 0; i < CROWD; i++)
		snet_test_leave(t, callers[i]);
	/* That it all adds up is looked at after every test. */
}

static struct kunit_case snet_request_cases[] = {
	KUNIT_CASE(verdict_that_allows_lets_the_call_go_on),
	KUNIT_CASE(verdict_that_denies_names_the_errno),
	KUNIT_CASE(denial_without_errno_is_the_calls_own),
	KUNIT_CASE(second_verdict_finds_nothing),
	KUNIT_CASE(forged_id_and_foreign_socket_change_nothing),
	KUNIT_CASE(policy_answers_when_the_delay_has_passed),
	KUNIT_CASE(fatal_signal_ends_the_call),
	KUNIT_CASE(stricter_policy_answers_when_the_daemon_goes),
	KUNIT_CASE(absent_policy_answers_without_a_daemon),
	KUNIT_CASE(full_socket_is_tried_again),
	KUNIT_CASE(policy_answers_what_cannot_be_delivered),
	KUNIT_CASE(fatal_signal_ends_the_tries_to_deliver),
	KUNIT_CASE(hold_moves_the_deadline),
	KUNIT_CASE(limit_of_all_calls),
	KUNIT_CASE(limit_of_a_uid_gives_room_again),
	KUNIT_CASE(limit_of_a_uid_leaves_others_alone),
	KUNIT_CASE(limit_of_a_cgroup_gives_room_again),
	KUNIT_CASE(limit_of_a_cgroup_leaves_others_alone),
	KUNIT_CASE(event_that_nobody_wants_passes),
	KUNIT_CASE(policy_answers_where_nobody_may_sleep),
	KUNIT_CASE(notification_is_told_and_not_held),
	KUNIT_CASE(every_call_of_a_crowd_ends_once),
	{}
};

static struct kunit_suite snet_request_suite = {
	.name = "snet-request",
	.init = snet_test_init,
	.exit = snet_test_exit,
	.test_cases = snet_request_cases,
};

kunit_test_suite(snet_request_suite);
