/**
 * The way back from the JSON of an event (`eventJson`) to the event: what was recorded, or sent by another program, is
 * decided about as if it had just happened. Keys that are not known are left alone: another version may have more.
 */

import { isIP } from "node:net";
import { EventFlag, parseIpv4, parseIpv6 } from "../ffi/mod.ts";
import type { EventJson } from "./control/api.ts";
import { attributeOfJson, type AttributeValue } from "./attribute.ts";
import { namesOf } from "./bit_names.ts";
import type { Address, EventName, SnetEvent, Task } from "./event.ts";
import { declaredEvent, messageOf } from "./event_message.ts";
import { JsonObject, wrongJson } from "./json_object.ts";
import { allEvents, isEventName, isProtocolEvent } from "./events.ts";
import { attributesOf } from "./subsystem.ts";
import { didYouMean } from "./suggest.ts";

export { eventOf as eventOfMessage } from "./event_message.ts";

/** What JSON does not carry of an event. */
export interface EventTiming {
  /** When the call was held, nanoseconds of CLOCK_MONOTONIC; 0n if absent. */
  readonly time?: bigint;
  /** Milliseconds that are left for an answer; 0 if absent. */
  readonly timeLeft?: number;
}

/**
 * The bytes in which a source would send the event.
 *
 * Throws an Error of one line that names the key, its value and what would be right.
 */
export function messageOfJson(json: EventJson, timing: EventTiming = {}): Uint8Array<ArrayBuffer> {
  const root = new Fields(json, "event");
  const name = eventName(root);
  const task = root.object("task");
  const common = {
    id: root.u64("id") ?? 0n,
    name,
    flags: flagsOf(root, task),
    time: timing.time ?? 0n,
    timeLeft: timing.timeLeft ?? 0,
    task: taskOf(task),
  };
  if (!isProtocolEvent(name)) {
    return messageOf(declaredEvent({ ...common, attributes: attributesIn(root, name) }));
  }
  const socket = root.object("socket");
  const event: SnetEvent = {
    ...common,
    socket: {
      family: socket.needU32("family"),
      type: socket.needU32("type"),
      protocol: socket.needU32("protocol"),
      cookie: socket.u64("cookie"),
    },
    local: addressOf(root, "local"),
    remote: addressOf(root, "remote"),
    backlog: root.u32("backlog"),
    how: root.u32("how"),
    messageFlags: root.u32("messageFlags"),
    length: root.u64("length"),
    payload: root.bytes("payload"),
    read: 0,
    readVolatile() {},
    copy: () => event,
  };
  return messageOf(event);
}

function taskOf(task: Fields): Task {
  return {
    pid: task.needU32("pid"),
    tid: task.needU32("tid"),
    ppid: task.u32("ppid") ?? 0,
    startTime: task.u64("startTime") ?? 0n,
    uid: task.needU32("uid"),
    gid: task.needU32("gid"),
    loginuid: task.u32("loginuid"),
    comm: task.text("comm") ?? "",
    exe: task.text("exe"),
    // Its flag says it.
    exeUnlinked: false,
    exeDev: task.u64("exeDev") ?? 0n,
    exeIno: task.u64("exeIno") ?? 0n,
    exeGeneration: task.u32("exeGeneration") ?? 0,
    exeCtime: task.u64("exeCtime") ?? 0n,
    exeMntns: task.u32("exeMntns") ?? 0,
    cgroup: task.u64("cgroup") ?? 0n,
    netns: task.u32("netns") ?? 0,
    mntns: task.u32("mntns") ?? 0,
    cmdline: task.list("cmdline")?.map((value, index) => textOf(value, `${task.path}.cmdline[${index}]`)),
    parents: task.list("parents")?.map((value, index) => {
      const parent = new Fields(value, `${task.path}.parents[${index}]`);
      return { pid: parent.needU32("pid"), exe: parent.text("exe") };
    }),
  };
}

