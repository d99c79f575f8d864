// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: calls that are interrupted, and calls asked on the way out
 */
#include <kunit/test.h>
#include <linux/sched/signal.h>
#include <linux/task_work.h>

#include "testing.h"

/* Return: The id under which an interrupted call is asked. */
static u64 test_interrupt(struct snet_test *t, struct snet_caller *caller,
			  u32 nth)
{
	u64 id;

	snet_test_start(t, caller);
	id = snet_test_asked(t, nth);
	snet_test_signal(caller, SIGUSR1);
	KUNIT_EXPECT_EQ(t->test, snet_test_result(t, caller), -ERESTARTNOINTR);
	return id;
}

static void interrupted_call_goes_on_with_one_question(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id = test_interrupt(t, caller, 0);

	snet_test_again(caller);
	snet_test_until(t, SNET_A_CNT_RESUMED, 1);
	snet_test_answer(t, id, SNET_ACTION_ALLOW, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), 0);
	KUNIT_EXPECT_EQ(test, snet_test_asked_count(t), 1);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_INTERRUPTED), 1);
	snet_test_leave(t, caller);
}

static void verdict_given_meanwhile_is_used(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id = test_interrupt(t, caller, 0);

	snet_test_answer(t, id, SNET_ACTION_DENY, ENETUNREACH);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_WAITING), 0);
	snet_test_again(caller);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -ENETUNREACH);
	KUNIT_EXPECT_EQ(test, snet_test_asked_count(t), 1);
	snet_test_leave(t, caller);
}

static void verdict_is_used_once(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id = test_interrupt(t, caller, 0);

	snet_test_answer(t, id, SNET_ACTION_ALLOW, 0);
	snet_test_again(caller);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), 0);
	snet_test_again(caller);
	snet_test_answer(t, snet_test_asked(t, 1), SNET_ACTION_DENY, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EPERM);
	snet_test_leave(t, caller);
}

static void deadline_passes_while_the_handler_runs(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id;

	snet_test_set(t, snet_test_policy, SNET_ACTION_DENY);
	id = test_interrupt(t, caller, 0);
	/* The end comes without anybody waiting for it. */
	KUNIT_EXPECT_EQ(test, snet_hold(&t->peer, id, 0), 0);
	snet_test_until(t, SNET_A_CNT_ENDS_TIMEOUT_DENIED, 1);
	snet_test_again(caller);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EPERM);
	KUNIT_EXPECT_EQ(test, snet_test_cancelled(t, id), SNET_CAUSE_TIMEOUT);
	snet_test_leave(t, caller);
}

static void daemon_goes_while_the_handler_runs(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);

	snet_test_set(t, snet_test_policy, SNET_ACTION_DENY);
	test_interrupt(t, caller, 0);
	snet_test_detach(t);
	snet_test_again(caller);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EPERM);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ENDS_GONE), 1);
	snet_test_leave(t, caller);
}

static const char test_bytes[] = "payload";

static void other_object(struct snet_call *call)
{
	call->op.cookie++;
}

static void other_address(struct snet_call *call)
{
	call->op.remote.port++;
}

static void other_syscall(struct snet_call *call)
{
	call->syscall++;
}

static void other_length(struct snet_call *call)
{
	call->length++;
}

static void other_payload(struct snet_call *call)
{
	call->payload = test_bytes;
	call->payload_length = sizeof(test_bytes);
}

static void other_arguments(struct snet_call *call)
{
	call->arguments = test_bytes;
	call->arguments_length = sizeof(test_bytes);
}

static void other_uid(struct snet_call *call)
{
	call->op.who.uid++;
}

static void different_call_is_asked_anew(struct kunit *test)
{
	static void (*const others[])(struct snet_call *call) = {
		other_object, other_address, other_syscall, other_length,
		other_payload, other_arguments, other_uid,
	};
	struct snet_test *t = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		struct snet_caller *caller = snet_test_caller(t);
		u64 id = test_interrupt(t, caller, 2 * i);

		others[i](&caller->call);
		snet_test_again(caller);
		snet_test_answer(t, snet_test_asked(t, 2 * i + 1),
				 SNET_ACTION_DENY, 0);
		KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EPERM);
		snet_parked_settle();
		KUNIT_EXPECT_EQ(test, snet_test_cancelled(t, id),
				SNET_CAUSE_ABANDONED);
		snet_test_leave(t, caller);
	}
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ENDS_ABANDONED),
			ARRAY_SIZE(others));
}

