/** Messages sent in the program's place. */

import { LITTLE_ENDIAN } from "../attributes.ts";
import { addressOf } from "../call_thread.ts";
import { ERRNO } from "../errno.ts";
import { Poll } from "../libc.ts";
import type { Ask, HeldCall, Wait } from "./call.ts";
import { finishConnecting } from "./connect.ts";
import { fixedBytes, sendMessage, sendTo, signalThread, SocketOption } from "./libc.ts";
import { type Message, MSGHDR } from "./message_header.ts";
import { asCaller } from "./privileges.ts";
import { Family, SockType } from "./sockaddr.ts";
import type { HeldSocket } from "./socket.ts";

/** MSG_x of send(2) (include/linux/socket.h). */
export const MessageFlag = {
  OutOfBand: 0x1,
  DontWait: 0x40,
  EndOfRecord: 0x80,
  NoSignal: 0x4000,
  More: 0x8000,
  ZeroCopy: 0x400_0000,
  FastOpen: 0x2000_0000,
  Compat: 0x8000_0000 | 0,
} as const;

const SIGPIPE = 13;

/** Steps that end in bytes sent or a negative errno. */
type SendSteps = Generator<Ask | Wait, number, number>;

/**
 * Bytes that are copied at once. A datagram of IP is shorter, and so is what SCTP and RDS send with the buffers that a
 * system gives them; a stream is sent piece by piece.
 */
const CHUNK = 256 * 1024;

/** Bytes of a stream after which other calls have their turn. */
const TURN = 4 * CHUNK;

/** Milliseconds of rest where a socket says that it can be written to, and cannot: the kernel lacks memory. */
const REST = 5;

const chunk = fixedBytes(CHUNK);
const chunkAt = addressOf(chunk);
/** Two struct iovec: the chunk, and nothing, which nobody can read. */
const vectors = fixedBytes(32);
const vectorsView = new DataView(vectors.buffer);
const vectorsAt = addressOf(vectors);
vectorsView.setBigUint64(0, chunkAt, LITTLE_ENDIAN);
const header = fixedBytes(MSGHDR.size);
const headerView = new DataView(header.buffer);

/**
 * Sends bytes of the message without waiting: those that were copied into the chunk, and behind them as many as could not
 * be read, which the kernel will not be able to read either: what comes of that it knows best.
 *
 * @returns bytes sent, or a negative errno.
 */
function transmit(
  call: HeldCall,
  socket: HeldSocket,
  message: Message,
  copied: number,
  missing: number,
  flags: number,
): number {
  const { fd, address, addressLength } = socket;
  const { control, hasAddress } = message;
  const how = flags | MessageFlag.DontWait | MessageFlag.NoSignal;
  if (control === undefined && missing === 0) {
    return hasAddress
      ? sendTo(fd, chunk, copied, how, address, addressLength)
      : sendTo(fd, chunk, copied, how, null, 0);
  }
  vectorsView.setBigUint64(8, BigInt(copied), LITTLE_ENDIAN);
  vectorsView.setBigUint64(24, BigInt(missing), LITTLE_ENDIAN);
  headerView.setBigUint64(MSGHDR.name, hasAddress ? addressOf(address) : 0n, LITTLE_ENDIAN);
  headerView.setInt32(MSGHDR.nameLength, hasAddress ? addressLength : 0, LITTLE_ENDIAN);
  headerView.setBigUint64(MSGHDR.vector, vectorsAt, LITTLE_ENDIAN);
  headerView.setBigUint64(MSGHDR.vectorLength, missing > 0 ? 2n : 1n, LITTLE_ENDIAN);
  headerView.setBigUint64(MSGHDR.control, control ? addressOf(control) : 0n, LITTLE_ENDIAN);
  headerView.setBigUint64(MSGHDR.controlLength, BigInt(control?.length ?? 0), LITTLE_ENDIAN);
  // Which sendto(2) passes over.
  const allowed = how & ~MessageFlag.Compat;
  if (control === undefined) return sendMessage(fd, header, allowed);
  return asCaller(call.task, () => sendMessage(fd, header, allowed));
}

/** Copies bytes of the message into the chunk and sends them: bytes sent, or a negative errno. */
function copyAndTransmit(
  call: HeldCall,
  socket: HeldSocket,
  message: Message,
  from: number,
  length: number,
  flags: number,
): number {
  const copied = length === 0 ? 0 : message.fill(call, from, chunk, length);
  if (copied < 0 && copied !== -ERRNO.EFAULT) return copied;
  const there = Math.max(0, copied);
  return transmit(call, socket, message, there, length - there, flags);
}

/** A broken pipe, as sk_stream_error() tells it: with the signal that ends most programs first. */
function failed(call: HeldCall, socket: HeldSocket, message: Message, result: number): number {
  const signals = socket.family !== Family.Rds &&
    (socket.type === SockType.Stream || socket.type === SockType.SeqPacket);
  if (result === -ERRNO.EPIPE && signals && !(message.flags & MessageFlag.NoSignal)) {
    signalThread(call.task.pid, call.tid, SIGPIPE);
  }
  return result;
}

