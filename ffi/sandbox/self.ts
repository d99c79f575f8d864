/**
 * What a process does to itself before it becomes a program that is not trusted: a session, limits, an identity, a domain,
 * a filter, and execveat(2). The calls are made on the calling thread; all others end when the program begins.
 */

import { addressOf } from "../call_thread.ts";
import { ERRNO, errnoName } from "../errno.ts";
import { SYS_LANDLOCK_RESTRICT_SELF } from "../landlock.ts";
import { Open, openat2, result } from "../libc.ts";
import { cLibrary } from "../library.ts";
import { filterProgram } from "../seccomp/bpf.ts";
import { utf8Bytes } from "../strings.ts";

const libc = cLibrary({
  // long syscall(long number, …)
  syscall: { parameters: ["i64", "u64", "u64", "u64", "u64", "u64"], result: "i64" },
  sigaction: { parameters: ["i32", "buffer", /* const struct sigaction * */ "pointer"], result: "i32" },
});

/** Numbers of x86_64. */
const Sys = {
  rt_sigprocmask: 14,
  getppid: 110,
  setsid: 112,
  setgroups: 116,
  setresuid: 117,
  setresgid: 119,
  capset: 126,
  setpriority: 141,
  prctl: 157,
  prlimit64: 302,
  seccomp: 317,
  execveat: 322,
  close_range: 436,
} as const;

const PR_SET_PDEATHSIG = 1n;
const PR_SET_NO_NEW_PRIVS = 38n;
const PR_CAP_AMBIENT = 47n;
const PR_CAP_AMBIENT_CLEAR_ALL = 4n;
const SIGKILL = 9n;
const SIG_SETMASK = 2n;
const SIGNALS = 64;
const FIRST_REAL_TIME_SIGNAL = 34;
const CLOSE_RANGE_CLOEXEC = 4n;
const AT_FDCWD = 0xffff_ff9cn; // -100 as unsigned int
const AT_EMPTY_PATH = 0x1000n;
const SECCOMP_SET_MODE_FILTER = 1n;
const SECCOMP_FILTER_FLAG_TSYNC = 1n;

/** RLIMIT_x of getrlimit(2). */
export const ResourceLimit = {
  FileSize: 1,
  Data: 2,
  Core: 4,
  Processes: 6,
  OpenFiles: 7,
  MessageQueues: 12,
} as const;

type Word = bigint | Uint8Array<ArrayBuffer>;

function call(nr: number, ...words: readonly Word[]): number {
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n] = words.map((word) =>
    typeof word === "bigint" ? word : addressOf(word)
  );
  return result(Number(libc().syscall(BigInt(nr), a, b, c, d, e)));
}

function must(what: string, value: number): number {
  if (value < 0) throw new Error(`cannot ${what}: ${errnoName(-value)}`);
  return value;
}

/** Makes this process the leader of a session and a process group of its own, without a terminal. */
export function ownSession(): void {
  // EPERM: it leads a group already.
  const failed = call(Sys.setsid);
  if (failed !== -ERRNO.EPERM) must("make a session", failed);
}

/** Lowers the share of the processor by a nice value (setpriority(2)). */
export function lowerPriority(nice: number): void {
  const failed = call(Sys.setpriority, 0n, 0n, BigInt(nice));
  // EACCES: it is lower already, as that of whoever runs snet by nice(1).
  if (failed !== -ERRNO.EACCES) must("lower the priority", failed);
}

/** Sets a limit, soft and hard, or the hard one that there is if that is lower. */
export function limitSelf(resource: number, value: number): void {
  const former = new BigUint64Array(new ArrayBuffer(16));
  must(
    `read limit ${resource}`,
    call(Sys.prlimit64, 0n, BigInt(resource), 0n, new Uint8Array(former.buffer)),
  );
  const lower = former[1]! < BigInt(value) ? former[1]! : BigInt(value);
  const wanted = new Uint8Array(BigUint64Array.of(lower, lower).buffer);
  must(`set limit ${resource}`, call(Sys.prlimit64, 0n, BigInt(resource), wanted, 0n));
}

