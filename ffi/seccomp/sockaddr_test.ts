import { deepEqual, equal, ok } from "node:assert/strict";
import { EventFlag } from "../protocol.ts";
import {
  addressToSelf,
  carrierOf,
  decodeAddress,
  Family,
  SocketAddress,
  type SocketKind,
  Use,
} from "./sockaddr.ts";

// The same cases as kernel/tree/security/snet/address_test.c.

const AF_CAN = 29;
const kind = (family: number, type: number, protocol = 0): SocketKind => ({ family, type, protocol });
const tcp4 = kind(Family.Inet, 1, 6);
const udp4 = kind(Family.Inet, 2, 17);
const raw4 = kind(Family.Inet, 3, 1);
const tcp6 = kind(Family.Inet6, 1, 6);
const udp6 = kind(Family.Inet6, 2, 17);
const raw6 = kind(Family.Inet6, 3, 58);
const smc6 = kind(Family.Smc, 1, 1);
const unix = kind(Family.Unix, 1);
const netlink = kind(Family.Netlink, 3);
const packet = kind(Family.Packet, 3);
const vsock = kind(Family.Vsock, 1);
const can = kind(AF_CAN, 3, 1);

const IP6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const LINK_LOCAL = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];

const word = (value: number) => [value & 0xff, value >> 8];
const port = (value: number) => [value >> 8, value & 0xff];
const in4 = (family: number, ip: number[], number: number) => [
  ...word(family),
  ...port(number),
  ...ip,
  ...Array(8).fill(0),
];
const in6 = (family: number, ip: number[], number: number, scope = 0) => [
  ...word(family),
  ...port(number),
  0,
  0,
  0,
  0,
  ...ip,
  scope,
  0,
  0,
  0,
];

const PARTS = [
  "family",
  "ipv4",
  "ipv6",
  "port",
  "scopeId",
  "path",
  "abstract",
  "portId",
  "groups",
  "ifindex",
  "protocol",
  "hardware",
  "cid",
  "vsockPort",
  "raw",
] as const;

/** What is there of an address; bytes as arrays. */
function parts(address: SocketAddress): Record<string, unknown> {
  const there = PARTS.filter((part) => address[part] !== undefined);
  return Object.fromEntries(there.map((part) => {
    const value = address[part];
    return [part, value instanceof Uint8Array ? [...value] : value];
  }));
}

/** An address of every family before, so that a stale part is seen. */
function stale(): SocketAddress {
  const address = new SocketAddress();
  const before: [SocketKind, number[]][] = [
    [unix, [1, 0, 120, 120, 120]],
    [packet, [17, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 4, 9, 9, 9, 9]],
    [can, [29, 0, 7]],
    [tcp6, in6(Family.Inet6, LINK_LOCAL, 9, 9)],
  ];
  for (const [of, bytes] of before) {
    decodeAddress(address, of, Use.Name, new Uint8Array(bytes), bytes.length);
  }
  return address;
}

function decode(of: SocketKind, use: Use, bytes: number[], length = bytes.length): [unknown, number] {
  const address = stale();
  const flags = decodeAddress(address, of, use, new Uint8Array([...bytes, ...Array(8).fill(0xa5)]), length);
  return [parts(address), flags];
}

const ipv4 = (ip: number[], number: number) => ({ family: Family.Inet, ipv4: ip, port: number });
const ipv6 = (ip: number[], number: number, scopeId = 0) => ({
  family: Family.Inet6,
  ipv6: ip,
  port: number,
  scopeId,
});

Deno.test("sockaddr: an IPv4 address and port are read", () => {
  deepEqual(decode(tcp4, Use.Connect, in4(Family.Inet, [192, 0, 2, 7], 443)), [ipv4([192, 0, 2, 7], 443), 0]);
});

Deno.test("sockaddr: AF_UNSPEC is IPv4 for UDP and raw sends, and for bind; raw binds ignore the family", () => {
  const to = [ipv4([192, 0, 2, 7], 53), 0];
  deepEqual(decode(udp4, Use.Send, in4(0, [192, 0, 2, 7], 53)), to);
  deepEqual(decode(raw4, Use.Send, in4(0, [192, 0, 2, 7], 53)), to);
  deepEqual(decode(tcp4, Use.Bind, in4(0, [192, 0, 2, 7], 53)), to);
  deepEqual(decode(raw4, Use.Bind, in4(AF_CAN, [192, 0, 2, 7], 53)), to);
});

