/** The bytes in which a source would send an event, for tests that look at what crosses threads. */

import { Command, EVENT_NUMBERS, FAMILY_VERSION, MessageWriter, writeAttributes } from "../ffi/mod.ts";
import type { AddressMessage, EventNotice } from "../ffi/mod.ts";
import type { Address, SnetEvent } from "./event.ts";

/** More than the longest event needs: two paths and a payload of a page each. */
const LONGEST = 32 * 1024;
/** What loginuid says where none was set (INVALID_UID). */
const UNSET = 0xffff_ffff;

/** The message of an event; of its task what the protocol carries. */
export function messageOf(event: SnetEvent): Uint8Array<ArrayBuffer> {
  const { task, socket } = event;
  const { pid, tid, ppid, startTime, uid, gid, comm, exe, exeDev, exeIno, exeGeneration, exeCtime } = task;
  const { exeMntns, cgroup, netns, mntns, loginuid = UNSET } = task;
  const { id, time, timeLeft, backlog, how, messageFlags, length, payload } = event;
  const { family, type, protocol, cookie } = socket;
  const notice: { [K in keyof EventNotice]: EventNotice[K] | undefined } = {
    ...{ id, event: EVENT_NUMBERS[event.name], eventFlags: event.flags, time, timeLeft },
    ...{ pid, tid, ppid, startTime, uid, gid, loginuid, comm, exe, exeDev, exeIno, exeGeneration, exeCtime },
    ...{ exeMntns, cgroup, netns, mntns, family, type, protocol, cookie },
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

function addressMessage(address: Address): AddressMessage {
  const { family, ipv4, abstract, ip: _, ...parts } = address;
  const message: { [K in keyof AddressMessage]: AddressMessage[K] | undefined } = {
    ...parts,
    family,
    ipv4: ipv4 === undefined
      ? undefined
      : Uint8Array.of(ipv4 >>> 24, (ipv4 >>> 16) & 255, (ipv4 >>> 8) & 255, ipv4 & 255),
    abstract: abstract === undefined ? undefined : new TextEncoder().encode(abstract),
  };
  return message as AddressMessage;
}
