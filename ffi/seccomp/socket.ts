/** The socket of an intercepted call: what it is, its addresses, and what is asked about it. */

import { ERRNO } from "../errno.ts";
import { Clock, clockGettime, close } from "../libc.ts";
import { Event, EventFlag } from "../protocol.ts";
import type { Ask, CallEvent, DecodedAddress, HeldCall, Wait } from "./call.ts";
import {
  fixedBytes,
  isNonblocking,
  lengthOfName,
  ownName,
  peerName,
  socketCookie,
  SocketOption,
  socketOption,
  socketTimeout,
} from "./libc.ts";
import {
  addressToSelf,
  carrierOf,
  decodeAddress,
  Family,
  isAnyAddress,
  Protocol,
  SOCKADDR_STORAGE,
  SocketAddress,
  type SocketKind,
  SockType,
  Use,
} from "./sockaddr.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const NANOSECONDS = 1_000_000n;

/** What the kernel says of a socket's name; read into the decoded address at once. */
const name = fixedBytes(SOCKADDR_STORAGE);

/** Sockets of calls that are over: their memory serves the next. */
const free: HeldSocket[] = [];

/**
 * A duplicate of the program's descriptor with all that a call needs besides. Made by {@linkcode HeldSocket.take}, given
 * back by {@linkcode HeldSocket.release}; what its members say is valid in between.
 */
export class HeldSocket implements SocketKind {
  /** The duplicate, -1 for none. */
  fd = -1;
  family = 0;
  type = 0;
  protocol = 0;
  /** O_NONBLOCK of the open file. */
  isNonblocking = false;
  /** Our copy of the address that the program gave: what is judged is what is used. */
  readonly address: Uint8Array<ArrayBuffer> = fixedBytes(SOCKADDR_STORAGE);
  /** Bytes of it. */
  addressLength = 0;
  readonly #local = new SocketAddress();
  readonly #remote = new SocketAddress();
  /** The descriptor that {@linkcode describe} has looked at. */
  #described = -1;
  #cookie: bigint | undefined;
  #eventCookie: bigint | undefined;
  #eventLocal: SocketAddress | undefined;
  /** True as long as the event's local address is not found out. */
  #isLate = false;
  readonly #event = this.#newEvent();
  readonly #ask: Mutable<Ask> = { step: "ask", event: this.#event, interrupted: undefined };
  readonly #wait: Mutable<Wait> = { step: "wait", fd: -1, events: 0, timeout: -1, interrupted: undefined };
  /** Milliseconds that the call may wait, -1 for as long as it takes. */
  #limit = -1;
  /** When that is over, nanoseconds of CLOCK_MONOTONIC. */
  #deadline = 0n;

  /** A socket without a descriptor. */
  static take(): HeldSocket {
    return free.pop() ?? new HeldSocket();
  }

  /** Closes the duplicate and gives the memory back. */
  release(): void {
    if (this.fd >= 0) close(this.fd);
    this.fd = -1;
    free.push(this);
  }

  /** Duplicates the program's descriptor and looks at it: 0, or a negative errno (-EBADF, -ENOTSOCK). */
  open(call: HeldCall, fd: number): number {
    const duplicate = call.duplicate(fd);
    if (duplicate < 0) return duplicate;
    this.fd = duplicate;
    return this.describe(duplicate);
  }

  /** Looks at a descriptor: 0, or a negative errno. */
  describe(fd: number): number {
    this.#described = fd;
    const family = socketOption(fd, SocketOption.Domain);
    if (family < 0) return family;
    this.family = family;
    this.type = socketOption(fd, SocketOption.Type);
    this.protocol = socketOption(fd, SocketOption.Protocol) & 0xffff;
    this.#cookie = undefined;
    this.isNonblocking = isNonblocking(fd);
    return 0;
  }

  /** 0n where the kernel does not tell. */
  get cookie(): bigint {
    return this.#cookie ??= socketCookie(this.#described);
  }

  /** True where the socket's addresses are those of IP: then the supervisor carries its calls out. */
  get carriesIp(): boolean {
    const carrier = carrierOf(this);
    return carrier === Family.Inet || carrier === Family.Inet6;
  }

