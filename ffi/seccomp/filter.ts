/**
 * The seccomp filter of a program whose calls on sockets are intercepted: which system calls go to the supervisor, which
 * are refused as they can only go around it, and all others, which the kernel runs as ever.
 *
 * A filter sees numbers, not what pointers point to. Calls that it says nothing about must not even load an argument:
 * then the kernel knows beforehand that they are allowed, and does not run the filter for them (seccomp_cache_check_allow()
 * of kernel/seccomp.c).
 */

import { ERRNO } from "../errno.ts";
import type { EventName } from "../protocol.ts";
import { assemble, Data, ifAnyOf, ifAnySet, ifEqual, ifNotZero, load, type Piece, returns } from "./bpf.ts";

/** What is to be intercepted. */
export interface FilterOptions {
  /** Of {@linkcode INTERCEPTED_EVENTS}. */
  readonly events: readonly EventName[];
  /** Ask about sends without an address too, where sends are asked about. */
  readonly sendAll: boolean;
  /** Requests in a ring are no system calls: refused (ENOSYS, so that programs fall back) or not seen. */
  readonly ioUring: "refuse" | "allow";
}

/** Events that a filter can tell; the others have no system call of their own, or one too many. */
export const INTERCEPTED_EVENTS: readonly EventName[] = [
  "snet.socket",
  "snet.bind",
  "snet.connect",
  "snet.listen",
  "snet.accept",
  "snet.post_accept",
  "snet.sendmsg",
  "snet.shutdown",
];

/** Numbers of system calls on x86_64 (arch/x86/entry/syscalls/syscall_64.tbl). */
export const Syscall = {
  ioctl: 16,
  socket: 41,
  connect: 42,
  accept: 43,
  sendto: 44,
  sendmsg: 46,
  shutdown: 48,
  bind: 49,
  listen: 50,
  setsockopt: 54,
  getsockopt: 55,
  prctl: 157,
  unshare: 272,
  accept4: 288,
  sendmmsg: 307,
  setns: 308,
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
} as const;

/** Numbers on i386 (syscall_32.tbl): of what would have to be intercepted, and of what is refused on x86_64 as well. */
const I386 = {
  ioctl: 54,
  prctl: 172,
  unshare: 310,
  setns: 346,
  sockets: [
    102, // socketcall
    345, // sendmmsg
    359, // socket
    361, // bind
    362, // connect
    363, // listen
    364, // accept4
    365, // getsockopt
    366, // setsockopt
    369, // sendto
    370, // sendmsg
    373, // shutdown
  ],
} as const;

/** By these alone a thread leaves its namespaces: they are told so that those need not be read at each call. */
const MOVES: readonly number[] = [Syscall.unshare, Syscall.setns];
const I386_MOVES: readonly number[] = [I386.unshare, I386.setns];

/** True for a call that is told for what it may do to the thread's namespaces. */
export function isMove(nr: number, arch: number): boolean {
  const { unshare, setns } = arch === Arch.i386 ? I386 : Syscall;
  return nr === unshare || nr === setns;
}

/** The same on every architecture. */
const IO_URING = [Syscall.io_uring_setup, Syscall.io_uring_enter, Syscall.io_uring_register];

/** AUDIT_ARCH_x of linux/audit.h. */
export const Arch = { x86_64: 0xc000003e, i386: 0x40000003 } as const;
/** Set in the numbers of x32, which has the arch of x86_64 (asm/unistd.h). */
const X32_BIT = 0x4000_0000;

/** SECCOMP_RET_x of linux/seccomp.h. */
export const Return = {
  allow: 0x7fff0000,
  notify: 0x7fc00000,
  errno: 0x00050000,
} as const;

const ALLOW = returns(Return.allow);
const NOTIFY = returns(Return.notify);
const REFUSE = returns(Return.errno | ERRNO.EPERM);
const UNKNOWN = returns(Return.errno | ERRNO.ENOSYS);
const NO_FAMILY = returns(Return.errno | ERRNO.EAFNOSUPPORT);
const NO_PROTOCOL = returns(Return.errno | ERRNO.EPROTONOSUPPORT);

