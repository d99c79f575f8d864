// SPDX-License-Identifier: MIT
/*
 * Tickets looked up on two processors while they are given, flushed, evicted,
 * listed and run out: no answer is ever given to a question it was not given for.
 */
#include "race.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLERS 5
/* Few, so that tickets are found, and more than the smallest limit, so that they are evicted. */
#define PORTS 24

/* Odd ports are denied, even ones allowed: so every ticket's key holds the port. */
static bool denied(uint16_t port)
{
	return port & 1;
}

static void try_once(void)
{
	uint16_t port = 20000 + chance(PORTS);
	int error = try_connect(SOCK_DGRAM, port);

	if (error == EPERM)
		count(BY_POLICY);
	else if (error != (denied(port) ? EACCES : 0))
		wrong("%s port: %s (%d)", denied(port) ? "odd" : "even", strerror(error), error);
	else
		count(error == EACCES ? DENIED : PASSED);
}

static void child(void *data)
{
	(void)data;
	for (int i = 0; i < 10; i++)
		try_once();
}

static void caller(void *data)
{
	while (!race_over()) {
		try_once();
		/* A fork takes part in its parent's tickets for children. */
		if (!chance(20))
			waitpid(start(child, data), NULL, 0);
	}
}

static void lister(void *data)
{
	struct link link;

	(void)data;
	link_open(&link);
	while (!race_over()) {
		int count = link_tickets(&link);

		if (count < 0 && count != -EINTR)
			wrong("list of tickets: %s", strerror(-count));
		race_sleep(chance(20));
	}
}

static void answer(struct link *link, const struct event *event)
{
	static const uint32_t more[] = {
		0, SNET_OPERAND_EXE, SNET_OPERAND_COMM, SNET_OPERAND_REMOTE_ADDRESS, SNET_OPERAND_CGROUP,
		SNET_OPERAND_COOKIE, SNET_OPERAND_TASK, SNET_OPERAND_FLAGS, SNET_OPERAND_VOLATILE,
	};
	struct verdict verdict = {
		.id = event->id,
		.deny = denied(event->remote_port),
		.error = EACCES,
		.remember = 1 + chance(chance(2) ? 20 : 2000),
		.scope = chance(3),
		.key = SNET_OPERAND_REMOTE_PORT | more[chance(sizeof(more) / sizeof(*more))],
	};

	link_verdict(link, &verdict);
}

static void serve(struct link *link)
{
	double next = 0;
	struct event event;

	for (;;) {
		if (link_event(link, &event, 5) == 1 && !event.cancel)
			answer(link, &event);
		if (race_now() < next)
			continue;
		next = race_now() + chance(100);
		if (chance(2))
			link_flush(link);
		else
			link_set(link, SNET_A_LIMIT_TICKETS, 8 << chance(6));
	}
}

/* Serves until it is killed, after the last caller: there is always an answer by rule. */
static void responder(void *data)
{
	struct link link;
	int error;

	(void)data;
	link_open(&link);
	error = link_attach(&link, "tickets", 1u << SNET_EVENT_SNET_CONNECT);
	if (error)
		wrong("attach: %s", strerror(-error));
	link_configure(&link, SNET_A_DELAY, 2000);
	link_configure(&link, SNET_A_POLICY, SNET_ACTION_DENY);
	count(ATTACHED);
	serve(&link);
}

int main(int argc, char **argv)
{
	pid_t callers[CALLERS], listers[2], daemon;

	race_start("tickets given, found, flushed, evicted, listed", argc, argv);
	daemon = start(responder, NULL);
	race_await_daemon();
	for (int i = 0; i < CALLERS; i++)
		callers[i] = start(caller, NULL);
	for (int i = 0; i < 2; i++)
		listers[i] = start(lister, NULL);
	for (int i = 0; i < CALLERS; i++)
		finish(callers[i], "a caller");
	for (int i = 0; i < 2; i++)
		finish(listers[i], "a lister");
	kill(daemon, SIGKILL);
	finish(daemon, "the daemon");
	return race_end();
}
