// SPDX-License-Identifier: MIT
/*
 * signals: what becomes of a call that waits when a signal comes. The case sends it when its child's thread sleeps in the
 * system call, as /proc tells. See cases.h.
 */
#include "cases.h"
#include <netinet/tcp.h>
#include <setjmp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

static void on_signal(int number)
{
	say("handler %s", sigabbrev_np(number));
}

static void handle(int number, int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };

	sigaction(number, &action, NULL);
}

/* Says that the next thing that this thread sleeps in is the call. */
static void calling(void)
{
	prctl(PR_SET_NAME, "calling");
}

/* Waits until a thread that has said so sleeps. */
static void await_call(pid_t pid, pid_t tid)
{
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	for (;;) {
		int fd = must("open", open(path, O_RDONLY));
		ssize_t length = must("stat", read(fd, line, sizeof(line) - 1));

		close(fd);
		line[length] = 0;
		if (strstr(line, " (calling) S ") || strstr(line, " (calling) D "))
			return;
		usleep(1000);
	}
}

/* Waits until a process is stopped, or has ended. */
static void await_stop(pid_t pid)
{
	siginfo_t info;

	must("waitid", waitid(P_PID, pid, &info, WSTOPPED | WEXITED | WNOWAIT));
}

static void tell_end(pid_t pid)
{
	int status;

	must("waitpid", waitpid(pid, &status, 0));
	if (WIFSIGNALED(status))
		say("died by %s", sigabbrev_np(WTERMSIG(status)));
	else
		say("ended with %d", WEXITSTATUS(status));
}

/* Waits until a socket has begun to connect: a signal that comes before that finds a call that has done nothing. */
static void await_syn(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	while (info.tcpi_state != TCP_SYN_SENT) {
		usleep(1000);
		must("TCP_INFO", getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length));
	}
}

static int full_port, full_fd;

/* The child that waits in connect: nobody takes it. */
static pid_t connecting(void (*prepare)(int fd))
{
	int fd = must("socket", socket(AF_INET, SOCK_STREAM, 0));
	pid_t child;

	full_fd = full_listener(&full_port);
	child = fork();
	if (!child) {
		struct sockaddr_in to = at("127.0.0.1", full_port);

		prepare(fd);
		calling();
		tell("connect", connect(fd, SA(to)));
		fcntl(fd, F_SETFL, O_NONBLOCK);
		tell("again", connect(fd, SA(to)));
		_exit(0);
	}
	await_syn(fd);
	close(fd);
	await_call(child, child);
	return child;
}

static int accept_fd, accept_port;

static pid_t accepting(void (*prepare)(int fd))
{
	pid_t child;

	accept_fd = listener(4, &accept_port);
	child = fork();
	if (!child) {
		prepare(accept_fd);
		calling();
		tell("accept", accept4(accept_fd, NULL, NULL, 0));
		tell("flags", fcntl(accept_fd, F_GETFL));
		_exit(0);
	}
	await_call(child, child);
	return child;
}

static void with_handler(int fd)
{
	(void)fd;
	handle(SIGALRM, 0);
}

static void with_restart(int fd)
{
	(void)fd;
	handle(SIGALRM, SA_RESTART);
}

static void no_word(int number)
{
	(void)number;
}

static void with_restart_and_time(int fd)
{
	struct sigaction action = { .sa_handler = no_word, .sa_flags = SA_RESTART };

	set_time(fd, SO_SNDTIMEO, 20000);
	set_time(fd, SO_RCVTIMEO, 20000);
	sigaction(SIGALRM, &action, NULL);
}

static void with_nothing(int fd)
{
	(void)fd;
}

static void with_ignored(int fd)
{
	(void)fd;
	signal(SIGALRM, SIG_IGN);
}

