/** Commands to the kernel: a request, its replies, its acknowledgement. */

import { LITTLE_ENDIAN } from "./attributes.ts";
import { MESSAGE_HEADER, MessageWriter, NETLINK_HEADER, readAttributes, writeAttributes } from "./codec.ts";
import { ERRNO } from "./errno.ts";
import { type Acknowledgement, NetlinkError, readAcknowledgement } from "./errors.ts";
import { Clock, clockGettime, isRetry, MessageFlag, PollSet, recv, send } from "./libc.ts";
import { type Command, FAMILY_VERSION } from "./protocol.ts";

/** Message types and flags of linux/netlink.h. */
export const NLMSG_ERROR = 2;
export const NLM_F_REQUEST = 0x1;
const NLMSG_DONE = 3;
export const NLM_F_ACK = 0x4;
const NLM_F_DUMP = 0x300;

/** Holds any reply; the parts of a dump have 32 KB at most. */
const REPLY_BYTES = 64 * 1024;

/** Holds any request: the longest has some twenty numbers. */
const REQUEST_BYTES = 1024;

/** Milliseconds in which the kernel must acknowledge a command; it does so before send(2) returns. */
const TIMEOUT = 5000;

/** A connected socket of which each recv(2) gives one datagram of netlink messages. */
export interface Transport {
  /** The descriptor. */
  readonly fd: number;
  /** Message type of the snet family. */
  readonly family: number;
  /** Closes the descriptor; harmless if repeated. */
  close(): void;
}

/** Sends commands and waits for what the kernel says to them; keeps what else arrives meanwhile. */
export class CommandChannel {
  /** Messages that arrived while a command was waiting, one each. */
  readonly kept: DataView[] = [];
  /** Messages that could not be read. */
  malformed = 0;
  /** Times the kernel found the receive buffer full. */
  overruns = 0;
  readonly #transport: Transport;
  #sequence = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The number of the next request. Events have the number 0, so that no request may. */
  nextSequence(): number {
    this.#sequence = (this.#sequence + 1) >>> 0 || 1;
    return this.#sequence;
  }

  /**
   * Sends a command and waits until the kernel has acknowledged it.
   *
   * @param what for the error: `Cannot ${what}: …`
   * @returns the messages that it was answered with.
   * @throws NetlinkError if the kernel refuses it; RangeError for a value that the request cannot hold.
   */
  run(what: string, command: Command, request: object): object[] {
    return this.#exchange(what, command, request, NLM_F_ACK);
  }

  /** As {@linkcode CommandChannel.run}, for a command that lists. */
  dump(what: string, command: Command, request: object): object[] {
    return this.#exchange(what, command, request, NLM_F_DUMP);
  }

  #exchange(what: string, command: Command, request: object, flags: number): object[] {
    const writer = new MessageWriter(REQUEST_BYTES);
    const sequence = this.nextSequence();
    writer.begin(this.#transport.family, NLM_F_REQUEST | flags, sequence, command, FAMILY_VERSION);
    writeAttributes(writer, "snet", request);
    writer.end();
    const sent = sendAll(this.#transport.fd, writer);
    if (sent < 0) throw new NetlinkError(`Cannot ${what}`, -sent);
    return this.#awaited(what, sequence);
  }

  #awaited(what: string, sequence: number): object[] {
    const { fd } = this.#transport;
    // A buffer of its own: a command may be given while an event is being handled.
    const buffer = new Uint8Array(REPLY_BYTES);
    const view = new DataView(buffer.buffer);
    const poll = new PollSet([{ fd }]);
    const deadline = clockGettime(Clock.Monotonic) + BigInt(TIMEOUT) * 1_000_000n;
    const replies: object[] = [];
    while (clockGettime(Clock.Monotonic) < deadline) {
      const length = recv(fd, buffer, MessageFlag.DontWait | MessageFlag.Truncate);
      if (isRetry(length)) poll.wait(TIMEOUT / 10);
      else if (length === -ERRNO.ENOBUFS) this.overruns++;
      else if (length < 0) throw new NetlinkError(`Cannot ${what}`, -length);
      else if (this.#collect(what, sequence, view, length, replies)) return replies;
    }
    throw new NetlinkError(`Cannot ${what}`, ERRNO.ETIMEDOUT, "the kernel did not acknowledge it");
  }

  /** Takes the replies out of a datagram and keeps the rest; true when the command is done. */
  #collect(what: string, sequence: number, view: DataView, length: number, replies: object[]): boolean {
    let done = false;
    for (let at = 0; at < length;) {
      const size = messageSize(view, at, length);
      if (size === 0) {
        this.malformed++;
        return done;
      }
      const end = at + size;
      const type = view.getUint16(at + 4, LITTLE_ENDIAN);
      const ends = type === NLMSG_ERROR || type === NLMSG_DONE;
      if (view.getUint32(at + 8, LITTLE_ENDIAN) !== sequence) {
        this.kept.push(new DataView(view.buffer.slice(at, end)));
      } else if (ends) {
        const { errno, text } = type === NLMSG_DONE ? dumpEnd(view, at, end) : acknowledgement(view, at, end);
        if (errno !== 0) throw new NetlinkError(`Cannot ${what}`, errno, text);
        done = true;
      } else if (type === this.#transport.family && size >= MESSAGE_HEADER) {
        replies.push(readAttributes("snet", view, at + MESSAGE_HEADER, end));
      }
      at += (size + 3) & ~3;
    }
    return done;
  }
}

/** Sends all messages of `writer` in one call; the bytes sent, or a negative errno. */
export function sendAll(fd: number, writer: MessageWriter): number {
  let sent: number;
  do sent = send(fd, writer.bytes, writer.length, MessageFlag.DontWait); while (sent === -ERRNO.EINTR);
  return sent;
}

/** Bytes of the message at `at`, 0 if it is malformed or goes beyond the end of its datagram or the buffer. */
export function messageSize(view: DataView, at: number, datagramEnd: number): number {
  const end = Math.min(datagramEnd, view.byteLength);
  if (at + NETLINK_HEADER > end) return 0;
  const size = view.getUint32(at, LITTLE_ENDIAN);
  return size < NETLINK_HEADER || size > end - at ? 0 : size;
}

type Outcome = Pick<Acknowledgement, "errno" | "text">;

/** How a command ended (NLMSG_ERROR). */
function acknowledgement(view: DataView, start: number, end: number): Outcome {
  return readAcknowledgement(view, start, end) ??
    { errno: ERRNO.EBADMSG, text: "the acknowledgement is malformed" };
}

/** How a dump ended (NLMSG_DONE). */
function dumpEnd(view: DataView, start: number, end: number): Outcome {
  const has = start + NETLINK_HEADER + 4 <= end;
  return { errno: has ? -view.getInt32(start + NETLINK_HEADER, LITTLE_ENDIAN) : 0, text: "" };
}
