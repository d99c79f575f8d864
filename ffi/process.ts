/**
 * This process, and those that it has started: what becomes of them, what signals do, what limits hold. Functions return
 * what the call returns, or the negative errno.
 */

import { cLibrary } from "./library.ts";
import { result } from "./libc.ts";

const libc = cLibrary({
  prctl: {
    parameters: [
      "i32", /* int */
      "u64", /* unsigned long */
      "u64", /* unsigned long */
      "u64", /* unsigned long */
      "u64", /* unsigned long */
    ],
    result: "i32",
  },
  waitid: {
    parameters: ["i32", /* idtype_t */ "u32", /* id_t */ "buffer", /* siginfo_t * */ "i32" /* int */],
    result: "i32",
  },
  // pthread functions return the errno.
  pthread_sigmask: {
    parameters: ["i32", /* int */ "buffer", /* const sigset_t * */ "buffer" /* sigset_t * */],
    result: "i32",
  },
  sigaction: {
    parameters: [
      "i32",
      /* int */ "buffer",
      /* const struct sigaction * */ "buffer", /* struct sigaction * */
    ],
    result: "i32",
  },
  raise: { parameters: ["i32" /* int */], result: "i32" },
  getxattr: {
    parameters: [
      "buffer", /* const char * */
      "buffer", /* const char * */
      "buffer", /* void * */
      "u32", /* size_t */
    ],
    result: "i32", /* ssize_t */
  },
  // long syscall(long number, …): older C libraries have no functions for these.
  pidfdOpen: {
    name: "syscall",
    parameters: ["i64", /* long */ "i64", /* pid_t */ "i64" /* unsigned int */],
    result: "i64", /* long */
  },
  pidfdSendSignal: {
    name: "syscall",
    parameters: [
      "i64", /* long */
      "i64", /* int */
      "i64", /* int */
      "pointer", /* siginfo_t * */
      "i64", /* unsigned int */
    ],
    result: "i64", /* long */
  },
});

const PR_SET_DUMPABLE = 4;
const PR_SET_CHILD_SUBREAPER = 36;

/** Orphans among the descendants become children of this process, PR_SET_CHILD_SUBREAPER of prctl(2). */
export function becomeSubreaper(): number {
  return result(libc().prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n));
}

/**
 * Keeps processes of the same user from tracing this one, reading its memory and taking its descriptors
 * (PR_SET_DUMPABLE of prctl(2)). Afterwards files such as /proc/self/environ are closed to an ordinary user's snet too.
 */
export function becomeUndumpable(): number {
  return result(libc().prctl(PR_SET_DUMPABLE, 0n, 0n, 0n, 0n));
}

/** Numbers of signals, as x86_64 and aarch64 number them (signal(7)). */
export const Signal = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  PIPE: 13,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
} as const;

/** The bit of a signal in masks. */
export function signalBit(signal: number): bigint {
  return 1n << BigInt(signal - 1);
}

/** What has become of a child. */
export interface ChildReport {
  readonly pid: number;
  readonly change: "exited" | "killed" | "stopped" | "continued";
  /** Exit code of `exited`, otherwise a signal. */
  readonly status: number;
}

const P_ALL = 0;
const WNOHANG = 1;
const WSTOPPED = 2;
const WEXITED = 4;
const WCONTINUED = 8;
/** Children of whichever kind, also those that end without SIGCHLD. */
const WALL = 0x40000000;

/** CLD_x of sigaction(2). */
const CHANGES: readonly (ChildReport["change"] | undefined)[] = [
  undefined,
  "exited",
  "killed",
  "killed",
  "stopped",
  "stopped",
  "continued",
];

const siginfo = new Int32Array(new ArrayBuffer(128));
/** 32-bit words of siginfo_t on 64-bit machines. */
const Info = { code: 2, pid: 4, status: 6 } as const;

