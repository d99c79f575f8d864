/** Words for address families, socket types and protocols, with the numbers that the kernel uses for them. */

import { didYouMean } from "../suggest.ts";

/** Address families by name: AF_x of Linux (include/linux/socket.h), in lower case without `AF_`. */
export const FAMILIES: Readonly<Record<string, number>> = {
  unix: 1,
  inet: 2,
  ax25: 3,
  ipx: 4,
  appletalk: 5,
  x25: 9,
  inet6: 10,
  netlink: 16,
  packet: 17,
  rds: 21,
  can: 29,
  tipc: 30,
  bluetooth: 31,
  rxrpc: 33,
  phonet: 35,
  ieee802154: 36,
  alg: 38,
  nfc: 39,
  vsock: 40,
  kcm: 41,
  qipcrtr: 42,
  smc: 43,
  xdp: 44,
  mctp: 45,
};

/** Socket types by name: SOCK_x, in lower case. */
export const SOCKET_TYPES: Readonly<Record<string, number>> = {
  stream: 1,
  dgram: 2,
  raw: 3,
  rdm: 4,
  seqpacket: 5,
  dccp: 6,
  packet: 10,
};

/** Protocols by name: IPPROTO_x, in lower case (IANA's protocol numbers; MPTCP's is Linux's own). */
export const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  sctp: 132,
  udplite: 136,
  mptcp: 262,
};

/** Name of a family, or its number as text. */
export const familyName: (family: number) => string = namer(FAMILIES);
/** Name of a socket type, or its number as text. */
export const typeName: (type: number) => string = namer(SOCKET_TYPES);
/** Name of a protocol, or its number as text. */
export const protocolName: (protocol: number) => string = namer(PROTOCOLS);

/** Number of a family by name or number; throws an Error that suggests the nearest name. */
export function parseFamily(word: string): number {
  // 64 families fit the mask of attach; Linux has fewer.
  return numberOf(word, FAMILIES, "family", 63);
}

/** Number of a socket type by name or number; throws an Error that suggests the nearest name. */
export function parseType(word: string): number {
  return numberOf(word, SOCKET_TYPES, "socket type", 15);
}

/** Number of a protocol by name or number; throws an Error that suggests the nearest name. */
export function parseProtocol(word: string): number {
  return numberOf(word, PROTOCOLS, "protocol", 65535);
}

function numberOf(word: string, names: Readonly<Record<string, number>>, what: string, most: number): number {
  const known = Object.hasOwn(names, word.toLowerCase()) ? names[word.toLowerCase()] : undefined;
  if (known !== undefined) return known;
  if (!/^\d+$/.test(word)) {
    throw new Error(`unknown ${what} "${word}"${didYouMean(word, Object.keys(names))}`);
  }
  if (Number(word) > most) throw new Error(`${what} ${word} is above ${most}`);
  return Number(word);
}

function namer(names: Readonly<Record<string, number>>): (value: number) => string {
  const byNumber = new Map(Object.entries(names).map(([name, value]) => [value, name]));
  return (value) => byNumber.get(value) ?? String(value);
}