/** Takes another user's and group's identity for good, with no other groups: 0, or a negative errno. */
export function becomeUser(id: number): number {
  const word = BigInt(id);
  const failed = call(Sys.setgroups, 0n, 0n) || call(Sys.setresgid, word, word, word);
  return failed < 0 ? failed : call(Sys.setresuid, word, word, word);
}

/** Gives up every capability, also those that programs would inherit. */
export function dropCapabilities(): void {
  // EINVAL: a kernel without ambient capabilities.
  call(Sys.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
  const header = new Uint8Array(new Uint32Array([0x20080522, /* _LINUX_CAPABILITY_VERSION_3 */ 0]).buffer);
  must("give up capabilities", call(Sys.capset, header, new Uint8Array(new ArrayBuffer(24))));
}

/** Has the kernel kill this process when its parent ends; false where the parent, `pid`, has ended already. */
export function dieWith(parent: number): boolean {
  must("tie this process to its parent", call(Sys.prctl, PR_SET_PDEATHSIG, SIGKILL));
  return call(Sys.getppid) === parent;
}

/** No program that this process becomes has more privileges than it (PR_SET_NO_NEW_PRIVS). */
export function noNewPrivileges(): void {
  must("set no_new_privs", call(Sys.prctl, PR_SET_NO_NEW_PRIVS, 1n));
}

/** Enters a Landlock domain with this thread. */
export function enterDomain(ruleset: number): void {
  must("enter a Landlock domain", call(SYS_LANDLOCK_RESTRICT_SELF, BigInt(ruleset), 0n));
}

/** Puts a seccomp filter on this thread, or on all of the process. */
export function filterCalls(filter: Uint8Array, threads: "this" | "all"): void {
  const flags = threads === "all" ? SECCOMP_FILTER_FLAG_TSYNC : 0n;
  // With TSYNC a positive value is the thread that did not take it.
  const failed = call(Sys.seccomp, SECCOMP_SET_MODE_FILTER, flags, filterProgram(filter));
  must("set a seccomp filter", failed > 0 ? -ERRNO.ESRCH : failed);
}

const SYS_ACCESS = 21;
const X_OK = 1n;

/** Whether this process may execute a file, as far as its user goes (access(2)): 0, or a negative errno. */
export function mayExecute(path: string): number {
  return call(SYS_ACCESS, utf8Bytes(`${path}\0`), X_OK);
}

/** A program to become. */
export interface Image {
  /** A path, or a descriptor: a script cannot be executed by that, since it is closed. */
  readonly executable: string | number;
  readonly arguments: readonly string[];
  /** NAME=value */
  readonly environment: readonly string[];
  /** Descriptors that stay open beside 0, 1 and 2. */
  readonly keep: readonly number[];
}

/**
 * Opens an executable for {@linkcode Image}. Throws an Error of one line where that fails.
 */
export function openExecutable(path: string): number {
  return must(`open ${path}`, openat2(path, Open.Path | Open.CloseOnExec, 0));
}

/** What execution takes, laid out beforehand: once the filter is there, as little as can be is done. */
export class Execution {
  readonly #image: Image;
  readonly #fd: bigint;
  readonly #path: Uint8Array<ArrayBuffer>;
  readonly #arguments: Vector;
  readonly #environment: Vector;

  constructor(image: Image) {
    const { executable } = image;
    this.#image = image;
    this.#fd = typeof executable === "number" ? BigInt(executable) : AT_FDCWD;
    this.#path = utf8Bytes(typeof executable === "number" ? "\0" : `${executable}\0`);
    this.#arguments = new Vector(image.arguments);
    this.#environment = new Vector(image.environment);
  }

  /** Every other descriptor is closed when the program begins; signals do what they do by default, none is blocked. */
  prepare(): void {
    let first = 3;
    for (const fd of this.#image.keep.toSorted((a, b) => a - b)) {
      this.#closeOnExec(first, fd - 1);
      first = fd + 1;
    }
    this.#closeOnExec(first, 0xffff_ffff);
    const byDefault = new Uint8Array(new ArrayBuffer(152));
    for (let signal = 1; signal <= SIGNALS; signal++) {
      // Those between belong to the C library.
      if (signal < 32 || signal >= FIRST_REAL_TIME_SIGNAL) libc().sigaction(signal, byDefault, null);
    }
    call(Sys.rt_sigprocmask, SIG_SETMASK, new Uint8Array(new ArrayBuffer(8)), 0n, 8n);
  }

  /** Becomes the program; returns only where that fails: the negative errno. */
  run(): number {
    const flags = this.#fd === AT_FDCWD ? 0n : AT_EMPTY_PATH;
    return call(Sys.execveat, this.#fd, this.#path, this.#arguments.bytes, this.#environment.bytes, flags);
  }

  #closeOnExec(first: number, last: number): void {
    if (first <= last) {
      must("close descriptors", call(Sys.close_range, BigInt(first), BigInt(last), CLOSE_RANGE_CLOEXEC));
    }
  }
}

/** A NULL-ended array of pointers to NUL-ended texts, which stand behind it. */
class Vector {
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(texts: readonly string[]) {
    const encoded = texts.map((text) => utf8Bytes(`${text}\0`));
    const pointers = 8 * (encoded.length + 1);
    const size = encoded.reduce((sum, { length }) => sum + length, pointers);
    this.bytes = new Uint8Array(new ArrayBuffer(size));
    const view = new DataView(this.bytes.buffer);
    const start = addressOf(this.bytes);
    let at = pointers;
    encoded.forEach((text, index) => {
      view.setBigUint64(8 * index, start + BigInt(at), true);
      this.bytes.set(text, at);
      at += text.length;
    });
  }
}

/**
 * Opens `/proc/self/statm`, to be read once no file of /proc can be opened any more: a descriptor that stays open in the
 * programs that this process becomes.
 */
export function openMemoryStatus(): number {
  const fd = must("open /proc/self/statm", openat2("/proc/self/statm", Open.ReadOnly, 0));
  return fd;
}

const SYS_READ = 0;
/** Bytes of a page of x86_64. */
const PAGE = 4096;

/** Bytes of writable memory of its own that this process has now, by the descriptor of {@linkcode openMemoryStatus}. */
export function ownData(fd: number): number {
  const text = new Uint8Array(new ArrayBuffer(256));
  const length = must("read /proc/self/statm", call(SYS_READ, BigInt(fd), text, BigInt(text.length)));
  const DATA = 5;
  return Number(new TextDecoder().decode(text.subarray(0, length)).split(" ")[DATA]) * PAGE;
}

const SYS_WRITE = 1;
const SYS_FCNTL = 72;
const SYS_MEMFD_CREATE = 319;
const MFD_ALLOW_SEALING = 2n;
/** Kernels before 6.3 do not know it (EINVAL). */
const MFD_NOEXEC_SEAL = 8n;
const F_ADD_SEALS = 1033n;
/** F_SEAL_SEAL, SHRINK, GROW, WRITE */
const EVERY_SEAL = 15n;

/** A file in memory that nobody can change any more: a descriptor that stays open in the programs that this process becomes. */
export function memoryFile(name: string, bytes: Uint8Array<ArrayBuffer>): number {
  const make = (flags: bigint) => call(SYS_MEMFD_CREATE, utf8Bytes(`${name}\0`), flags);
  const made = make(MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
  const fd = must("make a file in memory", made === -ERRNO.EINVAL ? make(MFD_ALLOW_SEALING) : made);
  for (let done = 0; done < bytes.length;) {
    const rest = bytes.subarray(done);
    done += must("write a file in memory", call(SYS_WRITE, BigInt(fd), rest, BigInt(rest.length)));
  }
  must("seal a file in memory", call(SYS_FCNTL, BigInt(fd), F_ADD_SEALS, EVERY_SEAL));
  return fd;
}
