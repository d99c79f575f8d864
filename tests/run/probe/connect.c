// SPDX-License-Identifier: MIT
/* connect: what connect(2) gives, in all the ways that it can go. See cases.h. */
#include "cases.h"
#include <linux/netlink.h>

static void refused(void)
{
	int port, fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to;

	bound(SOCK_STREAM, &port);
	to = at("127.0.0.1", port);
	tell("connect", connect(fd, SA(to)));
	tell("again", connect(fd, SA(to)));
}

static void established(void)
{
	int port, fd = socket(AF_INET, SOCK_STREAM, 0), server = listener(1, &port), one;
	struct sockaddr_in to = at("127.0.0.1", port), peer;
	socklen_t length = sizeof(peer);
	char bytes[8] = "";

	tell("connect", connect(fd, SA(to)));
	tell("again", connect(fd, SA(to)));
	tell("getpeername", getpeername(fd, (struct sockaddr *)&peer, &length));
	say("peer %s", memcmp(&peer, &to, sizeof(to)) ? "differs" : "is it");
	tell("flags", fcntl(fd, F_GETFL));
	one = tell("accept", accept(server, NULL, NULL));
	tell("write", write(fd, "hello", 5));
	tell("read", read(one, bytes, sizeof(bytes)));
	say("%s", bytes);
}

static void unreachable(void)
{
	struct sockaddr_in broadcast = at("255.255.255.255", 9), many = at("224.0.0.1", 9);
	struct sockaddr_in6 local = at6("fe80::1", 9);

	tell("tcp to all", connect(socket(AF_INET, SOCK_STREAM, 0), SA(broadcast)));
	tell("udp to all", connect(socket(AF_INET, SOCK_DGRAM, 0), SA(broadcast)));
	tell("tcp to many", connect(socket(AF_INET, SOCK_STREAM, 0), SA(many)));
	tell("without scope", connect(socket(AF_INET6, SOCK_STREAM, 0), SA(local)));
}

static void nonblock(void)
{
	int port, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
	struct sockaddr_in to;
	struct pollfd one = { .fd = fd, .events = POLLOUT };
	socklen_t length = sizeof(error);

	listener(1, &port);
	to = at("127.0.0.1", port);
	tell("connect", connect(fd, SA(to)));
	tell("poll", poll(&one, 1, 5000));
	tell("SO_ERROR", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) ?: error);
	tell("again", connect(fd, SA(to)));
	tell("again", connect(fd, SA(to)));
	tell("flags", fcntl(fd, F_GETFL));
}

static void nonblock_refused(void)
{
	int port, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
	struct sockaddr_in to;
	struct pollfd one = { .fd = fd, .events = POLLOUT };
	socklen_t length = sizeof(error);

	bound(SOCK_STREAM, &port);
	to = at("127.0.0.1", port);
	tell("connect", connect(fd, SA(to)));
	tell("poll", poll(&one, 1, 5000));
	say("revents %x", one.revents);
	tell("SO_ERROR", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) ?: error);
}

static void nonblock_waiting(void)
{
	int port, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in to;

	full_listener(&port);
	to = at("127.0.0.1", port);
	tell("connect", connect(fd, SA(to)));
	tell("again", connect(fd, SA(to)));
}

static void send_timeout(void)
{
	int port, fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to;

	full_listener(&port);
	to = at("127.0.0.1", port);
	set_time(fd, SO_SNDTIMEO, 200);
	tell("connect", connect(fd, SA(to)));
	tell("again", connect(fd, SA(to)));
	tell("flags", fcntl(fd, F_GETFL));
}

/* A blocking connect that has to wait: the listener takes others first. */
static void waits(void)
{
	int port, fd = socket(AF_INET, SOCK_STREAM, 0), server = full_listener(&port);
	struct sockaddr_in to = at("127.0.0.1", port);

	if (!fork()) {
		for (;;)
			accept(server, NULL, NULL);
	}
	tell("connect", connect(fd, SA(to)));
	tell("flags", fcntl(fd, F_GETFL));
	tell("write", write(fd, "x", 1));
}

static void unspec(void)
{
	struct sockaddr_in to = at("127.0.0.1", 9), none = at("127.0.0.1", 9);
	int port, tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);

	none.sin_family = AF_UNSPEC;
	tell("udp", connect(udp, SA(to)));
	tell("udp unspec", connect(udp, SA(none)));
	tell("send", send(udp, "x", 1, 0));
	tell("udp unspec 2 bytes", connect(udp, (struct sockaddr *)&none, 2));
	tell("tcp unspec", connect(tcp, SA(none)));
	listener(1, &port);
	to = at("127.0.0.1", port);
	tell("tcp", connect(tcp, SA(to)));
	tell("tcp unspec", connect(tcp, SA(none)));
	tell("tcp", connect(tcp, SA(to)));
}

