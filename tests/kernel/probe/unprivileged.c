// SPDX-License-Identifier: MIT
/*
 * unprivileged UID [userns|netns]: sends each request of the protocol as that uid, in a new user or network
 * namespace of its own where wanted. Prints "REQUEST ERRNO", or "no family" where it cannot see any.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "raw.h"

static struct raw raw;

/* The kernel answers within send(2); an ACK is asked for, so that there is one answer at least. */
static void tell(const char *name)
{
	int error = 0;

	raw_send(&raw);
	do {
		raw_receive(&raw);
	} while (raw_in(&raw)->nlmsg_seq != raw.seq);
	if (raw_in(&raw)->nlmsg_type == NLMSG_ERROR)
		error = -((struct nlmsgerr *)NLMSG_DATA(raw_in(&raw)))->error;
	printf("%s %s\n", name, error ? strerrorname_np(error) : "0");
}

static void begin(int command, int flags)
{
	raw_begin(&raw, raw.family, command, flags);
}

int main(int argc, char **argv)
{
	uid_t uid = argc > 1 ? atoi(argv[1]) : 0;
	const char *where = argc > 2 ? argv[2] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (uid && (setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
		err(2, "uid");
	if (!strcmp(where, "userns") && unshare(CLONE_NEWUSER))
		err(2, "unshare");
	if (!strcmp(where, "netns") && unshare(CLONE_NEWNET))
		err(2, "unshare");
	if (raw_open(&raw)) {
		printf("no family\n");
		return 0;
	}

	begin(SNET_CMD_ATTACH, NLM_F_ACK);
	raw_put_u32(&raw, SNET_A_VERSION, SNET_FAMILY_VERSION);
	raw_put_u32(&raw, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	raw_put_u32(&raw, SNET_A_EVENTS, 1 << SNET_EVENT_SNET_CONNECT);
	raw_put_u64(&raw, SNET_A_FAMILIES, 1 << AF_INET);
	tell("attach");
	begin(SNET_CMD_DETACH, NLM_F_ACK);
	tell("detach");
	begin(SNET_CMD_CONFIGURE, NLM_F_ACK);
	raw_put_u32(&raw, SNET_A_ABSENT_POLICY, SNET_ACTION_ALLOW);
	tell("configure");
	begin(SNET_CMD_SETTINGS, NLM_F_ACK);
	tell("settings");
	begin(SNET_CMD_VERDICT, NLM_F_ACK);
	raw_put_u64(&raw, SNET_A_ID, 1);
	raw_put_u32(&raw, SNET_A_ACTION, SNET_ACTION_ALLOW);
	tell("verdict");
	begin(SNET_CMD_HOLD, NLM_F_ACK);
	raw_put_u64(&raw, SNET_A_ID, 1);
	raw_put_u32(&raw, SNET_A_HOLD, 1000);
	tell("hold");
	begin(SNET_CMD_TICKETS, NLM_F_DUMP);
	tell("tickets");
	begin(SNET_CMD_FLUSH, NLM_F_ACK);
	tell("flush");
	begin(SNET_CMD_STATS, NLM_F_ACK);
	tell("stats");
	begin(SNET_CMD_RENOUNCE, NLM_F_ACK);
	tell("renounce");
	return 0;
}