/** What the JSON says of the declared attributes of an event; those that are not declared are a mistake in one of the two. */
function attributesIn(root: Fields, name: EventName): Record<string, AttributeValue | undefined> {
  const given = root.optional("attributes");
  const specs = attributesOf(name);
  const known = specs.map(([key]) => key);
  const wrong = given?.keys.find((key) => !known.includes(key));
  if (wrong !== undefined) {
    throw new Error(`${given!.path}.${wrong}: ${name} has no such attribute${didYouMean(wrong, known)}`);
  }
  return Object.fromEntries(specs.map(([key, spec]) => {
    const json = given?.get(key);
    return [key, json === undefined ? undefined : attributeOfJson(spec, json, `${given!.path}.${key}`)];
  }));
}

function eventName(root: Fields): EventName {
  const name = root.text("name") ?? "";
  if (isEventName(name)) return name;
  throw new Error(`${root.path}.name: unknown event ${JSON.stringify(name)}${didYouMean(name, allEvents())}`);
}

const FLAG_BITS = new Map([...namesOf(EventFlag)].map(([bit, name]) => [name, bit]));

function flagsOf(root: Fields, task: Fields): number {
  const words = root.list("flags") ?? [];
  const flags = words.reduce<number>((bits, word) => bits | (FLAG_BITS.get(String(word)) ?? 0), 0);
  const inDoubt = EventFlag.ExeUnlinked | EventFlag.ExeUnknown;
  return task.boolean("exeUnlinked") && (flags & inDoubt) === 0 ? flags | EventFlag.ExeUnlinked : flags;
}

function addressOf(root: Fields, key: string): Address | undefined {
  const fields = root.optional(key);
  if (fields === undefined) return undefined;
  const ip = fields.text("ip");
  const version = ip === undefined ? 0 : isIP(ip);
  if (ip !== undefined && version === 0) fields.refuse("ip", ip, "an IP address");
  return {
    family: fields.needU32("family"),
    ip,
    ipv4: version === 4 ? parseIpv4(ip!) : undefined,
    ipv6: version === 6 ? parseIpv6(ip!) : undefined,
    port: fields.u32("port"),
    scopeId: fields.u32("scopeId"),
    path: fields.text("path"),
    abstract: fields.text("abstract"),
    portId: fields.u32("portId"),
    groups: fields.u32("groups"),
    ifindex: fields.u32("ifindex"),
    protocol: fields.u32("protocol"),
    hardware: fields.bytes("hardware"),
    cid: fields.u32("cid"),
    vsockPort: fields.u32("vsockPort"),
    raw: fields.bytes("raw"),
  };
}

function textOf(value: unknown, path: string): string {
  if (typeof value === "string" && !value.includes("\0")) return value;
  throw wrongJson(path, value, "a text without NUL");
}

/** The keys of an object of the JSON, each checked when it is read. */
class Fields extends JsonObject {
  object(key: string): Fields {
    return new Fields(this.get(key), `${this.path}.${key}`);
  }

  optional(key: string): Fields | undefined {
    return this.get(key) === undefined ? undefined : this.object(key);
  }

  list(key: string): readonly unknown[] | undefined {
    const value = this.get(key);
    if (value !== undefined && !Array.isArray(value)) this.refuse(key, value, "a list");
    return value;
  }

  text(key: string): string | undefined {
    const value = this.get(key);
    return value === undefined ? undefined : textOf(value, `${this.path}.${key}`);
  }

  boolean(key: string): boolean | undefined {
    const value = this.get(key);
    if (value !== undefined && typeof value !== "boolean") this.refuse(key, value, "true or false");
    return value;
  }

  u32(key: string): number | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || value >>> 0 !== value) this.refuse(key, value, "an integer of 32 bits");
    return value;
  }

  needU32(key: string): number {
    return this.u32(key) ?? this.refuse(key, undefined, "an integer of 32 bits");
  }

  /** A decimal text: JSON's own numbers hold 53 bits. */
  u64(key: string): bigint | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    const number = typeof value === "string" && /^\d{1,20}$/.test(value) ? BigInt(value) : -1n;
    if (BigInt.asUintN(64, number) !== number) this.refuse(key, value, "an integer of 64 bits as a text");
    return number;
  }

  bytes(key: string): Uint8Array | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (typeof value !== "string" || !/^(?:[0-9a-f]{2})*$/i.test(value)) {
      this.refuse(key, value, "bytes in hexadecimal");
    }
    return Uint8Array.fromHex(value);
  }
}
