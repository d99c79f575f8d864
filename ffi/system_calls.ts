/**
 * System calls without the C library between: each returns what the kernel does, a value ≥ 0 or the negative errno.
 *
 * A function of the C library leaves the errno in memory of the thread, for a second read. Between the two the engine may do
 * what it likes, and that makes system calls too: it collects garbage, and waits for the thread that compiles. A lock of it
 * that is let go in that very moment leaves EAGAIN there (futex(2)), which the program would be told.
 */

import { sharedObject } from "./shared_object.ts";

/** What it is called once it is loaded: a name that no file has. */
export const SYSTEM_CALLS = "/proc/self/fd/snet-system-calls";

/** Parameters that the kernel's call has and the C library's does not, which are 0. */
type Zero = "fifth" | "fifth and sixth";

/** By the C library's name, the number on x86_64. */
const CALLS: Readonly<Record<string, number | readonly [number, Zero]>> = {
  accept4: 288,
  bind: 49,
  capget: 125,
  capset: 126,
  close: 3,
  connect: 42,
  epoll_create1: 291,
  epoll_ctl: 233,
  epoll_wait: 232,
  eventfd: 290, // eventfd2
  fcntl: 72,
  getpeername: 52,
  getpgid: 121,
  getrlimit: 97,
  getsockname: 51,
  getsockopt: 55,
  getxattr: 191,
  ioctl: 16,
  kill: 62,
  listen: 50,
  openat: 257,
  poll: 7,
  prctl: 157,
  pread: 17, // pread64
  process_vm_readv: 310,
  process_vm_writev: 311,
  read: 0,
  readlinkat: 267,
  recv: [45, "fifth and sixth"], // recvfrom
  recvmmsg: 299,
  send: [44, "fifth and sixth"], // sendto
  sendmsg: 46,
  sendto: 44,
  setsockopt: 54,
  shutdown: 48,
  socket: 41,
  statx: 332,
  waitid: [247, "fifth"],
  write: 1,
};

/** Functions and kernel pass parameters in the same registers, but for the fourth. */
const FOURTH = [0x49, 0x89, 0xca]; // mov %rcx, %r10
const CALL_AND_RETURN = [0x0f, 0x05, 0xc3]; // syscall; ret
const ZEROS: Readonly<Record<Zero, readonly number[]>> = {
  fifth: [0x45, 0x31, 0xc0], // xor %r8d, %r8d
  "fifth and sixth": [0x45, 0x31, 0xc0, 0x45, 0x31, 0xc9], // and %r9d
};

function codeOf(number: number, zeros: readonly number[]): Uint8Array<ArrayBuffer> {
  const move = [0xb8, number & 0xff, number >> 8, 0, 0]; // mov $number, %eax
  return Uint8Array.from([...move, ...FOURTH, ...zeros, ...CALL_AND_RETURN]);
}

/** syscall(2): the number, then six parameters, of which the last is on the stack. */
// deno-fmt-ignore
const SYSCALL = Uint8Array.from([
  0x89, 0xf8, // mov %edi, %eax
  0x48, 0x89, 0xf7, // mov %rsi, %rdi
  0x48, 0x89, 0xd6, // mov %rdx, %rsi
  0x48, 0x89, 0xca, // mov %rcx, %rdx
  0x4d, 0x89, 0xc2, // mov %r8, %r10
  0x4d, 0x89, 0xc8, // mov %r9, %r8
  0x4c, 0x8b, 0x4c, 0x24, 0x08, // mov 8(%rsp), %r9
  ...CALL_AND_RETURN,
]);

function allCalls(): Map<string, Uint8Array> {
  const functions = new Map([["syscall", SYSCALL]]);
  for (const [name, call] of Object.entries(CALLS)) {
    const [number, zero] = typeof call === "number" ? [call] : call;
    functions.set(name, codeOf(number, zero === undefined ? [] : ZEROS[zero]));
  }
  return functions;
}

/** True for a function of the C library that does no more than its system call. */
export function isSystemCall(name: string): boolean {
  return name === "syscall" || Object.hasOwn(CALLS, name);
}

const MFD_CLOEXEC = 1;
const MFD_EXEC = 16;

/** Functions of the C library by which a file in memory is made. */
export const FOR_SYSTEM_CALLS = {
  memfd_create: { parameters: ["buffer", /* const char * */ "u32" /* unsigned int */], result: "i32" },
  write: { parameters: ["i32", /* int */ "buffer", /* const void * */ "u32" /* size_t */], result: "i32" },
  close: { parameters: ["i32" /* int */], result: "i32" },
} as const;

/**
 * Opens functions for which {@linkcode isSystemCall} holds, as Deno.dlopen; undefined where the machine is another one, or
 * lets no file in memory be made and executed (a filter, SELinux). `libc` is asked for once, by the first of the process.
 */
export function openSystemCalls<const S extends Deno.ForeignLibraryInterface>(
  libc: () => Deno.DynamicLibrary<typeof FOR_SYSTEM_CALLS>["symbols"],
  symbols: S,
): Deno.DynamicLibrary<S>["symbols"] | undefined {
  if (Deno.build.arch !== "x86_64") return undefined;
  try {
    return Deno.dlopen(SYSTEM_CALLS, symbols).symbols;
  } catch {
    // It is not loaded yet.
  }
  const { memfd_create, write, close } = libc();
  const name = new TextEncoder().encode("snet-system-calls\0");
  let fd = memfd_create(name, MFD_CLOEXEC | MFD_EXEC);
  if (fd < 0) fd = memfd_create(name, MFD_CLOEXEC); // before Linux 6.3
  if (fd < 0) return undefined;
  try {
    const file = sharedObject(SYSTEM_CALLS, allCalls());
    if (write(fd, file, file.length) !== file.length) return undefined;
    return Deno.dlopen(`/proc/self/fd/${fd}`, symbols).symbols;
  } catch {
    return undefined;
  } finally {
    close(fd);
  }
}
