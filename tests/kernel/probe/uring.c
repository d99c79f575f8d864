// SPDX-License-Identifier: MIT
/*
 * uring inline|async|sqpoll|cancel ADDRESS:PORT: a UDP connect through io_uring, with a NOP behind it. Prints
 * "connect 0", "connect EPERM", and "nop 0" in the order of completion. With "cancel" it is done by a worker, and
 * taken back by what is behind it, when a line arrives on standard input. Needs no liburing.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES 4

struct ring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array, *sq_flags;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static void *map(int fd, size_t size, off_t what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);

	if (at == MAP_FAILED)
		err(2, "mmap of the ring");
	return at;
}

static struct ring open_ring(unsigned int flags)
{
	struct io_uring_params params = { .flags = flags, .sq_thread_idle = 2000 };
	struct ring ring;
	char *sq, *cq;

	ring.fd = syscall(SYS_io_uring_setup, ENTRIES, &params);
	if (ring.fd < 0)
		err(2, "io_uring_setup");
	sq = map(ring.fd, params.sq_off.array + params.sq_entries * sizeof(unsigned int), IORING_OFF_SQ_RING);
	cq = map(ring.fd, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	ring.sqes = map(ring.fd, params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	ring.sq_tail = (void *)(sq + params.sq_off.tail);
	ring.sq_mask = (void *)(sq + params.sq_off.ring_mask);
	ring.sq_array = (void *)(sq + params.sq_off.array);
	ring.sq_flags = (void *)(sq + params.sq_off.flags);
	ring.cq_head = (void *)(cq + params.cq_off.head);
	ring.cq_tail = (void *)(cq + params.cq_off.tail);
	ring.cq_mask = (void *)(cq + params.cq_off.ring_mask);
	ring.cqes = (void *)(cq + params.cq_off.cqes);
	return ring;
}

static void put(struct ring *ring, struct io_uring_sqe sqe)
{
	unsigned int tail = *ring->sq_tail, at = tail & *ring->sq_mask;

	ring->sqes[at] = sqe;
	ring->sq_array[at] = at;
	__atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
}

static int enter(struct ring *ring, unsigned int submit, unsigned int wait_for, unsigned int flags)
{
	int result;

	do {
		result = syscall(SYS_io_uring_enter, ring->fd, submit, wait_for, flags, NULL, 0);
	} while (result < 0 && errno == EINTR);
	return result;
}

static void submit(struct ring *ring, unsigned int count, int sqpoll)
{
	if (!sqpoll) {
		if (enter(ring, count, 0, 0) < 0)
			err(2, "io_uring_enter");
		return;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(ring->sq_flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP)
		enter(ring, 0, 0, IORING_ENTER_SQ_WAKEUP);
}

/* The next completion: whose it is, and its result. */
static void take(struct ring *ring, uint64_t *which, int *result)
{
	unsigned int head = *ring->cq_head;

	while (head == __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE))
		if (enter(ring, 0, 1, IORING_ENTER_GETEVENTS) < 0)
			err(2, "io_uring_enter");
	*result = ring->cqes[head & *ring->cq_mask].res;
	*which = ring->cqes[head & *ring->cq_mask].user_data;
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
}

/* Prints "ready" and waits for a line. */
static void wait_for_go(void)
{
	char c;

	printf("ready\n");
	fflush(stdout);
	do {
		if (read(0, &c, 1) != 1)
			exit(2);
	} while (c != '\n');
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct io_uring_sqe connect_sqe = { .opcode = IORING_OP_CONNECT, .user_data = 1 };
	struct io_uring_sqe nop_sqe = { .opcode = IORING_OP_NOP, .user_data = 2 };
	int sqpoll, cancel, fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ring ring;
	char *port;

	if (argc < 3 || !(port = strchr(argv[2], ':')))
		errx(2, "usage: uring inline|async|sqpoll|cancel ADDRESS:PORT");
	*port++ = 0;
	to.sin_port = htons(atoi(port));
	if (inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
		errx(2, "not an IPv4 address: %s", argv[2]);

	sqpoll = !strcmp(argv[1], "sqpoll");
	ring = open_ring(sqpoll ? IORING_SETUP_SQPOLL : 0);
	connect_sqe.fd = fd;
	connect_sqe.addr = (uintptr_t)&to;
	connect_sqe.off = sizeof(to);
	cancel = !strcmp(argv[1], "cancel");
	if (cancel || !strcmp(argv[1], "async"))
		connect_sqe.flags = IOSQE_ASYNC;
	put(&ring, connect_sqe);
	if (cancel) {
		submit(&ring, 1, sqpoll);
		wait_for_go();
		nop_sqe.opcode = IORING_OP_ASYNC_CANCEL;
		nop_sqe.fd = -1;
		nop_sqe.addr = connect_sqe.user_data;
	}
	put(&ring, nop_sqe);
	submit(&ring, cancel ? 1 : 2, sqpoll);
	for (int i = 0; i < 2; i++) {
		uint64_t which;
		int result;

		take(&ring, &which, &result);
		printf("%s %s\n", which == 1 ? "connect" : cancel ? "cancel" : "nop", result < 0 ? strerrorname_np(-result) : "0");
	}
	return 0;
}
