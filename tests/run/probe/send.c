// SPDX-License-Identifier: MIT
/* send: what sendto(2), sendmsg(2) and sendmmsg(2) give, and what arrives. See cases.h. */
#include "cases.h"
#include <netinet/tcp.h>
#include <netinet/udp.h>

#define LARGE (10 << 20)

/* Prints what has arrived at a UDP socket. Loopback delivers before the send returns. */
static void tell_arrived(int server)
{
	char bytes[128];
	ssize_t length;

	while ((length = recv(server, bytes, sizeof(bytes), MSG_DONTWAIT)) >= 0)
		say("arrived %zd %.*s", length, (int)(length < 16 ? length : 16), bytes);
}

static void to_udp(void)
{
	int port, server = bound(SOCK_DGRAM, &port), fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = at("127.0.0.1", port), other = at("127.0.0.1", 9);

	tell("sendto", sendto(fd, "one", 3, 0, SA(to)));
	tell("of nothing", sendto(fd, NULL, 0, 0, SA(to)));
	tell("without address", sendto(fd, "two", 3, 0, NULL, 0));
	tell("connect", connect(fd, SA(other)));
	tell("connected", sendto(fd, "three", 5, 0, SA(to)));
	tell("MSG_CONFIRM", sendto(fd, "four", 4, MSG_CONFIRM | MSG_DONTWAIT, SA(to)));
	tell("too long", sendto(fd, mmap(NULL, 70000, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 70000, 0, SA(to)));
	tell_arrived(server);
}

static void bad(void)
{
	int port, server = bound(SOCK_DGRAM, &port), fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = at("127.0.0.1", port), odd = to;
	char *end = edge();

	memcpy(end - 4, "last", 4);
	tell("buffer null", syscall(SYS_sendto, fd, NULL, 3, 0, SA(to)));
	tell("buffer beyond", syscall(SYS_sendto, fd, end, 3, 0, SA(to)));
	tell("buffer half", syscall(SYS_sendto, fd, end - 4, 8, 0, SA(to)));
	tell("buffer whole", syscall(SYS_sendto, fd, end - 4, 4, 0, SA(to)));
	tell("address beyond", syscall(SYS_sendto, fd, "x", 1, 0, end, 16));
	tell("address of -1", syscall(SYS_sendto, fd, "x", 1, 0, &to, -1));
	tell("address of 0", syscall(SYS_sendto, fd, "x", 1, 0, &to, 0));
	tell("address of 8", syscall(SYS_sendto, fd, "x", 1, 0, &to, 8));
	tell("address of 200", syscall(SYS_sendto, fd, "x", 1, 0, &to, 200));
	odd.sin_family = 99;
	tell("family 99", sendto(fd, "x", 1, 0, SA(odd)));
	odd.sin_family = AF_UNSPEC;
	tell("family 0", sendto(fd, "unspec", 6, 0, SA(odd)));
	odd = at("127.0.0.1", 0);
	tell("port 0", sendto(fd, "x", 1, 0, SA(odd)));
	tell("-1", sendto(-1, "x", 1, 0, SA(to)));
	tell("file", sendto(0, "x", 1, 0, SA(to)));
	tell("MSG_OOB", sendto(fd, "x", 1, MSG_OOB, SA(to)));
	tell("message null", syscall(SYS_sendmsg, fd, NULL, 0));
	tell("message beyond", syscall(SYS_sendmsg, fd, end, 0));
	tell_arrived(server);
}

static void messages(void)
{
	int port, server = bound(SOCK_DGRAM, &port), fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = at("127.0.0.1", port);
	struct iovec pieces[3] = { { "one", 3 }, { NULL, 0 }, { "two", 3 } }, *many = calloc(2000, sizeof(*many));
	struct msghdr message = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = pieces, .msg_iovlen = 3 };

	tell("pieces", sendmsg(fd, &message, 0));
	message.msg_flags = -1;
	tell("odd flags", sendmsg(fd, &message, 0));
	message.msg_iovlen = 0;
	tell("no pieces", sendmsg(fd, &message, 0));
	message.msg_iovlen = 1024;
	message.msg_iov = many;
	for (int i = 0; i < 1024; i++)
		many[i] = (struct iovec){ "x", 1 };
	tell("1024 pieces", sendmsg(fd, &message, 0));
	message.msg_iovlen = 1025;
	tell("1025 pieces", sendmsg(fd, &message, 0));
	message.msg_iov = (void *)8;
	message.msg_iovlen = 1;
	tell("pieces nowhere", sendmsg(fd, &message, 0));
	message.msg_iov = pieces;
	pieces[0] = (struct iovec){ (void *)8, 3 };
	tell("a piece nowhere", sendmsg(fd, &message, 0));
	pieces[0] = (struct iovec){ "x", -1 };
	tell("a piece of -1", sendmsg(fd, &message, 0));
	pieces[0] = (struct iovec){ "x", 1 };
	message.msg_namelen = 300;
	tell("name of 300", sendmsg(fd, &message, 0));
	message.msg_namelen = -1;
	tell("name of -1", sendmsg(fd, &message, 0));
	message.msg_namelen = 8;
	tell("name of 8", sendmsg(fd, &message, 0));
	message.msg_name = NULL;
	message.msg_namelen = sizeof(to);
	tell("no name", sendmsg(fd, &message, 0));
	tell_arrived(server);
}

