// SPDX-License-Identifier: MIT
/*
 * Writes messages as the kernel would send them with libnl, which shares no code with ffi/codec.ts: the
 * bytes that ffi's tests read. After a change here:
 *
 *     cc -o /tmp/encode encode.c -I ../../kernel/tree/include/uapi \
 *             $(pkg-config --cflags --libs libnl-genl-3.0)
 *     cd libnl && /tmp/encode
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <linux/snet.h>

/* What the kernel hands out first for a family without a number of its own. */
#define FAMILY 0x1c

static struct nl_msg *message(int command)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, 0, 0, FAMILY, 0, 0, command, SNET_FAMILY_VERSION);
	return msg;
}

static void write_bytes(const char *name, const void *bytes, size_t length)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s.bin", name);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, length, file) != length || fclose(file)) {
		perror(path);
		exit(1);
	}
}

static void save(const char *name, struct nl_msg *msg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);

	write_bytes(name, header, header->nlmsg_len);
	nlmsg_free(msg);
}

/* An event of curl, process 4321, uid 1000. */
static struct nl_msg *event(unsigned int number, unsigned int flags, int family, int type, int protocol)
{
	struct nl_msg *msg = message(SNET_CMD_EVENT);

	if (!(flags & SNET_EVENT_FLAG_NOTIFY))
		nla_put_u64(msg, SNET_A_ID, 0x100000002ULL);
	nla_put_u32(msg, SNET_A_EVENT, number);
	nla_put_u32(msg, SNET_A_EVENT_FLAGS, flags);
	nla_put_u64(msg, SNET_A_TIME, 123456789012345ULL);
	nla_put_u32(msg, SNET_A_TIME_LEFT, 4999);
	nla_put_u32(msg, SNET_A_PID, 4321);
	nla_put_u32(msg, SNET_A_TID, 4322);
	nla_put_u32(msg, SNET_A_PPID, 1234);
	nla_put_u64(msg, SNET_A_START_TIME, 98765432109ULL);
	nla_put_u32(msg, SNET_A_UID, 1000);
	nla_put_u32(msg, SNET_A_GID, 100);
	nla_put_u32(msg, SNET_A_LOGINUID, 0xffffffff);
	nla_put_string(msg, SNET_A_COMM, "curl");
	nla_put_string(msg, SNET_A_EXE, "/usr/bin/curl");
	nla_put_u64(msg, SNET_A_EXE_DEV, 0xfe00);
	nla_put_u64(msg, SNET_A_EXE_INO, 260257);
	nla_put_u32(msg, SNET_A_EXE_GENERATION, 3735928559U);
	nla_put_u64(msg, SNET_A_EXE_CTIME, 1663687647123456789ULL);
	nla_put_u32(msg, SNET_A_EXE_MNTNS, 4026531841U);
	nla_put_u64(msg, SNET_A_CGROUP, 77);
	nla_put_u32(msg, SNET_A_NETNS, 4026531840U);
	nla_put_u32(msg, SNET_A_MNTNS, 4026531841U);
	nla_put_u16(msg, SNET_A_FAMILY, family);
	nla_put_u16(msg, SNET_A_TYPE, type);
	nla_put_u16(msg, SNET_A_PROTOCOL, protocol);
	nla_put_u64(msg, SNET_A_COOKIE, 8193);
	return msg;
}

static void put_inet(struct nl_msg *msg, int attribute, unsigned int address, int port)
{
	struct nlattr *nest = nla_nest_start(msg, attribute);
	unsigned int network = htonl(address);

	nla_put_u16(msg, SNET_A_ADDR_FAMILY, AF_INET);
	nla_put(msg, SNET_A_ADDR_IPV4, 4, &network);
	nla_put_u16(msg, SNET_A_ADDR_PORT, port);
	nla_nest_end(msg, nest);
}

static void put_inet6(struct nl_msg *msg, int attribute, const unsigned char *address, int port, int scope)
{
	struct nlattr *nest = nla_nest_start(msg, attribute);

	nla_put_u16(msg, SNET_A_ADDR_FAMILY, AF_INET6);
	nla_put(msg, SNET_A_ADDR_IPV6, 16, address);
	nla_put_u16(msg, SNET_A_ADDR_PORT, port);
	nla_put_u32(msg, SNET_A_ADDR_SCOPE_ID, scope);
	nla_nest_end(msg, nest);
}

static struct nlattr *address(struct nl_msg *msg, int attribute, int family)
{
	struct nlattr *nest = nla_nest_start(msg, attribute);

	nla_put_u16(msg, SNET_A_ADDR_FAMILY, family);
	return nest;
}

