import { deepEqual, equal } from "node:assert/strict";
import { Event, Operand, Scope } from "../../ffi/mod.ts";
import { AF, ERRNO } from "./linux.ts";
import { connect, run, start } from "./probe.ts";
import { Responder, since } from "./responder.ts";
import { until } from "./until.ts";

const HOUR = 3_600_000;
/** What a rule on program, address and port reads. */
const KEY = Operand.Exe | Operand.RemoteAddress | Operand.RemotePort;
const UDP = "socket:inet:dgram";
const CONNECT = "connect:127.0.0.1:9";

/** Runs `call` with steps and answers its questions; its lines, and how many questions there were. */
async function asked(
  responder: Responder,
  steps: readonly string[],
  answer: Parameters<Responder["serve"]>[1],
): Promise<{ lines: readonly string[]; questions: number }> {
  const { result, events } = await responder.serve(run("call", ...steps), answer);
  return { lines: result.filter((line) => line.startsWith("connect")), questions: events.length };
}

Deno.test("ticket: a remembered answer spares the second question, and its hits are counted", async () => {
  using responder = Responder.attach();
  const before = responder.stats();
  const { lines, questions } = await asked(
    responder,
    [UDP, CONNECT, CONNECT, CONNECT],
    (event) => responder.allow(event, { remember: HOUR, key: KEY, rule: 42 }),
  );
  deepEqual(lines, ["connect 0", "connect 0", "connect 0"]);
  equal(questions, 1);
  equal(since(before, responder.stats()).ticketAllowed, 2n);
});

Deno.test("ticket: the list tells key, rule, hits and for whom", async () => {
  using responder = Responder.attach();
  await using probe = start("call", "uid:1234", UDP, CONNECT, CONNECT, "ready", CONNECT);
  const event = await responder.next();
  responder.deny(event, { remember: HOUR, key: KEY, rule: 42, errno: ERRNO.EACCES });
  await until("the second call", async () => await probe.line() === "connect EACCES");
  equal(await probe.line(), "connect EACCES");
  const [ticket, ...others] = responder.socket.tickets();
  equal(others.length, 0);
  equal(ticket?.event, Event.SnetConnect);
  equal(ticket?.key, KEY);
  equal(ticket?.rule, 42);
  equal(ticket?.hits, 1n);
  equal(ticket?.errno, ERRNO.EACCES);
  equal(ticket?.pid, probe.pid);
  equal(ticket?.uid, 1234);
  equal(ticket?.exe, "/run/probe/call");
  equal(ticket?.remote?.port, 9);
  await probe.go();
  await probe.end();
});

Deno.test("ticket: a denial is remembered with its errno", async () => {
  using responder = Responder.attach();
  const { lines, questions } = await asked(
    responder,
    [UDP, CONNECT, CONNECT],
    (event) => responder.deny(event, { remember: HOUR, key: KEY, errno: ERRNO.EHOSTUNREACH }),
  );
  deepEqual(lines, ["connect EHOSTUNREACH", "connect EHOSTUNREACH"]);
  equal(questions, 1);
});

Deno.test("ticket: an operand of the key that differs asks again; one that is not in it does not", async () => {
  using responder = Responder.attach();
  const remember = (key: number) => (event: Parameters<Responder["allow"]>[0]) =>
    responder.allow(event, { remember: HOUR, key });
  const two = [UDP, CONNECT, "connect:127.0.0.1:10"];
  equal((await asked(responder, two, remember(KEY))).questions, 2);
  responder.flush();
  equal((await asked(responder, two, remember(Operand.Exe | Operand.RemoteAddress))).questions, 1);
  responder.flush();
  const addresses = [UDP, CONNECT, "connect:127.0.0.2:9"];
  equal((await asked(responder, addresses, remember(Operand.RemoteAddress))).questions, 2);
  responder.flush();
  equal((await asked(responder, addresses, remember(Operand.RemotePort))).questions, 1);
  responder.flush();
  const sockets = [UDP, CONNECT, UDP, CONNECT];
  equal((await asked(responder, sockets, remember(Operand.Cookie))).questions, 2);
  responder.flush();
  const threads = ["comm:one", UDP, CONNECT, "comm:two", CONNECT];
  equal((await asked(responder, threads, remember(Operand.Comm))).questions, 2);
});

