/**
 * System calls on sockets that are not the caller's own. They return what the call returns, or the negative errno; memory
 * that is used again and again is allocated once.
 */

import { result } from "../libc.ts";
import { cLibrary } from "../library.ts";

const libc = cLibrary({
  connect: {
    parameters: ["i32", /* int */ "buffer", /* struct sockaddr * */ "u32" /* socklen_t */],
    result: "i32",
  },
  bind: {
    parameters: ["i32", /* int */ "buffer", /* struct sockaddr * */ "u32" /* socklen_t */],
    result: "i32",
  },
  listen: { parameters: ["i32", /* int */ "i32" /* int */], result: "i32" },
  shutdown: { parameters: ["i32", /* int */ "i32" /* int */], result: "i32" },
  accept4: {
    parameters: [
      "i32", /* int */
      "buffer", /* struct sockaddr * */
      "buffer", /* socklen_t * */
      "i32", /* int */
    ],
    result: "i32",
  },
  getsockname: {
    parameters: ["i32", /* int */ "buffer", /* struct sockaddr * */ "buffer" /* socklen_t * */],
    result: "i32",
  },
  getpeername: {
    parameters: ["i32", /* int */ "buffer", /* struct sockaddr * */ "buffer" /* socklen_t * */],
    result: "i32",
  },
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", /* void * */ "buffer" /* socklen_t * */],
    result: "i32",
  },
  sendto: {
    parameters: [
      "i32", /* int */
      "buffer", /* void * */
      "u32", /* size_t */
      "i32", /* int */
      "buffer", /* struct sockaddr *, or null */
      "u32", /* socklen_t */
    ],
    result: "i32", /* ssize_t */
  },
  sendmsg: {
    parameters: ["i32", /* int */ "buffer", /* struct msghdr * */ "i32" /* int */],
    result: "i32", /* ssize_t */
  },
  // int fcntl(int, int, …)
  fcntl: { parameters: ["i32", "i32", "i32" /* int */], result: "i32" },
  // int ioctl(int, unsigned long, …)
  ioctl: { parameters: ["i32", "u32", "buffer" /* int * */], result: "i32" },
  // long syscall(long number, …): not every C library has a tgkill of its own.
  tgkill: {
    name: "syscall",
    parameters: ["i64", /* long */ "i64", /* pid_t */ "i64", /* pid_t */ "i64" /* int */],
    result: "i64", /* long */
  },
});

/** Opens the C library, which takes milliseconds, so that the first call need not. */
export function prepareSocketCalls(): void {
  libc();
}

/** Memory for bytes whose address may be given to the C library: it does not move. */
export function fixedBytes(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}

/** connect(2) to the first `length` bytes: 0, or a negative errno. */
export function connect(fd: number, address: Uint8Array<ArrayBuffer>, length: number): number {
  return result(libc().connect(fd, address, length));
}

/** bind(2) to the first `length` bytes: 0, or a negative errno. */
export function bind(fd: number, address: Uint8Array<ArrayBuffer>, length: number): number {
  return result(libc().bind(fd, address, length));
}

/** listen(2): 0, or a negative errno. */
export function listen(fd: number, backlog: number): number {
  return result(libc().listen(fd, backlog));
}

/** shutdown(2): 0, or a negative errno. */
export function shutdown(fd: number, how: number): number {
  return result(libc().shutdown(fd, how));
}

const nameLength = new Uint32Array(1);

/** Bytes of the address that the last of {@linkcode accept}, {@linkcode ownName}, {@linkcode peerName} gave. */
export function lengthOfName(): number {
  return nameLength[0]!;
}

/** accept4(2): a descriptor to close, or a negative errno; the peer's address goes into `address`. */
export function accept(fd: number, address: Uint8Array<ArrayBuffer>, flags: number): number {
  nameLength[0] = address.byteLength;
  return result(libc().accept4(fd, address, nameLength, flags));
}

/** getsockname(2): 0, or a negative errno. */
export function ownName(fd: number, address: Uint8Array<ArrayBuffer>): number {
  nameLength[0] = address.byteLength;
  return result(libc().getsockname(fd, address, nameLength));
}

