/** The bytes in which a source sends an event, made from what is known of it, and the event over such bytes. */

import { Command, EVENT_NUMBERS, EventMessage, FAMILY_VERSION, MessageWriter } from "../ffi/mod.ts";
import { utf8Bytes, writeAttributes } from "../ffi/mod.ts";
import type { AddressMessage } from "../ffi/mod.ts";
import { DeclaredEvent, type DeclaredEventInit } from "./declared_event.ts";
import { declaredMessage, declaredOfMessage, isDeclaredMessage } from "./declared_message.ts";
import type { Address, ProtocolEventName, SnetEvent } from "./event.ts";
import { isProtocolEvent } from "./events.ts";
import type { SourceEvent } from "./source.ts";
import { type Notice, taskNotice } from "./task_message.ts";

/** More than the longest event needs: paths, arguments, parents and a payload of a page each. */
const LONGEST = 32 * 1024;

/** The message of an event. Throws a RangeError of one line for what no message can hold. */
export function messageOf(event: SnetEvent): Uint8Array<ArrayBuffer> {
  const { name } = event;
  return isProtocolEvent(name) ? protocolMessage(event, name) : declaredMessage(event);
}

function protocolMessage(event: SnetEvent, name: ProtocolEventName): Uint8Array<ArrayBuffer> {
  const { id, time, timeLeft, task, socket, backlog, how, messageFlags, length, payload } = event;
  const { family, type, protocol, cookie } = socket;
  const notice: Notice = {
    ...{ id, event: EVENT_NUMBERS[name], eventFlags: event.flags, time, timeLeft },
    ...taskNotice(task),
    ...{ family, type, protocol, cookie },
    local: event.local && addressMessage(event.local),
    remote: event.remote && addressMessage(event.remote),
    ...{ backlog, how, messageFlags, length, payload },
  };
  const writer = new MessageWriter(LONGEST);
  writer.begin(0, 0, 0, Command.Event, FAMILY_VERSION);
  writeAttributes(writer, "snet", notice);
  writer.end();
  return writer.bytes.slice(0, writer.length);
}

/** The event of a message, which must not change any more. Throws an Error of one line if it is malformed. */
export function eventOf(message: Uint8Array<ArrayBuffer>): SourceEvent {
  const { buffer, byteOffset, byteLength } = message;
  if (isDeclaredMessage(message)) return declaredEvent(declaredOfMessage(message));
  const event = new EventMessage();
  if (!event.reset(new DataView(buffer, byteOffset, byteLength), 0, byteLength)) {
    throw new RangeError("malformed message of an event");
  }
  return event;
}

/** An event of a declared family. */
export function declaredEvent(init: DeclaredEventInit): SourceEvent {
  return new DeclaredEvent(init, messageOf);
}

function addressMessage(address: Address): AddressMessage {
  const { family, ipv4, abstract, ip: _, ...parts } = address;
  const message: { [K in keyof AddressMessage]: AddressMessage[K] | undefined } = {
    ...parts,
    family,
    ipv4: ipv4 === undefined
      ? undefined
      : Uint8Array.of(ipv4 >>> 24, (ipv4 >>> 16) & 255, (ipv4 >>> 8) & 255, ipv4 & 255),
    abstract: abstract === undefined ? undefined : utf8Bytes(abstract),
  };
  return message as AddressMessage;
}
