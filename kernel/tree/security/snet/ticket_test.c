// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: whom a remembered answer serves, and whom not
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/string.h>

#include "testing.h"

/* One process, that was asked about one call. */
struct snet_asker {
	struct snet_task task;
	struct snet_call call;
};

static struct snet_exe *test_exe(struct kunit *test, const char *path)
{
	struct snet_exe *exe = snet_exe_new(path, strlen(path), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, exe);
	exe->dev = 1;
	exe->ino = 2;
	exe->ctime = 3;
	return exe;
}

static void asker_runs(struct snet_asker *asker, struct snet_exe *exe)
{
	snet_task_exec(&asker->task, exe, false);
	asker->call.exe = asker->task.proc->exe;
	asker->call.op.who.exe_dev = exe->dev;
	asker->call.op.who.exe_ino = exe->ino;
	asker->call.op.who.exe_ctime = exe->ctime;
}

static struct snet_asker *test_asker(struct kunit *test)
{
	struct snet_asker *asker;

	asker = kunit_kzalloc(test, sizeof(*asker), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, asker);
	KUNIT_ASSERT_EQ(test, snet_task_fork(&asker->task, NULL, false), 0);
	snet_test_call(&asker->call);
	asker_runs(asker, test_exe(test, "/usr/bin/curl"));
	return asker;
}

static struct snet_asker *test_child(struct kunit *test,
				     struct snet_asker *parent)
{
	struct snet_asker *child;

	child = kunit_kzalloc(test, sizeof(*child), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, child);
	KUNIT_ASSERT_EQ(test, snet_task_fork(&child->task, &parent->task, false),
			0);
	child->call = parent->call;
	return child;
}

static void test_gone(struct snet_asker *asker)
{
	snet_task_free(&asker->task);
}

static void test_give_answer(struct kunit *test, struct snet_asker *asker,
			     const struct snet_answer *answer)
{
	struct snet_test *t = test->priv;
	const struct snet_request req = {
		.watch = t->watch,
		.event = asker->call.op.event,
		.answer = *answer,
	};

	snet_ticket_give(&req, asker->task.proc, &asker->call,
			 atomic64_read(&asker->task.proc->owner));
}

static void test_give(struct kunit *test, struct snet_asker *asker, u32 key,
		      u32 scope)
{
	struct snet_test *t = test->priv;
	const struct snet_answer answer = {
		.action = SNET_ACTION_DENY,
		.error = EACCES,
		.remember = SNET_TEST_HOUR,
		.scope = scope,
		.key = key,
		.rule = 5,
		.generation = atomic_read(&t->watch->generation),
	};

	test_give_answer(test, asker, &answer);
}

static bool test_hit(struct kunit *test, struct snet_asker *asker,
		     const struct snet_call *call)
{
	struct snet_test *t = test->priv;
	struct snet_answer answer;

	return snet_ticket_find(t->watch, asker->task.proc, call, &answer);
}

/* Changes that one operand tells, in order of their bits. */
static void change_exe(struct snet_call *call)
{
	call->op.who.exe_ino++;
}

static void change_comm(struct snet_call *call)
{
	strscpy_pad(call->op.who.comm, "other", sizeof(call->op.who.comm));
}

static void change_loginuid(struct snet_call *call)
{
	call->op.who.loginuid++;
}

static void change_cgroup(struct snet_call *call)
{
	call->op.who.cgroup++;
}

static void change_mntns(struct snet_call *call)
{
	call->op.who.mntns++;
}

static void change_local_address(struct snet_call *call)
{
	call->op.local.bytes[3]++;
}

static void change_local_port(struct snet_call *call)
{
	call->op.local.port++;
}

static void change_remote_address(struct snet_call *call)
{
	call->op.remote.bytes[3]++;
}

static void change_remote_port(struct snet_call *call)
{
	call->op.remote.port++;
}

static void change_cookie(struct snet_call *call)
{
	call->op.cookie++;
}

static void change_task(struct snet_call *call)
{
	call->op.who.tid++;
}

static void change_flags(struct snet_call *call)
{
	call->op.flags ^= SNET_EVENT_FLAG_NONBLOCK;
}

static void (*const test_changes[])(struct snet_call *call) = {
	change_exe,	      change_comm,	     change_loginuid,
	change_cgroup,	      change_mntns,	     change_local_address,
	change_local_port,    change_remote_address, change_remote_port,
	change_cookie,	      change_task,	     change_flags,
};

