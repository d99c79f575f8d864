// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: who is attached, who is exempt, what is set
 */
#include <kunit/test.h>
#include <linux/netlink.h>

#include "testing.h"

static const struct snet_wish test_wish = { .events = 0xff };

static struct snet_daemon *test_daemon(struct kunit *test, void *peer)
{
	struct snet_test *t = test->priv;
	struct snet_daemon *daemon = snet_daemon_new(t->watch, "other");

	KUNIT_ASSERT_NOT_NULL(test, daemon);
	daemon->peer = peer;
	return daemon;
}

static void one_daemon_at_a_time(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct netlink_ext_ack extack = {};
	struct snet_daemon *other = test_daemon(test, test);
	struct snet_daemon *same = test_daemon(test, &t->peer);

	KUNIT_EXPECT_EQ(test, snet_attach(other, NULL, &test_wish, &extack),
			-EBUSY);
	KUNIT_ASSERT_NOT_NULL(test, extack._msg);
	KUNIT_EXPECT_NOT_NULL(test, strstr(extack._msg, "\"test\""));
	KUNIT_EXPECT_EQ(test, snet_attach(same, NULL, &test_wish, &extack),
			-EALREADY);
	KUNIT_EXPECT_EQ(test, snet_detach(t->watch, test), -ENOTCONN);
	KUNIT_EXPECT_TRUE(test, snet_is_daemon(&t->peer));
	KUNIT_EXPECT_FALSE(test, snet_is_daemon(test));

	snet_test_detach(t);
	KUNIT_EXPECT_FALSE(test, snet_is_daemon(&t->peer));
	KUNIT_EXPECT_EQ(test, snet_attach(other, NULL, &test_wish, NULL), 0);
	KUNIT_EXPECT_EQ(test, snet_detach(t->watch, test), 0);
	snet_daemon_put(same);
}

static bool test_is_closed(const struct snet_daemon *daemon)
{
	return daemon->watch->subsys->number == SNET_SUBSYSTEM_TEST;
}

static bool another_is_closed(const struct snet_daemon *daemon)
{
	return !test_is_closed(daemon);
}

static void closed_socket_detaches_its_daemon_alone(struct kunit *test)
{
	struct snet_test *t = test->priv;

	snet_detach_closed(another_is_closed);
	KUNIT_EXPECT_TRUE(test, snet_is_daemon(&t->peer));
	snet_detach_closed(test_is_closed);
	KUNIT_EXPECT_FALSE(test, snet_is_daemon(&t->peer));
	t->daemon = NULL;
}

static void daemon_and_what_it_starts_are_exempt(struct kunit *test)
{
	struct snet_test *t = test->priv;
	struct snet_daemon *daemon = test_daemon(test, test);
	struct snet_task before, self, after;

	KUNIT_ASSERT_EQ(test, snet_task_fork(&self, NULL, false), 0);
	KUNIT_ASSERT_EQ(test, snet_task_fork(&before, &self, false), 0);
	snet_test_detach(t);
	KUNIT_ASSERT_EQ(test, snet_attach(daemon, self.proc, &test_wish, NULL),
			0);
	KUNIT_ASSERT_EQ(test, snet_task_fork(&after, &self, false), 0);
	snet_task_exec(&after, NULL, true);
	KUNIT_EXPECT_TRUE(test, snet_exempt(self.proc));
	KUNIT_EXPECT_TRUE(test, snet_exempt(after.proc));
	KUNIT_EXPECT_FALSE(test, snet_exempt(before.proc));

	/* Once it is gone, another daemon's exemption is not theirs. */
	KUNIT_EXPECT_EQ(test, snet_detach(t->watch, test), 0);
	KUNIT_EXPECT_FALSE(test, snet_exempt(self.proc));
	snet_test_attach(t);
	KUNIT_EXPECT_FALSE(test, snet_exempt(self.proc));
	KUNIT_EXPECT_FALSE(test, snet_exempt(after.proc));
	snet_task_free(&before);
	snet_task_free(&self);
	snet_task_free(&after);
}

static void test_change(struct snet_settings *set, void *value)
{
	set->delay[1] = 7;
	set->policy[1] = SNET_ACTION_DENY;
	set->limit_uid = 7;
	set->absent_policy = SNET_ACTION_DENY;
	set->absent_events = 6;
}

static void absent_settings_outlive_the_daemon_and_others_do_not(struct kunit *test)
{
	struct snet_test *t = test->priv;
	const struct snet_settings *set;

	snet_test_set(t, test_change, 0);
	snet_test_detach(t);
	snet_test_attach(t);
	rcu_read_lock();
	set = rcu_dereference(t->watch->settings);
	KUNIT_EXPECT_EQ(test, set->absent_policy, SNET_ACTION_DENY);
	KUNIT_EXPECT_EQ(test, set->absent_events, 6);
	KUNIT_EXPECT_EQ(test, set->limit_uid, SNET_LIMIT_UID);
	KUNIT_EXPECT_NE(test, set->delay[1], 7);
	KUNIT_EXPECT_EQ(test, set->delay[1], set->delay[2]);
	KUNIT_EXPECT_EQ(test, set->policy[1], set->policy[2]);
	rcu_read_unlock();
}

static void settings_are_the_daemons_alone(struct kunit *test)
{
	struct snet_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, snet_configure(t->watch, test, test_change, NULL),
			-ENOTCONN);
}

static void absent_policy_never_covers_local_sockets(struct kunit *test)
{
	static const struct snet_subsys subsys = {
		.events = 1,
		.absent_events = 3,
		.absent_families = ~0ULL,
	};
	struct snet_settings *set = snet_settings_boot(&subsys);

	KUNIT_ASSERT_NOT_NULL(test, set);
	KUNIT_EXPECT_TRUE(test, snet_settings_covers(set, 0, AF_INET));
	KUNIT_EXPECT_FALSE(test, snet_settings_covers(set, 1, AF_INET));
	KUNIT_EXPECT_FALSE(test, snet_settings_covers(set, 0, AF_UNIX));
	KUNIT_EXPECT_FALSE(test, snet_settings_covers(set, 0, AF_NETLINK));
	KUNIT_EXPECT_FALSE(test, snet_settings_covers(set, 0, 64));
	kfree(set);
}

static struct kunit_case snet_subsystem_cases[] = {
	KUNIT_CASE(one_daemon_at_a_time),
	KUNIT_CASE(closed_socket_detaches_its_daemon_alone),
	KUNIT_CASE(daemon_and_what_it_starts_are_exempt),
	KUNIT_CASE(absent_settings_outlive_the_daemon_and_others_do_not),
	KUNIT_CASE(settings_are_the_daemons_alone),
	KUNIT_CASE(absent_policy_never_covers_local_sockets),
	{}
};

static struct kunit_suite snet_subsystem_suite = {
	.name = "snet-subsystem",
	.init = snet_test_init,
	.exit = snet_test_exit,
	.test_cases = snet_subsystem_cases,
};

kunit_test_suite(snet_subsystem_suite);
