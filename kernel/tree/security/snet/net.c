// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: calls on sockets, filled for the question
 */

#include <linux/fs.h>
#include <linux/in.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/sock_diag.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "net.h"

/**
 * snet_net_kind() - What a socket is
 * @kind: Set.
 * @sk: The socket.
 */
void snet_net_kind(struct snet_kind *kind, const struct sock *sk)
{
	kind->family = READ_ONCE(sk->sk_family);
	kind->type = sk->sk_type;
	kind->protocol = sk->sk_protocol;
}

/**
 * snet_net_asked() - Whether anybody wants to know of a call on a socket
 * @sk: The socket, or NULL.
 * @event: The call.
 *
 * Return: False for sockets of the kernel and for kernel threads; true where
 * the daemon wants the event or the absent policy covers it.
 */
bool snet_net_asked(const struct sock *sk, enum snet_event event)
{
	struct snet_kind kind;

	if (!sk || sk->sk_kern_sock || (current->flags & PF_KTHREAD))
		return false;
	snet_net_kind(&kind, sk);
	return snet_wanted(event, snet_kind_carrier(&kind));
}

static void fill_net(struct snet_call *call, struct net *net)
{
	call->op.netns = net->ns.inum;
	call->op.net_cookie = net->net_cookie;
}

static void set_carrier(struct snet_call *call)
{
	const struct snet_kind kind = {
		.family = call->op.family,
		.type = call->op.type,
		.protocol = call->op.protocol,
	};

	call->carrier = snet_kind_carrier(&kind);
}

/**
 * snet_net_fill() - Fill what the socket tells: all but its addresses
 * @call: Initialised.
 * @sock: The socket.
 */
void snet_net_fill(struct snet_call *call, struct socket *sock)
{
	struct sock *sk = sock->sk;

	call->op.family = READ_ONCE(sk->sk_family);
	call->op.type = sk->sk_type;
	call->op.protocol = sk->sk_protocol;
	call->op.cookie = sock_gen_cookie(sk);
	set_carrier(call);
	call->has |= SNET_HAS_SOCKET | SNET_HAS_COOKIE;
	if (sock->file && (sock->file->f_flags & O_NONBLOCK))
		call->op.flags |= SNET_EVENT_FLAG_NONBLOCK;
	fill_net(call, sock_net(sk));
}

/*
 * inet_create() takes the first protocol of a type for protocol 0; packet(7)
 * wants its ETH_P_x in network byte order.
 */
static u16 protocol_of(int family, int type, int protocol)
{
	if (family == AF_PACKET)
		return ntohs((__force __be16)protocol);
	if (protocol || (family != AF_INET && family != AF_INET6))
		return protocol;
	if (type == SOCK_STREAM)
		return IPPROTO_TCP;
	return type == SOCK_DGRAM ? IPPROTO_UDP : 0;
}

/**
 * snet_net_fill_new() - Fill what a socket is going to be
 * @call: Initialised.
 * @family: As given to socket(2).
 * @type: SOCK_x, without flags.
 * @protocol: As given.
 */
void snet_net_fill_new(struct snet_call *call, int family, int type,
		       int protocol)
{
	call->op.family = family;
	call->op.type = type;
	call->op.protocol = protocol_of(family, type, protocol);
	set_carrier(call);
	call->has |= SNET_HAS_SOCKET;
	fill_net(call, current->nsproxy->net_ns);
}

/* Raw sockets keep their protocol where others keep a port. */
static u16 port_of(const struct sock *sk, u16 port)
{
	return sk->sk_type == SOCK_RAW ? 0 : port;
}

#if IS_ENABLED(CONFIG_IPV6)
static void inet6_local(struct snet_address *to, const struct sock *sk)
{
	snet_address_set_ipv6(to, &sk->sk_v6_rcv_saddr,
			      port_of(sk, inet_sk(sk)->inet_num),
			      sk->sk_bound_dev_if);
}

static bool inet6_peer(struct snet_address *to, u32 *flags,
		       const struct sock *sk)
{
	if (ipv6_addr_any(&sk->sk_v6_daddr))
		return false;
	*flags |= snet_address_set_ipv6(to, &sk->sk_v6_daddr,
					port_of(sk, ntohs(sk->sk_dport)),
					sk->sk_bound_dev_if);
	return true;
}
#else
static void inet6_local(struct snet_address *to, const struct sock *sk)
{
}

static bool inet6_peer(struct snet_address *to, u32 *flags,
		       const struct sock *sk)
{
	return false;
}
#endif

static bool inet_peer_of(struct snet_address *to, const struct sock *sk)
{
	if (!sk->sk_daddr)
		return false;
	snet_address_set_ipv4(to, sk->sk_daddr,
			      port_of(sk, ntohs(sk->sk_dport)));
	return true;
}

/*
 * getname of the internet families takes the socket lock and lets programs of
 * cgroups rewrite the address; that of the others does neither.
 */
static bool ask_name(struct snet_address *to, struct socket *sock, int peer)
{
	struct sockaddr_storage name = {};
	struct snet_kind kind;
	int length = READ_ONCE(sock->ops)->getname(sock,
						   (struct sockaddr *)&name,
						   peer);

	if (length < 0)
		return false;
	snet_net_kind(&kind, sock->sk);
	snet_address_decode(to, &kind, SNET_USE_NAME, &name, length);
	return true;
}

/**
 * snet_net_local() - Fill the address to which a socket is bound
 * @call: Filled with the socket.
 * @sock: The socket.
 */
