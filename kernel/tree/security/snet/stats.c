// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: how often each thing happened
 */
#include <linux/build_bug.h>
#include <linux/percpu.h>
#include <linux/string.h>

#include "core.h"

static DEFINE_PER_CPU(struct snet_counters, snet_counters[SNET_WATCHES]);

/**
 * snet_count - Note that something happened once more
 * @watch: In which subsystem.
 * @what: SNET_A_CNT_x; none of those in struct snet_exact.
 */
void snet_count(const struct snet_watch *watch, enum snet_counters_attr what)
{
	this_cpu_inc(snet_counters[watch->subsys->number].n[what]);
}

/**
 * snet_count_route - Note that a source route was refused
 * @event: That it would have led astray.
 */
void snet_count_route(enum snet_event event)
{
	const struct snet_watch *watch = snet_watch_of(event);

	if (watch)
		snet_count(watch, SNET_A_CNT_ROUTES_REFUSED);
}

/**
 * snet_counters_read - Sum the counters up
 * @watch: Of which subsystem.
 * @n: Room for __SNET_A_CNT_MAX of them, by SNET_A_CNT_x.
 *
 * What was asked, how it ended and what waits are of one moment.
 */
void snet_counters_read(struct snet_watch *watch, u64 *n)
{
	const struct snet_exact *exact = &watch->exact;
	int cpu, i;

	BUILD_BUG_ON(SNET_A_CNT_ENDS_UNDELIVERED - SNET_A_CNT_ENDS_ALLOWED !=
		     ARRAY_SIZE(exact->ends) - 1);

	memset(n, 0, __SNET_A_CNT_MAX * sizeof(*n));
	for_each_possible_cpu(cpu) {
		const struct snet_counters *c =
			&per_cpu(snet_counters[watch->subsys->number], cpu);

		for (i = 0; i < __SNET_A_CNT_MAX; i++)
			n[i] += READ_ONCE(c->n[i]);
	}
	n[SNET_A_CNT_TICKETS] = READ_ONCE(watch->ticket_count);

	spin_lock(&snet_lock);
	n[SNET_A_CNT_ASKED] = exact->asked;
	for (i = 0; i < ARRAY_SIZE(exact->ends); i++)
		n[SNET_A_CNT_ENDS_ALLOWED + i] = exact->ends[i];
	n[SNET_A_CNT_WAITING] = exact->waiting;
	n[SNET_A_CNT_WAITING_MOST] = exact->most;
	spin_unlock(&snet_lock);
}
