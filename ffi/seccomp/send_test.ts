import { deepEqual, equal, ok } from "node:assert/strict";
import { ERRNO } from "../errno.ts";
import { Poll } from "../libc.ts";
import { Event, EventFlag } from "../protocol.ts";
import type { Ask, Wait } from "./call.ts";
import { CALLS } from "./calls.ts";
import {
  addressOf,
  type Argument,
  type Asked,
  bytesOf,
  Descriptors,
  inet,
  inet6,
  listener,
  LOOPBACK6,
  native,
  OwnCall,
  type OwnCallOptions,
  portOf,
  setTimeLimit,
  Sys,
  tcpPair,
  zeros,
} from "./own_call.ts";

const MSG_DONTWAIT = 0x40;
const MSG_ZEROCOPY = 0x400_0000;
const MSG_FASTOPEN = 0x2000_0000;
const SO_SNDTIMEO = 21;
const EPERM = -ERRNO.EPERM;

const text = (value: string) => bytesOf(...new TextEncoder().encode(value));

function run(nr: number, args: readonly Argument[], options?: OwnCallOptions): [unknown, OwnCall] {
  const call = new OwnCall(nr, args, options);
  return [call.run(CALLS.get(nr)!), call];
}

/** A UDP receiver on 127.0.0.1. */
function receiver(open: Descriptors): { fd: number; address: Uint8Array<ArrayBuffer> } {
  const fd = open.socket(2, 2);
  equal(native(Sys.bind, fd, inet("127.0.0.1", 0), 16), 0);
  return { fd, address: inet("127.0.0.1", portOf(fd)) };
}

/** What a socket has received, without waiting; undefined for nothing. */
function received(fd: number): string | undefined {
  const bytes = zeros(2048);
  const length = native(Sys.recvfrom, fd, bytes, bytes.length, MSG_DONTWAIT, null, null);
  return length < 0 ? undefined : new TextDecoder().decode(bytes.slice(0, length));
}

/** Memory of messages, which must outlive the call. */
const memory: unknown[] = [];

interface Parts {
  readonly name?: Uint8Array<ArrayBuffer>;
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
  readonly control?: Uint8Array<ArrayBuffer>;
}

/** Several struct mmsghdr, of which the first is a struct msghdr. */
function messages(...all: readonly Parts[]): Uint8Array<ArrayBuffer> {
  const bytes = zeros(64 * all.length);
  const view = new DataView(bytes.buffer);
  all.forEach(({ name, pieces, control }, i) => {
    const vectors = new BigUint64Array(new ArrayBuffer(16 * Math.max(1, pieces.length)));
    pieces.forEach((piece, at) => vectors.set([addressOf(piece), BigInt(piece.length)], 2 * at));
    const vectorsAt = addressOf(new Uint8Array(vectors.buffer));
    view.setBigUint64(64 * i, name ? addressOf(name) : 0n, true);
    view.setUint32(64 * i + 8, name?.length ?? 0, true);
    view.setBigUint64(64 * i + 16, vectorsAt, true);
    view.setBigUint64(64 * i + 24, BigInt(pieces.length), true);
    view.setBigUint64(64 * i + 32, control ? addressOf(control) : 0n, true);
    view.setBigUint64(64 * i + 40, BigInt(control?.length ?? 0), true);
    memory.push(vectors, name, pieces, control);
  });
  return bytes;
}

/** One struct cmsghdr. */
function controlOf(level: number, type: number, ...data: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(...new Uint8Array(16), ...data);
  new Uint32Array(bytes.buffer, 0, 4).set([bytes.length, 0, level, type]);
  return bytes;
}

Deno.test("a datagram goes with the bytes and to the address that were judged", () => {
  using open = new Descriptors();
  const judged = receiver(open);
  const other = receiver(open);
  const fd = open.socket(2, 2);
  const body = text("question");
  const address = judged.address.slice();
  const answer = () => {
    body.fill(120);
    address.set(other.address);
    return 0;
  };
  const [sent, call] = run(Sys.sendto, [fd, body, body.length, 0, address, 16], { answer, payloadMax: 64 });
  equal(sent, 8);
  deepEqual([received(judged.fd), received(other.fd)], ["question", undefined]);
  const [{ event, flags }] = call.asked as [Asked];
  equal(new TextDecoder().decode(event.payload), "question");
  equal(event.length, 8);
  equal(flags, 0);
});

Deno.test("what is shown of a longer datagram is what is sent of it", () => {
  using open = new Descriptors();
  const to = receiver(open);
  const fd = open.socket(2, 2);
  const [first, second] = [text("abcd"), text("efgh")];
  const answer = () => {
    first.fill(120);
    return 0;
  };
  const message = messages({ name: to.address, pieces: [first, second] });
  const [sent, call] = run(Sys.sendmsg, [fd, message, 0], { answer, payloadMax: 6 });
  equal(sent, 8);
  equal(new TextDecoder().decode(call.asked[0]!.event.payload), "abcdef");
  equal(received(to.fd), "abcdefgh");
});

