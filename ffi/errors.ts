/** What the kernel refused, and how it says so. */

import { align, LITTLE_ENDIAN } from "./attributes.ts";
import { MESSAGE_HEADER, NETLINK_HEADER } from "./codec.ts";
import { errnoName } from "./errno.ts";
import { Attr, ATTRIBUTE_SETS } from "./protocol.ts";
import { utf8 } from "./strings.ts";

/** A request that failed. `message` is one line with the kernel's own words where it gave some. */
export class NetlinkError extends Error {
  /** Such as 16. */
  readonly errno: number;
  /** Such as `EBUSY`. */
  readonly code: string;

  /**
   * An error with its errno.
   *
   * @param what what could not be done, such as `Cannot attach`
   * @param errno a positive errno
   * @param text the kernel's words
   */
  constructor(what: string, errno: number, text = "") {
    const code = errnoName(errno);
    super(text ? `${what}: ${text} (${code})` : `${what}: ${code}`);
    this.name = "NetlinkError";
    this.errno = errno;
    this.code = code;
  }
}

/** An acknowledgement (struct nlmsgerr): errno 0, or why a message was refused. */
export interface Acknowledgement {
  /** Of the message that it answers. */
  readonly sequence: number;
  /** 0 if all is well, otherwise a positive errno. */
  readonly errno: number;
  /** The kernel's words; empty if it gave none. */
  readonly text: string;
  /** The verdict id that the refused message named; 0n if it named none. */
  readonly id: bigint;
}

const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
const NLMSGERR_ATTR_OFFS = 2;
const NLMSGERR_ATTR_MISS_TYPE = 5;
const NUMBER_MASK = 0x3fff;

/** Reads the NLMSG_ERROR message between two offsets; undefined if it is malformed. */
export function readAcknowledgement(view: DataView, start: number, end: number): Acknowledgement | undefined {
  const original = start + NETLINK_HEADER + 4;
  if (original + NETLINK_HEADER > end) return undefined;
  const flags = view.getUint16(start + 6, LITTLE_ENDIAN);
  const errno = -view.getInt32(start + NETLINK_HEADER, LITTLE_ENDIAN);
  const sequence = view.getUint32(original + 8, LITTLE_ENDIAN);
  // A success and a capped refusal repeat the header only.
  const capped = errno === 0 || (flags & NLM_F_CAPPED) !== 0;
  const repeated = capped ? NETLINK_HEADER : align(view.getUint32(original, LITTLE_ENDIAN));
  const extended = original + repeated;
  if (repeated < NETLINK_HEADER || extended > end) return { sequence, errno, text: "", id: 0n };
  const text = (flags & NLM_F_ACK_TLVS) === 0 ? "" : words(view, original, extended, end);
  let id = 0n;
  eachAttribute(view, original + MESSAGE_HEADER, extended, (number, at, length) => {
    if (number === Attr.Id && length === 8) id = view.getBigUint64(at, LITTLE_ENDIAN);
  });
  return { sequence, errno, text, id };
}

/** The extended ACK's text, with the attribute at fault where it names one. */
function words(view: DataView, original: number, start: number, end: number): string {
  let text = "";
  let attribute = "";
  eachAttribute(view, start, end, (number, at, length) => {
    if (number === NLMSGERR_ATTR_MSG && length > 0) {
      text = utf8(new Uint8Array(view.buffer, view.byteOffset + at, length - 1).slice());
    } else if (number === NLMSGERR_ATTR_OFFS && length === 4) {
      const fault = original + view.getUint32(at, LITTLE_ENDIAN);
      if (fault + 4 <= start) attribute = nameOf(view.getUint16(fault + 2, LITTLE_ENDIAN) & NUMBER_MASK);
    } else if (number === NLMSGERR_ATTR_MISS_TYPE && length === 4) {
      attribute = nameOf(view.getUint32(at, LITTLE_ENDIAN));
    }
  });
  if (!attribute) return text;
  return text ? `${attribute}: ${text}` : attribute;
}

function nameOf(attribute: number): string {
  return ATTRIBUTE_SETS.snet[attribute]?.name ?? `attribute ${attribute}`;
}

/** Walks attributes of whatever kind; stops at the first that is cut short. */
function eachAttribute(
  view: DataView,
  start: number,
  end: number,
  visit: (number: number, at: number, length: number) => void,
): void {
  let at = start;
  while (at + 4 <= end) {
    const total = view.getUint16(at, LITTLE_ENDIAN);
    if (total < 4 || at + total > end) return;
    visit(view.getUint16(at + 2, LITTLE_ENDIAN) & NUMBER_MASK, at + 4, total - 4);
    at += align(total);
  }
}
