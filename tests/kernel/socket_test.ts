import { deepEqual, equal, ok } from "node:assert/strict";
import { Event, EventFlag, Feature, Operand, Scope } from "../../ffi/mod.ts";
import { AF, ERRNO, SOCK } from "./linux.ts";
import { run, start } from "./probe.ts";
import { Responder, since } from "./responder.ts";
import { until } from "./until.ts";

const decoder = new TextDecoder();

Deno.test("socket: making one can be denied", async () => {
  using responder = Responder.attach({ events: [Event.SnetSocket] });
  const { result, events } = await responder.serve(
    run("call", "socket:inet:stream"),
    (event) => responder.deny(event),
  );
  equal(result[0], "socket EPERM");
  deepEqual([events[0]?.socket.family, events[0]?.socket.type], [AF.INET, SOCK.STREAM]);
});

Deno.test("socket: each call is asked by its own event, in order", async () => {
  using responder = Responder.attach({
    events: [
      Event.SnetSocket,
      Event.SnetBind,
      Event.SnetConnect,
      Event.SnetListen,
      Event.SnetSendmsg,
      Event.SnetShutdown,
    ],
  });
  const { events } = await responder.serve(run(
    "call",
    "socket:inet:stream",
    "bind:127.0.0.1:7778",
    "listen",
    "shutdown:2",
    "socket:inet:dgram",
    "connect:127.0.0.1:9",
    "sendto:x:127.0.0.1:9",
  ));
  deepEqual(events.map(({ name }) => name), [
    "snet.socket",
    "snet.bind",
    "snet.listen",
    "snet.shutdown",
    "snet.socket",
    "snet.connect",
    "snet.sendmsg",
  ]);
  equal(events[3]?.how, 2);
});

/** A listener on loopback that accepts one connection and reads from it. */
const SERVER = ["socket:inet:stream", "bind:127.0.0.1:7779", "listen", "accept", "read"];

Deno.test("socket: post_accept tells the peer's address before the program has the descriptor", async () => {
  using responder = Responder.attach({ events: [Event.SnetPostAccept] });
  await using server = start("call", ...SERVER);
  await until("listening", async () => await server.line() === "listen 0");
  await using client = start(
    "call",
    "socket:inet:stream",
    "bind:127.0.0.5:40000",
    "connect:127.0.0.1:7779",
    "write:hello",
  );
  const event = await responder.next();
  equal(event.name, "snet.post_accept");
  equal(event.task.pid, server.pid);
  equal(`${event.remote?.ip}:${event.remote?.port}`, "127.0.0.5:40000");
  equal(`${event.local?.ip}:${event.local?.port}`, "127.0.0.1:7779");
  responder.allow(event);
  ok(/^accept \d+$/.test(await server.line()));
  equal(await server.line(), "read 5");
  await client.end();
});

Deno.test("socket: a denied post_accept is ECONNABORTED, and the connection is dropped", async () => {
  using responder = Responder.attach({ events: [Event.SnetPostAccept] });
  await using server = start("call", ...SERVER.slice(0, 4));
  await until("listening", async () => await server.line() === "listen 0");
  await using client = start("call", "socket:inet:stream", "connect:127.0.0.1:7779", "read");
  responder.deny(await responder.next());
  equal(await server.line(), "accept ECONNABORTED");
  // The peer's read ends, by the end of the stream or a reset, while the server still runs or not.
  const [, connected, read] = (await client.end()).lines;
  equal(connected, "connect 0");
  ok(read === "read 0" || read === "read ECONNRESET", read);
});

Deno.test("socket: plain accept is asked before there is a peer, only when wanted", async () => {
  using responder = Responder.attach({ events: [Event.SnetAccept] });
  const { result, events } = await responder.serve(
    run("call", "socket:inet:stream", "bind:127.0.0.1:7780", "listen", "nonblock", "accept"),
  );
  equal(result.at(-1), "accept EAGAIN");
  equal(events.length, 1);
  equal(events[0]?.remote, undefined);
});

Deno.test("socket: sendmsg shows the first bytes of what is sent, over all its pieces, and the whole length", async () => {
  using responder = Responder.attach({ events: [Event.SnetSendmsg], payloadMax: 6 });
  const { events } = await responder.serve(run(
    "call",
    "socket:inet:dgram",
    "sendmsg:0123456789:127.0.0.1:9",
    "sendto:abc:127.0.0.1:9",
  ));
  equal(decoder.decode(events[0]?.payload), "012345");
  equal(events[0]?.length, 10n);
  ok(events[0]!.flags & EventFlag.PayloadTruncated);
  ok(events[0]!.flags & EventFlag.AdvisoryPayload);
  equal(decoder.decode(events[1]?.payload), "abc");
  equal(events[1]!.flags & EventFlag.PayloadTruncated, 0);
});

Deno.test("socket: without a wish for payload none is copied", async () => {
  using responder = Responder.attach({ events: [Event.SnetSendmsg] });
  const { events } = await responder.serve(run("call", "socket:inet:dgram", "sendto:abc:127.0.0.1:9"));
  equal(events[0]?.payload, undefined);
  equal(events[0]?.length, 3n);
});

