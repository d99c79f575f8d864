// SPDX-License-Identifier: MIT
/*
 * exempt: attaches to connect and answers nothing, with the policy deny after 100 ms. Then it, a child, and a
 * child that executed a program connect; after that a child that renounced the exemption. Prints each result and
 * how many questions were asked.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "raw.h"

static struct raw daemon_socket;

static void try_connect(const char *who)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x7f000001) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int result = connect(fd, (struct sockaddr *)&to, sizeof(to));

	printf("%s connect %s\n", who, result ? strerrorname_np(errno) : "0");
}

/* Events that came so far. */
static void tell_asked(void)
{
	struct genlmsghdr *genl = NLMSG_DATA(raw_in(&daemon_socket));
	int asked = 0;

	while (recv(daemon_socket.fd, daemon_socket.in, RAW_ROOM, MSG_DONTWAIT) > 0)
		asked += raw_in(&daemon_socket)->nlmsg_type == daemon_socket.family && genl->cmd == SNET_CMD_EVENT;
	printf("asked %d\n", asked);
}

static void renounce(void)
{
	struct raw raw;

	raw_open(&raw);
	raw_begin(&raw, raw.family, SNET_CMD_RENOUNCE, NLM_F_ACK);
	raw_send(&raw);
	raw_receive(&raw);
	if (((struct nlmsgerr *)NLMSG_DATA(raw_in(&raw)))->error)
		errx(2, "renounce was refused");
}

/* Does the work in a child. */
static void in_child(void (*work)(char *), char *arg)
{
	int status;
	pid_t child = fork();

	if (!child) {
		work(arg);
		exit(0);
	}
	if (waitpid(child, &status, 0) < 0 || status)
		errx(2, "a child failed");
}

static void child_connects(char *self)
{
	(void)self;
	try_connect("child");
}

static void child_executes(char *self)
{
	execl("/proc/self/exe", self, "executed", NULL);
	err(2, "exec");
}

static void child_renounces(char *self)
{
	(void)self;
	renounce();
	try_connect("child after renounce");
}

int main(int argc, char **argv)
{
	struct raw *raw = &daemon_socket;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1) {
		try_connect("child after exec");
		return 0;
	}
	if (raw_open(raw))
		errx(2, "the kernel has no family \"snet\"");
	raw_attach(raw, "exempt", 1 << SNET_EVENT_SNET_CONNECT, 1 << AF_INET);
	raw_begin(raw, raw->family, SNET_CMD_CONFIGURE, 0);
	raw_put_u32(raw, SNET_A_DELAY, 100);
	raw_put_u32(raw, SNET_A_POLICY, SNET_ACTION_DENY);
	raw_send(raw);

	try_connect("daemon");
	in_child(child_connects, argv[0]);
	in_child(child_executes, argv[0]);
	tell_asked();
	in_child(child_renounces, argv[0]);
	tell_asked();
	return 0;
}