static void ip_events(void)
{
	static const unsigned char link_local[16] = {
		0xfe, 0x80, [8] = 0x02, 0x11, 0x22, 0xff, 0xfe, 0x33, 0x44, 0x55
	};
	static const unsigned char any[16];
	struct nl_msg *msg;

	msg = event(SNET_EVENT_SNET_CONNECT, SNET_EVENT_FLAG_NONBLOCK, AF_INET, SOCK_STREAM, IPPROTO_TCP);
	put_inet(msg, SNET_A_REMOTE, 0xc0000201, 443);
	save("connect_inet", msg);

	msg = event(SNET_EVENT_SNET_CONNECT, 0, AF_INET6, SOCK_STREAM, IPPROTO_TCP);
	put_inet6(msg, SNET_A_LOCAL, any, 0, 0);
	put_inet6(msg, SNET_A_REMOTE, link_local, 8443, 2);
	save("connect_inet6", msg);

	/* What the kernel leaves to user-space sources. */
	msg = event(SNET_EVENT_SNET_CONNECT, 0, AF_INET, SOCK_STREAM, IPPROTO_TCP);
	put_inet(msg, SNET_A_REMOTE, 0xc0000201, 443);
	nla_put(msg, SNET_A_CMDLINE, 11, "curl\0\0\xc3\xa4\0\xff");
	nla_put(msg, SNET_A_PARENTS, 22, "1234 /opt/a b\0" "1 \0" "9 /x\0");
	save("connect_parents", msg);

	msg = event(SNET_EVENT_SNET_POST_ACCEPT, 0, AF_INET, SOCK_STREAM, IPPROTO_TCP);
	put_inet(msg, SNET_A_LOCAL, 0x7f000001, 80);
	put_inet(msg, SNET_A_REMOTE, 0x7f000001, 50000);
	save("post_accept", msg);

	msg = event(SNET_EVENT_SNET_SENDMSG, SNET_EVENT_FLAG_ADVISORY_PAYLOAD | SNET_EVENT_FLAG_PAYLOAD_TRUNCATED,
		    AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	put_inet(msg, SNET_A_LOCAL, 0, 5353);
	put_inet(msg, SNET_A_REMOTE, 0xe00000fb, 5353);
	nla_put_u32(msg, SNET_A_MESSAGE_FLAGS, MSG_DONTWAIT);
	nla_put_u64(msg, SNET_A_LENGTH, 1200);
	nla_put(msg, SNET_A_PAYLOAD, 5, "\0hello");
	save("sendmsg", msg);

	msg = event(SNET_EVENT_SNET_LISTEN, 0, AF_INET, SOCK_STREAM, IPPROTO_TCP);
	put_inet(msg, SNET_A_LOCAL, 0, 8080);
	nla_put_u32(msg, SNET_A_BACKLOG, 128);
	save("listen", msg);

	msg = event(SNET_EVENT_SNET_SHUTDOWN, 0, AF_INET, SOCK_STREAM, IPPROTO_TCP);
	nla_put_u32(msg, SNET_A_HOW, 2);
	save("shutdown", msg);

	msg = event(SNET_EVENT_SNET_CLOSE, SNET_EVENT_FLAG_NOTIFY | SNET_EVENT_FLAG_EXE_UNLINKED,
		    AF_INET, SOCK_STREAM, IPPROTO_TCP);
	save("close", msg);
}

static void other_events(void)
{
	static const unsigned char hardware[6] = { 0x02, 0, 0, 0, 0, 1 };
	struct nlattr *nest;
	struct nl_msg *msg;

	msg = event(SNET_EVENT_SNET_BIND, SNET_EVENT_FLAG_ADVISORY_PATH, AF_UNIX, SOCK_STREAM, 0);
	nest = address(msg, SNET_A_LOCAL, AF_UNIX);
	nla_put_string(msg, SNET_A_ADDR_PATH, "/run/\xc3\xa4.sock");
	nla_nest_end(msg, nest);
	save("bind_unix", msg);

	msg = event(SNET_EVENT_SNET_CONNECT, 0, AF_UNIX, SOCK_STREAM, 0);
	nest = address(msg, SNET_A_REMOTE, AF_UNIX);
	nla_put(msg, SNET_A_ADDR_ABSTRACT, 9, "/tmp/.X11");
	nla_nest_end(msg, nest);
	save("connect_abstract", msg);

	msg = event(SNET_EVENT_SNET_BIND, 0, AF_NETLINK, SOCK_RAW, 15);
	nest = address(msg, SNET_A_LOCAL, AF_NETLINK);
	nla_put_u32(msg, SNET_A_ADDR_PORT_ID, 4000000000U);
	nla_put_u32(msg, SNET_A_ADDR_GROUPS, 2);
	nla_nest_end(msg, nest);
	save("bind_netlink", msg);

	msg = event(SNET_EVENT_SNET_SENDMSG, 0, AF_PACKET, SOCK_RAW, 3);
	nest = address(msg, SNET_A_REMOTE, AF_PACKET);
	nla_put_u32(msg, SNET_A_ADDR_IFINDEX, 2);
	nla_put_u16(msg, SNET_A_ADDR_PROTOCOL, 0x0806);
	nla_put(msg, SNET_A_ADDR_HARDWARE, sizeof(hardware), hardware);
	nla_nest_end(msg, nest);
	save("sendmsg_packet", msg);

	msg = event(SNET_EVENT_SNET_CONNECT, 0, 40, SOCK_STREAM, 0);
	nest = address(msg, SNET_A_REMOTE, 40);
	nla_put_u32(msg, SNET_A_ADDR_CID, 2);
	nla_put_u32(msg, SNET_A_ADDR_VSOCK_PORT, 1024);
	nla_nest_end(msg, nest);
	save("connect_vsock", msg);

	msg = event(SNET_EVENT_SNET_BIND, 0, 31, SOCK_SEQPACKET, 0);
	nest = address(msg, SNET_A_LOCAL, 31);
	nla_put(msg, SNET_A_ADDR_RAW, 4, "\x1f\0\x01\x02");
	nla_nest_end(msg, nest);
	save("bind_raw", msg);
}

static void replies(void)
{
	struct nlattr *nest, *inner;
	struct nl_msg *msg;

	msg = message(SNET_CMD_CANCEL);
	nla_put_u64(msg, SNET_A_ID, 7);
	nla_put_u32(msg, SNET_A_EVENT, SNET_EVENT_SNET_CONNECT);
	nla_put_u32(msg, SNET_A_CAUSE, SNET_CAUSE_TIMEOUT);
	save("cancel", msg);

	msg = message(SNET_CMD_ATTACH);
	nla_put_u32(msg, SNET_A_VERSION, 1);
	nla_put_u32(msg, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	nla_put_u32(msg, SNET_A_EVENTS, 0x3ff);
	nla_put_u32(msg, SNET_A_FEATURES, SNET_FEATURE_HOOKS | SNET_FEATURE_TICKETS | SNET_FEATURE_HOLD);
	nla_put_u32(msg, SNET_A_GENERATION, 3);
	nla_put_u32(msg, SNET_A_DELAY, 5000);
	nla_put_u32(msg, SNET_A_POLICY, SNET_ACTION_DENY);
	save("attach_reply", msg);

	msg = message(SNET_CMD_STATS);
	nla_put_u32(msg, SNET_A_SUBSYSTEM, SNET_SUBSYSTEM_SNET);
	nest = nla_nest_start(msg, SNET_A_COUNTERS);
	nla_put_u64(msg, SNET_A_CNT_ASKED, 12);
	nla_put_u64(msg, SNET_A_CNT_ENDS_ALLOWED, 0xffffffffffffffffULL);
	nla_put_u64(msg, SNET_A_CNT_REFUSED, 1);
	nla_nest_end(msg, nest);
	save("stats_reply", msg);

	msg = message(SNET_CMD_TICKETS);
	nest = nla_nest_start(msg, SNET_A_TICKET);
	nla_put_u32(msg, SNET_A_TKT_EVENT, SNET_EVENT_SNET_CONNECT);
	nla_put_u32(msg, SNET_A_TKT_SCOPE, SNET_SCOPE_PROGRAM);
	nla_put_u32(msg, SNET_A_TKT_KEY, SNET_OPERAND_EXE | SNET_OPERAND_REMOTE_ADDRESS);
	nla_put_u32(msg, SNET_A_TKT_ACTION, SNET_ACTION_ALLOW);
	nla_put_u64(msg, SNET_A_TKT_HITS, 40);
	nla_put_string(msg, SNET_A_TKT_EXE, "/usr/bin/curl");
	inner = nla_nest_start(msg, SNET_A_TKT_REMOTE);
	nla_put_u16(msg, SNET_A_ADDR_FAMILY, AF_INET);
	nla_put(msg, SNET_A_ADDR_IPV4, 4, "\xc0\0\x02\x01");
	nla_nest_end(msg, inner);
	nla_nest_end(msg, nest);
	save("ticket", msg);
}

/* A verdict for call 7 that came too late: NLMSG_ERROR with the verdict and an extended ACK behind it. */
static void refusal(void)
{
	struct nl_msg *verdict = message(SNET_CMD_VERDICT);
	struct nl_msg *msg = nlmsg_alloc();
	struct nlmsgerr *error;
	int length;

	nlmsg_hdr(verdict)->nlmsg_seq = 5;
	nla_put_u64(verdict, SNET_A_ID, 7);
	nla_put_u32(verdict, SNET_A_ACTION, SNET_ACTION_ALLOW);
	length = nlmsg_hdr(verdict)->nlmsg_len;

	nlmsg_put(msg, 0, 5, NLMSG_ERROR, 0, NLM_F_ACK_TLVS);
	error = nlmsg_reserve(msg, sizeof(error->error) + length, 4);
	error->error = -ENOENT;
	memcpy(&error->msg, nlmsg_hdr(verdict), length);
	nla_put_string(msg, NLMSGERR_ATTR_MSG, "no call waits under this id");
	nla_put_u32(msg, NLMSGERR_ATTR_OFFS, sizeof(struct nlmsghdr) + GENL_HDRLEN);
	nlmsg_free(verdict);
	save("refusal", msg);
}

int main(void)
{
	ip_events();
	other_events();
	replies();
	refusal();
	return 0;
}
