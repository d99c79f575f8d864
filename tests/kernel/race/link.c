// SPDX-License-Identifier: MIT
#include "link.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROTOCOL_VERSION 1

/* Room for the longest event; what is longer has no part that is looked at. */
static _Thread_local _Alignas(8) unsigned char received[65536];

static struct nlattr *first_attribute(struct nlmsghdr *header)
{
	return (struct nlattr *)((char *)NLMSG_DATA(header) + GENL_HDRLEN);
}

#define for_each_attribute(a, first, bytes, left)                                                              \
	for (a = (first), left = (int)(bytes);                                                                 \
	     left >= (int)sizeof(*a) && a->nla_len >= sizeof(*a) && a->nla_len <= left;                        \
	     left -= NLA_ALIGN(a->nla_len), a = (struct nlattr *)((char *)a + NLA_ALIGN(a->nla_len)))

static void *value(const struct nlattr *a)
{
	return (char *)a + NLA_HDRLEN;
}

static uint64_t number(const struct nlattr *a)
{
	uint64_t n = 0;
	size_t length = a->nla_len - NLA_HDRLEN;

	memcpy(&n, value(a), length < sizeof(n) ? length : sizeof(n));
	return n;
}

static void put(struct message *message, int type, const void *bytes, size_t length)
{
	struct nlattr *a = (struct nlattr *)(message->bytes + message->length);

	memset(a, 0, NLA_HDRLEN + NLA_ALIGN(length));
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + length;
	memcpy(value(a), bytes, length);
	message->length += NLA_HDRLEN + NLA_ALIGN(length);
}

static void start(struct message *message, uint16_t type, int command, int flags)
{
	struct nlmsghdr *header = (struct nlmsghdr *)message->bytes;
	struct genlmsghdr *generic = NLMSG_DATA(header);

	message->length = NLMSG_HDRLEN + GENL_HDRLEN;
	memset(message->bytes, 0, message->length);
	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	generic->cmd = command;
	generic->version = 1;
}

void message_start(struct message *message, const struct link *link, int command, int flags)
{
	start(message, link->family, command, flags);
}

void message_u32(struct message *message, int attribute, uint32_t number)
{
	put(message, attribute, &number, sizeof(number));
}

void message_u64(struct message *message, int attribute, uint64_t number)
{
	put(message, attribute, &number, sizeof(number));
}

void message_string(struct message *message, int attribute, const char *text)
{
	put(message, attribute, text, strlen(text) + 1);
}

int link_send(struct link *link, struct message *message)
{
	struct nlmsghdr *header = (struct nlmsghdr *)message->bytes;

	header->nlmsg_len = message->length;
	header->nlmsg_seq = ++link->seq;
	return send(link->fd, message->bytes, message->length, 0) < 0 ? -errno : 0;
}

/*
 * Gives every message that answers the last request to take(); the last one
 * is an error, an acknowledgement or the end of a dump.
 */
static int answers(struct link *link, void (*take)(struct nlmsghdr *header, void *data), void *data)
{
	for (;;) {
		ssize_t length = recv(link->fd, received, sizeof(received), 0);
		struct nlmsghdr *header = (struct nlmsghdr *)received;

		if (length < 0 && (errno == EINTR || errno == ENOBUFS))
			continue;
		if (length < 0)
			return -errno;
		for (; NLMSG_OK(header, length); header = NLMSG_NEXT(header, length)) {
			if (header->nlmsg_seq != link->seq)
				continue;
			if (header->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(header))->error;
			if (header->nlmsg_type == NLMSG_DONE)
				return 0;
			if (take)
				take(header, data);
		}
	}
}

int link_request(struct link *link, struct message *message)
{
	int error;

	((struct nlmsghdr *)message->bytes)->nlmsg_flags |= NLM_F_ACK;
	error = link_send(link, message);
	return error ? error : answers(link, NULL, NULL);
}

static void take_family(struct nlmsghdr *header, void *data)
{
	struct nlattr *a;
	int left;

	for_each_attribute(a, first_attribute(header), header->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, left)
		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			*(uint16_t *)data = number(a);
}

