/** The snet kernel over generic netlink: attach, receive events, answer. */

import { AttributeIndex, LITTLE_ENDIAN } from "./attributes.ts";
import { MESSAGE_HEADER, MessageWriter, NETLINK_HEADER } from "./codec.ts";
import {
  CommandChannel,
  messageSize,
  NLM_F_ACK,
  NLM_F_REQUEST,
  NLMSG_ERROR,
  sendAll,
  type Transport,
} from "./command.ts";
import { ERRNO } from "./errno.ts";
import { type Acknowledgement, NetlinkError, readAcknowledgement } from "./errors.ts";
import { EventMessage } from "./event.ts";
import { MessageFlag, prepareLibc, ReceiveBatch, sendTo } from "./libc.ts";
import { Connection, KERNEL } from "./libnl.ts";
import {
  type Action,
  type AttachReply,
  Attr,
  ATTRIBUTE_SETS,
  type Cause,
  Command,
  type ConfigureRequest,
  type CountersMessage,
  EVENT_NAMES,
  type EventName,
  FAMILY_NAME,
  FAMILY_VERSION,
  type FlushReply,
  type Scope,
  type SettingsReply,
  type StatsReply,
  Subsystem,
  type TicketMessage,
  type TicketsReply,
} from "./protocol.ts";

/** An event with the longest path and payload has 9 KB. */
const EVENT_BYTES = 16 * 1024;

/** Events taken in one system call. */
const EVENTS_AT_ONCE = 16;

/** Room for the answers that one send carries; the kernel refuses more than its send buffer of 208 KB. */
const SEND_BYTES = 16 * 1024;

/** An answer with all its attributes, with room to spare. */
const ANSWER_BYTES = 128;

/** Answers are sent at the latest when this many wait, so that the first does not wait for the last. */
const BATCH = 64;

/** Events handled in one call of receive, so that a flood of them does not starve the caller. */
const DRAIN = 1024;

/** NLMSG_NOOP with a wish for an acknowledgement. Its sequence number is no command's, as those begin at 1. */
const WAKE = new Uint8Array(NETLINK_HEADER);
const NLMSG_NOOP = 1;
{
  const header = new DataView(WAKE.buffer);
  header.setUint32(0, NETLINK_HEADER, LITTLE_ENDIAN);
  header.setUint16(4, NLMSG_NOOP, LITTLE_ENDIAN);
  header.setUint16(6, NLM_F_REQUEST | NLM_F_ACK, LITTLE_ENDIAN);
}

/** AF_INET and AF_INET6. */
const INET_FAMILIES = (1n << 2n) | (1n << 10n);

/** How a socket is opened. */
export interface SnetSocketOptions {
  /** Bytes of events that may wait in the kernel; 8 MiB if absent, some 10,000 events. */
  readonly receiveBuffer?: number;
  /** What the socket speaks for; sockets (`Subsystem.Snet`) if absent. */
  readonly subsystem?: Subsystem;
}

/** What a daemon wants to be asked. */
export interface AttachOptions {
  /** Shown to a daemon that finds the subsystem taken; at most 63 bytes. */
  readonly name: string;
  /** Mask of events, see {@linkcode eventMask}. */
  readonly events: number;
  /** Mask of address families, bit AF_x; IPv4 and IPv6 if absent. */
  readonly families?: bigint;
  /** Bits of `AttachFlag`. */
  readonly flags?: number;
  /** Bytes of a message's buffer wanted in sendmsg, at most `PAYLOAD_LIMIT`; none if absent. */
  readonly payloadMax?: number;
}

/** What may be set; delay and policy for one event if `event` is given. */
export type Settings = Omit<ConfigureRequest, "subsystem">;

/** Called with each event; the object is valid until the call returns. */
export type EventHandler = (event: EventMessage) => void;

/** Called when a held call ended without the daemon's answer. */
export type CancelHandler = (id: bigint, cause: Cause, event: EventName | undefined) => void;

/** Called when an answer came too late or was refused; `errno` is positive, `text` the kernel's words. */
export type RefusalHandler = (id: bigint, errno: number, text: string) => void;

/**
 * Wakes the thread of this process that waits in {@linkcode SnetSocket.receive} on the descriptor `fd`, which then finds
 * {@linkcode SnetSocket.takeWake} true. The kernel's acknowledgement does it, so that the thread need not wait for
 * anything but its one socket: a poll(2) for a second descriptor would cost each verdict a system call more.
 *
 * @returns bytes sent, or a negative errno where `fd` is no such socket any more.
 */
export function wakeReceiver(fd: number): number {
  // The address is for the case that the number now belongs to another socket: it will not take the message.
  return sendTo(fd, WAKE, MessageFlag.DontWait, KERNEL);
}