static long send_control(int fd, struct sockaddr_in *to, int level, int type, const void *value, size_t length, size_t claimed)
{
	char control[256] = { 0 };
	struct iovec piece = { "x", 1 };
	struct msghdr message = {
		.msg_name = to,
		.msg_namelen = sizeof(*to),
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(length),
	};
	struct cmsghdr *one = CMSG_FIRSTHDR(&message);

	one->cmsg_level = level;
	one->cmsg_type = type;
	one->cmsg_len = claimed ? claimed : CMSG_LEN(length);
	memcpy(CMSG_DATA(one), value, length);
	return sendmsg(fd, &message, 0);
}

static void control(void)
{
	int port, server = bound(SOCK_DGRAM, &port), fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, ttl = 7, bad_ttl = 700;
	struct sockaddr_in to = at("127.0.0.1", port), from;
	struct in_pktinfo info = { .ipi_spec_dst = at("127.0.0.7", 0).sin_addr };
	char bytes[8], room[256];
	struct iovec piece = { bytes, sizeof(bytes) };
	socklen_t length = sizeof(from);
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };

	tell("IP_PKTINFO", send_control(fd, &to, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info), 0));
	tell("recvfrom", recvfrom(server, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&from, &length));
	say("from %s", inet_ntoa(from.sin_addr));
	setsockopt(server, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on));
	tell("IP_TTL", send_control(fd, &to, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl), 0));
	tell("recvmsg", recvmsg(server, &message, MSG_DONTWAIT));
	say("ttl %d", CMSG_FIRSTHDR(&message) ? *(int *)CMSG_DATA(CMSG_FIRSTHDR(&message)) : -1);
	tell("bad ttl", send_control(fd, &to, IPPROTO_IP, IP_TTL, &bad_ttl, sizeof(bad_ttl), 0));
	tell("cut", send_control(fd, &to, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl), 4));
	tell("longer than it is", send_control(fd, &to, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl), 4096));
	tell("unknown type", send_control(fd, &to, IPPROTO_IP, 99, &ttl, sizeof(ttl), 0));
	tell("unknown level", send_control(fd, &to, 99, 99, &ttl, sizeof(ttl), 0));
	tell("SO_MARK", send_control(fd, &to, SOL_SOCKET, SO_MARK, &ttl, sizeof(ttl), 0));
	tell_arrived(server);
}

static void segments(void)
{
	int port, server = bound(SOCK_DGRAM, &port), fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = at("127.0.0.1", port);
	uint16_t size = 4;

	setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &(int){ 4 }, sizeof(int));
	tell("by option", sendto(fd, "onetwothree", 11, 0, SA(to)));
	tell("by message", send_control(fd, &to, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size), 0));
	tell_arrived(server);
}

#define MANY 1024

static struct mmsghdr batch[MANY + 1];
static struct iovec batch_piece[MANY + 1];
static struct sockaddr_in batch_to[MANY + 1];

static void fill_batch(int port)
{
	for (int i = 0; i <= MANY; i++) {
		batch_to[i] = at("127.0.0.1", port);
		batch_piece[i] = (struct iovec){ "abc", 1 + i % 3 };
		batch[i] = (struct mmsghdr){
			.msg_hdr = {
				.msg_name = &batch_to[i],
				.msg_namelen = sizeof(batch_to[i]),
				.msg_iov = &batch_piece[i],
				.msg_iovlen = 1,
			},
			.msg_len = 77,
		};
	}
}

static void tell_lengths(int count)
{
	char line[256];
	int used = 0;

	for (int i = 0; i < count; i++)
		used += snprintf(line + used, sizeof(line) - used, " %u", batch[i].msg_len);
	say("lengths%s", line);
}