/** Flags of one piece: what marks the end of the message goes with the last. */
function flagsOf(message: Message, isLast: boolean): number {
  const flags = message.flags | (message.ownFlags & MessageFlag.EndOfRecord);
  return isLast ? flags : flags & ~(MessageFlag.OutOfBand | MessageFlag.EndOfRecord);
}

/** Waits for room in a socket's buffer. */
class Room {
  readonly #socket: HeldSocket;
  #vain = 0;

  /** From now on the socket's time limit counts. */
  constructor(socket: HeldSocket) {
    this.#socket = socket;
    socket.limitWaiting(SocketOption.SendTimeout);
  }

  /**
   * Waits until it can be written to.
   *
   * @param done as in {@linkcode sendOut}
   * @returns false where the time is over.
   */
  *wait(done: number | undefined): Generator<Ask | Wait, boolean, number> {
    if (this.#vain++ % 2 === 0) return (yield this.#socket.waitFor(Poll.Out, done)) !== 0;
    // The last time it had said that it could.
    yield this.#socket.pause(REST, done);
    return true;
  }

  /** It could be written to. */
  found(): void {
    this.#vain = 0;
  }
}

/** Sends a message as it is, or not at all. */
function* sendWhole(
  call: HeldCall,
  socket: HeldSocket,
  message: Message,
  isWaiting: boolean,
  done: number | undefined,
): SendSteps {
  const { length } = message;
  const flags = flagsOf(message, true);
  if (length > CHUNK) {
    const refused = transmit(call, socket, message, 0, length, flags);
    return refused === -ERRNO.EFAULT ? -ERRNO.EMSGSIZE : refused;
  }
  let room: Room | undefined;
  for (;;) {
    const sent = copyAndTransmit(call, socket, message, 0, length, flags);
    if (sent >= 0) return sent;
    if (sent !== -ERRNO.EAGAIN || !isWaiting) return failed(call, socket, message, sent);
    room ??= new Room(socket);
    if (!(yield* room.wait(done))) return -ERRNO.EAGAIN;
  }
}

/**
 * Opens a connection with the first bytes (RFC 7413), and waits for it as tcp_sendmsg_fastopen() does.
 *
 * @returns bytes sent, or a negative errno.
 */
function* openFast(
  call: HeldCall,
  socket: HeldSocket,
  message: Message,
  isWaiting: boolean,
): SendSteps {
  const length = Math.min(message.length, CHUNK);
  const sent = copyAndTransmit(call, socket, message, 0, length, message.flags);
  if (!isWaiting || (sent < 0 && sent !== -ERRNO.EINPROGRESS)) return sent;
  const connected = yield* finishConnecting(socket, -ERRNO.EINPROGRESS);
  // Where the time is over, what went with the first packet counts.
  if (connected === -ERRNO.EINPROGRESS && sent > 0) return sent;
  return connected < 0 ? connected : Math.max(0, sent);
}

/** Sends what fits the chunk and the socket's buffer of what is left from `from` on: bytes sent, or a negative errno. */
function sendPiece(call: HeldCall, socket: HeldSocket, message: Message, from: number): number {
  const length = Math.min(CHUNK, message.length - from);
  const flags = flagsOf(message, from + length === message.length);
  return copyAndTransmit(call, socket, message, from, length, flags);
}

/** Sends a stream piece by piece. What was sent before something goes wrong counts, as in tcp_sendmsg(). */
function* sendStream(
  call: HeldCall,
  socket: HeldSocket,
  message: Message,
  isWaiting: boolean,
  done: number | undefined,
): SendSteps {
  let sent = 0;
  if (message.flags & MessageFlag.FastOpen) {
    const opened = yield* openFast(call, socket, message, isWaiting);
    if (opened < 0) return failed(call, socket, message, opened);
    if (opened >= message.length || !isWaiting) return opened;
    message.flags &= ~MessageFlag.FastOpen;
    sent = opened;
  }
  let room: Room | undefined;
  for (let turn = 0;;) {
    const piece = sendPiece(call, socket, message, sent);
    if (piece >= 0) {
      sent += piece;
      turn += piece;
      room?.found();
      if (sent >= message.length || piece === 0) return sent;
      if (turn < TURN) continue;
      turn = 0;
    } else if (piece !== -ERRNO.EAGAIN || !isWaiting) {
      return sent || failed(call, socket, message, piece);
    }
    if (!isWaiting) return sent;
    room ??= new Room(socket);
    if (!(yield* room.wait(sent || done))) return sent || -ERRNO.EAGAIN;
  }
}

/**
 * Sends a message that was allowed. Who would wait in the kernel waits here: the supervisor never does.
 *
 * @param done what the call returns where a signal comes before anything of this message is sent; undefined: it is run
 * again
 * @returns bytes sent, or a negative errno; a broken pipe has been signalled.
 */
export function sendOut(
  call: HeldCall,
  socket: HeldSocket,
  message: Message,
  done: number | undefined,
): SendSteps {
  const isWaiting = !socket.isNonblocking && !(message.flags & MessageFlag.DontWait);
  return socket.isTcp
    ? sendStream(call, socket, message, isWaiting, done)
    : sendWhole(call, socket, message, isWaiting, done);
}
