// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: the hooks on sockets
 */

#include <linux/capability.h>
#include <linux/lsm_hooks.h>
#include <linux/net.h>
#include <linux/sctp.h>
#include <net/sock.h>

#include "net.h"

#ifndef __lsm_ro_after_init
#define __lsm_ro_after_init	__ro_after_init
#endif

static int hook_socket_create(int family, int type, int protocol, int kern)
{
	const struct snet_kind kind = {
		.family = family,
		.type = type,
		.protocol = protocol,
	};
	struct snet_call call;

	if (kern || (current->flags & PF_KTHREAD) ||
	    !snet_wanted(SNET_EVENT_SNET_SOCKET, snet_kind_carrier(&kind)))
		return 0;
	snet_call_init(&call, SNET_EVENT_SNET_SOCKET);
	snet_net_fill_new(&call, family, type, protocol);
	return snet_ask(&call);
}

static int hook_socket_post_create(struct socket *sock, int family, int type,
				   int protocol, int kern)
{
	snet_net_remember_creator(sock);
	return 0;
}

static int hook_socket_bind(struct socket *sock, struct sockaddr *address,
			    int length)
{
	struct snet_call call;

	if (!snet_net_asked(sock->sk, SNET_EVENT_SNET_BIND))
		return 0;
	snet_call_init(&call, SNET_EVENT_SNET_BIND);
	snet_net_fill(&call, sock);
	snet_net_argument(&call, sock, SNET_USE_BIND, address, length);
	return snet_ask(&call);
}

static int hook_socket_connect(struct socket *sock, struct sockaddr *address,
			       int length)
{
	struct snet_call call;

	if (!snet_net_asked(sock->sk, SNET_EVENT_SNET_CONNECT))
		return 0;
	snet_call_init(&call, SNET_EVENT_SNET_CONNECT);
	snet_net_fill(&call, sock);
	snet_net_local(&call, sock);
	snet_net_argument(&call, sock, SNET_USE_CONNECT, address, length);
	if (snet_net_is_connecting(&call, sock))
		return 0;
	return snet_ask(&call);
}

static int hook_socket_listen(struct socket *sock, int backlog)
{
	struct snet_call call;

	if (!snet_net_asked(sock->sk, SNET_EVENT_SNET_LISTEN))
		return 0;
	snet_call_init(&call, SNET_EVENT_SNET_LISTEN);
	snet_net_fill(&call, sock);
	snet_net_local(&call, sock);
	call.op.backlog = backlog;
	call.has |= SNET_HAS_BACKLOG;
	return snet_ask(&call);
}

static int hook_socket_accept(struct socket *sock, struct socket *newsock)
{
	struct snet_call call;

	if (!snet_net_asked(sock->sk, SNET_EVENT_SNET_ACCEPT))
		return 0;
	snet_call_init(&call, SNET_EVENT_SNET_ACCEPT);
	snet_net_fill(&call, sock);
	snet_net_local(&call, sock);
	return snet_ask(&call);
}

/* The connection is off the queue: the call cannot be run again. */
static int ask_post_accept(struct socket *newsock)
{
	struct snet_call call;

	if (!snet_net_asked(newsock->sk, SNET_EVENT_SNET_POST_ACCEPT))
		return 0;
	snet_call_init(&call, SNET_EVENT_SNET_POST_ACCEPT);
	snet_net_fill(&call, newsock);
	snet_net_local(&call, newsock);
	snet_net_peer(&call, newsock);
	call.restart = false;
	call.denied = ECONNABORTED;
	return snet_ask(&call);
}

static int hook_socket_post_accept(struct socket *sock, struct socket *newsock)
{
	int err = ask_post_accept(newsock);

	if (!err)
		snet_net_remember_creator(newsock);
	return err;
}

static int hook_socket_sendmsg(struct socket *sock, struct msghdr *msg,
			       int size)
{
	return snet_net_allows_message(sock->sk, msg) ?:
	       snet_net_ask_send(sock, msg, size);
}

