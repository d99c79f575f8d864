/** System calls. They return what the call returns, or the negative errno. */

import { ERRNO } from "./errno.ts";
import { cLibrary, leavesReasonInErrno } from "./library.ts";
import { utf8Bytes } from "./strings.ts";

const libc = cLibrary({
  __errno_location: { parameters: [], result: "pointer" },
  poll: {
    parameters: ["buffer", /* struct pollfd * */ "u32", /* nfds_t */ "i32" /* int */],
    result: "i32",
  },
  recv: {
    parameters: ["i32", /* int */ "buffer", /* void * */ "u32", /* size_t */ "i32" /* int */],
    result: "i32", /* ssize_t */
  },
  recvmmsg: {
    parameters: [
      "i32", /* int */
      "buffer", /* struct mmsghdr * */
      "u32", /* unsigned int */
      "i32", /* int */
      "pointer", /* struct timespec * */
    ],
    result: "i32",
  },
  send: {
    parameters: ["i32", /* int */ "buffer", /* void * */ "u32", /* size_t */ "i32" /* int */],
    result: "i32", /* ssize_t */
  },
  sendto: {
    parameters: [
      "i32", /* int */
      "buffer", /* void * */
      "u32", /* size_t */
      "i32", /* int */
      "buffer", /* struct sockaddr * */
      "u32", /* socklen_t */
    ],
    result: "i32", /* ssize_t */
  },
  socket: { parameters: ["i32", /* int */ "i32", /* int */ "i32" /* int */], result: "i32" },
  connect: {
    parameters: ["i32", /* int */ "buffer", /* struct sockaddr * */ "u32" /* socklen_t */],
    result: "i32",
  },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", /* void * */ "u32" /* socklen_t */],
    result: "i32",
  },
  close: { parameters: ["i32" /* int */], result: "i32" },
  kill: { parameters: ["i32", /* pid_t */ "i32" /* int */], result: "i32" },
  umask: { parameters: ["u32" /* mode_t */], result: "u32" /* mode_t */ },
  geteuid: { parameters: [], result: "u32" /* uid_t */ },
  clock_gettime: { parameters: ["i32", /* clockid_t */ "buffer" /* struct timespec * */], result: "i32" },
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
  // long syscall(long number, …): openat2 has no function of its own in the C libraries.
  openat2: {
    name: "syscall",
    parameters: [
      "i64", /* long */
      "i64", /* int */
      "buffer", /* const char * */
      "buffer", /* struct open_how * */
      "i64", /* size_t */
    ],
    result: "i64", /* long */
  },
});

let errnoView: Deno.UnsafePointerView | undefined;

/** The calling thread's errno; a thread's own never moves, and a Worker has its own copy of this module. */
function errno(): number {
  if (errnoView === undefined) {
    const location = libc().__errno_location();
    if (location === null) throw new Error("Cannot read errno: __errno_location() gave no address");
    errnoView = new Deno.UnsafePointerView(location);
  }
  return errnoView.getInt32();
}

/** What a system call of `cLibrary` returned, or the negative errno where it failed; to be called before any other. */
export function result(value: number): number {
  return value < 0 && leavesReasonInErrno() ? -errno() : value;
}

/** Opens the C library, so that the first call on a path that must be quick is quick. */
export function prepareLibc(): void {
  libc();
  if (leavesReasonInErrno()) errno();
}

/** POLLIN and the like, bits of {@linkcode PollSet} events. */
export const Poll = { In: 1, Out: 4, Error: 8, HangUp: 16, Invalid: 32 } as const;

/** File descriptors to wait for, in memory that is allocated once (struct pollfd). */
export class PollSet {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #count: number;

  /** Waits for `events` (bits of {@linkcode Poll}, `In` if absent) of each descriptor. */
  constructor(descriptors: readonly { readonly fd: number; readonly events?: number }[]) {
    this.#count = descriptors.length;
    this.#bytes = new Uint8Array(8 * descriptors.length);
    this.#view = new DataView(this.#bytes.buffer);
    descriptors.forEach(({ fd, events = Poll.In }, index) => this.set(index, fd, events));
  }

  /** Puts another descriptor in a place; poll(2) passes over a negative one. */
  set(index: number, fd: number, events: number): void {
    this.#view.setInt32(8 * index, fd, true);
    this.#view.setInt16(8 * index + 4, events, true);
  }

