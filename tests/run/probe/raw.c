// SPDX-License-Identifier: MIT
/*
 * raw PORT: a program as Go builds them: static, without libc, system calls by their instruction, threads by clone.
 * One thread serves, the other connects to it and to 127.0.0.1:PORT. Prints what came: "served", then "connect 0" or
 * "connect -1" (a negative errno), and what the server there said.
 */
#include <linux/futex.h>
#include <linux/sched.h>

typedef unsigned long u64;
typedef long i64;

#define NR_read 0
#define NR_write 1
#define NR_close 3
#define NR_socket 41
#define NR_connect 42
#define NR_bind 49
#define NR_listen 50
#define NR_getsockname 51
#define NR_exit 60
#define NR_futex 202
#define NR_exit_group 231
#define NR_accept4 288

struct sockaddr_in {
	unsigned short family, port;
	unsigned address;
	char zero[8];
};

static i64 call(i64 nr, i64 a, i64 b, i64 c, i64 d, i64 e, i64 f)
{
	register i64 r10 __asm__("r10") = d;
	register i64 r8 __asm__("r8") = e;
	register i64 r9 __asm__("r9") = f;
	i64 result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static void print(const char *text, i64 number)
{
	char line[64];
	int length = 0, digits = 0;
	char reversed[24];
	u64 left = number < 0 ? -number : number;

	while (text[length]) {
		line[length] = text[length];
		length++;
	}
	if (number < 0)
		line[length++] = '-';
	do {
		reversed[digits++] = '0' + left % 10;
		left /= 10;
	} while (left);
	while (digits)
		line[length++] = reversed[--digits];
	line[length++] = '\n';
	call(NR_write, 1, (i64)line, length, 0, 0, 0);
}

static int server_fd;
static unsigned ended;
static char stack[1 << 16] __attribute__((aligned(16)));

/* The second thread: takes one connection and sends a byte. */
static void serve(void)
{
	i64 fd = call(NR_accept4, server_fd, 0, 0, 02004000, 0, 0); /* SOCK_NONBLOCK | SOCK_CLOEXEC, as Go does */

	print("accept ", fd < 0 ? fd : 0);
	call(NR_write, fd, (i64)"x", 1, 0, 0, 0);
	call(NR_close, fd, 0, 0, 0, 0, 0);
	__atomic_store_n(&ended, 1, __ATOMIC_SEQ_CST);
	call(NR_futex, (i64)&ended, FUTEX_WAKE, 1, 0, 0, 0);
	call(NR_exit, 0, 0, 0, 0, 0, 0);
}

static void start_thread(void (*run)(void))
{
	/* A stack whose top is the function to return to: the child has no frame of its own. */
	u64 *top = (u64 *)(stack + sizeof(stack) - 16);
	i64 flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_SYSVSEM | CLONE_THREAD;
	i64 result;

	top[0] = (u64)run;
	__asm__ volatile("syscall\n"
			 "	test	%%rax, %%rax\n"
			 "	jnz	1f\n"
			 "	xor	%%ebp, %%ebp\n"
			 "	ret\n"
			 "1:\n"
			 : "=a"(result)
			 : "a"(56), "D"(flags), "S"(top), "d"(0)
			 : "rcx", "r11", "memory");
	if (result < 0)
		print("clone ", result);
}

static unsigned short swap(unsigned port)
{
	return port << 8 | port >> 8;
}

static void connect_to(unsigned port)
{
	struct sockaddr_in to = { 2, swap(port), 0x0100007f, { 0 } };
	i64 fd = call(NR_socket, 2, 1, 0, 0, 0, 0), length;
	char bytes[32];
	i64 result = call(NR_connect, fd, (i64)&to, sizeof(to), 0, 0, 0);

	print("connect ", result);
	if (!result)
		while ((length = call(NR_read, fd, (i64)bytes, sizeof(bytes), 0, 0, 0)) > 0)
			print("read ", length);
	call(NR_close, fd, 0, 0, 0, 0, 0);
}

__attribute__((used)) static void run(u64 *start)
{
	struct sockaddr_in own = { 2, 0, 0x0100007f, { 0 } };
	unsigned length = sizeof(own), port = 0;
	char **argv = (char **)(start + 1);

	for (const char *c = start[0] > 1 ? argv[1] : "9"; *c; c++)
		port = port * 10 + *c - '0';
	server_fd = call(NR_socket, 2, 1, 0, 0, 0, 0);
	call(NR_bind, server_fd, (i64)&own, sizeof(own), 0, 0, 0);
	call(NR_listen, server_fd, 4, 0, 0, 0, 0);
	call(NR_getsockname, server_fd, (i64)&own, (i64)&length, 0, 0, 0);
	start_thread(serve);
	connect_to(swap(own.port));
	while (!__atomic_load_n(&ended, __ATOMIC_SEQ_CST))
		call(NR_futex, (i64)&ended, FUTEX_WAIT, 0, 0, 0, 0);
	connect_to(port);
	call(NR_exit_group, 0, 0, 0, 0, 0, 0);
}

__asm__(".globl _start\n"
	"_start:\n"
	"	mov	%rsp, %rdi\n"
	"	and	$-16, %rsp\n"
	"	call	run\n");
