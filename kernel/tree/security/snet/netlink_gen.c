// SPDX-License-Identifier: GPL-2.0-only
/* Do not edit: generated from kernel/snet.yaml by "deno task generate". */

#include <linux/kernel.h>
#include <linux/module.h>
#include "netlink_gen.h"

/* SNET_CMD_ATTACH - do */
static const struct nla_policy snet_attach_nl_policy[SNET_A_PAYLOAD_MAX + 1] = {
	[SNET_A_VERSION] = { .type = NLA_U32 },
	[SNET_A_SUBSYSTEM] = { .type = NLA_U32 },
	[SNET_A_NAME] = { .type = NLA_NUL_STRING, .len = 63 },
	[SNET_A_EVENTS] = { .type = NLA_U32 },
	[SNET_A_FAMILIES] = { .type = NLA_U64 },
	[SNET_A_ATTACH_FLAGS] = NLA_POLICY_MASK(NLA_U32, SNET_ATTACH_FLAG_MASK),
	[SNET_A_PAYLOAD_MAX] = NLA_POLICY_MAX(NLA_U32, SNET_PAYLOAD_LIMIT),
};

/* SNET_CMD_DETACH - do */
static const struct nla_policy snet_detach_nl_policy[SNET_A_SUBSYSTEM + 1] = {
	[SNET_A_SUBSYSTEM] = { .type = NLA_U32 },
};

/* SNET_CMD_CONFIGURE - do */
static const struct nla_policy snet_configure_nl_policy[SNET_A_DEBUG + 1] = {
	[SNET_A_SUBSYSTEM] = { .type = NLA_U32 },
	[SNET_A_EVENTS] = { .type = NLA_U32 },
	[SNET_A_FAMILIES] = { .type = NLA_U64 },
	[SNET_A_ATTACH_FLAGS] = NLA_POLICY_MASK(NLA_U32, SNET_ATTACH_FLAG_MASK),
	[SNET_A_PAYLOAD_MAX] = NLA_POLICY_MAX(NLA_U32, SNET_PAYLOAD_LIMIT),
	[SNET_A_EVENT] = NLA_POLICY_MAX(NLA_U32, SNET_EVENT_MAX),
	[SNET_A_DELAY] = NLA_POLICY_MIN(NLA_U32, 1),
	[SNET_A_POLICY] = NLA_POLICY_MAX(NLA_U32, SNET_ACTION_MAX),
	[SNET_A_LIMIT_POLICY] = NLA_POLICY_MAX(NLA_U32, SNET_ACTION_MAX),
	[SNET_A_LIMIT_TOTAL] = NLA_POLICY_MIN(NLA_U32, 1),
	[SNET_A_LIMIT_UID] = NLA_POLICY_MIN(NLA_U32, 1),
	[SNET_A_LIMIT_CGROUP] = NLA_POLICY_MIN(NLA_U32, 1),
	[SNET_A_LIMIT_TICKETS] = { .type = NLA_U32 },
	[SNET_A_ABSENT_POLICY] = NLA_POLICY_MAX(NLA_U32, SNET_ACTION_MAX),
	[SNET_A_ABSENT_EVENTS] = { .type = NLA_U32 },
	[SNET_A_ABSENT_FAMILIES] = { .type = NLA_U64 },
	[SNET_A_DEBUG] = { .type = NLA_U32 },
};

/* SNET_CMD_SETTINGS - do */
static const struct nla_policy snet_settings_nl_policy[SNET_A_EVENT + 1] = {
	[SNET_A_SUBSYSTEM] = { .type = NLA_U32 },
	[SNET_A_EVENT] = NLA_POLICY_MAX(NLA_U32, SNET_EVENT_MAX),
};

