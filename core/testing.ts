/**
 * Events for tests: no kernel, root or network needed.
 *
 * ```ts
 * import { event } from "./testing.ts";
 * event({ name: "snet.connect", task: { exe: "/usr/bin/curl" }, remote: { ip: "192.0.2.1", port: 443 } });
 * ```
 */

import type { AttributeValue } from "./attribute.ts";
import { copyOf } from "./copy.ts";
import type { Address, EventName, SnetEvent, Socket, Task } from "./event.ts";
import { EventFlag, Feature, formatIpv4, Operand, parseIpv4, parseIpv6 } from "../ffi/mod.ts";
import type { Action, Cause, Scope, Settings, SettingsReply } from "../ffi/mod.ts";
import type { KernelSource, SourceEvent } from "./source.ts";
import { noting, TASK_OPERANDS } from "./noting.ts";
import { declaredEvent, messageOf } from "./event_message.ts";
import { isProtocolEvent } from "./events.ts";

/** Parts of an address; from `ip` follow `family`, `ipv4` and `ipv6`. */
export type AddressInit = Partial<{ readonly [K in keyof Address]: Address[K] | undefined }>;

/** The parts that a test is about; all others have defaults. */
export interface EventInit {
  /** 1n if absent. */
  readonly id?: bigint;
  /** `snet.connect` if absent. */
  readonly name?: EventName;
  /** Bits of `EventFlag` (ffi/protocol.ts). */
  readonly flags?: number;
  /** When the call was held, nanoseconds of CLOCK_MONOTONIC. */
  readonly time?: bigint;
  /** Milliseconds for an answer; 5000 if absent. */
  readonly timeLeft?: number;
  /** Who asks; what is absent is that of curl, of uid 1000. */
  readonly task?: Partial<Task>;
  /** A TCP socket if absent. */
  readonly socket?: Partial<Socket>;
  /** None if absent. */
  readonly local?: AddressInit | undefined;
  /** 192.0.2.1:443 if absent, for the events that have one. */
  readonly remote?: AddressInit | undefined;
  /** Of listen. */
  readonly backlog?: number;
  /** Of shutdown: 0 read, 1 write, 2 both. */
  readonly how?: number;
  /** MSG_x of a send or receive. */
  readonly messageFlags?: number;
  /** Bytes to be sent, or room to receive. */
  readonly length?: bigint;
  /** Text is encoded as UTF-8. */
  readonly payload?: Uint8Array | string;
  /** Of an event of a declared family. */
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** By default curl of uid 1000 connects to 192.0.2.1:443. Reading is noted in `read`, as in a real event. */
export function event(init: EventInit = {}): SourceEvent {
  const { id = 1n, name = "snet.connect", flags = 0, time = 1_000_000_000n, timeLeft = 5000 } = init;
  if (isProtocolEvent(name)) return new TestEvent(init);
  const { attributes = {} } = init;
  return declaredEvent({ id, name, flags, time, timeLeft, task: { ...TASK, ...init.task }, attributes });
}

class TestEvent implements SourceEvent {
  readonly id: bigint;
  readonly name: EventName;
  readonly time: bigint;
  readonly timeLeft: number;
  readonly task: Task;
  readonly socket: Socket;
  #read = 0;
  #touched = 0;
  readonly #init: EventInit;
  readonly #local: Address | undefined;
  readonly #remote: Address | undefined;

