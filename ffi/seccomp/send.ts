/** sendto(2), sendmsg(2), sendmmsg(2): what is asked, and the order of their errors. */

import { ERRNO } from "../errno.ts";
import { Event, EventFlag } from "../protocol.ts";
import { type Ask, type CallEvent, type CallSteps, CONTINUE, type HeldCall, type Wait } from "./call.ts";
import { fixedBytes, SocketOption, socketOption } from "./libc.ts";
import { ControlCursor, hasRoute } from "./message_control.ts";
import { Message, MMSGHDR } from "./message_header.ts";
import { MessageFlag, sendOut } from "./send_out.ts";
import { carrierOf, Family, Protocol, SockType, Use } from "./sockaddr.ts";
import { HeldSocket } from "./socket.ts";

/** Steps that end in a number: bytes sent, 0 for "not denied", or a negative errno. */
type SendSteps = Generator<Ask | Wait, number, number>;

/** Messages that one sendmmsg(2) sends at most (UIO_MAXIOV). */
const MESSAGES_MOST = 1024;

/** MSG_INTERNAL_SENDMSG_FLAGS of include/linux/socket.h, which the kernel drops. */
const INTERNAL_FLAGS = 0x0801_0000 | 0x0010_0000;

const written = fixedBytes(4);
const writtenView = new DataView(written.buffer);

/** For TCP the name of a message is for fast open only. */
function isFastOpen(socket: HeldSocket, message: Message): boolean {
  return (message.flags & MessageFlag.FastOpen) !== 0 && socket.isTcp;
}

function isNamed(socket: HeldSocket, message: Message): boolean {
  if (!message.hasAddress || socket.addressLength === 0) return false;
  return !socket.isTcp || isFastOpen(socket, message);
}

/** Begins a question about a message: what is sent, and from where. */
function beginSend(event: Event, socket: HeldSocket, message: Message): CallEvent {
  const it = socket.beginLate(event);
  let flags = (message.flags | (message.ownFlags & MessageFlag.EndOfRecord)) & ~INTERNAL_FLAGS;
  if (socket.isNonblocking) flags |= MessageFlag.DontWait;
  it.messageFlags = flags >>> 0;
  it.length = message.length;
  if (flags & MessageFlag.DontWait) it.flags |= EventFlag.Nonblock;
  if (isFastOpen(socket, message) && isNamed(socket, message)) it.flags |= EventFlag.Fastopen;
  return it;
}

/**
 * IPV6_ADDRFORM may turn an IPv6 socket into an IPv4 one before the protocol reads the address. AF_UNSPEC, which meant the
 * peer before, then means the IPv4 address beside it, so that is the one to judge.
 */
function mayMeanIpv4({ address, addressLength }: HeldSocket, carrier: number): boolean {
  if (carrier !== Family.Inet6 || addressLength < 16) return false;
  const isUnspecified = address[0] === 0 && address[1] === 0;
  return isUnspecified && (address[4] !== 0 || address[5] !== 0 || address[6] !== 0 || address[7] !== 0);
}

/** Adds where the message goes; false where it names no address: then that is the peer, if there is one. */
function addDestination(socket: HeldSocket, message: Message): boolean {
  if (!isNamed(socket, message)) {
    socket.addPeer();
    return false;
  }
  if (socket.addDestination(isFastOpen(socket, message) ? Use.Connect : Use.Send)) return true;
  if (!mayMeanIpv4(socket, carrierOf(socket))) return false;
  const port = (socket.address[2]! << 8) | socket.address[3]!;
  socket.addDestinationIp(socket.address, 4, 4, port);
  return true;
}

/** Asks, with the first bytes of the message where they are wanted: 0, or a negative errno. */
function* askWithPayload(
  call: HeldCall,
  socket: HeldSocket,
  message: Message,
  it: CallEvent,
  done: number | undefined,
): SendSteps {
  if (call.payloadMax > 0 && message.length > 0) {
    const failed = message.show(call, call.payloadMax);
    if (failed < 0) return failed;
    it.payload = message.shown!.subarray(0, message.shownLength);
    // Where the supervisor sends, it sends these very bytes.
    if (!socket.carriesIp) it.flags |= EventFlag.AdvisoryPayload;
  }
  const denied = yield socket.ask(done);
  return -denied;
}

