/**
 * The seccomp filter of a plugin that is not trusted: what it may not even try, besides what Landlock holds. It refuses
 * what reaches other processes, other sockets and the kernel's seldom used parts, and all calls that are younger than this
 * list; the rest is allowed, since runtimes and C libraries need much of it.
 */

import { ERRNO } from "../errno.ts";
import {
  assemble,
  Code,
  Data,
  ifAnyOf,
  ifAnySet,
  ifEqual,
  type Instruction,
  load,
  type Piece,
  returns,
} from "../seccomp/bpf.ts";
import { Arch, Return } from "../seccomp/filter.ts";

/** What differs between plugins. */
export interface PluginFilterOptions {
  /** The process that is confined, which may signal itself. */
  readonly pid: number;
  /** `tcp`: it may connect; `names`: it may also ask for addresses of names, by UDP. */
  readonly network: "none" | "tcp" | "names";
  /** It may start processes. */
  readonly processes: boolean;
}

const ALLOW = returns(Return.allow);
const REFUSE = returns(Return.errno | ERRNO.EPERM);
const UNKNOWN = returns(Return.errno | ERRNO.ENOSYS);
const NO_FAMILY = returns(Return.errno | ERRNO.EAFNOSUPPORT);

/** Numbers of x86_64 (arch/x86/entry/syscalls/syscall_64.tbl), by why they are refused. */
const REFUSED: readonly number[] = [
  // Other processes: ptrace, process_vm_readv, process_vm_writev, kcmp, pidfd_open, pidfd_getfd, pidfd_send_signal,
  // tkill, rt_sigqueueinfo, rt_tgsigqueueinfo, process_madvise, process_mrelease, move_pages, migrate_pages
  ...[101, 310, 311, 312, 434, 438, 424, 200, 129, 297, 440, 448, 279, 256],
  // Their share of the machine: setpriority, sched_setparam, sched_setscheduler, sched_setaffinity, sched_setattr,
  // ioprio_set, mbind, set_mempolicy
  ...[141, 142, 144, 203, 314, 251, 237, 238],
  // Out of the process group that is ended with the plugin: setpgid, setsid
  ...[109, 112],
  // The tree of files: pivot_root, chroot, mount, umount2, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick,
  // mount_setattr, statmount, listmount, name_to_handle_at, open_by_handle_at, fanotify_init, quotactl, quotactl_fd
  ...[155, 161, 165, 166, 428, 429, 430, 431, 432, 433, 442, 457, 458, 303, 304, 300, 179, 443],
  // What Landlock does not see on files that its rules let through or that lie outside: chmod, fchmod, fchmodat,
  // fchmodat2, chown, fchown, lchown, fchownat, utime, utimes, futimesat, utimensat, setxattr, lsetxattr, fsetxattr,
  // removexattr, lremovexattr, fremovexattr, truncate (by path, before its ABI 3), mknod, mknodat
  ...[90, 91, 268, 452, 92, 93, 94, 260, 132, 235, 261, 280, 188, 189, 190, 197, 198, 199, 76, 133, 259],
  // What others do with files, and stalls of all disks: inotify_add_watch, sync, syncfs
  ...[254, 162, 306],
  // Namespaces: unshare, setns
  ...[272, 308],
  // Memory and messages that outlive a process or that no limit counts: shmget, shmat, shmctl, semget, semop, semctl,
  // semtimedop, msgget, msgsnd, msgrcv, msgctl, mq_open, mq_unlink, memfd_create, memfd_secret
  ...[29, 30, 31, 64, 65, 66, 220, 68, 69, 70, 71, 240, 241, 319, 447],
  // Keys: add_key, request_key, keyctl
  ...[248, 249, 250],
  // The machine: syslog, iopl, ioperm, modify_ldt, personality, acct, settimeofday, adjtimex, clock_settime,
  // clock_adjtime, swapon, swapoff, reboot, sethostname, setdomainname, init_module, finit_module, delete_module,
  // kexec_load, kexec_file_load, vhangup, perf_event_open, bpf, userfaultfd, lookup_dcookie
  ...[103, 172, 173, 154, 135, 163, 164, 159, 227, 305, 167, 168, 169, 170, 171, 175, 313, 176, 246, 320],
  ...[153, 298, 321, 323, 212],
];

/**
 * Programs fall back on other calls: io_uring_setup, io_uring_enter, io_uring_register, clone3 and openat2 (their flags are in
 * memory); io_setup, io_destroy, io_getevents, io_submit, io_cancel, io_pgetevents (all of the machine share their number).
 */
const ABSENT = [425, 426, 427, 435, 437, 206, 207, 208, 209, 210, 333] as const;

/** fork, vfork */
const FORKS = [57, 58] as const;
/** bind, listen, accept, accept4: a plugin serves nobody. */
const SERVES = [49, 50, 43, 288] as const;
const CONNECT = 42;
const SOCKET = 41;
const SOCKETPAIR = 53;
const CLONE = 56;
const KILL = 62;
const TGKILL = 234;
const PRCTL = 157;
const PRLIMIT64 = 302;
const FCNTL = 72;
const IOCTL = 16;
const OPEN = 2;
const CREAT = 85;
const OPENAT = 257;
const MMAP = 9;
const SENDTO = 44;
const SENDMSG = 46;
const SENDMMSG = 307;
const SETSOCKOPT = 54;
const EXECUTES = [59, 322] as const; // execve, execveat

