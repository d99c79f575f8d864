// SPDX-License-Identifier: MIT
/*
 * call STEP...: does socket calls one after another and tells each result, for tests inside the test kernel.
 *
 *   call socket:inet:dgram connect:127.0.0.1:9
 *
 * prints "socket 3" and "connect 0", or "connect EPERM". A step that changes the process (uid, fork, exec, ...)
 * must succeed, or the program ends with 2. Steps are in the table at the end; addresses are:
 *   127.0.0.1:9   [::1]:9   unix:/path   unix:@abstract   netlink:PORTID   none (no address)
 *   unspec (16 bytes of AF_UNSPEC)   unspec/127.0.0.1:9 (that sockaddr_in with the family AF_UNSPEC)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct address {
	struct sockaddr_storage storage;
	socklen_t length;
};

static int fd = -1; /* the socket that steps work on */
static int next_arg; /* of argv, behind the step that runs */
static char **args;
static char self[4096];

static void tell(const char *step, long result)
{
	if (result < 0)
		printf("%s %s\n", step, strerrorname_np(errno));
	else
		printf("%s %ld\n", step, result);
}

static struct sockaddr *bytes_of(struct address *address)
{
	return address->length ? (struct sockaddr *)&address->storage : NULL;
}

static struct address parse_ip(const char *text)
{
	struct address address = { 0 };
	char host[64];
	const char *colon = strrchr(text, ':');

	if (!colon || colon - text >= (long)sizeof(host))
		errx(2, "not an address: %s", text);
	if (text[0] == '[') {
		struct sockaddr_in6 *in6 = (void *)&address.storage;

		snprintf(host, sizeof(host), "%.*s", (int)(colon - text - 2), text + 1);
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(atoi(colon + 1));
		address.length = sizeof(*in6);
		if (inet_pton(AF_INET6, host, &in6->sin6_addr) != 1)
			errx(2, "not an IPv6 address: %s", host);
	} else {
		struct sockaddr_in *in = (void *)&address.storage;

		snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
		in->sin_family = AF_INET;
		in->sin_port = htons(atoi(colon + 1));
		address.length = sizeof(*in);
		if (inet_pton(AF_INET, host, &in->sin_addr) != 1)
			errx(2, "not an IPv4 address: %s", host);
	}
	return address;
}

static struct address parse_unix(const char *name)
{
	struct address address = { 0 };
	struct sockaddr_un *un = (void *)&address.storage;

	if (strlen(name) >= sizeof(un->sun_path))
		errx(2, "too long for a unix address: %s", name);
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path, name);
	address.length = offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1;
	if (name[0] == '@') {
		un->sun_path[0] = 0;
		address.length--;
	}
	return address;
}

static struct address parse_address(const char *text)
{
	struct address address = { 0 };

	if (!strcmp(text, "none"))
		return address;
	if (!strcmp(text, "unspec")) {
		address.storage.ss_family = AF_UNSPEC;
		address.length = sizeof(struct sockaddr_in);
		return address;
	}
	if (!strncmp(text, "unspec/", 7)) {
		address = parse_ip(text + 7);
		address.storage.ss_family = AF_UNSPEC;
		return address;
	}
	if (!strncmp(text, "unix:", 5))
		return parse_unix(text + 5);
	if (!strncmp(text, "netlink:", 8)) {
		struct sockaddr_nl *nl = (void *)&address.storage;

		nl->nl_family = AF_NETLINK;
		nl->nl_pid = strtoul(text + 8, NULL, 0);
		address.length = sizeof(*nl);
		return address;
	}
	return parse_ip(text);
}

/* Number of a name in a list that ends with NULL; a number stands for itself. */
static int lookup(const char *name, const char *const *names, const int *numbers)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(name, names[i]))
			return numbers[i];
	return atoi(name);
}

static void step_socket(char *arg)
{
	static const char *const families[] = { "inet", "inet6", "unix", "netlink", "packet", NULL };
	static const int family_numbers[] = { AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET };
	static const char *const types[] = { "stream", "dgram", "raw", "seqpacket", NULL };
	static const int type_numbers[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET };
	char *family = strsep(&arg, ":"), *type = strsep(&arg, ":");

	fd = socket(lookup(family, families, family_numbers), lookup(type ? type : "stream", types, type_numbers),
		    arg ? atoi(arg) : 0);
	tell("socket", fd);
}

/* Addresses of connections that tests before this one have closed may be taken again. */
static void step_bind(char *arg)
{
	struct address address = parse_address(arg);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	tell("bind", bind(fd, bytes_of(&address), address.length));
}

