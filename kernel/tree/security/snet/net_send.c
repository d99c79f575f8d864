// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: sendmsg, which can be a connect as well, and send to several addresses
 */

#include <linux/in.h>
#include <linux/net.h>
#include <linux/sctp.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "net.h"

/* Bytes of payload that need no allocation: most DNS questions. */
#define PAYLOAD_ON_STACK	128

/**
 * struct snet_send - A message that is being sent
 * @sock: Where.
 * @msg: What; never changed, but CMSG_NXTHDR() wants it so.
 * @kind: What the socket is.
 * @size: Bytes of the message.
 */
struct snet_send {
	struct socket *sock;
	struct msghdr *msg;
	struct snet_kind kind;
	int size;
};

static bool carries_ip(const struct snet_kind *kind)
{
	const u16 carrier = snet_kind_carrier(kind);

	return carrier == AF_INET || carrier == AF_INET6;
}

/* TCP and what wraps it: the name of a message is for fast open only. */
static bool is_tcp(const struct snet_kind *kind)
{
	return kind->type == SOCK_STREAM && carries_ip(kind) &&
	       kind->protocol != IPPROTO_SCTP;
}

static bool is_sctp(const struct snet_kind *kind)
{
	return carries_ip(kind) && kind->protocol == IPPROTO_SCTP;
}

static bool is_fast_open(const struct snet_send *send)
{
	return (send->msg->msg_flags & MSG_FASTOPEN) && is_tcp(&send->kind);
}

static bool is_named(const struct snet_send *send)
{
	if (!send->msg->msg_name || !send->msg->msg_namelen)
		return false;
	return !is_tcp(&send->kind) || is_fast_open(send);
}

/*
 * Sends that name no address were judged when the socket was connected. A
 * packet socket is not connected: it sends where bind(2) said.
 */
static bool is_addressed(const struct snet_send *send)
{
	return send->kind.family == AF_PACKET || is_named(send);
}

static void fill_send(struct snet_call *call, const struct snet_send *send)
{
	snet_net_fill(call, send->sock);
	snet_net_local(call, send->sock);
	call->op.message_flags = send->msg->msg_flags;
	call->length = send->size;
	call->has |= SNET_HAS_MESSAGE_FLAGS | SNET_HAS_LENGTH;
	if (send->msg->msg_flags & MSG_DONTWAIT)
		call->op.flags |= SNET_EVENT_FLAG_NONBLOCK;
	if (is_fast_open(send) && is_named(send))
		call->op.flags |= SNET_EVENT_FLAG_FASTOPEN;
}

/* Reads through a copy of the iterator, so that the message stays whole. */
static void fill_payload(struct snet_call *call, const struct snet_send *send,
			 void *buffer, u32 room)
{
	struct iov_iter from = send->msg->msg_iter;

	call->payload = buffer;
	call->payload_length = copy_from_iter(buffer, room, &from);
	call->op.flags |= SNET_EVENT_FLAG_ADVISORY_PAYLOAD;
	if (call->payload_length < send->size)
		call->op.flags |= SNET_EVENT_FLAG_PAYLOAD_TRUNCATED;
}

static int ask_with_payload(struct snet_call *call,
			    const struct snet_send *send)
{
	const u32 room = min_t(u32, snet_payload_wanted(call->op.event),
			       send->size);
	u8 small[PAYLOAD_ON_STACK];
	void *buffer = small;
	int err;

	if (!room)
		return snet_ask(call);
	if (room > sizeof(small))
		buffer = kmalloc(room, GFP_KERNEL);
	if (buffer)
		fill_payload(call, send, buffer, room);
	err = snet_ask(call);
	if (buffer != small)
		kfree(buffer);
	return err;
}

/*
 * IPV6_ADDRFORM may turn an IPv6 socket into an IPv4 one between our reading
 * and the protocol's. AF_UNSPEC, which meant the peer before, then means the
 * IPv4 address beside it, so that is the one to judge. Where IPv6 has that
 * address there is a flow label, which hardly anybody sets.
 */
static bool may_mean_ipv4(const struct snet_send *send)
{
	const struct sockaddr_in *in = send->msg->msg_name;

	return snet_kind_carrier(&send->kind) == AF_INET6 &&
	       send->msg->msg_namelen >= sizeof(*in) &&
	       in->sin_family == AF_UNSPEC && in->sin_addr.s_addr;
}

/* Return: Whether an address is named; if not, the peer's is filled in. */
static bool fill_destination(struct snet_call *call,
			     const struct snet_send *send)
{
	const struct sockaddr_in *in = send->msg->msg_name;

	if (!is_named(send)) {
		snet_net_peer(call, send->sock);
		return false;
	}
	if (snet_net_argument(call, send->sock,
			      is_fast_open(send) ? SNET_USE_CONNECT :
						   SNET_USE_SEND,
			      in, send->msg->msg_namelen))
		return true;
	if (!may_mean_ipv4(send))
		return false;
	call->op.flags &= ~(SNET_EVENT_FLAG_CONNECTED |
			    SNET_EVENT_FLAG_MAPPED);
	snet_address_set_ipv4(&call->op.remote, in->sin_addr.s_addr,
			      ntohs(in->sin_port));
	return true;
}

