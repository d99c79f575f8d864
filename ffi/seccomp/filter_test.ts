import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { CallThread } from "../call_thread.ts";
import { ERRNO } from "../errno.ts";
import type { EventName } from "../protocol.ts";
import { Code, filterProgram } from "./bpf.ts";
import { Arch, type FilterOptions, INTERCEPTED_EVENTS, Return, seccompFilter, Syscall } from "./filter.ts";

/** A system call as a filter sees it. */
interface Sample {
  readonly nr: number;
  readonly arch?: number;
  readonly args?: readonly bigint[];
}

type Answer = "allow" | "notify" | keyof typeof ERRNO;

/** Runs a filter as the kernel does, and tells whether it looked at an argument. */
function interpret(filter: Uint8Array<ArrayBuffer>, sample: Sample): { answer: Answer; loads: number[] } {
  const { nr, arch = Arch.x86_64, args = [] } = sample;
  const data = new DataView(new ArrayBuffer(64));
  data.setInt32(0, nr, true);
  data.setUint32(4, arch, true);
  args.forEach((value, i) => data.setBigUint64(16 + 8 * i, value, true));
  const code = new DataView(filter.buffer);
  const loads: number[] = [];
  let a = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const k = code.getUint32(at + 4, true);
    const jump = (holds: boolean) => at += 8 * code.getUint8(at + (holds ? 2 : 3));
    const operation = code.getUint16(at, true);
    if (operation === Code.Return) return { answer: answerOf(k), loads };
    if (operation === Code.JumpIfEqual) jump(a === k);
    else if (operation === Code.JumpIfSet) jump((a & k) !== 0);
    else {
      equal(operation, Code.Load);
      a = data.getUint32(k, true);
      loads.push(k);
    }
  }
  throw new Error("The filter ended without an answer");
}

function answerOf(value: number): Answer {
  if (value === Return.allow) return "allow";
  if (value === Return.notify) return "notify";
  equal(value & ~0xffff, Return.errno);
  const name = Object.entries(ERRNO).find(([, number]) => number === (value & 0xffff))?.[0];
  return name as Answer;
}

function options(changes: Partial<FilterOptions> = {}): FilterOptions {
  return { events: INTERCEPTED_EVENTS, sendAll: false, ioUring: "refuse", ...changes };
}

function answer(sample: Sample, changes: Partial<FilterOptions> = {}): Answer {
  return interpret(seccompFilter(options(changes)), sample).answer;
}

const HIGH = 0xdead_beef_0000_0000n;
const POINTER = 0x7ffc_1234_5678n;
const X32_BIT = 0x4000_0000;

Deno.test("filter: each event brings the calls that tell it, and no others", () => {
  const calls: Record<string, readonly number[]> = {
    "snet.socket": [Syscall.socket],
    "snet.bind": [Syscall.bind],
    "snet.connect": [Syscall.connect],
    "snet.listen": [Syscall.listen],
    "snet.accept": [Syscall.accept, Syscall.accept4],
    "snet.post_accept": [Syscall.accept, Syscall.accept4],
    "snet.sendmsg": [Syscall.sendmsg, Syscall.sendmmsg],
    "snet.shutdown": [Syscall.shutdown],
  };
  deepEqual(Object.keys(calls), [...INTERCEPTED_EVENTS]);
  for (const [event, expected] of Object.entries(calls)) {
    const filter = seccompFilter(options({ events: [event as EventName] }));
    const notified = Array.from({ length: 1024 }, (_, nr) => nr).filter((nr) =>
      interpret(filter, { nr }).answer === "notify"
    );
    const moves = [Syscall.unshare, Syscall.setns];
    deepEqual(notified, [...expected, ...moves].sort((a, b) => a - b), event);
  }
});

Deno.test("filter: what it says nothing about is allowed without a look at its arguments", () => {
  const judged = new Set<number>([...Object.values(Syscall)]);
  const filter = seccompFilter(options());
  for (let nr = 0; nr < 1024; nr++) {
    if (judged.has(nr)) continue;
    const { answer, loads } = interpret(filter, { nr });
    deepEqual([nr, answer, loads.every((offset) => offset < 8)], [nr, "allow", true]);
  }
});

Deno.test("filter: sendto is intercepted with an address, whichever half of the pointer is not 0", () => {
  const sendto = (address: bigint) =>
    answer({ nr: Syscall.sendto, args: [3n, POINTER, 5n, 0n, address, 16n] });
  equal(sendto(POINTER), "notify");
  equal(sendto(0x1000n), "notify");
  equal(sendto(0x1_0000_0000n), "notify");
  equal(sendto(0n), "allow");
});

Deno.test("filter: with send-all every sendto is intercepted", () => {
  equal(answer({ nr: Syscall.sendto, args: [3n, POINTER, 5n, 0n, 0n, 0n] }, { sendAll: true }), "notify");
  const connects = { sendAll: true, events: ["snet.connect"] as const };
  equal(answer({ nr: Syscall.sendto, args: [3n, POINTER, 5n, 0n, POINTER, 16n] }, connects), "allow");
});

