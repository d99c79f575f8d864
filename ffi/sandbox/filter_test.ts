import { deepEqual, equal } from "node:assert/strict";
import { type Call, CallThread } from "../call_thread.ts";
import { ERRNO, errnoName } from "../errno.ts";
import { filterProgram } from "../seccomp/bpf.ts";
import { noExecuteFilter, pluginFilter, type PluginFilterOptions } from "./filter.ts";

const IS_X86_64 = Deno.build.arch === "x86_64";
const SYS = {
  open: 2,
  mmap: 9,
  creat: 85,
  getpid: 39,
  socket: 41,
  connect: 42,
  sendto: 44,
  sendmsg: 46,
  setsockopt: 54,
  clone: 56,
  kill: 62,
  fcntl: 72,
  prctl: 157,
  io_setup: 206,
  openat: 257,
  sendmmsg: 307,
  openat2: 437,
  prlimit64: 302,
  seccomp: 317,
  execve: 59,
};
const PR_SET_NO_NEW_PRIVS = 38n;
const SET_MODE_FILTER = 1n;
const [AF_UNIX, AF_INET, AF_NETLINK] = [1n, 2n, 16n];
const [STREAM, DATAGRAM, RAW, NONBLOCK] = [1n, 2n, 3n, 0o4000n];
const [TCP, UDP, MPTCP] = [6n, 17n, 262n];

/** What becomes of calls on a thread with a filter: a value ≥ 0 as "ok". */
async function under(filter: Uint8Array, calls: readonly Call[]): Promise<string[]> {
  using thread = new CallThread();
  deepEqual(
    await thread.run([
      ["syscall", SYS.prctl, PR_SET_NO_NEW_PRIVS, 1n],
      ["syscall", SYS.seccomp, SET_MODE_FILTER, 0n, filterProgram(filter)],
    ]),
    [0, 0],
  );
  const results: string[] = [];
  for (const call of calls) {
    const value = await thread.call(call);
    results.push(value < 0 ? errnoName(-value) : "ok");
  }
  return results;
}

const socket = (...words: bigint[]): Call => ["syscall", SYS.socket, ...words];
const plugin = (more: Partial<PluginFilterOptions> = {}) =>
  pluginFilter({ pid: Deno.pid, network: "none", processes: false, ...more });

Deno.test({
  name: "plugin filter: sockets are those that are granted, whatever else is asked for with them",
  ignore: !IS_X86_64,
  async fn() {
    const all = [
      socket(AF_INET, STREAM, 0n),
      socket(AF_INET, STREAM | NONBLOCK, TCP),
      socket(AF_INET, STREAM, MPTCP),
      socket(AF_INET, DATAGRAM, 0n),
      socket(AF_INET, DATAGRAM | NONBLOCK, UDP),
      socket(AF_INET, RAW, 1n),
      socket(AF_UNIX, STREAM, 0n),
      socket(AF_NETLINK, RAW, 0n),
    ];
    deepEqual(await under(plugin(), all), Array(all.length).fill("EAFNOSUPPORT"));
    deepEqual(await under(plugin({ network: "tcp" }), all), [
      ...["ok", "ok", "EPERM", "EPERM", "EPERM", "EPERM", "EAFNOSUPPORT", "EAFNOSUPPORT"],
    ]);
    deepEqual((await under(plugin({ network: "names" }), all)).slice(3, 6), ["ok", "ok", "EPERM"]);
  },
});

Deno.test({
  name: "plugin filter: a process signals and limits itself and nobody else",
  ignore: !IS_X86_64,
  async fn() {
    const pid = BigInt(Deno.pid);
    const none = 0n;
    deepEqual(
      await under(plugin(), [
        ["syscall", SYS.kill, pid, none],
        ["syscall", SYS.kill, BigInt(Deno.ppid), none],
        ["syscall", SYS.kill, none, none],
        ["syscall", SYS.kill, BigInt.asUintN(64, -1n), none],
        ["syscall", SYS.prlimit64, none, 7n, none, none],
        ["syscall", SYS.prlimit64, BigInt(Deno.ppid), 7n, none, none],
      ]),
      ["ok", "EPERM", "EPERM", "EPERM", "ok", "EPERM"],
    );
  },
});

Deno.test({
  name:
    "plugin filter: processes are started where that is granted, in no other namespace and for no other parent",
  ignore: !IS_X86_64,
  async fn() {
    const SIGHAND = 0x800n;
    // Without CLONE_VM that makes no process: whoever may call it is told so (EINVAL).
    const clone = (flags: bigint): Call => ["syscall", SYS.clone, SIGHAND | flags];
    const [PARENT, NEWUSER, NEWPID, NEWNS] = [0x8000n, 0x1000_0000n, 0x2000_0000n, 0x2_0000n];
    const all = [clone(0n), clone(PARENT), clone(NEWUSER), clone(NEWPID), clone(NEWNS)];
    deepEqual(await under(plugin({ processes: true }), all), ["EINVAL", "EPERM", "EPERM", "EPERM", "EPERM"]);
    deepEqual(await under(plugin(), all), Array(all.length).fill("EPERM"));
  },
});

const NO_FILE = BigInt.asUintN(64, -1n);