Deno.test("sockaddr: AF_UNSPEC dissolves a connection", () => {
  for (const  of of[tcp4, udp4, raw4, tcp6, udp6, raw6, smc6, unix, netlink, vsock]) {
    deepEqual(decode(of, Use.Connect, in4(0, [192, 0, 2, 7], 53)), [{ family: 0 }, EventFlag.Disconnect]);
  }
  deepEqual(decode(udp6, Use.Connect, [0, 0]), [{ family: 0 }, EventFlag.Disconnect]);
});

Deno.test("sockaddr: an IPv6 address keeps a scope id where it needs one", () => {
  const { Inet6 } = Family;
  deepEqual(decode(tcp6, Use.Connect, in6(Inet6, LINK_LOCAL, 443, 7)), [ipv6(LINK_LOCAL, 443, 7), 0]);
  deepEqual(decode(tcp6, Use.Connect, in6(Inet6, IP6, 443, 7)), [ipv6(IP6, 443), 0]);
  deepEqual(decode(udp6, Use.Send, in6(Inet6, LINK_LOCAL, 443, 7), 24), [ipv6(LINK_LOCAL, 443), 0]);
  const multicast = [0xff, 2, ...Array(13).fill(0), 1];
  deepEqual(decode(udp6, Use.Send, in6(Inet6, multicast, 1, 7)), [ipv6(multicast, 1, 7), 0]);
});

Deno.test("sockaddr: an IPv4-mapped address and AF_INET on an IPv6 socket are IPv4", () => {
  const to = ipv4([10, 0, 0, 1], 80);
  deepEqual(decode(tcp6, Use.Connect, in6(Family.Inet6, MAPPED, 80)), [to, EventFlag.Mapped]);
  deepEqual(decode(udp6, Use.Send, in4(Family.Inet, [10, 0, 0, 1], 80)), [to, 0]);
});

Deno.test("sockaddr: AF_UNSPEC is the peer for UDP over IPv6, and IPv6 for raw sockets", () => {
  const nothing = { family: Family.Inet6, port: 0, scopeId: 0 };
  deepEqual(decode(udp6, Use.Send, in6(0, IP6, 53)), [nothing, EventFlag.Connected]);
  deepEqual(decode(raw6, Use.Send, in6(0, IP6, 58)), [ipv6(IP6, 58), 0]);
});

Deno.test("sockaddr: SMC, RxRPC and RDS carry IP", () => {
  const rxrpc = kind(Family.Rxrpc, 2);
  const service = [...word(Family.Rxrpc), 0, 0, 2, 0, 16, 0];
  equal(carrierOf(smc6), Family.Inet6);
  equal(carrierOf(kind(Family.Smc, 1)), Family.Inet);
  equal(carrierOf(rxrpc), Family.Inet);
  equal(carrierOf(kind(Family.Rds, 5)), Family.Inet);
  deepEqual(decode(smc6, Use.Connect, in6(Family.Inet6, IP6, 80)), [ipv6(IP6, 80), 0]);
  const in4At = [...service, ...in4(Family.Inet, [192, 0, 2, 7], 7001)];
  deepEqual(decode(rxrpc, Use.Send, in4At), [ipv4([192, 0, 2, 7], 7001), 0]);
  const in6At = [...service, ...in6(Family.Inet6, IP6, 7001)];
  deepEqual(decode(rxrpc, Use.Connect, in6At), [ipv6(IP6, 7001), 0]);
});

Deno.test("sockaddr: what is too short is unnamed", () => {
  const shortest = new Map([[Family.Inet, 16], [Family.Inet6, 24], [Family.Netlink, 12], [Family.Vsock, 16]]);
  for (const [family, length] of shortest) {
    const bytes = [...word(family), ...Array(126).fill(0)];
    for (let short = 0; short < length; short++) {
      const [address, flags] = decode(kind(family, 2), Use.Bind, bytes, short);
      equal(flags, EventFlag.Unnamed, `${family} ${short}`);
      ok(!("ipv4" in (address as object) || "ipv6" in (address as object)));
      equal((address as { family: number }).family, family);
    }
    equal(decode(kind(family, 2), Use.Bind, bytes, length)[1], 0);
  }
});

