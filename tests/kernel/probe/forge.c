// SPDX-License-Identifier: MIT
/*
 * forge HOW VICTIM PROGRAM STEP...: runs PROGRAM (call) so that it looks like VICTIM to those who look at paths.
 *
 *   bindmount  in user and mount namespaces of its own, PROGRAM is mounted over VICTIM, and VICTIM executed
 *   chroot     in a user namespace, VICTIM's path is executed below a root folder of its own
 *   mm-map     this process makes /proc/self/exe point to VICTIM (PR_SET_MM_MAP) and connects by itself:
 *              STEP is one ADDRESS:PORT. Prints "exe PATH" as /proc/self/exe gives it, and "connect RESULT"
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/prctl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(2, "%s", path);
	close(fd);
}

/* What any user may do: become root of a namespace of one's own. */
static void own_namespaces(int flags)
{
	char line[64];
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (unshare(CLONE_NEWUSER | flags))
		err(2, "unshare");
	write_file("/proc/self/setgroups", "deny");
	snprintf(line, sizeof(line), "0 %u 1", uid);
	write_file("/proc/self/uid_map", line);
	snprintf(line, sizeof(line), "0 %u 1", gid);
	write_file("/proc/self/gid_map", line);
}

static void by_bindmount(const char *victim, const char *program, char **argv)
{
	own_namespaces(CLONE_NEWNS);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount(program, victim, NULL, MS_BIND, NULL))
		err(2, "mount");
	execv(victim, argv);
	err(2, "exec");
}

/* The new root holds a copy of the program under the victim's path, and the real root's libraries. */
static void by_chroot(const char *victim, const char *program, char **argv)
{
	char root[] = "/tmp/forge-XXXXXX", command[4096];

	own_namespaces(CLONE_NEWNS);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || !mkdtemp(root))
		err(2, "a new root");
	snprintf(command, sizeof(command),
		 "set -e; d=%s%s; mkdir -p \"$(dirname $d)\" %s/usr/lib; cp %s $d;"
		 "ln -s usr/lib %s/lib; ln -s usr/lib64 %s/lib64; mkdir -p %s/usr/lib64;"
		 "mount --rbind /usr/lib %s/usr/lib; mount --rbind /usr/lib64 %s/usr/lib64",
		 root, victim, root, program, root, root, root, root, root);
	if (system(command))
		errx(2, "cannot fill the new root");
	if (chroot(root) || chdir("/"))
		err(2, "chroot");
	execv(victim, argv);
	err(2, "exec");
}

/*
 * The kernel lets go of an executable that no mapping shows any more. So each mapping of it is replaced by an
 * anonymous one with the same bytes, the running code included.
 */
static void forget_own_file(void)
{
	char line[8192], path[4096], self[4096] = { 0 };
	FILE *maps = fopen("/proc/self/maps", "r");

	if (!maps || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		err(2, "/proc/self/maps");
	while (fgets(line, sizeof(line), maps)) {
		unsigned long from, to;
		char modes[8];
		void *copy;

		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %4095s", &from, &to, modes, path) != 4 || strcmp(path, self))
			continue;
		copy = mmap(NULL, to - from, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (copy == MAP_FAILED)
			err(2, "mmap");
		memcpy(copy, (void *)from, to - from);
		if (mprotect(copy, to - from,
			     (modes[0] == 'r' ? PROT_READ : 0) | (modes[1] == 'w' ? PROT_WRITE : 0) |
				     (modes[2] == 'x' ? PROT_EXEC : 0)))
			err(2, "mprotect");
		if (mremap(copy, to - from, to - from, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)from) == MAP_FAILED)
			err(2, "mremap");
	}
	fclose(maps);
}

/* Numbers of /proc/self/stat: 26 start_code ... 45 start_data, and so on; see proc(5). */
static struct prctl_mm_map own_map(void)
{
	struct prctl_mm_map map = { .exe_fd = -1 };
	unsigned long n[53] = { 0 };
	char text[4096] = { 0 }, *at;
	FILE *stat = fopen("/proc/self/stat", "r");

	if (!stat || !fread(text, 1, sizeof(text) - 1, stat))
		err(2, "/proc/self/stat");
	fclose(stat);
	at = strrchr(text, ')') + 2;
	for (int i = 3; i <= 52 && at; i++) {
		char *word = strsep(&at, " ");

		n[i] = strtoul(word, NULL, 10);
	}
	map.start_code = n[26];
	map.end_code = n[27];
	map.start_stack = n[28];
	map.start_data = n[45];
	map.end_data = n[46];
	map.start_brk = n[47];
	map.arg_start = n[48];
	map.arg_end = n[49];
	map.env_start = n[50];
	map.env_end = n[51];
	map.brk = (uintptr_t)sbrk(0);
	return map;
}

static void by_mm_map(const char *victim, char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct prctl_mm_map map = own_map();
	char *port = strchr(address, ':'), exe[4096] = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (!port)
		errx(2, "not an address: %s", address);
	*port++ = 0;
	to.sin_port = htons(atoi(port));
	inet_pton(AF_INET, address, &to.sin_addr);
	map.exe_fd = open(victim, O_RDONLY);
	if ((int)map.exe_fd < 0)
		err(2, "%s", victim);
	forget_own_file();
	if (syscall(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0))
		err(2, "PR_SET_MM_MAP");
	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		err(2, "/proc/self/exe");
	printf("exe %s\n", exe);
	printf("connect %s\n", connect(fd, (struct sockaddr *)&to, sizeof(to)) ? strerrorname_np(errno) : "0");
}

int main(int argc, char **argv)
{
	if (argc < 5)
		errx(2, "usage: forge bindmount|chroot|mm-map VICTIM PROGRAM STEP...");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(argv[1], "bindmount"))
		by_bindmount(argv[2], argv[3], argv + 3);
	else if (!strcmp(argv[1], "chroot"))
		by_chroot(argv[2], argv[3], argv + 3);
	else if (!strcmp(argv[1], "mm-map"))
		by_mm_map(argv[2], argv[4]);
	else
		errx(2, "no way \"%s\"", argv[1]);
	return 0;
}
