/* SPDX-License-Identifier: GPL-2.0-only */
/* Do not edit: generated from kernel/snet.yaml by "deno task generate". */

#ifndef _SECURITY_SNET_NETLINK_GEN_H
#define _SECURITY_SNET_NETLINK_GEN_H

#include <net/genetlink.h>
#include <net/netlink.h>
#include <uapi/linux/snet.h>

int snet_nl_attach_doit(struct sk_buff *skb, struct genl_info *info);
int snet_nl_detach_doit(struct sk_buff *skb, struct genl_info *info);
int snet_nl_configure_doit(struct sk_buff *skb, struct genl_info *info);
int snet_nl_settings_doit(struct sk_buff *skb, struct genl_info *info);
int snet_nl_verdict_doit(struct sk_buff *skb, struct genl_info *info);
int snet_nl_hold_doit(struct sk_buff *skb, struct genl_info *info);
int snet_nl_renounce_doit(struct sk_buff *skb, struct genl_info *info);
int snet_nl_tickets_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int snet_nl_flush_doit(struct sk_buff *skb, struct genl_info *info);
int snet_nl_stats_doit(struct sk_buff *skb, struct genl_info *info);

extern struct genl_family snet_nl_family;

#endif /* _SECURITY_SNET_NETLINK_GEN_H */
