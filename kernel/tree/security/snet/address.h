/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snet: addresses, decoded as the socket's protocol reads them
 */
#ifndef _SECURITY_SNET_ADDRESS_H
#define _SECURITY_SNET_ADDRESS_H

#include <linux/types.h>

struct in6_addr;
struct snet_address;

/**
 * struct snet_kind - What a protocol's reading of an address depends on
 * @family: Of the socket.
 * @type: Of the socket.
 * @protocol: Of the socket.
 */
struct snet_kind {
	u16 family;
	u16 type;
	u16 protocol;
};

/**
 * enum snet_use - What a protocol is given an address for
 * @SNET_USE_BIND: bind(2).
 * @SNET_USE_CONNECT: connect(2).
 * @SNET_USE_SEND: The name of a message.
 * @SNET_USE_NAME: The kernel's own answer to getsockname or getpeername.
 */
enum snet_use {
	SNET_USE_BIND,
	SNET_USE_CONNECT,
	SNET_USE_SEND,
	SNET_USE_NAME,
};

u32 snet_address_decode(struct snet_address *to, const struct snet_kind *kind,
			enum snet_use use, const void *sockaddr, int length);
void snet_address_set_ipv4(struct snet_address *to, __be32 ipv4, u16 port);
u32 snet_address_set_ipv6(struct snet_address *to, const struct in6_addr *ipv6,
			  u16 port, u32 scope_id);
void snet_address_to_self(struct snet_address *remote,
			  const struct snet_address *local);
u16 snet_kind_carrier(const struct snet_kind *kind);

#endif /* _SECURITY_SNET_ADDRESS_H */
