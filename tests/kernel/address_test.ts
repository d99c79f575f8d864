import { deepEqual, equal, ok } from "node:assert/strict";
import { AttachFlag, Event, type EventCopy, EventFlag } from "../../ffi/mod.ts";
import { AF, LOOPBACK, SOCK } from "./linux.ts";
import { run, start } from "./probe.ts";
import { Responder } from "./responder.ts";

/** Runs `call` with steps, allows what is asked, and returns the questions. */
async function questions(responder: Responder, ...steps: string[]): Promise<EventCopy[]> {
  const { events } = await responder.serve(run("call", ...steps));
  return events;
}

function has(event: EventCopy, flag: keyof typeof EventFlag): boolean {
  return (event.flags & EventFlag[flag]) !== 0;
}

Deno.test("address: a mapped address on an IPv6 socket is shown as IPv4, and says that it was mapped", async () => {
  using responder = Responder.attach({ families: [AF.INET6] });
  const [event] = await questions(responder, "socket:inet6:dgram", "connect:[::ffff:127.0.0.1]:9");
  equal(event?.socket.family, AF.INET6);
  equal(event?.remote?.family, AF.INET);
  equal(event?.remote?.ipv4, LOOPBACK);
  equal(event?.remote?.ip, "127.0.0.1");
  ok(has(event!, "Mapped"));
});

Deno.test("address: IPv6 is shown as 16 bytes and as text", async () => {
  using responder = Responder.attach({ families: [AF.INET6] });
  const [event] = await questions(responder, "socket:inet6:dgram", "connect:[::1]:9");
  equal(event?.remote?.ip, "::1");
  equal(event?.remote?.port, 9);
  ok(!has(event!, "Mapped"));
});

Deno.test("address: IPv4 given to an IPv6 socket is read as that socket reads it", async () => {
  using responder = Responder.attach({ families: [AF.INET6] });
  const [event] = await questions(responder, "socket:inet6:dgram", "connect:127.0.0.1:9");
  equal(event?.remote?.ip, "127.0.0.1");
  equal(event?.remote?.port, 9);
});

Deno.test("address: connect with AF_UNSPEC dissolves the association, and is told as such", async () => {
  using responder = Responder.attach();
  const events = await questions(
    responder,
    "socket:inet:dgram",
    "connect:127.0.0.1:9",
    "connect:unspec/127.0.0.1:9",
  );
  equal(events.length, 2);
  ok(has(events[1]!, "Disconnect"));
});

Deno.test("address: UDP reads AF_UNSPEC in sendto as IPv4, and so does the question", async () => {
  using responder = Responder.attach({ events: [Event.SnetSendmsg] });
  const [event] = await questions(responder, "socket:inet:dgram", "sendto:hello:unspec/127.0.0.1:9");
  equal(event?.remote?.family, AF.INET);
  equal(event?.remote?.ip, "127.0.0.1");
  equal(event?.remote?.port, 9);
});

Deno.test("address: an IPv6 socket's AF_UNSPEC send without a peer, as the kernel treats it", async () => {
  using responder = Responder.attach({ events: [Event.SnetSendmsg], families: [AF.INET6] });
  const steps = ["socket:inet6:dgram", "sendto:hello:unspec/127.0.0.1:9"];
  const { result, events } = await responder.serve(run("call", ...steps), (event) => responder.deny(event));
  // Whoever is asked or not: a datagram leaves only if the question named its address.
  if (result[1] === "sendto 5") equal(events[0]?.remote?.ip, "127.0.0.1");
  else ok(/^sendto E/.test(result[1]!), result[1]);
});

Deno.test("address: one that is too short says unnamed, and the call fails as it always did", async () => {
  using responder = Responder.attach({ families: [AF.INET6] });
  const { result, events } = await responder.serve(
    run("call", "socket:inet6:dgram", "connect-short:[::1]:9"),
  );
  equal(result[1], "connect-short EINVAL");
  for (const event of events) ok(has(event, "Unnamed"));
});

