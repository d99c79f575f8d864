// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: messages from the kernel to the daemon
 */
#include <linux/jiffies.h>
#include <net/genetlink.h>

#include "core.h"
#include "netlink_gen.h"

/*
 * Bytes of an event without its executable, payload and addresses' bytes: 40
 * attributes of 8 bytes of payload at most, headers, and comm.
 */
#define SNET_EVENT_BYTES	(40 * (NLA_HDRLEN + 8 + NLA_HDRLEN) + 128)

/* Without an address there is no attribute: the lengths of some are fixed. */
static int snet_put_bytes(struct sk_buff *skb, int attr,
			  const struct snet_address *address)
{
	if (!address->length)
		return 0;
	return nla_put(skb, attr,
		       min_t(u32, address->length, sizeof(address->bytes)),
		       address->bytes);
}

/* A path has no NUL of its own. */
static int snet_put_path(struct sk_buff *skb,
			 const struct snet_address *address)
{
	u32 length = min_t(u32, address->length, sizeof(address->bytes));
	struct nlattr *nla = nla_reserve(skb, SNET_A_ADDR_PATH, length + 1);

	if (!nla)
		return -EMSGSIZE;
	memcpy(nla_data(nla), address->bytes, length);
	((char *)nla_data(nla))[length] = '\0';
	return 0;
}

static int snet_put_unix(struct sk_buff *skb,
			 const struct snet_address *address)
{
	if (!address->length)
		return 0;
	if (address->abstract)
		return snet_put_bytes(skb, SNET_A_ADDR_ABSTRACT, address);
	return snet_put_path(skb, address);
}

static int snet_put_family(struct sk_buff *skb,
			   const struct snet_address *address)
{
	switch (address->family) {
	case AF_INET:
		return snet_put_bytes(skb, SNET_A_ADDR_IPV4, address) ?:
		       nla_put_u16(skb, SNET_A_ADDR_PORT, address->port);
	case AF_INET6:
		return snet_put_bytes(skb, SNET_A_ADDR_IPV6, address) ?:
		       nla_put_u16(skb, SNET_A_ADDR_PORT, address->port) ?:
		       nla_put_u32(skb, SNET_A_ADDR_SCOPE_ID,
				   address->scope_id);
	case AF_UNIX:
		return snet_put_unix(skb, address);
	case AF_NETLINK:
		return nla_put_u32(skb, SNET_A_ADDR_PORT_ID,
				   address->port_id) ?:
		       nla_put_u32(skb, SNET_A_ADDR_GROUPS, address->groups);
	case AF_PACKET:
		return nla_put_u32(skb, SNET_A_ADDR_IFINDEX,
				   address->ifindex) ?:
		       nla_put_u16(skb, SNET_A_ADDR_PROTOCOL, address->port) ?:
		       snet_put_bytes(skb, SNET_A_ADDR_HARDWARE, address);
	case AF_VSOCK:
		return nla_put_u32(skb, SNET_A_ADDR_CID, address->cid) ?:
		       nla_put_u32(skb, SNET_A_ADDR_VSOCK_PORT,
				   address->vsock_port);
	default:
		return snet_put_bytes(skb, SNET_A_ADDR_RAW, address);
	}
}

/*
 * snet_put_address - An address, nested; none if it has no family
 *
 * A key that holds only the port leaves the other parts empty.
 */
static int snet_put_address(struct sk_buff *skb, int attr,
			    const struct snet_address *address)
{
	struct nlattr *nest;

	if (!address->family)
		return 0;
	nest = nla_nest_start(skb, attr);
	if (!nest || nla_put_u16(skb, SNET_A_ADDR_FAMILY, address->family) ||
	    snet_put_family(skb, address))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int snet_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, SNET_A_PAD);
}

static int snet_put_exe(struct sk_buff *skb, const struct snet_identity *who,
			const struct snet_exe *exe)
{
	if (!exe)
		return 0;
	return nla_put(skb, SNET_A_EXE, exe->length + 1, exe->path) ?:
	       snet_put_u64(skb, SNET_A_EXE_DEV, who->exe_dev) ?:
	       snet_put_u64(skb, SNET_A_EXE_INO, who->exe_ino) ?:
	       nla_put_u32(skb, SNET_A_EXE_GENERATION, who->exe_generation) ?:
	       snet_put_u64(skb, SNET_A_EXE_CTIME, who->exe_ctime) ?:
	       nla_put_u32(skb, SNET_A_EXE_MNTNS, who->exe_mntns);
}