static int ask_fast_open(const struct snet_send *send)
{
	struct snet_call call;

	snet_call_init(&call, SNET_EVENT_SNET_CONNECT);
	fill_send(&call, send);
	fill_destination(&call, send);
	return ask_with_payload(&call, send);
}

static bool is_more_address(const struct cmsghdr *cmsg)
{
	return cmsg->cmsg_level == IPPROTO_SCTP &&
	       (cmsg->cmsg_type == SCTP_DSTADDRV4 ||
		cmsg->cmsg_type == SCTP_DSTADDRV6);
}

/* sctp_sendmsg_new_asoc(): other addresses of the peer, with its port. */
static bool read_more_address(struct snet_address *to, u32 *flags,
			      const struct cmsghdr *cmsg, u16 port)
{
	const size_t length = cmsg->cmsg_len - sizeof(*cmsg);
	struct in6_addr ipv6;
	__be32 ipv4;

	if (cmsg->cmsg_type == SCTP_DSTADDRV4 && length >= sizeof(ipv4)) {
		memcpy(&ipv4, CMSG_DATA(cmsg), sizeof(ipv4));
		snet_address_set_ipv4(to, ipv4, port);
		return true;
	}
	if (cmsg->cmsg_type == SCTP_DSTADDRV6 && length >= sizeof(ipv6)) {
		memcpy(&ipv6, CMSG_DATA(cmsg), sizeof(ipv6));
		*flags = snet_address_set_ipv6(to, &ipv6, port, 0);
		return true;
	}
	return false;
}

/* The first one from @cmsg on, or NULL. */
static struct cmsghdr *find_more_address(struct msghdr *msg,
					 struct cmsghdr *cmsg)
{
	for (; cmsg && CMSG_OK(msg, cmsg); cmsg = CMSG_NXTHDR(msg, cmsg))
		if (is_more_address(cmsg))
			return cmsg;
	return NULL;
}

static struct cmsghdr *first_more_address(const struct snet_send *send)
{
	struct msghdr *msg = send->msg;

	if (!is_sctp(&send->kind) || msg->msg_control_is_user)
		return NULL;
	return find_more_address(msg, CMSG_FIRSTHDR(msg));
}

/* Return: As snet_ask(); what cannot be read SCTP refuses as well. */
static noinline_for_stack int
ask_more_address(const struct snet_send *send, const struct cmsghdr *cmsg,
		 u16 port, bool more)
{
	struct snet_call call;
	u32 flags = 0;

	snet_call_init(&call, SNET_EVENT_SNET_SENDMSG);
	fill_send(&call, send);
	if (!read_more_address(&call.op.remote, &flags, cmsg, port))
		return 0;
	call.op.flags |= flags;
	if (more)
		call.op.flags |= SNET_EVENT_FLAG_MORE_ADDRESSES;
	call.restart = false;
	return snet_ask(&call);
}

/* Asked one by one, killable: a call that ran again would ask all of them. */
static int ask_more_addresses(const struct snet_send *send,
			      struct cmsghdr *cmsg, u16 port)
{
	struct msghdr *msg = send->msg;
	struct cmsghdr *next;
	int err = 0;

	for (; cmsg && !err; cmsg = next) {
		next = find_more_address(msg, CMSG_NXTHDR(msg, cmsg));
		err = ask_more_address(send, cmsg, port, next);
	}
	return err;
}

static int ask_send(const struct snet_send *send)
{
	const bool send_all = snet_attach_flags(SNET_EVENT_SNET_SENDMSG) &
			      SNET_ATTACH_FLAG_SEND_ALL;
	struct cmsghdr *more = first_more_address(send);
	struct snet_call call;
	int err;

	if (!send_all && !is_addressed(send))
		return 0;
	snet_call_init(&call, SNET_EVENT_SNET_SENDMSG);
	fill_send(&call, send);
	/* The peer was judged when the socket was connected to it. */
	if (!fill_destination(&call, send) && !send_all &&
	    send->kind.family != AF_PACKET)
		return 0;
	if (more) {
		call.op.flags |= SNET_EVENT_FLAG_MORE_ADDRESSES;
		call.restart = false;
	}
	err = ask_with_payload(&call, send);
	if (err || !more)
		return err;
	return ask_more_addresses(send, more, call.op.remote.port);
}

/**
 * snet_net_ask_send() - Ask about a message that is being sent
 * @sock: Where.
 * @msg: The message; not changed.
 * @size: Its bytes.
 *
 * A fast open is a connect. It is asked as a send only where nobody wants to
 * know of connects.
 *
 * Return: 0 if it may be sent, or what snet_ask() says.
 */
int snet_net_ask_send(struct socket *sock, struct msghdr *msg, int size)
{
	struct snet_send send = { .sock = sock, .msg = msg, .size = size };

	if (!sock->sk)
		return 0;
	snet_net_kind(&send.kind, sock->sk);
	if (is_fast_open(&send) && is_named(&send) &&
	    snet_net_asked(sock->sk, SNET_EVENT_SNET_CONNECT))
		return ask_fast_open(&send);
	if (!snet_net_asked(sock->sk, SNET_EVENT_SNET_SENDMSG))
		return 0;
	return ask_send(&send);
}