void snet_net_local(struct snet_call *call, struct socket *sock)
{
	const struct sock *sk = sock->sk;

	if (call->op.family == AF_INET)
		snet_address_set_ipv4(&call->op.local,
				      inet_sk(sk)->inet_rcv_saddr,
				      port_of(sk, inet_sk(sk)->inet_num));
	else if (call->op.family == AF_INET6)
		inet6_local(&call->op.local, sk);
	else
		ask_name(&call->op.local, sock, 0);
}

/**
 * snet_net_peer() - Fill the peer to which a socket is connected, if any
 * @call: Filled with the socket.
 * @sock: The socket.
 */
void snet_net_peer(struct snet_call *call, struct socket *sock)
{
	struct snet_address *to = &call->op.remote;
	bool found;

	if (call->op.family == AF_INET)
		found = inet_peer_of(to, sock->sk);
	else if (call->op.family == AF_INET6)
		found = inet6_peer(to, &call->op.flags, sock->sk);
	else
		found = ask_name(to, sock, 1);
	if (found)
		call->op.flags |= SNET_EVENT_FLAG_CONNECTED;
}

/**
 * snet_net_argument() - Fill the address that a program gives
 * @call: Filled with the socket; with its local address for a destination.
 * @sock: The socket.
 * @use: What for; it becomes the local address of bind, the remote of others.
 * @sockaddr: The kernel's copy, which outlives the question.
 * @length: Bytes of it.
 *
 * Return: Whether the protocol heeds the address; if not, the remote address
 * is the peer's, where there is one.
 */
bool snet_net_argument(struct snet_call *call, struct socket *sock,
		       enum snet_use use, const void *sockaddr, int length)
{
	struct snet_kind kind = {
		.family = call->op.family,
		.type = call->op.type,
		.protocol = call->op.protocol,
	};
	u32 flags;

	call->arguments = sockaddr;
	call->arguments_length = length;
	if (use == SNET_USE_BIND) {
		call->op.flags |= snet_address_decode(&call->op.local, &kind,
						      use, sockaddr, length);
		return true;
	}
	flags = snet_address_decode(&call->op.remote, &kind, use, sockaddr,
				    length);
	call->op.flags |= flags & ~SNET_EVENT_FLAG_CONNECTED;
	if (flags & SNET_EVENT_FLAG_CONNECTED)
		snet_net_peer(call, sock);
	else
		snet_address_to_self(&call->op.remote, &call->op.local);
	return !(flags & SNET_EVENT_FLAG_CONNECTED);
}

/**
 * snet_net_is_connecting() - Whether connect(2) only asks how it is going
 * @call: Filled with the address given.
 * @sock: The socket.
 *
 * Non-blocking programs and io_uring call connect(2) again on a socket that
 * is connecting. Where they name the peer that it connects to, that was
 * judged; were the socket disconnected meanwhile, it would still be the peer.
 *
 * Return: Whether there is nothing new to judge.
 */
bool snet_net_is_connecting(const struct snet_call *call,
			    const struct socket *sock)
{
	struct snet_address peer = {};
	u32 flags = 0;

	if (READ_ONCE(sock->state) != SS_CONNECTING)
		return false;
	if (call->op.family == AF_INET)
		inet_peer_of(&peer, sock->sk);
	else if (call->op.family == AF_INET6)
		inet6_peer(&peer, &flags, sock->sk);
	return peer.family && !memcmp(&peer, &call->op.remote, sizeof(peer));
}

/**
 * snet_net_remember_creator() - Keep who made a socket until it is closed
 * @sock: A new socket.
 *
 * Only while somebody wants to know: a socket that was made before is not
 * told when it closes, since its creator is not known.
 */
void snet_net_remember_creator(struct socket *sock)
{
	struct snet_creator **place = snet_inode_creator(SOCK_INODE(sock));
	struct snet_creator *creator;
	struct snet_task *task = snet_current();

	if (!place || *place || !snet_net_asked(sock->sk, SNET_EVENT_SNET_CLOSE))
		return;
	creator = kzalloc(sizeof(*creator), GFP_KERNEL_ACCOUNT);
	if (!creator)
		return;
	snet_identity_current(&creator->who);
	if (task && task->proc && task->proc->exe)
		creator->exe = snet_exe_get(task->proc->exe);
	*place = creator;
}

static void tell_close(struct socket *sock, const struct snet_creator *creator)
{
	struct snet_call call;
	struct snet_kind kind;

	snet_net_kind(&kind, sock->sk);
	if (!snet_watched(SNET_EVENT_SNET_CLOSE, snet_kind_carrier(&kind)))
		return;
	snet_call_init(&call, SNET_EVENT_SNET_CLOSE);
	call.op.who = creator->who;
	call.op.flags = creator->who.flags;
	call.exe = creator->exe;
	snet_net_fill(&call, sock);
	if (kind.family == AF_INET || kind.family == AF_INET6) {
		snet_net_local(&call, sock);
		snet_net_peer(&call, sock);
	}
	snet_notify(&call, GFP_NOWAIT);
}

/**
 * snet_net_tell_close() - Tell that a socket is closed, and forget its creator
 * @sock: About to be released.
 *
 * The last reference may be put by anybody, a kernel thread too, and in the
 * middle of anything: nothing here waits.
 */
void snet_net_tell_close(struct socket *sock)
{
	struct snet_creator **place = snet_inode_creator(SOCK_INODE(sock));
	struct snet_creator *creator = place ? xchg(place, NULL) : NULL;

	if (!creator)
		return;
	if (sock->sk)
		tell_close(sock, creator);
	snet_exe_put(creator->exe);
	kfree(creator);
}