static int snet_put_who(struct sk_buff *skb, const struct snet_identity *who)
{
	return nla_put_u32(skb, SNET_A_PID, who->pid) ?:
	       nla_put_u32(skb, SNET_A_TID, who->tid) ?:
	       nla_put_u32(skb, SNET_A_PPID, who->ppid) ?:
	       snet_put_u64(skb, SNET_A_START_TIME, who->start_time) ?:
	       nla_put_u32(skb, SNET_A_UID, who->uid) ?:
	       nla_put_u32(skb, SNET_A_GID, who->gid) ?:
	       nla_put_u32(skb, SNET_A_LOGINUID, who->loginuid) ?:
	       nla_put_string(skb, SNET_A_COMM, who->comm) ?:
	       snet_put_u64(skb, SNET_A_CGROUP, who->cgroup) ?:
	       nla_put_u32(skb, SNET_A_MNTNS, who->mntns);
}

static int snet_put_socket(struct sk_buff *skb, const struct snet_call *call)
{
	const struct snet_operands *op = &call->op;

	if (!(call->has & SNET_HAS_SOCKET))
		return 0;
	return nla_put_u32(skb, SNET_A_NETNS, op->netns) ?:
	       nla_put_u16(skb, SNET_A_FAMILY, op->family) ?:
	       nla_put_u16(skb, SNET_A_TYPE, op->type) ?:
	       nla_put_u16(skb, SNET_A_PROTOCOL, op->protocol) ?:
	       snet_put_address(skb, SNET_A_LOCAL, &op->local) ?:
	       snet_put_address(skb, SNET_A_REMOTE, &op->remote);
}

static int snet_put_arguments(struct sk_buff *skb, const struct snet_call *call)
{
	const struct snet_operands *op = &call->op;
	int err = 0;

	if (call->has & SNET_HAS_COOKIE)
		err = snet_put_u64(skb, SNET_A_COOKIE, op->cookie);
	if (!err && call->has & SNET_HAS_BACKLOG)
		err = nla_put_u32(skb, SNET_A_BACKLOG, op->backlog);
	if (!err && call->has & SNET_HAS_HOW)
		err = nla_put_u32(skb, SNET_A_HOW, op->how);
	if (!err && call->has & SNET_HAS_MESSAGE_FLAGS)
		err = nla_put_u32(skb, SNET_A_MESSAGE_FLAGS, op->message_flags);
	if (!err && call->has & SNET_HAS_LENGTH)
		err = snet_put_u64(skb, SNET_A_LENGTH, call->length);
	if (!err && call->payload_length)
		err = nla_put(skb, SNET_A_PAYLOAD, call->payload_length,
			      call->payload);
	return err;
}

static u32 snet_event_bytes(const struct snet_call *call)
{
	return SNET_EVENT_BYTES + call->payload_length +
	       call->op.local.length + call->op.remote.length +
	       (call->exe ? call->exe->length : 0);
}

/**
 * snet_message_event - Make the message of an event
 * @call: What it is about.
 * @id: Verdict id, 0 for a notification.
 * @time: When it was held, nanoseconds of CLOCK_MONOTONIC.
 * @time_left: Milliseconds until the policy answers.
 * @flags: SNET_EVENT_FLAG_x besides those of @call.
 * @gfp: How to allocate.
 *
 * Return: The message, or NULL without memory.
 */
struct sk_buff *snet_message_event(const struct snet_call *call, u64 id,
				   u64 time, u32 time_left, u32 flags,
				   gfp_t gfp)
{
	const struct snet_operands *op = &call->op;
	struct sk_buff *skb = genlmsg_new(snet_event_bytes(call), gfp);
	void *header;

	if (!skb)
		return NULL;
	header = genlmsg_put(skb, 0, 0, &snet_nl_family, 0, SNET_CMD_EVENT);
	if (!header || (id && snet_put_u64(skb, SNET_A_ID, id)) ||
	    nla_put_u32(skb, SNET_A_EVENT, op->event) ||
	    nla_put_u32(skb, SNET_A_EVENT_FLAGS, op->flags | flags) ||
	    snet_put_u64(skb, SNET_A_TIME, time) ||
	    (id && nla_put_u32(skb, SNET_A_TIME_LEFT, time_left)) ||
	    snet_put_who(skb, &op->who) ||
	    snet_put_exe(skb, &op->who, call->exe) ||
	    snet_put_socket(skb, call) || snet_put_arguments(skb, call)) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, header);
	return skb;
}

