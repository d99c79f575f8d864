// SPDX-License-Identifier: MIT
/* unix: AF_UNIX sees the program itself, not who judges its calls; descriptors and credentials pass. See cases.h. */
#include "cases.h"

static struct sockaddr_un own;
static socklen_t own_length;

static int unix_listener(int type)
{
	int fd = must("socket", socket(AF_UNIX, type, 0));

	own.sun_family = AF_UNIX;
	must("bind", bind(fd, (struct sockaddr *)&own, sizeof(sa_family_t)));
	own_length = sizeof(own);
	must("getsockname", getsockname(fd, (struct sockaddr *)&own, &own_length));
	if (type != SOCK_DGRAM)
		must("listen", listen(fd, 4));
	return fd;
}

static const char *whose(pid_t pid, pid_t client)
{
	return pid == client ? "the client's" : pid == getpid() ? "the server's" : "another's";
}

/* SO_PEERCRED at both ends of a connection. */
static void peer(void)
{
	int server = unix_listener(SOCK_STREAM), one;
	struct ucred cred;
	socklen_t length = sizeof(cred);
	pid_t client = fork();

	if (!client) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		tell("connect", connect(fd, (struct sockaddr *)&own, own_length));
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &length);
		say("the client sees pid %s", cred.pid == getppid() ? "of the server" : "of another");
		_exit(0);
	}
	waitpid(client, NULL, 0);
	one = tell("accept", accept(server, NULL, NULL));
	getsockopt(one, SOL_SOCKET, SO_PEERCRED, &cred, &length);
	say("the server sees %s pid, uid %s", whose(cred.pid, client), cred.uid == geteuid() ? "right" : "wrong");
}

static void pass_descriptor(int fd, int which)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *one = CMSG_FIRSTHDR(&message);

	one->cmsg_level = SOL_SOCKET;
	one->cmsg_type = SCM_RIGHTS;
	one->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(one), &which, sizeof(int));
	tell("sendmsg", sendmsg(fd, &message, 0));
}

static int take_descriptor(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	int taken = -1;

	tell("recvmsg", recvmsg(fd, &message, 0));
	if (CMSG_FIRSTHDR(&message))
		memcpy(&taken, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return taken;
}

/* A connection that one process made is used by another, to which it went over AF_UNIX. */
static void rights(void)
{
	int port, server = listener(1, &port), passing = unix_listener(SOCK_STREAM), taken;
	char bytes[8] = "";
	pid_t client = fork();

	if (!client) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		must("connect", connect(fd, (struct sockaddr *)&own, own_length));
		pass_descriptor(fd, connected(port));
		_exit(0);
	}
	waitpid(client, NULL, 0);
	taken = take_descriptor(must("accept", accept(passing, NULL, NULL)));
	tell("write", write(taken, "passed", 6));
	tell("read", read(must("accept", accept(server, NULL, NULL)), bytes, sizeof(bytes)));
	say("%s", bytes);
}

/* The same with a datagram that carries an address. */
static void rights_to(void)
{
	int server = unix_listener(SOCK_DGRAM), fd = socket(AF_UNIX, SOCK_DGRAM, 0), pair[2], which;
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x', bytes[8] = "";
	struct iovec piece = { &byte, 1 };
	struct msghdr message = {
		.msg_name = &own,
		.msg_namelen = own_length,
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *one = CMSG_FIRSTHDR(&message);

	must("pipe", pipe(pair));
	one->cmsg_level = SOL_SOCKET;
	one->cmsg_type = SCM_RIGHTS;
	one->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(one), &pair[1], sizeof(int));
	tell("sendmsg", sendmsg(fd, &message, 0));
	which = take_descriptor(server);
	tell("write", write(which, "passed", 6));
	tell("read", read(pair[0], bytes, sizeof(bytes)));
	say("%s", bytes);
}

/* SCM_CREDENTIALS: the kernel vouches for who sends; a pid that is another's is refused. */
static void credentials(void)
{
	int server = unix_listener(SOCK_DGRAM), fd = socket(AF_UNIX, SOCK_DGRAM, 0), on = 1;
	char control[CMSG_SPACE(sizeof(struct ucred))] = { 0 }, byte = 'x';
	struct iovec piece = { &byte, 1 };
	struct msghdr message = {
		.msg_name = &own,
		.msg_namelen = own_length,
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *one = CMSG_FIRSTHDR(&message);
	struct ucred cred = { getpid(), geteuid(), getegid() };

	setsockopt(server, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	one->cmsg_level = SOL_SOCKET;
	one->cmsg_type = SCM_CREDENTIALS;
	one->cmsg_len = CMSG_LEN(sizeof(cred));
	memcpy(CMSG_DATA(one), &cred, sizeof(cred));
	tell("own", sendmsg(fd, &message, 0));
	message.msg_name = NULL;
	message.msg_namelen = 0;
	tell("recvmsg", recvmsg(server, &message, MSG_DONTWAIT));
	memcpy(&cred, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(cred));
	say("%s pid, uid %s", cred.pid == getpid() ? "own" : "another's", cred.uid == geteuid() ? "right" : "wrong");
	/* Nothing said: the kernel fills in. */
	tell("sendto", sendto(fd, "x", 1, 0, (struct sockaddr *)&own, own_length));
	message.msg_controllen = sizeof(control);
	tell("recvmsg", recvmsg(server, &message, MSG_DONTWAIT));
	memcpy(&cred, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(cred));
	say("%s pid, uid %s", cred.pid == getpid() ? "own" : "another's", cred.uid == geteuid() ? "right" : "wrong");
}

static void path(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/snet-unix-XXXXXX";
	int server = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!mkdtemp(folder) || chdir(folder))
		_exit(7);
	strcpy(un.sun_path, "here"); /* relative: to the program's folder, and nobody else's */
	tell("bind", bind(server, SA(un)));
	tell("listen", listen(server, 1));
	tell("connect", connect(fd, SA(un)));
	tell("accept", accept(server, NULL, NULL));
	tell("unlink", unlink("here"));
	tell("gone", connect(socket(AF_UNIX, SOCK_STREAM, 0), SA(un)));
	rmdir(folder);
}

static void pair(void)
{
	int pair[2];
	char bytes[8] = "";

	tell("socketpair", socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	tell("send", send(pair[0], "hello", 5, 0));
	tell("recv", recv(pair[1], bytes, sizeof(bytes), 0));
	say("%s", bytes);
}

static const struct one_case all[] = {
	{ "SO_PEERCRED", peer },
	{ "SCM_RIGHTS", rights },
	{ "SCM_RIGHTS to an address", rights_to },
	{ "SCM_CREDENTIALS", credentials },
	{ "path", path },
	{ "socketpair", pair },
};

MAIN_OF_CASES(all)
