// SPDX-License-Identifier: MIT
/* accept: bind(2), listen(2), accept(2) and shutdown(2), in all the ways that they can go. See cases.h. */
#include "cases.h"

static void binds(void)
{
	int port, other = bound(SOCK_STREAM, &port), fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	struct sockaddr_in any = at("127.0.0.1", 0), same = at("127.0.0.1", port), low = at("127.0.0.1", 81), foreign = at("192.0.2.1", 0);
	struct sockaddr_in6 any6 = at6("::1", 0), both = at6("::", 0);

	(void)other;
	tell("same", bind(fd, SA(same)));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	tell("reused", bind(fd, SA(same)));
	tell("again", bind(fd, SA(any)));
	tell("foreign", bind(socket(AF_INET, SOCK_STREAM, 0), SA(foreign)));
	tell("low", bind(socket(AF_INET, SOCK_STREAM, 0), SA(low)));
	tell("udp low", bind(socket(AF_INET, SOCK_DGRAM, 0), SA(low)));
	tell("inet6", bind(socket(AF_INET6, SOCK_STREAM, 0), SA(any6)));
	tell("both", bind(socket(AF_INET6, SOCK_STREAM, 0), SA(both)));
	tell("inet6 on inet", bind(socket(AF_INET, SOCK_STREAM, 0), SA(any6)));
	any.sin_family = AF_UNSPEC;
	tell("unspec", bind(socket(AF_INET, SOCK_STREAM, 0), SA(any)));
	any.sin_addr.s_addr = 0;
	tell("unspec any", bind(socket(AF_INET, SOCK_STREAM, 0), SA(any)));
	any.sin_family = 99;
	tell("family 99", bind(socket(AF_INET, SOCK_STREAM, 0), SA(any)));
}

static void bad_binds(void)
{
	static const int lengths[] = { -1, 0, 1, 2, 8, 15, 16, 28, 128, 129 };
	struct sockaddr_storage any = { 0 };
	char *end = edge();

	*(struct sockaddr_in *)&any = at("127.0.0.1", 0);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		say("%d", lengths[i]);
		tell("bind", bind(socket(AF_INET, SOCK_STREAM, 0), (void *)&any, lengths[i]));
	}
	tell("null", syscall(SYS_bind, socket(AF_INET, SOCK_STREAM, 0), NULL, 16));
	tell("beyond", syscall(SYS_bind, socket(AF_INET, SOCK_STREAM, 0), end, 16));
	tell("half", syscall(SYS_bind, socket(AF_INET, SOCK_STREAM, 0), end - 8, 16));
	tell("-1", bind(-1, (void *)&any, 16));
	tell("file", bind(0, (void *)&any, 16));
}

static void listens(void)
{
	struct sockaddr_in to;
	int port, fd = bound(SOCK_STREAM, &port), udp = bound(SOCK_DGRAM, &port), unbound = socket(AF_INET, SOCK_STREAM, 0);

	tell("listen", listen(fd, 5));
	tell("again", listen(fd, 7));
	tell("-1", listen(fd, -1));
	tell("udp", listen(udp, 1));
	tell("unbound", listen(unbound, 1));
	to = at("127.0.0.1", port_of(unbound));
	tell("connect", connect(socket(AF_INET, SOCK_STREAM, 0), SA(to)));
	tell("file", listen(0, 1));
	tell("closed", listen(77, 1));
	tell("connected", listen(connected(port_of(fd)), 1));
	tell("unix", listen(socket(AF_UNIX, SOCK_STREAM, 0), 1));
}

/* The peer's address as the caller gets it, cut to what it has room for. */
static void addresses(void)
{
	static const int rooms[] = { 0, 1, 2, 7, 8, 15, 16, 17, 64, 128, 1000 };
	int port, fd = listener(32, &port);

	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		struct sockaddr_in from = at("127.0.0.9", 0), own;
		int client = socket(AF_INET, SOCK_STREAM, 0), one;
		socklen_t length = rooms[i], own_length = sizeof(own);
		unsigned char bytes[1024];
		struct sockaddr_in to = at("127.0.0.1", port);
		size_t same = 0, beyond = 0;

		memset(bytes, 0xee, sizeof(bytes));
		must("bind", bind(client, SA(from)));
		must("connect", connect(client, SA(to)));
		getsockname(client, (struct sockaddr *)&own, &own_length);
		one = accept(fd, (struct sockaddr *)bytes, &length);
		while (same < sizeof(own) && bytes[same] == ((unsigned char *)&own)[same])
			same++;
		for (size_t j = rooms[i] < 16 ? rooms[i] : 16; j < sizeof(bytes); j++)
			beyond += bytes[j] != 0xee;
		say("room %d: %s, length %u, right %s, beyond %zu", rooms[i], one < 0 ? strerrorname_np(errno) : "accepted", length,
		    same >= (size_t)(rooms[i] < 16 ? rooms[i] : 16) ? "yes" : "no", beyond);
	}
}

static void bad_addresses(void)
{
	int port, fd = listener(32, &port);
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	char *end = edge();

	for (int i = 0; i < 8; i++)
		connected(port);
	tell("none", accept(fd, NULL, NULL));
	tell("length only", accept(fd, NULL, &length));
	tell("no length", syscall(SYS_accept, fd, &from, NULL));
	tell("address nowhere", syscall(SYS_accept, fd, end, &length));
	length = -1;
	tell("length -1", syscall(SYS_accept, fd, &from, &length));
	length = 16;
	tell("length nowhere", syscall(SYS_accept, fd, &from, end));
	tell("next", accept(fd, NULL, NULL));
}