  /** True for TCP and what wraps it: a stream of bytes. */
  get isTcp(): boolean {
    return this.type === SockType.Stream && this.carriesIp && this.protocol !== Protocol.Sctp;
  }

  /**
   * Copies an address from the program, as move_addr_to_kernel() of net/socket.c.
   *
   * @returns 0, -EINVAL for a length that no address has, -EFAULT.
   */
  copyAddress(call: HeldCall, pointer: bigint, length: number): number {
    if (length < 0 || length > SOCKADDR_STORAGE) return -ERRNO.EINVAL;
    this.addressLength = length;
    return length === 0 ? 0 : readAll(call, pointer, this.address, length);
  }

  /** Begins a question: all that the socket tells but its addresses. The event may be completed until it is asked. */
  begin(event: Event): CallEvent {
    const it = this.#begin(event);
    this.#eventCookie = this.cookie;
    return it;
  }

  #begin(event: Event): CallEvent {
    const it = this.#event;
    this.#eventCookie = undefined;
    this.#eventLocal = undefined;
    this.#isLate = false;
    it.event = event;
    it.flags = this.isNonblocking ? EventFlag.Nonblock : 0;
    if (!this.carriesIp && !isCarriedOutForAll(event)) it.flags |= EventFlag.AdvisoryPath;
    it.family = this.family;
    it.type = this.type;
    it.protocol = this.protocol;
    it.late = false;
    it.remote = undefined;
    it.backlog = undefined;
    it.how = undefined;
    it.messageFlags = undefined;
    it.length = undefined;
    it.payload = undefined;
    return it;
  }

  /** {@linkcode begin}, and leaves the cookie and the local address for when they are looked at. */
  beginLate(event: Event): CallEvent {
    const it = this.#begin(event);
    it.late = true;
    this.#isLate = true;
    return it;
  }

  /** The question that was begun. `interrupted` is what the call returns where a signal comes first. */
  ask(interrupted?: number): Ask {
    this.#ask.interrupted = interrupted;
    return this.#ask;
  }

  /** Adds the address to which a socket (this one, if absent) is bound. */
  addLocal(fd: number = this.fd): void {
    if (ownName(fd, name) < 0) return;
    this.#decodeName(this.#local);
    this.#eventLocal = this.#local;
  }

  #localOfEvent(): DecodedAddress | undefined {
    if (this.#isLate) {
      this.#isLate = false;
      this.addLocal();
    }
    return this.#eventLocal;
  }

  #cookieOfEvent(): bigint | undefined {
    const cookie = this.#eventCookie ??= this.cookie;
    return cookie === 0n ? undefined : cookie;
  }

  #newEvent(): CallEvent {
    const cookie = () => this.#cookieOfEvent();
    const local = () => this.#localOfEvent();
    return {
      event: 0,
      late: false,
      flags: 0,
      family: 0,
      type: 0,
      protocol: 0,
      get cookie(): bigint | undefined {
        return cookie();
      },
      get local(): DecodedAddress | undefined {
        return local();
      },
      remote: undefined,
      backlog: undefined,
      how: undefined,
      messageFlags: undefined,
      length: undefined,
      payload: undefined,
    };
  }

  /** Adds the peer to which a socket (this one, if absent) is connected, if any. */
  addPeer(fd: number = this.fd): void {
    const it = this.#event;
    it.remote = undefined;
    if (peerName(fd, name) < 0) return;
    const flags = this.#decodeName(this.#remote);
    it.remote = this.#remote;
    it.flags |= EventFlag.Connected | (this.carriesIp ? flags & EventFlag.Mapped : 0);
  }

  /** Adds the address that the program gave, as that which it wants to have. */
  addBindArgument(): void {
    const it = this.#event;
    it.flags |= decodeAddress(this.#local, this, Use.Bind, this.address, this.addressLength);
    this.#eventLocal = this.#local;
  }

  /**
   * Adds the address that the program gave, as a destination; the local one is there.
   *
   * @returns false where the protocol does not heed it: then it is the peer's, if there is one.
   */
  addDestination(use: typeof Use.Connect | typeof Use.Send): boolean {
    const it = this.#event;
    const flags = decodeAddress(this.#remote, this, use, this.address, this.addressLength);
    if (flags & EventFlag.Connected) {
      this.addPeer();
      return false;
    }
    it.flags |= flags;
    it.remote = this.#remote.family === Family.Unspecified ? undefined : this.#remote;
    // The address that a socket is bound to matters only where it may be its own destination.
    if (isAnyAddress(this.#remote) && this.#localOfEvent() !== undefined) {
      const isIpv6 = this.#remote.ipv6 !== undefined || (flags & EventFlag.Mapped) !== 0;
      addressToSelf(this.#remote, this.#local);
      this.#pin(isIpv6);
    }
    return true;
  }

  /**
   * Puts the destination's name in the place of "any": to the kernel that would mean another one where the socket is bound
   * while a question stands, or where the message says what it comes from (IP_PKTINFO).
   */
  #pin(asIpv6: boolean): void {
    // There the address stands elsewhere.
    if (this.family === Family.Rxrpc) return;
    const { ipv4, ipv6 } = this.#remote;
    if (!asIpv6) this.address.set(ipv4!, 4);
    else if (ipv6 !== undefined) this.address.set(ipv6, 8);
    else {
      this.address.fill(0, 8, 18).fill(0xff, 18, 20);
      this.address.set(ipv4!, 20);
    }
  }

  /** Adds an IPv4 or IPv6 address as the destination. */
  addDestinationIp(bytes: Uint8Array, offset: number, length: 4 | 16, port: number): void {
    const it = this.#event;
    it.flags &= ~(EventFlag.Connected | EventFlag.Mapped);
    if (length === 4) this.#remote.setIpv4(bytes, offset, port);
    else it.flags |= this.#remote.setIpv6(bytes, offset, port, 0);
    it.remote = this.#remote;
  }

  /** From now on {@linkcode waitFor} heeds the socket's time limit: SocketOption.SendTimeout or ReceiveTimeout. */
  limitWaiting(option: number): void {
    this.#limit = socketTimeout(this.fd, option);
    if (this.#limit >= 0) {
      this.#deadline = clockGettime(Clock.Monotonic) + BigInt(this.#limit) * NANOSECONDS;
    }
  }

  /**
   * Waits for `events` (bits of Poll) as long as the socket's time limit leaves; where the limit is over the yield gives
   * 0. `done` is what the call returns where a signal interrupts it; without, it is run again, or gives EINTR where
   * there is a limit (signal(7)).
   */
  waitFor(events: number, done?: number): Wait {
    const it = this.#wait;
    it.fd = this.fd;
    it.events = events;
    it.timeout = this.#timeLeft();
    it.interrupted = done ?? (this.#limit < 0 ? undefined : -ERRNO.EINTR);
    return it;
  }

  /** Waits for an error on the socket, at most so many milliseconds of the time that is left. */
  pause(milliseconds: number, done?: number): Wait {
    const it = this.waitFor(0, done) as Mutable<Wait>;
    if (it.timeout < 0 || it.timeout > milliseconds) it.timeout = milliseconds;
    return it;
  }

  #timeLeft(): number {
    if (this.#limit < 0) return -1;
    const left = this.#deadline - clockGettime(Clock.Monotonic);
    return left <= 0n ? 0 : Math.ceil(Number(left) / 1e6);
  }

  /** Reads what the kernel has just said. */
  #decodeName(to: SocketAddress): number {
    const flags = decodeAddress(to, this, Use.Name, name, lengthOfName());
    // Raw sockets keep their protocol where others keep a port.
    if (this.type === SockType.Raw && to.port !== undefined) to.port = 0;
    return flags;
  }
}

/** The kernel runs the other calls of some families with the program's own arguments, which can change meanwhile. */
function isCarriedOutForAll(event: Event): boolean {
  return event === Event.SnetAccept || event === Event.SnetPostAccept;
}

/** Reads just so many bytes of the program's memory: 0, or a negative errno. */
export function readAll(
  call: HeldCall,
  pointer: bigint,
  into: Uint8Array<ArrayBuffer>,
  length: number,
): number {
  const read = call.read(pointer, into, length);
  if (read === length) return 0;
  return read < 0 ? read : -ERRNO.EFAULT;
}
