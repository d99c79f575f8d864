/** accept(2), accept4(2): the supervisor takes the connection, looks at the peer, and hands it over. */

import { LITTLE_ENDIAN } from "../attributes.ts";
import { ERRNO } from "../errno.ts";
import { Clock, clockGettime, close, Poll, PollSet } from "../libc.ts";
import { Event } from "../protocol.ts";
import { type Ask, type CallSteps, CONTINUE, type HeldCall, type Installed, type Wait } from "./call.ts";
import {
  accept as acceptOn,
  fixedBytes,
  isNonblocking,
  lengthOfName,
  setNonblocking,
  SocketOption,
} from "./libc.ts";
import { asOwner } from "./privileges.ts";
import { HeldSocket, readAll } from "./socket.ts";

const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

/** Number of accept4(2) on x86_64; accept(2) has no flags. */
const SYS_ACCEPT4 = 288;

/**
 * Connections that nobody has come for: the oldest goes where there are more, and those older than so many milliseconds
 * when the next is looked for.
 */
const KEPT_MOST = 64;
const KEPT_LONG = 10_000;

/** A connection that was taken from the queue of a listening socket. */
interface Accepted {
  readonly fd: number;
  /** When it was taken, nanoseconds of CLOCK_MONOTONIC. */
  readonly time: bigint;
  /** The peer's address as the kernel told it. */
  readonly address: Uint8Array<ArrayBuffer>;
  readonly addressLength: number;
}

/** One of which the program does not know yet, by the cookie of its listening socket. */
interface Kept extends Accepted {
  readonly listener: bigint;
}

/**
 * Connections whose caller was interrupted before it had them: the next accept(2) on the same listening socket gets them,
 * as it would get them from the queue. The oldest first.
 */
const kept: Kept[] = [];

/** Keeps a connection that its caller did not get; with a caller that is dead it ends. */
function keep(call: HeldCall, listener: bigint, accepted: Accepted): void {
  if (isDead(call)) return void close(accepted.fd);
  kept.push({ ...accepted, listener });
  if (kept.length > KEPT_MOST) close(kept.shift()!.fd);
}

/** A pidfd is readable when its task has ended. */
function isDead({ task }: HeldCall): boolean {
  return new PollSet([{ fd: task.pidfd }]).wait(0) > 0;
}

function takeKept(listener: bigint): Accepted | undefined {
  if (kept.length === 0) return undefined;
  dropKept(KEPT_LONG);
  const at = kept.findIndex((one) => one.listener === listener);
  return at < 0 ? undefined : kept.splice(at, 1)[0];
}

/**
 * Closes the connections that were kept for callers who have not come back, so that their peers know.
 *
 * @param age milliseconds; younger ones are kept on. All, if absent.
 */
export function dropKept(age = 0): void {
  if (kept.length === 0) return;
  const before = clockGettime(Clock.Monotonic) - BigInt(age) * 1_000_000n;
  while (kept.length > 0 && kept[0]!.time <= before) close(kept.shift()!.fd);
}

const peer = fixedBytes(128);

/**
 * Takes a connection without waiting, as connect.ts does: whether accept(2) waits is told by the open file alone. (Ready
 * when looked at is not enough, as another thread may be quicker.)
 */
function take({ task }: HeldCall, socket: HeldSocket, flags: number): number {
  const how = (flags & SOCK_NONBLOCK) | SOCK_CLOEXEC;
  const accept = () => acceptOn(socket.fd, peer, how);
  if (isNonblocking(socket.fd)) return asOwner(task, accept);
  setNonblocking(socket.fd, true);
  const accepted = asOwner(task, accept);
  setNonblocking(socket.fd, false);
  return accepted;
}

function accepted(fd: number): Accepted {
  const addressLength = Math.min(lengthOfName(), peer.length);
  return { fd, time: clockGettime(Clock.Monotonic), address: peer.slice(), addressLength };
}