Deno.test("ticket: type and protocol of the socket are always in the key", async () => {
  using responder = Responder.attach();
  const { questions } = await asked(
    responder,
    [UDP, "connect:127.0.0.1:7", "socket:inet:stream", "connect:127.0.0.1:7"],
    (event) => responder.allow(event, { remember: HOUR, key: KEY }),
  );
  equal(questions, 2);
});

Deno.test("ticket: one that is for one uid does not serve another", async () => {
  using responder = Responder.attach();
  const answer = (event: Parameters<Responder["allow"]>[0]) =>
    event.task.uid === 1001
      ? responder.allow(event, { remember: HOUR, key: KEY, scope: Scope.Program })
      : responder.deny(event);
  equal((await responder.serve(connect("127.0.0.1:9", "uid:1001"), answer)).result, "0");
  const again = await responder.serve(connect("127.0.0.1:9", "uid:1001"), answer);
  deepEqual([again.result, again.events.length], ["0", 0]);
  equal((await responder.serve(connect("127.0.0.1:9", "uid:1002"), answer)).result, "EPERM");
  equal((await responder.serve(connect("127.0.0.1:9"), answer)).result, "EPERM");
});

Deno.test("ticket: an expired one asks again", async () => {
  using responder = Responder.attach();
  await using probe = start("call", UDP, CONNECT, "ready", CONNECT);
  responder.allow(await responder.next(), { remember: 50, key: KEY });
  await probe.line();
  equal(await probe.line(), "connect 0");
  await until("its expiry", () => responder.socket.tickets().length === 0);
  await probe.go();
  responder.deny(await responder.next());
  equal((await probe.end()).lines.at(-1), "connect EPERM");
});

Deno.test("ticket: a new generation drops it at once", async () => {
  using responder = Responder.attach();
  await using probe = start("call", UDP, CONNECT, "ready", CONNECT);
  responder.allow(await responder.next(), { remember: HOUR, key: KEY });
  await probe.line();
  equal(await probe.line(), "connect 0");
  equal(responder.socket.tickets().length, 1);
  responder.flush();
  equal(responder.socket.tickets().length, 0);
  await probe.go();
  responder.deny(await responder.next());
  equal((await probe.end()).lines.at(-1), "connect EPERM");
});

Deno.test("ticket: an answer of an older generation holds for its own call only", async () => {
  using responder = Responder.attach();
  const before = responder.stats();
  await using probe = start("call", UDP, CONNECT, CONNECT);
  const event = await responder.next();
  const old = responder.generation;
  responder.flush();
  responder.allow(event, { remember: HOUR, key: KEY, generation: old });
  responder.deny(await responder.next());
  deepEqual((await probe.end()).lines.slice(1), ["connect 0", "connect EPERM"]);
  equal(since(before, responder.stats()).ticketsStale, 1n);
});

Deno.test("ticket: an answer that depended on what no ticket can hold gets none", async () => {
  using responder = Responder.attach();
  const before = responder.stats();
  const { questions } = await asked(
    responder,
    [UDP, CONNECT, CONNECT],
    (event) => responder.allow(event, { remember: HOUR, key: KEY | Operand.Volatile }),
  );
  equal(questions, 2);
  const counted = since(before, responder.stats());
  deepEqual([counted.ticketsAdded, counted.ticketsStale], [0n, 2n]);
});

/** How many questions a scope's ticket leaves over a change of the process. */
const CHANGES: readonly [change: string, scope: keyof typeof Scope, questions: number][] = [
  ["fork", "Task", 2],
  ["fork", "Children", 1],
  ["fork", "Program", 1],
  ["exec", "Task", 2],
  ["exec", "Children", 1],
  ["exec", "Program", 1],
  ["uid:1234", "Task", 2],
  // The key always holds uid and gid.
  ["uid:1234", "Children", 2],
  ["uid:1234", "Program", 2],
  // Whoever it was in between, the process may hold something of that.
  ["there-and-back:1234", "Task", 2],
  ["there-and-back:1234", "Children", 2],
  ["there-and-back:1234", "Program", 1],
];

