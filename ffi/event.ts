/** An event as it lies in its netlink message. */

import { type AddressCopy, AddressView } from "./address.ts";
import { AttributeIndex } from "./attributes.ts";
import { Attr, type Event, EVENT_NAMES, EventFlag, type EventName, Operand } from "./protocol.ts";
import { StringCache } from "./strings.ts";

/** struct nlmsghdr and struct genlmsghdr. */
export const MESSAGE_HEADER = 20;

/** What an event cannot do without: a missing uid must not read as root. */
const REQUIRED = [
  Attr.Event,
  Attr.Pid,
  Attr.Tid,
  Attr.Uid,
  Attr.Gid,
  Attr.Family,
  Attr.Type,
  Attr.Protocol,
];

/** What loginuid says where none was set (INVALID_UID). */
const UNSET = 0xffff_ffff;

/** Where `exe` is no name of what runs: it had none left, or no exec was seen. */
const EXE_IN_DOUBT = EventFlag.ExeUnlinked | EventFlag.ExeUnknown;

/** One for all events of a thread: thousands of them may wait at once. */
const TEXTS = new StringCache();

/** Appends to a message what it does not say yet; gives its length then. */
export type Completion = () => number;

/** Bits of {@linkcode Operand} that were read; shared by an event and its parts. */
export interface ReadNote {
  bits: number;
}

/**
 * One event over the bytes of its message. An object is made once and {@linkcode EventMessage.reset} to each
 * message in turn; getters read the bytes when asked and note in `read` what was looked at. It is valid until
 * its bytes change: keep {@linkcode EventMessage.copy} instead of the event.
 */
export class EventMessage {
  /** Who asks. */
  readonly task: TaskView;
  /** The socket concerned. */
  readonly socket: SocketView;
  readonly #attributes = new AttributeIndex("snet");
  readonly #note: ReadNote = { bits: 0 };
  readonly #local: AddressView;
  readonly #remote: AddressView;
  #name: EventName = "snet.socket";
  #touched = 0;
  #view: DataView | undefined;
  #offset = 0;
  #length = 0;
  #completion: Completion | undefined;

