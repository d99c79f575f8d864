/** What `snet doctor` makes of a machine for `snet run`, which needs no kernel of its own. */

import type { Finding } from "./diagnosis.ts";

/** What was found out about this machine. */
export interface RunMachine {
  /** As `uname -r` says. */
  readonly kernel: string;
  /** Why no program can be supervised here (`seccompLacks` of ffi); undefined where one can. */
  readonly lacks: string | undefined;
  /** Landlock's ABI, or a negative errno. */
  readonly landlock: number;
  /** /proc/sys/kernel/yama/ptrace_scope; undefined where there is no Yama. */
  readonly ptraceScope: number | undefined;
  /** Effective capabilities of this process. */
  readonly sysAdmin: boolean;
  readonly sysPtrace: boolean;
}

/** SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV and SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (seccomp_unotify(2)). */
const WAIT_KILLABLE = [5, 19] as const;
const SYNC_WAKE_UP = [6, 6] as const;
/** The first ABI with network rules, of Linux 6.7. */
const LANDLOCK_NETWORK = 4;

/** One finding for each thing that `snet run` needs or is better with. */
export function diagnoseRun(machine: RunMachine): readonly Finding[] {
  const { lacks } = machine;
  const name = "seccomp";
  // Of a machine that lacks it the rest is of no interest.
  if (lacks !== undefined) return [{ name, state: "missing", found: lacks, advice: adviceFor(lacks) }];
  return [
    { name, state: "ok", found: `user notification, Linux ${machine.kernel}` },
    ptrace(machine),
    signals(machine),
    latency(machine),
    landlock(machine),
    privileges(machine),
  ];
}

function adviceFor(lacks: string): string {
  if (lacks.includes("x86_64")) {
    return "run it on an x86_64 machine, or build a kernel with snet for this one";
  }
  if (lacks.includes("later is needed")) return "boot a newer kernel";
  return "in a container: start it with a seccomp profile that allows seccomp and pidfd_getfd " +
    "(Docker: --security-opt seccomp=unconfined); else boot a kernel with CONFIG_SECCOMP_FILTER";
}

/** Descriptors and memory of the program are reached as ptrace(2) would. */
function ptrace({ ptraceScope, sysPtrace }: RunMachine): Finding {
  const name = "ptrace";
  const scope = `kernel.yama.ptrace_scope is ${ptraceScope}`;
  if (ptraceScope === undefined) return { name, state: "ok", found: "no Yama" };
  if (ptraceScope === 3) {
    return {
      name,
      state: "missing",
      found: `${scope}: nobody may look into a program`,
      advice: "set it to 2 or less in /etc/sysctl.d and boot again: this value cannot be taken back",
    };
  }
  if (ptraceScope === 2 && !sysPtrace) {
    return {
      name,
      state: "missing",
      found: `${scope}: only root may look into a program`,
      advice: "run it as root, or: sudo sysctl kernel.yama.ptrace_scope=1",
    };
  }
  return { name, state: "ok", found: `${scope}: enough for a program's own parent` };
}

function signals({ kernel }: RunMachine): Finding {
  const name = "signals";
  if (isSince(kernel, WAIT_KILLABLE)) {
    return { name, state: "ok", found: "calls that are held end by them as usual" };
  }
  return {
    name,
    state: "limited",
    found: "a handler may run before the call that is held is over; the call is then taken up again",
    advice: "boot Linux 5.19 or later",
  };
}

function latency({ kernel }: RunMachine): Finding {
  const name = "latency";
  if (isSince(kernel, SYNC_WAKE_UP)) {
    return { name, state: "ok", found: "snet is woken on the program's processor" };
  }
  return {
    name,
    state: "limited",
    found: "each call that is held costs some 50 µs more, where the program has to wake another processor",
    advice: "boot Linux 6.6 or later",
  };
}

function landlock({ landlock }: RunMachine): Finding {
  const name = "landlock";
  if (landlock >= LANDLOCK_NETWORK) {
    return { name, state: "ok", found: `ABI ${landlock}: the program is barred from TCP besides` };
  }
  return {
    name,
    state: "limited",
    found: landlock < 0 ? "not there" : `ABI ${landlock}, without network rules (ABI ${LANDLOCK_NETWORK})`,
    advice:
      "a program that swaps descriptors while another thread calls might reach TCP unasked: boot Linux 6.7 or " +
      "later with landlock in CONFIG_LSM (or lsm=)",
  };
}

function privileges({ sysAdmin }: RunMachine): Finding {
  const name = "privileges";
  if (sysAdmin) return { name, state: "ok", found: "CAP_SYS_ADMIN: sudo and the like work in the program" };
  return {
    name,
    state: "limited",
    found:
      "no CAP_SYS_ADMIN: the program runs with no_new_privs, so sudo, su and file capabilities have no effect in it",
    advice: "where it needs them: sudo snet run -- …",
  };
}

/** Whether a kernel is of this version or later. */
export function isSince(kernel: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = kernel.split(".").map((part) => Number.parseInt(part));
  return ownMajor > major || ownMajor === major && ownMinor >= minor;
}