Deno.test({
  name: "plugin filter: nothing connects, or is opened, past what Landlock looks at",
  ignore: !IS_X86_64,
  async fn() {
    const FAST_OPEN = 0x2000_0000n;
    const [SOL_SOCKET, SOL_TCP, NODELAY, ULP, SNDBUF, KEEPALIVE] = [1n, 6n, 1n, 31n, 7n, 9n];
    const send = (flags: bigint): readonly Call[] => [
      ["syscall", SYS.sendto, NO_FILE, 0n, 0n, flags, 0n, 0n],
      ["syscall", SYS.sendmsg, NO_FILE, 0n, flags],
      ["syscall", SYS.sendmmsg, NO_FILE, 0n, 0n, flags],
    ];
    const option = (
      level: bigint,
      name: bigint,
    ): Call => ["syscall", SYS.setsockopt, NO_FILE, level, name, 0n, 0n];
    deepEqual(await under(plugin({ network: "tcp" }), [...send(0n), ...send(FAST_OPEN | 0x40n)]), [
      ...["EBADF", "EBADF", "EBADF", "EOPNOTSUPP", "EOPNOTSUPP", "EOPNOTSUPP"],
    ]);
    deepEqual(
      await under(plugin({ network: "tcp" }), [
        ...[option(SOL_TCP, NODELAY), option(SOL_SOCKET, KEEPALIVE)],
        ...[option(SOL_TCP, ULP), option(SOL_SOCKET, SNDBUF)],
      ]),
      ["EBADF", "EBADF", "EPERM", "EPERM"],
    );
    const [WRITE, BOTH, NEITHER, TRUNCATE] = [1n, 2n, 3n, 0o1000n];
    const opened = [0n, WRITE, BOTH, NEITHER].flatMap((mode) => [mode, mode | TRUNCATE]);
    // A path at address 0 is complained of.
    const expected = ["EFAULT", "EPERM", "EFAULT", "EFAULT", "EFAULT", "EFAULT", "EPERM", "EPERM"];
    deepEqual(
      await under(plugin(), opened.map((flags): Call => ["syscall", SYS.open, 0n, flags, 0n])),
      expected,
    );
    deepEqual(
      await under(plugin(), opened.map((flags): Call => ["syscall", SYS.openat, NO_FILE, 0n, flags, 0n])),
      expected,
    );
    const [CREATE, TEMPORARY] = [0o101n, 0o20200002n];
    const made = [CREATE, TEMPORARY].flatMap((flags) =>
      [0o777n, 0o4700n, 0o2700n].map((mode) => [flags, mode] as const)
    );
    deepEqual(
      await under(plugin(), [
        ...made.map(([flags, mode]): Call => ["syscall", SYS.open, 0n, flags, mode]),
        ...made.map(([flags, mode]): Call => ["syscall", SYS.openat, NO_FILE, 0n, flags, mode]),
        ...[0o777n, 0o4700n, 0o2700n].map((mode): Call => ["syscall", SYS.creat, 0n, mode]),
        // Without a file to be made, what is in the place of its mode does not count.
        ["syscall", SYS.open, 0n, 0n, 0o4700n],
      ]),
      [...Array(5).fill(["EFAULT", "EPERM", "EPERM"]).flat(), "EFAULT"],
    );
    deepEqual(await under(plugin(), [["syscall", SYS.openat2, NO_FILE, 0n, 0n, 0n]]), ["ENOSYS"]);
  },
});

Deno.test({
  name: "plugin filter: no memory that limits do not count, nothing that others have to wait for",
  ignore: !IS_X86_64,
  async fn() {
    const [SHARED, PRIVATE, VALIDATED, ANONYMOUS] = [1n, 2n, 3n, 0x20n];
    // Without a length that maps nothing: whoever may call it is told so (EINVAL).
    const map = (flags: bigint): Call => ["syscall", SYS.mmap, 0n, 0n, 3n, flags, NO_FILE, 0n];
    deepEqual(
      await under(plugin({ processes: true }), [
        ...[map(PRIVATE | ANONYMOUS), map(SHARED | ANONYMOUS), map(VALIDATED | ANONYMOUS)],
      ]),
      ["EINVAL", "EPERM", "EPERM"],
    );
    const [GETFL, SETLEASE, NOTIFY, SETPIPE_SZ] = [3n, 1024n, 1026n, 1031n];
    deepEqual(
      await under(
        plugin(),
        [GETFL, SETLEASE, NOTIFY, SETPIPE_SZ].map((what): Call => ["syscall", SYS.fcntl, NO_FILE, what, 0n]),
      ),
      ["EBADF", "EPERM", "EPERM", "EPERM"],
    );
    deepEqual(await under(plugin(), [["syscall", SYS.io_setup, 0n, 0n]]), ["ENOSYS"]);
  },
});

Deno.test({
  name: "plugin filter: calls that are younger than it are not there, nor those of x32",
  ignore: !IS_X86_64,
  async fn() {
    const LAST_KNOWN = 462;
    const X32 = 0x4000_0000;
    deepEqual(
      await under(plugin(), [
        ["syscall", SYS.getpid],
        ["syscall", LAST_KNOWN + 1],
        ["syscall", 100_000],
        ["syscall", X32 | SYS.getpid],
      ]),
      ["ok", "ENOSYS", "ENOSYS", "ENOSYS"],
    );
  },
});

Deno.test({
  name: "plugin filter: a module's runtime executes nothing more",
  ignore: !IS_X86_64,
  async fn() {
    // Without the filter the call complains of the address.
    const execute: Call = ["syscall", SYS.execve, 0n, 0n, 0n];
    equal((await under(plugin(), [execute]))[0], errnoName(ERRNO.EFAULT));
    equal((await under(noExecuteFilter(), [execute]))[0], "EPERM");
  },
});