/** Takes a connection, waiting for it if the socket does: it, or a negative errno. */
function* takeOrWait(
  call: HeldCall,
  socket: HeldSocket,
  flags: number,
): Generator<Ask | Wait, Accepted | number, number> {
  const before = takeKept(socket.cookie);
  if (before) {
    setNonblocking(before.fd, (flags & SOCK_NONBLOCK) !== 0);
    return before;
  }
  for (let isLimited = false;;) {
    const fd = take(call, socket, flags);
    if (fd >= 0) return accepted(fd);
    if (fd !== -ERRNO.EAGAIN || socket.isNonblocking) return fd;
    if (!isLimited) socket.limitWaiting(SocketOption.ReceiveTimeout);
    isLimited = true;
    const revents = yield socket.waitFor(Poll.In);
    if (revents === 0) return -ERRNO.EAGAIN;
  }
}

const room = fixedBytes(4);
const roomView = new DataView(room.buffer);

/** Tells the program the peer's address, as move_addr_to_user() of net/socket.c: 0, or a negative errno. */
function tellPeer(call: HeldCall, { address, addressLength }: Accepted): number {
  const into = call.word(1);
  const lengthAt = call.word(2);
  if (into === 0n) return 0;
  const failed = readAll(call, lengthAt, room, room.length);
  if (failed < 0) return failed;
  const length = Math.min(roomView.getInt32(0, LITTLE_ENDIAN), addressLength);
  roomView.setInt32(0, addressLength, LITTLE_ENDIAN);
  // A length that is none stays as it is.
  if (length < 0) return -ERRNO.EINVAL;
  if (call.write(into, address, length) !== length) return -ERRNO.EFAULT;
  return call.write(lengthAt, room, room.length) === room.length ? 0 : -ERRNO.EFAULT;
}

/** Asks about the connection: 0, or a negative errno. */
function* askAboutPeer(
  call: HeldCall,
  socket: HeldSocket,
  { fd }: Accepted,
): Generator<Ask | Wait, number, number> {
  if (!call.wants(Event.SnetPostAccept)) return 0;
  const described = socket.describe(fd);
  if (described < 0) return described;
  socket.begin(Event.SnetPostAccept);
  socket.addLocal(fd);
  socket.addPeer(fd);
  const denied = yield socket.ask();
  return -denied;
}

/** accept(int fd, struct sockaddr *address, int *length), accept4(…, int flags) */
export function* accept(call: HeldCall): CallSteps {
  if (!call.wants(Event.SnetAccept) && !call.wants(Event.SnetPostAccept)) return CONTINUE;
  const flags = call.nr === SYS_ACCEPT4 ? call.int(3) : 0;
  const socket = HeldSocket.take();
  let connection: Accepted | undefined;
  let listener = 0n;
  try {
    const opened = socket.open(call, call.int(0));
    if (opened === -ERRNO.EBADF) return opened;
    if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) return -ERRNO.EINVAL;
    if (opened < 0) return opened;
    listener = socket.cookie;
    if (call.wants(Event.SnetAccept)) {
      socket.begin(Event.SnetAccept);
      socket.addLocal();
      const denied = yield socket.ask();
      if (denied !== 0) return -denied;
    }
    if (!call.isHeld()) return -ERRNO.ESRCH;
    const taken = yield* takeOrWait(call, socket, flags);
    if (typeof taken === "number") return taken;
    connection = taken;
    const failed = (yield* askAboutPeer(call, socket, taken)) || tellPeer(call, taken);
    connection = undefined;
    if (failed < 0) {
      close(taken.fd);
      return failed;
    }
    return installed(call, listener, taken, flags);
  } finally {
    // Left at a question: whoever comes next is asked about it again.
    if (connection) keep(call, listener, connection);
    socket.release();
  }
}

function installed(call: HeldCall, listener: bigint, connection: Accepted, flags: number): Installed {
  return {
    fd: connection.fd,
    flags: flags & SOCK_CLOEXEC,
    takeBack: () => keep(call, listener, connection),
  };
}
