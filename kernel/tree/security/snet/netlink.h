/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snet: what the answers to the daemon's messages have in common
 */
#ifndef _SECURITY_SNET_NETLINK_H
#define _SECURITY_SNET_NETLINK_H

#include <net/genetlink.h>

#include "core.h"

/* A reply that is being written. */
struct snet_reply {
	struct sk_buff *skb;
	void *header;
};

int snet_reply_begin(struct snet_reply *reply, struct genl_info *info,
		     u8 command, size_t bytes);
int snet_reply_end(struct snet_reply *reply, struct genl_info *info, int err);

struct snet_watch *snet_nl_watch(struct nlattr **attrs,
				 struct netlink_ext_ack *extack);
void *snet_nl_peer(const struct sk_buff *skb);
u32 snet_nl_features(const struct snet_watch *watch);
int snet_nl_refused(struct snet_watch *watch, int err);
int snet_nl_not_daemon(struct netlink_ext_ack *extack);

static inline u32 snet_nl_u32(struct nlattr *attr, u32 otherwise)
{
	return attr ? nla_get_u32(attr) : otherwise;
}

static inline u64 snet_nl_u64(struct nlattr *attr, u64 otherwise)
{
	return attr ? nla_get_u64(attr) : otherwise;
}

#endif /* _SECURITY_SNET_NETLINK_H */
