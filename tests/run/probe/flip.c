// SPDX-License-Identifier: MIT
/*
 * flip HOW COUNT ALLOWED:PORT DENIED:PORT: makes COUNT calls while a second thread changes behind them what they are
 * about, between what is allowed and what is denied. Prints how often each result came: "0 512", "EPERM 488".
 *
 *   connect, udp-connect, sendto, sendmsg, sendmmsg   the thread changes the address
 *   name                                              it changes the pointer to the address, in struct msghdr
 *   fd-connect, fd-sendto, fd-sendmsg                 the address is the denied one; the thread changes what the
 *                                                     descriptor is: AF_UNIX, or TCP (UDP for sends)
 *
 * Nobody may ever arrive at the denied address. Whether somebody does, the server there tells.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 200

static struct sockaddr_in allowed, denied;
static volatile struct sockaddr_in target;
static struct mmsghdr messages[3];
static int flipped_fd, unix_fd, inet_fd;
static long counts[MOST + 1];
static volatile int over;
static volatile long flips; /* counted after each change, so that either state lasts as long */

static struct sockaddr_in parse(char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	char *colon = strchr(text, ':');

	if (!colon)
		errx(2, "not an address: %s", text);
	*colon = 0;
	address.sin_port = htons(atoi(colon + 1));
	if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
		errx(2, "not an IPv4 address: %s", text);
	return address;
}

static void *flip_address(void *unused)
{
	while (!over) {
		target.sin_port = denied.sin_port;
		target.sin_addr.s_addr = denied.sin_addr.s_addr;
		flips++;
		target.sin_port = allowed.sin_port;
		target.sin_addr.s_addr = allowed.sin_addr.s_addr;
		flips++;
	}
	return unused;
}

static void *flip_name(void *unused)
{
	while (!over) {
		*(void *volatile *)&messages[0].msg_hdr.msg_name = &denied;
		flips++;
		*(void *volatile *)&messages[0].msg_hdr.msg_name = &allowed;
		flips++;
	}
	return unused;
}

static void *flip_descriptor(void *unused)
{
	while (!over) {
		dup2(inet_fd, flipped_fd);
		flips++;
		dup2(unix_fd, flipped_fd);
		flips++;
	}
	return unused;
}

static void count(long result)
{
	counts[result < 0 ? errno < MOST ? errno : MOST : 0]++;
}

static void connect_to(int type)
{
	struct linger now = { .l_onoff = 1 };
	int fd = socket(AF_INET, type, 0);
	long result;

	/* A reset at the end: connections must not use up the ports. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	result = connect(fd, (struct sockaddr *)&target, sizeof(target));
	count(result);
	if (!result && type == SOCK_DGRAM)
		send(fd, "flip", 4, 0);
	close(fd);
}

static void fill_messages(void *name)
{
	static struct iovec piece = { "flip", 4 };

	for (int i = 0; i < 3; i++)
		messages[i].msg_hdr = (struct msghdr){
			.msg_name = name,
			.msg_namelen = sizeof(struct sockaddr_in),
			.msg_iov = &piece,
			.msg_iovlen = 1,
		};
}

int main(int argc, char **argv)
{
	void *(*flip)(void *) = flip_address;
	pthread_t thread;
	char *how;
	long times;
	int udp;

	if (argc != 5)
		errx(2, "usage: flip HOW COUNT ALLOWED:PORT DENIED:PORT");
	how = argv[1];
	times = atol(argv[2]);
	allowed = parse(argv[3]);
	denied = parse(argv[4]);
	memcpy((void *)&target, &allowed, sizeof(allowed));
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	fill_messages(!strcmp(how, "name") ? (void *)&allowed : (void *)&target);
	if (!strcmp(how, "name"))
		flip = flip_name;
	if (!strncmp(how, "fd-", 3)) {
		int stream = !strcmp(how, "fd-connect");

		flip = flip_descriptor;
		memcpy((void *)&target, &denied, sizeof(denied));
		unix_fd = socket(AF_UNIX, stream ? SOCK_STREAM : SOCK_DGRAM, 0);
		inet_fd = stream ? socket(AF_INET, SOCK_STREAM, 0) : udp;
		flipped_fd = dup(unix_fd);
	}
	if (pthread_create(&thread, NULL, flip, NULL))
		errx(2, "pthread_create");
	for (long i = 0; i < times; i++) {
		/* Both threads may share a processor: the other one must have had its turn. */
		if (i % 1024 == 0)
			for (long before = flips; flips == before;)
				sched_yield();
		if (!strcmp(how, "connect"))
			connect_to(SOCK_STREAM);
		else if (!strcmp(how, "udp-connect"))
			connect_to(SOCK_DGRAM);
		else if (!strcmp(how, "sendto"))
			count(sendto(udp, "flip", 4, 0, (struct sockaddr *)&target, sizeof(target)));
		else if (!strcmp(how, "sendmsg") || !strcmp(how, "name"))
			count(sendmsg(udp, &messages[0].msg_hdr, 0));
		else if (!strcmp(how, "sendmmsg"))
			count(sendmmsg(udp, messages, 3, 0));
		else if (!strcmp(how, "fd-connect"))
			count(connect(flipped_fd, (struct sockaddr *)&target, sizeof(target)));
		else if (!strcmp(how, "fd-sendto"))
			count(sendto(flipped_fd, "flip", 4, 0, (struct sockaddr *)&target, sizeof(target)));
		else if (!strcmp(how, "fd-sendmsg"))
			count(sendmsg(flipped_fd, &messages[0].msg_hdr, 0));
		else
			errx(2, "no way \"%s\"", how);
	}
	over = 1;
	pthread_join(thread, NULL);
	for (int i = 0; i < MOST; i++)
		if (counts[i])
			printf("%s %ld\n", i ? strerrorname_np(i) : "0", counts[i]);
	return 0;
}
