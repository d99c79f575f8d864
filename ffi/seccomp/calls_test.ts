/** What a call gives when it is carried out is what the kernel gives when it is not held. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { ERRNO, errnoName } from "../errno.ts";
import { CONTINUE, type Outcome } from "./call.ts";
import { CALLS } from "./calls.ts";
import {
  addressOf,
  type Argument,
  bytesOf,
  Descriptors,
  edgeOfMemory,
  inet,
  inet6,
  LOOPBACK6,
  MAPPED_LOOPBACK,
  native,
  OwnCall,
  portOf,
  Sys,
  zeros,
} from "./own_call.ts";
import { Family, SockType } from "./sockaddr.ts";

const { Inet, Inet6, Unix, Netlink } = Family;
const { Stream, Datagram, Raw } = SockType;
const SOCK_NONBLOCK = 0o4000;
const O_PATH = 0o10000000;
const MSG_FASTOPEN = 0x2000_0000;

/** What sockets a program may have; the other descriptors are no sockets, or none at all. */
const KINDS: Readonly<Record<string, (open: Descriptors) => number>> = {
  tcp: (open) => open.socket(Inet, Stream),
  "tcp, non-blocking": (open) => open.socket(Inet, Stream | SOCK_NONBLOCK),
  udp: (open) => open.socket(Inet, Datagram),
  "tcp over IPv6": (open) => open.socket(Inet6, Stream),
  "udp over IPv6": (open) => open.socket(Inet6, Datagram),
  "multipath tcp": (open) => open.socket(Inet, Stream, 262),
  udplite: (open) => open.socket(Inet, Datagram, 136),
  ...(Deno.uid() === 0 && {
    raw: (open: Descriptors) => open.socket(Inet, Raw, 253),
    "raw over IPv6": (open: Descriptors) => open.socket(Inet6, Raw, 253),
  }),
  "a file": (open) => open.add(native(Sys.open, bytesOf(0x2f, 0), 0, 0)),
  "a path": (open) => open.add(native(Sys.open, bytesOf(0x2f, 0), O_PATH, 0)),
  "nothing": () => -1,
};

/** Receivers on loopback, and a port where nobody listens. */
function receivers(open: Descriptors): { tcp: number; udp: number; closed: number } {
  const tcp = open.socket(Inet6, Stream);
  equal(native(Sys.bind, tcp, inet6("00".repeat(16), 0), 28), 0);
  equal(native(Sys.listen, tcp, 4096), 0);
  const udp = open.socket(Inet6, Datagram);
  equal(native(Sys.bind, udp, inet6("00".repeat(16), 0), 28), 0);
  const gone = open.socket(Inet, Stream);
  equal(native(Sys.bind, gone, inet("127.0.0.1", 0), 16), 0);
  return { tcp: portOf(tcp), udp: portOf(udp), closed: portOf(gone) };
}

/** Addresses of all sorts. */
function addresses(port: number, closed: number): Readonly<Record<string, Uint8Array<ArrayBuffer>>> {
  return {
    loopback: inet("127.0.0.1", port),
    "nobody listens": inet("127.0.0.1", closed),
    any: inet("0.0.0.0", port),
    unspecified: inet("127.0.0.1", port, 0),
    "unspecified, nothing": inet("0.0.0.0", 0, 0),
    broadcast: inet("255.255.255.255", port),
    multicast: inet("224.0.0.1", port),
    "port 0": inet("127.0.0.1", 0),
    "IPv6 loopback": inet6(LOOPBACK6, port),
    "IPv6 nobody listens": inet6(LOOPBACK6, closed),
    mapped: inet6(MAPPED_LOOPBACK, port),
    "IPv6 any": inet6("00".repeat(16), port),
    "IPv6 unspecified": inet6(LOOPBACK6, port, 0),
    "link-local without scope": inet6("fe80" + "00".repeat(13) + "01", port),
    "unix family": inet("127.0.0.1", port, 1),
    "a family that is none": inet("127.0.0.1", port, 77),
  };
}

const LENGTHS = [-1, 0, 1, 2, 3, 8, 15, 16, 17, 23, 24, 27, 28, 29, 110, 128, 129, 0x7fff_ffff];

function named(outcome: Outcome): string {
  if (typeof outcome !== "number") return outcome === CONTINUE ? "continue" : "a descriptor";
  return outcome < 0 ? errnoName(-outcome) : String(outcome);
}