/** The last call that this list has thought about: mseal of Linux 6.10. */
const LAST_KNOWN = 462;
const X32_BIT = 0x4000_0000;

/** The filter with which a plugin's process is started: an array of struct sock_filter. */
export function pluginFilter(options: PluginFilterOptions): Uint8Array<ArrayBuffer> {
  return assemble([
    ...onlyX86_64(),
    ...ifAbove(LAST_KNOWN, UNKNOWN),
    ...ifAnyOf(REFUSED, REFUSE),
    ...ifAnyOf(ABSENT, UNKNOWN),
    ...ifAnyOf(options.processes ? [] : FORKS, REFUSE),
    ...ifAnyOf(options.network === "none" ? [...SERVES, CONNECT] : SERVES, REFUSE),
    ...ifEqual(SOCKET, sockets(options.network)),
    ...ifEqual(SOCKETPAIR, pairs()),
    ...ifEqual(CLONE, clones(options.processes)),
    ...ifAnyOf([KILL, TGKILL], ifFirst(options.pid, ALLOW, REFUSE)),
    ...ifEqual(PRLIMIT64, ifFirst(0, ALLOW, REFUSE)),
    ...ifEqual(PRCTL, processControl()),
    ...ifEqual(FCNTL, fileControl()),
    ...ifEqual(IOCTL, deviceControl()),
    ...ifEqual(OPEN, opens(1)),
    ...ifEqual(OPENAT, opens(2)),
    ...ifEqual(CREAT, [...newMode(1), ...ALLOW]),
    ...ifEqual(MMAP, maps()),
    ...ifEqual(SENDMSG, sends(2)),
    ...ifAnyOf([SENDTO, SENDMMSG], sends(3)),
    ...ifEqual(SETSOCKOPT, socketOptions()),
    ...ALLOW,
  ]);
}

/** The filter that a module's runtime adds once it runs: it executes nothing more. */
export function noExecuteFilter(): Uint8Array<ArrayBuffer> {
  return assemble([...onlyX86_64(), ...ifAnyOf(EXECUTES, REFUSE), ...ALLOW]);
}

/** Leaves A = the number of the call; other ABIs than the one of 64 bits have no calls at all. */
function onlyX86_64(): Piece {
  return [
    ...load(Data.arch),
    { code: Code.JumpIfEqual, whenTrue: 1, whenFalse: 0, k: Arch.x86_64 },
    ...UNKNOWN,
    ...load(Data.nr),
    ...ifAnySet(X32_BIT, UNKNOWN),
  ];
}

/** BPF_JMP | BPF_JGT | BPF_K: runs `then` where A > value. */
function ifAbove(value: number, then: Piece): Piece {
  const JUMP_IF_ABOVE = 0x25;
  const jump: Instruction = { code: JUMP_IF_ABOVE, whenTrue: 0, whenFalse: then.length, k: value };
  return [jump, ...then];
}

/** What becomes of a call by its first argument, which the kernel takes as int. */
function ifFirst(value: number, then: Piece, otherwise: Piece): Piece {
  return [...load(Data.low(0)), ...ifEqual(value, then), ...otherwise];
}

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
/** The bits of a socket's type beside SOCK_CLOEXEC and SOCK_NONBLOCK. */
const TYPE_MASK = 0xf;
const STREAM = 1;
const DATAGRAM = 2;
const SEQPACKET = 5;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;

/** Only what Landlock knows as TCP, or UDP: no raw, MPTCP, SMC, SCTP, nor another family. */
function sockets(network: PluginFilterOptions["network"]): Piece {
  if (network === "none") return NO_FAMILY;
  const protocolIs = (...protocols: number[]): Piece => [
    ...load(Data.low(2)),
    ...ifAnyOf(protocols, ALLOW),
    ...REFUSE,
  ];
  return [
    ...load(Data.low(0)),
    ...ifAnyOf([AF_INET, AF_INET6], [
      ...maskedType(),
      ...ifEqual(STREAM, protocolIs(0, IPPROTO_TCP)),
      ...(network === "names" ? ifEqual(DATAGRAM, protocolIs(0, IPPROTO_UDP)) : []),
      ...REFUSE,
    ]),
    ...NO_FAMILY,
  ];
}

/** A datagram socket of a pair could send to any other of its family. */
function pairs(): Piece {
  return [
    ...load(Data.low(0)),
    ...ifEqual(AF_UNIX, [...maskedType(), ...ifAnyOf([STREAM, SEQPACKET], ALLOW), ...REFUSE]),
    ...REFUSE,
  ];
}