static void ticket_answers_the_same_call(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_asker *asker = test_asker(test);

	test_give(test, asker, SNET_OPERAND_REMOTE_ADDRESS, SNET_SCOPE_TASK);
	KUNIT_EXPECT_EQ(test, snet_ask_as(&asker->task, &asker->call), -EACCES);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKET_DENIED),
			1);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS), 1);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_ASKED), 0);
	test_gone(asker);
}

static void operand_in_the_key_must_match(struct kunit *test)
{
	int i;

	/* The last operand is volatile. */
	KUNIT_ASSERT_EQ(test, BIT(ARRAY_SIZE(test_changes)),
			SNET_OPERAND_VOLATILE);
	for (i = 0; i < ARRAY_SIZE(test_changes); i++) {
		struct snet_asker *asker = test_asker(test);
		struct snet_call other;

		asker->call.op.local = asker->call.op.remote;
		other = asker->call;
		test_changes[i](&other);
		test_give(test, asker, BIT(i), SNET_SCOPE_TASK);
		KUNIT_EXPECT_TRUE(test, test_hit(test, asker, &asker->call));
		KUNIT_EXPECT_FALSE_MSG(test, test_hit(test, asker, &other),
				       "operand %d", i);
		test_gone(asker);
	}
}

static void operand_not_in_the_key_may_differ(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(test_changes); i++) {
		u32 all = SNET_OPERAND_VOLATILE - 1;
		struct snet_asker *asker = test_asker(test);
		struct snet_call other;

		asker->call.op.local = asker->call.op.remote;
		other = asker->call;
		test_changes[i](&other);
		test_give(test, asker, all & ~BIT(i), SNET_SCOPE_TASK);
		KUNIT_EXPECT_TRUE_MSG(test, test_hit(test, asker, &other),
				      "operand %d", i);
		test_gone(asker);
	}
}

static void change_event(struct snet_call *call)
{
	call->op.event++;
}

static void change_uid(struct snet_call *call)
{
	call->op.who.uid++;
}

static void change_gid(struct snet_call *call)
{
	call->op.who.gid++;
}

static void change_family(struct snet_call *call)
{
	call->op.family++;
}

static void change_type(struct snet_call *call)
{
	call->op.type++;
}

static void change_protocol(struct snet_call *call)
{
	call->op.protocol++;
}

static void change_namespace(struct snet_call *call)
{
	call->op.net_cookie++;
}

static void what_every_key_holds_must_match(struct kunit *test)
{
	static void (*const changes[])(struct snet_call *call) = {
		change_event, change_uid,      change_gid,	 change_family,
		change_type,  change_protocol, change_namespace,
	};
	struct snet_asker *asker = test_asker(test);
	int i;

	test_give(test, asker, 0, SNET_SCOPE_TASK);
	test_give(test, asker, 0, SNET_SCOPE_PROGRAM);
	test_give(test, asker, 0, SNET_SCOPE_CHILDREN);
	KUNIT_EXPECT_TRUE(test, test_hit(test, asker, &asker->call));
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		struct snet_call other = asker->call;

		changes[i](&other);
		KUNIT_EXPECT_FALSE_MSG(test, test_hit(test, asker, &other),
				       "change %d", i);
	}
	test_gone(asker);
}

static void same_identity_by_another_path_does_not_match(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);
	struct snet_asker *other = test_asker(test);

	test_give(test, asker, 0, SNET_SCOPE_PROGRAM);
	KUNIT_EXPECT_TRUE(test, test_hit(test, other, &other->call));
	asker_runs(other, test_exe(test, "/usr/bin/wget"));
	KUNIT_EXPECT_FALSE(test, test_hit(test, other, &other->call));
	test_gone(asker);
	test_gone(other);
}

static void unix_names_are_one_with_their_port(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);
	struct snet_address *remote = &asker->call.op.remote;
	struct snet_call other;

	memset(remote, 0, sizeof(*remote));
	remote->family = AF_UNIX;
	remote->length = 3;
	memcpy(remote->bytes, "abc", 3);
	test_give(test, asker, SNET_OPERAND_REMOTE_PORT, SNET_SCOPE_TASK);
	other = asker->call;
	KUNIT_EXPECT_TRUE(test, test_hit(test, asker, &other));
	other.op.remote.abstract = 1;
	KUNIT_EXPECT_FALSE(test, test_hit(test, asker, &other));
	other = asker->call;
	other.op.remote.length = 2;
	KUNIT_EXPECT_FALSE(test, test_hit(test, asker, &other));
	test_gone(asker);
}

