/* SPDX-License-Identifier: MIT */
/*
 * What every race program does: it runs for some seconds, tries calls, counts
 * how they end, and compares the kernel's counters at the end.
 */
#ifndef SNET_RACE_RACE_H
#define SNET_RACE_RACE_H

#include "link.h"

#include <sys/types.h>

/* How tries ended; shared by all processes of a program. */
enum outcome { PASSED, DENIED, BY_POLICY, KILLED, RESPAWNED, SIGNALLED, ATTACHED, REFUSED, OUTCOMES };

/* Starts the clock: seconds from the first argument, else 10. */
void race_start(const char *name, int argc, char **argv);
/* Whether the time is over. */
bool race_over(void);
/* The milliseconds since the start. */
double race_now(void);
void race_sleep(double milliseconds);

/* A number below n, of a sequence of this thread's own. */
uint32_t chance(uint32_t n);

/* Counts one try. */
void count(enum outcome outcome);
/* Says what went wrong, once for each text; the program fails. */
void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * connect(2) of a socket of SOCK_x to a port of 127.0.0.1 at which nobody
 * listens. With SOCK_DGRAM it never waits for anything but a verdict.
 * Return: 0 or the errno; of SOCK_STREAM ECONNREFUSED for success.
 */
int try_connect(int type, uint16_t port);

/* Waits until a daemon has counted ATTACHED; wrong if none does. */
void race_await_daemon(void);

/* fork(2) and run() in the child, which ends with it, and with its parent. */
pid_t start(void (*run)(void *data), void *data);
/*
 * Waits for a child; one that is still there some seconds after the race is
 * held for ever: wrong.
 */
void finish(pid_t pid, const char *what);

/*
 * Waits until no call is held, checks that every question had one end, prints
 * the counts. Return: the exit code of the program.
 */
int race_end(void);

#endif