/** Mask of events of one subsystem by their names. */
export function eventMask(...events: readonly EventName[]): number {
  return events.reduce((mask, name) => mask | (1 << EVENT_NAMES.indexOf(name)), 0) >>> 0;
}

/**
 * A socket to the snet kernel. It belongs to one thread.
 *
 * Commands (attach, configure, …) wait for the kernel's acknowledgement and throw {@linkcode NetlinkError} when
 * it refuses; events that arrive meanwhile are kept for the next {@linkcode SnetSocket.receive}.
 *
 * ```ts ignore
 * using socket = SnetSocket.open();
 * socket.attach({ name: "example", events: eventMask("snet.connect") });
 * const poll = new PollSet([{ fd: socket.fd }]);
 * while (poll.wait(-1) >= 0) {
 *   socket.receive((event) => socket.answer(event.id, Action.Allow));
 *   socket.send();
 * }
 * ```
 */
export class SnetSocket implements Disposable {
  readonly #connection: Transport;
  readonly #subsystem: Subsystem;
  readonly #event = new EventMessage();
  readonly #cancel = new AttributeIndex("snet");
  readonly #received = new ReceiveBatch(EVENTS_AT_ONCE, EVENT_BYTES);
  #answers = new MessageWriter(SEND_BYTES);
  /** Full of answers that could not be sent; empty but for a kernel without memory. */
  readonly #unsent: MessageWriter[] = [];
  readonly #commands: CommandChannel;
  #queued = 0;
  #woken = false;

  private constructor(connection: Transport, subsystem: Subsystem) {
    this.#connection = connection;
    this.#subsystem = subsystem;
    this.#commands = new CommandChannel(connection);
  }

  /**
   * Opens a socket. It needs no privilege; attaching does.
   *
   * @throws FamilyNotFoundError if the kernel has no snet; Error if libnl is missing.
   */
  static open(
    { receiveBuffer = 8 * 1024 * 1024, subsystem = Subsystem.Snet }: SnetSocketOptions = {},
  ): SnetSocket {
    return SnetSocket.over(Connection.open({ family: FAMILY_NAME, receiveBuffer }), subsystem);
  }

  /** Speaks over a socket that is connected already, such as a recording's or a test's. */
  static over(transport: Transport, subsystem: Subsystem = Subsystem.Snet): SnetSocket {
    prepareLibc();
    return new SnetSocket(transport, subsystem);
  }

  /** The descriptor to poll for events. */
  get fd(): number {
    return this.#connection.fd;
  }

  /** True if events wait that poll does not see: those that came during a command. */
  get pending(): boolean {
    return this.#commands.kept.length > 0;
  }

  /** Messages of the kernel that could not be read. */
  get malformed(): number {
    return this.#commands.malformed;
  }

  /** Times the kernel found the receive buffer full. */
  get overruns(): number {
    return this.#commands.overruns;
  }

  /**
   * Becomes the daemon of the subsystem.
   *
   * @throws NetlinkError EPERM without CAP_NET_ADMIN, EBUSY with the name of the daemon that has it, EALREADY if
   * this socket has it, EPROTO for another version, EOPNOTSUPP for events that this kernel lacks.
   */
  attach(
    { name, events, families = INET_FAMILIES, flags = 0, payloadMax = 0 }: AttachOptions,
  ): Required<AttachReply> {
    const request = { version: FAMILY_VERSION, name, events, families, attachFlags: flags, payloadMax };
    const reply: AttachReply = this.#ask("attach", Command.Attach, request);
    const { version, subsystem, events: has, features, generation, delay, policy } = reply;
    return {
      version: needed("attach", "version", version),
      subsystem: needed("attach", "subsystem", subsystem),
      events: needed("attach", "events", has),
      features: needed("attach", "features", features),
      generation: needed("attach", "generation", generation),
      delay: needed("attach", "delay", delay),
      policy: needed("attach", "policy", policy),
    };
  }

  /**
   * Gives the subsystem up; all its waiting calls end at once.
   *
   * @throws NetlinkError ENOTCONN if this socket is not its daemon.
   */
  detach(): void {
    this.#command("detach", Command.Detach);
  }

  /**
   * Changes settings: all of them or, if one is refused, none.
   *
   * @throws NetlinkError ENOTCONN if this socket is not the daemon.
   */
  configure(settings: Settings): void {
    this.#command("configure", Command.Configure, settings);
  }

  /** What is set now; with an event, its own delay and policy. */
  settings(event?: SettingsReply["event"]): SettingsReply {
    return this.#ask("read the settings", Command.Settings, { event });
  }

