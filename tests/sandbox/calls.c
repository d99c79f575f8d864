// SPDX-License-Identifier: MIT
/*
 * Tries, by system calls alone, what a plugin in a sandbox must not do: each attempt is told as "NAME ok" or
 * "NAME errno". Arguments: a file to read and change, a folder, a process of the same user, a TCP port and a UDP port
 * of 127.0.0.1 that somebody listens on, a unix stream socket and a unix datagram socket.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif

static const char *file, *folder, *stream_path, *datagram_path;
static int victim, tcp_port, udp_port;

static char stack[65536];

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static struct sockaddr_un unix_address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	return address;
}

static const char *beside(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static long open_file(void) { return open(file, O_RDONLY); }
static long open_for_nothing(void) { return open(file, O_ACCMODE); }
static long hold_up(void)
{
	int fd = open(file, O_RDONLY);
	long held = fd < 0 ? fd : fcntl(fd, F_SETLEASE, F_RDLCK);

	/* Whoever opens it to write would have to wait, as this program does next. */
	if (held == 0)
		fcntl(fd, F_SETLEASE, F_UNLCK);
	return held;
}
static long open_to_write(void) { return open(file, O_WRONLY); }
static long truncate_file(void) { return truncate(file, 1); }
static long make_file(void) { return open(beside("made"), O_CREAT | O_EXCL | O_WRONLY, 0600); }
static long make_folder(void) { return mkdir(beside("folder"), 0700); }
static long make_link(void) { return symlink(file, beside("link")); }
static long hard_link(void) { return link(file, beside("hard")); }
static long rename_file(void) { return rename(beside("old"), beside("new")); }
static long remove_file(void) { return unlink(beside("gone")); }
static long list_folder(void) { return open(folder, O_RDONLY | O_DIRECTORY); }
static long list_proc(void) { return open("/proc", O_RDONLY | O_DIRECTORY); }
static long open_by_proc(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "/proc/self/root%s", file);
	return open(path, O_RDONLY);
}
static long read_environ(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", victim);
	return open(path, O_RDONLY);
}
static long chmod_file(void) { return chmod(file, 0666); }
static long chmod_at(void) { return syscall(__NR_fchmodat2, AT_FDCWD, file, 0644, 0); }
static long chown_file(void) { return chown(file, getuid(), -1); }
static long touch_file(void) { return utimensat(AT_FDCWD, file, NULL, 0); }
static long set_attribute(void) { return syscall(SYS_setxattr, file, "user.snet", "x", 1, 0); }
static long name_to_handle(void)
{
	char handle[sizeof(struct file_handle) + MAX_HANDLE_SZ] = { 0 };
	int mount;

	((struct file_handle *)handle)->handle_bytes = MAX_HANDLE_SZ;
	return name_to_handle_at(AT_FDCWD, "/", (struct file_handle *)handle, &mount, 0);
}