static void scope_task_is_one_process(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);
	struct snet_asker *other = test_asker(test);
	struct snet_asker *child;

	test_give(test, asker, 0, SNET_SCOPE_TASK);
	child = test_child(test, asker);
	KUNIT_EXPECT_TRUE(test, test_hit(test, asker, &asker->call));
	KUNIT_EXPECT_FALSE(test, test_hit(test, other, &asker->call));
	KUNIT_EXPECT_FALSE(test, test_hit(test, child, &asker->call));
	test_gone(asker);
	test_gone(other);
	test_gone(child);
}

static void threads_share_scope_task(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);
	struct snet_asker thread = { .call = asker->call };

	test_give(test, asker, 0, SNET_SCOPE_TASK);
	KUNIT_EXPECT_EQ(test, snet_task_fork(&thread.task, &asker->task, true),
			0);
	KUNIT_EXPECT_TRUE(test, test_hit(test, &thread, &thread.call));
	test_gone(&thread);
	test_gone(asker);
}

static void scope_task_ends_at_exec(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);

	test_give(test, asker, 0, SNET_SCOPE_TASK);
	asker_runs(asker, test_exe(test, "/usr/bin/curl"));
	KUNIT_EXPECT_FALSE(test, test_hit(test, asker, &asker->call));
	test_gone(asker);
}

static void scope_task_ends_at_a_change_of_credentials(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);

	test_give(test, asker, 0, SNET_SCOPE_TASK);
	snet_task_creds_changed(&asker->task);
	KUNIT_EXPECT_FALSE(test, test_hit(test, asker, &asker->call));
	test_gone(asker);
}

static void answer_from_before_a_change_of_credentials_is_not_kept(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_asker *asker = test_asker(test);
	const struct snet_request req = {
		.watch = t->watch,
		.answer = {
			.remember = SNET_TEST_HOUR,
			.generation = atomic_read(&t->watch->generation),
		},
	};
	u64 owner = atomic64_read(&asker->task.proc->owner);

	snet_task_creds_changed(&asker->task);
	snet_ticket_give(&req, asker->task.proc, &asker->call, owner);
	KUNIT_EXPECT_FALSE(test, test_hit(test, asker, &asker->call));
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS_STALE),
			1);
	test_gone(asker);
}

static void scope_children_is_what_is_started_from_then_on(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);
	struct snet_asker *before = test_child(test, asker);
	struct snet_asker *after, *grandchild;

	test_give(test, asker, 0, SNET_SCOPE_CHILDREN);
	after = test_child(test, asker);
	grandchild = test_child(test, after);
	KUNIT_EXPECT_TRUE(test, test_hit(test, asker, &asker->call));
	KUNIT_EXPECT_TRUE(test, test_hit(test, after, &asker->call));
	KUNIT_EXPECT_TRUE(test, test_hit(test, grandchild, &asker->call));
	KUNIT_EXPECT_FALSE(test, test_hit(test, before, &asker->call));
	test_gone(asker);
	test_gone(before);
	test_gone(after);
	test_gone(grandchild);
}

static void later_ticket_does_not_serve_an_earlier_child(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);
	struct snet_asker *child;
	struct snet_call other;

	test_give(test, asker, SNET_OPERAND_REMOTE_PORT, SNET_SCOPE_CHILDREN);
	child = test_child(test, asker);
	change_remote_port(&asker->call);
	other = asker->call;
	test_give(test, asker, SNET_OPERAND_REMOTE_PORT, SNET_SCOPE_CHILDREN);
	KUNIT_EXPECT_TRUE(test, test_hit(test, child, &child->call));
	KUNIT_EXPECT_FALSE(test, test_hit(test, child, &other));
	KUNIT_EXPECT_TRUE(test, test_hit(test, asker, &other));
	KUNIT_EXPECT_TRUE(test, test_hit(test, asker, &child->call));
	test_gone(asker);
	test_gone(child);
}