/** Further addresses of an SCTP peer, asked about one by one. */
function* askMoreAddresses(
  socket: HeldSocket,
  message: Message,
  more: ControlCursor,
  port: number,
  done: number | undefined,
): SendSteps {
  let isLast = false;
  while (!isLast) {
    const { data, addressLength } = more;
    isLast = !more.nextAddress();
    if (addressLength === 0) continue; // SCTP refuses it as well
    const it = beginSend(Event.SnetSendmsg, socket, message);
    socket.addDestinationIp(message.control!, data, addressLength, port);
    if (!isLast) it.flags |= EventFlag.MoreAddresses;
    const denied = yield socket.ask(done);
    if (denied !== 0) return -denied;
  }
  return 0;
}

/**
 * Asks about a message, as the kernel module does (kernel/tree/security/snet/net_send.c): a fast open is a connect, and
 * asked as a send only where nobody wants to know of connects. Sends that name no address were judged when the socket was
 * connected.
 *
 * @returns 0 if it may be sent, or a negative errno.
 */
function* judge(call: HeldCall, socket: HeldSocket, message: Message, done: number | undefined): SendSteps {
  const isNamedHere = isNamed(socket, message);
  if (isNamedHere && isFastOpen(socket, message) && call.wants(Event.SnetConnect)) {
    const it = beginSend(Event.SnetConnect, socket, message);
    addDestination(socket, message);
    return yield* askWithPayload(call, socket, message, it, done);
  }
  if (!call.wants(Event.SnetSendmsg)) return 0;
  const isPacket = socket.family === Family.Packet;
  if (!isNamedHere && !isPacket && !call.sendAll) return 0;
  const it = beginSend(Event.SnetSendmsg, socket, message);
  // A packet socket is not connected: it sends where bind(2) said.
  if (!addDestination(socket, message) && !call.sendAll && !isPacket) return 0;
  const more = socket.protocol === Protocol.Sctp && message.control !== undefined
    ? new ControlCursor(message.control)
    : undefined;
  const hasMore = more?.nextAddress() ?? false;
  if (hasMore) it.flags |= EventFlag.MoreAddresses;
  const port = it.remote?.port ?? 0;
  const denied = yield* askWithPayload(call, socket, message, it, done);
  if (denied < 0 || !hasMore) return denied;
  return yield* askMoreAddresses(socket, message, more!, port, done);
}

/** What is refused without a question: 0, or a negative errno. */
function refuse(socket: HeldSocket, message: Message): number {
  const { control, flags } = message;
  // As kernel/tree/security/snet/net_route.c.
  if (control !== undefined && socket.type !== SockType.Raw && hasRoute(control)) return -ERRNO.EPERM;
  // RDS reads and writes memory that control data points to: it would be the supervisor's.
  if (control !== undefined && socket.family === Family.Rds) return -ERRNO.EPERM;
  // The pages would be the supervisor's too; programs copy where the kernel has no room for such sends.
  if (flags & MessageFlag.ZeroCopy && socketOption(socket.fd, SocketOption.ZeroCopy) > 0) {
    return -ERRNO.ENOBUFS;
  }
  return 0;
}

/** Asks about one message and sends it: bytes sent, or a negative errno. */
function* sendOne(
  call: HeldCall,
  socket: HeldSocket,
  message: Message,
  done: number | undefined,
): SendSteps {
  const refused = refuse(socket, message);
  if (refused < 0) return refused;
  const denied = yield* judge(call, socket, message, done);
  if (denied < 0) return denied;
  return yield* sendOut(call, socket, message, done);
}

/** Asks about a message that the kernel is to send with the program's own arguments. */
function* passOn(call: HeldCall, socket: HeldSocket, message: Message): CallSteps {
  // Were the descriptor another socket by then, the flag would make it connect.
  if (message.flags & MessageFlag.FastOpen) return -ERRNO.EOPNOTSUPP;
  const denied = yield* judge(call, socket, message, undefined);
  return denied < 0 ? denied : CONTINUE;
}