Deno.test("address: an addressed send names its destination, each of sendmmsg its own", async () => {
  using responder = Responder.attach({ events: [Event.SnetSendmsg] });
  const events = await questions(
    responder,
    "socket:inet:dgram",
    "sendto:a:127.0.0.1:9",
    "sendmsg:ab:127.0.0.2:10",
    "sendmmsg:abc:127.0.0.3:11,127.0.0.4:12",
  );
  deepEqual(events.map(({ remote }) => `${remote?.ip}:${remote?.port}`), [
    "127.0.0.1:9",
    "127.0.0.2:10",
    "127.0.0.3:11",
    "127.0.0.4:12",
  ]);
});

Deno.test("address: a send without an address is asked only with send-all, and names the effective peer", async () => {
  const steps = ["socket:inet:dgram", "connect:127.0.0.1:9", "write:hello"];
  {
    using responder = Responder.attach({ events: [Event.SnetSendmsg] });
    equal((await questions(responder, ...steps)).length, 0);
  }
  using responder = Responder.attach({ events: [Event.SnetSendmsg], flags: AttachFlag.SendAll });
  const [event, ...more] = await questions(responder, ...steps);
  equal(more.length, 0);
  equal(event?.remote?.ip, "127.0.0.1");
  equal(event?.remote?.port, 9);
  ok(has(event!, "Connected"));
});

Deno.test("address: bind and listen name the local address", async () => {
  using responder = Responder.attach({ events: [Event.SnetBind, Event.SnetListen] });
  const [bind, listen] = await questions(responder, "socket:inet:stream", "bind:127.0.0.1:7777", "listen:5");
  equal(`${bind?.local?.ip}:${bind?.local?.port}`, "127.0.0.1:7777");
  equal(`${listen?.local?.ip}:${listen?.local?.port}`, "127.0.0.1:7777");
  equal(listen?.backlog, 5);
});

Deno.test("address: AF_UNIX by path and by abstract name, with the path marked advisory", async () => {
  using responder = Responder.attach({ events: [Event.SnetBind, Event.SnetConnect], families: [AF.UNIX] });
  const events = await questions(
    responder,
    "socket:unix:dgram",
    "bind:unix:/tmp/address-test",
    "socket:unix:dgram",
    "connect:unix:/tmp/address-test",
    "socket:unix:dgram",
    "bind:unix:@address-test",
    "connect:unix:@address-test",
  );
  equal(events[0]?.local?.path, "/tmp/address-test");
  equal(events[1]?.remote?.path, "/tmp/address-test");
  ok(has(events[1]!, "AdvisoryPath"));
  equal(events[2]?.local?.abstract, "address-test");
  equal(events[3]?.remote?.abstract, "address-test");
  ok(!has(events[3]!, "AdvisoryPath"));
  await Deno.remove("/tmp/address-test");
});

Deno.test("address: AF_NETLINK by port id", async () => {
  using responder = Responder.attach({ events: [Event.SnetBind, Event.SnetConnect], families: [AF.NETLINK] });
  const [bind, connect] = await questions(
    responder,
    "socket:netlink:raw:0",
    "bind:netlink:4711",
    "connect:netlink:0",
  );
  equal(bind?.local?.portId, 4711);
  equal(connect?.remote?.portId, 0);
});

Deno.test("address: a raw socket has none when it is made, and one when it sends", async () => {
  using responder = Responder.attach({ events: [Event.SnetSocket, Event.SnetSendmsg] });
  const [made, sent] = await questions(responder, "socket:inet:raw:253", "sendto:hello:127.0.0.1:0");
  equal(made?.name, "snet.socket");
  equal(made?.socket.type, SOCK.RAW);
  equal(made?.socket.protocol, 253);
  equal(sent?.remote?.ip, "127.0.0.1");
});

Deno.test("address: a call in another network namespace is asked, and names that namespace", async () => {
  using responder = Responder.attach();
  await using probe = start("call", "netns", "socket:inet:dgram", "connect:127.0.0.1:9");
  const event = await responder.next();
  const theirs = await Deno.readLink(`/proc/${probe.pid}/ns/net`);
  equal(`net:[${event.task.netns}]`, theirs);
  ok(theirs !== await Deno.readLink("/proc/self/ns/net"));
  responder.deny(event);
  equal((await probe.end()).lines.at(-1), "connect EPERM");
});