/* SNET_CMD_VERDICT - do */
static const struct nla_policy snet_verdict_nl_policy[SNET_A_RULE + 1] = {
	[SNET_A_GENERATION] = { .type = NLA_U32 },
	[SNET_A_ID] = NLA_POLICY_MIN(NLA_U64, 1),
	[SNET_A_ACTION] = NLA_POLICY_MAX(NLA_U32, SNET_ACTION_MAX),
	[SNET_A_ERRNO] = NLA_POLICY_RANGE(NLA_U32, 1, 4095),
	[SNET_A_REMEMBER] = { .type = NLA_U32 },
	[SNET_A_SCOPE] = NLA_POLICY_MAX(NLA_U32, SNET_SCOPE_MAX),
	[SNET_A_KEY] = NLA_POLICY_MASK(NLA_U32, SNET_OPERAND_MASK),
	[SNET_A_RULE] = { .type = NLA_U32 },
};

/* SNET_CMD_HOLD - do */
static const struct nla_policy snet_hold_nl_policy[SNET_A_HOLD + 1] = {
	[SNET_A_ID] = NLA_POLICY_MIN(NLA_U64, 1),
	[SNET_A_HOLD] = { .type = NLA_U32 },
};

/* SNET_CMD_RENOUNCE - do */
static const struct nla_policy snet_renounce_nl_policy[SNET_A_PAD + 1] = {
};

/* SNET_CMD_TICKETS - dump */
static const struct nla_policy snet_tickets_nl_policy[SNET_A_SUBSYSTEM + 1] = {
	[SNET_A_SUBSYSTEM] = { .type = NLA_U32 },
};

/* SNET_CMD_FLUSH - do */
static const struct nla_policy snet_flush_nl_policy[SNET_A_SUBSYSTEM + 1] = {
	[SNET_A_SUBSYSTEM] = { .type = NLA_U32 },
};

/* SNET_CMD_STATS - do */
static const struct nla_policy snet_stats_nl_policy[SNET_A_SUBSYSTEM + 1] = {
	[SNET_A_SUBSYSTEM] = { .type = NLA_U32 },
};

static const struct genl_ops snet_nl_ops[] = {
	{
		.cmd		= SNET_CMD_ATTACH,
		.doit		= snet_nl_attach_doit,
		.policy		= snet_attach_nl_policy,
		.maxattr	= SNET_A_PAYLOAD_MAX,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SNET_CMD_DETACH,
		.doit		= snet_nl_detach_doit,
		.policy		= snet_detach_nl_policy,
		.maxattr	= SNET_A_SUBSYSTEM,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SNET_CMD_CONFIGURE,
		.doit		= snet_nl_configure_doit,
		.policy		= snet_configure_nl_policy,
		.maxattr	= SNET_A_DEBUG,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SNET_CMD_SETTINGS,
		.doit		= snet_nl_settings_doit,
		.policy		= snet_settings_nl_policy,
		.maxattr	= SNET_A_EVENT,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SNET_CMD_VERDICT,
		.doit		= snet_nl_verdict_doit,
		.policy		= snet_verdict_nl_policy,
		.maxattr	= SNET_A_RULE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SNET_CMD_HOLD,
		.doit		= snet_nl_hold_doit,
		.policy		= snet_hold_nl_policy,
		.maxattr	= SNET_A_HOLD,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SNET_CMD_RENOUNCE,
		.doit		= snet_nl_renounce_doit,
		.policy		= snet_renounce_nl_policy,
		.maxattr	= SNET_A_PAD,
	},
	{
		.cmd		= SNET_CMD_TICKETS,
		.dumpit		= snet_nl_tickets_dumpit,
		.policy		= snet_tickets_nl_policy,
		.maxattr	= SNET_A_SUBSYSTEM,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SNET_CMD_FLUSH,
		.doit		= snet_nl_flush_doit,
		.policy		= snet_flush_nl_policy,
		.maxattr	= SNET_A_SUBSYSTEM,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SNET_CMD_STATS,
		.doit		= snet_nl_stats_doit,
		.policy		= snet_stats_nl_policy,
		.maxattr	= SNET_A_SUBSYSTEM,
		.flags		= GENL_ADMIN_PERM,
	},
};

struct genl_family snet_nl_family __ro_after_init = {
	.name		= SNET_FAMILY_NAME,
	.version	= SNET_FAMILY_VERSION,
	.netnsok	= false,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= snet_nl_ops,
	.n_ops		= ARRAY_SIZE(snet_nl_ops),
};
