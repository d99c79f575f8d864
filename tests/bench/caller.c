// SPDX-License-Identifier: MIT
/*
 * caller CALLERS COUNT: that many processes call connect(2) on a UDP socket of their own, COUNT times each, after
 * some that are not counted. Prints one line: the median and the 99th percentile of a call in nanoseconds, and the
 * calls of all a second.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP 200

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/*
 * Reading the clock is a system call in User-Mode Linux and would cost as much as what is measured: take the
 * processor's counter, and learn its rate from the clock around all calls.
 */
static inline uint64_t ticks(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	return now();
#endif
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void call(int fd)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x7f000001) };

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(2, "connect");
}

/* Waits for the start, then fills its samples, in ticks. */
static _Noreturn void be_one(int ready, int start, long count, uint32_t *samples)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char c;

	for (int i = 0; i < WARM_UP; i++)
		call(fd);
	if (write(ready, "", 1) != 1 || read(start, &c, 1) != 0)
		_exit(2);
	for (long i = 0; i < count; i++) {
		uint64_t from = ticks();

		call(fd);
		samples[i] = ticks() - from;
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	long callers = argc > 1 ? atol(argv[1]) : 0, count = argc > 2 ? atol(argv[2]) : 0, all = callers * count;
	uint64_t time, tick;
	double rate;
	uint32_t *samples;
	int ready[2], start[2], status;
	char c;

	if (callers < 1 || count < 1)
		errx(2, "usage: caller CALLERS COUNT");
	samples = mmap(NULL, all * sizeof(*samples), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1,
		       0);
	if (samples == MAP_FAILED || pipe(ready) || pipe(start))
		err(2, "memory and pipes");
	for (long i = 0; i < callers; i++) {
		pid_t child = fork();

		if (child < 0)
			err(2, "fork");
		if (!child) {
			close(start[1]);
			be_one(ready[1], start[0], count, samples + i * count);
		}
	}
	for (long i = 0; i < callers; i++)
		if (read(ready[0], &c, 1) != 1)
			err(2, "read");
	time = now();
	tick = ticks();
	close(start[1]);
	while (wait(&status) > 0)
		if (status)
			errx(2, "a caller failed");
	tick = ticks() - tick;
	time = now() - time;
	rate = (double)time / tick;
	qsort(samples, all, sizeof(*samples), compare);
	printf("%.0f %.0f %.0f\n", samples[all / 2] * rate, samples[all * 99 / 100] * rate, all * 1e9 / time);
	return 0;
}