/** Results of the call made by the kernel and carried out, each on a socket of its own, and what the sockets say then. */
function both(kind: string, nr: number, args: readonly Argument[], prepare?: (fd: number) => void): string[] {
  return [native, carryOut].map((make) => {
    using open = new Descriptors();
    const fd = KINDS[kind]!(open);
    prepare?.(fd);
    const outcome = make(nr, fd, ...args);
    return `${named(outcome)}; ${names(fd)}`;
  });
}

function carryOut(nr: number, ...args: Argument[]): Outcome {
  return new OwnCall(nr, args).run(CALLS.get(nr)!);
}

/** Whether a socket is bound and connected, and where; a port of the kernel's choice says nothing. */
function names(fd: number): string {
  return [Sys.getsockname, Sys.getpeername].map((nr) => {
    const name = zeros(128);
    const length = bytesOf(128, 0, 0, 0);
    const failed = native(nr, fd, name, length);
    if (failed < 0) return errnoName(-failed);
    const isBound = name[2] !== 0 || name[3] !== 0;
    return `${isBound ? "bound" : "unbound"} ${[...name.subarray(0, 2), ...name.subarray(4, length[0])]}`;
  }).join(", ");
}

/** Room behind every address, so that a length may say more than there is. */
function padded(address: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const room = zeros(256);
  room.set(address);
  return room;
}

function compareAddresses(nr: number, argumentsOf: (address: Argument, length: number) => Argument[]): void {
  using open = new Descriptors();
  const { tcp, udp, closed } = receivers(open);
  const different: string[] = [];
  for (const kind of Object.keys(KINDS)) {
    const port = kind.includes("tcp") ? tcp : udp;
    for (const [what, address] of Object.entries(addresses(port, closed))) {
      for (const length of [...LENGTHS, address.length]) {
        const [expected, got] = both(kind, nr, argumentsOf(padded(address), length));
        if (got !== expected) different.push(`${kind}, ${what}, ${length} bytes: ${got}, not ${expected}`);
      }
    }
  }
  deepEqual(different, []);
}

Deno.test("connect gives what the kernel gives, for addresses and sockets of all sorts", () => {
  compareAddresses(Sys.connect, (address, length) => [address, length]);
});

Deno.test("bind gives what the kernel gives, for addresses and sockets of all sorts", () => {
  using open = new Descriptors();
  const { tcp, closed } = receivers(open);
  const different: string[] = [];
  for (const kind of Object.keys(KINDS)) {
    // Port 0 and one that is taken: a port of its own would be taken by the first of the two.
    for (const port of [0, kind.includes("tcp") ? tcp : closed]) {
      for (const [what, address] of Object.entries(addresses(port, closed))) {
        if (what.includes("nobody") || (port !== 0 && !kind.includes("tcp"))) continue;
        for (const length of [...LENGTHS, address.length]) {
          const [expected, got] = both(kind, Sys.bind, [padded(address), length]);
          if (got !== expected) {
            different.push(`${kind}, ${what}:${port}, ${length} bytes: ${got}, not ${expected}`);
          }
        }
      }
    }
  }
  deepEqual(different, []);
});

const HELLO = bytesOf(...new TextEncoder().encode("hello"));

Deno.test("sendto gives what the kernel gives, for addresses and sockets of all sorts", () => {
  const NOSIGNAL = 0x4000;
  compareAddresses(Sys.sendto, (address, length) => [HELLO, HELLO.length, NOSIGNAL, address, length]);
});

Deno.test("a fast open gives what the kernel gives", () => {
  const NOSIGNAL = 0x4000;
  compareAddresses(
    Sys.sendto,
    (address, length) => [HELLO, HELLO.length, MSG_FASTOPEN | NOSIGNAL, address, length],
  );
});

/** struct msghdr. */
function header(parts: {
  name?: bigint;
  nameLength?: number;
  vector?: bigint;
  vectors?: bigint;
  control?: bigint;
  controlLength?: bigint;
}): Uint8Array<ArrayBuffer> {
  const bytes = zeros(64);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, parts.name ?? 0n, true);
  view.setInt32(8, parts.nameLength ?? 0, true);
  view.setBigUint64(16, parts.vector ?? 0n, true);
  view.setBigUint64(24, parts.vectors ?? 0n, true);
  view.setBigUint64(32, parts.control ?? 0n, true);
  view.setBigUint64(40, parts.controlLength ?? 0n, true);
  return bytes;
}

/** Several struct iovec. */
function vectors(...entries: readonly (readonly [bigint, bigint])[]): Uint8Array<ArrayBuffer> {
  const bytes = zeros(16 * entries.length);
  const view = new DataView(bytes.buffer);
  entries.forEach(([base, length], i) => {
    view.setBigUint64(16 * i, base, true);
    view.setBigUint64(16 * i + 8, length, true);
  });
  return bytes;
}

