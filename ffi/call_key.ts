/** When two calls are equal: the bytes of an event without what names only the one call. */

import { align, ATTRIBUTE_HEADER, LITTLE_ENDIAN, NUMBER_MASK } from "./attributes.ts";
import { MESSAGE_HEADER } from "./event.ts";
import { Attr } from "./protocol.ts";

/**
 * Which of a program's calls it is, and nothing to judge it by. All else stays, the local address with its port too: no
 * event tells whether somebody chose that port, so whoever judges by it would be handed the answer for another. A socket
 * that has not been bound has none yet when it connects, so that this seldom keeps equal calls apart.
 */
const OF_ONE_CALL: ReadonlySet<number> = new Set([Attr.Id, Attr.Time, Attr.TimeLeft, Attr.Tid, Attr.Cookie]);

/** Each byte becomes one character, and no two bytes the same. */
const BYTES = new TextDecoder("latin1");

let scratch = new Uint8Array(4096);

/**
 * The same text for the messages of two calls (of one source) that differ in nothing but their verdict id, time, time
 * left, thread id and socket cookie; another for all others. Attributes that this protocol does not know count too.
 */
export function callKey(message: Uint8Array): string {
  const { length } = message;
  if (scratch.length < length) scratch = new Uint8Array(2 * length);
  scratch.set(message);
  const view = new DataView(scratch.buffer, 0, length);
  let at = MESSAGE_HEADER;
  while (at + ATTRIBUTE_HEADER <= length) {
    const total = view.getUint16(at, LITTLE_ENDIAN);
    if (total < ATTRIBUTE_HEADER) break;
    // Their lengths are always the same.
    if (OF_ONE_CALL.has(view.getUint16(at + 2, LITTLE_ENDIAN) & NUMBER_MASK)) {
      scratch.fill(0, at + ATTRIBUTE_HEADER, Math.min(at + total, length));
    }
    at += align(total);
  }
  return BYTES.decode(scratch.subarray(MESSAGE_HEADER, length));
}