  constructor(init: EventInit) {
    const note = (bits: number) => void (this.#read |= bits);
    this.#init = init;
    this.id = init.id ?? 1n;
    this.name = init.name ?? "snet.connect";
    this.time = init.time ?? 1_000_000_000n;
    this.timeLeft = init.timeLeft ?? 5000;
    this.task = noting({ ...TASK, ...init.task }, TASK_OPERANDS, note);
    const local = address(init.local);
    const remote = address("remote" in init || !HAS_REMOTE.has(this.name) ? init.remote : DEFAULT_REMOTE);
    const family = remote?.family ?? local?.family ?? AF_INET;
    this.socket = noting({ ...SOCKET, family, ...init.socket }, SOCKET_OPERANDS, note);
    this.#local = local && noting(local, addressOperands(Operand.LocalAddress, Operand.LocalPort), note);
    this.#remote = remote && noting(remote, addressOperands(Operand.RemoteAddress, Operand.RemotePort), note);
  }

  get message(): Uint8Array {
    return messageOf(this.copy());
  }
  get read(): number {
    // Having asked whether there is an address at all is a question too, even if nothing of it was read.
    // (The bit of a port is the one above that of its address.)
    return this.#read | (this.#touched & ~(this.#read | (this.#read >>> 1)));
  }
  // That an address is absent is an answer too: a ticket must not serve calls that have one.
  get local(): Address | undefined {
    if (this.#local === undefined) this.#read |= Operand.LocalAddress | Operand.LocalPort;
    else this.#touched |= Operand.LocalAddress;
    return this.#local;
  }
  get remote(): Address | undefined {
    if (this.#remote === undefined) this.#read |= Operand.RemoteAddress | Operand.RemotePort;
    else this.#touched |= Operand.RemoteAddress;
    return this.#remote;
  }
  get flags(): number {
    this.#read |= Operand.Flags;
    return this.#init.flags ?? 0;
  }
  get backlog(): number | undefined {
    this.#read |= Operand.Flags;
    return this.#init.backlog;
  }
  get how(): number | undefined {
    this.#read |= Operand.Flags;
    return this.#init.how;
  }
  get messageFlags(): number | undefined {
    this.#read |= Operand.Flags;
    return this.#init.messageFlags;
  }
  get length(): bigint | undefined {
    this.#read |= Operand.Volatile;
    return this.#init.length;
  }
  get payload(): Uint8Array | undefined {
    this.#read |= Operand.Volatile;
    const { payload } = this.#init;
    return typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  }
  get isNotice(): boolean {
    return ((this.#init.flags ?? 0) & EventFlag.Notify) !== 0;
  }
  readVolatile(): void {
    this.#read |= Operand.Volatile;
  }
  copy(): SnetEvent {
    const read = this.#read;
    const touched = this.#touched;
    const copy = copyOf(this);
    this.#read = read;
    this.#touched = touched;
    return copy;
  }
}

/** An answer that a {@linkcode MemorySource} was given. */
export interface Answer {
  readonly id: bigint;
  readonly action: Action;
  readonly errno: number;
  readonly remember: number;
  readonly scope: Scope;
  readonly key: number;
  readonly rule: number;
  readonly generation: number;
}

/** A source whose events come from a test and whose answers stay with it. */
export class MemorySource implements KernelSource {
  get fd(): number {
    return -1;
  }
  readonly malformed = 0;
  readonly overruns = 0;
  /** Answers that were sent. */
  readonly sent: Answer[] = [];
  /** For how many milliseconds each call was put on hold, by its id. */
  readonly holds = new Map<bigint, number>();
  /** What `configure` was told, one after the other. */
  readonly configured: Settings[] = [];
  /** Set to make `send` fail. */
  sendError: Error | undefined;
  generation = 1;
  #waiting: SourceEvent[] = [];
  #cancelled: [bigint, Cause][] = [];
  #refused: [bigint, number, string][] = [];
  #queued: Answer[] = [];

  constructor(readonly state: SettingsReply = {}) {}

  /** Calls are held: their events are handed over at the next `receive`. */
  arrive(...events: readonly SourceEvent[]): void {
    this.#waiting.push(...events);
  }
  /** Tells that a held call ended without its answer. */
  cancel(id: bigint, cause: Cause): void {
    this.#cancelled.push([id, cause]);
  }
  /** Tells that an answer was refused. */
  refuse(id: bigint, errno: number, text = ""): void {
    this.#refused.push([id, errno, text]);
  }

  get pending(): boolean {
    return this.#waiting.length > 0;
  }
  takeWake(): boolean {
    return false;
  }
  receive(
    onEvent: Parameters<KernelSource["receive"]>[0],
    onCancel: Parameters<KernelSource["receive"]>[1],
    onRefused: Parameters<KernelSource["receive"]>[2],
  ): number {
    const events = this.#waiting.splice(0);
    for (const event of events) onEvent(event);
    for (const [id, cause] of this.#cancelled.splice(0)) onCancel(id, cause, undefined);
    for (const refusal of this.#refused.splice(0)) onRefused(...refusal);
    return events.length;
  }
  answer(
    id: bigint,
    action: Action,
    errno: number,
    remember: number,
    scope: Scope,
    key: number,
    rule: number,
    generation: number,
  ): void {
    this.#queued.push({ id, action, errno, remember, scope, key, rule, generation });
  }
  hold(id: bigint, milliseconds: number): void {
    this.holds.set(id, milliseconds);
  }
  send(): void {
    if (this.sendError !== undefined) throw this.sendError;
    this.sent.push(...this.#queued.splice(0));
  }
  attach(): ReturnType<KernelSource["attach"]> {
    const { generation } = this;
    return {
      version: 1,
      subsystem: 0,
      events: 0x3ff,
      features: Feature.Hooks,
      generation,
      delay: 5000,
      policy: 1,
    };
  }
  configure(settings: Settings): void {
    this.configured.push(settings);
  }
  settings(): SettingsReply {
    return this.state;
  }
  flush(): ReturnType<KernelSource["flush"]> {
    return { generation: ++this.generation, count: 0 };
  }
  close(): void {}
}

const TASK: Task = {
  pid: 4321,
  tid: 4321,
  ppid: 1234,
  startTime: 1_000_000_000n,
  uid: 1000,
  gid: 1000,
  loginuid: 1000,
  comm: "curl",
  exe: "/usr/bin/curl",
  exeUnlinked: false,
  exeDev: 0x802n,
  exeIno: 100n,
  exeGeneration: 1,
  exeCtime: 1_700_000_000_000_000_000n,
  exeMntns: 4026531841,
  cgroup: 1n,
  netns: 4026531840,
  mntns: 4026531841,
  cmdline: undefined,
  parents: undefined,
};
const SOCKET: Socket = { family: AF_INET, type: 1, protocol: 6, cookie: 1n };
const DEFAULT_REMOTE: AddressInit = { ip: "192.0.2.1", port: 443 };
const HAS_REMOTE: ReadonlySet<EventName> = new Set<EventName>([
  "snet.connect",
  "snet.post_accept",
  "snet.sendmsg",
]);

const SOCKET_OPERANDS: Readonly<Record<keyof Socket, number>> = {
  family: 0,
  type: 0,
  protocol: 0,
  cookie: Operand.Cookie,
};

function addressOperands(address: number, port: number): Readonly<Record<keyof Address, number>> {
  return {
    family: address,
    ipv4: address,
    ipv6: address,
    ip: address,
    port,
    scopeId: address,
    path: address,
    abstract: address,
    portId: address,
    groups: address,
    ifindex: address,
    protocol: address,
    hardware: address,
    cid: address,
    vsockPort: port,
    raw: address,
  };
}

function address(init: AddressInit | undefined): Address | undefined {
  if (init === undefined) return undefined;
  const { ip } = init;
  const isIpv6 = ip?.includes(":") ?? init.ipv6 !== undefined;
  const isUnix = init.path !== undefined || init.abstract !== undefined;
  return {
    family: init.family ?? (isUnix ? AF_UNIX : isIpv6 ? AF_INET6 : AF_INET),
    ipv4: init.ipv4 ?? (ip === undefined || isIpv6 ? undefined : parseIpv4(ip)),
    ipv6: init.ipv6 ?? (ip === undefined || !isIpv6 ? undefined : parseIpv6(ip)),
    ip: ip ?? (init.ipv4 === undefined ? undefined : formatIpv4(init.ipv4)),
    port: init.port,
    scopeId: init.scopeId,
    path: init.path,
    abstract: init.abstract,
    portId: init.portId,
    groups: init.groups,
    ifindex: init.ifindex,
    protocol: init.protocol,
    hardware: init.hardware,
    cid: init.cid,
    vsockPort: init.vsockPort,
    raw: init.raw,
  };
}