static void flags(void)
{
	static const int all[] = { 0, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_CLOEXEC | SOCK_NONBLOCK, 1, 1 << 20 };
	int port, fd = listener(32, &port);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int one;

		connected(port);
		say("%x", all[i]);
		one = tell("accept4", accept4(fd, NULL, NULL, all[i]));
		if (one >= 0)
			say("%x %x", fcntl(one, F_GETFD), fcntl(one, F_GETFL));
	}
}

static void nothing_there(void)
{
	int port, fd = listener(1, &port);

	set_time(fd, SO_RCVTIMEO, 200);
	tell("SO_RCVTIMEO", accept(fd, NULL, NULL));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	tell("nonblock", accept(fd, NULL, NULL));
	tell("flags", fcntl(fd, F_GETFL));
	tell("udp", accept(bound(SOCK_DGRAM, &port), NULL, NULL));
	tell("not listening", accept(bound(SOCK_STREAM, &port), NULL, NULL));
	tell("connected", accept(connected(port_of(fd)), NULL, NULL));
	tell("file", accept(0, NULL, NULL));
	tell("-1", accept(-1, NULL, NULL));
}

static void *connect_later(void *port)
{
	char path[64], line[64] = "";
	int fd;

	/* When the first thread waits in accept4. */
	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", getpid());
	while (strncmp(line, "288 ", 4)) {
		fd = open(path, O_RDONLY);
		if (fd < 0 || read(fd, line, sizeof(line) - 1) < 0)
			break;
		close(fd);
	}
	connected((int)(long)port);
	return NULL;
}

static void waits(void)
{
	pthread_t thread;
	int port, fd = listener(1, &port);

	pthread_create(&thread, NULL, connect_later, (void *)(long)port);
	tell("accept", accept4(fd, NULL, NULL, 0) < 0 ? -1 : 0);
	pthread_join(thread, NULL);
}

/* A server of 8 threads, a client of 200 connections: each is accepted once. */
static int crowd_fd, crowd_count;

static void *accept_crowd(void *unused)
{
	int one;

	(void)unused;
	while ((one = accept(crowd_fd, NULL, NULL)) >= 0) {
		__atomic_add_fetch(&crowd_count, 1, __ATOMIC_RELAXED);
		close(one);
	}
	return NULL;
}

static void crowd(void)
{
	pthread_t all[8];
	int port;

	crowd_fd = listener(64, &port);
	for (int i = 0; i < 8; i++)
		pthread_create(&all[i], NULL, accept_crowd, NULL);
	for (int i = 0; i < 200; i++) {
		int fd = connected(port);
		char c;

		tell("end", read(fd, &c, 1));
		close(fd);
	}
	shutdown(crowd_fd, SHUT_RDWR); /* ends accept(2) in all threads */
	for (int i = 0; i < 8; i++)
		pthread_join(all[i], NULL);
	say("accepted %d", crowd_count);
}

static void shutdowns(void)
{
	int pair[2], port;
	char c;

	tcp_pair(pair);
	tell("write", shutdown(pair[0], SHUT_WR));
	tell("peer reads", read(pair[1], &c, 1));
	tell("again", shutdown(pair[0], SHUT_WR));
	tell("both", shutdown(pair[0], SHUT_RDWR));
	tell("how 9", shutdown(pair[0], 9));
	tell("how -1", shutdown(pair[0], -1));
	tell("not connected", shutdown(socket(AF_INET, SOCK_STREAM, 0), SHUT_RDWR));
	tell("udp", shutdown(bound(SOCK_DGRAM, &port), SHUT_RDWR));
	tell("file", shutdown(0, SHUT_RDWR));
	tell("-1", shutdown(-1, SHUT_RDWR));
	tell("unix", shutdown(socket(AF_UNIX, SOCK_STREAM, 0), SHUT_RDWR));
}

static void no_descriptor_left(void)
{
	struct rlimit {
		unsigned long now, most;
	} limit = { 16, 16 };
	int port, fd = listener(8, &port), one = 0;

	connected(port);
	connected(port);
	must("prlimit", syscall(SYS_prlimit64, 0, 7, &limit, NULL)); /* RLIMIT_NOFILE */
	while ((one = dup(fd)) >= 0 && one < 15)
		;
	tell("accept", accept(fd, NULL, NULL));
	close(one);
	/* Linux has taken the first connection off the queue only if it had a descriptor. */
	tell("accept", accept(fd, NULL, NULL));
	close(14);
	tell("socket", socket(AF_INET, SOCK_STREAM, 0));
}

static const struct one_case all[] = {
	{ "bind", binds },
	{ "bad binds", bad_binds },
	{ "listen", listens },
	{ "the peer's address", addresses },
	{ "bad addresses", bad_addresses },
	{ "flags of accept4", flags },
	{ "nothing to accept", nothing_there },
	{ "waits", waits },
	{ "crowd", crowd },
	{ "shutdown", shutdowns },
	{ "no descriptor left", no_descriptor_left },
};

MAIN_OF_CASES(all)