Deno.test("filter: where only connects are asked about, sends that connect are intercepted", () => {
  const FAST_OPEN = 0x2000_0000n;
  const MSG_NOSIGNAL = 0x4000n;
  const cases: [number, number][] = [[Syscall.sendto, 3], [Syscall.sendmsg, 2], [Syscall.sendmmsg, 3]];
  for (const [nr, argument] of cases) {
    const send = (flags: bigint) => {
      const args = [3n, POINTER, 5n, 0n, POINTER, 16n];
      args[argument] = flags;
      return answer({ nr, args }, { events: ["snet.connect"] });
    };
    deepEqual([send(FAST_OPEN), send(HIGH | FAST_OPEN | MSG_NOSIGNAL)], ["notify", "notify"]);
    deepEqual([send(MSG_NOSIGNAL), send(FAST_OPEN << 32n), send(0n)], ["allow", "allow", "allow"]);
    equal(answer({ nr, args: [3n, POINTER, FAST_OPEN, FAST_OPEN] }, { events: ["snet.bind"] }), "allow");
  }
});

Deno.test("filter: socket options that lay a route are refused where connects or sends are asked about", () => {
  const routes: [bigint, bigint][] = [[0n, 4n], [41n, 57n], [41n, 6n], [41n, 32n]];
  const set = (level: bigint, option: bigint, events = INTERCEPTED_EVENTS) =>
    answer({ nr: Syscall.setsockopt, args: [3n, level, option, POINTER, 4n] }, { events });
  for (const [level, option] of routes) {
    equal(set(level, option), "EPERM");
    equal(set(HIGH | level, HIGH | option), "EPERM");
    equal(set(level, option, ["snet.sendmsg"]), "EPERM");
    equal(set(level, option, ["snet.connect"]), "EPERM");
    equal(set(level, option, ["snet.bind", "snet.listen"]), "allow");
    equal(set(level + 1n, option), "allow");
  }
  equal(set(41n, 4n), "allow");
  equal(set(0n, 57n), "allow");
  equal(set(1n, 4n), "allow");
});

Deno.test("filter: SCTP's options that bind and connect are refused where that is asked about", () => {
  const option = (nr: number, number: bigint, events: readonly EventName[]) =>
    answer({ nr, args: [3n, HIGH | 132n, HIGH | number, POINTER, 4n] }, { events });
  equal(option(Syscall.setsockopt, 100n, ["snet.bind"]), "EPERM");
  equal(option(Syscall.setsockopt, 100n, ["snet.connect"]), "allow");
  for (const number of [107n, 110n]) {
    equal(option(Syscall.setsockopt, number, ["snet.connect"]), "EPERM");
    equal(option(Syscall.setsockopt, number, ["snet.bind"]), "allow");
  }
  equal(option(Syscall.getsockopt, 111n, ["snet.connect"]), "EPERM");
  equal(option(Syscall.getsockopt, 111n, ["snet.bind"]), "allow");
  equal(option(Syscall.getsockopt, 110n, ["snet.connect"]), "allow");
  equal(answer({ nr: Syscall.getsockopt, args: [3n, 1n, 111n] }), "allow");
});

Deno.test("filter: there is no TCP that Landlock does not know, where connects or binds are asked about", () => {
  const socket = (family: bigint, protocol: bigint, events: readonly EventName[]) =>
    answer({ nr: Syscall.socket, args: [HIGH | family, HIGH | 1n, HIGH | protocol] }, { events });
  const [MPTCP, SMC, AF_SMC] = [262n, 256n, 43n];
  for (const events of [["snet.connect"], ["snet.bind"], INTERCEPTED_EVENTS] as EventName[][]) {
    for (const family of [2n, 10n]) {
      deepEqual([socket(family, MPTCP, events), socket(family, SMC, events)], [
        "EPROTONOSUPPORT",
        "EPROTONOSUPPORT",
      ]);
    }
    deepEqual([socket(AF_SMC, 0n, events), socket(AF_SMC, 1n, events)], ["EAFNOSUPPORT", "EAFNOSUPPORT"]);
  }
  const others: [bigint, bigint][] = [[2n, 0n], [10n, 6n], [1n, 0n], [17n, SMC], [16n, MPTCP]];
  for (const [family, protocol] of others) {
    equal(socket(family, protocol, ["snet.connect"]), "allow");
    equal(socket(family, protocol, INTERCEPTED_EVENTS), "notify");
  }
  equal(socket(2n, MPTCP, ["snet.sendmsg"]), "allow");
  equal(socket(AF_SMC, 0n, ["snet.socket"]), "notify");
});

