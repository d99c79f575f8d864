// SPDX-License-Identifier: MIT
/*
 * calls CALL THREADS COUNT PORT: that many threads make a call, COUNT times each, after some that are not counted. CALL:
 *   socket   socket(2)
 *   udp      connect(2) of a UDP socket to 127.0.0.1:PORT
 *   tcp      connect(2) of a new TCP socket to 127.0.0.1:PORT
 * Prints one line: the median and the 99th percentile of a call in nanoseconds, and the calls of all a second.
 *
 * calls serve: takes connections and closes them; prints its port.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP 2000

static struct sockaddr_in to = { .sin_family = AF_INET };
static char what;
static long count;
static pthread_barrier_t barrier;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* Return: how long the call took. Whether it was allowed is not its affair. */
static uint32_t call(int udp)
{
	static const struct linger reset = { .l_onoff = 1 };
	uint64_t from = now();
	int fd;

	switch (what) {
	case 'u':
		connect(udp, (struct sockaddr *)&to, sizeof(to));
		return now() - from;
	case 's':
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		break;
	default:
		fd = socket(AF_INET, SOCK_STREAM, 0);
		/* A reset at the end, so that ports do not run out. */
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		from = now();
		connect(fd, (struct sockaddr *)&to, sizeof(to));
	}
	from = now() - from;
	close(fd);
	return from;
}

static void *be_one(void *of_thread)
{
	uint32_t *samples = of_thread;
	int udp = socket(AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < WARM_UP; i++)
		call(udp);
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < count; i++)
		samples[i] = call(udp);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void serve(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t length = sizeof(to);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) || listen(fd, 4096) ||
	    getsockname(fd, (struct sockaddr *)&to, &length))
		err(2, "listen");
	printf("%d\n", ntohs(to.sin_port));
	fflush(stdout);
	for (;;)
		close(accept(fd, NULL, NULL));
}

int main(int argc, char **argv)
{
	long threads, all;
	pthread_t *ids;
	uint32_t *samples;
	uint64_t time;

	if (argc == 2 && !strcmp(argv[1], "serve"))
		serve();
	if (argc != 5)
		errx(2, "usage: calls CALL THREADS COUNT PORT");
	what = argv[1][0];
	threads = atol(argv[2]);
	count = atol(argv[3]);
	to.sin_port = htons(atoi(argv[4]));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	all = threads * count;
	samples = calloc(all, sizeof(*samples));
	ids = calloc(threads, sizeof(*ids));
	if (threads < 1 || count < 1 || !samples || !ids)
		errx(2, "at least one thread and one call");
	pthread_barrier_init(&barrier, NULL, threads + 1);
	for (long i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, be_one, samples + i * count))
			errx(2, "pthread_create");
	pthread_barrier_wait(&barrier);
	time = now();
	for (long i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	time = now() - time;
	qsort(samples, all, sizeof(*samples), compare);
	printf("%u %u %.0f\n", samples[all / 2], samples[all * 99 / 100], all * 1e9 / time);
	return 0;
}
