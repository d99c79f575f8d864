// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: remembered answers
 *
 * One table holds the tickets of all subsystems. Which sets of operands they
 * key on is kept beside it, by event: a call is looked up once for each set,
 * under RCU, without a lock.
 */
#include <linux/build_bug.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "core.h"
#include "trace.h"

/* Protects the table's chains, and in each watch tickets, count and masks. */
static DEFINE_SPINLOCK(snet_ticket_lock);
static struct hlist_head *snet_table __ro_after_init;
static hsiphash_key_t snet_table_key __ro_after_init;

#define SNET_TABLE_SIZE	BIT(SNET_TICKET_BITS)

static struct hlist_head *snet_bucket(u32 hash)
{
	return &snet_table[hash & (SNET_TABLE_SIZE - 1)];
}

static u32 snet_hash(const u8 *key, u32 length)
{
	return hsiphash(key, length, &snet_table_key);
}

static u32 snet_generation(struct snet_watch *watch)
{
	return atomic_read(&watch->generation);
}

static bool snet_ticket_alive(const struct snet_ticket *ticket, u32 generation)
{
	return ticket->answer.generation == generation &&
	       time_after64(ticket->expires, get_jiffies_64());
}

/* Finding ------------------------------------------------------------------- */

/* Identity is in the key's bytes; the path is compared here. */
static bool snet_same_path(const struct snet_exe *a, const struct snet_exe *b)
{
	return a == b || (a && b && a->length == b->length &&
			  !memcmp(a->path, b->path, a->length));
}

static bool snet_ticket_is(const struct snet_ticket *ticket, const u8 *key,
			   u32 length, u32 hash, const struct snet_exe *exe)
{
	return ticket->hash == hash && ticket->length == length &&
	       !memcmp(ticket->key, key, length) &&
	       (!ticket->exe || snet_same_path(ticket->exe, exe));
}

static struct snet_ticket *snet_probe(struct snet_watch *watch, const u8 *key,
				      u32 length, const struct snet_exe *exe)
{
	u32 generation = snet_generation(watch);
	u32 hash = snet_hash(key, length);
	struct snet_ticket *ticket;

	hlist_for_each_entry_rcu(ticket, snet_bucket(hash), node)
		if (snet_ticket_is(ticket, key, length, hash, exe) &&
		    snet_ticket_alive(ticket, generation))
			return ticket;
	return NULL;
}

static struct snet_ticket *snet_probe_lineage(struct snet_watch *watch,
					      struct snet_proc *proc, u8 *key,
					      u32 length,
					      const struct snet_exe *exe)
{
	const struct snet_lineage *lineage = rcu_dereference(proc->lineage);
	struct snet_ticket *ticket = NULL;
	int i;

	for (i = 0; lineage && i < lineage->count && !ticket; i++) {
		memcpy(key, &lineage->owners[i], sizeof(lineage->owners[i]));
		ticket = snet_probe(watch, key, length, exe);
	}
	return ticket;
}

static struct snet_ticket *snet_probe_mask(struct snet_watch *watch,
					   struct snet_proc *proc,
					   const struct snet_call *call,
					   u32 word)
{
	u32 scope = snet_mask_scope(word);
	u8 key[SNET_KEY_BYTES];
	u64 owner = 0;
	u32 length;

	if (scope != SNET_SCOPE_PROGRAM && !proc)
		return NULL;
	if (scope == SNET_SCOPE_TASK)
		owner = atomic64_read(&proc->owner);
	length = snet_key_pack(key, &call->op, word, owner);
	if (scope == SNET_SCOPE_CHILDREN)
		return snet_probe_lineage(watch, proc, key, length, call->exe);
	return snet_probe(watch, key, length, call->exe);
}

/**
 * snet_ticket_find - Look for a remembered answer
 * @watch: Subsystem of the call.
 * @proc: The running process, or NULL if it has no state.
 * @call: The call.
 * @answer: What is remembered.
 *
 * Takes no lock.
 *
 * Return: Whether there is one.
 */
bool snet_ticket_find(struct snet_watch *watch, struct snet_proc *proc,
		      const struct snet_call *call, struct snet_answer *answer)
{
	const struct snet_mask *masks = watch->masks[snet_place(call->op.event)];
	struct snet_ticket *ticket = NULL;
	int i;

	if (!READ_ONCE(watch->ticket_count))
		return false;
	rcu_read_lock();
	for (i = 0; i < SNET_TICKET_MASKS && !ticket; i++) {
		u32 word = READ_ONCE(masks[i].word);

		if (word)
			ticket = snet_probe_mask(watch, proc, call, word);
	}
	if (ticket) {
		atomic64_inc(&ticket->hits);
		*answer = ticket->answer;
	}
	rcu_read_unlock();
	return ticket;
}