static void lengths(void)
{
	static const int all[] = { -1, 0, 1, 2, 3, 8, 15, 16, 17, 28, 127, 128, 129, 4096, 1 << 30 };
	union {
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		char room[8192];
	} to;
	int port;

	bound(SOCK_STREAM, &port);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		memset(&to, 0, sizeof(to));
		to.in = at("127.0.0.1", port);
		say("%d", all[i]);
		tell("udp", connect(socket(AF_INET, SOCK_DGRAM, 0), (void *)&to, all[i]));
		tell("tcp", connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&to, all[i]));
		to.in6 = at6("::1", port);
		tell("udp6", connect(socket(AF_INET6, SOCK_DGRAM, 0), (void *)&to, all[i]));
		tell("tcp6", connect(socket(AF_INET6, SOCK_STREAM, 0), (void *)&to, all[i]));
		to.in6.sin6_family = AF_UNSPEC;
		tell("unspec", connect(socket(AF_INET, SOCK_DGRAM, 0), (void *)&to, all[i]));
	}
}

static void pointers(void)
{
	struct sockaddr_in to = at("127.0.0.1", 9);
	char *end = edge();
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	tell("null", syscall(SYS_connect, fd, NULL, 16));
	tell("null of 0", syscall(SYS_connect, fd, NULL, 0));
	tell("beyond", syscall(SYS_connect, fd, end, 16));
	tell("half", syscall(SYS_connect, fd, end - 8, 16));
	tell("kernel's", syscall(SYS_connect, fd, 0xffffffff81000000UL, 16));
	memcpy(end - 16, &to, 16);
	tell("up to the end", syscall(SYS_connect, fd, end - 16, 16));
	tell("unreadable", syscall(SYS_connect, fd, mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 16));
	/* Only the lower half of these registers counts. */
	tell("upper halves", syscall(SYS_connect, fd | 1UL << 40, &to, 16 | 1UL << 40));
}

static void families(void)
{
	struct sockaddr_in to = at("127.0.0.1", 9), odd = to;
	struct sockaddr_in6 to6 = at6("::1", 9);
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/nowhere" };

	odd.sin_family = 99;
	tell("inet to 99", connect(socket(AF_INET, SOCK_DGRAM, 0), SA(odd)));
	tell("inet to inet6", connect(socket(AF_INET, SOCK_DGRAM, 0), SA(to6)));
	tell("inet to unix", connect(socket(AF_INET, SOCK_DGRAM, 0), SA(un)));
	tell("inet6 to inet", connect(socket(AF_INET6, SOCK_DGRAM, 0), SA(to)));
	tell("inet6 stream to inet", connect(socket(AF_INET6, SOCK_STREAM, 0), SA(to)));
	tell("unix to inet", connect(socket(AF_UNIX, SOCK_STREAM, 0), SA(to)));
}

static void mapped(void)
{
	int port, fd = socket(AF_INET6, SOCK_STREAM, 0), one = 1;
	struct sockaddr_in6 to;

	listener(4, &port);
	to = at6("::ffff:127.0.0.1", port);
	tell("connect", connect(fd, SA(to)));
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	tell("v6only", connect(fd, SA(to)));
}

static void inet6(void)
{
	int server = socket(AF_INET6, SOCK_STREAM, 0), fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 own = at6("::1", 0), to;

	must("bind", bind(server, SA(own)));
	to = at6("::1", port_of(server));
	tell("refused", connect(fd, SA(to)));
	tell("listen", listen(server, 1));
	tell("connect", connect(fd, SA(to)));
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	to = at6("::", port_of(server));
	tell("to ::", connect(fd, SA(to)));
}

static void to_zero(void)
{
	int port, fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to, peer;
	socklen_t length = sizeof(peer);

	listener(1, &port);
	to = at("0.0.0.0", port);
	tell("connect", connect(fd, SA(to)));
	getpeername(fd, (struct sockaddr *)&peer, &length);
	say("peer %s", inet_ntoa(peer.sin_addr));
	to = at("127.0.0.1", 0);
	tell("tcp to port 0", connect(socket(AF_INET, SOCK_STREAM, 0), SA(to)));
	tell("udp to port 0", connect(socket(AF_INET, SOCK_DGRAM, 0), SA(to)));
}

static void descriptors(void)
{
	struct sockaddr_in to = at("127.0.0.1", 9);
	int pair[2], fd;

	tell("-1", connect(-1, SA(to)));
	tell("closed", connect(77, SA(to)));
	must("pipe", pipe(pair));
	tell("pipe", connect(pair[0], SA(to)));
	fd = must("open", open("/", O_PATH));
	tell("path", connect(fd, SA(to)));
	tell("file", connect(open("/dev/null", O_RDWR), SA(to)));
}