Deno.test("sendmsg gives what the kernel gives, for addresses and sockets of all sorts", () => {
  const one = vectors([addressOf(HELLO), 2n], [addressOf(HELLO) + 2n, 3n]);
  const keep: unknown[] = [one];
  compareAddresses(Sys.sendmsg, (address, nameLength) => {
    keep.push(address);
    const name = addressOf(address as Uint8Array<ArrayBuffer>);
    return [header({ name, nameLength, vector: addressOf(one), vectors: 2n }), 0x4000];
  });
});

/** Messages that are wrong in one way or the other, to a receiver. */
function* oddMessages(port: number): Generator<[string, Uint8Array<ArrayBuffer>]> {
  const edge = edgeOfMemory();
  const to = inet("127.0.0.1", port);
  const name = { name: addressOf(to), nameLength: 16 };
  const hello = vectors([addressOf(HELLO), 5n]);
  const vector = { vector: addressOf(hello), vectors: 1n };
  const wide = vectors(...Array.from({ length: 1024 }, () => [addressOf(HELLO), 1n] as const));
  const big = zeros(70_000);
  const good = { ...name, ...vector };
  const control = bytesOf(20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0); // IP_TTL 7
  const of = (...entries: readonly (readonly [bigint, bigint])[]) => {
    const bytes = vectors(...entries);
    keep.push(bytes);
    return { ...name, vector: addressOf(bytes), vectors: BigInt(entries.length) };
  };
  const keep: unknown[] = [to, hello, wide, big, control];
  yield ["good", header(good)];
  yield ["without a name", header(vector)];
  yield ["without vectors", header(name)];
  yield ["a name of no bytes", header({ ...good, nameLength: 0 })];
  yield ["a name of a negative length", header({ ...good, nameLength: -1 })];
  yield ["a name that is too long", header({ ...good, nameLength: 4096 })];
  yield ["a name that ends too early", header({ ...good, name: edge - 8n })];
  yield ["a name nowhere", header({ ...good, name: 8n })];
  yield ["vectors nowhere", header({ ...good, vector: 8n })];
  yield ["vectors that end too early", header({ ...good, vector: edge - 8n })];
  yield ["1024 vectors", header({ ...name, vector: addressOf(wide), vectors: 1024n })];
  yield ["1025 vectors", header({ ...name, vector: addressOf(wide), vectors: 1025n })];
  yield ["endless vectors", header({ ...name, vector: addressOf(wide), vectors: ~0n & ((1n << 64n) - 1n) })];
  yield ["a negative vector", header(of([addressOf(HELLO), 1n << 63n]))];
  yield ["a good and a negative vector", header(of([addressOf(HELLO), 5n], [8n, 1n << 63n]))];
  yield ["a vector of the kernel", header(of([1n << 63n, 5n]))];
  yield ["bytes nowhere", header(of([8n, 5n]))];
  yield ["no bytes nowhere", header(of([8n, 0n]))];
  yield ["bytes that end too early", header(of([edge - 3n, 5n]))];
  yield ["a good and a vector nowhere", header(of([addressOf(HELLO), 5n], [8n, 5n]))];
  yield ["70,000 bytes", header(of([addressOf(big), 70_000n]))];
  yield ["65,507 bytes", header(of([addressOf(big), 65_507n]))];
  yield ["65,508 bytes", header(of([addressOf(big), 65_508n]))];
  yield ["2 GB and more", header(of([addressOf(big), 0x7fff_ffffn], [addressOf(big), 0x7fff_ffffn]))];
  yield ["control data", header({ ...good, control: addressOf(control), controlLength: 20n })];
  yield ["control data cut short", header({ ...good, control: addressOf(control), controlLength: 19n })];
  yield ["control data of no entry", header({ ...good, control: addressOf(control), controlLength: 8n })];
  yield ["control data nowhere", header({ ...good, control: 8n, controlLength: 20n })];
  yield ["endless control data", header({ ...good, control: addressOf(control), controlLength: 1n << 40n })];
  yield ["much control data", header({ ...good, control: addressOf(big), controlLength: 65_536n })];
  ok(keep.length > 0);
}