Deno.test("sends on a connected socket are asked about where all are, and carried out anyway", () => {
  using open = new Descriptors();
  const to = receiver(open);
  const fd = open.socket(2, 2);
  equal(native(Sys.connect, fd, to.address, 16), 0);
  const body = text("hi");
  const [sent, silent] = run(Sys.sendmsg, [fd, messages({ pieces: [body] }), 0]);
  deepEqual([sent, silent.asked.length, received(to.fd)], [2, 0, "hi"]);
  const [denied, all] = run(Sys.sendmsg, [fd, messages({ pieces: [body] }), 0], {
    sendAll: true,
    answer: () => ERRNO.EACCES,
  });
  deepEqual([denied, received(to.fd)], [-ERRNO.EACCES, undefined]);
  const [asked] = all.asked;
  deepEqual([asked?.remote, asked?.flags], [`127.0.0.1:${portOf(to.fd)}`, EventFlag.Connected]);
});

Deno.test("an address that UDP over IPv6 drops for the peer is not asked about, but IPv4 within it is", () => {
  using open = new Descriptors();
  const fd = open.socket(10, 2);
  const to = open.socket(10, 2);
  equal(native(Sys.bind, to, inet6(LOOPBACK6, 0), 28), 0);
  equal(native(Sys.connect, fd, inet6(LOOPBACK6, portOf(to)), 28), 0);
  const unspecified = inet6(LOOPBACK6, 9, 0);
  const [sent, silent] = run(Sys.sendto, [fd, text("hi"), 2, 0, unspecified, 28]);
  deepEqual([sent, silent.asked.length, received(to)], [2, 0, "hi"]);
  const [, asked] = run(Sys.sendto, [fd, text("hi"), 2, 0, inet("1.2.3.4", 9, 0), 16]);
  deepEqual(asked.asked.map(({ remote }) => remote), ["1.2.3.4:9"]);
});

Deno.test("sendmmsg asks about every message, and says how many went before one is denied", () => {
  using open = new Descriptors();
  const to = [receiver(open), receiver(open), receiver(open)] as const;
  const fd = open.socket(2, 2);
  const all = messages(...to.map(({ address }, i) => ({ name: address, pieces: [text("x".repeat(i + 1))] })));
  const lengths = () => [0, 1, 2].map((i) => new DataView(all.buffer).getUint32(64 * i + 56, true));
  const answer = ({ remote }: Asked) => remote.endsWith(`:${portOf(to[2].fd)}`) ? ERRNO.EPERM : 0;
  const [sent, call] = run(Sys.sendmmsg, [fd, all, 3, 0], { answer });
  equal(sent, 2);
  deepEqual(call.asked.map(({ remote }) => remote), to.map((one) => `127.0.0.1:${portOf(one.fd)}`));
  deepEqual(lengths(), [1, 2, 0]);
  deepEqual(to.map((one) => received(one.fd)), ["x", "xx", undefined]);
  const [denied] = run(Sys.sendmmsg, [fd, all, 3, 0], { answer: () => ERRNO.EPERM });
  equal(denied, EPERM);
});

Deno.test("a sendmmsg that is interrupted says how many messages it has sent", () => {
  using open = new Descriptors();
  const { address } = receiver(open);
  const all = messages({ name: address, pieces: [text("a")] }, { name: address, pieces: [text("b")] });
  const interrupted: unknown[] = [];
  const steps = CALLS.get(Sys.sendmmsg)!(new OwnCall(Sys.sendmmsg, [open.socket(2, 2), all, 2, 0]));
  let next = steps.next();
  while (!next.done) {
    interrupted.push(next.value.interrupted);
    next = steps.next(0);
  }
  deepEqual(interrupted, [undefined, 1]);
});

Deno.test("TCP heeds an address for fast open only, which is asked about as a connect", () => {
  using open = new Descriptors();
  const [near, far] = tcpPair(open);
  const other = inet("127.0.0.1", 9);
  const [sent, silent] = run(Sys.sendto, [near, text("hi"), 2, 0, other, 16]);
  deepEqual([sent, silent.asked.length, received(far)], [2, 0, "hi"]);

  const { fd: server, port } = listener(open);
  const fd = open.socket(2, 1);
  const to = inet("127.0.0.1", port);
  const args = [fd, text("fast"), 4, MSG_FASTOPEN, to, 16];
  const [opened, call] = run(Sys.sendto, args);
  equal(opened, 4);
  const [asked] = call.asked;
  deepEqual([asked?.name, asked?.remote, asked?.flags], [
    "snet.connect",
    `127.0.0.1:${port}`,
    EventFlag.Fastopen,
  ]);
  equal(received(open.add(native(Sys.accept, server, null, null))), "fast");
  const only = run(Sys.sendto, [open.socket(2, 1), text("fast"), 4, MSG_FASTOPEN, to, 16], {
    wants: [Event.SnetSendmsg],
    answer: () => ERRNO.EPERM,
  });
  deepEqual([only[0], only[1].asked[0]?.name], [EPERM, "snet.sendmsg"]);
});

