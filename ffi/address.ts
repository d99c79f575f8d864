/** An address as it lies in an event's message. */

import { AttributeIndex } from "./attributes.ts";
import type { ReadNote } from "./event.ts";
import { formatIpv4, formatIpv6 } from "./ip.ts";
import { AddressAttr } from "./protocol.ts";
import { StringCache } from "./strings.ts";

const ips = new StringCache((bytes) => bytes.length === 4 ? formatIpv4(word(bytes)) : formatIpv6(bytes));

function word(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

/** One address, decoded as the socket's protocol reads it. Parts that the family lacks are undefined. */
export class AddressView {
  readonly #attributes = new AttributeIndex("address");
  readonly #note: ReadNote;
  readonly #addressOperand: number;
  readonly #portOperand: number;
  readonly #texts: StringCache;

  /** A view of an address; the operands are noted in `note` when its parts are read. */
  constructor(note: ReadNote, addressOperand: number, portOperand: number, texts: StringCache) {
    this.#note = note;
    this.#addressOperand = addressOperand;
    this.#portOperand = portOperand;
    this.#texts = texts;
  }

  /**
   * Turns to the address whose attributes lie between two offsets.
   *
   * @returns false if it is malformed or says no family.
   */
  reset(view: DataView, start: number, end: number): boolean {
    return this.#attributes.fill(view, start, end) && this.#attributes.has(AddressAttr.Family);
  }

  /** AF_x of the address; AF_INET for IPv4-mapped IPv6. */
  get family(): number {
    this.#note.bits |= this.#addressOperand;
    return this.#attributes.u16(AddressAttr.Family);
  }

  /** IPv4 address as an unsigned 32-bit number, first octet highest. */
  get ipv4(): number | undefined {
    this.#note.bits |= this.#addressOperand;
    return this.#attributes.has(AddressAttr.Ipv4) ? this.#attributes.networkU32(AddressAttr.Ipv4) : undefined;
  }

  /** IPv6 address, 16 bytes in network order; a view into the message. */
  get ipv6(): Uint8Array | undefined {
    return this.#binary(AddressAttr.Ipv6);
  }

  /** The IP address as text: dotted IPv4, or IPv6 by RFC 5952. */
  get ip(): string | undefined {
    this.#note.bits |= this.#addressOperand;
    const attributes = this.#attributes;
    const ipv4 = attributes.offset(AddressAttr.Ipv4);
    if (ipv4 !== 0) return ips.get(attributes.bytes, ipv4, 4);
    const ipv6 = attributes.offset(AddressAttr.Ipv6);
    return ipv6 === 0 ? undefined : ips.get(attributes.bytes, ipv6, 16);
  }

  /** TCP, UDP, SCTP … port. */
  get port(): number | undefined {
    if (!this.#hasPort(AddressAttr.Port)) return undefined;
    return this.#attributes.u16(AddressAttr.Port);
  }

  /** Interface index of a link-local IPv6 address. */
  get scopeId(): number | undefined {
    return this.#u32(AddressAttr.ScopeId);
  }

  /** AF_UNIX path. */
  get path(): string | undefined {
    return this.#text(AddressAttr.Path, 1);
  }

  /** AF_UNIX abstract name without its leading NUL. */
  get abstract(): string | undefined {
    return this.#text(AddressAttr.Abstract, 0);
  }

  /** AF_NETLINK port id. */
  get portId(): number | undefined {
    return this.#u32(AddressAttr.PortId);
  }

  /** AF_NETLINK groups. */
  get groups(): number | undefined {
    return this.#u32(AddressAttr.Groups);
  }

  /** AF_PACKET interface. */
  get ifindex(): number | undefined {
    return this.#u32(AddressAttr.Ifindex);
  }

  /** AF_PACKET protocol (ETH_P_x). */
  get protocol(): number | undefined {
    this.#note.bits |= this.#addressOperand;
    return this.#attributes.has(AddressAttr.Protocol)
      ? this.#attributes.u16(AddressAttr.Protocol)
      : undefined;
  }

  /** AF_PACKET hardware address; a view into the message. */
  get hardware(): Uint8Array | undefined {
    return this.#binary(AddressAttr.Hardware);
  }

  /** AF_VSOCK context id. */
  get cid(): number | undefined {
    return this.#u32(AddressAttr.Cid);
  }

  /** AF_VSOCK port. */
  get vsockPort(): number | undefined {
    if (!this.#hasPort(AddressAttr.VsockPort)) return undefined;
    return this.#attributes.u32(AddressAttr.VsockPort);
  }

  /** The sockaddr of any other family; a view into the message. */
  get raw(): Uint8Array | undefined {
    return this.#binary(AddressAttr.Raw);
  }

  /** A plain object with the same values. */
  copy(): AddressCopy {
    const { family, ipv4, ip, port, scopeId, path, abstract, portId, groups, ifindex, protocol, cid } = this;
    return Object.freeze({
      family,
      ipv4,
      ipv6: this.ipv6?.slice(),
      ip,
      port,
      scopeId,
      path,
      abstract,
      portId,
      groups,
      ifindex,
      protocol,
      hardware: this.hardware?.slice(),
      cid,
      vsockPort: this.vsockPort,
      raw: this.raw?.slice(),
    });
  }

  /** That there is no port is said by the address, so that a ticket must hold the address then. */
  #hasPort(number: number): boolean {
    const has = this.#attributes.has(number);
    this.#note.bits |= has ? this.#portOperand : this.#portOperand | this.#addressOperand;
    return has;
  }

  #u32(number: number): number | undefined {
    this.#note.bits |= this.#addressOperand;
    return this.#attributes.has(number) ? this.#attributes.u32(number) : undefined;
  }

  #binary(number: number): Uint8Array | undefined {
    this.#note.bits |= this.#addressOperand;
    return this.#attributes.binary(number);
  }

  #text(number: number, terminator: 0 | 1): string | undefined {
    this.#note.bits |= this.#addressOperand;
    const attributes = this.#attributes;
    const offset = attributes.offset(number);
    if (offset === 0) return undefined;
    return this.#texts.get(attributes.bytes, offset, attributes.length(number) - terminator);
  }
}

/** The values of an {@linkcode AddressView}, independent of the message. */
export type AddressCopy = {
  readonly [Part in Exclude<keyof AddressView, "copy" | "reset">]: AddressView[Part];
};