/* Dropping ------------------------------------------------------------------ */

static void snet_ticket_drop(struct snet_watch *watch,
			     struct snet_ticket *ticket)
{
	lockdep_assert_held(&snet_ticket_lock);
	hlist_del_rcu(&ticket->node);
	list_del(&ticket->age);
	WRITE_ONCE(watch->ticket_count, watch->ticket_count - 1);
	if (!--ticket->mask->tickets)
		WRITE_ONCE(ticket->mask->word, 0);
	/* Readers of the ticket are safe: the last put waits for them as well. */
	snet_exe_put(ticket->exe);
	kfree_rcu(ticket, rcu);
}

static struct snet_ticket *snet_ticket_oldest(struct snet_watch *watch)
{
	return list_first_entry_or_null(&watch->tickets, struct snet_ticket,
					age);
}

/* Drops a batch of the oldest for as long as @unwanted. Return: how many. */
static u32 snet_tickets_drop(struct snet_watch *watch,
			     bool (*unwanted)(struct snet_watch *watch,
					      const struct snet_ticket *ticket,
					      u32 than),
			     u32 than)
{
	struct snet_ticket *ticket;
	u32 dropped;

	spin_lock(&snet_ticket_lock);
	for (dropped = 0; dropped < SNET_BATCH; dropped++) {
		ticket = snet_ticket_oldest(watch);
		if (!ticket || !unwanted(watch, ticket, than))
			break;
		snet_ticket_drop(watch, ticket);
	}
	spin_unlock(&snet_ticket_lock);
	return dropped;
}

static bool snet_ticket_older(struct snet_watch *watch,
			      const struct snet_ticket *ticket, u32 than)
{
	return ticket->answer.generation != than;
}

static bool snet_ticket_surplus(struct snet_watch *watch,
				const struct snet_ticket *ticket, u32 than)
{
	return watch->ticket_count > than;
}

/**
 * snet_tickets_sweep - Free the tickets of older generations
 * @watch: Of which subsystem; they have not been valid since the generation
 *	moved on.
 *
 * Return: How many they were.
 */
u32 snet_tickets_sweep(struct snet_watch *watch)
{
	u32 generation = snet_generation(watch);
	u32 dropped, all = 0;

	do {
		dropped = snet_tickets_drop(watch, snet_ticket_older,
					    generation);
		all += dropped;
		cond_resched();
	} while (dropped);
	return all;
}

/**
 * snet_tickets_trim - Drop the oldest tickets
 * @watch: Of which subsystem.
 * @most: Until there are no more than these.
 */
void snet_tickets_trim(struct snet_watch *watch, u32 most)
{
	u32 dropped;

	do {
		u32 i;

		dropped = snet_tickets_drop(watch, snet_ticket_surplus, most);
		for (i = 0; i < dropped; i++)
			snet_count(watch, SNET_A_CNT_TICKETS_EVICTED);
		cond_resched();
	} while (dropped);
}

static void snet_reap_bucket(struct hlist_head *bucket, u64 now)
{
	struct snet_ticket *ticket;
	struct hlist_node *next;

	lockdep_assert_held(&snet_ticket_lock);
	hlist_for_each_entry_safe(ticket, next, bucket, node)
		if (!time_after64(ticket->expires, now))
			snet_ticket_drop(ticket->watch, ticket);
}

static void snet_reap(struct work_struct *work);
static DECLARE_DELAYED_WORK(snet_reaper, snet_reap);

static void snet_reap_later(void)
{
	queue_delayed_work(system_power_efficient_wq, &snet_reaper,
			   SNET_TICKET_REAP * HZ);
}

/* The expired are not found any more; this gives their memory back. */
static void snet_reap(struct work_struct *work)
{
	bool left = false;
	u32 i;

	for (i = 0; i < SNET_TABLE_SIZE; i++) {
		if (hlist_empty(&snet_table[i]))
			continue;
		spin_lock(&snet_ticket_lock);
		snet_reap_bucket(&snet_table[i], get_jiffies_64());
		left |= !hlist_empty(&snet_table[i]);
		spin_unlock(&snet_ticket_lock);
		cond_resched();
	}
	if (left)
		snet_reap_later();
}

/* Giving -------------------------------------------------------------------- */

/*
 * The narrowest key of all: what every event shares that has more different
 * keys than there is room for. Narrower than its decision does no harm.
 */
#define SNET_MASK_NARROWEST \
	snet_mask_word(SNET_OPERAND_MASK & ~SNET_OPERAND_VOLATILE, \
		       SNET_SCOPE_TASK)