static void step_connect(char *arg)
{
	struct address address = parse_address(arg);

	tell("connect", connect(fd, bytes_of(&address), address.length));
}

/* Gives sockaddr_in6 with fewer bytes than it has. */
static void step_connect_short(char *arg)
{
	struct address address = parse_address(arg);

	tell("connect-short", connect(fd, bytes_of(&address), 4));
}

static void step_listen(char *arg)
{
	tell("listen", listen(fd, arg ? atoi(arg) : 8));
}

/* Goes on with the accepted socket, so that a step behind it shows that it works. */
static void step_accept(char *arg)
{
	int accepted = accept4(fd, NULL, NULL, 0);

	(void)arg;
	tell("accept", accepted);
	if (accepted >= 0)
		fd = accepted;
}

/* send:TEXT on a connected socket, by write(2). */
static void step_write(char *arg)
{
	tell("write", write(fd, arg, strlen(arg)));
}

static void step_read(char *arg)
{
	char bytes[256];

	(void)arg;
	tell("read", read(fd, bytes, sizeof(bytes)));
}

/* sendto:TEXT:ADDRESS */
static void step_sendto(char *arg)
{
	char *text = strsep(&arg, ":");
	struct address address = parse_address(arg);

	tell("sendto", sendto(fd, text, strlen(text), 0, bytes_of(&address), address.length));
}

/* sendmsg:TEXT:ADDRESS, the text in two pieces. */
static void step_sendmsg(char *arg)
{
	char *text = strsep(&arg, ":");
	struct address address = parse_address(arg);
	size_t half = strlen(text) / 2;
	struct iovec pieces[2] = {
		{ .iov_base = text, .iov_len = half },
		{ .iov_base = text + half, .iov_len = strlen(text) - half },
	};
	struct msghdr message = {
		.msg_name = bytes_of(&address),
		.msg_namelen = address.length,
		.msg_iov = pieces,
		.msg_iovlen = 2,
	};

	tell("sendmsg", sendmsg(fd, &message, 0));
}

/* sendmmsg:TEXT:ADDRESS,ADDRESS...: one call, a message to each. */
static void step_sendmmsg(char *arg)
{
	char *text = strsep(&arg, ":"), *one;
	struct address addresses[8];
	struct mmsghdr messages[8] = { 0 };
	struct iovec piece = { .iov_base = text, .iov_len = strlen(text) };
	int count = 0;

	while ((one = strsep(&arg, ",")) && count < 8) {
		addresses[count] = parse_address(one);
		messages[count].msg_hdr = (struct msghdr){
			.msg_name = bytes_of(&addresses[count]),
			.msg_namelen = addresses[count].length,
			.msg_iov = &piece,
			.msg_iovlen = 1,
		};
		count++;
	}
	tell("sendmmsg", sendmmsg(fd, messages, count, 0));
}

/* fastopen:TEXT:ADDRESS: a connect inside sendto. */
static void step_fastopen(char *arg)
{
	char *text = strsep(&arg, ":");
	struct address address = parse_address(arg);

	tell("fastopen", sendto(fd, text, strlen(text), MSG_FASTOPEN, bytes_of(&address), address.length));
}

/* connectx:ADDRESS,ADDRESS...: SCTP connects to several addresses of one peer (SCTP_SOCKOPT_CONNECTX). */
static void step_connectx(char *arg)
{
	char packed[8 * sizeof(struct sockaddr_in6)], *one;
	socklen_t length = 0;

	while ((one = strsep(&arg, ",")) && length + sizeof(struct sockaddr_in6) <= sizeof(packed)) {
		struct address address = parse_address(one);

		memcpy(packed + length, &address.storage, address.length);
		length += address.length;
	}
	tell("connectx", setsockopt(fd, IPPROTO_SCTP, 110, packed, length));
}

static void step_shutdown(char *arg)
{
	tell("shutdown", shutdown(fd, arg ? atoi(arg) : SHUT_RDWR));
}

static void step_close(char *arg)
{
	(void)arg;
	tell("close", close(fd));
}

static void step_nonblock(char *arg)
{
	(void)arg;
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		err(2, "nonblock");
}

/* Tells that it has come here, and goes on when a line arrives on standard input. */
static void step_ready(char *arg)
{
	char c;

	(void)arg;
	printf("ready\n");
	do {
		if (read(0, &c, 1) != 1)
			exit(2);
	} while (c != '\n');
}