/** getpeername(2): 0, or a negative errno (-ENOTCONN without a peer). */
export function peerName(fd: number, address: Uint8Array<ArrayBuffer>): number {
  nameLength[0] = address.byteLength;
  return result(libc().getpeername(fd, address, nameLength));
}

const SOL_SOCKET = 1;
const SOL_TCP = 6;

/** SO_x of socket(7). */
export const SocketOption = {
  Type: 3,
  Error: 4,
  ReceiveTimeout: 20,
  SendTimeout: 21,
  Protocol: 38,
  Domain: 39,
  Cookie: 57,
  ZeroCopy: 60,
} as const;
const TCP_INFO = 11;

const int = new Int32Array(1);
const intSize = new Uint32Array([4]);

/** getsockopt(2) of an option of SOL_SOCKET that is an int ≥ 0: its value, or a negative errno. */
export function socketOption(fd: number, option: number): number {
  const failed = libc().getsockopt(fd, SOL_SOCKET, option, int, intSize);
  return failed < 0 ? result(failed) : int[0]!;
}

const cookie = new BigUint64Array(1);
const cookieSize = new Uint32Array([8]);

/** SO_COOKIE: a number that no other socket has until the next boot; 0n where the kernel does not tell. */
export function socketCookie(fd: number): bigint {
  return libc().getsockopt(fd, SOL_SOCKET, SocketOption.Cookie, cookie, cookieSize) < 0 ? 0n : cookie[0]!;
}

const timeval = new BigInt64Array(2);
const timevalSize = new Uint32Array([16]);

/** A time limit of a socket, milliseconds; -1 for none. */
export function socketTimeout(fd: number, option: number): number {
  if (libc().getsockopt(fd, SOL_SOCKET, option, timeval, timevalSize) < 0) return -1;
  const [seconds = 0n, microseconds = 0n] = timeval;
  if (seconds === 0n && microseconds === 0n) return -1;
  return Number(seconds) * 1000 + Math.ceil(Number(microseconds) / 1000);
}

const tcpInfo = new Uint8Array(8);
const tcpInfoSize = new Uint32Array([8]);

/** The state of a TCP connection (TCP_x of include/net/tcp_states.h), or a negative errno. */
export function tcpState(fd: number): number {
  const failed = libc().getsockopt(fd, SOL_TCP, TCP_INFO, tcpInfo, tcpInfoSize);
  return failed < 0 ? result(failed) : tcpInfo[0]!;
}

/** sendto(2) of the first `length` bytes; `address` may be null: bytes sent, or a negative errno. */
export function sendTo(
  fd: number,
  bytes: Uint8Array<ArrayBuffer>,
  length: number,
  flags: number,
  address: Uint8Array<ArrayBuffer> | null,
  addressLength: number,
): number {
  return result(libc().sendto(fd, bytes, length, flags, address, addressLength));
}

/** sendmsg(2) of a struct msghdr: bytes sent, or a negative errno. */
export function sendMessage(fd: number, header: Uint8Array<ArrayBuffer>, flags: number): number {
  return result(libc().sendmsg(fd, header, flags));
}

const F_GETFL = 3;
/** O_NONBLOCK of open(2). */
export const O_NONBLOCK = 0o4000;

/** True for an open file whose calls do not wait. */
export function isNonblocking(fd: number): boolean {
  const flags = libc().fcntl(fd, F_GETFL, 0);
  return flags >= 0 && (flags & O_NONBLOCK) !== 0;
}

const FIONBIO = 0x5421;
const ON = new Int32Array([1]);
const OFF = new Int32Array([0]);

/** Sets or clears O_NONBLOCK, and nothing else that another thread may be setting: 0, or a negative errno. */
export function setNonblocking(fd: number, nonblocking: boolean): number {
  return result(libc().ioctl(fd, FIONBIO, nonblocking ? ON : OFF));
}

const SYS_TGKILL = 234n; // x86_64

/** tgkill(2): sends a signal to one thread; 0, or a negative errno. */
export function signalThread(pid: number, tid: number, signal: number): number {
  return result(Number(libc().tgkill(SYS_TGKILL, BigInt(pid), BigInt(tid), BigInt(signal))));
}