Deno.test("a fast open that waits for its connection sends all there is", () => {
  using open = new Descriptors();
  const { fd: server, port } = listener(open);
  const body = zeros(100_000);
  const args = [open.socket(2, 1), body, body.length, MSG_FASTOPEN, inet("127.0.0.1", port), 16];
  equal(run(Sys.sendto, args)[0], body.length);
  const far = open.add(native(Sys.accept, server, null, null));
  let sum = 0;
  for (let got = received(far); got; got = received(far)) sum += got.length;
  equal(sum, body.length);
});

/** Fills the buffers of a connection. */
/** Fills a stream whose other end takes nothing. What is under way on the loopback arrives later, and then there is room again. */
function fill(fd: number): void {
  const body = zeros(65_536);
  for (let added = true; added;) {
    added = false;
    while (native(Sys.sendto, fd, body, body.length, MSG_DONTWAIT, null, 0) > 0) added = true;
    native(Sys.poll, null, 0, 50);
  }
}

function drain(fd: number): number {
  const body = zeros(65_536);
  const got = native(Sys.recvfrom, fd, body, body.length, MSG_DONTWAIT, null, null);
  return Math.max(0, got);
}

Deno.test("a stream that waits sends all, and says what it has sent where it is interrupted", () => {
  using open = new Descriptors();
  const [near, far] = tcpPair(open);
  const body = zeros(20_000_000).map((_, i) => i * 7);
  let sum = 0;
  let isRight = true;
  const take = () => {
    const piece = zeros(65_536);
    for (;;) {
      const got = native(Sys.recvfrom, far, piece, piece.length, MSG_DONTWAIT, null, null);
      if (got <= 0) return;
      for (let i = 0; i < got; i++) if (piece[i] !== (((sum + i) * 7) & 0xff)) isRight = false;
      sum += got;
    }
  };
  const ready = (wait: Wait) => {
    ok(wait.events === 0 || wait.interrupted! > 0);
    take();
    return Poll.Out;
  };
  const [sent, call] = run(Sys.sendto, [near, body, body.length, 0, null, 0], { ready });
  take();
  equal(sent, body.length);
  ok(call.waits.length > 2);
  while (sum < body.length) take();
  ok(isRight, "the bytes are not those of the program");
});

Deno.test("a stream that does not wait sends what there is room for, or nothing", () => {
  using open = new Descriptors();
  const [near] = tcpPair(open);
  const body = zeros(20_000_000);
  const [some, call] = run(Sys.sendto, [near, body, body.length, MSG_DONTWAIT, null, 0]);
  ok(Number(some) > 0 && Number(some) < body.length);
  fill(near);
  const [none] = run(Sys.sendto, [near, body, body.length, MSG_DONTWAIT, null, 0]);
  equal(none, -ERRNO.EAGAIN);
  deepEqual(call.waits, []);
});

Deno.test("a send waits no longer than the socket's time limit", () => {
  using open = new Descriptors();
  const [near, far] = tcpPair(open);
  fill(near);
  setTimeLimit(near, SO_SNDTIMEO, 200_000);
  const body = zeros(8_000_000);
  const [none, call] = run(Sys.sendto, [near, body, body.length, 0, null, 0], { ready: () => 0 });
  equal(none, -ERRNO.EAGAIN);
  const [wait] = call.waits;
  ok(wait!.timeout > 0 && wait!.timeout <= 200);
  equal(wait!.interrupted, -ERRNO.EINTR);
  let turns = 0;
  const ready = () => {
    if (turns++ > 0) return 0;
    while (drain(far) > 0);
    return Poll.Out;
  };
  const [some] = run(Sys.sendto, [near, body, body.length, 0, null, 0], { ready });
  ok(Number(some) > 0 && Number(some) < body.length, String(some));
});

