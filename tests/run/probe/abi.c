// SPDX-License-Identifier: MIT
/*
 * abi: calls that would go past a filter for the usual ones: the 32-bit ABI, x32 numbers, io_uring; and what must not be
 * done beside a judged call. See cases.h.
 */
#include "cases.h"
#include <linux/prctl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

/* A call by the gate of 32-bit programs. Return: its result, or -1 with errno. */
static long call32(unsigned nr, unsigned b, unsigned c, unsigned d, unsigned s, unsigned D)
{
	int result;

	asm volatile("push %%rbp; mov $0, %%ebp; int $0x80; pop %%rbp"
		     : "=a"(result)
		     : "a"(nr), "b"(b), "c"(c), "d"(d), "S"(s), "D"(D)
		     : "memory", "r8", "r9", "r10", "r11");
	if (result < 0) {
		errno = -result;
		return -1;
	}
	return result;
}

/* Memory that 32 bits can name. */
static unsigned low_memory(const void *bytes, size_t length)
{
	void *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		_exit(6);
	memcpy(low, bytes, length);
	return (unsigned)(unsigned long)low;
}

static void of_32_bits(void)
{
	int port, server = listener(4, &port), fd = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0), pair[2];
	struct sockaddr_in to = at("127.0.0.1", port);
	unsigned address = low_memory(&to, sizeof(to)), path = low_memory("/dev/null", 10);
	unsigned socket_args[3] = { AF_INET, SOCK_STREAM, 0 }, connect_args[3] = { fd, address, 16 };

	tell("getppid is right", call32(64, 0, 0, 0, 0, 0) == getppid());
	tell("open", call32(5, path, 0, 0, 0, 0) >= 0 ? 0 : -1);
	must("pipe", pipe(pair));
	tell("write", call32(4, pair[1], path, 4, 0, 0));
	tell("socket", call32(359, AF_INET, SOCK_STREAM, 0, 0, 0) >= 0 ? 0 : -1);
	tell("socketcall socket", call32(102, 1, low_memory(socket_args, sizeof(socket_args)), 0, 0, 0) >= 0 ? 0 : -1);
	tell("connect", call32(362, fd, address, 16, 0, 0));
	tell("socketcall connect", call32(102, 3, low_memory(connect_args, sizeof(connect_args)), 0, 0, 0));
	tell("sendto", call32(369, udp, path, 1, 0, address));
	tell("listen", call32(363, server, 4, 0, 0, 0));
	tell("accept4", call32(364, server, 0, 0, 0, 0) >= 0 ? 0 : -1);
	tell("shutdown", call32(373, fd, 2, 0, 0, 0));
	tell("io_uring_setup", call32(425, 4, low_memory("", 1), 0, 0, 0) >= 0 ? 0 : -1);
}

#define X32 0x40000000

static void of_x32(void)
{
	struct sockaddr_in to = at("127.0.0.1", 9);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	tell("getpid", syscall(X32 | SYS_getpid));
	tell("socket", syscall(X32 | SYS_socket, AF_INET, SOCK_DGRAM, 0));
	tell("connect", syscall(X32 | SYS_connect, fd, &to, sizeof(to)));
	tell("sendmsg", syscall(X32 | 518, fd, NULL, 0));
}

static void uring(void)
{
	char params[128] = { 0 };

	tell("setup", syscall(SYS_io_uring_setup, 4, params) >= 0 ? 0 : -1);
	tell("enter", syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0));
	tell("register", syscall(SYS_io_uring_register, -1, 0, NULL, 0));
}

/* A program must not type the answer to its own question. */
static void typing(void)
{
	int fd = must("open", open("/dev/null", O_RDWR));
	char key = 'y', what = 2;

	tell("TIOCSTI", ioctl(fd, TIOCSTI, &key));
	tell("TIOCSTI, upper half", syscall(SYS_ioctl, fd, TIOCSTI | 1UL << 40, &key));
	tell("TIOCLINUX", ioctl(fd, TIOCLINUX, &what));
	tell("TCGETS", ioctl(fd, TCGETS, NULL));
}

static void routes(void)
{
	static const unsigned char loose[] = { 131, 7, 4, 127, 0, 0, 1, 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), fd6 = socket(AF_INET6, SOCK_DGRAM, 0), on = 1;

	tell("IP_OPTIONS", setsockopt(fd, IPPROTO_IP, IP_OPTIONS, loose, sizeof(loose)));
	tell("IP_TTL", setsockopt(fd, IPPROTO_IP, IP_TTL, &(int){ 7 }, sizeof(int)));
	tell("IPV6_RTHDR", setsockopt(fd6, IPPROTO_IPV6, IPV6_RTHDR, NULL, 0));
	tell("IPV6_RECVRTHDR", setsockopt(fd6, IPPROTO_IPV6, IPV6_RECVRTHDR, &on, sizeof(on)));
}

static void executable(void)
{
	tell("PR_SET_MM_EXE_FILE", prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, -1, 0, 0));
	tell("PR_SET_NAME", prctl(PR_SET_NAME, "other"));
	tell("PR_GET_DUMPABLE", prctl(PR_GET_DUMPABLE));
}

/* The program's parent (under snet, snet) is not the program's to look into. */
static void parent(void)
{
	pid_t above = getpid();
	char path[64];
	int pidfd;

	/* The case's process is a child of the program; the one above that is whoever started it. */
	snprintf(path, sizeof(path), "/proc/%d/stat", getppid());
	{
		FILE *stat = fopen(path, "r");

		if (!stat || fscanf(stat, "%*d (%*[^)]) %*c %d", &above) != 1)
			_exit(8);
		fclose(stat);
	}
	tell("ptrace", ptrace(PTRACE_SEIZE, above, NULL, NULL));
	pidfd = must("pidfd_open", syscall(SYS_pidfd_open, above, 0));
	tell("pidfd_getfd", syscall(SYS_pidfd_getfd, pidfd, 0, 0) >= 0 ? 0 : -1);
	snprintf(path, sizeof(path), "/proc/%d/mem", above);
	tell("mem", open(path, O_RDWR) >= 0 ? 0 : -1);
	snprintf(path, sizeof(path), "/proc/%d/fd/0", above);
	tell("fd", open(path, O_RDONLY) >= 0 ? 0 : -1);
}

/* They carry TCP, and are none to Landlock. */
static void carriers(void)
{
	tell("mptcp", socket(AF_INET, SOCK_STREAM, 262) >= 0 ? 0 : -1);
	tell("smc", socket(AF_INET, SOCK_STREAM, 256) >= 0 ? 0 : -1);
	tell("smc of its own", socket(43, SOCK_STREAM, 0) >= 0 ? 0 : -1);
	tell("tcp", socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) >= 0 ? 0 : -1);
}

static const struct one_case all[] = {
	{ "carriers", carriers },
	{ "32 bits", of_32_bits },
	{ "x32", of_x32 },
	{ "io_uring", uring },
	{ "typing", typing },
	{ "routes", routes },
	{ "executable", executable },
	{ "parent", parent },
};

MAIN_OF_CASES(all)
