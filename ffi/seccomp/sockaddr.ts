/**
 * Addresses, decoded as the socket's protocol reads them.
 *
 * The same reading as that of the kernel module (kernel/tree/security/snet/address.c): a sockaddr's own family does not
 * tell how it will be read, what the protocol would refuse is shown by its own family, and no reading goes past the
 * length that the program gave.
 */

import { EventFlag } from "../protocol.ts";
import type { DecodedAddress } from "./call.ts";

/** AF_x of socket(2) (include/linux/socket.h). */
export const Family = {
  Unspecified: 0,
  Unix: 1,
  Inet: 2,
  Inet6: 10,
  Netlink: 16,
  Packet: 17,
  Rds: 21,
  Rxrpc: 33,
  Vsock: 40,
  Smc: 43,
} as const;

/** SOCK_x of socket(2), without flags. */
export const SockType = { Stream: 1, Datagram: 2, Raw: 3, SeqPacket: 5, Packet: 10 } as const;

/** IPPROTO_x of ip(7). */
export const Protocol = { Tcp: 6, Udp: 17, L2tp: 115, Sctp: 132, UdpLite: 136, Mptcp: 262 } as const;

/** What a protocol's reading of an address depends on. */
export interface SocketKind {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
}

/** What a protocol is given an address for; `Name` is the kernel's own answer to getsockname(2) and getpeername(2). */
export const Use = { Bind: 0, Connect: 1, Send: 2, Name: 3 } as const;
/** One of {@linkcode Use}. */
export type Use = (typeof Use)[keyof typeof Use];

/** Bytes of struct sockaddr_storage, the longest address that the kernel takes. */
export const SOCKADDR_STORAGE = 128;

/** net/smc/smc.h: an AF_SMC socket of protocol 1 carries IPv6, others IPv4. */
const SMC_CARRIES_IPV6 = 1;

/** sun_path of unix(7), sll_addr of packet(7) and MAX_ADDR_LEN, transport of struct sockaddr_rxrpc. */
const UNIX = { path: 2, longest: 108 } as const;
const PACKET = { hardwareLength: 11, hardware: 12, longest: 32 } as const;
const RXRPC_TRANSPORT = 8;

/** Least bytes of an address by its family; IPv6 sockets take one without the scope id (SIN6_LEN_RFC2133). */
const SHORTEST = new Map<number, number>([
  [Family.Inet, 16],
  [Family.Inet6, 24],
  [Family.Unix, UNIX.path + 1],
  [Family.Netlink, 12],
  [Family.Packet, PACKET.hardware],
  [Family.Vsock, 16],
]);
const SHORTEST_OF_OTHERS = 2;

/**
 * The family whose addresses a socket uses: that of IP for AF_SMC, which connects over TCP, and for AF_RXRPC and AF_RDS,
 * which anybody may send UDP and TCP with, IPv6 too.
 */
export function carrierOf(kind: SocketKind): number {
  switch (kind.family) {
    case Family.Smc:
      return kind.protocol === SMC_CARRIES_IPV6 ? Family.Inet6 : Family.Inet;
    case Family.Rxrpc:
    case Family.Rds:
      return Family.Inet;
    default:
      return kind.family;
  }
}

/** A decoded address in memory that is allocated once; parts that its family lacks are undefined. */
export class SocketAddress implements DecodedAddress {
  family = 0;
  ipv4: Uint8Array | undefined;
  ipv6: Uint8Array | undefined;
  port: number | undefined;
  scopeId: number | undefined;
  path: Uint8Array | undefined;
  abstract: Uint8Array | undefined;
  portId: number | undefined;
  groups: number | undefined;
  ifindex: number | undefined;
  protocol: number | undefined;
  hardware: Uint8Array | undefined;
  cid: number | undefined;
  vsockPort: number | undefined;
  raw: Uint8Array | undefined;
  readonly #ipv4 = new Uint8Array(4);
  readonly #ipv6 = new Uint8Array(16);
  readonly #bytes = new Uint8Array(SOCKADDR_STORAGE);

  /** Becomes an address of a family of which nothing more is known; the numbers that its family has are 0. */
  clear(family: number): void {
    const isIp = family === Family.Inet || family === Family.Inet6;
    const isPacket = family === Family.Packet;
    const isNetlink = family === Family.Netlink;
    const isVsock = family === Family.Vsock;
    this.family = family;
    this.ipv4 = undefined;
    this.ipv6 = undefined;
    this.port = isIp ? 0 : undefined;
    this.scopeId = family === Family.Inet6 ? 0 : undefined;
    this.path = undefined;
    this.abstract = undefined;
    this.portId = isNetlink ? 0 : undefined;
    this.groups = isNetlink ? 0 : undefined;
    this.ifindex = isPacket ? 0 : undefined;
    this.protocol = isPacket ? 0 : undefined;
    this.hardware = undefined;
    this.cid = isVsock ? 0 : undefined;
    this.vsockPort = isVsock ? 0 : undefined;
    this.raw = undefined;
  }

