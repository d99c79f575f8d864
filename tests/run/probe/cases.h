/* SPDX-License-Identifier: MIT */
/*
 * A program of named cases: `PROGRAM --list` prints their names, `PROGRAM [CASE...]` runs these, or all. Each runs in a
 * process of its own and prints lines "CASE: text" that are the same on every run, so that a run under snet can be
 * compared with one without. One that does not end is killed and said to be "hung".
 */
#ifndef CASES_H
#define CASES_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Seconds for one case: many times what the slowest takes. */
#define CASE_LIMIT 30

struct one_case {
	const char *name;
	void (*run)(void);
};

static const char *case_name;

/* Prints a line of the case, in one write, so that lines of several processes stay whole. */
__attribute__((format(printf, 1, 2), unused)) static void say(const char *format, ...)
{
	char line[1024];
	int length = snprintf(line, sizeof(line), "%s: ", case_name);
	va_list args;

	va_start(args, format);
	length += vsnprintf(line + length, sizeof(line) - length - 1, format, args);
	va_end(args);
	line[length++] = '\n';
	if (write(1, line, length) != length)
		_exit(3);
}

/* Prints what a call gave: its value, or the name of its errno. */
__attribute__((unused)) static long tell(const char *what, long result)
{
	int error = errno;

	if (result < 0)
		say("%s %s", what, strerrorname_np(error) ?: "?");
	else
		say("%s %ld", what, result);
	errno = error;
	return result;
}

/* What must succeed for the case to mean anything. */
__attribute__((unused)) static long must(const char *what, long result)
{
	if (result < 0) {
		tell(what, result);
		_exit(4);
	}
	return result;
}

__attribute__((unused)) static struct sockaddr_in at(const char *host, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
		_exit(5);
	return address;
}

__attribute__((unused)) static struct sockaddr_in6 at6(const char *host, int port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (inet_pton(AF_INET6, host, &address.sin6_addr) != 1)
		_exit(5);
	return address;
}

#define SA(address) ((struct sockaddr *)&(address)), sizeof(address)

__attribute__((unused)) static int port_of(int fd)
{
	struct sockaddr_in6 address = { 0 };
	socklen_t length = sizeof(address);

	must("getsockname", getsockname(fd, (struct sockaddr *)&address, &length));
	return ntohs(address.sin6_port); /* at the same place in sockaddr_in */
}

/* A socket of 127.0.0.1 with a port of its own; nobody listens there. */
__attribute__((unused)) static int bound(int type, int *port)
{
	struct sockaddr_in address = at("127.0.0.1", 0);
	int fd = must("socket", socket(AF_INET, type, 0));

	must("bind", bind(fd, SA(address)));
	*port = port_of(fd);
	return fd;
}

__attribute__((unused)) static int listener(int backlog, int *port)
{
	int fd = bound(SOCK_STREAM, port);

	must("listen", listen(fd, backlog));
	return fd;
}

__attribute__((unused)) static int connected(int port)
{
	struct sockaddr_in address = at("127.0.0.1", port);
	int fd = must("socket", socket(AF_INET, SOCK_STREAM, 0));

	must("connect", connect(fd, SA(address)));
	return fd;
}

/* A connection with both its ends. */
__attribute__((unused)) static void tcp_pair(int pair[2])
{
	int port, fd = listener(1, &port);

	pair[0] = connected(port);
	pair[1] = must("accept", accept(fd, NULL, NULL));
	close(fd);
}

/* A listener that answers no more: whoever connects waits. */
__attribute__((unused)) static int full_listener(int *port)
{
	int fd = listener(0, port);
	struct sockaddr_in address = at("127.0.0.1", *port);

	for (int i = 0; i < 4; i++) {
		int one = must("socket", socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));

		connect(one, SA(address));
	}
	return fd;
}

__attribute__((unused)) static void set_time(int fd, int option, int milliseconds)
{
	struct timeval time = { milliseconds / 1000, milliseconds % 1000 * 1000 };

	must("setsockopt", setsockopt(fd, SOL_SOCKET, option, &time, sizeof(time)));
}

/* Two pages of which the second cannot be read: what lies at the end of the first must not be read beyond it. */
__attribute__((unused)) static char *edge(void)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + 4096, 4096, PROT_NONE))
		_exit(6);
	return pages + 4096;
}

static _Noreturn void run_one(const struct one_case *one)
{
	setpgid(0, 0);
	case_name = one->name;
	one->run();
	_exit(0);
}

static void run_case(const struct one_case *one)
{
	struct timespec limit = { .tv_sec = CASE_LIMIT };
	sigset_t child_ended;
	pid_t pid;
	int status;

	case_name = one->name;
	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_ended, NULL);
	pid = fork();
	if (!pid) {
		sigprocmask(SIG_UNBLOCK, &child_ended, NULL);
		run_one(one);
	}
	/* A child that only stopped tells so too. */
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (sigtimedwait(&child_ended, NULL, &limit) < 0 && errno == EAGAIN) {
			say("hung");
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			break;
		}
	}
	kill(-pid, SIGKILL);
	if (WIFSIGNALED(status))
		say("killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		say("ended with %d", WEXITSTATUS(status));
}

static int run_cases(const struct one_case *all, size_t count, int argc, char **argv)
{
	for (size_t i = 0; i < count; i++) {
		int wanted = argc < 2;

		if (argc == 2 && !strcmp(argv[1], "--list")) {
			printf("%s\n", all[i].name);
			continue;
		}
		for (int j = 1; j < argc; j++)
			wanted |= !strcmp(argv[j], all[i].name);
		if (wanted)
			run_case(&all[i]);
	}
	return 0;
}

#define MAIN_OF_CASES(all) \
	int main(int argc, char **argv) \
	{ \
		return run_cases(all, sizeof(all) / sizeof((all)[0]), argc, argv); \
	}

#endif