/** A = the second argument & TYPE_MASK (BPF_ALU | BPF_AND | BPF_K). */
function maskedType(): Piece {
  const AND = 0x54;
  return [...load(Data.low(1)), { code: AND, whenTrue: 0, whenFalse: 0, k: TYPE_MASK }];
}

const CLONE_THREAD = 0x0001_0000;
/**
 * CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; and CLONE_PARENT, by which the daemon would get children
 * that it knows nothing of. (CLONE_NEWTIME lies among the bits of the signal, which clone(2) does not take for it.)
 */
const REFUSED_CLONES = 0x7e02_8000;

function clones(processes: boolean): Piece {
  const refused = [...load(Data.low(0)), ...ifAnySet(REFUSED_CLONES, REFUSE)];
  return [...refused, ...(processes ? ALLOW : [...ifAnySet(CLONE_THREAD, ALLOW), ...REFUSE])];
}

/**
 * PR_SET_PDEATHSIG (it ends with snet), PR_SET_DUMPABLE (snet looks at its memory), PR_SET_MM, PR_SCHED_CORE (others would wait
 * for its processor), PR_SET_PTRACER
 */
const REFUSED_CONTROLS = [1, 4, 35, 62, 0x59616d61] as const;

function processControl(): Piece {
  return [...load(Data.low(0)), ...ifAnyOf(REFUSED_CONTROLS, REFUSE), ...ALLOW];
}

/**
 * F_SETOWN, F_SETSIG, F_SETOWN_EX: signals to others by way of a file; F_SETLEASE, by which who opens a file of the same user
 * has to wait; F_NOTIFY: what others do with files; F_SETPIPE_SZ: memory that no limit counts.
 */
const REFUSED_FILE_CONTROLS = [8, 10, 15, 1024, 1026, 1031] as const;

function fileControl(): Piece {
  return [...load(Data.low(1)), ...ifAnyOf(REFUSED_FILE_CONTROLS, REFUSE), ...ALLOW];
}

/** FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX */
const REFUSED_IOCTLS = [0x8901, 0x8902, 0x5412, 0x541c] as const;

function deviceControl(): Piece {
  return [...load(Data.low(1)), ...ifAnyOf(REFUSED_IOCTLS, REFUSE), ...ALLOW];
}

const O_ACCMODE = 3;
const O_TRUNC = 0o1000;
/** O_CREAT and the bit of O_TMPFILE: the mode counts. */
const CREATES = 0o20000100;
/** S_ISUID, S_ISGID */
const OTHER_IDENTITY = 0o6000;

/**
 * Landlock looks at what a file is opened for. Opened for nothing (all bits of O_ACCMODE), it can be used for ioctl(2), and
 * truncated before its ABI 3, whatever the rules say; opened to be read, it could then be truncated too.
 */
function opens(flags: number): Piece {
  const unlessWritten: Instruction = {
    code: Code.JumpIfSet,
    whenTrue: REFUSE.length,
    whenFalse: 0,
    k: O_ACCMODE,
  };
  return [
    ...load(Data.low(flags)),
    ...ifAnySet(1, ifAnySet(2, REFUSE)),
    ...ifAnySet(O_TRUNC, [unlessWritten, ...REFUSE]),
    ...ifAnySet(CREATES, newMode(flags + 1)),
    ...ALLOW,
  ];
}

/** A program that lends whoever executes it the plugin's user, who is snet's own where that is not root, unconfined. */
function newMode(argument: number): Piece {
  return [...load(Data.low(argument)), ...ifAnySet(OTHER_IDENTITY, REFUSE)];
}

const MAP_ANONYMOUS = 0x20;
/** In MAP_SHARED and MAP_SHARED_VALIDATE, not in MAP_PRIVATE. */
const MAP_SHARED = 1;

/** Anonymous memory that is shared stays when it is unmapped from one place, and RLIMIT_DATA does not count it. */
function maps(): Piece {
  return [...load(Data.low(3)), ...ifAnySet(MAP_ANONYMOUS, ifAnySet(MAP_SHARED, REFUSE)), ...ALLOW];
}

const MSG_FASTOPEN = 0x2000_0000;

/** A send that connects, which Landlock is not asked about; the kernel says so too where that is turned off. */
function sends(flags: number): Piece {
  return [
    ...load(Data.low(flags)),
    ...ifAnySet(MSG_FASTOPEN, returns(Return.errno | ERRNO.EOPNOTSUPP)),
    ...ALLOW,
  ];
}

const SOL_SOCKET = 1;
/** SO_SNDBUF, SO_RCVBUF: memory that no limit counts. */
const BUFFERS = [7, 8] as const;
const SOL_TCP = 6;
/** Makes another protocol of TCP, such as SMC, which Landlock does not know. */
const TCP_ULP = 31;

function socketOptions(): Piece {
  const named = (options: readonly number[]) => [...load(Data.low(2)), ...ifAnyOf(options, REFUSE), ...ALLOW];
  return [
    ...load(Data.low(1)),
    ...ifEqual(SOL_SOCKET, named(BUFFERS)),
    ...ifEqual(SOL_TCP, named([TCP_ULP])),
    ...ALLOW,
  ];
}
