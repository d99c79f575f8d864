// SPDX-License-Identifier: MIT
/*
 * A program for tests, whose system calls from 1000 on (there are none by such numbers) and unshare go to whoever takes its
 * listener. It says the listener's number, waits for a byte on its standard input, and does what its arguments say:
 *
 *	NR		makes the call, and says what it returned and errno
 *	NR:TEXT		with a text's address and length as arguments
 *	+NR		has a second thread make the call
 *	&NR		has that thread start a process before, which waits to be killed
 *	again, once	handles SIGUSR1, whose interrupted calls are run again, or are not
 *	ended		handles SIGCHLD, whose interrupted calls are run again
 *	handled		says how often
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define FIRST_CALL 1000

/* Seconds: a test that hangs ends. */
#define LONGEST 20

static volatile sig_atomic_t handled;

static void on_signal(int number)
{
	handled++;
}

static void handle(int number, int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };

	sigaction(number, &action, NULL);
}

static int listener(unsigned long flags)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_CALL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void call(char *what)
{
	char *text = strchr(what, ':');
	long number = strtol(what, NULL, 10);
	long result;
	int error;

	text = text ? strdup(text + 1) : NULL;
	errno = 0;
	result = syscall(number, text, text ? strlen(text) : 0);
	error = errno;
	if (text)
		printf("%ld %ld %d %s\n", number, result, error, text);
	else
		printf("%ld %ld %d\n", number, result, error);
}

static void *in_thread(void *what)
{
	call(what);
	return NULL;
}

static void *in_parent(void *what)
{
	if (!fork()) {
		alarm(LONGEST);
		pause();
		_exit(0);
	}
	call(what);
	return NULL;
}

int main(int count, char **words)
{
	int killable = count > 1 && !strcmp(words[1], "killable");
	pthread_t thread;
	int threads = 0;
	int fd = listener(killable ? SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV : 0);
	char go;

	printf("%d\n", fd);
	fflush(stdout);
	alarm(LONGEST);
	if (read(0, &go, 1) != 1)
		return 1;
	close(fd);
	for (int i = 2; i < count; i++) {
		if (!strcmp(words[i], "again")) {
			handle(SIGUSR1, SA_RESTART);
		} else if (!strcmp(words[i], "once")) {
			handle(SIGUSR1, 0);
		} else if (!strcmp(words[i], "ended")) {
			handle(SIGCHLD, SA_RESTART);
		} else if (!strcmp(words[i], "handled")) {
			printf("handled %d\n", (int)handled);
		} else if (*words[i] == '+') {
			threads = !pthread_create(&thread, NULL, in_thread, words[i] + 1);
		} else if (*words[i] == '&') {
			threads = !pthread_create(&thread, NULL, in_parent, words[i] + 1);
		} else {
			call(words[i]);
		}
	}
	if (threads)
		pthread_join(thread, NULL);
	return 0;
}
