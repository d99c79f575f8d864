import { deepEqual, equal, ok } from "node:assert/strict";
import { ERRNO } from "../errno.ts";
import { close, Poll } from "../libc.ts";
import { Event, EventFlag } from "../protocol.ts";
import { accept, dropKept } from "./accept.ts";
import type { CallSteps, Installed, Outcome, Wait } from "./call.ts";
import {
  addressOf,
  type Argument,
  bytesOf,
  copiesOf,
  Descriptors,
  edgeOfMemory,
  inet,
  isNonblocking,
  listener,
  native,
  OwnCall,
  type OwnCallOptions,
  portOf,
  setTimeLimit,
  Sys,
  zeros,
} from "./own_call.ts";
import { pidfdOpen } from "./procfs.ts";

const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SO_RCVTIMEO = 20;
const POST_ACCEPT = { wants: [Event.SnetPostAccept] };

/** A client of a listener. */
function client(open: Descriptors, port: number): number {
  const fd = open.socket(2, 1);
  equal(native(Sys.connect, fd, inet("127.0.0.1", port), 16), 0);
  return fd;
}

function isClosedByPeer(fd: number): boolean {
  return native(Sys.recvfrom, fd, bytesOf(0), 1, 0x40, /* MSG_DONTWAIT */ null, null) === 0;
}

function acceptCall(fd: number, args: readonly Argument[] = [null, null], options?: OwnCallOptions): OwnCall {
  return new OwnCall(Sys.accept, [fd, ...args], options ?? POST_ACCEPT);
}

function installed(outcome: Outcome): Installed {
  ok(typeof outcome === "object", `no descriptor: ${String(outcome)}`);
  return outcome;
}

/** Ends a descriptor that a call gave. */
function accepted(open: Descriptors, outcome: Outcome): number {
  return open.add(installed(outcome).fd);
}

Deno.test("accept asks before there is a peer and when there is one, and hands the connection over", () => {
  using open = new Descriptors();
  const { fd, port } = listener(open);
  const near = client(open, port);
  const address = zeros(16);
  const length = bytesOf(16, 0, 0, 0);
  const call = acceptCall(fd, [address, length], {});
  const far = accepted(open, call.run(accept));
  deepEqual(call.asked.map(({ name, local, remote, flags }) => [name, local, remote, flags]), [
    ["snet.accept", `127.0.0.1:${port}`, "", 0],
    ["snet.post_accept", `127.0.0.1:${port}`, `127.0.0.1:${portOf(near)}`, EventFlag.Connected],
  ]);
  ok(call.asked[0]!.event.cookie !== call.asked[1]!.event.cookie);
  deepEqual(address, inet("127.0.0.1", portOf(near)));
  equal(native(Sys.sendto, near, bytesOf(7), 1, 0, null, 0), 1);
  const byte = bytesOf(0);
  equal(native(Sys.recvfrom, far, byte, 1, 0, null, null), 1);
  equal(byte[0], 7);
});

Deno.test("accept tells the peer's address as the kernel does, into whatever room there is", () => {
  using open = new Descriptors();
  const { fd, port } = listener(open, 256);
  const edge = edgeOfMemory();
  const room = (bytes: number) => {
    const length = bytesOf(0, 0, 0, 0);
    new DataView(length.buffer).setInt32(0, bytes, true);
    return length;
  };
  const cases: (() => [Argument, Uint8Array<ArrayBuffer> | bigint | null])[] = [
    () => [null, null],
    () => [null, 8n],
    () => [edge - 16n, null],
    () => [edge - 16n, 8n],
    () => [edge - 16n, edge - 2n],
    () => [8n, room(16)],
    () => [8n, room(0)],
    ...[-1, 0, 1, 2, 8, 15, 16, 17, 128, 129, 0x7fff_ffff].map(
      (bytes) => (): [Argument, Uint8Array<ArrayBuffer>] => [zeros(128), room(bytes)],
    ),
  ];
  const told = (make: (...args: Argument[]) => Outcome) =>
    cases.map((of) => {
      native(Sys.bind, client(open, port), inet("127.0.0.1", 0), 16);
      const [address, length] = of();
      const outcome = make(fd, address, length);
      const number = typeof outcome === "object" ? outcome.fd : Number(outcome);
      const result = number < 0 ? number : "a descriptor";
      if (number >= 0) close(number);
      const written = address instanceof Uint8Array
        ? [...address.subarray(0, 2), ...address.subarray(4)]
        : [];
      return [result, written, length instanceof Uint8Array ? [...length] : []];
    });
  const emulated = told((...args) => new OwnCall(Sys.accept, args, POST_ACCEPT).run(accept));
  deepEqual(emulated, told((...args) => native(Sys.accept, ...args)));
});

