// SPDX-License-Identifier: MIT
/*
 * crowd COUNT ADDRESS:PORT [UID]: that many processes call connect(2) on a UDP socket of their own at once.
 * Prints "ready" when all of them are there, waits for a line on standard input, lets them go, and prints how
 * many got which result, such as "0 990" and "EPERM 10".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit statuses of members are errnos: those of connect(2) are far below. */
#define MOST 200

static _Noreturn void be_one(int start, int ready, const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char c;

	/* The crowd must not outlive a test that was given up. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || write(ready, "", 1) != 1)
		_exit(MOST);
	if (read(start, &c, 1) != 0) /* the other end is closed when it begins */
		_exit(MOST);
	_exit(connect(fd, (const struct sockaddr *)to, sizeof(*to)) ? errno : 0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int start[2], ready[2], counts[MOST + 1] = { 0 }, count, status;
	struct rlimit most = { .rlim_cur = 1 << 16, .rlim_max = 1 << 16 };
	char *port, c;

	if (argc < 3 || !(port = strchr(argv[2], ':')))
		errx(2, "usage: crowd COUNT ADDRESS:PORT [UID]");
	*port++ = 0;
	count = atoi(argv[1]);
	to.sin_port = htons(atoi(port));
	if (inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
		errx(2, "not an IPv4 address: %s", argv[2]);
	setrlimit(RLIMIT_NPROC, &most);
	if (argc > 3) {
		uid_t uid = atoi(argv[3]);

		if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
			err(2, "uid");
	}
	if (pipe(start) || pipe(ready))
		err(2, "pipe");
	for (int i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			err(2, "fork %d", i);
		if (!child) {
			close(start[1]);
			be_one(start[0], ready[1], &to);
		}
	}
	for (int i = 0; i < count; i++)
		if (read(ready[0], &c, 1) != 1)
			err(2, "read");
	printf("ready\n");
	fflush(stdout);
	do {
		if (read(0, &c, 1) != 1)
			return 2;
	} while (c != '\n');
	close(start[1]);
	while (wait(&status) > 0)
		counts[WIFEXITED(status) && WEXITSTATUS(status) < MOST ? WEXITSTATUS(status) : MOST]++;
	for (int i = 0; i < MOST; i++)
		if (counts[i])
			printf("%s %d\n", i ? strerrorname_np(i) : "0", counts[i]);
	if (counts[MOST])
		printf("lost %d\n", counts[MOST]);
	return 0;
}
