/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * snet: every number with its reason
 */
#ifndef _SECURITY_SNET_LIMITS_H
#define _SECURITY_SNET_LIMITS_H

/*
 * Seconds until the policy answers (snet.verdict_delay). A person needs
 * longer and is given it by hold; a daemon that is well answers in
 * microseconds; most programs give up on a connection after a minute.
 */
#define SNET_DELAY_SECONDS	5

/*
 * Longest delay and hold, in milliseconds: one week. Above what anybody waits
 * for, and far from where nanoseconds or jiffies overflow.
 */
#define SNET_DELAY_MOST		(7U * 24 * 60 * 60 * 1000)

/*
 * Calls held at once: in all, for one uid and for one cgroup. A held call
 * costs about 1 KiB here and as much in the daemon's socket, so that all
 * together stay below 128 MiB; one uid can take an eighth and one cgroup a
 * quarter of it, and others go on being asked. The uid is the real one, or that
 * of who made the user namespace.
 */
#define SNET_LIMIT_TOTAL	65536
#define SNET_LIMIT_UID		8192
#define SNET_LIMIT_CGROUP	16384

/* Buckets of the id table: 16 calls in each when the table is full. */
#define SNET_REQUEST_BITS	12

/* Buckets of the quota table: as many uids and cgroups seldom ask at once. */
#define SNET_QUOTA_BITS		8

/* Calls ended under one taking of the lock: some microseconds. */
#define SNET_BATCH		64

/*
 * Interrupted calls that a thread can come back to: a signal handler in a
 * signal handler in a signal handler. Others are asked again.
 */
#define SNET_PARKED_MOST	4

/*
 * Tickets kept at once; one takes about 256 bytes, all together 16 MiB. The
 * buckets hold two each when the table is full.
 */
#define SNET_LIMIT_TICKETS	65536
#define SNET_LIMIT_TICKETS_MOST	(1024U * 1024)
#define SNET_TICKET_BITS	15

/*
 * Longest life of a ticket, in milliseconds: one week. What is to last longer
 * is a rule.
 */
#define SNET_REMEMBER_MOST	SNET_DELAY_MOST

/*
 * Different keys in use for one event, each a probe for every call: rules
 * that look at more than 15 sets of operands share the narrowest.
 */
#define SNET_TICKET_MASKS	16

/* Ancestors whose tickets for children a task is served by, nearest first. */
#define SNET_LINEAGE_MOST	8

/* Seconds between two rounds that drop expired tickets. */
#define SNET_TICKET_REAP	30

/*
 * First and longest wait, in milliseconds, before an event is sent again to a
 * full socket: a daemon that reads at all has room again within the first.
 */
#define SNET_RETRY_FIRST	1
#define SNET_RETRY_MOST		20

/* Longest address that a protocol knows: struct sockaddr_storage. */
#define SNET_ADDRESS_BYTES	128

#endif /* _SECURITY_SNET_LIMITS_H */
