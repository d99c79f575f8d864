// SPDX-License-Identifier: MIT
/*
 * responder [MILLISECONDS]: the smallest daemon: attaches to connect on AF_INET over a raw socket and allows
 * everything; with a number, each answer is remembered so long. Prints "ready" when it is attached. What snet's
 * own daemon is compared with.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "raw.h"

/* What a rule on program, address and port reads. */
#define KEY (SNET_OPERAND_EXE | SNET_OPERAND_REMOTE_ADDRESS | SNET_OPERAND_REMOTE_PORT)

static struct raw raw;

static void answer(struct nlmsghdr *event, uint32_t remember, uint32_t generation)
{
	uint64_t id = *(uint64_t *)raw_find(event, SNET_A_ID);

	raw_begin(&raw, raw.family, SNET_CMD_VERDICT, 0);
	raw_put_u64(&raw, SNET_A_ID, id);
	raw_put_u32(&raw, SNET_A_ACTION, SNET_ACTION_ALLOW);
	if (remember) {
		raw_put_u32(&raw, SNET_A_REMEMBER, remember);
		raw_put_u32(&raw, SNET_A_SCOPE, SNET_SCOPE_PROGRAM);
		raw_put_u32(&raw, SNET_A_KEY, KEY);
		raw_put_u32(&raw, SNET_A_GENERATION, generation);
	}
	raw_send(&raw);
}

int main(int argc, char **argv)
{
	uint32_t remember = argc > 1 ? atoi(argv[1]) : 0, generation;

	if (raw_open(&raw))
		errx(2, "the kernel has no family \"snet\"");
	raw_attach(&raw, "responder", 1 << SNET_EVENT_SNET_CONNECT, 1 << AF_INET);
	generation = *(uint32_t *)raw_find(raw_in(&raw), SNET_A_GENERATION);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		struct nlmsghdr *in = raw_in(&raw);
		struct genlmsghdr *genl = NLMSG_DATA(in);

		raw_receive(&raw);
		if (in->nlmsg_type == raw.family && genl->cmd == SNET_CMD_EVENT)
			answer(in, remember, generation);
	}
}