static void step_comm(char *arg)
{
	if (prctl(PR_SET_NAME, arg))
		err(2, "comm");
}

/* uid:UID[:GID] */
static void step_uid(char *arg)
{
	char *uid = strsep(&arg, ":");
	gid_t gid = atoi(arg ? arg : uid);

	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(atoi(uid), atoi(uid), atoi(uid)))
		err(2, "uid");
}

/* there-and-back:UID: another effective uid, and the old one again. */
static void step_there_and_back(char *arg)
{
	uid_t old = geteuid();

	if (seteuid(atoi(arg)) || seteuid(old))
		err(2, "there-and-back");
}

/* setuid-root:UID: as a program of UID that is set-user-ID root. */
static void step_setuid_root(char *arg)
{
	if (setresuid(atoi(arg), 0, 0))
		err(2, "setuid-root");
}

/* A user namespace, whose maps another process writes. */
static void step_userns(char *arg)
{
	(void)arg;
	if (unshare(CLONE_NEWUSER))
		err(2, "userns");
}

static void step_netns(char *arg)
{
	(void)arg;
	if (unshare(CLONE_NEWNET))
		err(2, "netns");
	if (system("ip link set lo up"))
		errx(2, "ip link set lo up failed");
}

/* The child does the rest; the parent waits for it and ends as it did. */
static void step_fork(char *arg)
{
	int status;
	pid_t child = fork();

	(void)arg;
	if (child < 0)
		err(2, "fork");
	if (!child)
		return;
	if (waitpid(child, &status, 0) < 0)
		err(2, "waitpid");
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* exec[:PROGRAM]: the rest is done by a program that is executed now. The socket stays open. */
static void step_exec(char *arg)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", fd);
	setenv("CALL_FD", number, 1);
	args[next_arg - 1] = args[0];
	execv(arg ? arg : self, args + next_arg - 1);
	err(2, "exec");
}

static void on_signal(int number)
{
	ssize_t wrote = write(1, "handler\n", 8);

	(void)number;
	(void)wrote;
}

/* handler[:restart]: SIGUSR1 is told on standard output from its handler. */
static void step_handler(char *arg)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = arg ? SA_RESTART : 0 };

	if (sigaction(SIGUSR1, &action, NULL))
		err(2, "handler");
}

/* repeat:COUNT:STEP: how often it succeeded, and how often it failed with its last errno. */
static void step_repeat(char *arg)
{
	long count = atol(strsep(&arg, ":")), good = 0, bad = 0;
	int last = 0;
	char *what = strsep(&arg, ":");
	struct address address = parse_address(arg);

	if (strcmp(what, "connect"))
		errx(2, "repeat knows connect only");
	for (long i = 0; i < count; i++) {
		if (connect(fd, bytes_of(&address), address.length)) {
			last = errno;
			bad++;
		} else {
			good++;
		}
	}
	printf("repeat %ld %ld %s\n", good, bad, last ? strerrorname_np(last) : "-");
}

static const struct {
	const char *name;
	void (*run)(char *arg);
} steps[] = {
	{ "socket", step_socket },   { "bind", step_bind },	    { "connect", step_connect },
	{ "listen", step_listen },   { "accept", step_accept },	    { "write", step_write },
	{ "read", step_read },	     { "sendto", step_sendto },	    { "sendmsg", step_sendmsg },
	{ "sendmmsg", step_sendmmsg }, { "fastopen", step_fastopen }, { "shutdown", step_shutdown },
	{ "close", step_close },     { "nonblock", step_nonblock }, { "ready", step_ready },
	{ "comm", step_comm },	     { "uid", step_uid },	    { "netns", step_netns },
	{ "fork", step_fork },	     { "exec", step_exec },	    { "handler", step_handler },
	{ "repeat", step_repeat },   { "connect-short", step_connect_short },
	{ "there-and-back", step_there_and_back },
	{ "connectx", step_connectx },
	{ "setuid-root", step_setuid_root }, { "userns", step_userns },
};

static void run(char *word)
{
	char *name = strsep(&word, ":");

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (!strcmp(name, steps[i].name)) {
			steps[i].run(word);
			return;
		}
	}
	errx(2, "no step \"%s\"", name);
}

int main(int argc, char **argv)
{
	const char *inherited = getenv("CALL_FD");

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		snprintf(self, sizeof(self), "%s", argv[0]);
	if (inherited)
		fd = atoi(inherited);
	args = argv;
	for (next_arg = 1; next_arg < argc;)
		run(argv[next_arg++]);
	return 0;
}