static void childs_ticket_does_not_serve_its_parent(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);
	struct snet_asker *child;
	struct snet_call other;

	test_give(test, asker, SNET_OPERAND_REMOTE_PORT, SNET_SCOPE_CHILDREN);
	child = test_child(test, asker);
	change_remote_port(&child->call);
	other = child->call;
	test_give(test, child, SNET_OPERAND_REMOTE_PORT, SNET_SCOPE_CHILDREN);
	KUNIT_EXPECT_TRUE(test, test_hit(test, child, &other));
	KUNIT_EXPECT_FALSE(test, test_hit(test, asker, &other));
	test_gone(asker);
	test_gone(child);
}

static void scope_children_stays_at_exec_unless_privileged(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);
	struct snet_asker *child;

	test_give(test, asker, 0, SNET_SCOPE_CHILDREN);
	child = test_child(test, asker);
	snet_task_exec(&child->task, NULL, false);
	KUNIT_EXPECT_TRUE(test, test_hit(test, child, &child->call));
	snet_task_exec(&child->task, NULL, true);
	KUNIT_EXPECT_FALSE(test, test_hit(test, child, &child->call));
	test_gone(asker);
	test_gone(child);
}

static void farthest_ancestor_is_forgotten(struct kunit *test)
{
	struct snet_asker *line[SNET_LINEAGE_MOST + 2];
	int last = ARRAY_SIZE(line) - 1;
	struct snet_call first;
	int i;

	line[0] = test_asker(test);
	first = line[0]->call;
	for (i = 0; i <= last; i++) {
		if (i)
			line[i] = test_child(test, line[i - 1]);
		if (i < last)
			test_give(test, line[i], SNET_OPERAND_REMOTE_PORT,
				  SNET_SCOPE_CHILDREN);
		change_remote_port(&line[i]->call);
	}
	KUNIT_EXPECT_TRUE(test, test_hit(test, line[0], &first));
	KUNIT_EXPECT_FALSE(test, test_hit(test, line[last], &first));
	KUNIT_EXPECT_TRUE(test, test_hit(test, line[last], &line[0]->call));
	for (i = 0; i <= last; i++)
		test_gone(line[i]);
}

static void scope_program_is_every_process_of_it(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);
	struct snet_asker *other = test_asker(test);

	test_give(test, asker, 0, SNET_SCOPE_PROGRAM);
	KUNIT_EXPECT_TRUE(test, test_hit(test, other, &other->call));
	change_exe(&other->call);
	KUNIT_EXPECT_FALSE(test, test_hit(test, other, &other->call));
	test_gone(asker);
	test_gone(other);
}

static void operand_task_binds_to_the_thread(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);
	struct snet_asker *other = test_asker(test);

	test_give(test, asker, SNET_OPERAND_TASK, SNET_SCOPE_PROGRAM);
	KUNIT_EXPECT_TRUE(test, test_hit(test, asker, &asker->call));
	KUNIT_EXPECT_FALSE(test, test_hit(test, other, &other->call));
	test_gone(asker);
	test_gone(other);
}

static void unknown_executable_gets_no_ticket(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_asker *asker = test_asker(test);

	asker->call.exe = NULL;
	test_give(test, asker, 0, SNET_SCOPE_PROGRAM);
	test_give(test, asker, SNET_OPERAND_EXE, SNET_SCOPE_TASK);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS), 0);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS_STALE),
			2);
	test_gone(asker);
}

static void volatile_answer_gets_no_ticket(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_asker *asker = test_asker(test);

	test_give(test, asker, SNET_OPERAND_VOLATILE | SNET_OPERAND_EXE,
		  SNET_SCOPE_TASK);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS), 0);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS_STALE),
			1);
	test_gone(asker);
}

static void path_of_a_socket_holds_in_one_place(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_asker *asker = test_asker(test);
	struct snet_address *remote = &asker->call.op.remote;

	asker->call.op.flags = SNET_EVENT_FLAG_ADVISORY_PATH;
	memset(remote, 0, sizeof(*remote));
	remote->family = AF_UNIX;
	remote->length = 4;
	memcpy(remote->bytes, "sock", 4);
	test_give(test, asker, SNET_OPERAND_REMOTE_ADDRESS, SNET_SCOPE_TASK);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS), 0);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS_STALE),
			1);

	memcpy(remote->bytes, "/run", 4);
	test_give(test, asker, SNET_OPERAND_REMOTE_ADDRESS, SNET_SCOPE_TASK);
	KUNIT_EXPECT_TRUE(test, test_hit(test, asker, &asker->call));
	change_mntns(&asker->call);
	KUNIT_EXPECT_FALSE(test, test_hit(test, asker, &asker->call));
	test_gone(asker);
}

