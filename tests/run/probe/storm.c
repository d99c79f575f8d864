// SPDX-License-Identifier: MIT
/*
 * storm COUNT PORT [WHAT]: that many short children, some dozens at once, each connects to 127.0.0.1:PORT once. WHAT:
 *   (none)    children
 *   double    each is a grandchild whose parent has ended before it connects
 *   exec      each is this program, executed anew
 *   vfork     each by vfork
 *   thread    each is a thread of a child
 * Prints how many got which result, such as "0 500".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 250
#define AT_ONCE 50

static int port;

static int connect_once(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), result;

	if (fd < 0)
		return errno;
	result = connect(fd, (struct sockaddr *)&to, sizeof(to)) ? errno : 0;
	close(fd);
	return result;
}

static void *in_thread(void *result)
{
	*(int *)result = connect_once();
	return NULL;
}

/* What one child does. Returns its result. */
static int be_one(const char *what, char **argv, int tell)
{
	if (!strcmp(what, "thread")) {
		int result = MOST;
		pthread_t thread;

		pthread_create(&thread, NULL, in_thread, &result);
		pthread_join(thread, NULL);
		return result;
	}
	if (!strcmp(what, "double")) {
		pid_t parent = getpid();

		if (fork())
			_exit(0);
		while (getppid() == parent)
			;
	}
	if (!strcmp(what, "exec")) {
		char number[16];

		snprintf(number, sizeof(number), "%d", tell);
		execl("/proc/self/exe", argv[0], "once", argv[2], number, NULL);
		return MOST;
	}
	return connect_once();
}

/* Starts a child; in it, its result goes into the pipe. */
static void start_one(const char *what, char **argv, int tell)
{
	pid_t child = !strcmp(what, "vfork") ? vfork() : fork();

	if (child < 0)
		err(2, "fork");
	if (!child) {
		unsigned char result = be_one(what, argv, tell);

		_exit(write(tell, &result, 1) != 1);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[3] : "";
	int count, started = 0, done = 0, counts[MOST + 1] = { 0 }, results[2];
	unsigned char result;

	if (argc < 3)
		errx(2, "usage: storm COUNT PORT [WHAT]");
	port = atoi(argv[2]);
	if (!strcmp(argv[1], "once")) {
		result = connect_once();
		return write(atoi(argv[3]), &result, 1) != 1;
	}
	count = atoi(argv[1]);
	if (pipe(results))
		err(2, "pipe");
	while (done < count) {
		if (started < count && started - done < AT_ONCE) {
			start_one(what, argv, results[1]);
			started++;
			continue;
		}
		if (read(results[0], &result, 1) != 1)
			err(2, "read");
		counts[result]++;
		done++;
	}
	while (wait(NULL) > 0)
		;
	for (int i = 0; i <= MOST; i++)
		if (counts[i])
			printf("%s %d\n", i ? i == MOST ? "lost" : strerrorname_np(i) : "0", counts[i]);
	return 0;
}
