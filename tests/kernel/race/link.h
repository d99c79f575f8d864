/* SPDX-License-Identifier: MIT */
/*
 * A raw generic netlink connection to snet, one per thread, and the little
 * daemons and callers that the race programs are made of.
 */
#ifndef SNET_RACE_LINK_H
#define SNET_RACE_LINK_H

#include <linux/snet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link {
	int fd;
	uint16_t family;
	uint32_t seq;
};

/* A message being written. One page holds every message that a daemon sends. */
struct message {
	size_t length;
	_Alignas(8) unsigned char bytes[4096];
};

/* What an event says, as far as the race programs look at it. */
struct event {
	uint64_t id;
	uint32_t event;
	uint32_t flags;
	uint32_t pid;
	uint32_t tid;
	uint32_t uid;
	uint16_t remote_port;
	bool cancel;
	uint32_t cause;
};

/* Opens a connection; exits with a message if the kernel has no snet. */
void link_open(struct link *link);
void link_close(struct link *link);

void message_start(struct message *message, const struct link *link, int command, int flags);
void message_u32(struct message *message, int attribute, uint32_t value);
void message_u64(struct message *message, int attribute, uint64_t value);
void message_string(struct message *message, int attribute, const char *value);

/* Sends without waiting for an answer. Return: 0 or -errno. */
int link_send(struct link *link, struct message *message);

/*
 * Sends and waits for the acknowledgement; events that come before it are
 * dropped. Return: 0 or -errno of the kernel.
 */
int link_request(struct link *link, struct message *message);

/* Attaches to the subsystem snet. Return: 0 or -errno. */
int link_attach(struct link *link, const char *name, uint32_t events);
int link_detach(struct link *link);
/* Sets one value, as SNET_A_DELAY in milliseconds. Return: 0 or -errno. */
int link_configure(struct link *link, int attribute, uint32_t value);
/* The same two without waiting, for a daemon that must not miss an event. */
int link_flush(struct link *link);
int link_set(struct link *link, int attribute, uint32_t value);
/* Reads all tickets. Return: how many, or -errno. */
int link_tickets(struct link *link);
/* Reads the counters into n[SNET_A_CNT_x]. Return: 0 or -errno. */
int link_stats(struct link *link, uint64_t n[SNET_A_CNT_MAX + 1]);

/*
 * Waits for the next event or cancel. Return: 1 with an event, 0 if none came
 * in the time, -errno (ENOBUFS: some were lost).
 */
int link_event(struct link *link, struct event *event, int milliseconds);

struct verdict {
	uint64_t id;
	bool deny;
	uint32_t error;
	uint32_t remember;
	uint32_t scope;
	uint32_t key;
};

int link_verdict(struct link *link, const struct verdict *verdict);
int link_hold(struct link *link, uint64_t id, uint32_t milliseconds);

#endif