static struct snet_mask *snet_mask_find(struct snet_mask *masks, u32 word)
{
	struct snet_mask *unused = NULL;
	int i;

	lockdep_assert_held(&snet_ticket_lock);
	for (i = 0; i < SNET_TICKET_MASKS; i++) {
		if (masks[i].word == word)
			return &masks[i];
		/* The last place is the narrowest's. */
		if (!masks[i].word && !unused && i < SNET_TICKET_MASKS - 1)
			unused = &masks[i];
	}
	if (word == SNET_MASK_NARROWEST)
		return &masks[SNET_TICKET_MASKS - 1];
	return unused;
}

#define SNET_OPERANDS_ADDRESS						\
	(SNET_OPERAND_LOCAL_ADDRESS | SNET_OPERAND_LOCAL_PORT |		\
	 SNET_OPERAND_REMOTE_ADDRESS | SNET_OPERAND_REMOTE_PORT)

/* Whether the key's path means another file in another folder. */
static bool snet_path_is_relative(const struct snet_call *call)
{
	const struct snet_address *path = call->op.remote.length ?
					  &call->op.remote : &call->op.local;

	return path->bytes[0] != '/';
}

/* Return: Scope and operands of the key that a decision asks for; 0: none. */
static u32 snet_ticket_word(const struct snet_answer *answer,
			    const struct snet_call *call)
{
	u32 scope = answer->scope;
	u32 key = answer->key;

	if (key & SNET_OPERAND_VOLATILE)
		return 0;
	if (key & SNET_OPERAND_TASK)
		scope = SNET_SCOPE_TASK;
	if (scope == SNET_SCOPE_PROGRAM)
		key |= SNET_OPERAND_EXE;
	/* A path is one file in one mount namespace. */
	if (call->op.flags & SNET_EVENT_FLAG_ADVISORY_PATH &&
	    key & SNET_OPERANDS_ADDRESS) {
		if (snet_path_is_relative(call))
			return 0;
		key |= SNET_OPERAND_MNTNS;
	}
	/* What is not known cannot be compared. */
	if (key & SNET_OPERAND_EXE &&
	    (!call->exe || call->exe->flags & SNET_EVENT_FLAG_EXE_UNKNOWN))
		return 0;
	return snet_mask_word(key, scope);
}

/* Return: Whom the ticket serves, -1 if it cannot be said. */
static s64 snet_ticket_owner(struct snet_proc *proc, u32 word, u64 owner)
{
	u64 own;

	if (snet_mask_scope(word) == SNET_SCOPE_PROGRAM)
		return 0;
	/* Another thread has changed the credentials meanwhile. */
	if (!proc || owner != atomic64_read(&proc->owner))
		return -1;
	if (snet_mask_scope(word) == SNET_SCOPE_TASK)
		return owner;
	own = snet_lineage_own(proc);
	return own ? own : -1;
}

static struct snet_ticket *snet_ticket_new(const struct snet_request *req,
					   const struct snet_call *call,
					   u32 word, u64 owner)
{
	struct snet_ticket *ticket;
	u8 key[SNET_KEY_BYTES];
	u32 length;

	length = snet_key_pack(key, &call->op, word, owner);
	ticket = kzalloc(struct_size(ticket, key, length), GFP_KERNEL);
	if (!ticket)
		return NULL;
	memcpy(ticket->key, key, length);
	ticket->length = length;
	ticket->hash = snet_hash(key, length);
	ticket->watch = req->watch;
	ticket->answer = req->answer;
	ticket->pid = call->op.who.pid;
	ticket->expires = get_jiffies_64() +
			  max(msecs_to_jiffies(min(req->answer.remember,
						   SNET_REMEMBER_MOST)), 1UL);
	if (snet_mask_key(word) & SNET_OPERAND_EXE)
		ticket->exe = snet_exe_get(call->exe);
	return ticket;
}

/* An older answer to the same question makes way. */
static void snet_ticket_replace(struct snet_watch *watch,
				const struct snet_ticket *new)
{
	struct snet_ticket *ticket;
	struct hlist_node *next;

	hlist_for_each_entry_safe(ticket, next, snet_bucket(new->hash), node)
		if (snet_ticket_is(ticket, new->key, new->length, new->hash,
				   new->exe))
			snet_ticket_drop(watch, ticket);
}

enum snet_kept { SNET_KEPT, SNET_STALE, SNET_NO_PLACE };

static enum snet_kept snet_ticket_keep(struct snet_ticket *ticket, u32 word)
{
	struct snet_watch *watch = ticket->watch;
	struct snet_mask *mask;
	u32 event;

