// SPDX-License-Identifier: MIT
/*
 * Entry of dist/snet. ld.so jumps here in place of deno's own entry. The stub puts the program that was added
 * to the file (core/package/elf.ts) into a sealed memfd, places deno's words before the user's arguments, and
 * goes on to deno's entry: no exec, no copy of deno, and /proc/self/exe stays this file.
 *
 * Freestanding: no libc, no relocations, no writable data. Its own constants are those of the kernel's uapi.
 */
#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <linux/resource.h>
#include <linux/stat.h>

typedef unsigned long u64;
typedef long i64;

/*
 * What elf.ts writes behind the code; offsets count from the start of this header. Keep in step with
 * HEADER in elf.ts.
 */
struct header {
	char magic[8];
	i64 entry;             /* deno's own entry */
	u64 app, app_length;   /* the program */
	u64 words, word_count; /* NUL-ended: name of the memfd, then deno's words without argv[0] and script */
	u64 env, env_count;    /* NUL-ended NAME=value for names that the environment lacks; at most one */
};

/* Placed by stub.ld at the end of the code. */
extern const struct header HEADER __attribute__((visibility("hidden")));

/* Kernels before 6.3 do not know it (EINVAL); newer ones warn without it. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x8U
#endif

#define PATH_ROOM 512
#define NAME_ROOM 200 /* of the memfd's name; the kernel takes 249 */
#define SIGNALS 64

#if defined(__x86_64__)

#define NR_write 1
#define NR_close 3
#define NR_rt_sigaction 13
#define NR_fcntl 72
#define NR_mkdir 83
#define NR_getrlimit 97
#define NR_geteuid 107
#define NR_exit_group 231
#define NR_newfstatat 262
#define NR_memfd_create 319
#define NR_statx 332
#define NR_faccessat2 439

