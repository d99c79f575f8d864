// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: what the daemon says to the kernel
 *
 * Only what comes from the very socket that attached counts, and what is meant
 * for it goes there alone: its address is anybody's once it is closed.
 */
#include <linux/capability.h>
#include <linux/netlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "compat.h"
#include "core.h"
#include "netlink.h"
#include "netlink_gen.h"

/* The subsystem that a message names; the first one if it names none. */
struct snet_watch *snet_nl_watch(struct nlattr **attrs,
				 struct netlink_ext_ack *extack)
{
	struct nlattr *attr = attrs[SNET_A_SUBSYSTEM];
	struct snet_watch *watch;

	watch = snet_watch_get(attr ? nla_get_u32(attr) : SNET_SUBSYSTEM_SNET);
	if (!watch)
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "this kernel lacks the subsystem");
	return watch;
}

/* The socket that a message came from. */
void *snet_nl_peer(const struct sk_buff *skb)
{
	return NETLINK_CB(skb).sk;
}

/* Counts a refusal, whatever it was for. */
int snet_nl_refused(struct snet_watch *watch, int err)
{
	if (err && watch)
		snet_count(watch, SNET_A_CNT_REFUSED);
	return err;
}

int snet_nl_not_daemon(struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack, "you are not the daemon of this subsystem");
	return -ENOTCONN;
}

/* Replies ----------------------------------------------------------------- */

int snet_reply_begin(struct snet_reply *reply, struct genl_info *info,
		     u8 command, size_t bytes)
{
	reply->skb = genlmsg_new(bytes, GFP_KERNEL);
	if (!reply->skb)
		return -ENOMEM;
	reply->header = genlmsg_put_reply(reply->skb, info, &snet_nl_family, 0,
					  command);
	if (reply->header)
		return 0;
	nlmsg_free(reply->skb);
	return -EMSGSIZE;
}

/* Sends it, unless something has gone wrong before: @err. */
int snet_reply_end(struct snet_reply *reply, struct genl_info *info, int err)
{
	if (err) {
		nlmsg_free(reply->skb);
		return err;
	}
	genlmsg_end(reply->skb, reply->header);
	return genlmsg_reply(reply->skb, info);
}

/* attach, detach ------------------------------------------------------------ */

static int snet_nl_send(struct snet_daemon *daemon, struct sk_buff *skb)
{
	return snet_deliver(daemon->peer, daemon->portid, skb);
}

static void snet_nl_free(struct snet_daemon *daemon)
{
	sock_put(daemon->peer);
}

/* Bits of AF_INET and AF_INET6: what a daemon gets that names no families. */
#define SNET_FAMILIES_DEFAULT	(BIT_ULL(AF_INET) | BIT_ULL(AF_INET6))

static int snet_nl_wish(struct snet_watch *watch, struct genl_info *info,
			struct snet_wish *wish)
{
	struct nlattr **attrs = info->attrs;

	wish->families = SNET_FAMILIES_DEFAULT;
	if (attrs[SNET_A_EVENTS])
		wish->events = nla_get_u32(attrs[SNET_A_EVENTS]);
	if (attrs[SNET_A_FAMILIES])
		wish->families = nla_get_u64(attrs[SNET_A_FAMILIES]);
	if (attrs[SNET_A_ATTACH_FLAGS])
		wish->attach_flags = nla_get_u32(attrs[SNET_A_ATTACH_FLAGS]);
	if (attrs[SNET_A_PAYLOAD_MAX])
		wish->payload_max = nla_get_u32(attrs[SNET_A_PAYLOAD_MAX]);
	if (!(wish->events & ~watch->subsys->events))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attrs[SNET_A_EVENTS],
			    "this kernel lacks some of the events");
	return -EOPNOTSUPP;
}

u32 snet_nl_features(const struct snet_watch *watch)
{
	return watch->subsys->features | SNET_FEATURE_TICKETS |
	       SNET_FEATURE_HOLD |
	       (IS_MODULE(CONFIG_SECURITY_SNET) ? SNET_FEATURE_LOADABLE : 0);
}