void link_open(struct link *link)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	struct message message;
	int one = 1, error;

	memset(link, 0, sizeof(*link));
	link->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (link->fd < 0 || bind(link->fd, (void *)&address, sizeof(address))) {
		perror("netlink");
		exit(2);
	}
	setsockopt(link->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	start(&message, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	message_string(&message, CTRL_ATTR_FAMILY_NAME, SNET_FAMILY_NAME);
	error = link_send(link, &message);
	if (!error)
		error = answers(link, take_family, &link->family);
	if (error || !link->family) {
		fprintf(stderr, "no netlink family \"%s\": %s\n", SNET_FAMILY_NAME, strerror(-error));
		exit(2);
	}
}

void link_close(struct link *link)
{
	close(link->fd);
	link->fd = -1;
}

int link_attach(struct link *link, const char *name, uint32_t events)
{
	struct message message;

	message_start(&message, link, SNET_CMD_ATTACH, 0);
	message_u32(&message, SNET_A_VERSION, PROTOCOL_VERSION);
	message_u32(&message, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	message_string(&message, SNET_A_NAME, name);
	message_u32(&message, SNET_A_EVENTS, events);
	message_u64(&message, SNET_A_FAMILIES, 1ull << AF_INET | 1ull << AF_INET6 | 1ull << AF_UNIX);
	return link_request(link, &message);
}

static void start_subsystem(struct message *message, const struct link *link, int command)
{
	message_start(message, link, command, 0);
	message_u32(message, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
}

int link_detach(struct link *link)
{
	struct message message;

	start_subsystem(&message, link, SNET_CMD_DETACH);
	return link_request(link, &message);
}

int link_configure(struct link *link, int attribute, uint32_t number)
{
	struct message message;

	start_subsystem(&message, link, SNET_CMD_CONFIGURE);
	message_u32(&message, attribute, number);
	return link_request(link, &message);
}

int link_flush(struct link *link)
{
	struct message message;

	start_subsystem(&message, link, SNET_CMD_FLUSH);
	return link_send(link, &message);
}

int link_set(struct link *link, int attribute, uint32_t number)
{
	struct message message;

	start_subsystem(&message, link, SNET_CMD_CONFIGURE);
	message_u32(&message, attribute, number);
	return link_send(link, &message);
}

static void take_ticket(struct nlmsghdr *header, void *data)
{
	(void)header;
	++*(int *)data;
}

int link_tickets(struct link *link)
{
	struct message message;
	int count = 0, error;

	message_start(&message, link, SNET_CMD_TICKETS, NLM_F_DUMP);
	message_u32(&message, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	error = link_send(link, &message);
	if (!error)
		error = answers(link, take_ticket, &count);
	return error ? error : count;
}

static void take_counters(struct nlmsghdr *header, void *data)
{
	struct nlattr *a, *counter;
	uint64_t *n = data;
	int left, inner;

	for_each_attribute(a, first_attribute(header), header->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, left) {
		if ((a->nla_type & NLA_TYPE_MASK) != SNET_A_COUNTERS)
			continue;
		for_each_attribute(counter, (struct nlattr *)value(a), a->nla_len - NLA_HDRLEN, inner)
			if (counter->nla_type <= SNET_A_CNT_MAX)
				n[counter->nla_type] = number(counter);
	}
}

int link_stats(struct link *link, uint64_t n[SNET_A_CNT_MAX + 1])
{
	struct message message;
	int error;

	memset(n, 0, sizeof(*n) * (SNET_A_CNT_MAX + 1));
	message_start(&message, link, SNET_CMD_STATS, NLM_F_ACK);
	message_u32(&message, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	error = link_send(link, &message);
	return error ? error : answers(link, take_counters, n);
}

static void read_remote(struct nlattr *remote, struct event *event)
{
	struct nlattr *a;
	int left;

	for_each_attribute(a, (struct nlattr *)value(remote), remote->nla_len - NLA_HDRLEN, left)
		if (a->nla_type == SNET_A_ADDR_PORT)
			event->remote_port = number(a);
}

static bool read_event(struct nlmsghdr *header, struct event *event)
{
	struct genlmsghdr *generic = NLMSG_DATA(header);
	struct nlattr *a;
	int left;

	memset(event, 0, sizeof(*event));
	event->cancel = generic->cmd == SNET_CMD_CANCEL;
	if (generic->cmd != SNET_CMD_EVENT && !event->cancel)
		return false;
	for_each_attribute(a, first_attribute(header), header->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, left) {
		switch (a->nla_type & NLA_TYPE_MASK) {
		case SNET_A_ID: event->id = number(a); break;
		case SNET_A_EVENT: event->event = number(a); break;
		case SNET_A_EVENT_FLAGS: event->flags = number(a); break;
		case SNET_A_PID: event->pid = number(a); break;
		case SNET_A_TID: event->tid = number(a); break;
		case SNET_A_UID: event->uid = number(a); break;
		case SNET_A_CAUSE: event->cause = number(a); break;
		case SNET_A_REMOTE: read_remote(a, event); break;
		}
	}
	return true;
}

int link_event(struct link *link, struct event *event, int milliseconds)
{
	struct pollfd ready = { .fd = link->fd, .events = POLLIN };
	struct nlmsghdr *header = (struct nlmsghdr *)received;
	ssize_t length;

	for (;;) {
		if (poll(&ready, 1, milliseconds) <= 0)
			return 0;
		length = recv(link->fd, received, sizeof(received), MSG_DONTWAIT);
		if (length < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		/* Refusals of late verdicts and the answers to link_flush() come here too. */
		if (NLMSG_OK(header, length) && header->nlmsg_type == link->family && read_event(header, event))
			return 1;
	}
}

int link_verdict(struct link *link, const struct verdict *verdict)
{
	struct message message;

	message_start(&message, link, SNET_CMD_VERDICT, 0);
	message_u64(&message, SNET_A_ID, verdict->id);
	message_u32(&message, SNET_A_ACTION, verdict->deny ? SNET_ACTION_DENY : SNET_ACTION_ALLOW);
	if (verdict->error)
		message_u32(&message, SNET_A_ERRNO, verdict->error);
	if (verdict->remember) {
		message_u32(&message, SNET_A_REMEMBER, verdict->remember);
		message_u32(&message, SNET_A_SCOPE, verdict->scope);
		message_u32(&message, SNET_A_KEY, verdict->key);
	}
	return link_send(link, &message);
}

int link_hold(struct link *link, uint64_t id, uint32_t milliseconds)
{
	struct message message;

	message_start(&message, link, SNET_CMD_HOLD, 0);
	message_u64(&message, SNET_A_ID, id);
	message_u32(&message, SNET_A_HOLD, milliseconds);
	return link_send(link, &message);
}