static void batches(void)
{
	int port, server = bound(SOCK_DGRAM, &port), fd = socket(AF_INET, SOCK_DGRAM, 0);

	fill_batch(port);
	tell("of 3", sendmmsg(fd, batch, 3, 0));
	tell_lengths(4);
	tell_arrived(server);
	tell("of 0", sendmmsg(fd, batch, 0, 0));
	fill_batch(port);
	batch_piece[2].iov_base = (void *)8;
	tell("third bad", sendmmsg(fd, batch, 4, 0));
	tell_lengths(4);
	tell_arrived(server);
	batch_piece[0].iov_base = (void *)8;
	tell("first bad", sendmmsg(fd, batch, 4, 0));
	tell_arrived(server);
	tell("nowhere", syscall(SYS_sendmmsg, fd, 8, 4, 0));
	tell("to -1", sendmmsg(-1, batch, 4, 0));
}

/* More than one call takes (UIO_MAXIOV); nobody listens, for so many would not fit. */
static void large_batch(void)
{
	int port, fd = socket(AF_INET, SOCK_DGRAM, 0);

	close(bound(SOCK_DGRAM, &port));
	fill_batch(port);
	tell("of 1025", sendmmsg(fd, batch, MANY + 1, 0));
	say("last %u, beyond %u", batch[MANY - 1].msg_len, batch[MANY].msg_len);
}

static void *drain(void *fd)
{
	static char room[1 << 16];
	long all = 0, length;
	unsigned sum = 0;

	while ((length = read((int)(long)fd, room, sizeof(room))) > 0) {
		for (long i = 0; i < length; i++)
			sum = (sum ^ (unsigned char)room[i]) * 16777619;
		all += length;
	}
	say("arrived %ld, sum %x", all, sum);
	return NULL;
}

static char *large(void)
{
	char *bytes = malloc(LARGE);

	for (int i = 0; i < LARGE; i++)
		bytes[i] = i * 7 + i / 4096;
	return bytes;
}

/* A stream ignores the address of a send, but it is a send with an address all the same. */
static void large_stream(void)
{
	struct sockaddr_in to = at("127.0.0.1", 9);
	pthread_t reader;
	int pair[2];

	tcp_pair(pair);
	pthread_create(&reader, NULL, drain, (void *)(long)pair[1]);
	tell("sendto", sendto(pair[0], large(), LARGE, 0, SA(to)));
	tell("flags", fcntl(pair[0], F_GETFL));
	close(pair[0]);
	pthread_join(reader, NULL);
}

static void large_message(void)
{
	struct sockaddr_in to = at("127.0.0.1", 9);
	char *bytes = large();
	struct iovec pieces[3] = { { bytes, 100 }, { bytes + 100, LARGE / 2 }, { bytes + 100 + LARGE / 2, LARGE / 2 - 100 } };
	struct msghdr message = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = pieces, .msg_iovlen = 3 };
	pthread_t reader;
	int pair[2];

	tcp_pair(pair);
	pthread_create(&reader, NULL, drain, (void *)(long)pair[1]);
	tell("sendmsg", sendmsg(pair[0], &message, 0));
	shutdown(pair[0], SHUT_WR);
	pthread_join(reader, NULL);
}

/* How much fits is the kernel's affair; that it is some and not all, and then nothing, is not. */
static void large_nonblock(void)
{
	struct sockaddr_in to = at("127.0.0.1", 9);
	char *bytes = large();
	int pair[2];
	long sent;

	tcp_pair(pair);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	sent = sendto(pair[0], bytes, LARGE, 0, SA(to));
	say("%s", sent > 0 && sent < LARGE ? "some" : "none or all");
	while (sendto(pair[0], bytes, LARGE, 0, SA(to)) > 0)
		;
	tell("then", sendto(pair[0], bytes, LARGE, 0, SA(to)));
	fcntl(pair[0], F_SETFL, 0);
	tell("MSG_DONTWAIT", sendto(pair[0], bytes, LARGE, MSG_DONTWAIT, SA(to)));
	set_time(pair[0], SO_SNDTIMEO, 200);
	tell("SO_SNDTIMEO", sendto(pair[0], bytes, LARGE, 0, SA(to)));
}

static void on_pipe(int number)
{
	say("signal %d", number);
}

