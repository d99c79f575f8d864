/** Intercepted calls as messages of the kernel's protocol, so that nobody behind the source can tell the difference. */

import { align, ATTRIBUTE_HEADER } from "../attributes.ts";
import { MESSAGE_HEADER, MessageWriter } from "../codec.ts";
import { AddressAttr, Attr, Command, EventFlag, FAMILY_VERSION } from "../protocol.ts";
import type { CallEvent, DecodedAddress } from "./call.ts";

/**
 * The longest event: of its task the executable's path, the command line and the parents (4 KB each), then the payload
 * (4 KB); with room to spare.
 */
const EVENT_BYTES = 128 * 1024;

/** Id, time and time left come first: what follows is the same whenever the same thing is asked. */
const VARIABLE_BYTES = 2 * align(ATTRIBUTE_HEADER + 8) + align(ATTRIBUTE_HEADER + 4);
const SAME_FROM = MESSAGE_HEADER + VARIABLE_BYTES;

/** Writes events into one buffer; each takes the place of the one before. */
export class EventWriter {
  /** The buffer, for `EventMessage.reset`; a message begins at 0. */
  readonly view: DataView;
  readonly #writer = new MessageWriter(EVENT_BYTES);
  readonly #payloadMax: number;

  /** @param payloadMax bytes of what is sent that events show */
  constructor(payloadMax: number) {
    this.view = new DataView(this.#writer.bytes.buffer);
    this.#payloadMax = payloadMax;
  }

  /** Bytes of the message. */
  get length(): number {
    return this.#writer.length;
  }

  /**
   * Writes the event of a held call, but for what {@linkcode complete} adds.
   *
   * @param time nanoseconds of CLOCK_MONOTONIC @param timeLeft milliseconds @param task its encoded attributes
   * @param taskFlags bits of `EventFlag` about the executable
   * @throws RangeError if it does not fit.
   */
  write(
    id: bigint,
    time: bigint,
    timeLeft: number,
    event: CallEvent,
    task: Uint8Array,
    taskFlags: number,
  ): void {
    const { remote, backlog, how, messageFlags, length } = event;
    const payload = this.#shown(event.payload);
    const isCut = payload !== undefined && length !== undefined && payload.length < length;
    const writer = this.#writer;
    writer.clear();
    writer.begin(0, 0, 0, Command.Event, FAMILY_VERSION);
    writer.u64(Attr.Id, id);
    writer.u64(Attr.Time, time);
    writer.u32(Attr.TimeLeft, timeLeft);
    writer.u32(Attr.Event, event.event);
    writer.u32(Attr.EventFlags, event.flags | taskFlags | (isCut ? EventFlag.PayloadTruncated : 0));
    writer.append(task);
    writer.u16(Attr.Family, event.family);
    writer.u16(Attr.Type, event.type);
    writer.u16(Attr.Protocol, event.protocol);
    if (!event.late) this.#late(event);
    if (remote !== undefined) this.#address(Attr.Remote, remote);
    if (backlog !== undefined) writer.u32(Attr.Backlog, backlog);
    if (how !== undefined) writer.u32(Attr.How, how);
    if (messageFlags !== undefined) writer.u32(Attr.MessageFlags, messageFlags);
    if (length !== undefined) writer.u64(Attr.Length, BigInt(length));
    if (payload !== undefined) writer.binary(Attr.Payload, payload);
    writer.end();
  }

  /**
   * Appends what takes time to find out, and is seldom looked at: what the event leaves for later, and the names of its
   * task.
   *
   * @throws RangeError if it does not fit.
   */
  complete(event: CallEvent, names: Uint8Array | undefined): void {
    if (event.late) this.#late(event);
    if (names !== undefined) this.#writer.append(names);
    this.#writer.end();
  }

  /** A copy of what the message says but for id, time and time left. */
  copy(): Uint8Array {
    return this.#writer.bytes.slice(SAME_FROM, this.length);
  }

  /** True if the message says what a {@linkcode copy} does. */
  says(copy: Uint8Array): boolean {
    const { bytes } = this.#writer;
    if (copy.length !== this.length - SAME_FROM) return false;
    for (let i = 0; i < copy.length; i++) {
      if (copy[i] !== bytes[SAME_FROM + i]) return false;
    }
    return true;
  }

  #late({ cookie, local }: CallEvent): void {
    if (cookie !== undefined) this.#writer.u64(Attr.Cookie, cookie);
    if (local !== undefined) this.#address(Attr.Local, local);
  }

  #shown(payload: Uint8Array | undefined): Uint8Array | undefined {
    if (payload === undefined || this.#payloadMax === 0) return undefined;
    return payload.length > this.#payloadMax ? payload.subarray(0, this.#payloadMax) : payload;
  }

  #address(number: number, address: DecodedAddress): void {
    const writer = this.#writer;
    const { ipv4, ipv6, port, scopeId } = address;
    const nest = writer.beginNest(number);
    writer.u16(AddressAttr.Family, address.family);
    if (ipv4 !== undefined) writer.binary(AddressAttr.Ipv4, ipv4);
    if (ipv6 !== undefined) writer.binary(AddressAttr.Ipv6, ipv6);
    if (port !== undefined) writer.u16(AddressAttr.Port, port);
    if (scopeId !== undefined) writer.u32(AddressAttr.ScopeId, scopeId);
    if (ipv4 === undefined && ipv6 === undefined) this.#otherAddress(address);
    writer.endNest(nest);
  }

  /** What no internet address has. */
  #otherAddress(address: DecodedAddress): void {
    const writer = this.#writer;
    const { path, abstract, portId, groups, ifindex, protocol, hardware, cid, vsockPort, raw } = address;
    if (path !== undefined) writer.textBytes(AddressAttr.Path, path);
    if (abstract !== undefined) writer.binary(AddressAttr.Abstract, abstract);
    if (portId !== undefined) writer.u32(AddressAttr.PortId, portId);
    if (groups !== undefined) writer.u32(AddressAttr.Groups, groups);
    if (ifindex !== undefined) writer.u32(AddressAttr.Ifindex, ifindex);
    if (protocol !== undefined) writer.u16(AddressAttr.Protocol, protocol);
    if (hardware !== undefined) writer.binary(AddressAttr.Hardware, hardware);
    if (cid !== undefined) writer.u32(AddressAttr.Cid, cid);
    if (vsockPort !== undefined) writer.u32(AddressAttr.VsockPort, vsockPort);
    if (raw !== undefined) writer.binary(AddressAttr.Raw, raw);
  }
}