static int snet_nl_attach_check(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;

	if (!attrs[SNET_A_VERSION] || !attrs[SNET_A_NAME]) {
		NL_SET_ERR_MSG(info->extack,
			       "version and name must be there");
		return -EINVAL;
	}
	if (nla_get_u32(attrs[SNET_A_VERSION]) == SNET_FAMILY_VERSION)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attrs[SNET_A_VERSION],
			    "this kernel speaks another version of the protocol");
	return -EPROTO;
}

static int snet_nl_attach_reply(struct snet_reply *reply,
				struct snet_watch *watch)
{
	const struct snet_settings *set;
	int err;

	rcu_read_lock();
	set = rcu_dereference(watch->settings);
	err = nla_put_u32(reply->skb, SNET_A_VERSION, SNET_FAMILY_VERSION) ?:
	      nla_put_u32(reply->skb, SNET_A_SUBSYSTEM,
			  watch->subsys->number) ?:
	      nla_put_u32(reply->skb, SNET_A_EVENTS, watch->subsys->events) ?:
	      nla_put_u32(reply->skb, SNET_A_FEATURES,
			  snet_nl_features(watch)) ?:
	      nla_put_u32(reply->skb, SNET_A_GENERATION,
			  atomic_read(&watch->generation)) ?:
	      nla_put_u32(reply->skb, SNET_A_DELAY, set->delay[0]) ?:
	      nla_put_u32(reply->skb, SNET_A_POLICY, set->policy[0]);
	rcu_read_unlock();
	return err;
}

/* The calling process; NULL where there was no memory for its state. */
static struct snet_proc *snet_nl_proc(void)
{
	struct snet_task *task = snet_current();

	return task ? task->proc : NULL;
}

static struct snet_daemon *snet_nl_daemon(struct snet_watch *watch,
					  struct sk_buff *skb,
					  struct genl_info *info)
{
	struct snet_daemon *daemon;

	daemon = snet_daemon_new(watch, nla_data(info->attrs[SNET_A_NAME]));
	if (!daemon)
		return NULL;
	daemon->peer = snet_nl_peer(skb);
	sock_hold(daemon->peer);
	daemon->portid = info->snd_portid;
	daemon->send = snet_nl_send;
	daemon->free = snet_nl_free;
	return daemon;
}

static int snet_nl_attach(struct snet_watch *watch, struct sk_buff *skb,
			  struct genl_info *info)
{
	struct snet_wish wish = {};
	struct snet_daemon *daemon;
	struct snet_reply reply;
	int err;

	err = snet_nl_attach_check(skb, info) ?:
	      snet_nl_wish(watch, info, &wish);
	if (err)
		return err;
	if (!netlink_capable(skb, watch->subsys->capability)) {
		NL_SET_ERR_MSG(info->extack,
			       "the subsystem needs another capability");
		return -EPERM;
	}
	if (!snet_nl_proc()) {
		NL_SET_ERR_MSG(info->extack,
			       "nothing is known of the calling process");
		return -ENOMEM;
	}
	err = snet_reply_begin(&reply, info, SNET_CMD_ATTACH, 128);
	if (err)
		return err;
	daemon = snet_nl_daemon(watch, skb, info);
	err = daemon ? snet_attach(daemon, snet_nl_proc(), &wish,
				   info->extack) :
		       -ENOMEM;
	if (err) {
		if (daemon)
			snet_daemon_put(daemon);
		return snet_reply_end(&reply, info, err);
	}
	err = snet_reply_end(&reply, info, snet_nl_attach_reply(&reply, watch));
	/* What is refused changes nothing. */
	if (err)
		snet_detach(watch, snet_nl_peer(skb));
	return err;
}

int snet_nl_attach_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct snet_watch *watch = snet_nl_watch(info->attrs, info->extack);

	if (!watch)
		return -EOPNOTSUPP;
	return snet_nl_refused(watch, snet_nl_attach(watch, skb, info));
}