/** The filter as an array of struct sock_filter. Throws an Error for an event that it cannot tell. */
export function seccompFilter(options: FilterOptions): Uint8Array<ArrayBuffer> {
  return assemble([
    ...load(Data.arch),
    ...ifEqual(Arch.i386, i386(options)),
    ...ifEqual(Arch.x86_64, x86_64(options)),
    ...UNKNOWN,
  ]);
}

function x86_64(options: FilterOptions): Piece {
  const wants = wanted(options);
  return [
    ...load(Data.nr),
    // A tracer's -1 for "no system call" has the bit too, and would get the same from the kernel.
    ...ifAnySet(X32_BIT, UNKNOWN),
    ...ifEqual(Syscall.socket, sockets(wants)),
    ...ifAnyOf(plainCalls(wants), NOTIFY),
    ...ifAnyOf(MOVES, NOTIFY),
    ...sends(wants, options.sendAll),
    ...ifEqual(Syscall.setsockopt, refusedOptions(wants)),
    ...ifEqual(Syscall.getsockopt, refusedQueries(wants)),
    ...ifEqual(Syscall.ioctl, refusedControls()),
    ...ifEqual(Syscall.prctl, refusedMemoryMaps()),
    ...ifAnyOf(options.ioUring === "refuse" ? IO_URING : [], UNKNOWN),
    ...ALLOW,
  ];
}

/** 32-bit calls have arguments and addresses of other shapes: what would have to be judged is refused. */
function i386({ ioUring }: FilterOptions): Piece {
  return [
    ...load(Data.nr),
    ...ifAnyOf(I386.sockets, REFUSE),
    ...ifAnyOf(I386_MOVES, NOTIFY),
    ...ifEqual(I386.ioctl, refusedControls()),
    ...ifEqual(I386.prctl, refusedMemoryMaps()),
    ...ifAnyOf(ioUring === "refuse" ? IO_URING : [], UNKNOWN),
    ...ALLOW,
  ];
}

type Wants = (...events: EventName[]) => boolean;

function wanted({ events }: FilterOptions): Wants {
  for (const event of events) {
    if (INTERCEPTED_EVENTS.includes(event)) continue;
    throw new Error(
      `Cannot intercept ${event}: no system call tells it; there are ${INTERCEPTED_EVENTS.join(", ")}`,
    );
  }
  return (...names) => names.some((name) => events.includes(name));
}

/** Calls that always concern their event. */
function plainCalls(wants: Wants): number[] {
  const calls: readonly [number, boolean][] = [
    [Syscall.connect, wants("snet.connect")],
    [Syscall.accept, wants("snet.accept", "snet.post_accept")],
    [Syscall.accept4, wants("snet.accept", "snet.post_accept")],
    [Syscall.bind, wants("snet.bind")],
    [Syscall.listen, wants("snet.listen")],
    [Syscall.shutdown, wants("snet.shutdown")],
    // Whether they have an address stands in memory.
    [Syscall.sendmsg, wants("snet.sendmsg")],
    [Syscall.sendmmsg, wants("snet.sendmsg")],
  ];
  return calls.filter(([, isWanted]) => isWanted).map(([nr]) => nr);
}

const AF_INET = 2;
const AF_INET6 = 10;
const AF_SMC = 43;
const IPPROTO_SMC = 256;
const IPPROTO_MPTCP = 262;

/**
 * What carries TCP and is none to Landlock, which therefore could not keep a descriptor from TCP that becomes such a
 * socket behind the judgement. Refused as on a kernel without it: programs then take TCP.
 */
function sockets(wants: Wants): Piece {
  const others = wants("snet.socket") ? NOTIFY : ALLOW;
  if (!wants("snet.connect", "snet.bind")) return others;
  return [
    ...load(Data.low(0)),
    ...ifEqual(AF_SMC, NO_FAMILY),
    ...ifAnyOf([AF_INET, AF_INET6], [
      ...load(Data.low(2)),
      ...ifAnyOf([IPPROTO_MPTCP, IPPROTO_SMC], NO_PROTOCOL),
      ...others,
    ]),
    ...others,
  ];
}