Deno.test("sockaddr: a unix path ends at a NUL or at the length; abstract names keep their NULs", () => {
  const path = [...new TextEncoder().encode("/run/a\0b")];
  const { Unix } = Family;
  const advisory = EventFlag.AdvisoryPath;
  deepEqual(decode(unix, Use.Connect, [1, 0, ...path]), [{ family: Unix, path: path.slice(0, 6) }, advisory]);
  deepEqual(decode(unix, Use.Connect, [1, 0, ...path], 6), [
    { family: Unix, path: path.slice(0, 4) },
    advisory,
  ]);
  const long = Array(108).fill(112);
  deepEqual(decode(unix, Use.Bind, [1, 0, ...long, 112, 112]), [{ family: Unix, path: long }, advisory]);
  deepEqual(decode(unix, Use.Connect, [1, 0, 0, 97, 0, 98]), [{ family: Unix, abstract: [97, 0, 98] }, 0]);
  deepEqual(decode(unix, Use.Bind, [1, 0]), [{ family: Unix }, EventFlag.Unnamed]);
});

Deno.test("sockaddr: netlink, packet and vsock addresses are read by their parts", () => {
  const nl = [16, 0, 0, 0, 0xd2, 4, 0, 0, 5, 0, 0, 0];
  deepEqual(decode(netlink, Use.Send, nl), [{ family: Family.Netlink, portId: 1234, groups: 5 }, 0]);
  const vm = [40, 0, 0, 0, 0x70, 0x11, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0];
  deepEqual(decode(vsock, Use.Connect, vm), [{ family: Family.Vsock, vsockPort: 70000, cid: 2 }, 0]);
  const ll = (family: number, halen: number) => [
    ...[...word(family), 8, 6, 3, 0, 0, 0, 0, 0, 0, halen],
    ...[2, 0, 0, 0, 0, 1, 9, 9],
  ];
  const address = { family: Family.Packet, ifindex: 3, protocol: 0x806, hardware: [2, 0, 0, 0, 0, 1] };
  deepEqual(decode(packet, Use.Send, ll(Family.Inet, 6)), [address, 0]);
  deepEqual(decode(packet, Use.Send, ll(Family.Packet, 200), 18), [address, 0]);
});

Deno.test("sockaddr: other families are kept as given", () => {
  deepEqual(decode(can, Use.Bind, [29, 0, 1, 2, 3]), [{ family: AF_CAN, raw: [29, 0, 1, 2, 3] }, 0]);
});

/** The destination that is meant, from a socket bound to `local`. */
function meant(remote: (to: SocketAddress) => void, local: (to: SocketAddress) => void): unknown {
  const to = new SocketAddress();
  const from = new SocketAddress();
  remote(to);
  local(from);
  addressToSelf(to, from);
  return parts(to);
}

Deno.test("sockaddr: any address as a destination is the own one, or loopback", () => {
  const set4 = (...ip: number[]) => (to: SocketAddress) => to.setIpv4(new Uint8Array(ip), 0, 80);
  const set6 = (ip: number[]) => (to: SocketAddress) => void to.setIpv6(new Uint8Array(ip), 0, 80, 0);
  const any = Array(16).fill(0);
  deepEqual(meant(set4(0, 0, 0, 0), set4(0, 0, 0, 0)), ipv4([127, 0, 0, 1], 80));
  deepEqual(meant(set4(0, 0, 0, 0), set4(192, 0, 2, 7)), ipv4([192, 0, 2, 7], 80));
  deepEqual(meant(set4(0, 0, 0, 0), set4(224, 0, 0, 1)), ipv4([127, 0, 0, 1], 80));
  deepEqual(meant(set4(0, 0, 0, 0), set4(255, 255, 255, 255)), ipv4([127, 0, 0, 1], 80));
  deepEqual(meant(set6(any), set6(any)), ipv6([...any.slice(1), 1], 80));
  deepEqual(meant(set6(any), set4(192, 0, 2, 7)), ipv4([127, 0, 0, 1], 80));
  deepEqual(meant(set4(10, 0, 0, 1), set4(192, 0, 2, 7)), ipv4([10, 0, 0, 1], 80));
  deepEqual(meant((to) => to.clear(Family.Inet), set4(192, 0, 2, 7)), { family: Family.Inet, port: 0 });
});