static void verdict_does_not_serve_other_credentials(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id = test_interrupt(t, caller, 0);

	snet_test_answer(t, id, SNET_ACTION_ALLOW, 0);
	snet_task_creds_changed(&caller->task);
	snet_test_again(caller);
	snet_test_answer(t, snet_test_asked(t, 1), SNET_ACTION_DENY, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EPERM);
	snet_test_leave(t, caller);
}

static void verdict_does_not_outlive_its_rules(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id = test_interrupt(t, caller, 0);
	u32 generation;

	snet_test_answer(t, id, SNET_ACTION_ALLOW, 0);
	KUNIT_EXPECT_EQ(test,
			snet_generation_new(t->watch, &t->peer, &generation), 0);
	snet_test_again(caller);
	snet_test_answer(t, snet_test_asked(t, 1), SNET_ACTION_DENY, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EPERM);
	snet_test_leave(t, caller);
}

static void handlers_own_call_leaves_the_other_waiting(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	struct snet_call before = caller->call;
	u64 id = test_interrupt(t, caller, 0);

	other_object(&caller->call);
	caller->call.stack -= 64;
	snet_test_again(caller);
	snet_test_answer(t, snet_test_asked(t, 1), SNET_ACTION_DENY, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EPERM);

	caller->call = before;
	snet_test_again(caller);
	snet_test_answer(t, id, SNET_ACTION_ALLOW, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), 0);
	KUNIT_EXPECT_EQ(test, snet_test_asked_count(t), 2);
	snet_test_leave(t, caller);
}

static void only_so_many_calls_are_kept(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 first = test_interrupt(t, caller, 0);
	int i;

	for (i = 1; i <= SNET_PARKED_MOST; i++) {
		other_object(&caller->call);
		caller->call.stack -= 64;
		snet_test_again(caller);
		snet_test_asked(t, i);
		snet_test_signal(caller, SIGUSR1);
		KUNIT_EXPECT_EQ(test, snet_test_result(t, caller),
				-ERESTARTNOINTR);
	}
	snet_parked_settle();
	KUNIT_EXPECT_EQ(test, snet_test_cancelled(t, first),
			SNET_CAUSE_ABANDONED);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_WAITING),
			SNET_PARKED_MOST);
	snet_test_leave(t, caller);
	snet_parked_settle();
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_WAITING), 0);
}

static void exec_and_exit_abandon_the_call(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *one = snet_test_caller(t);
	struct snet_caller *two = snet_test_caller(t);
	u64 first = test_interrupt(t, one, 0);
	u64 second = test_interrupt(t, two, 1);

	snet_task_exec(&one->task, NULL, false);
	snet_parked_settle();
	KUNIT_EXPECT_EQ(test, snet_test_cancelled(t, first),
			SNET_CAUSE_ABANDONED);
	snet_test_leave(t, one);
	snet_test_leave(t, two);
	snet_parked_settle();
	KUNIT_EXPECT_EQ(test, snet_test_cancelled(t, second),
			SNET_CAUSE_ABANDONED);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ENDS_ABANDONED),
			2);
}

static void handler_waits_where_the_call_cannot_run_again(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id;

	caller->call.restart = false;
	snet_test_start(t, caller);
	id = snet_test_asked(t, 0);
	snet_test_signal(caller, SIGUSR1);
	snet_test_answer(t, id, SNET_ACTION_ALLOW, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), 0);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_INTERRUPTED), 0);
	snet_test_leave(t, caller);
}

static void interrupted_before_delivery_is_delivered_later(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);

	t->full = U32_MAX;
	snet_test_start(t, caller);
	snet_test_until(t, SNET_A_CNT_WAITING, 1);
	snet_test_signal(caller, SIGUSR1);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -ERESTARTNOINTR);
	spin_lock(&t->lock);
	t->full = 0;
	spin_unlock(&t->lock);
	snet_test_again(caller);
	snet_test_answer(t, snet_test_asked(t, 0), SNET_ACTION_ALLOW, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), 0);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ASKED), 1);
	snet_test_leave(t, caller);
}