static long connect_to(int type, int port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, type, 0);

	return fd < 0 ? fd : connect(fd, (struct sockaddr *)&address, sizeof(address));
}
static long tcp_connect(void) { return connect_to(SOCK_STREAM, tcp_port); }
static long fast_open(void)
{
	struct sockaddr_in address = loopback(tcp_port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? fd : sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&address, sizeof(address));
}
static long udp_connect(void) { return connect_to(SOCK_DGRAM, udp_port); }
static long tcp_listen(void)
{
	struct sockaddr_in address = loopback(0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return listen(fd, 1);
}
static long mptcp_socket(void) { return socket(AF_INET, SOCK_STREAM, 262); }
static long netlink_socket(void) { return socket(AF_NETLINK, SOCK_RAW, 0); }
static long raw_socket(void) { return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static long packet_socket(void) { return socket(AF_PACKET, SOCK_RAW, 0); }
static long vsock_socket(void) { return socket(AF_VSOCK, SOCK_STREAM, 0); }
static long alg_socket(void) { return socket(AF_ALG, SOCK_SEQPACKET, 0); }
static long unix_connect(void)
{
	struct sockaddr_un address = unix_address(stream_path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd < 0 ? fd : connect(fd, (struct sockaddr *)&address, sizeof(address));
}
static long unix_datagram(void)
{
	struct sockaddr_un address = unix_address(datagram_path);
	int pair[2];

	/* One of a pair can send to others, too. */
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
		return -1;
	return sendto(pair[0], "x", 1, 0, (struct sockaddr *)&address, sizeof(address));
}
static long stream_pair(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static long attach(void) { return ptrace(PTRACE_SEIZE, victim, 0, 0); }
static long read_memory(void)
{
	char byte;
	struct iovec local = { &byte, 1 }, remote = { stack, 1 };
	long done = process_vm_readv(victim, &local, 1, &remote, 1, 0);

	/* The address is this program's own: that it is looked for at all is what counts. */
	return done < 0 && errno == EFAULT ? 0 : done;
}
static long open_memory(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", victim);
	return open(path, O_RDONLY);
}
static long signal_process(void) { return kill(victim, SIGCONT); }
static long signal_everybody(void) { return kill(-1, 0); }
static long signal_group(void) { return kill(0, 0); }
static long signal_thread(void) { return syscall(SYS_tgkill, victim, victim, SIGCONT); }
static long queue_signal(void)
{
	siginfo_t info = { .si_code = SI_QUEUE };

	return syscall(SYS_rt_sigqueueinfo, victim, SIGCONT, &info);
}
static long open_process(void) { return syscall(SYS_pidfd_open, victim, 0); }
static long limit_process(void)
{
	struct rlimit limit;

	return syscall(SYS_prlimit64, victim, RLIMIT_NOFILE, NULL, &limit);
}
static long slow_down(void) { return setpriority(PRIO_PROCESS, victim, 19); }
static long pin(void)
{
	cpu_set_t set;

	if (sched_getaffinity(victim, sizeof(set), &set) < 0)
		return -1;
	return sched_setaffinity(victim, sizeof(set), &set);
}
static long signal_by_file(void)
{
	int pipes[2];

	return pipe(pipes) < 0 ? -1 : fcntl(pipes[0], F_SETOWN, victim);
}
static long signal_by_ioctl(void)
{
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ? -1 : ioctl(pair[0], 0x8901 /* FIOSETOWN */, &victim);
}

static long reaped(long pid)
{
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, __WALL);
	return pid;
}
static long fork_process(void) { return reaped(syscall(SYS_fork)); }
static long clone_process(void) { return reaped(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }
static long clone3_process(void)
{
	unsigned long long words[8] = { 0 };

	words[4] = SIGCHLD;
	return reaped(syscall(SYS_clone3, words, sizeof(words)));
}
static long clone_namespace(void) { return reaped(syscall(SYS_clone, SIGCHLD | CLONE_NEWUSER, 0, 0, 0, 0)); }
static long outlive_parent(void) { return prctl(PR_SET_PDEATHSIG, 0); }
static long forge_image(void)
{
	/* Known, it complains of the address; refused, of the permission. */
	long failed = prctl(PR_SET_MM, PR_SET_MM_START_CODE, 1, 0, 0);

	return failed < 0 && errno == EINVAL ? 0 : failed;
}

static long unshare_user(void) { return unshare(CLONE_NEWUSER); }
static long join_namespace(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY);

	return fd < 0 ? fd : setns(fd, 0);
}
static long mount_folder(void)
{
	if (mount("none", folder, "tmpfs", 0, NULL) < 0)
		return -1;
	return umount(folder);
}
static long change_root(void) { return chroot("/"); }
static long open_tree_call(void) { return syscall(428, AT_FDCWD, "/", 0); }
static long watch_accesses(void) { return inotify_add_watch(inotify_init1(0), "/", IN_OPEN); }
static long stall_disks(void) { return syscall(SYS_sync); }
static long watch_files(void) { return syscall(SYS_fanotify_init, 0, 0); }

static long load_bpf(void)
{
	unsigned int map[18] = { 2 /* BPF_MAP_TYPE_ARRAY */, 4, 4, 1 };

	return syscall(SYS_bpf, 0 /* BPF_MAP_CREATE */, map, sizeof(map));
}
static long perf_event(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_DUMMY };

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}
static long fault_handler(void) { return syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */); }
static long ring(void)
{
	char parameters[120] = { 0 };

	return syscall(SYS_io_uring_setup, 1, parameters);
}
static long keyring(void) { return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1); }
static long memory_file(void) { return syscall(SYS_memfd_create, "x", 0); }
static long shared_mapping(void)
{
	return mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}
