import { equal } from "node:assert/strict";
import { Cause, Event } from "../../ffi/mod.ts";
import { AF } from "./linux.ts";
import { start } from "./probe.ts";
import { Responder, since } from "./responder.ts";
import { until } from "./until.ts";

for (const handler of ["handler", "handler:restart"]) {
  Deno.test(`signal: its handler (${handler}) runs while the call is held, and the call goes on with one question`, async () => {
    using responder = Responder.attach();
    const before = responder.stats();
    await using probe = start("call", handler, "socket:inet:dgram", "connect:127.0.0.1:9");
    equal(await probe.line(), "socket 3");
    const event = await responder.next();
    probe.signal("SIGUSR1");
    equal(await probe.line(), "handler", "before any verdict");
    await until("the call's coming back", () => since(before, responder.stats()).resumed === 1n);
    const counted = since(before, responder.stats());
    equal(counted.asked, 1n);
    equal(counted.interrupted, 1n);
    equal(counted.waiting, 1n);
    responder.allow(event);
    equal(await probe.line(), "connect 0");
    equal(since(before, responder.stats()).asked, 1n);
  });
}

Deno.test("signal: many of them leave one question", async () => {
  using responder = Responder.attach();
  const before = responder.stats();
  await using probe = start("call", "handler", "socket:inet:dgram", "connect:127.0.0.1:9");
  await probe.line();
  const event = await responder.next();
  for (let i = 1; i <= 20; i++) {
    probe.signal("SIGUSR1");
    equal(await probe.line(), "handler");
    await until(`return ${i}`, () => since(before, responder.stats()).resumed === BigInt(i));
  }
  responder.deny(event);
  equal(await probe.line(), "connect EPERM");
  equal(since(before, responder.stats()).asked, 1n);
});

Deno.test("signal: a verdict that comes while the program is stopped is used when it goes on", async () => {
  using responder = Responder.attach();
  const before = responder.stats();
  await using probe = start("call", "socket:inet:dgram", "connect:127.0.0.1:9");
  const event = await responder.next();
  probe.signal("SIGSTOP");
  await until("its stop", async () => {
    const stat = await Deno.readTextFile(`/proc/${probe.pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
  });
  responder.deny(event);
  probe.signal("SIGCONT");
  equal((await probe.end()).lines.at(-1), "connect EPERM");
  equal(since(before, responder.stats()).asked, 1n);
});

Deno.test("signal: one that kills ends the call, and the daemon is told", async () => {
  using responder = Responder.attach();
  const before = responder.stats();
  await using probe = start("call", "socket:inet:dgram", "connect:127.0.0.1:9");
  const event = await responder.next();
  probe.signal("SIGKILL");
  equal((await probe.end()).code, 137);
  await until("the cancel", () => {
    responder.drain();
    return responder.cancels.length > 0;
  });
  equal(responder.cancels[0]!.id, event.id);
  equal(responder.cancels[0]!.cause, Cause.Signal);
  const counted = since(before, responder.stats());
  equal(counted.endsSignal, 1n);
  equal(counted.waiting, 0n);
});

Deno.test("signal: with its default action it kills a program whose send is held", async () => {
  using responder = Responder.attach({ events: [Event.SnetSendmsg], families: [AF.INET] });
  await using probe = start("call", "socket:inet:dgram", "sendto:x:127.0.0.1:9");
  await responder.next();
  probe.signal("SIGTERM");
  equal((await probe.end()).code, 143);
});
