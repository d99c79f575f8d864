// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: how many calls one uid and one cgroup hold
 */
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/slab.h>

#include "core.h"

/**
 * struct snet_quota - What one uid or cgroup holds; under snet_lock
 * @node: In the table while @refs is not 0.
 * @watch: In which subsystem.
 * @key: Which uid or cgroup.
 * @kind: Which of the two.
 * @refs: Requests that have it, held or about to be.
 * @held: Requests that are held.
 */
struct snet_quota {
	struct hlist_node node;
	const struct snet_watch *watch;
	u64 key;
	enum snet_quota_kind kind;
	u32 refs;
	u32 held;
};

static DEFINE_HASHTABLE(snet_quotas, SNET_QUOTA_BITS); /* under snet_lock */

static struct snet_quota *snet_quota_find(const struct snet_watch *watch,
					  enum snet_quota_kind kind, u64 key)
{
	struct snet_quota *quota;

	lockdep_assert_held(&snet_lock);
	hash_for_each_possible(snet_quotas, quota, node, key ^ kind)
		if (quota->key == key && quota->kind == kind &&
		    quota->watch == watch)
			return quota;
	return NULL;
}

/**
 * snet_quota_get - The quota of a uid or cgroup
 * @watch: In which subsystem.
 * @kind: Which of the two.
 * @key: Its number.
 *
 * Return: It, kept until snet_quota_put(), or NULL without memory.
 */
struct snet_quota *snet_quota_get(const struct snet_watch *watch,
				  enum snet_quota_kind kind, u64 key)
{
	struct snet_quota *quota, *new;

	spin_lock(&snet_lock);
	quota = snet_quota_find(watch, kind, key);
	if (quota)
		quota->refs++;
	spin_unlock(&snet_lock);
	if (quota)
		return quota;

	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	new->watch = watch;
	new->kind = kind;
	new->key = key;
	spin_lock(&snet_lock);
	quota = snet_quota_find(watch, kind, key);
	if (!quota) {
		quota = new;
		hash_add(snet_quotas, &quota->node, key ^ kind);
	}
	quota->refs++;
	spin_unlock(&snet_lock);
	if (quota != new)
		kfree(new);
	return quota;
}

void snet_quota_put(struct snet_quota *quota)
{
	lockdep_assert_held(&snet_lock);
	if (!quota || --quota->refs)
		return;
	hash_del(&quota->node);
	kfree(quota);
}

/**
 * snet_quota_take - Hold one call more
 * @quota: Of whom, or NULL: of one without a quota.
 * @limit: How many may be held.
 *
 * Return: Whether it may be held.
 */
bool snet_quota_take(struct snet_quota *quota, u32 limit)
{
	lockdep_assert_held(&snet_lock);
	if (!quota)
		return true;
	if (quota->held >= limit)
		return false;
	quota->held++;
	return true;
}

/* Ends what snet_quota_take() began; the quota itself is kept. */
void snet_quota_give_back(struct snet_quota *quota)
{
	lockdep_assert_held(&snet_lock);
	if (quota)
		quota->held--;
}