Deno.test("filter: typing into a terminal is refused, whatever the register's upper half holds", () => {
  const arches: [number, number][] = [[Arch.x86_64, Syscall.ioctl], [Arch.i386, 54]];
  for (const [arch, nr] of arches) {
    const control = (command: bigint) => answer({ nr, arch, args: [0n, command, POINTER] }, { events: [] });
    for (const command of [0x5412n, 0x541cn]) {
      deepEqual([control(command), control(HIGH | command)], ["EPERM", "EPERM"]);
    }
    deepEqual([control(0x5413n), control(0x5412n << 32n), control(0n)], ["allow", "allow", "allow"]);
  }
});

Deno.test("filter: a process cannot pass for another executable", () => {
  const arches: [number, number][] = [[Arch.x86_64, Syscall.prctl], [Arch.i386, 172]];
  for (const [arch, nr] of arches) {
    const set = (option: bigint, what: bigint) => answer({ nr, arch, args: [option, what] }, { events: [] });
    for (const what of [13n, 14n]) {
      deepEqual([set(35n, what), set(HIGH | 35n, HIGH | what)], ["EPERM", "EPERM"]);
      equal(set(36n, what), "allow");
    }
    deepEqual([set(35n, 15n), set(35n, 1n), set(15n, POINTER)], ["allow", "allow", "allow"]);
  }
});

Deno.test("filter: io_uring is not there, or not looked at", () => {
  const calls = [425, 426, 427].flatMap((nr) => [{ nr }, { nr, arch: Arch.i386 }]);
  for (const sample of calls) {
    equal(answer(sample), "ENOSYS");
    equal(answer(sample, { ioUring: "allow" }), "allow");
  }
});

Deno.test("filter: i386's calls on sockets are refused, its others allowed, those that leave a namespace told", () => {
  const refused = [102, 345, 359, 361, 362, 363, 364, 365, 366, 369, 370, 373];
  const filter = seccompFilter(options({ events: ["snet.listen"], ioUring: "allow" }));
  for (let nr = 0; nr < 512; nr++) {
    const expected = refused.includes(nr) ? "EPERM" : nr === 310 || nr === 346 ? "notify" : "allow";
    deepEqual([nr, interpret(filter, { nr, arch: Arch.i386 }).answer], [nr, expected]);
  }
});

Deno.test("filter: x32, numbers that are none and other architectures have no system calls at all", () => {
  const x32 = [Syscall.connect, Syscall.socket, 0, 518, 541].map((nr) => X32_BIT | nr);
  for (const nr of [...x32, -1, -42]) equal(answer({ nr }), "ENOSYS");
  for (const arch of [0, 0xc00000b7, 0x40000028, 0x4000003e, 0xffffffff]) {
    for (const nr of [0, 42, 203]) equal(answer({ nr, arch }), "ENOSYS");
  }
});

Deno.test("filter: an event that no system call tells is an error", () => {
  throws(
    () => seccompFilter(options({ events: ["snet.recvmsg"] })),
    /^Error: Cannot intercept snet.recvmsg: /,
  );
});

Deno.test({
  name: "filter: the kernel takes it and answers so",
  ignore: Deno.build.arch !== "x86_64",
  async fn() {
    using thread = new CallThread();
    const filter = seccompFilter(options());
    const PR_SET_NO_NEW_PRIVS = 38n;
    const SECCOMP_SET_MODE_FILTER = 1n;
    const installed = await thread.run([
      ["syscall", Syscall.prctl, PR_SET_NO_NEW_PRIVS, 1n],
      ["syscall", 317, SECCOMP_SET_MODE_FILTER, 0n, filterProgram(filter)],
    ]);
    deepEqual(installed, [0, 0]);
    const of = (nr: number, ...args: bigint[]) => thread.call(["syscall", nr, ...args]);
    const NO_FD = 0xffff_ffffn;
    equal(await of(Syscall.ioctl, NO_FD, HIGH | 0x5412n), -ERRNO.EPERM);
    equal(await of(Syscall.ioctl, NO_FD, 0x5413n), -ERRNO.EBADF);
    equal(await of(Syscall.setsockopt, NO_FD, 0n, 4n), -ERRNO.EPERM);
    equal(await of(Syscall.setsockopt, NO_FD, 0n, 1n), -ERRNO.EBADF);
    equal(await of(Syscall.prctl, 35n, 14n), -ERRNO.EPERM);
    equal(await of(Syscall.sendto, NO_FD, 0n, 0n, 0n, 0n), -ERRNO.EBADF);
    equal(await of(Syscall.io_uring_enter, NO_FD), -ERRNO.ENOSYS);
    // With nobody to notify: the answer that programs get when snet is gone.
    equal(await of(Syscall.sendto, NO_FD, 0n, 0n, 0n, 0x1_0000_0000n), -ERRNO.ENOSYS);
    equal(await of(Syscall.connect, NO_FD), -ERRNO.ENOSYS);
    equal(await of(X32_BIT | 186), -ERRNO.ENOSYS);
    ok(await of(186) > 0);
  },
});
