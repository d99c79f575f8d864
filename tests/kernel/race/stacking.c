// SPDX-License-Identifier: MIT
/*
 * Beside other security modules: snet is the last in their order, and nobody is
 * asked about what another one denies.
 */
#include "race.h"

#include <errno.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of Linux 6.7; the distribution's headers may be older. */
#define ACCESS_NET_CONNECT_TCP (1ull << 1)
#define RULE_NET_PORT 2
#define PORT_LANDLOCK_ALLOWS 20000
#define PORT_LANDLOCK_DENIES 20001

struct ruleset {
	uint64_t access_fs;
	uint64_t access_net;
};

struct port_rule {
	uint64_t access;
	uint64_t port;
};

/* The modules in the order in which they are asked: what was booted with, capability before. */
static void check_order(void)
{
	const char *expected = getenv("STACK");
	char line[256] = "";
	FILE *file = fopen("/sys/kernel/security/lsm", "r");
	const char *got;

	if (!file || !fgets(line, sizeof(line), file))
		wrong("cannot read /sys/kernel/security/lsm");
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = 0;
	got = strchr(line, ',');
	if (expected && (!got || strcmp(got + 1, expected)))
		wrong("modules are %s, booted with %s", line, expected);
}

static void landlock(void)
{
	struct ruleset rules = { .access_net = ACCESS_NET_CONNECT_TCP };
	struct port_rule rule = { .access = ACCESS_NET_CONNECT_TCP, .port = PORT_LANDLOCK_ALLOWS };
	int fd = syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);

	if (fd < 0 || syscall(SYS_landlock_add_rule, fd, RULE_NET_PORT, &rule, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_landlock_restrict_self, fd, 0))
		wrong("landlock: %s", strerror(errno));
}

static void restricted(void *data)
{
	int error;

	(void)data;
	landlock();
	error = try_connect(SOCK_STREAM, PORT_LANDLOCK_DENIES);
	if (error != EACCES)
		wrong("what Landlock denies: %s", strerror(error));
	/* It is not asked about either, so this deny must be snet's. */
	error = try_connect(SOCK_STREAM, PORT_LANDLOCK_ALLOWS);
	if (error != EHOSTDOWN)
		wrong("what Landlock allows and snet denies: %s", strerror(error));
	count(DENIED);
}

static void responder(void *data)
{
	struct event event;
	struct link link;

	(void)data;
	link_open(&link);
	if (link_attach(&link, "stacking", 1u << SNET_EVENT_SNET_CONNECT))
		wrong("attach failed");
	count(ATTACHED);
	for (;;) {
		struct verdict verdict = { .deny = true, .error = EHOSTDOWN };

		if (link_event(&link, &event, 100) != 1 || event.cancel)
			continue;
		if (event.remote_port == PORT_LANDLOCK_DENIES)
			wrong("asked about what Landlock denies");
		verdict.id = event.id;
		link_verdict(&link, &verdict);
	}
}

int main(int argc, char **argv)
{
	pid_t daemon;

	race_start("beside other security modules", argc, argv);
	check_order();
	daemon = start(responder, NULL);
	race_await_daemon();
	for (int i = 0; i < 20; i++)
		finish(start(restricted, NULL), "a restricted program");
	kill(daemon, SIGKILL);
	finish(daemon, "the daemon");
	return race_end();
}