  /** Becomes the IPv4 address of 4 bytes at `offset`. */
  setIpv4(bytes: Uint8Array, offset: number, port: number): void {
    this.clear(Family.Inet);
    const own = this.#ipv4;
    for (let i = 0; i < 4; i++) own[i] = bytes[offset + i]!;
    this.ipv4 = own;
    this.port = port;
  }

  /**
   * Becomes the IPv6 address of 16 bytes at `offset`, or the IPv4 one mapped in it. The scope id is kept only where the
   * address needs one.
   *
   * @returns EventFlag.Mapped for an IPv4-mapped address, 0 otherwise.
   */
  setIpv6(bytes: Uint8Array, offset: number, port: number, scopeId: number): number {
    if (isMapped(bytes, offset)) {
      this.setIpv4(bytes, offset + 12, port);
      return EventFlag.Mapped;
    }
    this.clear(Family.Inet6);
    const own = this.#ipv6;
    for (let i = 0; i < 16; i++) own[i] = bytes[offset + i]!;
    this.ipv6 = own;
    this.port = port;
    if (needsScope(own)) this.scopeId = scopeId;
    return 0;
  }

  /** A copy of bytes, which lives as long as this address says what it says now. */
  keep(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const own = this.#bytes.subarray(0, end - start);
    own.set(bytes.subarray(start, end));
    return own;
  }
}

function isMapped(bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[offset + i] !== 0) return false;
  return bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff;
}

/** As __ipv6_addr_needs_scope_id(): link-local addresses, and multicast of that scope or the node's. */
function needsScope(ipv6: Uint8Array): boolean {
  const scope = ipv6[1]! & 0xf;
  if (ipv6[0] === 0xff) return scope === 1 || scope === 2;
  return ipv6[0] === 0xfe && (ipv6[1]! & 0xc0) === 0x80;
}

function u16(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8);
}

function networkU16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}

function u32(bytes: Uint8Array, offset: number): number {
  return (u16(bytes, offset) | (u16(bytes, offset + 2) << 16)) >>> 0;
}

function readInet6(to: SocketAddress, bytes: Uint8Array, offset: number, length: number): number {
  const scopeId = length >= 28 ? u32(bytes, offset + 24) : 0;
  return to.setIpv6(bytes, offset + 8, networkU16(bytes, offset + 2), scopeId);
}

/** A path ends at a NUL or at the given length, whichever is first. */
function readUnix(to: SocketAddress, bytes: Uint8Array, length: number): number {
  const end = Math.min(length, UNIX.path + UNIX.longest);
  if (bytes[UNIX.path] === 0) {
    if (end > UNIX.path + 1) to.abstract = to.keep(bytes, UNIX.path + 1, end);
    return 0;
  }
  const nul = bytes.indexOf(0, UNIX.path);
  to.path = to.keep(bytes, UNIX.path, nul < 0 ? end : Math.min(nul, end));
  return EventFlag.AdvisoryPath;
}

function readPacket(to: SocketAddress, bytes: Uint8Array, length: number): void {
  const hardware = Math.min(bytes[PACKET.hardwareLength]!, length - PACKET.hardware, PACKET.longest);
  to.protocol = networkU16(bytes, 2);
  to.ifindex = u32(bytes, 4);
  if (hardware > 0) to.hardware = to.keep(bytes, PACKET.hardware, PACKET.hardware + hardware);
}

function readAs(to: SocketAddress, family: number, bytes: Uint8Array, length: number): number {
  let offset = 0;
  // The address beneath a service, of which rules know nothing.
  if (family === Family.Rxrpc && length >= RXRPC_TRANSPORT + 2) {
    offset = RXRPC_TRANSPORT;
    family = u16(bytes, offset);
  }
  const left = length - offset;
  to.clear(family);
  if (left < (SHORTEST.get(family) ?? SHORTEST_OF_OTHERS)) return EventFlag.Unnamed;
  switch (family) {
    case Family.Inet:
      to.setIpv4(bytes, offset + 4, networkU16(bytes, offset + 2));
      return 0;
    case Family.Inet6:
      return readInet6(to, bytes, offset, left);
    case Family.Unix:
      return readUnix(to, offset ? bytes.subarray(offset) : bytes, left);
    case Family.Netlink:
      to.portId = u32(bytes, offset + 4);
      to.groups = u32(bytes, offset + 8);
      return 0;
    case Family.Packet:
      readPacket(to, offset ? bytes.subarray(offset) : bytes, left);
      return 0;
    case Family.Vsock:
      to.vsockPort = u32(bytes, offset + 4);
      to.cid = u32(bytes, offset + 8);
      return 0;
    default:
      to.raw = to.keep(bytes, offset, length);
      return 0;
  }
}