static long shared_memory(void)
{
	long id = syscall(SYS_shmget, 0 /* IPC_PRIVATE */, 4096, 0600);

	return id < 0 ? id : syscall(SYS_shmctl, id, 0 /* IPC_RMID */, NULL);
}
static long message_queue(void)
{
	long id = syscall(SYS_msgget, 0, 0600);

	return id < 0 ? id : syscall(SYS_msgctl, id, 0, NULL);
}
static long kernel_log(void) { return syscall(SYS_syslog, 10 /* SYSLOG_ACTION_SIZE_BUFFER */, NULL, 0); }
static long change_personality(void) { return syscall(SYS_personality, 0); }
static long set_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	/* An impossible time: whoever may set the clock is told so. */
	now.tv_nsec = 2000000000;
	long failed = syscall(SYS_clock_settime, CLOCK_REALTIME, &now);

	return failed < 0 && errno == EINVAL ? 0 : failed;
}
static long x32_call(void) { return syscall(0x40000000 | SYS_getpid); }
static long i386_call(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20 /* getpid */) : "memory");
	if (result < 0) {
		errno = -result;
		return -1;
	}
	return result;
}
static long become_root(void) { return setuid(0); }

static const struct {
	const char *name;
	long (*attempt)(void);
} ATTEMPTS[] = {
#define A(name) { #name, name }
	A(open_file), A(open_for_nothing), A(hold_up), A(open_to_write), A(truncate_file), A(make_file), A(make_folder), A(make_link), A(hard_link),
	A(rename_file), A(remove_file), A(list_folder), A(list_proc), A(open_by_proc), A(read_environ), A(chmod_file),
	A(chmod_at), A(chown_file), A(touch_file), A(set_attribute), A(name_to_handle), A(tcp_connect), A(fast_open), A(udp_connect),
	A(tcp_listen), A(mptcp_socket), A(netlink_socket), A(raw_socket), A(packet_socket), A(vsock_socket),
	A(alg_socket), A(unix_connect), A(unix_datagram), A(stream_pair), A(attach), A(read_memory), A(open_memory),
	A(signal_process), A(signal_everybody), A(signal_group), A(signal_thread), A(queue_signal), A(open_process),
	A(limit_process), A(slow_down), A(pin), A(signal_by_file), A(signal_by_ioctl), A(fork_process),
	A(clone_process), A(clone3_process), A(clone_namespace), A(outlive_parent),
	A(forge_image), A(join_namespace), A(mount_folder), A(change_root), A(open_tree_call),
	A(watch_files), A(watch_accesses), A(stall_disks), A(load_bpf), A(perf_event), A(fault_handler), A(ring), A(keyring), A(memory_file),
	A(shared_memory), A(shared_mapping), A(message_queue), A(kernel_log), A(change_personality), A(set_clock), A(x32_call),
	A(i386_call), A(become_root), A(unshare_user),
};

int main(int argc, char **argv)
{
	if (argc != 8)
		return 2;
	file = argv[1];
	folder = argv[2];
	victim = atoi(argv[3]);
	tcp_port = atoi(argv[4]);
	udp_port = atoi(argv[5]);
	stream_path = argv[6];
	datagram_path = argv[7];
	setbuf(stdout, NULL);
	for (size_t i = 0; i < sizeof(ATTEMPTS) / sizeof(*ATTEMPTS); i++) {
		errno = 0;
		long result = ATTEMPTS[i].attempt();

		if (result >= 0)
			printf("%s ok\n", ATTEMPTS[i].name);
		else
			printf("%s %d\n", ATTEMPTS[i].name, errno);
	}
	return 0;
}
