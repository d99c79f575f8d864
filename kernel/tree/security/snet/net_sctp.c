// SPDX-License-Identifier: GPL-2.0-only
/*
 * snet: SCTP binds and connects to several addresses in one call
 */

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/string.h>
#include <net/sock.h>
#include <asm/unistd.h>

#include "net.h"

/* SCTP packs addresses at the length of their family (sctp_connectx(3)). */
static int packed_length(const void *address, int room)
{
	sa_family_t family;
	int length;

	if (room < (int)sizeof(family))
		return 0;
	memcpy(&family, address, sizeof(family));
	length = family == AF_INET6 ? sizeof(struct sockaddr_in6) :
				      sizeof(struct sockaddr_in);
	return length <= room ? length : 0;
}

static int count_addresses(const void *addresses, int room)
{
	int count = 0;
	int length;

	while ((length = packed_length(addresses, room))) {
		addresses += length;
		room -= length;
		count++;
	}
	return count;
}

/*
 * Whether an address stands before @address already. Its question answers for
 * both: the second would find no answer left, and ask, and run again for ever.
 */
static bool named_before(const void *addresses, const void *address, int length)
{
	int one;

	for (; addresses < address; addresses += one) {
		one = packed_length(addresses, address - addresses);
		if (one == length && !memcmp(addresses, address, length))
			return true;
	}
	return false;
}

/*
 * Only a program's own call can run again, and getsockopt(2) is one that
 * connects. An io_uring request cannot; the compat numbers are other calls.
 */
static bool can_run_again(const struct snet_call *call)
{
	return !(call->op.flags & SNET_EVENT_FLAG_COMPAT) &&
	       (call->syscall == __NR_setsockopt ||
		call->syscall == __NR_getsockopt);
}

static int ask_one(struct sock *sk, enum snet_event event, const void *address,
		   int length, bool more, bool together)
{
	struct snet_call call;

	snet_call_init(&call, event);
	snet_net_fill(&call, sk->sk_socket);
	if (event != SNET_EVENT_SNET_BIND)
		snet_net_local(&call, sk->sk_socket);
	snet_net_argument(&call, sk->sk_socket,
			  event == SNET_EVENT_SNET_BIND ? SNET_USE_BIND :
							  SNET_USE_CONNECT,
			  address, length);
	if (more)
		call.op.flags |= SNET_EVENT_FLAG_MORE_ADDRESSES;
	if (together && can_run_again(&call))
		return snet_defer(&call);
	call.restart = false;
	return snet_ask(&call);
}

/**
 * snet_net_ask_many() - Ask about each of several addresses
 * @sk: The socket, whose lock is held.
 * @event: SNET_EVENT_SNET_BIND or SNET_EVENT_SNET_CONNECT.
 * @addresses: One behind the other.
 * @length: Bytes of them.
 *
 * They are put off together, to be asked when the lock is free. Where the call
 * cannot run again, or has more of them than a thread can put off, they are
 * asked here: the lock may be slept with, but holds up others who want it.
 *
 * Return: 0 if all may be used, or an error of snet_defer() or snet_ask(); a
 * denial comes before a request to run the call again.
 */
int snet_net_ask_many(struct sock *sk, enum snet_event event,
		      const void *addresses, int length)
{
	const bool together = count_addresses(addresses, length) <=
			      SNET_PARKED_MOST;
	const void *address = addresses;
	int again = 0;
	int one, err;

	if (!sk->sk_socket || !snet_net_asked(sk, event))
		return 0;
	for (; (one = packed_length(address, length)); address += one) {
		length -= one;
		if (together && named_before(addresses, address, one))
			continue;
		err = ask_one(sk, event, address, one, length, together);
		if (err && err != -ERESTARTNOINTR)
			return err;
		if (err)
			again = err;
	}
	return again;
}
