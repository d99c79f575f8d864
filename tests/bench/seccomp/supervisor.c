// SPDX-License-Identifier: MIT
/*
 * supervisor ACTION PROGRAM...: the smallest seccomp supervisor: runs a program whose calls are held, and answers each.
 * What `snet run` is compared with. ACTION:
 *   continue   socket(2) is held, and goes on in the kernel
 *   deny       connect(2) is held; its address is read, and it is denied (EPERM)
 *   emulate    connect(2) is held; its address is read, and it is carried out on a duplicate of the socket
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1UL
#endif

static int listener;
static int pidfd; /* of the one process that there is: its threads share their descriptors */

static _Noreturn void be_program(int nr, int tell, int go, char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	int fd;
	char c;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err(2, "no_new_privs");
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
	if (fd < 0)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (fd < 0)
		err(2, "seccomp");
	if (write(tell, &fd, sizeof(fd)) != sizeof(fd) || read(go, &c, 1) != 1)
		_exit(2);
	execvp(argv[0], argv);
	err(2, "%s", argv[0]);
}

static int emulate(const struct seccomp_notif *call, const void *address, unsigned length)
{
	int fd = syscall(SYS_pidfd_getfd, pidfd, (int)call->data.args[0], 0), result;

	if (fd < 0)
		return -errno;
	result = connect(fd, address, length) ? -errno : 0;
	close(fd);
	return result;
}

static void answer(const char *action, const struct seccomp_notif *call)
{
	struct seccomp_notif_resp response = { .id = call->id };

	if (!strcmp(action, "continue")) {
		response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	} else {
		char address[128];
		unsigned length = call->data.args[2] < sizeof(address) ? call->data.args[2] : sizeof(address);
		struct iovec here = { address, length }, there = { (void *)call->data.args[1], length };

		if (process_vm_readv(call->pid, &here, 1, &there, 1, 0) != (ssize_t)length)
			response.error = -EFAULT;
		else if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id))
			return;
		else
			response.error = !strcmp(action, "deny") ? -EPERM : emulate(call, address, length);
	}
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

int main(int argc, char **argv)
{
	int tell[2], go[2], fd, status;
	struct seccomp_notif call;
	pid_t child;

	if (argc < 3)
		errx(2, "usage: supervisor ACTION PROGRAM...");
	if (pipe(tell) || pipe(go))
		err(2, "pipe");
	child = fork();
	if (!child)
		be_program(!strcmp(argv[1], "continue") ? SYS_socket : SYS_connect, tell[1], go[0], argv + 2);
	if (read(tell[0], &fd, sizeof(fd)) != sizeof(fd))
		errx(2, "the program did not start");
	pidfd = syscall(SYS_pidfd_open, child, 0);
	listener = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (listener < 0)
		err(2, "pidfd_getfd");
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	if (write(go[1], "", 1) != 1)
		err(2, "write");
	for (;;) {
		struct pollfd one = { .fd = listener, .events = POLLIN };

		/* As snet does: it has more than one descriptor to look at. */
		if (poll(&one, 1, -1) < 0 || one.revents & POLLHUP)
			break;
		memset(&call, 0, sizeof(call));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) == 0)
			answer(argv[1], &call);
	}
	return waitpid(child, &status, 0) < 0 || status != 0;
}
