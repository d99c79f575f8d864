/** connect(2). */

import { ERRNO } from "../errno.ts";
import { Poll } from "../libc.ts";
import { Event } from "../protocol.ts";
import { type Ask, type CallSteps, CONTINUE, type HeldCall, type Wait } from "./call.ts";
import {
  connect as connectSocket,
  fixedBytes,
  isNonblocking,
  setNonblocking,
  SocketOption,
  socketOption,
  tcpState,
} from "./libc.ts";
import { SockType, Use } from "./sockaddr.ts";
import { HeldSocket } from "./socket.ts";

/** TCP_x of include/net/tcp_states.h. */
const TcpState = { Established: 1, SynSent: 2, SynReceived: 3, Close: 7 } as const;

/** Connections under way that are remembered; who has more at once is asked again where it need not be. */
const UNDER_WAY_MOST = 1024;

/** What non-blocking sockets connect to, by their cookie. */
const underWay = new Map<bigint, Uint8Array>();

/**
 * Non-blocking programs call connect(2) again on a socket that is connecting. Where they name the address that it
 * connects to, that was judged; were the socket disconnected meanwhile, it would still be what was judged.
 */
function isConnecting(socket: HeldSocket): boolean {
  if (underWay.size === 0) return false;
  const judged = underWay.get(socket.cookie);
  if (judged === undefined || judged.length !== socket.addressLength) return false;
  for (let i = 0; i < judged.length; i++) if (judged[i] !== socket.address[i]) return false;
  const state = tcpState(socket.fd);
  return state === TcpState.SynSent || state === TcpState.SynReceived || state === TcpState.Established;
}

function remember(socket: HeldSocket, result: number): void {
  if (result === -ERRNO.EINPROGRESS && socket.isTcp) {
    if (underWay.size >= UNDER_WAY_MOST) underWay.delete(underWay.keys().next().value!);
    underWay.set(socket.cookie, socket.address.slice(0, socket.addressLength));
  } else if (result !== -ERRNO.EALREADY && underWay.size > 0) {
    underWay.delete(socket.cookie);
  }
}

function isUnderWay(result: number): boolean {
  return result === -ERRNO.EINPROGRESS || result === -ERRNO.EALREADY;
}

/**
 * Connects without waiting.
 *
 * Whether connect(2) waits is told by the open file alone, which the program shares: so a blocking one is made
 * non-blocking for the microseconds of the call. FIONBIO changes nothing but that. A program whose threads clear the
 * flag in between makes its own supervisor wait, and with it only itself.
 */
function attempt(socket: HeldSocket): number {
  const { fd, address, addressLength } = socket;
  const waits = socket.type !== SockType.Datagram && socket.type !== SockType.Raw && !isNonblocking(fd);
  if (!waits) return connectSocket(fd, address, addressLength);
  setNonblocking(fd, true);
  let result = connectSocket(fd, address, addressLength);
  // On loopback the answer has come by now; TCP learns of it by another connect(2), see below.
  if (result === -ERRNO.EINPROGRESS && socket.isTcp) {
    const second = connectSocket(fd, address, addressLength);
    if (second !== -ERRNO.EALREADY) result = second;
  }
  setNonblocking(fd, false);
  return result;
}

const NOBODY = fixedBytes(16); // AF_UNSPEC

/**
 * What became of a TCP connection that is ready.
 *
 * connect(2) that waits ends with telling the socket that it is connected, or free for another attempt
 * (__inet_stream_connect()). The first is done by another connect(2). That would begin anew on one that failed, as after
 * a shutdown(2) by which a thread ends another's waiting: so that one is disconnected, which is what the kernel does.
 */
function conclude(socket: HeldSocket): number {
  const { fd } = socket;
  const error = socketOption(fd, SocketOption.Error);
  const state = tcpState(fd);
  if (error <= 0 && (state === TcpState.SynSent || state === TcpState.SynReceived)) return -ERRNO.EALREADY;
  if (error <= 0 && state !== TcpState.Close) return attempt(socket);
  connectSocket(fd, NOBODY, NOBODY.length);
  return error > 0 ? -error : -ERRNO.ECONNABORTED;
}

/**
 * Waits until a connection is made or has failed.
 *
 * @param begun what the call returns where its time is over
 * @returns 0, or a negative errno.
 */
export function* finishConnecting(socket: HeldSocket, begun: number): Generator<Ask | Wait, number, number> {
  socket.limitWaiting(SocketOption.SendTimeout);
  for (;;) {
    const revents = yield socket.waitFor(Poll.Out);
    if (revents === 0) return begun;
    const result = socket.isTcp
      ? conclude(socket)
      : -Math.max(0, socketOption(socket.fd, SocketOption.Error));
    if (!isUnderWay(result)) return result;
  }
}

/** connect(int fd, struct sockaddr *address, int length) */
export function* connect(call: HeldCall): CallSteps {
  if (!call.wants(Event.SnetConnect)) return CONTINUE;
  const socket = HeldSocket.take();
  try {
    const opened = socket.open(call, call.int(0));
    if (opened === -ERRNO.EBADF) return opened;
    const copied = socket.copyAddress(call, call.word(1), call.int(2));
    if (copied < 0) return copied;
    if (opened < 0) return opened;
    socket.beginLate(Event.SnetConnect);
    socket.addDestination(Use.Connect);
    if (!isConnecting(socket)) {
      const denied = yield socket.ask();
      if (denied !== 0) return -denied;
    }
    if (!socket.carriesIp) return CONTINUE;
    const result = attempt(socket);
    if (!isUnderWay(result) || socket.isNonblocking) {
      remember(socket, result);
      return result;
    }
    return yield* finishConnecting(socket, result);
  } finally {
    socket.release();
  }
}
