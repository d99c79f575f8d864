// SPDX-License-Identifier: MIT
/*
 * route: tries every way to send a packet by a first stop of its own choice, for tests inside the test kernel.
 *
 * Prints a line for each way, with 0 or the errno. The address that is named is loopback's in each of them; where
 * the packet would go first stands in an option or a routing header, which no question shows.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/in6.h, which cannot be included beside netinet/in.h. */
#ifndef IPV6_FLOWLABEL_MGR
#define IPV6_FLOWLABEL_MGR 32
#endif
struct flow_label {
	struct in6_addr destination;
	uint32_t label;
	uint8_t action, share;
	uint16_t flags, expires, linger;
	uint32_t pad;
};

/* A no-operation, then a loose source route by 127.0.0.9. */
static const uint8_t loose_route[8] = { 1, 131, 7, 4, 127, 0, 0, 9 };

/* A segment routing header (RFC 8754) of one segment, ::1. */
static const uint8_t segment_route[24] = { 0, 2, 4, 0, 0, 0, 0, 0, [23] = 1 };

static const struct sockaddr_in inet = { .sin_family = AF_INET, .sin_port = 0x0900, .sin_addr = { 0x0100007f } };
static const struct sockaddr_in6 inet6 = {
	.sin6_family = AF_INET6, .sin6_port = 0x0900, .sin6_addr = IN6ADDR_LOOPBACK_INIT
};

static void tell(const char *name, long result)
{
	printf("%s %s\n", name, result < 0 ? strerrorname_np(errno) : "0");
}

static int udp(int family)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	if (fd < 0)
		err(2, "socket");
	return fd;
}

static void set(const char *name, int family, int level, int option, const void *value, socklen_t length)
{
	int fd = udp(family);

	tell(name, setsockopt(fd, level, option, value, length));
	close(fd);
}

struct message {
	struct msghdr header;
	struct iovec piece;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(segment_route))];
	} control;
};

static void control(struct message *message, int level, int type, const void *value, size_t length)
{
	struct cmsghdr *cmsg;

	message->header.msg_control = &message->control;
	message->header.msg_controllen = CMSG_SPACE(length);
	cmsg = CMSG_FIRSTHDR(&message->header);
	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(length);
	memcpy(CMSG_DATA(cmsg), value, length);
}

static void begin(struct message *message, int family, int named)
{
	memset(message, 0, sizeof(*message));
	message->piece = (struct iovec){ .iov_base = "x", .iov_len = 1 };
	message->header.msg_iov = &message->piece;
	message->header.msg_iovlen = 1;
	if (!named)
		return;
	message->header.msg_name = family == AF_INET ? (void *)&inet : (void *)&inet6;
	message->header.msg_namelen = family == AF_INET ? sizeof(inet) : sizeof(inet6);
}

static void route(struct message *message, int family)
{
	if (family == AF_INET)
		control(message, IPPROTO_IP, IP_RETOPTS, loose_route, sizeof(loose_route));
	else
		control(message, IPPROTO_IPV6, IPV6_RTHDR, segment_route, sizeof(segment_route));
}

/* One that names its address. */
static void send_named(const char *name, int family)
{
	struct message message;
	int fd = udp(family);

	begin(&message, family, 1);
	route(&message, family);
	tell(name, sendmsg(fd, &message.header, 0));
	close(fd);
}

/* One on a connected socket: its peer was judged. */
static void send_connected(const char *name, int family)
{
	struct message message;
	int fd = udp(family);

	begin(&message, family, 1);
	if (connect(fd, message.header.msg_name, message.header.msg_namelen))
		err(2, "connect");
	begin(&message, family, 0);
	route(&message, family);
	tell(name, sendmsg(fd, &message.header, 0));
	close(fd);
}

/* The second of two to one address, which Linux asks about once. Tells of the second. */
static void send_second(const char *name, int family)
{
	struct message messages[2];
	struct mmsghdr both[2];
	int fd = udp(family);
	int sent;

	begin(&messages[0], family, 1);
	begin(&messages[1], family, 1);
	route(&messages[1], family);
	both[0].msg_hdr = messages[0].header;
	both[1].msg_hdr = messages[1].header;
	sent = sendmmsg(fd, both, 2, 0);
	if (sent < 1)
		err(2, "sendmmsg");
	printf("%s %s\n", name, sent == 2 ? "0" : "refused");
	close(fd);
}

int main(void)
{
	/* A label of 1 for ::1, made (flag 1) for this socket alone, got (action 0). */
	const struct flow_label label = {
		.destination = IN6ADDR_LOOPBACK_INIT, .label = 0x01000000, .share = 1, .flags = 1,
		.expires = 6, .linger = 6
	};
	const int off = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	set("ip-options", AF_INET, IPPROTO_IP, IP_OPTIONS, loose_route, sizeof(loose_route));
	set("ip-options-on-inet6", AF_INET6, IPPROTO_IP, IP_OPTIONS, loose_route, sizeof(loose_route));
	set("ipv6-rthdr", AF_INET6, IPPROTO_IPV6, IPV6_RTHDR, segment_route, sizeof(segment_route));
	set("ipv6-2292pktoptions", AF_INET6, IPPROTO_IPV6, IPV6_2292PKTOPTIONS, &off, 0);
	set("ipv6-flowlabel-mgr", AF_INET6, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, &label, sizeof(label));
	send_named("sendmsg-inet", AF_INET);
	send_named("sendmsg-inet6", AF_INET6);
	send_connected("connected-inet", AF_INET);
	send_connected("connected-inet6", AF_INET6);
	send_second("sendmmsg-inet", AF_INET);
	send_second("sendmmsg-inet6", AF_INET6);
	set("another-option", AF_INET, IPPROTO_IP, IP_TOS, &off, sizeof(off));
	return 0;
}
