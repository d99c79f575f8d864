// SPDX-License-Identifier: MIT
/*
 * Verdict, timeout, signal, hold and the daemon's death at the same moment:
 * every held call ends, once, and no signal shows in the program's errno.
 */
#include "race.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLERS 6
#define THREADS 2
/* Short enough that verdicts and timeouts meet all the time. */
#define DELAY_MS 30
#define LATER 64

static void on_signal(int number)
{
	(void)number;
	count(SIGNALLED);
}

static void *call(void *data)
{
	(void)data;
	while (!race_over()) {
		int error = try_connect(SOCK_DGRAM, 20000 + chance(8));

		if (!error)
			count(PASSED);
		else if (error == EACCES)
			count(DENIED);
		else if (error == EPERM)
			count(BY_POLICY);
		else
			wrong("connect: %s (%d)", strerror(error), error);
	}
	return NULL;
}

static void caller(void *data)
{
	struct sigaction action = { .sa_handler = on_signal };
	pthread_t threads[THREADS];
	sigset_t all;

	(void)data;
	sigaction(SIGUSR1, &action, NULL);
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &action, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, call, NULL);
	/* Signals of the process are for the threads that call. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Verdicts that wait for the moment at which the deadline passes. */
struct later {
	uint64_t id;
	double time;
};

static void answer(struct link *link, uint64_t id)
{
	struct verdict verdict = { .id = id, .deny = chance(2), .error = EACCES };

	link_verdict(link, &verdict);
}

static void answer_due(struct link *link, struct later *later)
{
	for (int i = 0; i < LATER; i++) {
		if (!later[i].id || later[i].time > race_now())
			continue;
		answer(link, later[i].id);
		later[i].id = 0;
	}
}

static void decide(struct link *link, struct later *later, const struct event *event)
{
	struct later *place = &later[chance(LATER)];
	uint32_t what = chance(100);

	if (what < 40) {
		answer(link, event->id);
	} else if (what < 60) {
		*place = (struct later){ event->id, race_now() + DELAY_MS - 3 + chance(60) / 10.0 };
	} else if (what < 70) {
		answer(link, event->id);
		answer(link, event->id);
	} else if (what < 80) {
		link_hold(link, event->id, 1 + chance(2 * DELAY_MS));
		*place = (struct later){ event->id, race_now() + chance(2 * DELAY_MS) };
	} else if (what < 85) {
		answer(link, event->id + 1 + chance(4));
	} /* else nobody answers */
}

static void serve(struct link *link, double until)
{
	struct later later[LATER] = { 0 };
	struct event event;

	while (!race_over() && race_now() < until) {
		answer_due(link, later);
		if (link_event(link, &event, 1) == 1 && !event.cancel)
			decide(link, later, &event);
	}
}

/* Attaches, serves for a while, and leaves in one of four ways. */
static void daemon_life(void *data)
{
	struct link link;

	(void)data;
	link_open(&link);
	if (link_attach(&link, "race", 1u << SNET_EVENT_SNET_CONNECT)) {
		count(REFUSED);
		race_sleep(1 + chance(5));
		return;
	}
	count(ATTACHED);
	link_configure(&link, SNET_A_DELAY, DELAY_MS);
	link_configure(&link, SNET_A_POLICY, chance(2));
	serve(&link, race_now() + 20 + chance(400));
	switch (chance(4)) {
	case 0: link_detach(&link); break;
	case 1: link_close(&link); break;
	case 2: kill(getpid(), SIGKILL); break;
	}
}

static void keep_daemon(void *data)
{
	while (!race_over())
		waitpid(start(daemon_life, data), NULL, 0);
}

int main(int argc, char **argv)
{
	pid_t callers[CALLERS], daemons[2];

	race_start("verdict, timeout, signal, death of the daemon", argc, argv);
	for (int i = 0; i < CALLERS; i++)
		callers[i] = start(caller, NULL);
	for (int i = 0; i < 2; i++)
		daemons[i] = start(keep_daemon, NULL);

	while (!race_over()) {
		int i = chance(CALLERS);

		race_sleep(chance(30) / 10.0);
		if (chance(50)) {
			kill(callers[i], chance(2) ? SIGUSR1 : SIGUSR2);
			continue;
		}
		kill(callers[i], SIGKILL);
		finish(callers[i], "a killed caller");
		count(KILLED);
		callers[i] = start(caller, NULL);
	}
	for (int i = 0; i < 2; i++)
		finish(daemons[i], "a daemon");
	for (int i = 0; i < CALLERS; i++)
		finish(callers[i], "a caller");
	return race_end();
}
