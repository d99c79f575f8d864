// SPDX-License-Identifier: MIT
/*
 * hostile: attaches as the daemon, holds one call of a child, and then sends messages that no daemon should.
 * For each it prints one line, "NAME ERRNO TEXT": the errno and the extended-ACK text that came back ("0 -" for
 * success, "silent -" where nothing came). "NAME changed ..." is printed where a refused message changed the
 * settings or what waits. The last lines tell how the held call ended: "held 0".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "raw.h"

#define OPTIONAL_ACK_OFFSET sizeof(struct nlmsgerr)

static struct raw daemon_socket, other_socket;
static uint64_t held; /* id of the child's call */

/* Reads up to the answer to the message just sent. Return: its errno, or -1 where there is none. */
static int read_answer(struct raw *raw, const char **text)
{
	struct nlmsghdr *in = raw_in(raw);
	struct pollfd one = { .fd = raw->fd, .events = POLLIN };

	*text = "-";
	for (;;) {
		/* The kernel answers within send(2): what is not there now will not come. */
		if (poll(&one, 1, 0) <= 0)
			return -1;
		raw_receive(raw);
		if (in->nlmsg_seq == raw->seq)
			break;
	}
	if (in->nlmsg_type != NLMSG_ERROR)
		return 0;
	if (in->nlmsg_flags & NLM_F_ACK_TLVS) {
		char *at = (char *)NLMSG_DATA(in) + OPTIONAL_ACK_OFFSET, *end = (char *)in + in->nlmsg_len;

		while (at + NLA_HDRLEN <= end) {
			struct nlattr *attr = (void *)at;

			if (attr->nla_type == NLMSGERR_ATTR_MSG)
				*text = at + NLA_HDRLEN;
			at += NLA_ALIGN(attr->nla_len);
		}
	}
	return -((struct nlmsgerr *)NLMSG_DATA(in))->error;
}