  /** Counters since boot. Those that an older kernel lacks are 0. */
  stats(): Required<CountersMessage> {
    const reply: StatsReply = this.#ask("read the counters", Command.Stats);
    const zeros = ATTRIBUTE_SETS.counters.flatMap((spec) => spec?.type === "u64" ? [[spec.key, 0n]] : []);
    return { ...Object.fromEntries(zeros), ...reply.counters };
  }

  /** The tickets that the kernel keeps now. */
  tickets(): TicketMessage[] {
    const request = { subsystem: this.#subsystem };
    const replies: TicketsReply[] = this.#commands.dump("list the tickets", Command.Tickets, request);
    return replies.flatMap(({ ticket }) => ticket ? [ticket] : []);
  }

  /**
   * Starts a new generation: every ticket is dropped at once.
   *
   * @returns the new generation, and how many tickets were dropped.
   * @throws NetlinkError ENOTCONN if this socket is not the daemon.
   */
  flush(): Required<FlushReply> {
    const { generation, count }: FlushReply = this.#ask("flush the tickets", Command.Flush);
    return { generation: needed("flush", "generation", generation), count: needed("flush", "count", count) };
  }

  /** Gives up the exemption that this process has as, or from, an attached daemon; it cannot be taken back. */
  renounce(): void {
    this.#commands.run("renounce the exemption", Command.Renounce, {});
  }

  /**
   * Handles what has arrived, up to some thousand messages; with `wait`, blocks the thread until there is something,
   * if only a wake by {@linkcode wakeReceiver} or a signal.
   *
   * @returns how many events were handed over.
   * @throws NetlinkError if the socket fails; what the handlers throw.
   */
  receive(onEvent: EventHandler, onCancel?: CancelHandler, onRefused?: RefusalHandler, wait = false): number {
    let events = 0;
    for (let view = this.#commands.kept.shift(); view; view = this.#commands.kept.shift()) {
      wait = false;
      events += this.#dispatch(view, 0, view.byteLength, onEvent, onCancel, onRefused);
    }
    for (let drained = 0; drained < DRAIN;) {
      const received = this.#received.receive(this.fd, wait);
      // What was handled is to be answered before anything is waited for.
      wait = false;
      if (received > 0) {
        drained += received;
        events += this.#dispatchBatch(received, onEvent, onCancel, onRefused);
        if (!this.#received.isFull(received)) return events;
        // In a flood the socket may have had no room for the acknowledgement that wakes.
        this.#woken = true;
      } else if (received === -ERRNO.EAGAIN) return events;
      else if (received === -ERRNO.ENOBUFS) this.#commands.overruns++;
      else if (received !== -ERRNO.EINTR) throw new NetlinkError("Cannot receive events", -received);
    }
    return events;
  }

  /** True once after {@linkcode wakeReceiver}, and now and then in a flood of events. */
  takeWake(): boolean {
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }

  /**
   * Queues the answer to a held call for {@linkcode SnetSocket.send}.
   *
   * @param errno what a denied program sees; 0 for EPERM
   * @param remember milliseconds for which a ticket keeps the answer, 0 for none; the rest belongs to the ticket
   * @param scope whom it serves
   * @param key bits of `Operand` that it must match
   * @param rule the daemon's number for the rule that answered
   * @param generation the generation of tickets under which it was decided
   * @throws NetlinkError if a batch is due and the kernel has no memory; the answer is queued all the same
   */
  answer(
    id: bigint,
    action: Action,
    errno = 0,
    remember = 0,
    scope: Scope = 0,
    key = 0,
    rule = 0,
    generation = 0,
  ): void {
    const writer = this.#queue(Command.Verdict);
    writer.u64(Attr.Id, id);
    writer.u32(Attr.Action, action);
    if (errno !== 0) writer.u32(Attr.Errno, errno);
    if (remember !== 0) {
      writer.u32(Attr.Remember, remember);
      writer.u32(Attr.Scope, scope);
      writer.u32(Attr.Key, key);
      writer.u32(Attr.Rule, rule);
      writer.u32(Attr.Generation, generation);
    }
    writer.end();
    if (++this.#queued >= BATCH) this.send();
  }

  /** Queues a hold: the call waits for `milliseconds` from now, as a person is being asked. */
  hold(id: bigint, milliseconds: number): void {
    const writer = this.#queue(Command.Hold);
    writer.u64(Attr.Id, id);
    writer.u32(Attr.Hold, milliseconds);
    writer.end();
    if (++this.#queued >= BATCH) this.send();
  }

  /**
   * Sends what is queued, in one call.
   *
   * @throws NetlinkError if the kernel has no memory; what is queued stays, for another try.
   */
  send(): void {
    for (let full = this.#unsent[0]; full; full = this.#unsent[0]) {
      this.#sendBatch(full);
      this.#unsent.shift();
    }
    if (this.#answers.length === 0) return;
    this.#sendBatch(this.#answers);
    this.#answers.clear();
    this.#queued = 0;
  }

  #sendBatch(answers: MessageWriter): void {
    const sent = sendAll(this.fd, answers);
    if (sent < 0) throw new NetlinkError("Cannot send answers", -sent);
  }

  /** Closes the socket. The kernel then ends all calls that wait for it. */
  close(): void {
    this.#connection.close();
  }

  /** Closes the socket at the end of its scope (`using`). */
  [Symbol.dispose](): void {
    this.close();
  }

  #command(what: string, command: Command, request: object = {}): object[] {
    return this.#commands.run(what, command, { subsystem: this.#subsystem, ...request });
  }

  /** A command that is answered by one message. */
  #ask(what: string, command: Command, request: object = {}): object {
    const [reply] = this.#command(what, command, request);
    if (reply === undefined) {
      throw new NetlinkError(`Cannot ${what}`, ERRNO.EBADMSG, "the kernel answered nothing");
    }
    return reply;
  }

  /** Begins an answer; it has a place whatever cannot be sent, so that no verdict is lost. */
  #queue(command: Command): MessageWriter {
    if (this.#answers.room < ANSWER_BYTES) {
      this.#unsent.push(this.#answers);
      this.#answers = new MessageWriter(SEND_BYTES);
    }
    this.#answers.begin(
      this.#connection.family,
      NLM_F_REQUEST,
      this.#commands.nextSequence(),
      command,
      FAMILY_VERSION,
    );
    return this.#answers;
  }