static void new_generation_drops_all_tickets(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_asker *asker = test_asker(test);
	u32 generation;

	test_give(test, asker, 0, SNET_SCOPE_TASK);
	test_give(test, asker, 0, SNET_SCOPE_PROGRAM);
	KUNIT_EXPECT_EQ(test, snet_generation_new(t->watch, test, &generation),
			-ENOTCONN);
	KUNIT_EXPECT_TRUE(test, test_hit(test, asker, &asker->call));
	KUNIT_EXPECT_EQ(test,
			snet_generation_new(t->watch, &t->peer, &generation), 0);
	KUNIT_EXPECT_FALSE(test, test_hit(test, asker, &asker->call));
	KUNIT_EXPECT_EQ(test, snet_tickets_sweep(t->watch), 2);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS), 0);
	test_gone(asker);
}

static void answer_of_an_older_generation_is_not_kept(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_asker *asker = test_asker(test);
	struct snet_answer answer = {
		.remember = SNET_TEST_HOUR,
		.generation = atomic_read(&t->watch->generation) - 1,
	};

	test_give_answer(test, asker, &answer);
	KUNIT_EXPECT_FALSE(test, test_hit(test, asker, &asker->call));
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS_STALE),
			1);
	test_gone(asker);
}

static void tickets_end_with_their_daemon(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_asker *asker = test_asker(test);

	test_give(test, asker, 0, SNET_SCOPE_PROGRAM);
	snet_test_detach(t);
	KUNIT_EXPECT_FALSE(test, test_hit(test, asker, &asker->call));
	snet_test_attach(t);
	KUNIT_EXPECT_FALSE(test, test_hit(test, asker, &asker->call));
	test_gone(asker);
}

static void expired_ticket_does_not_answer(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_asker *asker = test_asker(test);
	struct snet_answer answer = {
		.remember = 1,
		.generation = atomic_read(&t->watch->generation),
	};

	test_give_answer(test, asker, &answer);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS_ADDED),
			1);
	while (test_hit(test, asker, &asker->call))
		msleep(20);
	/* The same question may be remembered again. */
	test_give(test, asker, 0, SNET_SCOPE_TASK);
	KUNIT_EXPECT_TRUE(test, test_hit(test, asker, &asker->call));
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS), 1);
	test_gone(asker);
}

static void test_limit_tickets(struct snet_settings *set, void *value)
{
	set->limit_tickets = *(u32 *)value;
}

static void oldest_ticket_makes_room(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_asker *asker = test_asker(test);
	struct snet_call call = asker->call;
	int i;

	snet_test_set(t, test_limit_tickets, 4);
	for (i = 0; i < 6; i++) {
		test_give(test, asker, SNET_OPERAND_REMOTE_PORT,
			  SNET_SCOPE_TASK);
		change_remote_port(&asker->call);
	}
	for (i = 0; i < 6; i++) {
		KUNIT_EXPECT_EQ(test, test_hit(test, asker, &call), i >= 2);
		change_remote_port(&call);
	}
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS_EVICTED),
			2);
	snet_test_set(t, test_limit_tickets, 1);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS), 1);
	snet_test_set(t, test_limit_tickets, 0);
	test_give(test, asker, 0, SNET_SCOPE_TASK);
	KUNIT_EXPECT_EQ(test, snet_test_counter(t, SNET_A_CNT_TICKETS), 0);
	test_gone(asker);
}

static void too_many_different_keys_share_the_narrowest(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);
	struct snet_call other;
	u32 key;

	/* Keys of the first five operands: more than there is room for. */
	for (key = 0; key < 2 * SNET_TICKET_MASKS; key++) {
		test_give(test, asker, key, SNET_SCOPE_TASK);
		KUNIT_EXPECT_TRUE(test, test_hit(test, asker, &asker->call));
		change_uid(&asker->call);
	}
	asker->call.op.who.uid--;
	other = asker->call;
	change_cookie(&other);
	KUNIT_EXPECT_FALSE(test, test_hit(test, asker, &other));
	test_gone(asker);
}