/* What a refused message must leave alone: the settings as bytes, and how many calls wait. */
static int snapshot(char *bytes)
{
	struct raw *raw = &daemon_socket;
	struct nlmsghdr *in = raw_in(raw);
	int length;

	raw_begin(raw, raw->family, SNET_CMD_SETTINGS, 0);
	raw_put_u32(raw, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	raw_send(raw);
	do {
		raw_receive(raw);
	} while (in->nlmsg_seq != raw->seq);
	length = in->nlmsg_len - RAW_HEADERS;
	memcpy(bytes, raw->in + RAW_HEADERS, length);
	return length;
}

static void send_bytes(struct raw *raw, size_t length)
{
	if (send(raw->fd, raw->out, length, 0) < 0)
		err(2, "send");
}

/* Sends what was built, as it is, and prints how it was answered. */
static void expect(struct raw *raw, const char *name)
{
	char before[RAW_ROOM], after[RAW_ROOM], message[RAW_ROOM];
	uint32_t length = raw_out(raw)->nlmsg_len, seq = raw->seq;
	const char *text;
	int was, is, answer;

	memcpy(message, raw->out, length);
	was = snapshot(before);
	memcpy(raw->out, message, length);
	raw->seq = raw == &daemon_socket ? raw->seq + 1 : seq;
	raw_out(raw)->nlmsg_seq = raw->seq;
	send_bytes(raw, length);
	answer = read_answer(raw, &text);
	printf("%s %s %s\n", name, answer < 0 ? "silent" : answer ? strerrorname_np(answer) : "0", text);
	is = snapshot(after);
	if (was != is || memcmp(before, after, was))
		printf("%s changed the settings\n", name);
}

/* Begins a message of the daemon's that wants an answer. */
static struct raw *daemon_says(int command)
{
	raw_begin(&daemon_socket, daemon_socket.family, command, NLM_F_ACK);
	return &daemon_socket;
}

static struct raw *other_says(int command)
{
	raw_begin(&other_socket, other_socket.family, command, NLM_F_ACK);
	return &other_socket;
}

static struct raw *verdict(uint64_t id)
{
	struct raw *raw = daemon_says(SNET_CMD_VERDICT);

	raw_put_u64(raw, SNET_A_ID, id);
	return raw;
}

static struct raw *denial(void)
{
	struct raw *raw = verdict(held);

	raw_put_u32(raw, SNET_A_ACTION, SNET_ACTION_DENY);
	return raw;
}

static struct raw *configure(void)
{
	struct raw *raw = daemon_says(SNET_CMD_CONFIGURE);

	raw_put_u32(raw, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	return raw;
}

static void one_u32(struct raw *raw, const char *name, int type, uint32_t value)
{
	raw_put_u32(raw, type, value);
	expect(raw, name);
}

/* Messages that are no messages. */
static void send_malformed(void)
{
	struct raw *raw;
	const char *text;
	int answer;

	raw = daemon_says(SNET_CMD_VERDICT);
	raw_out(raw)->nlmsg_len = NLMSG_HDRLEN + 2;
	expect(raw, "genl-header-cut");

	/* Says that it is longer than it is. */
	raw = verdict(held);
	raw_out(raw)->nlmsg_len += 64;
	send_bytes(raw, raw_out(raw)->nlmsg_len - 64);
	answer = read_answer(raw, &text);
	printf("message-cut %s %s\n", answer < 0 ? "silent" : strerrorname_np(answer), text);

	raw = denial();
	((struct nlattr *)(raw->out + raw_out(raw)->nlmsg_len - 8))->nla_len = 64;
	expect(raw, "attribute-cut");

	raw = denial();
	((struct nlattr *)(raw->out + raw_out(raw)->nlmsg_len - 8))->nla_len = 2;
	expect(raw, "attribute-length-2");

	raw = denial();
	memset(raw->out + raw_out(raw)->nlmsg_len, 0xff, 3);
	raw_out(raw)->nlmsg_len += 3;
	expect(raw, "leftover-bytes");

	one_u32(denial(), "attribute-unknown", 999, 1);
	one_u32(denial(), "attribute-not-of-verdict", SNET_A_PID, 1);

	raw = verdict(held);
	raw_put(raw, SNET_A_ACTION, "\1", 1);
	expect(raw, "u32-of-1-byte");

	raw = verdict(held);
	raw_put(raw, SNET_A_ACTION, "\1\0\0\0\0\0\0", 8);
	expect(raw, "u32-of-8-bytes");

	raw = daemon_says(SNET_CMD_VERDICT);
	raw_put_u32(raw, SNET_A_ID, held);
	raw_put_u32(raw, SNET_A_ACTION, SNET_ACTION_DENY);
	expect(raw, "id-of-4-bytes");

	expect(daemon_says(200), "command-unknown");
	expect(daemon_says(SNET_CMD_EVENT), "command-event");
	expect(daemon_says(SNET_CMD_CANCEL), "command-cancel");
	expect(daemon_says(SNET_CMD_TICKETS), "tickets-without-dump");
}

static void send_bad_verdicts(void)
{
	struct raw *raw;

	expect(daemon_says(SNET_CMD_VERDICT), "verdict-empty");
	expect(verdict(held), "verdict-without-action");
	one_u32(daemon_says(SNET_CMD_VERDICT), "verdict-without-id", SNET_A_ACTION, SNET_ACTION_DENY);
	one_u32(verdict(0), "verdict-id-0", SNET_A_ACTION, SNET_ACTION_DENY);
	one_u32(verdict(held + 1000000), "verdict-id-unknown", SNET_A_ACTION, SNET_ACTION_DENY);
	one_u32(verdict(UINT64_MAX), "verdict-id-greatest", SNET_A_ACTION, SNET_ACTION_DENY);
	one_u32(verdict(held), "verdict-action-7", SNET_A_ACTION, 7);
	one_u32(denial(), "verdict-errno-0", SNET_A_ERRNO, 0);
	one_u32(denial(), "verdict-errno-4096", SNET_A_ERRNO, 4096);
	one_u32(denial(), "verdict-remember-without-key", SNET_A_REMEMBER, 1000);

	raw = denial();
	raw_put_u32(raw, SNET_A_REMEMBER, 1000);
	raw_put_u32(raw, SNET_A_KEY, 1U << 31);
	expect(raw, "verdict-key-unknown");

	raw = denial();
	raw_put_u32(raw, SNET_A_REMEMBER, 1000);
	raw_put_u32(raw, SNET_A_KEY, SNET_OPERAND_EXE);
	raw_put_u32(raw, SNET_A_SCOPE, 9);
	expect(raw, "verdict-scope-9");

	one_u32(daemon_says(SNET_CMD_HOLD), "hold-without-id", SNET_A_HOLD, 1000);
	raw = daemon_says(SNET_CMD_HOLD);
	raw_put_u64(raw, SNET_A_ID, held);
	expect(raw, "hold-without-time");
	raw = daemon_says(SNET_CMD_HOLD);
	raw_put_u64(raw, SNET_A_ID, held + 1000000);
	raw_put_u32(raw, SNET_A_HOLD, 1000);
	expect(raw, "hold-id-unknown");
}

static struct raw *attach(struct raw *raw)
{
	raw_put(raw, SNET_A_NAME, "other", 6);
	raw_put_u32(raw, SNET_A_EVENTS, 1 << SNET_EVENT_SNET_CONNECT);
	raw_put_u64(raw, SNET_A_FAMILIES, 1 << AF_INET);
	return raw;
}

static void send_bad_attaches(void)
{
	char long_name[100];
	struct raw *raw;

	raw = attach(daemon_says(SNET_CMD_ATTACH));
	raw_put_u32(raw, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	one_u32(raw, "attach-again", SNET_A_VERSION, SNET_FAMILY_VERSION);

	raw = attach(other_says(SNET_CMD_ATTACH));
	raw_put_u32(raw, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	one_u32(raw, "attach-second", SNET_A_VERSION, SNET_FAMILY_VERSION);

	raw = attach(other_says(SNET_CMD_ATTACH));
	raw_put_u32(raw, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	one_u32(raw, "attach-version-99", SNET_A_VERSION, 99);

	raw = attach(other_says(SNET_CMD_ATTACH));
	one_u32(raw, "attach-without-version", SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);

	raw = attach(other_says(SNET_CMD_ATTACH));
	raw_put_u32(raw, SNET_A_VERSION, SNET_FAMILY_VERSION);
	one_u32(raw, "attach-subsystem-9", SNET_A_SUBSYSTEM, 9);

	raw = attach(other_says(SNET_CMD_ATTACH));
	raw_put_u32(raw, SNET_A_VERSION, SNET_FAMILY_VERSION);
	raw_put_u32(raw, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	one_u32(raw, "attach-payload-5000", SNET_A_PAYLOAD_MAX, 5000);

	raw = other_says(SNET_CMD_ATTACH);
	memset(long_name, 'x', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = 0;
	raw_put(raw, SNET_A_NAME, long_name, sizeof(long_name));
	expect(raw, "attach-name-long");

	raw = other_says(SNET_CMD_ATTACH);
	raw_put(raw, SNET_A_NAME, "abc", 3);
	expect(raw, "attach-name-without-nul");
}

static void send_bad_settings(void)
{
	struct raw *raw;

	one_u32(configure(), "configure-delay-0", SNET_A_DELAY, 0);
	one_u32(configure(), "configure-policy-2", SNET_A_POLICY, 2);
	one_u32(configure(), "configure-limit-0", SNET_A_LIMIT_TOTAL, 0);
	one_u32(configure(), "configure-event-31", SNET_A_EVENT, 31);
	one_u32(configure(), "configure-events-unknown", SNET_A_EVENTS, 1U << 31);
	one_u32(daemon_says(SNET_CMD_SETTINGS), "settings-subsystem-9", SNET_A_SUBSYSTEM, 9);

	raw = configure();
	raw_put_u64(raw, SNET_A_ABSENT_FAMILIES, 1 << AF_UNIX);
	expect(raw, "configure-absent-unix");

	/* A good setting beside a bad one: neither may be taken. */
	raw = configure();
	raw_put_u32(raw, SNET_A_DELAY, 1234);
	raw_put_u64(raw, SNET_A_ABSENT_FAMILIES, 1 << AF_NETLINK);
	expect(raw, "configure-good-and-bad");
}

/* All but attach is the daemon's alone, and root on another socket is not the daemon. */
static void send_from_another(void)
{
	struct raw *raw = other_says(SNET_CMD_VERDICT);

	raw_put_u64(raw, SNET_A_ID, held);
	one_u32(raw, "other-verdict", SNET_A_ACTION, SNET_ACTION_DENY);
	raw = other_says(SNET_CMD_HOLD);
	raw_put_u64(raw, SNET_A_ID, held);
	one_u32(raw, "other-hold", SNET_A_HOLD, 1000);
	one_u32(other_says(SNET_CMD_DETACH), "other-detach", SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	one_u32(other_says(SNET_CMD_FLUSH), "other-flush", SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	raw = other_says(SNET_CMD_CONFIGURE);
	raw_put_u32(raw, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	one_u32(raw, "other-configure", SNET_A_DELAY, 1000);
}

static _Noreturn void be_held(int start)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x7f000001) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(start, &c, 1) != 1)
		_exit(200);
	_exit(connect(fd, (struct sockaddr *)&to, sizeof(to)) ? errno : 0);
}

int main(void)
{
	int start[2], status;
	pid_t child;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (pipe(start))
		err(2, "pipe");
	child = fork(); /* before attaching: what a daemon starts is exempt */
	if (!child)
		be_held(start[0]);
	if (raw_open(&daemon_socket) || raw_open(&other_socket))
		errx(2, "the kernel has no family \"snet\"");
	setsockopt(daemon_socket.fd, SOL_NETLINK, NETLINK_CAP_ACK, &(int){ 1 }, sizeof(int));
	setsockopt(other_socket.fd, SOL_NETLINK, NETLINK_CAP_ACK, &(int){ 1 }, sizeof(int));
	raw_attach(&daemon_socket, "hostile", 1 << SNET_EVENT_SNET_CONNECT, 1 << AF_INET);
	if (write(start[1], "", 1) != 1)
		err(2, "write");
	while (!held) {
		struct genlmsghdr *genl = NLMSG_DATA(raw_in(&daemon_socket));

		raw_receive(&daemon_socket);
		if (raw_in(&daemon_socket)->nlmsg_type == daemon_socket.family && genl->cmd == SNET_CMD_EVENT)
			held = *(uint64_t *)raw_find(raw_in(&daemon_socket), SNET_A_ID);
	}

	send_malformed();
	send_bad_verdicts();
	send_bad_attaches();
	send_bad_settings();
	send_from_another();

	/* Through all of this the call waited; this verdict is its first good one, and the last. */
	one_u32(verdict(held), "verdict-good", SNET_A_ACTION, SNET_ACTION_ALLOW);
	one_u32(verdict(held), "verdict-repeated", SNET_A_ACTION, SNET_ACTION_DENY);
	if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		errx(2, "the held call did not end");
	printf("held %s\n", WEXITSTATUS(status) ? strerrorname_np(WEXITSTATUS(status)) : "0");
	return 0;
}
