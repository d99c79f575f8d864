// SPDX-License-Identifier: MIT
/*
 * hidden HOST PORT: a program that nobody may look into (PR_SET_DUMPABLE 0) connects. Prints "connect 0" or its errno.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int result;

	if (argc != 3 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		errx(2, "usage: hidden ADDRESS PORT");
	to.sin_port = htons(atoi(argv[2]));
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		err(2, "prctl");
	result = connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof(to));
	printf("connect %s\n", result ? strerrorname_np(errno) : "0");
	return 0;
}
