import { equal, ok } from "node:assert/strict";
import { Action, Cause, Event, EventFlag } from "../../ffi/mod.ts";
import { AF, ERRNO, IPPROTO, LOOPBACK, SOCK } from "./linux.ts";
import { connect, run, start } from "./probe.ts";
import { Responder, since } from "./responder.ts";

Deno.test("verdict: an allowed call goes on as if nobody had asked", async () => {
  using responder = Responder.attach();
  const { result, events } = await responder.serve(connect());
  equal(result, "0");
  equal(events.length, 1);
});

Deno.test("verdict: a denied call fails with EPERM, and does nothing", async () => {
  using responder = Responder.attach();
  const steps = ["socket:inet:dgram", "connect:127.0.0.1:9", "write:x"];
  const { result } = await responder.serve(run("call", ...steps), (event) => responder.deny(event));
  equal(result[1], "connect EPERM");
  equal(result[2], "write EDESTADDRREQ", "the socket is still without a peer");
});

Deno.test("verdict: a denied call fails with the errno that the verdict names", async () => {
  using responder = Responder.attach();
  const { result } = await responder.serve(
    connect(),
    (event) => responder.deny(event, { errno: ERRNO.ECONNREFUSED }),
  );
  equal(result, "ECONNREFUSED");
});

Deno.test("verdict: the question says who asks, and for what", async () => {
  using responder = Responder.attach();
  await using probe = start(
    "call",
    "comm:asker",
    "uid:1234:4321",
    "socket:inet:dgram",
    "connect:127.0.0.1:9",
  );
  const event = await responder.next();
  equal(event.name, "snet.connect");
  equal(event.task.pid, probe.pid);
  equal(event.task.tid, probe.pid);
  equal(event.task.ppid, Deno.pid);
  equal(event.task.uid, 1234);
  equal(event.task.gid, 4321);
  equal(event.task.comm, "asker");
  equal(event.task.exe, "/run/probe/call");
  const stat = await Deno.stat("/run/probe/call");
  equal(event.task.exeIno, BigInt(stat.ino!));
  equal(event.task.exeDev, BigInt(stat.dev));
  equal(`mnt:[${event.task.exeMntns}]`, await Deno.readLink("/proc/self/ns/mnt"));
  equal(`net:[${event.task.netns}]`, await Deno.readLink("/proc/self/ns/net"));
  equal(event.socket.family, AF.INET);
  equal(event.socket.type, SOCK.DGRAM);
  equal(event.socket.protocol, IPPROTO.UDP);
  equal(event.remote?.ipv4, LOOPBACK);
  equal(event.remote?.port, 9);
  const startTicks = (await Deno.readTextFile(`/proc/${probe.pid}/stat`)).split(") ")[1]!.split(" ")[19]!;
  equal(event.task.startTime / 10_000_000n, BigInt(startTicks), "start time in /proc's 100 Hz");
  responder.allow(event);
  equal((await probe.end()).lines.at(-1), "connect 0");
});

for (const [policy, result] of [["Deny", "EPERM"], ["Allow", "0"]] as const) {
  Deno.test(`verdict: a call that nobody answers ends by the policy ${policy} after the delay`, async () => {
    using responder = Responder.attach({ delay: 100, policy: Action[policy] });
    const before = responder.stats();
    equal(await connect(), result);
    const counted = since(before, responder.stats());
    equal(counted.endsTimeoutDenied, policy === "Deny" ? 1n : 0n);
    equal(counted.endsTimeoutAllowed, policy === "Allow" ? 1n : 0n);
    const event = await responder.next();
    const cancel = responder.cancels.find(({ id }) => id === event.id);
    equal(cancel?.cause, Cause.Timeout, "the daemon is told");
  });
}

Deno.test("verdict: delay and policy can differ by event", async () => {
  using responder = Responder.attach({ events: [Event.SnetConnect, Event.SnetBind], delay: 100 });
  responder.socket.configure({ event: Event.SnetBind, delay: 100, policy: Action.Allow });
  const lines = await run("call", "socket:inet:dgram", "bind:127.0.0.1:7777", "connect:127.0.0.1:9");
  equal(lines[1], "bind 0");
  equal(lines[2], "connect EPERM");
});

Deno.test("verdict: hold moves the deadline", async () => {
  using responder = Responder.attach({ delay: 3_000, policy: Action.Allow });
  const before = responder.stats();
  await using probe = start("call", "socket:inet:dgram", "connect:127.0.0.1:9");
  const event = await responder.next();
  ok(event.timeLeft <= 3_000);
  responder.hold(event, 100);
  // Held for less than was left, it ends by the moved deadline.
  equal((await probe.end()).lines.at(-1), "connect 0");
  equal(since(before, responder.stats()).held, 1n);
});

Deno.test("verdict: a call on hold outlives its first deadline", async () => {
  using responder = Responder.attach({ delay: 1_000, policy: Action.Deny });
  const before = responder.stats();
  await using first = start("call", "socket:inet:dgram", "connect:127.0.0.1:9");
  const event = await responder.next();
  responder.hold(event, 600_000);
  // A second call with the same delay, asked later and not held, ends first: the first one's delay has passed.
  equal(await connect(), "EPERM");
  equal(responder.stats().waiting - before.waiting, 1n);
  responder.allow(event);
  equal((await first.end()).lines.at(-1), "connect 0");
});

Deno.test("verdict: equal calls of two programs are two questions, answered in any order", async () => {
  using responder = Responder.attach();
  await using one = start("call", "socket:inet:dgram", "connect:127.0.0.1:9");
  const first = await responder.next();
  await using two = start("call", "socket:inet:dgram", "connect:127.0.0.1:9");
  const second = await responder.next();
  responder.deny(second, { errno: ERRNO.EACCES });
  equal((await two.end()).lines.at(-1), "connect EACCES");
  responder.allow(first);
  equal((await one.end()).lines.at(-1), "connect 0");
});

Deno.test("verdict: events and families that were not attached to are not asked", async () => {
  using responder = Responder.attach();
  const before = responder.stats();
  const lines = await run(
    "call",
    "socket:inet6:dgram",
    "connect:[::1]:9",
    "socket:inet:dgram",
    "bind:127.0.0.1:7777",
    "sendto:x:127.0.0.1:9",
  );
  equal(lines.join(), "socket 3,connect 0,socket 4,bind 0,sendto 1");
  equal(since(before, responder.stats()).asked, 0n);
});

Deno.test("verdict: no event of the test is a notification unless it says so", async () => {
  using responder = Responder.attach();
  const { events } = await responder.serve(connect());
  equal(events[0]!.flags & EventFlag.Notify, 0);
});
