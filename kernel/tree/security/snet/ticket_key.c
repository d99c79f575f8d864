// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: keys of tickets
 *
 * A key is packed: its owner, its scope and operands, then the values of those
 * operands one after another. Two keys are equal if their bytes are. What a
 * ticket holds in any case stands first.
 */
#include <linux/build_bug.h>
#include <linux/minmax.h>
#include <linux/socket.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "core.h"

#define ALWAYS	0

/* Members that stand together, from the first to the last. */
#define SPAN(_operand, _first, _last) {					\
	.operand = (_operand),						\
	.from = offsetof(struct snet_operands, _first),			\
	.to = offsetofend(struct snet_operands, _last),			\
}

static const struct {
	u32 operand;
	u16 from;
	u16 to;
} snet_spans[] = {
	SPAN(ALWAYS, event, event),
	SPAN(ALWAYS, who.uid, who.gid),
	SPAN(ALWAYS, family, protocol),
	SPAN(ALWAYS, net_cookie, net_cookie),
	SPAN(SNET_OPERAND_EXE, who.exe_dev, who.exe_mntns),
	SPAN(SNET_OPERAND_EXE, who.flags, who.flags),
	SPAN(SNET_OPERAND_COMM, who.comm, who.comm),
	SPAN(SNET_OPERAND_LOGINUID, who.loginuid, who.loginuid),
	SPAN(SNET_OPERAND_CGROUP, who.cgroup, who.cgroup),
	SPAN(SNET_OPERAND_MNTNS, who.mntns, who.mntns),
	SPAN(SNET_OPERAND_COOKIE, cookie, cookie),
	SPAN(SNET_OPERAND_TASK, who.start_time, who.start_time),
	SPAN(SNET_OPERAND_TASK, who.pid, who.ppid),
	SPAN(SNET_OPERAND_FLAGS, flags, flags),
	SPAN(SNET_OPERAND_FLAGS, backlog, message_flags),
};

static u32 snet_span_size(int i)
{
	return snet_spans[i].to - snet_spans[i].from;
}

/* Whether a key holds a span. */
static bool snet_span_held(int i, u32 key)
{
	u32 operand = snet_spans[i].operand;

	return operand == ALWAYS || key & operand;
}

/* What of an address a key holds. */
struct snet_parts {
	bool address;
	bool port;
};

/* Only inet and inet6 tell an address from its port. */
static struct snet_parts snet_parts(u32 key, u32 address, u32 port, u16 family)
{
	bool inet = family == AF_INET || family == AF_INET6;
	struct snet_parts parts = {
		.address = key & (inet ? address : address | port),
		.port = key & (inet ? port : address | port),
	};

	return parts;
}

static u8 *snet_put(u8 *to, const void *from, u32 size)
{
	memcpy(to, from, size);
	return to + size;
}

static const u8 *snet_take(const u8 *from, void *to, u32 size)
{
	memcpy(to, from, size);
	return from + size;
}

static u8 *snet_address_pack(u8 *to, const struct snet_address *from, u32 key,
			     u32 address, u32 port)
{
	struct snet_parts parts = snet_parts(key, address, port, from->family);
	u32 length = min_t(u32, from->length, sizeof(from->bytes));

	if (!(key & (address | port)))
		return to;
	to = snet_put(to, &from->family, sizeof(from->family));
	if (parts.port)
		to = snet_put(to, &from->port, sizeof(from->port));
	if (!parts.address)
		return to;
	to = snet_put(to, &from->scope_id, sizeof(from->scope_id));
	to = snet_put(to, &from->groups, sizeof(from->groups));
	to = snet_put(to, &length, sizeof(length));
	return snet_put(to, from->bytes, length);
}

static const u8 *snet_address_unpack(const u8 *from, struct snet_address *to,
				     u32 key, u32 address, u32 port)
{
	struct snet_parts parts;

	if (!(key & (address | port)))
		return from;
	from = snet_take(from, &to->family, sizeof(to->family));
	parts = snet_parts(key, address, port, to->family);
	if (parts.port)
		from = snet_take(from, &to->port, sizeof(to->port));
	if (!parts.address)
		return from;
	from = snet_take(from, &to->scope_id, sizeof(to->scope_id));
	from = snet_take(from, &to->groups, sizeof(to->groups));
	from = snet_take(from, &to->length, sizeof(to->length));
	return snet_take(from, to->bytes, to->length);
}

/**
 * snet_key_pack - Pack the operands of a call
 * @bytes: Room for SNET_KEY_BYTES.
 * @op: The call's operands.
 * @word: Scope and operands of the key.
 * @owner: Whom the ticket serves.
 *
 * Return: Bytes used. The owner is in the first eight.
 */
u32 snet_key_pack(u8 *bytes, const struct snet_operands *op, u32 word,
		  u64 owner)
{
	u32 key = snet_mask_key(word);
	u8 *to = bytes;
	int i;

	to = snet_put(to, &owner, sizeof(owner));
	to = snet_put(to, &word, sizeof(word));
	for (i = 0; i < ARRAY_SIZE(snet_spans); i++)
		if (snet_span_held(i, key))
			to = snet_put(to, (u8 *)op + snet_spans[i].from,
				      snet_span_size(i));
	to = snet_address_pack(to, &op->local, key, SNET_OPERAND_LOCAL_ADDRESS,
			       SNET_OPERAND_LOCAL_PORT);
	to = snet_address_pack(to, &op->remote, key,
			       SNET_OPERAND_REMOTE_ADDRESS,
			       SNET_OPERAND_REMOTE_PORT);
	return to - bytes;
}

/**
 * snet_key_unpack - Get the operands of a key back
 * @bytes: The key.
 * @op: Filled; what the key does not hold is zero.
 *
 * Return: Its word: scope and operands.
 */
u32 snet_key_unpack(const u8 *bytes, struct snet_operands *op)
{
	const u8 *from = bytes + sizeof(u64);
	u32 word, key;
	int i;

	memset(op, 0, sizeof(*op));
	from = snet_take(from, &word, sizeof(word));
	key = snet_mask_key(word);
	for (i = 0; i < ARRAY_SIZE(snet_spans); i++)
		if (snet_span_held(i, key))
			from = snet_take(from, (u8 *)op + snet_spans[i].from,
					 snet_span_size(i));
	from = snet_address_unpack(from, &op->local, key,
				   SNET_OPERAND_LOCAL_ADDRESS,
				   SNET_OPERAND_LOCAL_PORT);
	snet_address_unpack(from, &op->remote, key,
			    SNET_OPERAND_REMOTE_ADDRESS,
			    SNET_OPERAND_REMOTE_PORT);
	return word;
}