/**
 * Raw and UDP sockets send to AF_UNSPEC as to AF_INET (net/ipv4/raw.c, udp.c, net/l2tp/l2tp_ip.c), bind(2) takes it too,
 * and that of raw sockets does not look at the family at all.
 */
function inetFamily(kind: SocketKind, use: Use, family: number): number {
  if (family === Family.Unspecified) return Family.Inet;
  return use === Use.Bind && kind.type === SockType.Raw ? Family.Inet : family;
}

/** rawv6_sendmsg() and l2tp_ip6_sendmsg() take AF_UNSPEC for AF_INET6. */
function inet6Family(kind: SocketKind, use: Use, family: number): number {
  const takesUnspecified = kind.type === SockType.Raw || kind.protocol === Protocol.L2tp;
  return family === Family.Unspecified && use === Use.Send && takesUnspecified ? Family.Inet6 : family;
}

function isUdp(kind: SocketKind): boolean {
  return kind.type === SockType.Datagram &&
    (kind.protocol === Protocol.Udp || kind.protocol === Protocol.UdpLite);
}

/** connect(2) with AF_UNSPEC dissolves an association in these families. */
function disconnects(carrier: number): boolean {
  return carrier === Family.Inet || carrier === Family.Inet6 || carrier === Family.Unix ||
    carrier === Family.Netlink || carrier === Family.Vsock;
}

/**
 * Reads the sockaddr of `length` bytes as the socket's protocol will.
 *
 * @returns bits of EventFlag. `Connected`: the protocol drops the address for the connected peer, which the caller fills
 * in. `Unnamed`: there is no address, or too little of it. After `Disconnect` the address has no family.
 */
export function decodeAddress(
  to: SocketAddress,
  kind: SocketKind,
  use: Use,
  bytes: Uint8Array,
  length: number,
): number {
  const carrier = carrierOf(kind);
  if (length < 2) {
    to.clear(carrier);
    return EventFlag.Unnamed;
  }
  let family = u16(bytes, 0);
  if (family === Family.Unspecified && use === Use.Connect && disconnects(carrier)) {
    to.clear(Family.Unspecified);
    return EventFlag.Disconnect;
  }
  // udpv6_sendmsg(): the name is dropped for the connected peer.
  if (family === Family.Unspecified && use === Use.Send && carrier === Family.Inet6 && isUdp(kind)) {
    to.clear(carrier);
    return EventFlag.Connected;
  }
  if (carrier === Family.Inet) family = inetFamily(kind, use, family);
  else if (carrier === Family.Inet6) family = inet6Family(kind, use, family);
  // Neither packet_snd() nor tpacket_snd() looks at the family.
  else if (carrier === Family.Packet && kind.type !== SockType.Packet) family = Family.Packet;
  return readAs(to, family, bytes, length);
}

/** Neither any, nor multicast, nor broadcast. */
function canBeOwn(ipv4: Uint8Array): boolean {
  const multicast = (ipv4[0]! & 0xf0) === 0xe0;
  return !isAny(ipv4) && !multicast && !ipv4.every((byte) => byte === 0xff);
}

function isAny(ip: Uint8Array): boolean {
  for (let i = 0; i < ip.length; i++) if (ip[i] !== 0) return false;
  return true;
}

/** True for an IP address that {@linkcode addressToSelf} gives another name. */
export function isAnyAddress({ ipv4, ipv6 }: DecodedAddress): boolean {
  return ipv4 !== undefined ? isAny(ipv4) : ipv6 !== undefined && isAny(ipv6);
}

const LOOPBACK = new Uint8Array([127, 0, 0, 1]);
const LOOPBACK_IPV6 = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

/**
 * Names what "any" means as a destination; other addresses stay.
 *
 * IPv4 routes 0.0.0.0 to the address that the socket is bound to, or to loopback where there is none
 * (ip_route_output_key_hash_rcu()); IPv6 takes :: for loopback, that of IPv4 where the socket is bound to a mapped
 * address (tcp_v6_connect(), __ip6_datagram_connect(), udpv6_sendmsg()).
 */
export function addressToSelf(remote: SocketAddress, local: SocketAddress): void {
  const own = local.ipv4 !== undefined && canBeOwn(local.ipv4) ? local.ipv4 : undefined;
  const port = remote.port ?? 0;
  if (remote.ipv4 !== undefined && isAny(remote.ipv4)) {
    remote.setIpv4(own ?? LOOPBACK, 0, port);
  } else if (remote.ipv6 !== undefined && isAny(remote.ipv6)) {
    if (own) remote.setIpv4(LOOPBACK, 0, port);
    else remote.setIpv6(LOOPBACK_IPV6, 0, port, 0);
  }
}