static void unix_sockets(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX }, gone = un;
	int server = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0), one;
	socklen_t length;
	char bytes[8] = "";

	/* An abstract name that the kernel chooses. */
	must("bind", bind(server, (struct sockaddr *)&un, sizeof(sa_family_t)));
	length = sizeof(un);
	must("getsockname", getsockname(server, (struct sockaddr *)&un, &length));
	tell("refused", connect(fd, (struct sockaddr *)&un, length));
	tell("listen", listen(server, 4));
	tell("connect", connect(fd, (struct sockaddr *)&un, length));
	one = tell("accept", accept(server, NULL, NULL));
	tell("write", write(fd, "hello", 5));
	tell("read", read(one, bytes, sizeof(bytes)));
	say("%s", bytes);
	snprintf(gone.sun_path, sizeof(gone.sun_path), "/nowhere/x");
	tell("no such", connect(socket(AF_UNIX, SOCK_STREAM, 0), SA(gone)));
	tell("other type", connect(socket(AF_UNIX, SOCK_DGRAM, 0), (struct sockaddr *)&un, length));
}

static void netlink(void)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	int fd = tell("socket", socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));

	tell("bind", bind(fd, SA(to)));
	tell("connect", connect(fd, SA(to)));
	tell("sendto", sendto(fd, "", 0, 0, SA(to)));
}

static void other_protocols(void)
{
	struct sockaddr_in to = at("127.0.0.1", 9);
	int fd;

	fd = tell("raw", socket(AF_INET, SOCK_RAW, IPPROTO_UDP));
	if (fd >= 0)
		tell("connect", connect(fd, SA(to)));
	tell("odd protocol", socket(AF_INET, SOCK_STREAM, 77));
	tell("odd family", socket(77, SOCK_STREAM, 0));
	tell("odd type", socket(AF_INET, 15, 0));
}

static void udp_again(void)
{
	int port[2], fd = socket(AF_INET, SOCK_DGRAM, 0), server[2] = { bound(SOCK_DGRAM, &port[0]), bound(SOCK_DGRAM, &port[1]) };
	char bytes[8];

	for (int i = 0; i < 2; i++) {
		struct sockaddr_in to = at("127.0.0.1", port[i]);

		tell("connect", connect(fd, SA(to)));
		tell("send", send(fd, "x", 1, 0));
		tell("here", recv(server[i], bytes, 8, 0));
		tell("there", recv(server[!i], bytes, 8, MSG_DONTWAIT));
	}
}

static int many_port;
static int many_good;

static void *connect_many(void *unused)
{
	struct sockaddr_in to = at("127.0.0.1", many_port);

	(void)unused;
	for (int i = 0; i < 100; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		if (!connect(fd, SA(to)))
			__atomic_add_fetch(&many_good, 1, __ATOMIC_RELAXED);
		close(fd);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t all[8];

	bound(SOCK_DGRAM, &many_port);
	for (int i = 0; i < 8; i++)
		pthread_create(&all[i], NULL, connect_many, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(all[i], NULL);
	say("good %d", many_good);
}

static void of_vfork(void)
{
	int port, status, fd = socket(AF_INET, SOCK_STREAM, 0), server = listener(4, &port);
	struct sockaddr_in to = at("127.0.0.1", port);
	pid_t child = vfork();

	if (!child)
		_exit(connect(fd, SA(to)) ? errno : 0);
	waitpid(child, &status, 0);
	say("child %d", WEXITSTATUS(status));
	tell("accept", accept(server, NULL, NULL));
}

/* A descriptor that another process shares: its flags are those of one file description. */
static void shared_flags(void)
{
	int port, fd = socket(AF_INET, SOCK_STREAM, 0), server = listener(4, &port), same = dup(fd);
	struct sockaddr_in to = at("127.0.0.1", port);

	(void)server;
	fcntl(same, F_SETFL, O_NONBLOCK | O_ASYNC);
	tell("connect", connect(fd, SA(to)));
	tell("flags", fcntl(fd, F_GETFL));
}

static const struct one_case all[] = {
	{ "refused", refused },
	{ "established", established },
	{ "unreachable", unreachable },
	{ "nonblock", nonblock },
	{ "nonblock refused", nonblock_refused },
	{ "nonblock waiting", nonblock_waiting },
	{ "SO_SNDTIMEO", send_timeout },
	{ "waits", waits },
	{ "AF_UNSPEC", unspec },
	{ "lengths", lengths },
	{ "pointers", pointers },
	{ "families", families },
	{ "IPv4 on IPv6", mapped },
	{ "IPv6", inet6 },
	{ "to 0.0.0.0", to_zero },
	{ "descriptors", descriptors },
	{ "AF_UNIX", unix_sockets },
	{ "AF_NETLINK", netlink },
	{ "other protocols", other_protocols },
	{ "UDP again", udp_again },
	{ "threads", threads },
	{ "vfork", of_vfork },
	{ "shared flags", shared_flags },
};

MAIN_OF_CASES(all)
