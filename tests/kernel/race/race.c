// SPDX-License-Identifier: MIT
#include "race.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A child has this long to end after its time; a held call ends in less, whatever happens. */
#define FINISH_MS 20000
#define TEXTS 8

static struct shared {
	_Atomic uint64_t counts[OUTCOMES];
	_Atomic uint32_t failures;
	_Atomic uint32_t texts;
	char text[TEXTS][160];
} *shared;

static const char *program;
static double seconds = 10;
static struct timespec started;

void race_start(const char *name, int argc, char **argv)
{
	program = name;
	if (argc > 1)
		seconds = atof(argv[1]);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	clock_gettime(CLOCK_MONOTONIC, &started);
}

double race_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - started.tv_sec) * 1e3 + (now.tv_nsec - started.tv_nsec) / 1e6;
}

bool race_over(void)
{
	return race_now() > seconds * 1e3;
}

void race_sleep(double milliseconds)
{
	struct timespec time = {
		.tv_sec = milliseconds / 1e3,
		.tv_nsec = (long)(milliseconds * 1e6) % 1000000000,
	};

	nanosleep(&time, NULL);
}

uint32_t chance(uint32_t n)
{
	static _Thread_local uint64_t state;
	static _Thread_local pid_t owner;
	pid_t thread = syscall(SYS_gettid);

	/* A forked child must not go on with its parent's numbers. */
	if (owner != thread) {
		owner = thread;
		state = 0x9e3779b97f4a7c15 * (uint64_t)thread + 1;
	}
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 32) % n;
}

void count(enum outcome outcome)
{
	atomic_fetch_add(&shared->counts[outcome], 1);
}

void wrong(const char *format, ...)
{
	char text[sizeof(shared->text[0])];
	uint32_t place;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	atomic_fetch_add(&shared->failures, 1);
	for (uint32_t i = 0; i < TEXTS; i++)
		if (!strcmp(shared->text[i], text))
			return;
	place = atomic_fetch_add(&shared->texts, 1);
	if (place < TEXTS)
		strcpy(shared->text[place], text);
}

int try_connect(int type, uint16_t port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return errno;
	if (connect(fd, (void *)&to, sizeof(to)))
		error = errno;
	close(fd);
	return error;
}

pid_t start(void (*run)(void *data), void *data)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	run(data);
	_exit(0);
}

static void print_file(const char *path)
{
	char line[256];
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof(line), file))
		printf("    %s", line);
	if (file)
		fclose(file);
}

/* Where in the kernel the processes of this program are: what a held one waits for. */
static void say_where(void)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	char path[64];

	while (processes && (entry = readdir(processes))) {
		int pid = atoi(entry->d_name);

		if (!pid || getpgid(pid) != getpgid(0))
			continue;
		printf("  process %d\n", pid);
		snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
		print_file(path);
		snprintf(path, sizeof(path), "/proc/%d/stack", pid);
		print_file(path);
	}
	if (processes)
		closedir(processes);
	fflush(stdout);
}

void finish(pid_t pid, const char *what)
{
	double end = seconds * 1e3, now = race_now();
	double until = (now > end ? now : end) + FINISH_MS;

	while (race_now() < until) {
		if (waitpid(pid, NULL, WNOHANG))
			return;
		race_sleep(20);
	}
	wrong("%s did not end within %d ms", what, FINISH_MS);
	say_where();
	kill(pid, SIGKILL);
	/* One that even a fatal signal does not free must not keep the program. */
	race_sleep(1000);
	if (!waitpid(pid, NULL, WNOHANG))
		wrong("%s does not end by SIGKILL", what);
}

void race_await_daemon(void)
{
	double until = race_now() + FINISH_MS;

	while (!shared->counts[ATTACHED] && race_now() < until)
		race_sleep(10);
	if (!shared->counts[ATTACHED])
		wrong("no daemon attached");
}

static uint64_t ends(const uint64_t *n)
{
	uint64_t sum = 0;

	for (int i = SNET_A_CNT_ENDS_ALLOWED; i <= SNET_A_CNT_ENDS_UNDELIVERED; i++)
		sum += n[i];
	return sum;
}

static void check_counters(uint64_t *n)
{
	struct link link;
	double until = race_now() + FINISH_MS;
	int error;

	link_open(&link);
	do {
		error = link_stats(&link, n);
		if (error)
			wrong("stats: %s", strerror(-error));
		if (error || !n[SNET_A_CNT_WAITING])
			break;
		race_sleep(50);
	} while (race_now() < until);
	link_close(&link);
	if (n[SNET_A_CNT_WAITING])
		wrong("%ju calls are still held", (uintmax_t)n[SNET_A_CNT_WAITING]);
	if (n[SNET_A_CNT_ASKED] != ends(n) + n[SNET_A_CNT_WAITING])
		wrong("asked %ju, ends %ju, waiting %ju", (uintmax_t)n[SNET_A_CNT_ASKED], (uintmax_t)ends(n),
		      (uintmax_t)n[SNET_A_CNT_WAITING]);
}

static void print_counters(const uint64_t *n)
{
	static const struct {
		int counter;
		const char *name;
	} shown[] = {
		{ SNET_A_CNT_ASKED, "asked" },
		{ SNET_A_CNT_ENDS_ALLOWED, "allowed" },
		{ SNET_A_CNT_ENDS_DENIED, "denied" },
		{ SNET_A_CNT_ENDS_TIMEOUT_ALLOWED, "timeout-allowed" },
		{ SNET_A_CNT_ENDS_TIMEOUT_DENIED, "timeout-denied" },
		{ SNET_A_CNT_ENDS_SIGNAL, "signal" },
		{ SNET_A_CNT_ENDS_GONE, "gone" },
		{ SNET_A_CNT_ENDS_ABANDONED, "abandoned" },
		{ SNET_A_CNT_ENDS_UNDELIVERED, "undelivered" },
		{ SNET_A_CNT_TICKET_ALLOWED, "ticket-allowed" },
		{ SNET_A_CNT_TICKET_DENIED, "ticket-denied" },
		{ SNET_A_CNT_TICKETS_ADDED, "tickets-added" },
		{ SNET_A_CNT_TICKETS_EVICTED, "tickets-evicted" },
		{ SNET_A_CNT_INTERRUPTED, "interrupted" },
		{ SNET_A_CNT_RESUMED, "resumed" },
		{ SNET_A_CNT_HELD, "held" },
	};

	printf("  kernel since boot:");
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		if (n[shown[i].counter])
			printf(" %s %ju", shown[i].name, (uintmax_t)n[shown[i].counter]);
	printf("\n");
}

int race_end(void)
{
	static const char *const names[OUTCOMES] = {
		[PASSED] = "passed",       [DENIED] = "denied",       [BY_POLICY] = "by policy",
		[KILLED] = "killed",       [RESPAWNED] = "respawned", [SIGNALLED] = "signals handled",
		[ATTACHED] = "attached",   [REFUSED] = "attach refused",
	};
	uint64_t n[SNET_A_CNT_MAX + 1] = { 0 };

	check_counters(n);
	printf("%s %s:", shared->failures ? "FAILED " : "ok     ", program);
	for (int i = 0; i < OUTCOMES; i++)
		if (shared->counts[i])
			printf(" %ju %s,", (uintmax_t)shared->counts[i], names[i]);
	printf(" %.1f s\n", race_now() / 1e3);
	print_counters(n);
	for (uint32_t i = 0; i < TEXTS && i < shared->texts; i++)
		printf("  %s\n", shared->text[i]);
	if (shared->failures)
		printf("  %u times in all\n", shared->failures);
	return shared->failures ? 1 : 0;
}