int snet_nl_detach_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct snet_watch *watch = snet_nl_watch(info->attrs, info->extack);

	if (!watch)
		return -EOPNOTSUPP;
	if (!snet_detach(watch, snet_nl_peer(skb)))
		return 0;
	return snet_nl_refused(watch, snet_nl_not_daemon(info->extack));
}

/* verdict, hold --------------------------------------------------------------- */

/* Return: What a verdict, or hold, is refused with. */
static int snet_nl_answered(int err, struct netlink_ext_ack *extack)
{
	if (err == -ENOTCONN)
		return snet_nl_not_daemon(extack);
	if (err)
		NL_SET_ERR_MSG(extack, "no call waits under this id");
	return err;
}

static int snet_nl_answer_check(struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;

	if (!attrs[SNET_A_ID] || !attrs[SNET_A_ACTION]) {
		NL_SET_ERR_MSG(info->extack, "id and action must be there");
		return -EINVAL;
	}
	if (snet_nl_u32(attrs[SNET_A_REMEMBER], 0) && !attrs[SNET_A_KEY]) {
		NL_SET_ERR_MSG(info->extack, "remember needs a key");
		return -EINVAL;
	}
	/* Above are the kernel's own, such as -ERESTARTSYS. */
	if (snet_nl_u32(attrs[SNET_A_ERRNO], 0) >= 512) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[SNET_A_ERRNO],
				    "no program may see this errno");
		return -EINVAL;
	}
	return 0;
}

static int snet_nl_verdict(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct snet_answer answer = {};
	int err = snet_nl_answer_check(info);

	if (err)
		return err;
	answer.action = nla_get_u32(attrs[SNET_A_ACTION]);
	answer.error = snet_nl_u32(attrs[SNET_A_ERRNO], 0);
	answer.remember = snet_nl_u32(attrs[SNET_A_REMEMBER], 0);
	answer.scope = snet_nl_u32(attrs[SNET_A_SCOPE], SNET_SCOPE_TASK);
	answer.key = snet_nl_u32(attrs[SNET_A_KEY], 0);
	answer.rule = snet_nl_u32(attrs[SNET_A_RULE], 0);
	answer.has_generation = attrs[SNET_A_GENERATION];
	answer.generation = snet_nl_u32(attrs[SNET_A_GENERATION], 0);
	return snet_nl_answered(snet_verdict(snet_nl_peer(skb),
					     nla_get_u64(attrs[SNET_A_ID]),
					     &answer), info->extack);
}

/* The subsystem whose counter a refused message without one goes to. */
static struct snet_watch *snet_nl_any_watch(void)
{
	return snet_watch_get(SNET_SUBSYSTEM_SNET);
}

int snet_nl_verdict_doit(struct sk_buff *skb, struct genl_info *info)
{
	return snet_nl_refused(snet_nl_any_watch(), snet_nl_verdict(skb, info));
}

static int snet_nl_hold(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;

	if (!attrs[SNET_A_ID] || !attrs[SNET_A_HOLD]) {
		NL_SET_ERR_MSG(info->extack, "id and hold must be there");
		return -EINVAL;
	}
	return snet_nl_answered(snet_hold(snet_nl_peer(skb),
					  nla_get_u64(attrs[SNET_A_ID]),
					  nla_get_u32(attrs[SNET_A_HOLD])),
				info->extack);
}

int snet_nl_hold_doit(struct sk_buff *skb, struct genl_info *info)
{
	return snet_nl_refused(snet_nl_any_watch(), snet_nl_hold(skb, info));
}

/* renounce, tickets, flush, stats --------------------------------------------- */

int snet_nl_renounce_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct snet_proc *proc = snet_nl_proc();

	if (proc)
		atomic64_set(&proc->exempt, 0);
	return 0;
}

struct snet_nl_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
};