struct test_visit {
	u32 seen;
	u32 most;
};

static int test_visit(const struct snet_ticket *ticket, void *data)
{
	struct test_visit *visit = data;

	if (!visit->most)
		return -EMSGSIZE;
	visit->most--;
	visit->seen++;
	return 0;
}

static void dump_goes_on_where_it_stopped(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_asker *asker = test_asker(test);
	struct test_visit visit = {};
	unsigned long bucket = 0, skip = 0;
	int i;

	for (i = 0; i < 100; i++) {
		test_give(test, asker, SNET_OPERAND_REMOTE_PORT,
			  SNET_SCOPE_TASK);
		change_remote_port(&asker->call);
	}
	do {
		visit.most = 7;
	} while (snet_tickets_walk(t->watch, &bucket, &skip, test_visit,
				   &visit));
	KUNIT_EXPECT_EQ(test, visit.seen, 100);
	test_gone(asker);
}

static void key_can_be_read_back(struct kunit *test)
{
	struct snet_asker *asker = test_asker(test);
	u32 word = snet_mask_word(SNET_OPERAND_VOLATILE - 1, SNET_SCOPE_TASK);
	struct snet_operands *op = &asker->call.op;
	struct snet_operands *back;
	u8 *key;

	back = kunit_kzalloc(test, sizeof(*back), GFP_KERNEL);
	key = kunit_kzalloc(test, SNET_KEY_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, back);
	KUNIT_ASSERT_NOT_NULL(test, key);
	memset(op->local.bytes, 'x', sizeof(op->local.bytes));
	op->local.family = AF_UNIX;
	op->local.length = sizeof(op->local.bytes);
	op->netns = 0;
	snet_key_pack(key, op, word, 9);
	KUNIT_EXPECT_EQ(test, snet_key_unpack(key, back), word);
	KUNIT_EXPECT_EQ(test, memcmp(op, back, sizeof(*op)), 0);
	test_gone(asker);
}

static struct kunit_case snet_ticket_cases[] = {
	KUNIT_CASE(ticket_answers_the_same_call),
	KUNIT_CASE(operand_in_the_key_must_match),
	KUNIT_CASE(operand_not_in_the_key_may_differ),
	KUNIT_CASE(what_every_key_holds_must_match),
	KUNIT_CASE(same_identity_by_another_path_does_not_match),
	KUNIT_CASE(unix_names_are_one_with_their_port),
	KUNIT_CASE(scope_task_is_one_process),
	KUNIT_CASE(threads_share_scope_task),
	KUNIT_CASE(scope_task_ends_at_exec),
	KUNIT_CASE(scope_task_ends_at_a_change_of_credentials),
	KUNIT_CASE(answer_from_before_a_change_of_credentials_is_not_kept),
	KUNIT_CASE(scope_children_is_what_is_started_from_then_on),
	KUNIT_CASE(later_ticket_does_not_serve_an_earlier_child),
	KUNIT_CASE(childs_ticket_does_not_serve_its_parent),
	KUNIT_CASE(scope_children_stays_at_exec_unless_privileged),
	KUNIT_CASE(farthest_ancestor_is_forgotten),
	KUNIT_CASE(scope_program_is_every_process_of_it),
	KUNIT_CASE(operand_task_binds_to_the_thread),
	KUNIT_CASE(unknown_executable_gets_no_ticket),
	KUNIT_CASE(volatile_answer_gets_no_ticket),
	KUNIT_CASE(path_of_a_socket_holds_in_one_place),
	KUNIT_CASE(new_generation_drops_all_tickets),
	KUNIT_CASE(answer_of_an_older_generation_is_not_kept),
	KUNIT_CASE(tickets_end_with_their_daemon),
	KUNIT_CASE(expired_ticket_does_not_answer),
	KUNIT_CASE(oldest_ticket_makes_room),
	KUNIT_CASE(too_many_different_keys_share_the_narrowest),
	KUNIT_CASE(dump_goes_on_where_it_stopped),
	KUNIT_CASE(key_can_be_read_back),
	{}
};

static struct kunit_suite snet_ticket_suite = {
	.name = "snet-ticket",
	.init = snet_test_init,
	.exit = snet_test_exit,
	.test_cases = snet_ticket_cases,
};

kunit_test_suite(snet_ticket_suite);