/** MSG_FASTOPEN: a send that connects. */
const FAST_OPEN = 0x2000_0000;

function sends(wants: Wants, sendAll: boolean): Piece {
  if (wants("snet.sendmsg")) {
    return ifEqual(Syscall.sendto, sendAll ? NOTIFY : [...ifNotZero(4, NOTIFY), ...ALLOW]);
  }
  if (!wants("snet.connect")) return [];
  const withFlags = (
    argument: number,
  ) => [...load(Data.low(argument)), ...ifAnySet(FAST_OPEN, NOTIFY), ...ALLOW];
  return [
    ...ifEqual(Syscall.sendmsg, withFlags(2)),
    ...ifAnyOf([Syscall.sendto, Syscall.sendmmsg], withFlags(3)),
  ];
}

// The kernel takes these arguments as int: the upper halves of the registers may hold anything.
const LEVEL = Data.low(1);
const OPTION = Data.low(2);

const SOL_IP = 0;
const SOL_IPV6 = 41;
const SOL_SCTP = 132;
const IP_OPTIONS = 4;
const IPV6_2292PKTOPTIONS = 6;
const IPV6_FLOWLABEL_MGR = 32;
const IPV6_RTHDR = 57;
const SCTP_SOCKOPT_BINDX_ADD = 100;
const SCTP_SOCKOPT_CONNECTX_OLD = 107;
const SCTP_SOCKOPT_CONNECTX = 110;
const SCTP_SOCKOPT_CONNECTX3 = 111;

/**
 * Routes that a program lays itself lead to an address that no question shows, as kernel/tree/security/snet/net_route.c
 * says; on raw sockets too, since a filter cannot tell what a descriptor is. SCTP binds and connects by options.
 */
function refusedOptions(wants: Wants): Piece {
  const routes = wants("snet.connect", "snet.sendmsg");
  const sctp = [
    ...(wants("snet.bind") ? [SCTP_SOCKOPT_BINDX_ADD] : []),
    ...(wants("snet.connect") ? [SCTP_SOCKOPT_CONNECTX_OLD, SCTP_SOCKOPT_CONNECTX] : []),
  ];
  return [
    ...load(LEVEL),
    ...(routes ? refusedAtLevel(SOL_IP, [IP_OPTIONS]) : []),
    ...(routes ? refusedAtLevel(SOL_IPV6, [IPV6_RTHDR, IPV6_2292PKTOPTIONS, IPV6_FLOWLABEL_MGR]) : []),
    ...(sctp.length > 0 ? refusedAtLevel(SOL_SCTP, sctp) : []),
    ...ALLOW,
  ];
}

/** getsockopt(2) can connect as well: sctp_connectx(3) uses it. */
function refusedQueries(wants: Wants): Piece {
  if (!wants("snet.connect")) return ALLOW;
  return [...load(LEVEL), ...refusedAtLevel(SOL_SCTP, [SCTP_SOCKOPT_CONNECTX3]), ...ALLOW];
}

function refusedAtLevel(level: number, options: readonly number[]): Piece {
  return ifEqual(level, [...load(OPTION), ...ifAnyOf(options, REFUSE), ...ALLOW]);
}

const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

/** What types into a terminal: a program would answer its own question. The command is an unsigned int. */
function refusedControls(): Piece {
  return [...load(Data.low(1)), ...ifAnyOf([TIOCSTI, TIOCLINUX], REFUSE), ...ALLOW];
}

const PR_SET_MM = 35;
const PR_SET_MM_EXE_FILE = 13;
const PR_SET_MM_MAP = 14;

/** What makes a process pass for another executable (/proc/PID/exe). Both are taken as int (kernel/sys.c). */
function refusedMemoryMaps(): Piece {
  const forges = [...load(Data.low(1)), ...ifAnyOf([PR_SET_MM_EXE_FILE, PR_SET_MM_MAP], REFUSE), ...ALLOW];
  return [...load(Data.low(0)), ...ifEqual(PR_SET_MM, forges), ...ALLOW];
}