static void deferred_call_gets_its_answer_when_it_comes_back(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id;

	caller->defer = true;
	snet_test_start(t, caller);
	id = snet_test_asked(t, 0);
	snet_test_answer(t, id, SNET_ACTION_DENY, EACCES);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -ERESTARTNOINTR);
	snet_test_again(caller);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EACCES);
	KUNIT_EXPECT_EQ(test, snet_test_asked_count(t), 1);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_DEFERRED), 1);

	/* One answer for one call. */
	snet_test_again(caller);
	snet_test_answer(t, snet_test_asked(t, 1), SNET_ACTION_ALLOW, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -ERESTARTNOINTR);
	snet_test_again(caller);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), 0);
	snet_test_leave(t, caller);
}

static void deferred_answer_does_not_serve_another_call(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);

	caller->defer = true;
	snet_test_start(t, caller);
	snet_test_answer(t, snet_test_asked(t, 0), SNET_ACTION_ALLOW, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -ERESTARTNOINTR);
	other_address(&caller->call);
	snet_test_again(caller);
	snet_test_answer(t, snet_test_asked(t, 1), SNET_ACTION_DENY, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -ERESTARTNOINTR);
	snet_test_again(caller);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -EPERM);
	snet_test_leave(t, caller);
}

static void deferred_call_makes_way_for_a_handler(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_caller *caller = snet_test_caller(t);
	u64 id;

	caller->defer = true;
	snet_test_start(t, caller);
	id = snet_test_asked(t, 0);
	snet_test_signal(caller, SIGUSR1);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -ERESTARTNOINTR);
	snet_test_again(caller);
	snet_test_until(t, SNET_A_CNT_RESUMED, 1);
	snet_test_answer(t, id, SNET_ACTION_ALLOW, 0);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), -ERESTARTNOINTR);
	snet_test_again(caller);
	KUNIT_EXPECT_EQ(test, snet_test_result(t, caller), 0);
	KUNIT_EXPECT_EQ(test, snet_test_asked_count(t), 1);
	snet_test_leave(t, caller);
}

static void policy_answers_where_nothing_can_be_deferred(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_call call;

	snet_test_call(&call);
	call.syscall = -1;
	snet_test_set(t, snet_test_policy, SNET_ACTION_DENY);
	KUNIT_EXPECT_EQ(test, snet_defer_as(NULL, &call), -EPERM);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_UNSAFE), 1);
}

static struct kunit_case snet_parked_cases[] = {
	KUNIT_CASE(interrupted_call_goes_on_with_one_question),
	KUNIT_CASE(verdict_given_meanwhile_is_used),
	KUNIT_CASE(verdict_is_used_once),
	KUNIT_CASE(deadline_passes_while_the_handler_runs),
	KUNIT_CASE(daemon_goes_while_the_handler_runs),
	KUNIT_CASE(different_call_is_asked_anew),
	KUNIT_CASE(verdict_does_not_serve_other_credentials),
	KUNIT_CASE(verdict_does_not_outlive_its_rules),
	KUNIT_CASE(handlers_own_call_leaves_the_other_waiting),
	KUNIT_CASE(only_so_many_calls_are_kept),
	KUNIT_CASE(exec_and_exit_abandon_the_call),
	KUNIT_CASE(handler_waits_where_the_call_cannot_run_again),
	KUNIT_CASE(interrupted_before_delivery_is_delivered_later),
	KUNIT_CASE(deferred_call_gets_its_answer_when_it_comes_back),
	KUNIT_CASE(deferred_answer_does_not_serve_another_call),
	KUNIT_CASE(deferred_call_makes_way_for_a_handler),
	KUNIT_CASE(policy_answers_where_nothing_can_be_deferred),
	{}
};

static struct kunit_suite snet_parked_suite = {
	.name = "snet-parked",
	.init = snet_test_init,
	.exit = snet_test_exit,
	.test_cases = snet_parked_cases,
};

kunit_test_suite(snet_parked_suite);