static void with_blocked(int fd)
{
	sigset_t set;

	(void)fd;
	handle(SIGALRM, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void connect_handler(void)
{
	pid_t child = connecting(with_handler);

	kill(child, SIGALRM);
	tell_end(child);
}

/*
 * With a time limit of its own a call is not restarted. But a signal that comes a moment before the call waits does not
 * end it, so it comes until it has.
 */
static void signal_until_end(pid_t child)
{
	siginfo_t info = { 0 };

	while (!info.si_pid) {
		kill(child, SIGALRM);
		usleep(100000);
		must("waitid", waitid(P_PID, child, &info, WEXITED | WNOHANG | WNOWAIT));
	}
	tell_end(child);
}

static void connect_time(void)
{
	signal_until_end(connecting(with_restart_and_time));
}

/* Takes what fills the listener, so that the one who waits comes in. */
static void make_room(void)
{
	for (int i = 0; i < 2; i++)
		must("accept", accept(full_fd, NULL, NULL));
}

static void connect_restart(void)
{
	pid_t child = connecting(with_restart);

	kill(child, SIGALRM);
	await_call(child, child);
	make_room();
	tell_end(child);
}

static void connect_stopped(void)
{
	pid_t child = connecting(with_nothing);

	kill(child, SIGSTOP);
	await_stop(child);
	kill(child, SIGCONT);
	make_room();
	tell_end(child);
}

static void connect_dies(void)
{
	static const int all[] = { SIGINT, SIGTERM, SIGKILL, SIGALRM };

	for (size_t i = 0; i < 4; i++) {
		pid_t child = connecting(with_nothing);

		kill(child, all[i]);
		tell_end(child);
		close(full_fd);
	}
}

static void accept_handler(void)
{
	pid_t child = accepting(with_handler);

	kill(child, SIGALRM);
	tell_end(child);
}

static void accept_restart(void)
{
	pid_t child = accepting(with_restart);

	kill(child, SIGALRM);
	await_call(child, child);
	connected(accept_port);
	tell_end(child);
}

static void accept_time(void)
{
	signal_until_end(accepting(with_restart_and_time));
}

static void accept_ignored(void)
{
	pid_t child = accepting(with_ignored);

	kill(child, SIGALRM);
	connected(accept_port);
	tell_end(child);
}

static void accept_blocked(void)
{
	pid_t child = accepting(with_blocked);

	kill(child, SIGALRM);
	connected(accept_port);
	tell_end(child);
}

static void accept_dies(void)
{
	static const int all[] = { SIGINT, SIGTERM, SIGKILL, SIGHUP };

	for (size_t i = 0; i < 4; i++) {
		pid_t child = accepting(with_nothing);

		kill(child, all[i]);
		tell_end(child);
		close(accept_fd);
	}
}

static void accept_stopped(void)
{
	pid_t child = accepting(with_nothing);

	kill(child, SIGTSTP);
	/* A process group without a parent in its session is not stopped by it. */
	kill(child, SIGSTOP);
	await_stop(child);
	kill(child, SIGCONT);
	await_call(child, child);
	connected(accept_port);
	tell_end(child);
}

/* SIGCHLD with its default action interrupts nothing. */
static void accept_sigchld(void)
{
	int ends[2];
	pid_t child;
	char c;

	accept_fd = listener(4, &accept_port);
	must("pipe", pipe(ends));
	child = fork();
	if (!child) {
		if (!fork()) {
			await_call(getppid(), getppid());
			_exit(0);
		}
		close(ends[1]);
		calling();
		tell("accept", accept4(accept_fd, NULL, NULL, 0));
		_exit(0);
	}
	close(ends[1]);
	must("read", read(ends[0], &c, 1)); /* until the grandchild has ended */
	await_call(child, child);
	connected(accept_port);
	tell_end(child);
}

static int waiting_tid[2];
static int two_fd;

static void *accept_in_thread(void *index)
{
	__atomic_store_n(&waiting_tid[(long)index], syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	calling();
	tell(index ? "second" : "first", accept4(two_fd, NULL, NULL, 0) < 0 ? -1 : 0);
	return NULL;
}

/* Only the thread that the signal is for leaves its call. */
static void thread_signal(void)
{
	pthread_t all[2];
	int port;

	handle(SIGUSR1, 0);
	two_fd = listener(4, &port);
	for (long i = 0; i < 2; i++) {
		pthread_create(&all[i], NULL, accept_in_thread, (void *)i);
		while (!__atomic_load_n(&waiting_tid[i], __ATOMIC_SEQ_CST))
			usleep(1000);
		await_call(getpid(), waiting_tid[i]);
	}
	pthread_kill(all[1], SIGUSR1);
	pthread_join(all[1], NULL);
	connected(port);
	pthread_join(all[0], NULL);
}

static sigjmp_buf back;

static void jump(int number)
{
	siglongjmp(back, number);
}

/* A handler that never returns: the call is left for good, and the next one gets the connection. */
static void leaves(void)
{
	int ends[2];
	pid_t child;
	char c;

	accept_fd = listener(4, &accept_port);
	must("pipe", pipe(ends));
	child = fork();
	if (!child) {
		signal(SIGALRM, jump);
		calling();
		if (!sigsetjmp(back, 1))
			accept4(accept_fd, NULL, NULL, 0);
		say("left");
		must("write", write(ends[1], "", 1));
		tell("accept", accept4(accept_fd, NULL, NULL, 0));
		_exit(0);
	}
	await_call(child, child);
	kill(child, SIGALRM);
	must("read", read(ends[0], &c, 1));
	connected(accept_port);
	tell_end(child);
}

static int nested_port;

static void call_again(int number)
{
	struct sockaddr_in to = at("127.0.0.1", nested_port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)number;
	tell("connect", connect(fd, SA(to)));
	close(fd);
}

/* The handler connects, which the interrupted accept then takes. */
static void nested(void)
{
	struct sigaction action = { .sa_handler = call_again, .sa_flags = SA_RESTART };
	pid_t child;
	int fd = listener(4, &nested_port);

	child = fork();
	if (!child) {
		sigaction(SIGALRM, &action, NULL);
		calling();
		tell("accept", accept4(fd, NULL, NULL, 0));
		_exit(0);
	}
	await_call(child, child);
	kill(child, SIGALRM);
	tell_end(child);
}

static volatile int ticks;

static void count_tick(int number)
{
	(void)number;
	ticks++;
}

/* A timer that fires all the time; with SA_RESTART no call may notice. */
static void timer(void)
{
	struct sigaction action = { .sa_handler = count_tick, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	int port, fd = listener(64, &port), good = 0;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 500; i++) {
		struct sockaddr_in to = at("127.0.0.1", port);
		int one = socket(AF_INET, SOCK_STREAM, 0), other;

		if (connect(one, SA(to)))
			tell("connect", -1);
		other = accept(fd, NULL, NULL);
		if (other < 0)
			tell("accept", other);
		good += other >= 0;
		close(one);
		close(other);
	}
	while (!ticks)
		pause();
	say("good %d", good);
}

/* The same while the call waits long. */
static void timer_waiting(void)
{
	struct sigaction action = { .sa_handler = count_tick, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
	int ends[2];
	pid_t child;
	char c;

	accept_fd = listener(4, &accept_port);
	must("pipe", pipe(ends));
	child = fork();
	if (!child) {
		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &often, NULL);
		while (ticks < 1)
			pause();
		must("write", write(ends[1], "", 1));
		tell("accept", accept4(accept_fd, NULL, NULL, 0) < 0 ? -1 : 0);
		say("ticks went on: %s", ticks > 1 ? "yes" : "no");
		_exit(0);
	}
	must("read", read(ends[0], &c, 1));
	/* Forty of its own ticks later. */
	usleep(200000);
	connected(accept_port);
	tell_end(child);
}

/* A send that waits for room, interrupted after it has sent some. */
static void send_handler(void)
{
	struct sockaddr_in to = at("127.0.0.1", 9);
	char *bytes = calloc(1, 32 << 20);
	int pair[2];
	pid_t child;

	tcp_pair(pair);
	child = fork();
	if (!child) {
		long sent;

		handle(SIGALRM, 0);
		calling();
		sent = sendto(pair[0], bytes, 32 << 20, 0, SA(to));
		say("%s", sent > 0 && sent < 32 << 20 ? "some" : "none or all");
		_exit(0);
	}
	await_call(child, child);
	/* Sent what fits once the other end's queue grows no more. */
	for (int last = -1, now = 0; last != now || !now; usleep(50000)) {
		last = now;
		ioctl(pair[1], 0x541b, &now); /* FIONREAD */
	}
	kill(child, SIGALRM);
	tell_end(child);
}

static const struct one_case all[] = {
	{ "connect, handler", connect_handler },
	{ "connect, SA_RESTART", connect_restart },
	{ "connect, SA_RESTART and SO_SNDTIMEO", connect_time },
	{ "connect, stopped", connect_stopped },
	{ "connect, killed", connect_dies },
	{ "accept, handler", accept_handler },
	{ "accept, SA_RESTART", accept_restart },
	{ "accept, SA_RESTART and SO_RCVTIMEO", accept_time },
	{ "accept, ignored", accept_ignored },
	{ "accept, blocked", accept_blocked },
	{ "accept, killed", accept_dies },
	{ "accept, stopped", accept_stopped },
	{ "accept, SIGCHLD", accept_sigchld },
	{ "one of two threads", thread_signal },
	{ "longjmp", leaves },
	{ "a handler that calls", nested },
	{ "a timer", timer },
	{ "a timer, waiting", timer_waiting },
	{ "sendto, handler", send_handler },
};

MAIN_OF_CASES(all)
