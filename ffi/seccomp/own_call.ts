/** System calls of this very process, for tests: made by the kernel, or held and carried out by a handler. */

import { close, Open, openat2, PollSet, prepareLibc, result } from "../libc.ts";
import { cLibrary } from "../library.ts";
import { type Event, EVENT_NAMES } from "../protocol.ts";
import type { Ask, CallEvent, CallHandler, HeldCall, Outcome, Wait } from "./call.ts";
import { TaskMemory } from "./memory.ts";
import type { HeldTask } from "./task.ts";

const LONGS = ["i64", "i64", "i64", "i64", "i64", "i64", "i64"] as const;

const libc = cLibrary({
  syscall: { parameters: LONGS, result: "i64" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
});

/** Numbers of x86_64. */
export const Sys = {
  poll: 7,
  mmap: 9,
  munmap: 11,
  socket: 41,
  connect: 42,
  accept: 43,
  sendto: 44,
  recvfrom: 45,
  sendmsg: 46,
  shutdown: 48,
  bind: 49,
  listen: 50,
  getsockname: 51,
  getpeername: 52,
  setsockopt: 54,
  getsockopt: 55,
  fcntl: 72,
  open: 2,
  accept4: 288,
  sendmmsg: 307,
} as const;

/** What an argument may be: a number, or memory whose address it becomes. */
export type Argument = number | bigint | Uint8Array<ArrayBuffer> | null;

function wordOf(argument: Argument): bigint {
  if (argument === null) return 0n;
  if (argument instanceof Uint8Array) return addressOf(argument);
  return BigInt.asIntN(64, BigInt(argument));
}

/** Where bytes lie. They must be of an ArrayBuffer of their own, or the engine may move them. */
export function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(new Uint8Array(bytes.buffer)));
  return start + BigInt(bytes.byteOffset);
}

/** Memory that does not move. */
export function bytesOf(...bytes: readonly number[]): Uint8Array<ArrayBuffer> {
  const own = new Uint8Array(new ArrayBuffer(Math.max(1, bytes.length)));
  own.set(bytes);
  return own.subarray(0, bytes.length);
}

/** So many zeros that do not move. */
export function zeros(count: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(count));
}

/** The call made by the kernel: its result, or a negative errno. */
export function native(nr: number, ...args: readonly Argument[]): number {
  prepareLibc();
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = args.map(wordOf);
  return result(Number(libc().syscall(BigInt(nr), a, b, c, d, e, f)));
}

/** What a question said, with the addresses as text. */
export interface Asked {
  readonly name: string;
  readonly flags: number;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  readonly local: string;
  readonly remote: string;
  readonly event: CallEvent;
}

function ipOf({ ipv4, ipv6, path, abstract }: NonNullable<CallEvent["local"]>): string {
  if (ipv4) return ipv4.join(".");
  if (ipv6) return [...ipv6].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (path) return new TextDecoder().decode(path);
  return abstract ? `@${new TextDecoder().decode(abstract)}` : "";
}

function textOf(address: CallEvent["local"]): string {
  if (!address) return "";
  return address.port === undefined ? ipOf(address) : `${ipOf(address)}:${address.port}`;
}

function asked(event: CallEvent): Asked {
  const { flags, family, type, protocol } = event;
  return {
    name: EVENT_NAMES[event.event]!,
    flags,
    family,
    type,
    protocol,
    local: textOf(event.local),
    remote: textOf(event.remote),
    event: { ...event, payload: event.payload?.slice() },
  };
}

let procfs: number | undefined;

/** Whom a call is made by, as far as handlers look at it. */
const ownTask: HeldTask = {
  tid: Deno.pid,
  pid: Deno.pid,
  startTime: 0n,
  flags: 0,
  attributes: new Uint8Array(),
  pidfd: -1,
  get procfs(): number {
    return (procfs ??= openat2("/proc/self", Open.ReadOnly | Open.CloseOnExec, 0));
  },
};

/** What a test says about a held call. */
export interface OwnCallOptions {
  /** All but recvmsg and close, if absent. */
  readonly wants?: readonly Event[];
  readonly payloadMax?: number;
  readonly sendAll?: boolean;
  /** Of the caller; none if absent. */
  readonly pidfd?: number;
  /** The errno that a question is answered with, 0 to allow; allowed if absent. */
  readonly answer?: (asked: Asked) => number;
  /** What a wait is resumed with; poll(2) of at most 5 seconds if absent. */
  readonly ready?: (wait: Wait) => number;
}

const F_DUPFD_CLOEXEC = 1030;
const memory = new TaskMemory();

/** A call of this process that a handler carries out. */
export class OwnCall implements HeldCall {
  readonly nr: number;
  readonly tid = Deno.pid;
  readonly task: HeldTask;
  readonly payloadMax: number;
  readonly sendAll: boolean;
  /** What was asked. */
  readonly asked: Asked[] = [];
  /** What was waited for. */
  readonly waits: Wait[] = [];
  readonly #words: readonly bigint[];
  readonly #options: OwnCallOptions;
  #held = true;

  constructor(nr: number, args: readonly Argument[], options: OwnCallOptions = {}) {
    this.nr = nr;
    this.#words = args.map(wordOf);
    this.#options = options;
    this.task = options.pidfd === undefined ? ownTask : { ...ownTask, pidfd: options.pidfd };
    this.payloadMax = options.payloadMax ?? 0;
    this.sendAll = options.sendAll ?? false;
  }