/** The next change of any child, without waiting; who has ended is taken from the process table (waitid(2)). */
export function nextChild(): ChildReport | undefined {
  siginfo.fill(0);
  const failed = libc().waitid(P_ALL, 0, siginfo, WNOHANG | WEXITED | WSTOPPED | WCONTINUED | WALL);
  const change = CHANGES[siginfo[Info.code]!];
  const pid = siginfo[Info.pid]!;
  if (failed < 0 || pid === 0 || change === undefined) return undefined;
  return { pid, change, status: siginfo[Info.status]! };
}

/** sigset_t of the C library; a signal is the bit below its number. */
const SIGSET_BYTES = 128;

/** Bytes of a sigset_t with the signals of a mask. */
export function signalSet(mask: bigint): Uint8Array<ArrayBuffer> {
  const set = new Uint8Array(new ArrayBuffer(SIGSET_BYTES));
  new DataView(set.buffer).setBigUint64(0, mask, true);
  return set;
}

const SIG_BLOCK = 0;
const SIG_UNBLOCK = 1;

/** Signals that are blocked on this thread, as a mask. */
export function blockedSignals(): bigint {
  const former = signalSet(0n);
  libc().pthread_sigmask(0, null, former);
  return new DataView(former.buffer).getBigUint64(0, true);
}

/** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV and SIGSYS: what a thread is told of its own doing. */
const OWN_DOING = [4, 5, 7, 8, 11, 31].reduce((mask, signal) => mask | signalBit(signal), 0n);

/** Has other threads take the signals that are for any thread of this process. */
export function leaveSignalsToOthers(): void {
  libc().pthread_sigmask(SIG_BLOCK, signalSet(~OWN_DOING & 0xffff_ffff_ffff_ffffn), null);
}

/** Lets this thread take signals that it was started with blocked. */
export function unblockSignals(mask: bigint): void {
  libc().pthread_sigmask(SIG_UNBLOCK, signalSet(mask), null);
}

/** struct sigaction of the C library: the handler first. */
const SIGACTION_BYTES = 152;
const SIG_DFL = 0n;
const SIG_IGN = 1n;

function action(handler: bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(new ArrayBuffer(SIGACTION_BYTES));
  new DataView(bytes.buffer).setBigUint64(0, handler, true);
  return bytes;
}

/** Ignores a signal from now on, behind the back of whoever listens to it. */
export function ignoreSignal(signal: number): void {
  libc().sigaction(signal, action(SIG_IGN), null);
}

/**
 * Does to this process what the signal does by default, whoever listens to it: ends it, or stops it and returns once it is
 * continued. Returns at once where the default is to do nothing, and for a stop in an orphaned process group.
 */
export function raiseDefault(signal: number): void {
  const former = action(SIG_DFL);
  libc().sigaction(signal, action(SIG_DFL), former);
  unblockSignals(signalBit(signal));
  libc().raise(signal);
  libc().sigaction(signal, former, null);
}

// The same numbers on every architecture.
const SYS_PIDFD_SEND_SIGNAL = 424n;
const SYS_PIDFD_OPEN = 434n;

/** pidfd_open(2): a descriptor of a process to close, or a negative errno. */
export function openProcess(pid: number): number {
  return result(Number(libc().pidfdOpen(SYS_PIDFD_OPEN, BigInt(pid), 0n)));
}

/** pidfd_send_signal(2): 0, or a negative errno. */
export function signalProcess(pidfd: number, signal: number): number {
  return result(
    Number(libc().pidfdSendSignal(SYS_PIDFD_SEND_SIGNAL, BigInt(pidfd), BigInt(signal), null, 0n)),
  );
}

/** getxattr(2): bytes of an extended attribute, or a negative errno (-ENODATA without it). Both names end with a NUL. */
export function attributeSize(path: Uint8Array<ArrayBuffer>, name: Uint8Array<ArrayBuffer>): number {
  return result(libc().getxattr(path, name, null, 0));
}