/** sendto(int fd, void *buffer, size_t length, int flags, struct sockaddr *address, int length) */
export function* sendto(call: HeldCall): CallSteps {
  const flags = call.int(3);
  const asked = call.wants(Event.SnetSendmsg) ||
    ((flags & MessageFlag.FastOpen) !== 0 && call.wants(Event.SnetConnect));
  if (!asked) return CONTINUE;
  const socket = HeldSocket.take();
  const message = Message.take();
  try {
    const failed = message.setBuffer(call.word(1), call.word(2), flags);
    if (failed < 0) return failed;
    const opened = socket.open(call, call.int(0));
    if (opened < 0) return opened;
    const pointer = call.word(4);
    const copied = pointer === 0n ? 0 : socket.copyAddress(call, pointer, call.int(5));
    if (copied < 0) return copied;
    message.hasAddress = pointer !== 0n;
    return yield* socket.carriesIp
      ? sendOne(call, socket, message, undefined)
      : passOn(call, socket, message);
  } finally {
    message.release();
    socket.release();
  }
}

/** Whether anything about a message behind a pointer is judged, its routes too. */
function isJudged(call: HeldCall): boolean {
  return call.wants(Event.SnetSendmsg) || call.wants(Event.SnetConnect);
}

/** sendmsg(int fd, struct msghdr *message, int flags) */
export function* sendmsg(call: HeldCall): CallSteps {
  if (!isJudged(call)) return CONTINUE;
  const flags = call.int(2);
  if (flags & MessageFlag.Compat) return -ERRNO.EINVAL;
  const socket = HeldSocket.take();
  const message = Message.take();
  try {
    const opened = socket.open(call, call.int(0));
    if (opened < 0) return opened;
    const carried = socket.carriesIp;
    const copied = message.readHeader(call, socket, call.word(1), flags, carried);
    if (copied < 0) return copied;
    message.ownFlags = 0; // sendmsg(2) ignores them
    return yield* carried ? sendOne(call, socket, message, undefined) : passOn(call, socket, message);
  } finally {
    message.release();
    socket.release();
  }
}

/** Asks about every message before the kernel sends them all. */
function* passAllOn(call: HeldCall, socket: HeldSocket, message: Message, count: number): CallSteps {
  for (let i = 0; i < count; i++) {
    const pointer = call.word(1) + BigInt(i * MMSGHDR.size);
    const copied = message.readHeader(call, socket, pointer, call.int(3), false);
    if (copied < 0) return copied;
    const outcome = yield* passOn(call, socket, message);
    if (outcome !== CONTINUE) return outcome;
  }
  return CONTINUE;
}

/** Asks about and sends one message after the other: how many were sent, or a negative errno for the first. */
function* sendAll(call: HeldCall, socket: HeldSocket, message: Message, count: number): CallSteps {
  for (let i = 0; i < count; i++) {
    const pointer = call.word(1) + BigInt(i * MMSGHDR.size);
    const copied = message.readHeader(call, socket, pointer, call.int(3), true);
    if (copied < 0) return i || copied;
    const sent = yield* sendOne(call, socket, message, i || undefined);
    if (sent < 0) return i || sent;
    writtenView.setUint32(0, sent, true);
    const told = call.write(pointer + BigInt(MMSGHDR.length), written, written.length);
    if (told !== written.length) return i || (told < 0 ? told : -ERRNO.EFAULT);
    if (sent < message.length) return i + 1;
  }
  return count;
}

/** sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags) */
export function* sendmmsg(call: HeldCall): CallSteps {
  if (!isJudged(call)) return CONTINUE;
  if (call.int(3) & MessageFlag.Compat) return -ERRNO.EINVAL;
  const socket = HeldSocket.take();
  const message = Message.take();
  try {
    const opened = socket.open(call, call.int(0));
    if (opened < 0) return opened;
    const count = Math.min(call.int(2) >>> 0, MESSAGES_MOST);
    return yield* socket.carriesIp
      ? sendAll(call, socket, message, count)
      : passAllOn(call, socket, message, count);
  } finally {
    message.release();
    socket.release();
  }
}