	lockdep_assert_held(&snet_ticket_lock);
	/* A generation that moves on now finds the ticket when it sweeps. */
	if (ticket->answer.generation != snet_generation(watch))
		return SNET_STALE;
	memcpy(&event, &ticket->key[SNET_KEY_EVENT], sizeof(event));
	mask = snet_mask_find(watch->masks[snet_place(event)], word);
	if (!mask)
		return SNET_NO_PLACE;
	snet_ticket_replace(watch, ticket);
	ticket->mask = mask;
	mask->tickets++;
	WRITE_ONCE(mask->word, word);
	list_add_tail(&ticket->age, &watch->tickets);
	WRITE_ONCE(watch->ticket_count, watch->ticket_count + 1);
	hlist_add_head_rcu(&ticket->node, snet_bucket(ticket->hash));
	return SNET_KEPT;
}

static u32 snet_ticket_limit(struct snet_watch *watch)
{
	u32 limit;

	rcu_read_lock();
	limit = rcu_dereference(watch->settings)->limit_tickets;
	rcu_read_unlock();
	return limit;
}

static enum snet_kept snet_ticket_try(const struct snet_request *req,
				      struct snet_proc *proc,
				      const struct snet_call *call, u32 word,
				      u64 owner)
{
	struct snet_ticket *ticket;
	enum snet_kept kept;
	s64 serves;

	serves = word ? snet_ticket_owner(proc, word, owner) : -1;
	if (serves < 0)
		return SNET_STALE;
	ticket = snet_ticket_new(req, call, word, serves);
	if (!ticket)
		return SNET_STALE;
	spin_lock(&snet_ticket_lock);
	kept = snet_ticket_keep(ticket, word);
	spin_unlock(&snet_ticket_lock);
	if (kept == SNET_KEPT)
		return kept;
	snet_exe_put(ticket->exe);
	kfree(ticket);
	return kept;
}

/**
 * snet_ticket_give - Remember an answer
 * @req: The request that got it.
 * @proc: The running process, or NULL if it has no state.
 * @call: The call, as it was asked.
 * @owner: The process's owner when it was asked.
 *
 * It is not kept, and counted as stale, if it could serve another call than
 * those that the decision was made for.
 */
void snet_ticket_give(const struct snet_request *req, struct snet_proc *proc,
		      const struct snet_call *call, u64 owner)
{
	struct snet_watch *watch = req->watch;
	u32 word = snet_ticket_word(&req->answer, call);
	u32 limit = snet_ticket_limit(watch);
	enum snet_kept kept;

	if (!limit)
		return;
	kept = snet_ticket_try(req, proc, call, word, owner);
	if (kept == SNET_NO_PLACE)
		kept = snet_ticket_try(req, proc, call, SNET_MASK_NARROWEST,
				       owner);
	if (kept != SNET_KEPT) {
		snet_count(watch, SNET_A_CNT_TICKETS_STALE);
		return;
	}
	snet_count(watch, SNET_A_CNT_TICKETS_ADDED);
	if (READ_ONCE(watch->ticket_count) > limit)
		snet_tickets_trim(watch, limit);
	snet_reap_later();
}

/* Showing ------------------------------------------------------------------- */

/**
 * snet_tickets_walk - Visit the tickets that are valid
 * @watch: Of which subsystem.
 * @bucket: Where to begin; where to go on when it stopped.
 * @skip: Tickets of that bucket that were visited before.
 * @visit: Called under RCU. Return: 0 to go on, else this one was not visited.
 * @data: For @visit.
 *
 * A ticket that comes or goes between two walks may be missed or seen twice.
 *
 * Return: 0 at the end, or what @visit returned.
 */
int snet_tickets_walk(struct snet_watch *watch, unsigned long *bucket,
		      unsigned long *skip,
		      int (*visit)(const struct snet_ticket *ticket,
				   void *data),
		      void *data)
{
	u32 generation = snet_generation(watch);
	int err = 0;

	rcu_read_lock();
	for (; *bucket < SNET_TABLE_SIZE; (*bucket)++, *skip = 0) {
		struct snet_ticket *ticket;
		unsigned long seen = 0;

		hlist_for_each_entry_rcu(ticket, &snet_table[*bucket], node) {
			if (seen++ < *skip)
				continue;
			if (ticket->watch == watch &&
			    snet_ticket_alive(ticket, generation))
				err = visit(ticket, data);
			if (err)
				goto out;
			*skip = seen;
		}
	}
out:
	rcu_read_unlock();
	return err;
}

int __init snet_tickets_init(void)
{
	get_random_bytes(&snet_table_key, sizeof(snet_table_key));
	snet_table = kvcalloc(SNET_TABLE_SIZE, sizeof(*snet_table), GFP_KERNEL);
	return snet_table ? 0 : -ENOMEM;
}
