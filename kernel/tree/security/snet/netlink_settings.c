// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: settings, as the daemon sets and sees them
 */
#include <linux/netlink.h>
#include <net/genetlink.h>

#include "core.h"
#include "netlink.h"
#include "netlink_gen.h"

static void snet_nl_change_event(struct snet_settings *set, u32 place,
				 struct nlattr **attrs)
{
	set->delay[place] = snet_nl_u32(attrs[SNET_A_DELAY],
					set->delay[place]);
	set->policy[place] = snet_nl_u32(attrs[SNET_A_POLICY],
					 set->policy[place]);
}

/* Under snet_lock; all values have been checked. */
static void snet_nl_change(struct snet_settings *set, void *data)
{
	struct nlattr **attrs = data;
	int i;

	set->events = snet_nl_u32(attrs[SNET_A_EVENTS], set->events);
	set->families = snet_nl_u64(attrs[SNET_A_FAMILIES], set->families);
	set->attach_flags = snet_nl_u32(attrs[SNET_A_ATTACH_FLAGS],
					set->attach_flags);
	set->payload_max = snet_nl_u32(attrs[SNET_A_PAYLOAD_MAX],
				       set->payload_max);
	set->limit_policy = snet_nl_u32(attrs[SNET_A_LIMIT_POLICY],
					set->limit_policy);
	set->limit_total = snet_nl_u32(attrs[SNET_A_LIMIT_TOTAL],
				       set->limit_total);
	set->limit_uid = snet_nl_u32(attrs[SNET_A_LIMIT_UID], set->limit_uid);
	set->limit_cgroup = snet_nl_u32(attrs[SNET_A_LIMIT_CGROUP],
					set->limit_cgroup);
	set->limit_tickets = snet_nl_u32(attrs[SNET_A_LIMIT_TICKETS],
					 set->limit_tickets);
	set->absent_policy = snet_nl_u32(attrs[SNET_A_ABSENT_POLICY],
					 set->absent_policy);
	set->absent_events = snet_nl_u32(attrs[SNET_A_ABSENT_EVENTS],
					 set->absent_events);
	set->absent_families = snet_nl_u64(attrs[SNET_A_ABSENT_FAMILIES],
					   set->absent_families);
	set->debug = snet_nl_u32(attrs[SNET_A_DEBUG], set->debug);
	if (attrs[SNET_A_EVENT]) {
		snet_nl_change_event(set,
				     snet_place(nla_get_u32(attrs[SNET_A_EVENT])),
				     attrs);
		return;
	}
	for (i = 0; i < SNET_EVENT_BITS; i++)
		snet_nl_change_event(set, i, attrs);
}

static bool snet_nl_has_event(const struct snet_watch *watch, u32 event)
{
	return event / SNET_EVENT_BITS == watch->subsys->number &&
	       watch->subsys->events & BIT(snet_place(event));
}

/* Return: 0, or -errno if @attr is there and above @most. */
static int snet_nl_most(struct nlattr *attr, u32 most,
			struct netlink_ext_ack *extack)
{
	if (!attr || nla_get_u32(attr) <= most)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "the value is too large");
	return -EINVAL;
}

static int snet_nl_check_masks(struct snet_watch *watch, struct nlattr **attrs,
			       struct netlink_ext_ack *extack)
{
	u32 events = snet_nl_u32(attrs[SNET_A_EVENTS], 0) |
		     snet_nl_u32(attrs[SNET_A_ABSENT_EVENTS], 0);

	if (events & ~watch->subsys->events) {
		NL_SET_ERR_MSG(extack, "this kernel lacks some of the events");
		return -EOPNOTSUPP;
	}
	if (snet_nl_u64(attrs[SNET_A_ABSENT_FAMILIES], 0) & SNET_ABSENT_NEVER) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SNET_A_ABSENT_FAMILIES],
				    "the absent policy cannot cover AF_UNIX or AF_NETLINK");
		return -EINVAL;
	}
	return 0;
}

static int snet_nl_check_event(struct snet_watch *watch, struct nlattr *attr,
			       struct netlink_ext_ack *extack)
{
	if (!attr || snet_nl_has_event(watch, nla_get_u32(attr)))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "this kernel lacks the event");
	return -EOPNOTSUPP;
}

static int snet_nl_configure(struct snet_watch *watch, struct sk_buff *skb,
			     struct genl_info *info)
{
	struct netlink_ext_ack *extack = info->extack;
	struct nlattr **attrs = info->attrs;
	int err;

