// SPDX-License-Identifier: MIT
/* static HOST PORT: a program without shared libraries connects and prints what it is told, or why it could not. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char bytes[256];
	ssize_t length;

	if (argc != 3 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		errx(2, "usage: static ADDRESS PORT");
	to.sin_port = htons(atoi(argv[2]));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "connect");
	while ((length = read(fd, bytes, sizeof(bytes))) > 0)
		if (write(1, bytes, length) != length)
			err(1, "write");
	return 0;
}
