import { deepEqual, equal, ok } from "node:assert/strict";
import { ERRNO } from "../errno.ts";
import { Poll } from "../libc.ts";
import { Event, EventFlag } from "../protocol.ts";
import type { Outcome, Wait } from "./call.ts";
import { connect } from "./connect.ts";
import {
  bytesOf,
  copiesOf,
  Descriptors,
  inet,
  inet6,
  isNonblocking,
  listener,
  LOOPBACK6,
  MAPPED_LOOPBACK,
  native,
  OwnCall,
  type OwnCallOptions,
  portOf,
  setTimeLimit,
  Sys,
  zeros,
} from "./own_call.ts";

const SOCK_NONBLOCK = 0o4000;
const SO_SNDTIMEO = 21;

function connectCall(fd: number, address: Uint8Array<ArrayBuffer>, options?: OwnCallOptions): OwnCall {
  return new OwnCall(Sys.connect, [fd, address, address.length], options);
}

function peerPort(fd: number): number {
  const name = zeros(128);
  const failed = native(Sys.getpeername, fd, name, bytesOf(128, 0, 0, 0));
  return failed < 0 ? failed : (name[2]! << 8) | name[3]!;
}

/** A port whose listener takes nobody more: a connection to it stays under way. */
function fullPort(open: Descriptors): number {
  const { port } = listener(open, 0);
  for (let i = 0; i < 2; i++) {
    native(Sys.connect, open.socket(2, 1 | SOCK_NONBLOCK), inet("127.0.0.1", port), 16);
  }
  return port;
}

Deno.test("connect asks about the address as the protocol reads it, and where from", () => {
  using open = new Descriptors();
  const { port } = listener(open);
  const cases: [number, number, Uint8Array<ArrayBuffer>, string, number][] = [
    [2, 1, inet("127.0.0.1", port), `127.0.0.1:${port}`, 0],
    [2, 1, inet("0.0.0.0", port), `127.0.0.1:${port}`, 0],
    [2, 1 | SOCK_NONBLOCK, inet("127.0.0.1", port), `127.0.0.1:${port}`, EventFlag.Nonblock],
    [10, 1, inet6(MAPPED_LOOPBACK, port), `127.0.0.1:${port}`, EventFlag.Mapped],
    [10, 2, inet6(LOOPBACK6, port), `${LOOPBACK6}:${port}`, 0],
    [10, 2, inet6("00".repeat(16), port), `${LOOPBACK6}:${port}`, 0],
    [2, 1, inet("1.2.3.4", port, 0), "", EventFlag.Disconnect],
    [2, 1, bytesOf(2), ":0", EventFlag.Unnamed],
  ];
  for (const [family, type, address, remote, flags] of cases) {
    const fd = open.socket(family, type);
    const call = connectCall(fd, address);
    call.run(connect);
    const [asked, ...more] = call.asked;
    deepEqual(more, []);
    deepEqual(
      { name: asked?.name, family: asked?.family, remote: asked?.remote, flags: asked?.flags },
      { name: "snet.connect", family, remote, flags },
    );
    equal(asked?.local, family === 2 ? "0.0.0.0:0" : `${"00".repeat(16)}:0`);
    ok(asked.event.cookie! > 0n);
  }
});

Deno.test("connect goes where it was judged to go, whatever the program writes meanwhile", () => {
  using open = new Descriptors();
  const judged = listener(open);
  const other = listener(open);
  const fd = open.socket(2, 1);
  const address = inet("127.0.0.1", judged.port);
  const call = connectCall(fd, address, {
    answer: () => {
      address.set(inet("127.0.0.1", other.port));
      return 0;
    },
  });
  equal(call.run(connect), 0);
  equal(peerPort(fd), judged.port);
  ok(!isNonblocking(fd));
});

Deno.test("a denied connect gives its errno and touches nothing", () => {
  using open = new Descriptors();
  const { port } = listener(open);
  const fd = open.socket(2, 1);
  const call = connectCall(fd, inet("127.0.0.1", port), { answer: () => ERRNO.ENETUNREACH });
  equal(call.run(connect), -ERRNO.ENETUNREACH);
  equal(peerPort(fd), -ERRNO.ENOTCONN);
  equal(copiesOf(fd), 1);
});

/** Takes a connect to its first wait. */
function startWaiting(call: OwnCall): { steps: ReturnType<typeof connect>; wait: Wait } {
  const steps = connect(call);
  let next = steps.next();
  while (!next.done && next.value.step === "ask") next = steps.next(call.resume(next.value));
  ok(!next.done && next.value.step === "wait", "does not wait");
  return { steps, wait: next.value };
}