Deno.test("a broken pipe gives EPIPE, and the signal to whoever has not asked to be spared", async () => {
  using open = new Descriptors();
  const [near] = tcpPair(open);
  native(Sys.shutdown, near, 1);
  let signals = 0;
  let heard = () => {};
  const signalled = new Promise<void>((resolve) => heard = resolve);
  const count = () => {
    signals++;
    heard();
  };
  Deno.addSignalListener("SIGPIPE", count);
  const alive = setInterval(() => {}, 1000); // a listener alone does not keep the event loop
  try {
    equal(run(Sys.sendto, [near, text("a"), 1, 0x4000, null, 0])[0], -ERRNO.EPIPE);
    equal(run(Sys.sendto, [near, text("a"), 1, 0, null, 0])[0], -ERRNO.EPIPE);
    await signalled;
    equal(signals, 1);
  } finally {
    clearInterval(alive);
    Deno.removeSignalListener("SIGPIPE", count);
  }
});

Deno.test("a send without copying is refused where it would be done", () => {
  using open = new Descriptors();
  const [near] = tcpPair(open);
  equal(run(Sys.sendto, [near, text("a"), 1, MSG_ZEROCOPY, null, 0])[0], 1);
  equal(native(Sys.setsockopt, near, 1, 60, bytesOf(1, 0, 0, 0), 4), 0);
  equal(run(Sys.sendto, [near, text("a"), 1, MSG_ZEROCOPY, null, 0])[0], -ERRNO.ENOBUFS);
});

Deno.test("routes of a message's own are refused without a question, other control data is sent", () => {
  using open = new Descriptors();
  const to = receiver(open);
  const body = text("hi");
  const send = (control: Uint8Array<ArrayBuffer>, wants?: Event[]) =>
    run(Sys.sendmsg, [open.socket(2, 2), messages({ name: to.address, pieces: [body], control }), 0], {
      ...(wants && { wants }),
    });
  const ttl = controlOf(0, 2, 7, 0, 0, 0);
  const behind = bytesOf(...ttl, 0, 0, 0, 0, ...controlOf(41, 57, 0));
  const routes = [controlOf(0, 7, 0, 0, 0, 0), controlOf(41, 57, 0), controlOf(41, 5, 0), behind];
  for (const control of routes) {
    for (const wants of [undefined, [Event.SnetConnect]]) {
      const [refused, call] = send(control, wants);
      deepEqual([refused, call.asked.length], [EPERM, 0]);
    }
  }
  equal(send(ttl)[0], 2);
  deepEqual([received(to.fd), received(to.fd)], ["hi", undefined]);
});

Deno.test("sends that nobody is to judge go on, but not where a route may lie behind a pointer", () => {
  using open = new Descriptors();
  const to = receiver(open);
  const wants = [Event.SnetConnect];
  const fd = open.socket(2, 2);
  equal(typeof run(Sys.sendto, [fd, text("hi"), 2, 0, to.address, 16], { wants })[0], "symbol");
  const message = messages({ name: to.address, pieces: [text("hi")] });
  const [sent, call] = run(Sys.sendmsg, [fd, message, 0], { wants });
  deepEqual([sent, call.asked.length], [2, 0]);
});

Deno.test("a send that was woken for nothing rests before it tries again", () => {
  using open = new Descriptors();
  const [near] = tcpPair(open);
  fill(near);
  const steps = CALLS.get(Sys.sendto)!(new OwnCall(Sys.sendto, [near, text("a"), 1, 0, null, 0]));
  const waits: [number, boolean][] = [];
  let next: IteratorResult<Ask | Wait, unknown> = steps.next();
  while (!next.done && waits.length < 3) {
    const { value } = next;
    ok(value.step === "wait");
    waits.push([value.events, value.timeout < 0]);
    next = steps.next(value.events);
  }
  steps.return(0);
  deepEqual(waits, [[Poll.Out, true], [0, false], [Poll.Out, true]]);
});

Deno.test("0.0.0.0 is what it was judged to be, whatever address the message says that it comes from", () => {
  using open = new Descriptors();
  const judged = receiver(open);
  const port = portOf(judged.fd);
  const other = open.socket(2, 2);
  equal(native(Sys.bind, other, inet("127.0.0.5", port), 16), 0);
  const fd = open.socket(2, 2);
  const IP_PKTINFO = 8;
  const control = controlOf(0, IP_PKTINFO, 0, 0, 0, 0, 127, 0, 0, 5, 0, 0, 0, 0);
  const message = messages({ name: inet("0.0.0.0", port), pieces: [text("self")], control });
  equal(native(Sys.sendmsg, fd, message, 0), 4);
  deepEqual([received(judged.fd), received(other)], [undefined, "self"], "the kernel sends it elsewhere");
  const [sent, call] = run(Sys.sendmsg, [fd, message, 0]);
  equal(sent, 4);
  equal(call.asked[0]!.remote, `127.0.0.1:${port}`);
  deepEqual([received(judged.fd), received(other)], ["self", undefined]);
});
