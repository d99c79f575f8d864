// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: what can be set, at boot and by the daemon
 */
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "core.h"

static unsigned int snet_verdict_delay = SNET_DELAY_SECONDS;
module_param_named(verdict_delay, snet_verdict_delay, uint, 0444);
MODULE_PARM_DESC(verdict_delay, "Seconds in which a call must be answered");

static unsigned int snet_verdict_policy;
module_param_named(verdict_policy, snet_verdict_policy, uint, 0444);
MODULE_PARM_DESC(verdict_policy, "Answer when they have passed: 0 allow, 1 deny");

static unsigned int snet_absent;
module_param_named(absent, snet_absent, uint, 0444);
MODULE_PARM_DESC(absent, "Answer while no daemon is attached: 0 allow, 1 deny");

static unsigned int snet_debug;
module_param_named(debug, snet_debug, uint, 0444);
MODULE_PARM_DESC(debug, "1: say each event in the kernel log");

/* What is neither allow nor deny was meant to be careful. */
static u32 snet_boot_action(unsigned int parameter)
{
	return parameter == SNET_ACTION_ALLOW ? SNET_ACTION_ALLOW :
						SNET_ACTION_DENY;
}

static u32 snet_boot_delay(void)
{
	return clamp_t(u64, (u64)snet_verdict_delay * MSEC_PER_SEC, 1,
		       SNET_DELAY_MOST);
}

/* What every daemon finds when it attaches. */
static void snet_settings_reset(struct snet_settings *set)
{
	int i;

	set->limit_policy = SNET_ACTION_DENY;
	set->limit_total = SNET_LIMIT_TOTAL;
	set->limit_uid = SNET_LIMIT_UID;
	set->limit_cgroup = SNET_LIMIT_CGROUP;
	set->limit_tickets = SNET_LIMIT_TICKETS;
	for (i = 0; i < SNET_EVENT_BITS; i++) {
		set->delay[i] = snet_boot_delay();
		set->policy[i] = snet_boot_action(snet_verdict_policy);
	}
}

/**
 * snet_settings_boot - Settings of a subsystem before any daemon
 * @subsys: Which.
 *
 * Return: Them, or NULL without memory.
 */
struct snet_settings *snet_settings_boot(const struct snet_subsys *subsys)
{
	struct snet_settings *set = kzalloc(sizeof(*set), GFP_KERNEL);

	if (!set)
		return NULL;
	snet_settings_reset(set);
	set->absent_policy = snet_boot_action(snet_absent);
	set->absent_events = subsys->absent_events & subsys->events;
	set->absent_families = subsys->absent_families & ~SNET_ABSENT_NEVER;
	set->debug = !!snet_debug;
	return set;
}

/**
 * snet_settings_attach - Settings at the start of an attachment
 * @set: Those of before; of them the absent policy and debug stay.
 * @wish: What the daemon wants.
 */
void snet_settings_attach(struct snet_settings *set,
			  const struct snet_wish *wish)
{
	snet_settings_reset(set);
	set->events = wish->events;
	set->families = wish->families;
	set->attach_flags = wish->attach_flags;
	set->payload_max = wish->payload_max;
}

static bool snet_family_in(u64 families, u16 family)
{
	return family < 64 && families & BIT_ULL(family);
}

/**
 * snet_settings_wants - Whether the daemon wants to be asked
 * @set: Settings.
 * @event: About this.
 * @family: Of a socket of this address family.
 *
 * Return: Whether.
 */
bool snet_settings_wants(const struct snet_settings *set, u32 event, u16 family)
{
	return set->events & BIT(snet_place(event)) &&
	       snet_family_in(set->families, family);
}

/* Whether the absent policy covers an event of a family. */
bool snet_settings_covers(const struct snet_settings *set, u32 event,
			  u16 family)
{
	return set->absent_events & BIT(snet_place(event)) &&
	       snet_family_in(set->absent_families, family);
}

/**
 * snet_settings_stricter - Answer for a call whose daemon has gone
 * @set: Settings.
 * @event: What was asked.
 * @family: Address family of its socket.
 *
 * Return: The stricter of the event's policy and the absent policy.
 */
u32 snet_settings_stricter(const struct snet_settings *set, u32 event,
			   u16 family)
{
	if (set->policy[snet_place(event)] == SNET_ACTION_DENY)
		return SNET_ACTION_DENY;
	if (snet_settings_covers(set, event, family))
		return set->absent_policy;
	return SNET_ACTION_ALLOW;
}