static int hook_socket_recvmsg(struct socket *sock, struct msghdr *msg,
			       int size, int flags)
{
	struct snet_call call;

	if (!snet_net_asked(sock->sk, SNET_EVENT_SNET_RECVMSG))
		return 0;
	snet_call_init(&call, SNET_EVENT_SNET_RECVMSG);
	snet_net_fill(&call, sock);
	snet_net_local(&call, sock);
	snet_net_peer(&call, sock);
	call.op.message_flags = flags;
	call.length = size;
	call.has |= SNET_HAS_MESSAGE_FLAGS | SNET_HAS_LENGTH;
	return snet_ask(&call);
}

static int hook_socket_setsockopt(struct socket *sock, int level, int option)
{
	return snet_net_allows_option(sock->sk, level, option);
}

static int hook_socket_shutdown(struct socket *sock, int how)
{
	struct snet_call call;

	if (!snet_net_asked(sock->sk, SNET_EVENT_SNET_SHUTDOWN))
		return 0;
	snet_call_init(&call, SNET_EVENT_SNET_SHUTDOWN);
	snet_net_fill(&call, sock);
	snet_net_local(&call, sock);
	snet_net_peer(&call, sock);
	call.op.how = how;
	call.has |= SNET_HAS_HOW;
	return snet_ask(&call);
}

static void hook_socket_close(struct socket *sock)
{
	snet_net_tell_close(sock);
}

static int hook_sctp_bind_connect(struct sock *sk, int option,
				  struct sockaddr *addresses, int length)
{
	switch (option) {
	case SCTP_SOCKOPT_BINDX_ADD:
		return snet_net_ask_many(sk, SNET_EVENT_SNET_BIND, addresses,
					 length);
	case SCTP_SOCKOPT_CONNECTX:
		return snet_net_ask_many(sk, SNET_EVENT_SNET_CONNECT,
					 addresses, length);
	default:
		/*
		 * Addresses that sendmsg named, that are the peer's already,
		 * or that a packet brought: asked before, or not a call.
		 */
		return 0;
	}
}

static struct security_hook_list snet_net_hooks[] __lsm_ro_after_init = {
	LSM_HOOK_INIT(socket_create, hook_socket_create),
	LSM_HOOK_INIT(socket_post_create, hook_socket_post_create),
	LSM_HOOK_INIT(socket_bind, hook_socket_bind),
	LSM_HOOK_INIT(socket_connect, hook_socket_connect),
	LSM_HOOK_INIT(socket_listen, hook_socket_listen),
	LSM_HOOK_INIT(socket_accept, hook_socket_accept),
	LSM_HOOK_INIT(socket_post_accept, hook_socket_post_accept),
	LSM_HOOK_INIT(socket_sendmsg, hook_socket_sendmsg),
	LSM_HOOK_INIT(socket_recvmsg, hook_socket_recvmsg),
	LSM_HOOK_INIT(socket_setsockopt, hook_socket_setsockopt),
	LSM_HOOK_INIT(socket_shutdown, hook_socket_shutdown),
	LSM_HOOK_INIT(socket_close, hook_socket_close),
	LSM_HOOK_INIT(sctp_bind_connect, hook_sctp_bind_connect),
};

/**
 * snet_net_hooks_add() - Put the hooks on sockets in place
 */
void __init snet_net_hooks_add(void)
{
	snet_hooks_add(snet_net_hooks, ARRAY_SIZE(snet_net_hooks));
}

/* Nothing that a machine needs to start, or to talk to itself. */
static const struct snet_subsys snet_net_subsys = {
	.name = "snet",
	.number = SNET_SUBSYSTEM_SNET,
	.capability = CAP_NET_ADMIN,
	.events = BIT(SNET_EVENT_SNET_CLOSE + 1) - 1,
	.features = SNET_FEATURE_HOOKS,
	.absent_events = BIT(SNET_EVENT_SNET_CONNECT) |
			 BIT(SNET_EVENT_SNET_SENDMSG),
	.absent_families = BIT_ULL(AF_INET) | BIT_ULL(AF_INET6) |
			   BIT_ULL(AF_PACKET),
};

/**
 * snet_net_register() - Let a daemon attach to calls on sockets
 *
 * Return: 0, or what snet_subsys_register() says.
 */
int __init snet_net_register(void)
{
	return snet_subsys_register(&snet_net_subsys);
}
