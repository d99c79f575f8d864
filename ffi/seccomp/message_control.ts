/** Control data of a message (cmsg(3)), as the kernel reads it. */

import { LITTLE_ENDIAN } from "../attributes.ts";

/** struct cmsghdr of 64-bit programs: size_t cmsg_len, int cmsg_level, int cmsg_type, data. */
const HEADER = { size: 16, length: 0, level: 8, type: 12 } as const;

const SOL_IP = 0;
const SOL_IPV6 = 41;
const SOL_SCTP = 132;
const IP_RETOPTS = 7;
const IPV6_2292RTHDR = 5;
const IPV6_RTHDR = 57;
const SCTP_DSTADDRV4 = 7;
const SCTP_DSTADDRV6 = 8;

/** One entry of control data; moved along by {@linkcode ControlCursor.next}. */
export class ControlCursor {
  readonly #view: DataView;
  #at = -1;
  #end = 0;

  /** Stands before the first entry. */
  constructor(control: Uint8Array) {
    this.#view = new DataView(control.buffer, control.byteOffset, control.byteLength);
  }

  /** Moves to the next entry; false where there is none that can be read: behind it the protocol reads nothing either. */
  next(): boolean {
    const at = this.#end;
    if (at + HEADER.size > this.#view.byteLength) return false;
    const length = this.#view.getBigUint64(at + HEADER.length, LITTLE_ENDIAN);
    if (length < HEADER.size || length > this.#view.byteLength - at) return false;
    this.#at = at;
    this.#end = at + ((Number(length) + 7) & ~7);
    return true;
  }

  /** Moves to the next entry that names a further address of an SCTP peer; false where there is none. */
  nextAddress(): boolean {
    while (this.next()) {
      if (this.#level === SOL_SCTP && (this.#type === SCTP_DSTADDRV4 || this.#type === SCTP_DSTADDRV6)) {
        return true;
      }
    }
    return false;
  }

  /** True for what sends a packet somewhere else first (kernel/tree/security/snet/net_route.c). */
  get isRoute(): boolean {
    if (this.#level === SOL_IP) return this.#type === IP_RETOPTS;
    return this.#level === SOL_IPV6 && (this.#type === IPV6_RTHDR || this.#type === IPV6_2292RTHDR);
  }

  /** Bytes of the address that the entry names; 0 where they are not all there. */
  get addressLength(): 0 | 4 | 16 {
    const length = this.#type === SCTP_DSTADDRV4 ? 4 : 16;
    const there = Number(this.#view.getBigUint64(this.#at + HEADER.length, LITTLE_ENDIAN)) - HEADER.size;
    return there < length ? 0 : length;
  }

  /** Where its data begins. */
  get data(): number {
    return this.#at + HEADER.size;
  }

  get #level(): number {
    return this.#view.getInt32(this.#at + HEADER.level, LITTLE_ENDIAN);
  }

  get #type(): number {
    return this.#view.getInt32(this.#at + HEADER.type, LITTLE_ENDIAN);
  }
}

/** True where a message lays a route of its own. */
export function hasRoute(control: Uint8Array): boolean {
  const cursor = new ControlCursor(control);
  while (cursor.next()) if (cursor.isRoute) return true;
  return false;
}
