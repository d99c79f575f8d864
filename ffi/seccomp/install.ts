/**
 * Puts a filter with a listener on a thread (seccomp(2), seccomp_unotify(2)); whatever the thread starts has it too, for
 * ever. And says what a machine lacks for that.
 */

import type { Call, CallThread } from "../call_thread.ts";
import { ERRNO, errnoName } from "../errno.ts";
import { SYS_LANDLOCK_RESTRICT_SELF } from "../landlock.ts";
import { cLibrary } from "../library.ts";
import { close, result } from "../libc.ts";
import { filterProgram } from "./bpf.ts";
import { Syscall } from "./filter.ts";

const libc = cLibrary({
  // long syscall(long number, …): the C libraries have no functions for these.
  seccomp: {
    name: "syscall",
    parameters: [
      "i64",
      /* long */ "i64",
      /* unsigned int */ "i64",
      /* unsigned int */ "buffer", /* void * */
    ],
    result: "i64", /* long */
  },
  pidfdGetfd: {
    name: "syscall",
    parameters: ["i64", /* long */ "i64", /* int */ "i64", /* int */ "i64" /* unsigned int */],
    result: "i64", /* long */
  },
  ioctl: { parameters: ["i32", /* int */ "u32", /* unsigned long */ "buffer"], result: "i32" },
});

/** Why a program cannot be supervised here: one line, after "Cannot supervise a program: ". */
export class SeccompError extends Error {
  override readonly name = "SeccompError";
}

const SYS_SECCOMP = 317; // x86_64
const SYS_PIDFD_GETFD = 438n;
const SET_MODE_FILTER = 1n;
const GET_NOTIF_SIZES = 3n;

/** SECCOMP_FILTER_FLAG_x of linux/seccomp.h. `SpecAllow`: a filter is no reason to slow the program down (Linux < 5.16). */
const Flag = { SpecAllow: 4n, NewListener: 8n, WaitKillable: 32n } as const;

const ADDFD = 0x40182103;
const PR_SET_NO_NEW_PRIVS = 38n;
const SYS_RT_SIGPROCMASK = 14; // x86_64
const SIG_BLOCK = 0n;

/** The oldest kernel with all that is needed; SECCOMP_IOCTL_NOTIF_ADDFD came last. */
const NEEDED = "Linux 5.9 or later is needed";

/** What keeps this machine from supervising a program, as far as can be told without doing it; undefined for nothing. */
export function seccompLacks(): string | undefined {
  if (Deno.build.arch !== "x86_64") {
    return `snet knows the system calls of x86_64 only, this is ${Deno.build.arch}`;
  }
  const sizes = result(Number(libc().seccomp(BigInt(SYS_SECCOMP), GET_NOTIF_SIZES, 0n, new Uint8Array(6))));
  if (sizes === -ERRNO.EINVAL) return tooOld("seccomp user notification");
  if (sizes < 0) return `seccomp is not available here (${errnoName(-sizes)}); ${whoMayHide()}`;
  const pidfd = result(Number(libc().pidfdGetfd(SYS_PIDFD_GETFD, -1n, -1n, 0n)));
  if (pidfd === -ERRNO.ENOSYS) return tooOld("pidfd_getfd");
  if (pidfd === -ERRNO.EPERM) return `pidfd_getfd is not allowed here (EPERM); ${whoMayHide()}`;
  return undefined;
}

function tooOld(what: string): string {
  return `this kernel (${Deno.osRelease()}) has no ${what}; ${NEEDED}`;
}

function whoMayHide(): string {
  return "is this a container whose own seccomp profile refuses it, or a kernel without CONFIG_SECCOMP_FILTER?";
}

/** How a thread, and what it starts, is confined. */
export interface Confinement {
  /** An array of struct sock_filter. */
  readonly filter: Uint8Array;
  /** A Landlock ruleset besides. */
  readonly ruleset: number | undefined;
  /**
   * Set-user-ID programs and file capabilities go on to work. The kernel lets only those install a filter then who have
   * CAP_SYS_ADMIN.
   */
  readonly keepPrivileges: boolean;
}

/** A filter that is in force. */
export interface Confined {
  /** Close-on-exec. Once it is closed, calls that would be intercepted fail with ENOSYS. */
  readonly listener: number;
  /** True where only fatal signals end a call that the supervisor has received (Linux 5.19). */
  readonly waitKillable: boolean;
}

/** Confines the thread. Throws a {@linkcode SeccompError}; the thread is of no more use then. */
export async function confine(thread: CallThread, confinement: Confinement): Promise<Confined> {
  const { filter, ruleset, keepPrivileges } = confinement;
  // A handler of this process (the runtime's sends a byte to itself) must never run here: its calls would wait for snet.
  const everySignal = new Uint8Array(new ArrayBuffer(8)).fill(0xff);
  await must(thread, "block signals", ["syscall", SYS_RT_SIGPROCMASK, SIG_BLOCK, everySignal, 0n, 8n]);
  const waitKillable = knowsFlag(Flag.WaitKillable);
  const flags = Flag.NewListener | Flag.SpecAllow | (waitKillable ? Flag.WaitKillable : 0n);
  if (!keepPrivileges) {
    await must(thread, "set no_new_privs", ["syscall", Syscall.prctl, PR_SET_NO_NEW_PRIVS, 1n]);
  }
  if (ruleset !== undefined) {
    const call: Call = ["syscall", SYS_LANDLOCK_RESTRICT_SELF, BigInt(ruleset), 0n];
    await must(thread, "enter a Landlock domain", call);
  }
  const call: Call = ["syscall", SYS_SECCOMP, SET_MODE_FILTER, flags, filterProgram(filter)];
  const listener = await thread.call(call);
  if (listener < 0) throw new SeccompError(whyNot(-listener));
  if (!hasAddFd(listener)) {
    close(listener);
    throw new SeccompError(tooOld("SECCOMP_IOCTL_NOTIF_ADDFD"));
  }
  return { listener, waitKillable };
}

/** A flag that the kernel knows is looked at before the filter, which is not there (EFAULT). */
function knowsFlag(flag: bigint): boolean {
  const flags = Flag.NewListener | flag;
  return result(Number(libc().seccomp(BigInt(SYS_SECCOMP), SET_MODE_FILTER, flags, null))) === -ERRNO.EFAULT;
}

/** Known, it complains of the descriptor that is none (EBADF); unknown, of itself (EINVAL). */
function hasAddFd(listener: number): boolean {
  const request = new Uint8Array(24);
  const SOURCE = 12;
  new DataView(request.buffer).setInt32(SOURCE, -1, true);
  return result(libc().ioctl(listener, ADDFD, request)) === -ERRNO.EBADF;
}

async function must(thread: CallThread, what: string, call: Call): Promise<void> {
  const failed = await thread.call(call);
  if (failed < 0) throw new SeccompError(`cannot ${what}: ${errnoName(-failed)}`);
}

function whyNot(errno: number): string {
  switch (errno) {
    case ERRNO.EBUSY:
      return "this process already has a supervisor (snet run inside snet run?), and the kernel allows one";
    case ERRNO.ENOSYS:
    case ERRNO.EINVAL:
    case ERRNO.EACCES:
    case ERRNO.EPERM:
      return `the kernel takes no seccomp filter with a listener (${errnoName(errno)}); ${whoMayHide()}`;
    default:
      return `the kernel does not take the seccomp filter: ${errnoName(errno)}`;
  }
}
