/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snet: how calls on sockets are filled
 */
#ifndef _SECURITY_SNET_NET_H
#define _SECURITY_SNET_NET_H

#include "address.h"
#include "lsm.h"

struct msghdr;
struct sock;
struct sockaddr;
struct socket;

bool snet_net_asked(const struct sock *sk, enum snet_event event);
void snet_net_kind(struct snet_kind *kind, const struct sock *sk);
void snet_net_fill(struct snet_call *call, struct socket *sock);
void snet_net_fill_new(struct snet_call *call, int family, int type,
		       int protocol);
void snet_net_local(struct snet_call *call, struct socket *sock);
void snet_net_peer(struct snet_call *call, struct socket *sock);
bool snet_net_argument(struct snet_call *call, struct socket *sock,
		       enum snet_use use, const void *sockaddr, int length);
bool snet_net_is_connecting(const struct snet_call *call,
			    const struct socket *sock);
int snet_net_ask_send(struct socket *sock, struct msghdr *msg, int size);
int snet_net_allows_option(const struct sock *sk, int level, int option);
int snet_net_allows_message(const struct sock *sk, struct msghdr *msg);
int snet_net_ask_many(struct sock *sk, enum snet_event event,
		      const void *addresses, int length);

void snet_net_remember_creator(struct socket *sock);
void snet_net_tell_close(struct socket *sock);

#endif /* _SECURITY_SNET_NET_H */