static inline i64 call(i64 nr, i64 a, i64 b, i64 c, i64 d, i64 e)
{
	register i64 r10 __asm__("r10") = d;
	register i64 r8 __asm__("r8") = e;
	i64 result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

/* rdx holds ld.so's exit function, which the real entry registers: it must arrive there. */
__asm__(".section .text.start,\"ax\"\n"
	".globl _start\n"
	"_start:\n"
	"	endbr64\n"
	"	mov	%rdx, %r12\n"
	"	mov	%rsp, %rbx\n"
	"	mov	%rsp, %rdi\n"
	"	call	room\n"
	"	sub	%rax, %rsp\n"
	"	and	$-64, %rsp\n"
	"	mov	%rbx, %rdi\n"
	"	mov	%rsp, %rsi\n"
	"	call	prepare\n"
	"	mov	%r12, %rdx\n"
	"	xor	%ebp, %ebp\n"
	"	jmp	*%rax\n");

#elif defined(__aarch64__)
/* Needed here: the syscall numbers (mkdirat for mkdir), call() by svc #0, and an entry that keeps x0. */
#error "aarch64 is not written yet"
#else
#error "no stub for this architecture"
#endif

static u64 length_of(const char *text)
{
	u64 length = 0;

	while (text[length])
		length++;
	return length;
}

static void die(const char *message)
{
	call(NR_write, 2, (i64)message, length_of(message), 0, 0);
	call(NR_exit_group, 125, 0, 0, 0, 0);
	__builtin_unreachable();
}

/* Appends as much of text as has room before end, and a NUL. Return: where the NUL is. */
static char *append(char *at, const char *end, const char *text)
{
	while (*text && at < end - 1)
		*at++ = *text++;
	*at = 0;
	return at;
}

static char *append_number(char *at, const char *end, u64 number)
{
	char digits[24], *first = digits + sizeof(digits) - 1;

	*first = 0;
	do {
		*--first = '0' + number % 10;
		number /= 10;
	} while (number);
	return append(at, end, first);
}

/* The value of NAME where entry is "NAME=value". */
static const char *value_of(const char *entry, const char *name)
{
	while (*name && *entry == *name) {
		entry++;
		name++;
	}
	return !*name && *entry == '=' ? entry + 1 : 0;
}

static int begins(const char *text, const char *beginning)
{
	while (*beginning && *text == *beginning) {
		text++;
		beginning++;
	}
	return !*beginning;
}

/*
 * Variables of node and deno are not snet's: they name code to run first (NODE_OPTIONS), an address to listen on
 * in place of the control socket (DENO_SERVE_ADDRESS), and one to tell of what snet does (OTEL_DENO, OTEL_EXPORTER_x).
 */
static int is_foreign(const char *entry)
{
	if (value_of(entry, "DENO_DIR") || value_of(entry, "DENO_NO_UPDATE_CHECK"))
		return 0;
	return begins(entry, "NODE_") || begins(entry, "DENO_") || begins(entry, "OTEL_");
}

/*
 * Takes them out of the vector, where libc looks as well. The texts stay: /proc/self/environ shows what snet was given,
 * and what a program that it starts is to get (core/run/start.ts). Return: how many are left.
 */
static u64 disown_env(char **env)
{
	u64 kept = 0, i;

	for (i = 0; env[i]; i++)
		if (!is_foreign(env[i]))
			env[kept++] = env[i];
	env[kept] = 0;
	return kept;
}

static const char *find_env(char *const *env, const char *name)
{
	for (; *env; env++) {
		const char *value = value_of(*env, name);

		if (value)
			return value;
	}
	return 0;
}

/* Whether env already says something for the name of "NAME=value". */
static int has_name(char *const *env, const char *entry)
{
	for (; *env; env++) {
		u64 i = 0;

		while (entry[i] && entry[i] != '=' && (*env)[i] == entry[i])
			i++;
		if (entry[i] == '=' && (*env)[i] == '=')
			return 1;
	}
	return 0;
}

/* Signals that are ignored, as a mask like SigIgn of /proc/self/status. */
static u64 ignored_signals(void)
{
	u64 mask = 0, signal;

	for (signal = 1; signal <= SIGNALS; signal++) {
		u64 action[4] = { 0 }; /* handler, flags, restorer, mask */

		call(NR_rt_sigaction, signal, 0, (i64)action, sizeof(action[3]), 0);
		if (action[0] == 1 /* SIG_IGN */)
			mask |= 1UL << (signal - 1);
	}
	return mask;
}

/*
 * Deno raises the limit of open files and ignores SIGPIPE before the program can look: what was before, which what snet
 * starts is to get, is told in the memfd's name. core/run/start.ts reads it.
 */
static void name_memfd(char *name, const char *end)
{
	struct rlimit files = { 0 };

	name = append(name, end, (const char *)&HEADER + HEADER.words);
	if (call(NR_getrlimit, RLIMIT_NOFILE, (i64)&files, 0, 0, 0) == 0)
		name = append_number(append(name, end, " nofile="), end, files.rlim_cur);
	append_number(append(name, end, " ignored="), end, ignored_signals());
}

/* Copies the program to a sealed memfd, out of the way of the low numbers. */
static int unpack(const char *base, char *name)
{
	i64 fd = call(NR_memfd_create, (i64)name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL, 0, 0, 0);
	u64 done = 0;
	i64 high;

	if (fd < 0)
		fd = call(NR_memfd_create, (i64)name, MFD_CLOEXEC | MFD_ALLOW_SEALING, 0, 0, 0);
	if (fd < 0)
		die("snet: cannot unpack itself: memfd_create failed\n");
	while (done < HEADER.app_length) {
		i64 wrote = call(NR_write, fd, (i64)(base + HEADER.app + done), HEADER.app_length - done, 0, 0);

		if (wrote <= 0)
			die("snet: cannot unpack itself: out of memory\n");
		done += wrote;
	}
	if (call(NR_fcntl, fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, 0, 0) < 0)
		die("snet: cannot unpack itself: sealing failed\n");
	high = call(NR_fcntl, fd, F_DUPFD_CLOEXEC, 64, 0, 0);
	if (high < 0)
		return fd;
	call(NR_close, fd, 0, 0, 0, 0);
	return high;
}

#define MODE_STICKY 01000

/* Whether nobody but this user and root can put another folder in the place of path, or of one above it. */
static int is_kept(char *path)
{
	u64 uid = call(NR_geteuid, 0, 0, 0, 0, 0);
	struct statx st;
	char *at;

	for (at = path + 1; *at; at++) {
		i64 failed;

		if (*at != '/')
			continue;
		*at = 0;
		failed = call(NR_statx, AT_FDCWD, (i64)path, 0, STATX_BASIC_STATS, (i64)&st);
		*at = '/';
		if (failed < 0 || (st.stx_uid && st.stx_uid != uid) ||
		    ((st.stx_mode & 02) && !(st.stx_mode & MODE_STICKY)))
			return 0;
	}
	return 1;
}

/* Only a folder that nobody else can write to: deno runs the compiled code that it finds there. */
static int own_folder(char *path)
{
	struct statx st;

	if (!is_kept(path))
		return 0;
	call(NR_mkdir, (i64)path, 0700, 0, 0, 0);
	if (call(NR_statx, AT_FDCWD, (i64)path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, (i64)&st) < 0)
		return 0;
	return (st.stx_mode & S_IFMT) == S_IFDIR && !(st.stx_mode & 022) &&
	       st.stx_uid == (u64)call(NR_geteuid, 0, 0, 0, 0, 0) &&
	       call(NR_faccessat2, AT_FDCWD, (i64)path, 3 /* W_OK | X_OK */, AT_EACCESS, 0) == 0;
}

/* A folder of ours below one that may not be there yet, as that of a user who is new. */
static int own_folder_below(char *path, const char *end, char *parent_end, const char *name)
{
	call(NR_mkdir, (i64)path, 0700, 0, 0, 0);
	append(parent_end, end, name);
	return own_folder(path);
}

/*
 * Where deno caches compiled code: /var/cache/snet for root, the user's own cache else, /tmp for who has no
 * home. Without one snet starts slower, and deno complains in a terminal: a path below a file that is no folder
 * turns the cache off.
 */
static void choose_cache(char *entry, char *const *env)
{
	const char *end = entry + PATH_ROOM, *home;
	char *path = append(entry, end, "DENO_DIR=");

	append(path, end, "/var/cache/snet");
	if (own_folder(path))
		return;
	home = find_env(env, "XDG_CACHE_HOME");
	if (home && *home == '/' && own_folder_below(path, end, append(path, end, home), "/snet"))
		return;
	home = find_env(env, "HOME");
	if (home && *home == '/' &&
	    own_folder_below(path, end, append(append(path, end, home), end, "/.cache"), "/snet"))
		return;
	append_number(append(path, end, "/tmp/snet-"), end, call(NR_geteuid, 0, 0, 0, 0, 0));
	if (own_folder(path))
		return;
	append(path, end, "/dev/null/snet");
}

/*
 * ld.so has told libc where the environment is: in the kernel's vector, whatever the new one says. So it grows where it
 * stands, by the one or two entries that more points to: first into the room that disowned variables left, then into the
 * auxiliary vector behind it. That makes room by giving up AT_FLAGS, which is always 0; what stays in its first place is
 * an entry of no known type.
 */
static void grow_environment(char **env_end, u64 room, u64 *aux, const u64 *more, u64 count)
{
	u64 i = 0;

	for (; room && count; room--, count--)
		*env_end++ = (char *)*more++;
	*env_end = 0;
	if (count == 0)
		return;
	while (aux[i] != AT_FLAGS && aux[i] != AT_NULL)
		i += 2;
	if (aux[i] == AT_NULL)
		return;
	for (; i > 0; i -= 2) {
		aux[i] = aux[i - 2];
		aux[i + 1] = aux[i - 1];
	}
	*env_end = (char *)more[0];
	/* A single one stands there twice: a 0 in this place would end the auxiliary vector for getauxval(3). */
	aux[0] = count > 1 ? more[1] : more[0];
	aux[1] = 0;
}

/*
 * With this word in the first place the file is deno and nothing else: 'snet plugins' checks and tests plugins that way,
 * where no other deno is, and a plugin's process has its permissions that way. It gives nobody more than a copy of deno
 * would, so never where the file gives privileges (set-user-ID, capabilities): the word is one for snet then.
 */
#define AS_DENO "--as-deno"

static int is_deno(u64 argc, char *const *argv, const u64 *aux)
{
	for (; aux[0] != AT_NULL; aux += 2)
		if (aux[0] == AT_SECURE && aux[1])
			return 0;
	return argc > 1 && begins(argv[1], AS_DENO) && begins(AS_DENO, argv[1]);
}

/* Entries before the NULL. */
static u64 count_of(char *const *vector)
{
	u64 count = 0;

	while (vector[count])
		count++;
	return count;
}

/* Words of the auxiliary vector, its end included. */
static u64 aux_words(const u64 *aux)
{
	u64 count = 0;

	while (aux[count] != AT_NULL)
		count += 2;
	return count + 2;
}

/* Words of the new vector: argc, two NULLs, argv with words and script, env with defaults and DENO_DIR, auxv. */
static u64 vector_words(u64 argc, u64 envc, u64 auxc)
{
	return 3 + argc + HEADER.word_count + 1 + envc + HEADER.env_count + 1 + auxc;
}

/* Return: bytes of the stack that prepare() fills. */
__attribute__((used, visibility("hidden"))) u64 room(u64 *old)
{
	char **env = (char **)(old + 1) + old[0] + 1;
	u64 envc = count_of(env);

	return vector_words(old[0], envc, aux_words((u64 *)(env + envc + 1))) * sizeof(u64) + 2 * PATH_ROOM;
}

/*
 * Writes at out what the kernel left at old, with deno's words, script (but for is_deno) and environment added.
 * Return: deno's entry.
 */
__attribute__((used, visibility("hidden"))) const void *prepare(u64 *old, u64 *out)
{
	const char *base = (const char *)&HEADER, *text;
	u64 argc = old[0], envc, given, auxc, i;
	char **argv = (char **)(old + 1), **env = argv + argc + 1;
	int deno;
	char *script, *cache, name[NAME_ROOM];
	u64 *aux, *more, *p = out;

	given = count_of(env);
	aux = (u64 *)(env + given + 1);
	auxc = aux_words(aux);
	deno = is_deno(argc, argv, aux);
	envc = disown_env(env);

	/* Two texts stand behind the vector. */
	script = (char *)(out + vector_words(argc, given, auxc));
	cache = script + PATH_ROOM;
	*p++ = deno ? argc - 1 : (argc ? argc : 1) + HEADER.word_count + 1;
	*p++ = argc ? (u64)argv[0] : (u64)(base + HEADER.words);
	if (!deno) {
		name_memfd(name, name + sizeof(name));
		append_number(append(script, cache, "/proc/self/fd/"), cache, unpack(base, name));
		text = base + HEADER.words;
		text += length_of(text) + 1;
		for (i = 0; i < HEADER.word_count; i++) {
			*p++ = (u64)text;
			text += length_of(text) + 1;
		}
		*p++ = (u64)script;
	}
	for (i = deno ? 2 : 1; i < argc; i++)
		*p++ = (u64)argv[i];
	*p++ = 0;

	for (i = 0; i < envc; i++)
		*p++ = (u64)env[i];
	more = p;
	text = base + HEADER.env;
	for (i = 0; i < HEADER.env_count; i++) {
		if (!has_name(env, text))
			*p++ = (u64)text;
		text += length_of(text) + 1;
	}
	if (!find_env(env, "DENO_DIR")) {
		choose_cache(cache, env);
		*p++ = (u64)cache;
	}
	*p++ = 0;

	for (i = 0; i < auxc; i++)
		p[i] = aux[i];
	grow_environment(env + envc, given - envc, aux, more, p - 1 - more);
	return base + HEADER.entry;
}