  /** Hands over the datagrams that were received; what a handler's error leaves is kept for the next receive. */
  #dispatchBatch(
    received: number,
    onEvent: EventHandler,
    onCancel: CancelHandler | undefined,
    onRefused: RefusalHandler | undefined,
  ): number {
    const { view } = this.#received;
    let events = 0;
    let i = 0;
    try {
      while (i < received) {
        const at = this.#received.offset(i);
        const length = this.#received.length(i++);
        if (length > EVENT_BYTES) this.#commands.malformed++;
        else events += this.#dispatch(view, at, at + length, onEvent, onCancel, onRefused);
      }
    } finally {
      for (; i < received; i++) {
        const at = this.#received.offset(i);
        const length = Math.min(this.#received.length(i), EVENT_BYTES);
        this.#commands.kept.push(new DataView(view.buffer.slice(at, at + length)));
      }
    }
    return events;
  }

  /** Hands over the messages of the datagram between two offsets; returns how many events there were. */
  #dispatch(
    view: DataView,
    start: number,
    end: number,
    onEvent: EventHandler,
    onCancel: CancelHandler | undefined,
    onRefused: RefusalHandler | undefined,
  ): number {
    let events = 0;
    for (let at = start; at < end;) {
      const size = messageSize(view, at, end);
      if (size === 0) {
        this.#commands.malformed++;
        return events;
      }
      const type = view.getUint16(at + 4, LITTLE_ENDIAN);
      if (type === NLMSG_ERROR) this.#refused(readAcknowledgement(view, at, at + size), onRefused);
      else if (type === this.#connection.family && size >= MESSAGE_HEADER) {
        const command = view.getUint8(at + NETLINK_HEADER);
        if (command === Command.Cancel) this.#cancelled(view, at, size, onCancel);
        else if (command === Command.Event) {
          if (this.#event.reset(view, at, size)) {
            events++;
            onEvent(this.#event);
          } else this.#commands.malformed++;
        }
      }
      at += (size + 3) & ~3;
    }
    return events;
  }

  #cancelled(view: DataView, at: number, size: number, onCancel: CancelHandler | undefined): void {
    const attributes = this.#cancel;
    if (!attributes.fill(view, at + MESSAGE_HEADER, at + size) || !attributes.has(Attr.Id)) {
      this.#commands.malformed++;
      return;
    }
    const name = EVENT_NAMES[attributes.u32(Attr.Event)];
    onCancel?.(attributes.u64(Attr.Id), attributes.u32(Attr.Cause) as Cause, name);
  }

  #refused(refusal: Acknowledgement | undefined, onRefused: RefusalHandler | undefined): void {
    if (refusal === undefined) this.#commands.malformed++;
    // Commands take their acknowledgements themselves, so that any other success is that of a wake.
    else if (refusal.errno === 0) this.#woken = true;
    else onRefused?.(refusal.id, refusal.errno, refusal.text);
  }
}

function needed<T>(command: string, name: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new NetlinkError(`Cannot ${command}`, ERRNO.EBADMSG, `the kernel's answer lacks ${name}`);
}
