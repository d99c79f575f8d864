/**
 * The bytes in which events of declared families go from thread to thread: a message as a kernel's, with the protocol's
 * attributes for who asks, and one of its own for what the family declares. No kernel sends such messages.
 */

import {
  FAMILY_VERSION,
  MessageWriter,
  readAttributes,
  utf8,
  utf8Bytes,
  writeAttributes,
} from "../ffi/mod.ts";
import type { EventNotice } from "../ffi/mod.ts";
import { type AttributeJson, attributeJson, attributeOfJson } from "./attribute.ts";
import type { DeclaredEventInit } from "./declared_event.ts";
import type { EventName, SnetEvent } from "./event.ts";
import { attributesOf } from "./families.ts";
import { taskNotice, taskOfNotice } from "./task_message.ts";

/** Where a kernel's message has the number of its command, which is never 0. */
const COMMAND_OFFSET = 16;
const COMMAND = 0;
/** struct nlmsghdr, struct genlmsghdr. */
const HEADER = 20;
/** struct nlattr. */
const ATTRIBUTE_HEADER = 4;
/** Beyond what the protocol will ever have: it passes over what it does not know. */
const DECLARED = 0x3fff;
/** An attribute tells its own length in 16 bits. */
const LONGEST = 0xffff - ATTRIBUTE_HEADER;

/** What the attribute holds, as JSON. */
interface Declared {
  readonly name: EventName;
  readonly attributes: Readonly<Record<string, AttributeJson>>;
}

/** Whether a message is one of these. */
export function isDeclaredMessage(message: Uint8Array): boolean {
  return message.length > HEADER && message[COMMAND_OFFSET] === COMMAND;
}

/** The message of an event. Throws a RangeError of one line where it is too long. */
export function declaredMessage(event: SnetEvent): Uint8Array<ArrayBuffer> {
  const { id, name, flags, time, timeLeft, task } = event.copy();
  const body = utf8Bytes(
    JSON.stringify({ name, attributes: attributesJson(event.copy()) } satisfies Declared),
  );
  if (body.length > LONGEST) throw new RangeError(`${name}: ${body.length} bytes of attributes are too many`);
  const writer = new MessageWriter(2 * (LONGEST + 1));
  writer.begin(0, 0, 0, COMMAND, FAMILY_VERSION);
  // First, so that it need not be looked for.
  writer.binary(DECLARED, body);
  writeAttributes(writer, "snet", { id, eventFlags: flags, time, timeLeft, ...taskNotice(task) });
  writer.end();
  return writer.bytes.slice(0, writer.length);
}

/** What a message tells. Throws an Error of one line for what is not one of these. */
export function declaredOfMessage(message: Uint8Array<ArrayBuffer>): DeclaredEventInit {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const { id = 0n, eventFlags = 0, time = 0n, timeLeft = 0, ...task }: EventNotice = readAttributes(
    "snet",
    view,
    HEADER,
    message.length,
  );
  const end = HEADER + view.getUint16(HEADER, true);
  const text = utf8(message.subarray(HEADER + ATTRIBUTE_HEADER, end));
  const { name, attributes } = JSON.parse(text) as Declared;
  const values = attributesOf(name).flatMap(([key, spec]) => {
    return Object.hasOwn(attributes, key)
      ? [[key, attributeOfJson(spec, attributes[key], key)] as const]
      : [];
  });
  return {
    ...{ id, name, flags: eventFlags, time, timeLeft, task: taskOfNotice(task) },
    attributes: Object.fromEntries(values),
  };
}

/** The attributes of an event, as their types have them in JSON. */
export function attributesJson({ name, attributes = {} }: SnetEvent): Declared["attributes"] {
  return Object.fromEntries(
    attributesOf(name).flatMap(([key, spec]) => {
      const value = attributes[key];
      return value === undefined ? [] : [[key, attributeJson(spec, value)]];
    }),
  );
}