static int snet_nl_dump_ticket(const struct snet_ticket *ticket, void *data)
{
	struct snet_nl_dump *dump = data;
	void *header;

	header = genlmsg_put(dump->skb, NETLINK_CB(dump->cb->skb).portid,
			     dump->cb->nlh->nlmsg_seq, &snet_nl_family,
			     NLM_F_MULTI, SNET_CMD_TICKETS);
	if (!header)
		return -EMSGSIZE;
	if (snet_message_ticket(dump->skb, ticket)) {
		genlmsg_cancel(dump->skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(dump->skb, header);
	return 0;
}

int snet_nl_tickets_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct snet_watch *watch = snet_nl_watch(snet_dump_attrs(cb),
						 cb->extack);
	struct snet_nl_dump dump = { .skb = skb, .cb = cb };

	if (!watch)
		return -EOPNOTSUPP;
	if (snet_tickets_walk(watch, &cb->args[0], &cb->args[1],
			      snet_nl_dump_ticket, &dump) && !skb->len)
		return -EMSGSIZE;
	return skb->len;
}

int snet_nl_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct snet_watch *watch = snet_nl_watch(info->attrs, info->extack);
	struct snet_reply reply;
	u32 generation, count;
	int err;

	if (!watch)
		return -EOPNOTSUPP;
	err = snet_reply_begin(&reply, info, SNET_CMD_FLUSH, 64);
	if (err)
		return err;
	if (snet_generation_new(watch, snet_nl_peer(skb), &generation)) {
		nlmsg_free(reply.skb);
		return snet_nl_refused(watch, snet_nl_not_daemon(info->extack));
	}
	count = snet_tickets_sweep(watch);
	err = nla_put_u32(reply.skb, SNET_A_GENERATION, generation) ?:
	      nla_put_u32(reply.skb, SNET_A_COUNT, count);
	return snet_reply_end(&reply, info, err);
}

static int snet_nl_put_counters(struct sk_buff *skb, struct snet_watch *watch)
{
	struct nlattr *nest = nla_nest_start(skb, SNET_A_COUNTERS);
	u64 n[__SNET_A_CNT_MAX];
	int i, err = 0;

	if (!nest)
		return -EMSGSIZE;
	snet_counters_read(watch, n);
	for (i = SNET_A_CNT_ASKED; i < __SNET_A_CNT_MAX && !err; i++)
		err = nla_put_u64_64bit(skb, i, n[i], SNET_A_CNT_PAD);
	nla_nest_end(skb, nest);
	return err;
}

int snet_nl_stats_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct snet_watch *watch = snet_nl_watch(info->attrs, info->extack);
	struct snet_reply reply;
	int err;

	if (!watch)
		return -EOPNOTSUPP;
	err = snet_reply_begin(&reply, info, SNET_CMD_STATS,
			       64 + __SNET_A_CNT_MAX * nla_total_size_64bit(8));
	if (err)
		return err;
	err = nla_put_u32(reply.skb, SNET_A_SUBSYSTEM, watch->subsys->number) ?:
	      snet_nl_put_counters(reply.skb, watch);
	return snet_reply_end(&reply, info, err);
}

/* Daemons of tests have no socket. */
static bool snet_nl_closed(const struct snet_daemon *daemon)
{
	return daemon->send == snet_nl_send &&
	       sock_flag(daemon->peer, SOCK_DEAD);
}

/* A socket is closed: process context, nothing held. */
static int snet_nl_notify(struct notifier_block *block, unsigned long what,
			  void *data)
{
	const struct netlink_notify *notify = data;

	/* The family is there in the initial network namespace only. */
	if (what == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC &&
	    net_eq(notify->net, &init_net))
		snet_detach_closed(snet_nl_closed);
	return NOTIFY_DONE;
}

static struct notifier_block snet_nl_notifier = {
	.notifier_call = snet_nl_notify,
};

int __init snet_netlink_init(void)
{
	int err = netlink_register_notifier(&snet_nl_notifier);

	if (err)
		return err;
	err = genl_register_family(&snet_nl_family);
	if (err)
		netlink_unregister_notifier(&snet_nl_notifier);
	return err;
}
