// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: routes that a program lays itself
 *
 * An IP option (RFC 791) or a routing header (RFC 8200) sends a packet to a
 * stop of the program's choice first; the address that it names comes last, if
 * the stop passes it on. IPv4, IPv6 and SCTP let anybody do so. No question
 * shows the stop, and it can be changed while a call waits for its answer: so
 * it is refused where somebody judges addresses. Raw sockets are left alone,
 * which carry addresses of their own making.
 */

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <net/sock.h>

#include "net.h"

static bool is_judged(const struct sock *sk)
{
	return sk && sk->sk_type != SOCK_RAW &&
	       (snet_net_asked(sk, SNET_EVENT_SNET_CONNECT) ||
		snet_net_asked(sk, SNET_EVENT_SNET_SENDMSG));
}

static int refuse(void)
{
	snet_count_route(SNET_EVENT_SNET_CONNECT);
	return -EPERM;
}

/* What holds a route, or can: flow labels and packet options carry headers. */
static bool is_route_option(int level, int option)
{
	if (level == SOL_IP)
		return option == IP_OPTIONS;
	return level == SOL_IPV6 &&
	       (option == IPV6_RTHDR || option == IPV6_2292PKTOPTIONS ||
		option == IPV6_FLOWLABEL_MGR);
}

/**
 * snet_net_allows_option() - Whether a socket option may be set
 * @sk: The socket.
 * @level: SOL_x.
 * @option: Its number there.
 *
 * Return: 0, or -EPERM if it lays a route.
 */
int snet_net_allows_option(const struct sock *sk, int level, int option)
{
	if (is_route_option(level, option) && is_judged(sk))
		return refuse();
	return 0;
}

static bool is_route(const struct cmsghdr *cmsg)
{
	if (cmsg->cmsg_level == SOL_IP)
		return cmsg->cmsg_type == IP_RETOPTS;
	return cmsg->cmsg_level == SOL_IPV6 &&
	       (cmsg->cmsg_type == IPV6_RTHDR ||
		cmsg->cmsg_type == IPV6_2292RTHDR);
}

/* Behind what cannot be read the protocol reads nothing either. */
static bool has_route(struct msghdr *msg)
{
	struct cmsghdr *cmsg;

	if (!msg->msg_controllen || msg->msg_control_is_user)
		return false;
	for_each_cmsghdr(cmsg, msg) {
		if (!CMSG_OK(msg, cmsg))
			return false;
		if (is_route(cmsg))
			return true;
	}
	return false;
}

/**
 * snet_net_allows_message() - Whether a message may be sent as it is
 * @sk: The socket.
 * @msg: The message.
 *
 * Return: 0, or -EPERM if it lays a route.
 */
int snet_net_allows_message(const struct sock *sk, struct msghdr *msg)
{
	if (has_route(msg) && is_judged(sk))
		return refuse();
	return 0;
}
