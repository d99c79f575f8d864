// SPDX-License-Identifier: MIT
/*
 * Several daemons that want the same subsystem, take it, change its settings,
 * give it up and die, while programs call: one has it at a time, nobody is held for
 * longer than a daemon lives, and the daemon itself is never asked.
 */
#include "race.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLERS 4
#define DAEMONS 4
/* Longer than everything else here: a call that the daemon's end does not free would show. */
#define DELAY_MS 60000
#define EVENTS (1u << SNET_EVENT_SNET_CONNECT | 1u << SNET_EVENT_SNET_SOCKET | 1u << SNET_EVENT_SNET_CLOSE)

static void caller(void *data)
{
	(void)data;
	while (!race_over()) {
		double before = race_now();
		int error = try_connect(SOCK_DGRAM, 20000 + chance(4));

		if (race_now() - before > DELAY_MS / 4.0)
			wrong("a call was held for longer than its daemon lived");
		if (!error)
			count(PASSED);
		else if (error == EPERM)
			count(BY_POLICY);
		else
			wrong("connect: %s (%d)", strerror(error), error);
	}
}

static void serve(struct link *link)
{
	double until = race_now() + chance(30);
	struct event event;

	while (race_now() < until) {
		struct verdict verdict = { 0 };

		if (!chance(8))
			link_set(link, SNET_A_EVENTS, EVENTS & ~(1u << chance(10)));
		if (link_event(link, &event, 1) != 1 || event.cancel || event.flags & SNET_EVENT_FLAG_NOTIFY)
			continue;
		verdict.id = event.id;
		if (chance(4))
			link_verdict(link, &verdict);
	}
}

static void check_exempt(void)
{
	double before = race_now();
	int error = try_connect(SOCK_DGRAM, 20000);

	if (error)
		wrong("the daemon's own connect: %s", strerror(error));
	if (race_now() - before > DELAY_MS / 4.0)
		wrong("the daemon was asked itself");
}

static void life(void *data)
{
	struct link link;
	int error;

	(void)data;
	link_open(&link);
	error = link_attach(&link, "attach", EVENTS);
	if (error) {
		if (error != -EBUSY)
			wrong("attach: %s", strerror(-error));
		count(REFUSED);
		return;
	}
	count(ATTACHED);
	link_configure(&link, SNET_A_DELAY, DELAY_MS);
	if (!chance(4) && link_attach(&link, "again", EVENTS) != -EALREADY)
		wrong("a second attach of the daemon was not EALREADY");
	if (!chance(4))
		check_exempt();
	serve(&link);
	switch (chance(3)) {
	case 0: error = link_detach(&link); break;
	case 1: link_close(&link); break;
	case 2: kill(getpid(), SIGKILL); break;
	}
	if (error)
		wrong("detach: %s", strerror(-error));
}

static void keep_daemon(void *data)
{
	while (!race_over())
		waitpid(start(life, data), NULL, 0);
}

int main(int argc, char **argv)
{
	pid_t callers[CALLERS], daemons[DAEMONS];

	race_start("attach, configure, detach, death", argc, argv);
	for (int i = 0; i < DAEMONS; i++)
		daemons[i] = start(keep_daemon, NULL);
	for (int i = 0; i < CALLERS; i++)
		callers[i] = start(caller, NULL);
	for (int i = 0; i < DAEMONS; i++)
		finish(daemons[i], "a daemon");
	for (int i = 0; i < CALLERS; i++)
		finish(callers[i], "a caller");
	return race_end();
}