Deno.test("a connection that is denied is closed, and the program sees the errno", () => {
  using open = new Descriptors();
  const { fd, port } = listener(open);
  const near = client(open, port);
  const call = acceptCall(fd, undefined, { ...POST_ACCEPT, answer: () => ERRNO.ECONNABORTED });
  equal(call.run(accept), -ERRNO.ECONNABORTED);
  equal(copiesOf(fd), 1);
  ok(isClosedByPeer(near));
});

Deno.test("a denied accept takes no connection", () => {
  using open = new Descriptors();
  const { fd, port } = listener(open);
  client(open, port);
  const denied = acceptCall(fd, undefined, { wants: [Event.SnetAccept], answer: () => ERRNO.EPERM });
  equal(denied.run(accept), -ERRNO.EPERM);
  accepted(open, acceptCall(fd).run(accept));
});

Deno.test("accept waits where the socket does, and no longer than its time limit", () => {
  using open = new Descriptors();
  const { fd, port } = listener(open);
  const waits: Wait[] = [];
  const ready = (wait: Wait) => {
    waits.push({ ...wait });
    if (waits.length === 2) client(open, port);
    return Poll.In; // the first time for nothing: another thread was quicker
  };
  accepted(open, acceptCall(fd, undefined, { ...POST_ACCEPT, ready }).run(accept));
  deepEqual(waits.map(({ events, timeout, interrupted }) => [events, timeout, interrupted]), [
    [Poll.In, -1, undefined],
    [Poll.In, -1, undefined],
  ]);
  ok(!isNonblocking(fd));
  setTimeLimit(fd, SO_RCVTIMEO, 200_000);
  const limited = acceptCall(fd, undefined, { ...POST_ACCEPT, ready: () => 0 });
  equal(limited.run(accept), -ERRNO.EAGAIN);
  equal(limited.waits[0]?.interrupted, -ERRNO.EINTR);
  ok(limited.waits[0]!.timeout > 0 && limited.waits[0]!.timeout <= 200);
});

Deno.test("accept does not wait on a non-blocking socket", () => {
  using open = new Descriptors();
  const { fd } = listener(open);
  native(Sys.fcntl, fd, 4, SOCK_NONBLOCK);
  const call = acceptCall(fd);
  equal(call.run(accept), -ERRNO.EAGAIN);
  deepEqual(call.waits, []);
});

Deno.test("a listener that is shut down ends the accept that waits on it", () => {
  using open = new Descriptors();
  const { fd } = listener(open);
  const ready = () => {
    native(Sys.shutdown, fd, 2);
    return Poll.HangUp;
  };
  equal(acceptCall(fd, undefined, { ...POST_ACCEPT, ready }).run(accept), -ERRNO.EINVAL);
});

Deno.test("accept4 passes its flags on, and refuses those that it does not know", () => {
  using open = new Descriptors();
  const { fd, port } = listener(open);
  for (const flags of [0, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC]) {
    client(open, port);
    const call = new OwnCall(Sys.accept4, [fd, null, null, flags], POST_ACCEPT);
    const outcome = installed(call.run(accept));
    open.add(outcome.fd);
    equal(outcome.flags, flags & SOCK_CLOEXEC);
    equal(isNonblocking(outcome.fd), (flags & SOCK_NONBLOCK) !== 0);
    equal((call.asked[0]!.flags & EventFlag.Nonblock) !== 0, (flags & SOCK_NONBLOCK) !== 0);
  }
  for (const bad of [1, 0x40, -1]) {
    const args = (of: number) => [of, null, null, bad];
    for (const  of of[fd, -1]) {
      equal(
        new OwnCall(Sys.accept4, args(of), POST_ACCEPT).run(accept),
        native(Sys.accept4, ...args(of)),
      );
    }
  }
});

