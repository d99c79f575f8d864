// SPDX-License-Identifier: MIT
/*
 * Threads that change their uid one by one, and processes that execute a program
 * while another of their threads is held: what was given to one uid never lets another pass.
 */
#include "race.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLERS 3
#define THREADS 3
#define UIDS 6
#define PORT 20000

/* Odd uids are denied; root, as which threads run between two changes, is allowed. */
static bool denied(uint32_t uid)
{
	return uid & 1;
}

static void try_as(uint32_t uid)
{
	int error = try_connect(SOCK_DGRAM, PORT);

	if (error == EPERM)
		count(BY_POLICY);
	else if (error != (denied(uid) ? EACCES : 0))
		wrong("uid that is %s: %s (%d)", denied(uid) ? "denied" : "allowed", strerror(error), error);
	else
		count(error == EACCES ? DENIED : PASSED);
}

/* glibc's seteuid(3) would change all threads. */
static void set_uid(uint32_t uid)
{
	if (syscall(SYS_setresuid, -1, uid, -1))
		wrong("setresuid: %s", strerror(errno));
}

static void *change(void *data)
{
	(void)data;
	while (!race_over()) {
		uint32_t uid = 1000 + chance(UIDS);

		set_uid(uid);
		for (int i = chance(4); i >= 0; i--)
			try_as(uid);
		set_uid(0);
	}
	return NULL;
}

static void caller(void *data)
{
	pthread_t threads[THREADS];

	(void)data;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, change, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void *call_until_exec(void *data)
{
	for (;;)
		try_as(*(uint32_t *)data);
	return NULL;
}

/* Executes itself while its other threads call: they are killed in the middle. */
static void executes(void *data)
{
	char *arguments[] = { "identity", "executed", NULL };
	uint32_t uid = 1000 + chance(UIDS);
	pthread_t threads[THREADS];

	(void)data;
	if (setresuid(uid, uid, uid))
		wrong("setresuid: %s", strerror(errno));
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, call_until_exec, &uid);
	race_sleep(chance(20));
	execv("/proc/self/exe", arguments);
	wrong("execv: %s", strerror(errno));
}

static void keep_executing(void *data)
{
	while (!race_over()) {
		int status;

		waitpid(start(executes, data), &status, 0);
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			wrong("after exec: status %#x", status);
		count(RESPAWNED);
	}
}

/* What runs after exec: one call, judged by its own uid. */
static int executed(void)
{
	int error = try_connect(SOCK_DGRAM, PORT);

	if (error == EPERM)
		return 0;
	return error == (denied(getuid()) ? EACCES : 0) ? 0 : 1;
}

static void answer(struct link *link, const struct event *event)
{
	struct verdict verdict = {
		.id = event->id,
		.deny = denied(event->uid),
		.error = EACCES,
		/* No operand at all in the key: the uid is always held. */
		.remember = chance(2) ? 1 + chance(500) : 0,
		.scope = chance(3),
	};

	link_verdict(link, &verdict);
}

static void responder(void *data)
{
	struct event event;
	struct link link;
	int error;

	(void)data;
	link_open(&link);
	error = link_attach(&link, "identity", 1u << SNET_EVENT_SNET_CONNECT);
	if (error)
		wrong("attach: %s", strerror(-error));
	link_configure(&link, SNET_A_DELAY, 2000);
	link_configure(&link, SNET_A_POLICY, SNET_ACTION_DENY);
	count(ATTACHED);
	for (;;)
		if (link_event(&link, &event, 100) == 1 && !event.cancel)
			answer(&link, &event);
}

int main(int argc, char **argv)
{
	pid_t callers[CALLERS], executing[2], daemon;

	if (argc > 1 && !strcmp(argv[1], "executed"))
		return executed();
	race_start("change of uid, exec", argc, argv);
	daemon = start(responder, NULL);
	race_await_daemon();
	for (int i = 0; i < CALLERS; i++)
		callers[i] = start(caller, NULL);
	for (int i = 0; i < 2; i++)
		executing[i] = start(keep_executing, NULL);
	for (int i = 0; i < CALLERS; i++)
		finish(callers[i], "a caller");
	for (int i = 0; i < 2; i++)
		finish(executing[i], "one that executes");
	kill(daemon, SIGKILL);
	finish(daemon, "the daemon");
	return race_end();
}