for (const [change, scope, questions] of CHANGES) {
  const how = questions === 1 ? "serves on" : "ends";
  Deno.test(`ticket: of scope ${scope.toLowerCase()} ${how} after ${change}`, async () => {
    using responder = Responder.attach();
    const steps = ["uid:1000", UDP, CONNECT, change, CONNECT];
    if (change.includes(":")) steps.shift();
    const result = await asked(
      responder,
      steps,
      (event) => responder.allow(event, { remember: HOUR, key: KEY, scope: Scope[scope] }),
    );
    deepEqual(result.lines, ["connect 0", "connect 0"]);
    equal(result.questions, questions);
  });
}

Deno.test("ticket: of scope children does not serve the parent, nor a brother", async () => {
  using responder = Responder.attach();
  const allow = (event: Parameters<Responder["allow"]>[0]) =>
    responder.allow(event, { remember: HOUR, key: Operand.RemotePort, scope: Scope.Children });
  equal((await responder.serve(connect(), allow)).events.length, 1);
  equal((await responder.serve(connect(), allow)).events.length, 1);
});

Deno.test("ticket: of scope program does not serve another program", async () => {
  using responder = Responder.attach();
  const allow = (event: Parameters<Responder["allow"]>[0]) =>
    responder.allow(event, { remember: HOUR, key: Operand.RemotePort, scope: Scope.Program });
  equal((await responder.serve(connect(), allow)).events.length, 1);
  equal((await responder.serve(connect(), allow)).events.length, 0);
  const copy = "/tmp/call-copy";
  await Deno.copyFile("/run/probe/call", copy);
  await Deno.chmod(copy, 0o755);
  equal((await responder.serve(run(copy, UDP, CONNECT), allow)).events.length, 1);
});

Deno.test("ticket: an earlier denial is not skipped: of two that match, none is wider than its decision", async () => {
  // The decision on port 9 read the port; that on port 10 read it too, to see that it is not 9.
  using responder = Responder.attach();
  const answer = (event: Parameters<Responder["allow"]>[0]) =>
    event.remote?.port === 9
      ? responder.deny(event, { remember: HOUR, key: Operand.RemotePort })
      : responder.allow(event, { remember: HOUR, key: Operand.RemotePort });
  const steps = [UDP, "connect:127.0.0.1:10", CONNECT, "connect:127.0.0.1:10", CONNECT];
  const { lines, questions } = await asked(responder, steps, answer);
  deepEqual(lines, ["connect 0", "connect EPERM", "connect 0", "connect EPERM"]);
  equal(questions, 2);
});

Deno.test("ticket: past the limit the oldest goes", async () => {
  using responder = Responder.attach();
  responder.socket.configure({ limitTickets: 8 });
  const before = responder.stats();
  const ports = Array.from({ length: 12 }, (_, i) => `connect:127.0.0.1:${100 + i}`);
  await using probe = start("call", UDP, ...ports, "ready", ports.at(-1)!, "ready", ports[0]!);
  for (const _ of ports) responder.allow(await responder.next(), { remember: HOUR, key: KEY });
  for (const _ of [UDP, ...ports]) await probe.line();
  const counted = since(before, responder.stats());
  equal(responder.socket.tickets().length, 8);
  deepEqual([counted.tickets, counted.ticketsEvicted], [8n, 4n]);
  await probe.go();
  equal(await probe.line(), "connect 0", "the newest is kept");
  await probe.go();
  responder.deny(await responder.next());
  equal((await probe.end()).lines.at(-1), "connect EPERM");
});

Deno.test("ticket: a network namespace of its own is in the key", async () => {
  using responder = Responder.attach({ families: [AF.INET] });
  const { questions } = await asked(
    responder,
    [UDP, CONNECT, "netns", UDP, CONNECT],
    (event) => responder.allow(event, { remember: HOUR, key: KEY, scope: Scope.Program }),
  );
  equal(questions, 2);
});