Deno.test("connect waits for a connection without keeping the supervisor", () => {
  using open = new Descriptors();
  const fd = open.socket(2, 1);
  const { steps, wait } = startWaiting(connectCall(fd, inet("127.0.0.1", fullPort(open))));
  equal(copiesOf(fd), 2);
  deepEqual({ ...wait, fd: 0 }, {
    step: "wait",
    fd: 0,
    events: Poll.Out,
    timeout: -1,
    interrupted: undefined,
  });
  ok(!isNonblocking(fd), "the program's socket stays non-blocking");
  const again = steps.next(Poll.Out);
  equal(again.done, false, "does not wait on when it was woken for nothing");
  steps.return(0);
  equal(copiesOf(fd), 1);
});

Deno.test("a connect whose time is over is under way, and interrupted it is not run again", () => {
  using open = new Descriptors();
  const fd = open.socket(2, 1);
  setTimeLimit(fd, SO_SNDTIMEO, 300_000);
  const { steps, wait } = startWaiting(connectCall(fd, inet("127.0.0.1", fullPort(open))));
  ok(wait.timeout > 0 && wait.timeout <= 300);
  equal(wait.interrupted, -ERRNO.EINTR);
  deepEqual(steps.next(0), { done: true, value: -ERRNO.EINPROGRESS });
});

Deno.test("a connect that waits again for one that is under way goes on with it", () => {
  using open = new Descriptors();
  const fd = open.socket(2, 1);
  const address = inet("127.0.0.1", fullPort(open));
  startWaiting(connectCall(fd, address)).steps.return(0);
  const { steps } = startWaiting(connectCall(fd, address));
  deepEqual(steps.next(0), { done: true, value: -ERRNO.EALREADY });
});

Deno.test("a shutdown ends another thread's connect, which can be tried again", () => {
  using open = new Descriptors();
  const fd = open.socket(2, 1);
  const { steps } = startWaiting(connectCall(fd, inet("127.0.0.1", fullPort(open))));
  equal(native(Sys.shutdown, fd, 2), 0);
  deepEqual(steps.next(Poll.Out | Poll.HangUp), { done: true, value: -ERRNO.ECONNRESET });
  const { port } = listener(open);
  equal(connectCall(fd, inet("127.0.0.1", port)).run(connect), 0);
});

Deno.test("a refused connect leaves a socket that can be tried again, and a connected one says so", () => {
  using open = new Descriptors();
  const { port } = listener(open);
  const gone = open.socket(2, 1);
  native(Sys.bind, gone, inet("127.0.0.1", 0), 16);
  const fd = open.socket(2, 1);
  const outcomes = [portOf(gone), port, port].map((to) =>
    connectCall(fd, inet("127.0.0.1", to)).run(connect)
  );
  deepEqual(outcomes, [-ERRNO.ECONNREFUSED, 0, -ERRNO.EISCONN]);
});

Deno.test("a non-blocking connect is asked about once for the address that it is under way to", () => {
  using open = new Descriptors();
  const fd = open.socket(2, 1 | SOCK_NONBLOCK);
  const port = fullPort(open);
  const run = (to: number): [Outcome, number] => {
    const call = connectCall(fd, inet("127.0.0.1", to));
    return [call.run(connect), call.asked.length];
  };
  deepEqual(run(port), [-ERRNO.EINPROGRESS, 1]);
  deepEqual(run(port), [-ERRNO.EALREADY, 0]);
  deepEqual(run(port + 1), [-ERRNO.EALREADY, 1]);
  equal(connectCall(fd, inet("0.0.0.0", 0, 0)).run(connect), 0);
  deepEqual(run(port), [-ERRNO.EINPROGRESS, 1]);
});

Deno.test("any address is what it was judged to be, wherever the socket is bound meanwhile", () => {
  using open = new Descriptors();
  const cases: [number, Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>][] = [
    [2, inet("0.0.0.0", 9), inet("127.0.0.5", 0)],
    [10, inet6("00".repeat(16), 9), inet6("00000000000000000000ffff7f000005", 0)],
    [10, inet6("00000000000000000000ffff00000000", 9), inet6("00000000000000000000ffff7f000005", 0)],
  ];
  for (const [family, address, own] of cases) {
    const fd = open.socket(family, 2);
    let bound: number | undefined;
    const answer = () => bound = native(Sys.bind, fd, own, own.length);
    const call = connectCall(fd, address, { answer });
    const failed = call.run(connect);
    equal(bound, 0);
    const asked = call.asked[0]!.remote;
    // An IPv6 socket that is bound to IPv4 does not reach ::1.
    if (asked === `${LOOPBACK6}:9`) ok(failed !== 0);
    else {
      deepEqual([failed, asked], [0, "127.0.0.1:9"]);
      const peer = zeros(28);
      native(Sys.getpeername, fd, peer, bytesOf(28, 0, 0, 0));
      deepEqual([...peer.subarray(family === 2 ? 4 : 20, family === 2 ? 8 : 24)], [127, 0, 0, 1]);
    }
  }
});

Deno.test("connect is not asked about where only other calls are", () => {
  using open = new Descriptors();
  const call = connectCall(open.socket(2, 1), inet("127.0.0.1", 1), { wants: [Event.SnetBind] });
  equal(typeof call.run(connect), "symbol");
  deepEqual(call.asked, []);
});