  wants(event: Event): boolean {
    return this.#options.wants?.includes(event) ?? true;
  }

  word(index: number): bigint {
    return BigInt.asUintN(64, this.#words[index] ?? 0n);
  }

  int(index: number): number {
    return Number(BigInt.asIntN(32, this.#words[index] ?? 0n));
  }

  read(address: bigint, into: Uint8Array<ArrayBuffer>, length: number): number {
    return memory.read(Deno.pid, address, into, length);
  }

  write(address: bigint, from: Uint8Array<ArrayBuffer>, length: number): number {
    return memory.write(Deno.pid, address, from, length);
  }

  isHeld(): boolean {
    return this.#held;
  }

  /** From now on the call is gone. */
  leave(): void {
    this.#held = false;
  }

  duplicate(fd: number): number {
    return result(libc().fcntl(fd, F_DUPFD_CLOEXEC, 0));
  }

  /** Answers one step. */
  resume(step: Ask | Wait): number {
    if (step.step === "ask") {
      const question = asked(step.event);
      this.asked.push(question);
      return this.#options.answer?.(question) ?? 0;
    }
    this.waits.push({ ...step });
    return (this.#options.ready ?? ready)(step);
  }

  /** Runs the call to its end. */
  run(handler: CallHandler): Outcome {
    prepareLibc();
    const steps = handler(this);
    let next = steps.next();
    while (!next.done) next = steps.next(this.resume(next.value));
    return next.value;
  }
}

function ready({ fd, events, timeout }: Wait): number {
  const set = new PollSet([{ fd, events }]);
  set.wait(timeout < 0 ? 5000 : Math.min(timeout, 5000));
  return set.ready(0);
}

/** Descriptors that are closed at the end of a test. */
export class Descriptors implements Disposable {
  readonly #fds: number[] = [];

  /** A socket. */
  socket(family: number, type: number, protocol = 0): number {
    return this.add(native(Sys.socket, family, type | 0o2000000, protocol));
  }

  add(fd: number): number {
    if (fd < 0) throw new Error(`Cannot open a descriptor: errno ${-fd}`);
    this.#fds.push(fd);
    return fd;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fds) close(fd);
  }
}

/** Two pages of which the second cannot be read: where the first ends. */
export function edgeOfMemory(): bigint {
  const PAGE = 4096;
  const at = BigInt(native(Sys.mmap, 0, 2 * PAGE, 3, /* read, write */ 0x22, /* private, anonymous */ -1, 0));
  native(Sys.munmap, at + BigInt(PAGE), PAGE);
  return at + BigInt(PAGE);
}

/** A sockaddr_in. */
export function inet(ip: string, port: number, family = 2): Uint8Array<ArrayBuffer> {
  return bytesOf(
    family & 0xff,
    family >> 8,
    port >> 8,
    port & 0xff,
    ...ip.split(".").map(Number),
    ...new Uint8Array(8),
  );
}

/** A sockaddr_in6 of 16 bytes of address in hexadecimal. */
export function inet6(ip: string, port: number, family = 10): Uint8Array<ArrayBuffer> {
  const address = ip.match(/../g)!.map((byte) => parseInt(byte, 16));
  return bytesOf(family & 0xff, family >> 8, port >> 8, port & 0xff, 0, 0, 0, 0, ...address, 0, 0, 0, 0);
}

/** ::1 and a mapped 127.0.0.1. */
export const LOOPBACK6 = "00000000000000000000000000000001";
export const MAPPED_LOOPBACK = "00000000000000000000ffff7f000001";

/** The port to which a socket is bound. */
export function portOf(fd: number): number {
  const name = zeros(128);
  native(Sys.getsockname, fd, name, bytesOf(128, 0, 0, 0));
  return (name[2]! << 8) | name[3]!;
}

/** How many descriptors of this process are the socket that `fd` is; other tests run in it too. */
export function copiesOf(fd: number): number {
  const socket = linkOf(String(fd));
  return [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => linkOf(name) === socket).length;
}

function linkOf(fd: string): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined; // closed meanwhile
  }
}

/** Whether calls on an open file do not wait. */
export function isNonblocking(fd: number): boolean {
  return (native(Sys.fcntl, fd, 3, 0) & 0o4000) !== 0;
}

/** A TCP listener on 127.0.0.1. */
export function listener(open: Descriptors, backlog = 16): { fd: number; port: number } {
  const fd = open.socket(2, 1);
  native(Sys.bind, fd, inet("127.0.0.1", 0), 16);
  native(Sys.listen, fd, backlog);
  return { fd, port: portOf(fd) };
}

/** Two connected TCP sockets. */
export function tcpPair(open: Descriptors): [number, number] {
  const { fd, port } = listener(open);
  const near = open.socket(2, 1);
  native(Sys.connect, near, inet("127.0.0.1", port), 16);
  return [near, open.add(native(Sys.accept, fd, null, null))];
}

/** A time limit of a socket. */
export function setTimeLimit(fd: number, option: 20 | 21, microseconds: number): void {
  const timeval = zeros(16);
  new DataView(timeval.buffer).setBigInt64(8, BigInt(microseconds), true);
  native(Sys.setsockopt, fd, 1, option, timeval, 16);
}