  /** An event without a message; {@linkcode EventMessage.reset} gives it one. */
  constructor() {
    const complete = () => {
      if (this.#completion !== undefined) this.#complete(this.#completion);
    };
    this.task = new TaskView(this.#attributes, this.#note, TEXTS, complete);
    this.socket = new SocketView(this.#attributes, this.#note, complete);
    this.#local = new AddressView(this.#note, Operand.LocalAddress, Operand.LocalPort, TEXTS);
    this.#remote = new AddressView(this.#note, Operand.RemoteAddress, Operand.RemotePort, TEXTS);
  }

  /**
   * Turns to the message of `length` bytes (its nlmsghdr first) at `offset`. Nothing is read outside it.
   *
   * @param completion what `comm`, `cmdline`, `cookie` and `local` are read by when they are asked for, as that takes
   * time; a message that has them has none
   * @returns false if the message is malformed; then only `id` may be read, 0n if not even that could be told.
   */
  reset(view: DataView, offset: number, length: number, completion?: Completion): boolean {
    this.#completion = completion;
    this.#note.bits = 0;
    this.#touched = 0;
    this.#view = view;
    this.#offset = offset;
    this.#length = length;
    const attributes = this.#attributes;
    if (length < MESSAGE_HEADER || offset < 0 || offset + length > view.byteLength) {
      attributes.clear();
      return false;
    }
    if (!attributes.fill(view, offset + MESSAGE_HEADER, offset + length)) return false;
    for (let i = 0; i < REQUIRED.length; i++) {
      if (!attributes.has(REQUIRED[i]!)) return false;
    }
    const name = EVENT_NAMES[attributes.u32(Attr.Event)];
    if (name === undefined) return false;
    this.#name = name;
    if (!this.isNotice && !attributes.has(Attr.Id)) return false;
    return this.#resetAddress(view, Attr.Local, this.#local) &&
      this.#resetAddress(view, Attr.Remote, this.#remote);
  }

  /** Verdict id; 0n for a notification. */
  get id(): bigint {
    return this.#attributes.u64(Attr.Id);
  }

  /** Such as `snet.connect`. */
  get name(): EventName {
    return this.#name;
  }

  /** The bytes of the message, from which the event can be made again; a view. */
  get message(): Uint8Array {
    if (this.#completion !== undefined) this.#complete(this.#completion);
    if (this.#view === undefined) return new Uint8Array();
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#offset, this.#length);
  }

  /** Number of the event. */
  get number(): Event {
    return this.#attributes.u32(Attr.Event) as Event;
  }

  /** True where no verdict is awaited. */
  get isNotice(): boolean {
    return (this.#attributes.u32(Attr.EventFlags) & EventFlag.Notify) !== 0;
  }

  /** Bits of {@linkcode EventFlag}. */
  get flags(): number {
    this.#note.bits |= Operand.Flags;
    return this.#attributes.u32(Attr.EventFlags);
  }

  /** When the call was held, nanoseconds of CLOCK_MONOTONIC. */
  get time(): bigint {
    return this.#attributes.u64(Attr.Time);
  }

  /** Milliseconds that were left for an answer when the event was sent. */
  get timeLeft(): number {
    return this.#attributes.u32(Attr.TimeLeft);
  }

  /** Local address: bound, or asked for by bind. */
  get local(): AddressView | undefined {
    if (this.#completion !== undefined) this.#complete(this.#completion);
    return this.#address(Attr.Local, this.#local, Operand.LocalAddress, Operand.LocalPort);
  }

  /** Remote address as the protocol will use it. */
  get remote(): AddressView | undefined {
    return this.#address(Attr.Remote, this.#remote, Operand.RemoteAddress, Operand.RemotePort);
  }

  /** Of listen. */
  get backlog(): number | undefined {
    return this.#flag(Attr.Backlog);
  }

  /** Of shutdown: 0 read, 1 write, 2 both. */
  get how(): number | undefined {
    return this.#flag(Attr.How);
  }

  /** MSG_x of a send or receive. */
  get messageFlags(): number | undefined {
    return this.#flag(Attr.MessageFlags);
  }

  /** Bytes to be sent, or room to receive. */
  get length(): bigint | undefined {
    this.#note.bits |= Operand.Volatile;
    return this.#attributes.has(Attr.Length) ? this.#attributes.u64(Attr.Length) : undefined;
  }

  /** First bytes to be sent; a view into the message. */
  get payload(): Uint8Array | undefined {
    this.#note.bits |= Operand.Volatile;
    return this.#attributes.binary(Attr.Payload);
  }

  /** Bits of {@linkcode Operand} that were read since the event arrived. */
  get read(): number {
    const { bits } = this.#note;
    // Having asked whether there is an address at all is a question too, even if nothing of it was read.
    // (The bit of a port is the one above that of its address.)
    const bare = this.#touched & ~(bits | (bits >>> 1));
    return bits | bare;
  }

  /** Notes that a decision used what no ticket can hold: the clock, a counter, the world outside. */
  readVolatile(): void {
    this.#note.bits |= Operand.Volatile;
  }

  /** A copy that outlives the message; reading it is not noted. */
  copy(): EventCopy {
    const { bits } = this.#note;
    const touched = this.#touched;
    const { id, name, time, timeLeft, flags, backlog, how, messageFlags, length } = this;
    const copy: EventCopy = Object.freeze({
      id,
      name,
      flags,
      time,
      timeLeft,
      task: this.task.copy(),
      socket: this.socket.copy(),
      local: this.local?.copy(),
      remote: this.remote?.copy(),
      backlog,
      how,
      messageFlags,
      length,
      payload: this.payload?.slice(),
      read: 0,
      readVolatile: nothing,
      copy: () => copy,
    });
    this.#note.bits = bits;
    this.#touched = touched;
    return copy;
  }

  #complete(completion: Completion): void {
    this.#completion = undefined;
    const view = this.#view!;
    const before = this.#length;
    this.#length = completion();
    this.#attributes.add(view, this.#offset + before, this.#offset + this.#length);
    this.#resetAddress(view, Attr.Local, this.#local);
  }

  #resetAddress(view: DataView, number: number, address: AddressView): boolean {
    const start = this.#attributes.offset(number);
    return start === 0 || address.reset(view, start, start + this.#attributes.length(number));
  }

  #flag(number: number): number | undefined {
    this.#note.bits |= Operand.Flags;
    return this.#attributes.has(number) ? this.#attributes.u32(number) : undefined;
  }

  #address(number: number, view: AddressView, address: number, port: number): AddressView | undefined {
    if (this.#attributes.has(number)) {
      this.#touched |= address;
      return view;
    }
    this.#note.bits |= address | port;
    return undefined;
  }
}

function nothing(): void {}

/** The values of a {@linkcode TaskView}, independent of the message. */
export type TaskCopy = { readonly [Part in Exclude<keyof TaskView, "copy">]: TaskView[Part] };

/** The values of a {@linkcode SocketView}, independent of the message. */
export type SocketCopy = { readonly [Part in Exclude<keyof SocketView, "copy">]: SocketView[Part] };

/** The values of an {@linkcode EventMessage}, independent of the message. */
export type EventCopy =
  & Pick<EventMessage, "id" | "name" | "flags" | "time" | "timeLeft" | "backlog" | "how" | "messageFlags">
  & Pick<EventMessage, "length" | "payload" | "read" | "readVolatile">
  & {
    readonly task: TaskCopy;
    readonly socket: SocketCopy;
    readonly local: AddressCopy | undefined;
    readonly remote: AddressCopy | undefined;
    copy(): EventCopy;
  };

/** A process from which another comes. */
export interface ParentProcess {
  /** Process id. */
  readonly pid: number;
  /** Path of its executable; undefined if unknown. */
  readonly exe: string | undefined;
}

/** Who asks. Ids are those of the initial namespaces. */
export class TaskView {
  readonly #attributes: AttributeIndex;
  readonly #note: ReadNote;
  readonly #texts: StringCache;
  readonly #complete: () => void;

  /**
   * A view of the attributes of a message; what is read is noted in `note`, and `complete` is called before that which
   * the message may not say yet.
   */
  constructor(attributes: AttributeIndex, note: ReadNote, texts: StringCache, complete: () => void) {
    this.#attributes = attributes;
    this.#note = note;
    this.#texts = texts;
    this.#complete = complete;
  }

  /** Process (thread group) id. */
  get pid(): number {
    return this.#u32(Attr.Pid, Operand.Task);
  }

  /** Thread id. */
  get tid(): number {
    return this.#u32(Attr.Tid, Operand.Task);
  }

  /** Process id of the parent. */
  get ppid(): number {
    return this.#u32(Attr.Ppid, Operand.Task);
  }

  /** When the process started, nanoseconds of CLOCK_BOOTTIME. */
  get startTime(): bigint {
    return this.#u64(Attr.StartTime, Operand.Task);
  }

  /** Effective user id. */
  get uid(): number {
    return this.#attributes.u32(Attr.Uid);
  }

  /** Effective group id. */
  get gid(): number {
    return this.#attributes.u32(Attr.Gid);
  }

  /** Audit login uid; undefined if unset. */
  get loginuid(): number | undefined {
    const loginuid = this.#u32(Attr.Loginuid, Operand.Loginuid);
    return loginuid === UNSET || !this.#attributes.has(Attr.Loginuid) ? undefined : loginuid;
  }

  /** Name of the thread; the program can change it. */
  get comm(): string {
    this.#complete();
    return this.#text(Attr.Comm, Operand.Comm) ?? "";
  }

  /** Path of the executable as captured when it was executed; undefined if it had none. */
  get exe(): string | undefined {
    return this.#text(Attr.Exe, Operand.Exe);
  }

  /** True if the executable had no name left when it was executed, or no exec was seen. */
  get exeUnlinked(): boolean {
    return (this.#u32(Attr.EventFlags, Operand.Exe) & EXE_IN_DOUBT) !== 0;
  }

  /** Device of the executable, as st_dev of stat(2). */
  get exeDev(): bigint {
    return this.#u64(Attr.ExeDev, Operand.Exe);
  }

  /** Inode number of the executable. */
  get exeIno(): bigint {
    return this.#u64(Attr.ExeIno, Operand.Exe);
  }

  /** Inode generation of the executable. */
  get exeGeneration(): number {
    return this.#u32(Attr.ExeGeneration, Operand.Exe);
  }

  /** Change time of the executable when it was executed, nanoseconds since 1970. */
  get exeCtime(): bigint {
    return this.#u64(Attr.ExeCtime, Operand.Exe);
  }

  /** Mount namespace in which the path was taken (inode number of /proc/PID/ns/mnt). */
  get exeMntns(): number {
    return this.#u32(Attr.ExeMntns, Operand.Exe);
  }

  /** Cgroup v2 id. */
  get cgroup(): bigint {
    return this.#u64(Attr.Cgroup, Operand.Cgroup);
  }

  /** Inode number of /proc/PID/ns/net, of the socket where there is one. */
  get netns(): number {
    return this.#attributes.u32(Attr.Netns);
  }

  /** Inode number of /proc/PID/ns/mnt. */
  get mntns(): number {
    return this.#u32(Attr.Mntns, Operand.Mntns);
  }

  /**
   * Arguments of the process as it shows them now, the first 4096 bytes; the program can change them. Undefined
   * where the source does not tell.
   */
  get cmdline(): readonly string[] | undefined {
    this.#complete();
    return this.#strings(Attr.Cmdline);
  }

  /**
   * The parent, its parent and so on, up to the program that the source watches. Undefined where the source does not
   * tell.
   */
  get parents(): readonly ParentProcess[] | undefined {
    return this.#strings(Attr.Parents)?.map(parentProcess);
  }

  /** A plain object with the same values. */
  copy(): TaskCopy {
    const { pid, tid, ppid, startTime, uid, gid, loginuid, comm, exe, exeUnlinked, exeDev, exeIno } = this;
    const { exeGeneration, exeCtime, exeMntns, cgroup, netns, mntns, cmdline, parents } = this;
    const ids = { pid, tid, ppid, startTime, uid, gid, loginuid, comm, cgroup, netns, mntns };
    const program = { exe, exeUnlinked, exeDev, exeIno, exeGeneration, exeCtime, exeMntns };
    return Object.freeze({ ...ids, ...program, cmdline, parents });
  }

  #u32(number: number, operand: number): number {
    this.#note.bits |= operand;
    return this.#attributes.u32(number);
  }

  #u64(number: number, operand: number): bigint {
    this.#note.bits |= operand;
    return this.#attributes.u64(number);
  }

  #text(number: number, operand: number): string | undefined {
    this.#note.bits |= operand;
    const attributes = this.#attributes;
    const offset = attributes.offset(number);
    if (offset === 0) return undefined;
    return this.#texts.get(attributes.bytes, offset, attributes.length(number) - 1);
  }

  /** The texts of which each ends with a NUL; the last may lack it. What they say, the kernel cannot compare. */
  #strings(number: number): string[] | undefined {
    this.#note.bits |= Operand.Task | Operand.Volatile;
    const bytes = this.#attributes.binary(number);
    if (bytes === undefined) return undefined;
    const texts: string[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(0, at);
      const length = (end < 0 ? bytes.length : end) - at;
      texts.push(this.#texts.get(bytes, at, length));
      at += length + 1;
    }
    return texts;
  }
}

/** `PID PATH`, as the attribute `parents` holds one. */
function parentProcess(text: string): ParentProcess {
  const space = text.indexOf(" ");
  return { pid: Number.parseInt(text), exe: text.slice(space + 1) || undefined };
}

/** The socket concerned. */
export class SocketView {
  readonly #attributes: AttributeIndex;
  readonly #note: ReadNote;
  readonly #complete: () => void;

  /** As {@linkcode TaskView}. */
  constructor(attributes: AttributeIndex, note: ReadNote, complete: () => void) {
    this.#attributes = attributes;
    this.#note = note;
    this.#complete = complete;
  }

  /** AF_x. */
  get family(): number {
    return this.#attributes.u16(Attr.Family);
  }

  /** SOCK_x. */
  get type(): number {
    return this.#attributes.u16(Attr.Type);
  }

  /** IPPROTO_x, or the family's own numbers. */
  get protocol(): number {
    return this.#attributes.u16(Attr.Protocol);
  }

  /** SO_COOKIE; undefined before there is a socket. */
  get cookie(): bigint | undefined {
    this.#complete();
    this.#note.bits |= Operand.Cookie;
    return this.#attributes.has(Attr.Cookie) ? this.#attributes.u64(Attr.Cookie) : undefined;
  }

  /** A plain object with the same values. */
  copy(): SocketCopy {
    const { family, type, protocol, cookie } = this;
    return Object.freeze({ family, type, protocol, cookie });
  }
}