Deno.test("socket: TCP fast open is a connect, and denied as one", async () => {
  using responder = Responder.attach();
  await using server = start("call", ...SERVER);
  await until("listening", async () => await server.line() === "listen 0");
  const { result, events } = await responder.serve(
    run("call", "socket:inet:stream", "fastopen:hello:127.0.0.1:7779"),
    (event) => responder.deny(event),
  );
  equal(result[1], "fastopen EPERM");
  equal(events.length, 1);
  equal(events[0]?.name, "snet.connect");
  equal(events[0]?.remote?.port, 7779);
  ok(events[0]!.flags & EventFlag.Fastopen);
  const allowed = await responder.serve(run("call", "socket:inet:stream", "fastopen:hello:127.0.0.1:7779"));
  equal(allowed.result[1], "fastopen 5");
  equal(allowed.events.length, 1, "one question, though the kernel connects inside");
});

Deno.test("socket: recvmsg can be denied", async () => {
  using responder = Responder.attach({ events: [Event.SnetRecvmsg] });
  const { result } = await responder.serve(
    run("call", "socket:inet:dgram", "nonblock", "read"),
    (event) => responder.deny(event),
  );
  equal(result.at(-1), "read EPERM");
});

Deno.test("socket: close is told, not asked, with the identity of the socket's creator", async () => {
  using responder = Responder.attach({ events: [Event.SnetClose] });
  await using probe = start("call", "uid:1234", "socket:inet:dgram", "close");
  const event = await responder.next();
  equal(event.name, "snet.close");
  equal(event.id, 0n);
  ok(event.flags & EventFlag.Notify);
  equal(event.task.uid, 1234);
  equal(event.task.exe, "/run/probe/call");
  equal(event.task.pid, probe.pid);
  equal((await probe.end()).code, 0);
});

Deno.test("socket: this kernel carries snet's own hooks", () => {
  using responder = Responder.attach();
  ok(responder.socket.settings().features! & Feature.Hooks);
});

Deno.test("socket: AF_UNIX pairs are asked as sockets", async () => {
  using responder = Responder.attach({ events: [Event.SnetSocket], families: [AF.UNIX] });
  const before = responder.stats();
  const { result } = await responder.serve(
    run("call", "socket:unix:stream"),
    (event) => responder.deny(event),
  );
  equal(result[0], "socket EPERM");
  ok(since(before, responder.stats()).endsDenied >= 1n);
});

/** SCTP is not in every kernel: without it there is nothing to ask. */
const sctp = await run("call", "socket:inet:seqpacket:132").then(([line]) =>
  line !== "socket EPROTONOSUPPORT"
);

Deno.test({
  name: "socket: an SCTP connect names its address",
  ignore: !sctp,
  async fn() {
    using responder = Responder.attach();
    const { events, result } = await responder.serve(
      run("call", "socket:inet:stream:132", "connect:127.0.0.1:9"),
      (event) => responder.deny(event),
    );
    equal(result[1], "connect EPERM");
    equal(events[0]?.socket.protocol, 132);
    equal(events[0]?.remote?.ip, "127.0.0.1");
    equal(events[0]?.remote?.port, 9);
  },
});

/** Runs SCTP calls and allows what is asked, ten questions at most; 127.0.0.1 is remembered. */
async function connectx(...steps: string[]): Promise<{ questions: string[]; result: string }> {
  using responder = Responder.attach();
  const questions: string[] = [];
  const { result } = await responder.serve(run("call", ...steps), (event) => {
    const ip = event.remote?.ip ?? "";
    questions.push(ip);
    if (questions.length > 10) return responder.deny(event, { errno: ERRNO.EACCES });
    const ticket = { remember: 60_000, scope: Scope.Task, key: Operand.RemoteAddress };
    responder.allow(event, ip === "127.0.0.1" ? ticket : {});
  });
  return { questions: questions.sort(), result: result.at(-1)! };
}

const SCTP_SOCKET = "socket:inet:seqpacket:132";

Deno.test({
  name: "socket: each of SCTP's several addresses is asked once",
  ignore: !sctp,
  async fn() {
    deepEqual(await connectx(SCTP_SOCKET, "connectx:127.0.0.1:9,127.0.0.2:9,127.0.0.3:9"), {
      questions: ["127.0.0.1", "127.0.0.2", "127.0.0.3"],
      result: "connectx ECONNREFUSED",
    });
  },
});

Deno.test({
  name: "socket: SCTP's several addresses come to an end where a ticket answers one",
  ignore: !sctp,
  async fn() {
    const first = [SCTP_SOCKET, "connectx:127.0.0.1:9"];
    const second = [SCTP_SOCKET, "connectx:127.0.0.1:9,127.0.0.2:9,127.0.0.3:9"];
    deepEqual(await connectx(...first, ...second), {
      questions: ["127.0.0.1", "127.0.0.2", "127.0.0.3"],
      result: "connectx ECONNREFUSED",
    });
  },
});

Deno.test({
  name: "socket: SCTP's several addresses come to an end where one is named twice",
  ignore: !sctp,
  async fn() {
    deepEqual(await connectx(SCTP_SOCKET, "connectx:127.0.0.2:9,127.0.0.2:9,127.0.0.3:9"), {
      questions: ["127.0.0.2", "127.0.0.3"],
      // That is SCTP's own refusal.
      result: "connectx EADDRNOTAVAIL",
    });
  },
});
