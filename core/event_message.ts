/** The bytes in which a source sends an event, made from what is known of it, and the event over such bytes. */

import { deserialize, serialize } from "node:v8";
import { Command, EVENT_NUMBERS, EventMessage, FAMILY_VERSION, MessageWriter } from "../ffi/mod.ts";
import { utf8Bytes, writeAttributes } from "../ffi/mod.ts";
import type { AddressMessage, EventNotice } from "../ffi/mod.ts";
import { DeclaredEvent, type DeclaredEventInit } from "./declared_event.ts";
import type { Address, ProtocolEventName, SnetEvent, Task } from "./event.ts";
import { isProtocolEvent } from "./events.ts";
import type { SourceEvent } from "./source.ts";

/** More than the longest event needs: paths, arguments, parents and a payload of a page each. */
const LONGEST = 32 * 1024;
/** What loginuid says where none was set (INVALID_UID). */
const UNSET = 0xffff_ffff;

/** Of a message that no kernel sends: what follows its headers is what `declaredMessage` writes. */
const DECLARED_COMMAND = 0;

/** struct nlmsghdr and struct genlmsghdr; the command's offset in them. */
const HEADER = 20;
const COMMAND = 16;

/** The message of an event. Throws a RangeError of one line for what no message can hold. */
export function messageOf(event: SnetEvent): Uint8Array<ArrayBuffer> {
  const { name } = event;
  return isProtocolEvent(name) ? protocolMessage(event, name) : declaredMessage(event);
}

function protocolMessage(event: SnetEvent, name: ProtocolEventName): Uint8Array<ArrayBuffer> {
  const { task, socket } = event;
  const { pid, tid, ppid, startTime, uid, gid, comm, exe, exeDev, exeIno, exeGeneration, exeCtime } = task;
  const { exeMntns, cgroup, netns, mntns, loginuid = UNSET } = task;
  const { id, time, timeLeft, backlog, how, messageFlags, length, payload } = event;
  const { family, type, protocol, cookie } = socket;
  const notice: { [K in keyof EventNotice]: EventNotice[K] | undefined } = {
    ...{ id, event: EVENT_NUMBERS[name], eventFlags: event.flags, time, timeLeft },
    ...{ pid, tid, ppid, startTime, uid, gid, loginuid, comm, exe, exeDev, exeIno, exeGeneration, exeCtime },
    ...{ exeMntns, cgroup, netns, mntns, family, type, protocol, cookie },
    local: event.local && addressMessage(event.local),
    remote: event.remote && addressMessage(event.remote),
    ...{ backlog, how, messageFlags, length, payload },
    cmdline: texts(task.cmdline),
    parents: texts(task.parents?.map(parentText)),
  };
  const writer = new MessageWriter(LONGEST);
  writer.begin(0, 0, 0, Command.Event, FAMILY_VERSION);
  writeAttributes(writer, "snet", notice);
  writer.end();
  return writer.bytes.slice(0, writer.length);
}

/** The event of a message, which must not change any more. Throws a RangeError if it is malformed. */
export function eventOf(message: Uint8Array<ArrayBuffer>): SourceEvent {
  const { buffer, byteOffset, byteLength } = message;
  if (byteLength > HEADER && message[COMMAND] === DECLARED_COMMAND) return declaredEventOf(message);
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

/** Events of declared families have no attributes of the protocol: they are structured as V8 clones them. */
function declaredMessage(event: SnetEvent): Uint8Array<ArrayBuffer> {
  const { id, name, flags, time, timeLeft, task, attributes = {} } = event.copy();
  const body = serialize({ id, name, flags, time, timeLeft, task, attributes });
  const message = new Uint8Array(HEADER + body.length);
  new DataView(message.buffer).setUint32(0, message.length, true);
  message[COMMAND] = DECLARED_COMMAND;
  message.set(body, HEADER);
  return message;
}

function declaredEventOf(message: Uint8Array<ArrayBuffer>): SourceEvent {
  return declaredEvent(deserialize(message.subarray(HEADER)) as DeclaredEventInit);
}

/** As the attributes `cmdline` and `parents` have them: a NUL after each. */
function texts(list: readonly string[] | undefined): Uint8Array | undefined {
  return list && utf8Bytes(list.map((text) => `${text}\0`).join(""));
}

function parentText({ pid, exe = "" }: NonNullable<Task["parents"]>[number]): string {
  return `${pid} ${exe}`;
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