  /**
   * Blocks the thread until one is ready or `timeout` milliseconds have passed (-1: for ever).
   *
   * @returns how many are ready, 0 after the timeout, or a negative errno (-EINTR after a signal).
   */
  wait(timeout: number): number {
    return result(libc().poll(this.#bytes, this.#count, timeout));
  }

  /** What the last wait found of the descriptor at `index`: bits of {@linkcode Poll}, 0 for nothing. */
  ready(index: number): number {
    return this.#view.getInt16(8 * index + 6, true);
  }
}

/** MSG_x of recv(2) and send(2). */
export const MessageFlag = { Truncate: 0x20, DontWait: 0x40, WaitForOne: 0x10000 } as const;

/** recv(2): bytes received (their true number with `Truncate`), or a negative errno. */
export function recv(fd: number, buffer: Uint8Array<ArrayBuffer>, flags: number): number {
  return result(libc().recv(fd, buffer, buffer.byteLength, flags));
}

/** Bytes of struct mmsghdr and struct iovec on 64-bit machines, and where their members lie. */
const MMSGHDR = { size: 64, iov: 16, iovlen: 24, length: 56 } as const;
const IOVEC = { size: 16, base: 0, length: 8 } as const;

/** Memory for several datagrams that one recvmmsg(2) takes, so that no second call must find the queue empty. */
export class ReceiveBatch {
  /** The datagrams; the one at `index` begins at {@linkcode ReceiveBatch.offset}. */
  readonly view: DataView;
  readonly #count: number;
  readonly #size: number;
  readonly #headers: Uint8Array<ArrayBuffer>;
  readonly #headersView: DataView;
  /** Kept so that the memory that the headers point to stays. */
  readonly #vectors: Uint8Array<ArrayBuffer>;

  /** @param count datagrams at once @param size most bytes of one */
  constructor(count: number, size: number) {
    const bytes = new Uint8Array(count * size);
    this.view = new DataView(bytes.buffer);
    this.#count = count;
    this.#size = size;
    this.#headers = new Uint8Array(count * MMSGHDR.size);
    this.#headersView = new DataView(this.#headers.buffer);
    this.#vectors = new Uint8Array(count * IOVEC.size);
    const vectors = new DataView(this.#vectors.buffer);
    const at = addressOf(bytes);
    const vectorsAt = addressOf(this.#vectors);
    for (let i = 0; i < count; i++) {
      vectors.setBigUint64(i * IOVEC.size + IOVEC.base, at + BigInt(i * size), true);
      vectors.setBigUint64(i * IOVEC.size + IOVEC.length, BigInt(size), true);
      this.#headersView.setBigUint64(
        i * MMSGHDR.size + MMSGHDR.iov,
        vectorsAt + BigInt(i * IOVEC.size),
        true,
      );
      this.#headersView.setBigUint64(i * MMSGHDR.size + MMSGHDR.iovlen, 1n, true);
    }
  }

  /** True if the last call may have left some, as it found all the room that there is. */
  isFull(received: number): boolean {
    return received === this.#count;
  }

  /** recvmmsg(2), waiting for the first if `wait`: datagrams received, or a negative errno. */
  receive(fd: number, wait = false): number {
    const flags = MessageFlag.Truncate | (wait ? MessageFlag.WaitForOne : MessageFlag.DontWait);
    return result(libc().recvmmsg(fd, this.#headers, this.#count, flags, null));
  }

  /** Where the datagram at `index` begins. */
  offset(index: number): number {
    return index * this.#size;
  }

  /** Its bytes; more than the constructor's `size` if it was cut off. */
  length(index: number): number {
    return this.#headersView.getUint32(index * MMSGHDR.size + MMSGHDR.length, true);
  }
}

function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
}

/** send(2) of the first `length` bytes: bytes sent, or a negative errno. */
export function send(fd: number, buffer: Uint8Array<ArrayBuffer>, length: number, flags: number): number {
  return result(libc().send(fd, buffer, length, flags));
}

/** sendto(2) to a sockaddr: bytes sent, or a negative errno. */
export function sendTo(
  fd: number,
  bytes: Uint8Array<ArrayBuffer>,
  flags: number,
  address: Uint8Array<ArrayBuffer>,
): number {
  return result(libc().sendto(fd, bytes, bytes.byteLength, flags, address, address.byteLength));
}

/** SOCK_x of socket(2). */
export const SocketType = { Stream: 1, Datagram: 2, CloseOnExec: 0o2000000 } as const;

/** socket(2): a descriptor to {@linkcode close}, or a negative errno. */
export function socket(family: number, type: number, protocol: number): number {
  return result(libc().socket(family, type, protocol));
}

/** connect(2) to a sockaddr: 0, or a negative errno. */
export function connect(fd: number, address: Uint8Array<ArrayBuffer>): number {
  return result(libc().connect(fd, address, address.byteLength));
}

/** setsockopt(2) of an option that is an int: 0, or a negative errno. */
export function setSocketOption(fd: number, level: number, option: number, value: number): number {
  return result(libc().setsockopt(fd, level, option, new Int32Array([value]), 4));
}

/** close(2): 0, or a negative errno. */
export function close(fd: number): number {
  return result(libc().close(fd));
}

/** kill(2): 0, or a negative errno; signal 0 only asks whether it may be sent. */
export function kill(pid: number, signal: number): number {
  return result(libc().kill(pid, signal));
}

/** umask(2): sets the mask of the whole process and returns the former one. */
export function umask(mask: number): number {
  return libc().umask(mask);
}

/** Effective user id of the process. */
export function geteuid(): number {
  return libc().geteuid();
}

/** CLOCK_x of clock_gettime(2). */
export const Clock = { Realtime: 0, Monotonic: 1, Boottime: 7 } as const;

const timespec = new BigInt64Array(2);

/** Nanoseconds of a clock (Clock.Monotonic is the clock of an event's `time`). */
export function clockGettime(clock: number): bigint {
  if (libc().clock_gettime(clock, timespec) !== 0) throw new Error(`Cannot read clock ${clock}`);
  // asIntN lets the engine reckon with machine words.
  return BigInt.asIntN(64, timespec[0]! * 1_000_000_000n + timespec[1]!);
}

/** O_x of open(2), as x86_64 and aarch64 share them. */
export const Open = { ReadOnly: 0, CloseOnExec: 0o2000000, Path: 0o10000000 } as const;

/** RESOLVE_x of openat2(2). `Cached`: never waits for a disk; -EAGAIN where it would have to. */
export const Resolve = { NoMagicLinks: 0x2, NoSymlinks: 0x4, Cached: 0x20 } as const;

const SYS_OPENAT2 = 437n; // the same on every architecture
const AT_FDCWD = -100n;
const openHow = new BigUint64Array(3);

/** openat2(2) of an absolute path: a descriptor to {@linkcode close}, or a negative errno. */
export function openat2(path: string, flags: number, resolve: number): number {
  openHow.set([BigInt(flags), 0n, BigInt(resolve)]);
  const how = libc().openat2(SYS_OPENAT2, AT_FDCWD, utf8Bytes(`${path}\0`), openHow, 24n);
  return result(Number(how));
}

/** Which file a descriptor refers to. */
export interface FileStatus {
  /** st_dev of stat(2). */
  readonly dev: bigint;
  /** Inode number. */
  readonly ino: bigint;
  /** Change time, nanoseconds since 1970. */
  readonly ctime: bigint;
  /** Type and permissions, st_mode. */
  readonly mode: number;
  /** Owner. */
  readonly uid: number;
  /** Group. */
  readonly gid: number;
  /** Bytes. */
  readonly size: bigint;
}

const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const NO_PATH = new Uint8Array(1);
const statxBuffer = new Uint8Array(256);
const statxView = new DataView(statxBuffer.buffer);

/** The status of an open descriptor (statx(2)), or a negative errno. */
export function fstat(fd: number): FileStatus | number {
  const failed = result(libc().statx(fd, NO_PATH, AT_EMPTY_PATH, STATX_BASIC_STATS, statxBuffer));
  if (failed < 0) return failed;
  const seconds = statxView.getBigInt64(96, true);
  return {
    dev: device(statxView.getUint32(136, true), statxView.getUint32(140, true)),
    ino: statxView.getBigUint64(32, true),
    ctime: seconds * 1_000_000_000n + BigInt(statxView.getUint32(104, true)),
    mode: statxView.getUint16(28, true),
    uid: statxView.getUint32(20, true),
    gid: statxView.getUint32(24, true),
    size: statxView.getBigUint64(40, true),
  };
}

/** How stat(2) packs a device number (new_encode_dev of include/linux/kdev_t.h). */
function device(major: number, minor: number): bigint {
  return BigInt((minor & 0xff) | ((major & 0xfff) << 8)) | (BigInt(minor >>> 8) << 20n);
}

/** True for a result that says "not now, try again": EAGAIN or EINTR. */
export function isRetry(value: number): boolean {
  return value === -ERRNO.EAGAIN || value === -ERRNO.EINTR;
}