/**
 * snet_message_cancel - Make the message that a held call has ended
 * @id: Verdict id.
 * @event: SNET_EVENT_x.
 * @cause: SNET_CAUSE_x.
 *
 * Return: The message, or NULL without memory.
 */
struct sk_buff *snet_message_cancel(u64 id, u32 event, u32 cause)
{
	struct sk_buff *skb = genlmsg_new(64, GFP_KERNEL);
	void *header;

	if (!skb)
		return NULL;
	header = genlmsg_put(skb, 0, 0, &snet_nl_family, 0, SNET_CMD_CANCEL);
	if (!header || snet_put_u64(skb, SNET_A_ID, id) ||
	    nla_put_u32(skb, SNET_A_EVENT, event) ||
	    nla_put_u32(skb, SNET_A_CAUSE, cause)) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, header);
	return skb;
}

static u32 snet_ticket_left(const struct snet_ticket *ticket)
{
	u64 now = get_jiffies_64();

	return time_after64(ticket->expires, now) ?
		       jiffies64_to_msecs(ticket->expires - now) : 0;
}

static int snet_put_ticket_key(struct sk_buff *skb,
			       const struct snet_ticket *ticket,
			       const struct snet_operands *op, u32 word)
{
	return nla_put_u32(skb, SNET_A_TKT_EVENT, op->event) ?:
	       nla_put_u32(skb, SNET_A_TKT_SCOPE, snet_mask_scope(word)) ?:
	       nla_put_u32(skb, SNET_A_TKT_KEY, snet_mask_key(word)) ?:
	       nla_put_u32(skb, SNET_A_TKT_UID, op->who.uid) ?:
	       nla_put_u16(skb, SNET_A_TKT_FAMILY, op->family) ?:
	       nla_put_u16(skb, SNET_A_TKT_TYPE, op->type) ?:
	       nla_put_u16(skb, SNET_A_TKT_PROTOCOL, op->protocol) ?:
	       snet_put_address(skb, SNET_A_TKT_LOCAL, &op->local) ?:
	       snet_put_address(skb, SNET_A_TKT_REMOTE, &op->remote);
}

static int snet_put_ticket_optional(struct sk_buff *skb,
				    const struct snet_ticket *ticket,
				    const struct snet_operands *op, u32 word)
{
	int err = 0;

	if (snet_mask_scope(word) != SNET_SCOPE_PROGRAM)
		err = nla_put_u32(skb, SNET_A_TKT_PID, ticket->pid);
	if (!err && ticket->answer.error)
		err = nla_put_u32(skb, SNET_A_TKT_ERRNO, ticket->answer.error);
	if (!err && snet_mask_key(word) & SNET_OPERAND_COMM)
		err = nla_put_string(skb, SNET_A_TKT_COMM, op->who.comm);
	if (!err && ticket->exe)
		err = nla_put(skb, SNET_A_TKT_EXE, ticket->exe->length + 1,
			      ticket->exe->path);
	return err;
}

/**
 * snet_message_ticket - Append a ticket to a dump's message
 * @skb: The message.
 * @ticket: The ticket, under RCU.
 *
 * Return: 0, or -EMSGSIZE: not there.
 */
int snet_message_ticket(struct sk_buff *skb, const struct snet_ticket *ticket)
{
	struct nlattr *nest = nla_nest_start(skb, SNET_A_TICKET);
	struct snet_operands op;
	u32 word = snet_key_unpack(ticket->key, &op);

	if (nest && !snet_put_ticket_key(skb, ticket, &op, word) &&
	    !snet_put_ticket_optional(skb, ticket, &op, word) &&
	    !nla_put_u32(skb, SNET_A_TKT_ACTION, ticket->answer.action) &&
	    !nla_put_u32(skb, SNET_A_TKT_TIME_LEFT, snet_ticket_left(ticket)) &&
	    !nla_put_u64_64bit(skb, SNET_A_TKT_HITS,
			       atomic64_read(&ticket->hits), SNET_A_TKT_PAD) &&
	    !nla_put_u32(skb, SNET_A_TKT_RULE, ticket->answer.rule)) {
		nla_nest_end(skb, nest);
		return 0;
	}
	if (nest)
		nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}