Deno.test("sendmsg and sendmmsg give what the kernel gives for odd messages", () => {
  using open = new Descriptors();
  const { udp } = receivers(open);
  const connectTo = inet("127.0.0.1", udp);
  const different: string[] = [];
  for (const kind of Object.keys(KINDS).filter((kind) => !kind.includes("tcp"))) {
    for (const connected of [false, true]) {
      const prepare = connected ? (fd: number) => void native(Sys.connect, fd, connectTo, 16) : undefined;
      for (const [what, message] of oddMessages(udp)) {
        const calls: [number, Argument[]][] = [
          [Sys.sendmsg, [message, 0]],
          [Sys.sendmsg, [message, 0x8000_0000 | 0]],
          [Sys.sendmmsg, [message, 1, 0]],
          [Sys.sendmmsg, [message, 0, 0]],
        ];
        for (const [nr, args] of calls) {
          const [expected, got] = both(kind, nr, args, prepare);
          if (got !== expected) different.push(`${nr} ${kind}, ${what}: ${got}, not ${expected}`);
        }
      }
    }
  }
  deepEqual(different, []);
});

Deno.test("sendto gives what the kernel gives for odd buffers and flags", () => {
  using open = new Descriptors();
  const { udp } = receivers(open);
  const edge = edgeOfMemory();
  const to = inet("127.0.0.1", udp);
  const big = zeros(70_000);
  const different: string[] = [];
  for (const kind of Object.keys(KINDS)) {
    for (
      const [buffer, length] of [[HELLO, 5], [HELLO, 0], [0n, 0], [0n, 5], [edge - 2n, 5], [1n << 63n, 5], [
        big,
        70_000,
      ], [HELLO, -1]] as const
    ) {
      for (const flags of [0, 0x40, 0x1, 0x4, 0x80, 0x8000, 0x400_0000, 0x8000_0000 | 0, 0x10_0000, 0x1000]) {
        for (const address of [to, null]) {
          const [expected, got] = both(kind, Sys.sendto, [
            buffer,
            length,
            flags | 0x4000,
            address,
            address ? 16 : 0,
          ]);
          if (got !== expected) {
            different.push(`${kind}, ${length} bytes at ${buffer}, flags ${flags}: ${got}, not ${expected}`);
          }
        }
      }
    }
  }
  deepEqual(different, []);
});

Deno.test("listen and shutdown give what the kernel gives", () => {
  const different: string[] = [];
  for (const kind of Object.keys(KINDS)) {
    for (const value of [-1, 0, 1, 2, 3, 128, 0x7fff_ffff]) {
      for (const nr of [Sys.listen, Sys.shutdown]) {
        const [expected, got] = both(kind, nr, [value]);
        if (got !== expected) different.push(`${nr} ${kind} ${value}: ${got}, not ${expected}`);
      }
    }
  }
  deepEqual(different, []);
});

Deno.test("calls on sockets of other families go on after they were asked about", () => {
  using open = new Descriptors();
  const path = bytesOf(1, 0, 0x2f, 0x78, 0);
  for (const [family, type] of [[Unix, Stream], [Unix, Datagram], [Netlink, Raw]] as const) {
    const fd = open.socket(family, type);
    const calls: [number, Argument[]][] = [
      [Sys.connect, [fd, path, 5]],
      [Sys.bind, [fd, path, 5]],
      [Sys.listen, [fd, 1]],
      [Sys.shutdown, [fd, 2]],
      [Sys.sendto, [fd, HELLO, 5, 0, path, 5]],
      [Sys.sendmsg, [fd, header({ name: addressOf(path), nameLength: 5 }), 0]],
      [Sys.sendmmsg, [fd, header({ name: addressOf(path), nameLength: 5 }), 1, 0]],
    ];
    for (const [nr, args] of calls) {
      const call = new OwnCall(nr, args);
      equal(call.run(CALLS.get(nr)!), CONTINUE);
      equal(call.asked.length, 1);
      ok((call.asked[0]!.flags & 4) !== 0, "not marked as advisory");
      const denied = new OwnCall(nr, args, { answer: () => ERRNO.ECONNREFUSED });
      equal(denied.run(CALLS.get(nr)!), -ERRNO.ECONNREFUSED);
    }
    const fast = new OwnCall(Sys.sendto, [fd, HELLO, 5, MSG_FASTOPEN, path, 5]);
    equal(fast.run(CALLS.get(Sys.sendto)!), -ERRNO.EOPNOTSUPP);
    deepEqual(fast.asked, []);
  }
});

Deno.test("what nobody wants to be asked about goes on", () => {
  using open = new Descriptors();
  const fd = open.socket(Inet, Stream);
  for (const [nr, handler] of CALLS) {
    const call = new OwnCall(nr, [fd, HELLO, 5, 0, null, 0], { wants: [] });
    equal(call.run(handler), CONTINUE, String(nr));
    deepEqual(call.asked, []);
  }
});