static void closed(void)
{
	struct sockaddr_in to = at("127.0.0.1", 9);
	int pair[2];

	signal(SIGPIPE, on_pipe);
	tcp_pair(pair);
	shutdown(pair[0], SHUT_WR);
	tell("after shutdown", sendto(pair[0], "x", 1, 0, SA(to)));
	tell("MSG_NOSIGNAL", sendto(pair[0], "x", 1, MSG_NOSIGNAL, SA(to)));
	tell("not connected", sendto(socket(AF_INET, SOCK_STREAM, 0), "x", 1, 0, SA(to)));
	signal(SIGPIPE, SIG_DFL);
	tell("by default", sendto(pair[0], "x", 1, 0, SA(to)));
}

static void fast_open(void)
{
	int port, fd = socket(AF_INET, SOCK_STREAM, 0), server, one;
	struct sockaddr_in to;
	char bytes[8] = "";

	bound(SOCK_STREAM, &port);
	to = at("127.0.0.1", port);
	tell("refused", sendto(fd, "hello", 5, MSG_FASTOPEN, SA(to)));
	server = listener(1, &port);
	to = at("127.0.0.1", port);
	tell("sendto", sendto(fd, "hello", 5, MSG_FASTOPEN, SA(to)));
	one = tell("accept", accept(server, NULL, NULL));
	tell("read", read(one, bytes, sizeof(bytes)));
	say("%s", bytes);
	tell("again", sendto(fd, "hello", 5, MSG_FASTOPEN, SA(to)));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	tell("nonblock", sendto(fd, "hello", 5, MSG_FASTOPEN, SA(to)));
}

/* TCP_FASTOPEN_CONNECT: connect(2) only notes the address, the first write connects. */
static void fast_open_connect(void)
{
	int port, fd = socket(AF_INET, SOCK_STREAM, 0), server = listener(1, &port), on = 1;
	struct sockaddr_in to = at("127.0.0.1", port);

	tell("option", setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)));
	tell("connect", connect(fd, SA(to)));
	tell("write", write(fd, "x", 1));
	tell("accept", accept(server, NULL, NULL));
}

static void inet6(void)
{
	int server = socket(AF_INET6, SOCK_DGRAM, 0), fd = socket(AF_INET6, SOCK_DGRAM, 0), port;
	struct sockaddr_in6 own = at6("::1", 0), to;
	struct sockaddr_in to4;

	must("bind", bind(server, SA(own)));
	to = at6("::1", port_of(server));
	tell("sendto", sendto(fd, "six", 3, 0, SA(to)));
	tell_arrived(server);
	server = bound(SOCK_DGRAM, &port);
	to = at6("::ffff:127.0.0.1", port);
	tell("mapped", sendto(fd, "mapped", 6, 0, SA(to)));
	to4 = at("127.0.0.1", port);
	tell("of IPv4", sendto(fd, "four", 4, 0, SA(to4)));
	tell_arrived(server);
}

/* An ICMP error of an earlier datagram is told at the next call. */
static void error_later(void)
{
	int port, fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to;

	close(bound(SOCK_DGRAM, &port));
	to = at("127.0.0.1", port);
	tell("connect", connect(fd, SA(to)));
	tell("send", send(fd, "x", 1, 0));
	tell("send", send(fd, "x", 1, 0));
	tell("sendto", sendto(fd, "x", 1, 0, SA(to)));
	tell("sendto", sendto(fd, "x", 1, 0, SA(to)));
}

static void unix_datagram(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int server = socket(AF_UNIX, SOCK_DGRAM, 0), fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	socklen_t length = sizeof(un);

	must("bind", bind(server, (struct sockaddr *)&un, sizeof(sa_family_t)));
	must("getsockname", getsockname(server, (struct sockaddr *)&un, &length));
	tell("sendto", sendto(fd, "unix", 4, 0, (struct sockaddr *)&un, length));
	tell_arrived(server);
}

static const struct one_case all[] = {
	{ "UDP", to_udp },
	{ "bad arguments", bad },
	{ "sendmsg", messages },
	{ "control data", control },
	{ "segments", segments },
	{ "sendmmsg", batches },
	{ "sendmmsg of 1025", large_batch },
	{ "10 MB by sendto", large_stream },
	{ "10 MB by sendmsg", large_message },
	{ "more than fits", large_nonblock },
	{ "closed", closed },
	{ "MSG_FASTOPEN", fast_open },
	{ "TCP_FASTOPEN_CONNECT", fast_open_connect },
	{ "IPv6", inet6 },
	{ "error of an earlier one", error_later },
	{ "AF_UNIX", unix_datagram },
};

MAIN_OF_CASES(all)
