/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snet: a subsystem, a daemon and programs that exist in tests only
 */
#ifndef _SECURITY_SNET_TESTING_H
#define _SECURITY_SNET_TESTING_H

#include <kunit/test.h>
#include <linux/completion.h>

#include "core.h"

/* Events of the tests' own subsystem. */
#define SNET_TEST_EVENT(n)	(SNET_SUBSYSTEM_TEST * SNET_EVENT_BITS + (n))
#define SNET_TEST_HOUR		(60 * 60 * 1000)
#define SNET_TEST_MESSAGES	64

/**
 * struct snet_test - A subsystem of its own, with a daemon that is a record
 * @test: The test.
 * @watch: The subsystem.
 * @daemon: The daemon, or NULL.
 * @before: Counters at the start of the test.
 * @peer: Its address stands for its socket.
 * @lock: Protects all below.
 * @asked: Ids of the events that it got.
 * @asked_count: How many.
 * @cancelled: Ids that were cancelled.
 * @causes: Why.
 * @cancelled_count: How many.
 * @full: Sends that fail before one arrives.
 */
struct snet_test {
	struct kunit *test;
	struct snet_watch *watch;
	struct snet_daemon *daemon;
	u64 before[__SNET_A_CNT_MAX];
	int peer;
	spinlock_t lock; /* protects all below */
	u64 asked[SNET_TEST_MESSAGES];
	u32 asked_count;
	u64 cancelled[SNET_TEST_MESSAGES];
	u32 causes[SNET_TEST_MESSAGES];
	u32 cancelled_count;
	u32 full;
};

/**
 * struct snet_caller - A program that makes one call, a thread of its own
 * @task: Its state.
 * @call: What it calls.
 * @defer: Its hook holds locks.
 * @thread: It.
 * @result: What its hook returned last.
 * @back: It has returned once more.
 * @again: It may run the call again.
 * @left: It shall not.
 */
struct snet_caller {
	struct snet_task task;
	struct snet_call call;
	bool defer;
	struct task_struct *thread;
	int result;
	struct completion back;
	struct completion again;
	bool left;
};

int snet_test_init(struct kunit *test);
void snet_test_exit(struct kunit *test);
void snet_test_attach(struct snet_test *t);
void snet_test_detach(struct snet_test *t);
void snet_test_set(struct snet_test *t, void (*change)(struct snet_settings *set,
						       void *data), u32 value);
void snet_test_delay(struct snet_settings *set, void *value);
void snet_test_policy(struct snet_settings *set, void *value);
u64 snet_test_counter(struct snet_test *t, int counter);
void snet_test_until(struct snet_test *t, int counter, u64 value);

void snet_test_call(struct snet_call *call);
struct snet_caller *snet_test_caller(struct snet_test *t);
void snet_test_start(struct snet_test *t, struct snet_caller *caller);
int snet_test_result(struct snet_test *t, struct snet_caller *caller);
void snet_test_signal(struct snet_caller *caller, int signal);
void snet_test_again(struct snet_caller *caller);
void snet_test_leave(struct snet_test *t, struct snet_caller *caller);

u64 snet_test_asked(struct snet_test *t, u32 nth);
u32 snet_test_asked_count(struct snet_test *t);
u32 snet_test_cancelled(struct snet_test *t, u64 id);
int snet_test_answer(struct snet_test *t, u64 id, u32 action, u32 error);

#endif /* _SECURITY_SNET_TESTING_H */
