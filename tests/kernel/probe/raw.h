/* SPDX-License-Identifier: MIT */
/*
 * The snet protocol by hand, without a library: for probes that send what no library would, and for the
 * benchmark's smallest responder. One message at a time; errors end the program.
 */
#ifndef SNET_RAW_H
#define SNET_RAW_H

#include <err.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/snet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

#define RAW_ROOM 8192
#define RAW_HEADERS (NLMSG_HDRLEN + GENL_HDRLEN)

struct raw {
	int fd;
	uint16_t family;
	uint32_t seq;
	char out[RAW_ROOM];
	char in[RAW_ROOM];
};

static inline struct nlmsghdr *raw_out(struct raw *raw)
{
	return (struct nlmsghdr *)raw->out;
}

static inline struct nlmsghdr *raw_in(struct raw *raw)
{
	return (struct nlmsghdr *)raw->in;
}

static inline void raw_begin(struct raw *raw, int type, int command, int flags)
{
	struct nlmsghdr *message = raw_out(raw);
	struct genlmsghdr *genl = NLMSG_DATA(message);

	memset(raw->out, 0, RAW_HEADERS);
	message->nlmsg_len = RAW_HEADERS;
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++raw->seq;
	genl->cmd = command;
	genl->version = 1;
}

static inline void raw_put(struct raw *raw, int type, const void *value, int length)
{
	struct nlmsghdr *message = raw_out(raw);
	struct nlattr *attr = (void *)(raw->out + message->nlmsg_len);

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + length;
	memcpy((char *)attr + NLA_HDRLEN, value, length);
	memset((char *)attr + attr->nla_len, 0, NLA_ALIGN(attr->nla_len) - attr->nla_len);
	message->nlmsg_len += NLA_ALIGN(attr->nla_len);
}

static inline void raw_put_u32(struct raw *raw, int type, uint32_t value)
{
	raw_put(raw, type, &value, sizeof(value));
}

static inline void raw_put_u64(struct raw *raw, int type, uint64_t value)
{
	raw_put(raw, type, &value, sizeof(value));
}

static inline void raw_send(struct raw *raw)
{
	if (send(raw->fd, raw->out, raw_out(raw)->nlmsg_len, 0) < 0)
		err(2, "send");
}

/* Return: bytes received. */
static inline int raw_receive(struct raw *raw)
{
	int length = recv(raw->fd, raw->in, RAW_ROOM, 0);

	if (length < 0)
		err(2, "recv");
	return length;
}

/* The attribute's value in a message of the family's, or NULL. */
static inline void *raw_find(struct nlmsghdr *message, int type)
{
	char *at = (char *)message + RAW_HEADERS, *end = (char *)message + message->nlmsg_len;

	while (at + NLA_HDRLEN <= end) {
		struct nlattr *attr = (void *)at;

		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return at + NLA_HDRLEN;
		at += NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

/* A generic netlink socket that knows the family's number; 1 where the kernel has no such family. */
static inline int raw_open(struct raw *raw)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int on = 1;

	memset(raw, 0, sizeof(*raw));
	raw->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (raw->fd < 0 || bind(raw->fd, (struct sockaddr *)&kernel, sizeof(kernel)) ||
	    connect(raw->fd, (struct sockaddr *)&kernel, sizeof(kernel)))
		err(2, "netlink socket");
	setsockopt(raw->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(raw->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	raw_begin(raw, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	raw_put(raw, CTRL_ATTR_FAMILY_NAME, SNET_FAMILY_NAME, sizeof(SNET_FAMILY_NAME));
	raw_send(raw);
	raw_receive(raw);
	if (raw_in(raw)->nlmsg_type == NLMSG_ERROR)
		return 1;
	raw->family = *(uint16_t *)raw_find(raw_in(raw), CTRL_ATTR_FAMILY_ID);
	return 0;
}

/* Attaches to the events of the mask. Ends the program when it is refused. */
static inline void raw_attach(struct raw *raw, const char *name, uint32_t events, uint64_t families)
{
	raw_begin(raw, raw->family, SNET_CMD_ATTACH, 0);
	raw_put_u32(raw, SNET_A_VERSION, SNET_FAMILY_VERSION);
	raw_put_u32(raw, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	raw_put(raw, SNET_A_NAME, name, strlen(name) + 1);
	raw_put_u32(raw, SNET_A_EVENTS, events);
	raw_put_u64(raw, SNET_A_FAMILIES, families);
	raw_send(raw);
	raw_receive(raw);
	if (raw_in(raw)->nlmsg_type == NLMSG_ERROR) {
		errno = -((struct nlmsgerr *)NLMSG_DATA(raw_in(raw)))->error;
		err(2, "attach");
	}
}

#endif