Deno.test("accept on what does not listen gives what the kernel gives", () => {
  using open = new Descriptors();
  const path = open.add(native(Sys.open, bytesOf(0x2f, 0), 0o10000000, 0));
  const others = [open.socket(2, 1), open.socket(2, 2), open.socket(1, 1), open.socket(16, 3), path, 0, -1];
  for (const fd of others) {
    equal(acceptCall(fd).run(accept), native(Sys.accept, fd, null, null));
  }
});

/** Takes a call to its question about the peer. */
function startAsking(call: OwnCall): CallSteps {
  const steps = accept(call);
  const { value } = steps.next();
  ok(typeof value === "object" && "step" in value && value.step === "ask");
  return steps;
}

function leaveAtQuestion(call: OwnCall): void {
  startAsking(call).return(0);
}

Deno.test("a connection whose caller was interrupted is the next caller's, on that socket only", () => {
  using open = new Descriptors();
  const first = listener(open);
  const other = listener(open);
  const near = client(open, first.port);
  leaveAtQuestion(acceptCall(first.fd));
  native(Sys.fcntl, other.fd, 4, SOCK_NONBLOCK);
  equal(acceptCall(other.fd).run(accept), -ERRNO.EAGAIN);
  const address = zeros(16);
  const call = new OwnCall(Sys.accept4, [
    first.fd,
    address,
    bytesOf(16, 0, 0, 0),
    SOCK_NONBLOCK,
  ], POST_ACCEPT);
  const far = accepted(open, call.run(accept));
  deepEqual(address, inet("127.0.0.1", portOf(near)));
  deepEqual(call.asked.map(({ remote }) => remote), [`127.0.0.1:${portOf(near)}`]);
  ok(isNonblocking(far));
});

Deno.test("a connection that could not be handed over is the next caller's", () => {
  using open = new Descriptors();
  const { fd, port } = listener(open);
  client(open, port);
  const outcome = installed(acceptCall(fd).run(accept));
  outcome.takeBack!();
  equal(accepted(open, acceptCall(fd).run(accept)), outcome.fd);
});

Deno.test("a connection of a caller that is dead is closed", async () => {
  using open = new Descriptors();
  const { fd, port } = listener(open);
  const near = client(open, port);
  const child = new Deno.Command("true").spawn();
  const pidfd = open.add(pidfdOpen(child.pid, 0));
  await child.status;
  const call = new OwnCall(Sys.accept, [fd, null, null], { ...POST_ACCEPT, pidfd });
  leaveAtQuestion(call);
  ok(isClosedByPeer(near));
});

Deno.test("connections that nobody comes for are closed", () => {
  using open = new Descriptors();
  const { fd, port } = listener(open, 128);
  const near = client(open, port);
  leaveAtQuestion(acceptCall(fd));
  dropKept(60_000);
  ok(!isClosedByPeer(near), "one that is young is not kept");
  dropKept();
  ok(isClosedByPeer(near));
});

Deno.test("no more than 64 connections are kept for callers who do not come", () => {
  using open = new Descriptors();
  const { fd, port } = listener(open, 128);
  const clients = Array.from({ length: 66 }, () => client(open, port));
  const calls = clients.map(() => startAsking(acceptCall(fd)));
  for (const steps of calls) steps.return(0);
  equal(clients.filter(isClosedByPeer).length, 2);
  dropKept();
  equal(clients.filter(isClosedByPeer).length, 66);
});

Deno.test("a unix connection is handed over with its peer", () => {
  using open = new Descriptors();
  const name = bytesOf(1, 0, 0, ...new TextEncoder().encode(`snet-accept-test-${Deno.pid}`));
  const fd = open.socket(1, 1);
  equal(native(Sys.bind, fd, name, name.length), 0);
  equal(native(Sys.listen, fd, 1), 0);
  equal(native(Sys.connect, open.socket(1, 1), name, name.length), 0);
  const address = zeros(16);
  const length = bytesOf(16, 0, 0, 0);
  const call = acceptCall(fd, [addressOf(address), addressOf(length)]);
  accepted(open, call.run(accept));
  deepEqual([...length, ...address.subarray(0, 2)], [2, 0, 0, 0, 1, 0]);
  deepEqual([call.asked[0]?.family, call.asked[0]?.flags], [1, EventFlag.Connected]);
});