	err = snet_nl_check_event(watch, attrs[SNET_A_EVENT], extack) ?:
	      snet_nl_check_masks(watch, attrs, extack) ?:
	      snet_nl_most(attrs[SNET_A_DELAY], SNET_DELAY_MOST, extack) ?:
	      snet_nl_most(attrs[SNET_A_LIMIT_TICKETS],
			   SNET_LIMIT_TICKETS_MOST, extack) ?:
	      snet_nl_most(attrs[SNET_A_DEBUG], 1, extack);
	if (err)
		return err;
	err = snet_configure(watch, snet_nl_peer(skb), snet_nl_change, attrs);
	return err == -ENOTCONN ? snet_nl_not_daemon(extack) : err;
}

int snet_nl_configure_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct snet_watch *watch = snet_nl_watch(info->attrs, info->extack);

	if (!watch)
		return -EOPNOTSUPP;
	return snet_nl_refused(watch, snet_nl_configure(watch, skb, info));
}

static int snet_nl_put_wishes(struct sk_buff *skb,
			      const struct snet_settings *set)
{
	return nla_put_u32(skb, SNET_A_EVENTS, set->events) ?:
	       nla_put_u64_64bit(skb, SNET_A_FAMILIES, set->families,
				 SNET_A_PAD) ?:
	       nla_put_u32(skb, SNET_A_ATTACH_FLAGS, set->attach_flags) ?:
	       nla_put_u32(skb, SNET_A_PAYLOAD_MAX, set->payload_max);
}

static int snet_nl_put_policies(struct sk_buff *skb,
				const struct snet_settings *set, u32 event)
{
	return nla_put_u32(skb, SNET_A_EVENT, event) ?:
	       nla_put_u32(skb, SNET_A_DELAY, set->delay[snet_place(event)]) ?:
	       nla_put_u32(skb, SNET_A_POLICY,
			   set->policy[snet_place(event)]) ?:
	       nla_put_u32(skb, SNET_A_LIMIT_POLICY, set->limit_policy) ?:
	       nla_put_u32(skb, SNET_A_LIMIT_TOTAL, set->limit_total) ?:
	       nla_put_u32(skb, SNET_A_LIMIT_UID, set->limit_uid) ?:
	       nla_put_u32(skb, SNET_A_LIMIT_CGROUP, set->limit_cgroup) ?:
	       nla_put_u32(skb, SNET_A_LIMIT_TICKETS, set->limit_tickets) ?:
	       nla_put_u32(skb, SNET_A_ABSENT_POLICY, set->absent_policy) ?:
	       nla_put_u32(skb, SNET_A_ABSENT_EVENTS, set->absent_events) ?:
	       nla_put_u64_64bit(skb, SNET_A_ABSENT_FAMILIES,
				 set->absent_families, SNET_A_PAD) ?:
	       nla_put_u32(skb, SNET_A_DEBUG, set->debug);
}

static int snet_nl_put_daemon(struct sk_buff *skb, struct snet_watch *watch)
{
	const struct snet_daemon *daemon = rcu_dereference(watch->daemon);

	if (!daemon)
		return 0;
	return nla_put_string(skb, SNET_A_NAME, daemon->name) ?:
	       nla_put_u32(skb, SNET_A_OWNER_PID, daemon->pid);
}

static int snet_nl_put_settings(struct sk_buff *skb, struct snet_watch *watch,
				u32 event)
{
	const struct snet_settings *set;
	int err;

	rcu_read_lock();
	set = rcu_dereference(watch->settings);
	err = nla_put_u32(skb, SNET_A_VERSION, SNET_FAMILY_VERSION) ?:
	      nla_put_u32(skb, SNET_A_SUBSYSTEM, watch->subsys->number) ?:
	      nla_put_u32(skb, SNET_A_FEATURES, snet_nl_features(watch)) ?:
	      nla_put_u32(skb, SNET_A_GENERATION,
			  atomic_read(&watch->generation)) ?:
	      snet_nl_put_wishes(skb, set) ?:
	      snet_nl_put_policies(skb, set, event) ?:
	      snet_nl_put_daemon(skb, watch);
	rcu_read_unlock();
	return err;
}

int snet_nl_settings_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct snet_watch *watch = snet_nl_watch(info->attrs, info->extack);
	struct nlattr *event = info->attrs[SNET_A_EVENT];
	struct snet_reply reply;
	int err;

	if (!watch)
		return -EOPNOTSUPP;
	err = snet_nl_check_event(watch, event, info->extack) ?:
	      snet_reply_begin(&reply, info, SNET_CMD_SETTINGS, 512);
	if (err)
		return snet_nl_refused(watch, err);
	err = snet_nl_put_settings(reply.skb, watch,
				   snet_nl_u32(event, watch->subsys->number *
							      SNET_EVENT_BITS));
	return snet_reply_end(&reply, info, err);
}
