/**
 * What /proc and pidfds tell of a thread, through descriptors that stay with that very thread: a number can be given to
 * another one, a descriptor cannot.
 *
 * Everything returns a value ≥ 0 or the negative errno. Names are bytes that end with a NUL ({@linkcode cString}).
 */

import { Open, result } from "../libc.ts";
import { cLibrary } from "../library.ts";
import { utf8Bytes } from "../strings.ts";

const libc = cLibrary({
  openat: { parameters: ["i32", /* int */ "buffer", /* const char * */ "i32" /* int */], result: "i32" },
  pread: {
    parameters: ["i32", /* int */ "buffer", /* void * */ "u32", /* size_t */ "u32" /* off_t */],
    result: "i32", /* ssize_t */
  },
  readlinkat: {
    parameters: ["i32", /* int */ "buffer", /* const char * */ "buffer", /* char * */ "u32" /* size_t */],
    result: "i32", /* ssize_t */
  },
  statx: {
    parameters: [
      "i32", /* int */
      "buffer", /* const char * */
      "i32", /* int */
      "u32", /* unsigned int */
      "buffer", /* struct statx * */
    ],
    result: "i32",
  },
  ioctl: {
    parameters: ["i32", /* int */ "u32", /* unsigned long */ "buffer" /* void * */],
    result: "i32",
  },
  getrlimit: { parameters: ["i32", /* int */ "buffer" /* struct rlimit * */], result: "i32" },
  // long syscall(long number, …): these have no functions of their own in older C libraries.
  pidfdOpen: {
    name: "syscall",
    parameters: ["i32", /* long */ "i32", /* pid_t */ "u32" /* unsigned int */],
    result: "i32",
  },
  pidfdGetfd: {
    name: "syscall",
    parameters: ["i32", /* long */ "i32", /* int */ "i32", /* int */ "u32" /* unsigned int */],
    result: "i32",
  },
});

// The same numbers on every architecture.
const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;

const AT_FDCWD = -100;

/** Memory for system calls, of its own: the engine might move that of a small typed array. */
export function buffer(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(bytes));
}

/** The bytes of a name with the NUL that ends it. */
export function cString(name: string): Uint8Array<ArrayBuffer> {
  const bytes = utf8Bytes(name);
  const ended = buffer(bytes.length + 1);
  ended.set(bytes);
  return ended;
}

/** openat(2) of an absolute path, to read. */
export function openFile(path: string): number {
  return result(libc().openat(AT_FDCWD, cString(path), Open.ReadOnly | Open.CloseOnExec));
}

/** openat(2) of a folder as a place to look from (O_PATH). */
export function openFolder(path: string): number {
  return result(libc().openat(AT_FDCWD, cString(path), Open.Path | Open.CloseOnExec));
}

/** openat(2) of a file in a folder, to read. */
export function openIn(folder: number, name: Uint8Array<ArrayBuffer>): number {
  return result(libc().openat(folder, name, Open.ReadOnly | Open.CloseOnExec));
}

/** pread(2) of as much as there is room for: bytes read, 0 at the end. */
export function readAt(fd: number, into: Uint8Array<ArrayBuffer>, offset = 0): number {
  return result(libc().pread(fd, into, into.length, offset));
}

/** readlinkat(2): bytes of the target. */
export function readLink(
  folder: number,
  name: Uint8Array<ArrayBuffer>,
  into: Uint8Array<ArrayBuffer>,
): number {
  return result(libc().readlinkat(folder, name, into, into.length));
}

/** Flags and mask of statx(2). `NoSync`: what is cached will do; a file server must not hold up a verdict. */
export const Statx = {
  NoSync: 0x4000,
  EmptyPath: 0x1000,
  Links: 0x4,
  /** User and group. */
  Owner: 0x18,
  ChangeTime: 0x80,
  Inode: 0x100,
  MountId: 0x1000,
} as const;

/** Bytes of struct statx. */
export const STATX_BYTES = 256;

/** statx(2), following a link. */
export function statAt(
  folder: number,
  name: Uint8Array<ArrayBuffer>,
  flags: number,
  mask: number,
  into: Uint8Array<ArrayBuffer>,
): number {
  return result(libc().statx(folder, name, flags, mask, into));
}

/** PIDFD_THREAD of pidfd_open(2), Linux 6.9: of a thread instead of a process. */
export const PIDFD_THREAD = 0x80;

/** pidfd_open(2); -EINVAL for a flag that the kernel does not know. */
export function pidfdOpen(pid: number, flags: number): number {
  return result(libc().pidfdOpen(SYS_PIDFD_OPEN, pid, flags));
}

/** pidfd_getfd(2): a duplicate of the descriptor `fd` of the pidfd's thread, close-on-exec. */
export function pidfdGetfd(pidfd: number, fd: number): number {
  return result(libc().pidfdGetfd(SYS_PIDFD_GETFD, pidfd, fd, 0));
}

const RLIMIT_NOFILE = 7;

/** Descriptors that this process may have. */
export function openFilesLimit(): number {
  const limits = new BigUint64Array(new ArrayBuffer(16));
  const failed = libc().getrlimit(RLIMIT_NOFILE, new Uint8Array(limits.buffer));
  return failed < 0 ? Infinity : Number(limits[0]);
}

/** PIDFD_GET_INFO of linux/pidfd.h with the first struct pidfd_info, 64 bytes. */
const PIDFD_GET_INFO = 0xc040ff0b;

/** Fills struct pidfd_info (Linux 6.13), whose first bytes say what is asked for; -ESRCH for a thread that is gone. */
export function pidfdInfo(pidfd: number, into: Uint8Array<ArrayBuffer>): number {
  return result(libc().ioctl(pidfd, PIDFD_GET_INFO, into));
}
