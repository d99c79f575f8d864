import { deepEqual, equal, ok } from "node:assert/strict";
import { EventFlag } from "../../ffi/mod.ts";
import { run, start } from "./probe.ts";
import { Responder, since } from "./responder.ts";

for (const how of ["inline", "async", "sqpoll"]) {
  Deno.test(`uring: a connect that is submitted ${how} is asked once, and held`, async () => {
    using responder = Responder.attach();
    const before = responder.stats();
    await using probe = start("uring", how, "127.0.0.1:9");
    const event = await responder.next();
    equal(event.task.pid, probe.pid, "asked as the program, whichever thread does it");
    equal(event.task.exe, "/run/probe/uring");
    equal(event.remote?.port, 9);
    if (how !== "inline") ok(event.flags & EventFlag.IoUring);
    responder.allow(event);
    const { lines } = await probe.end();
    deepEqual([...lines].sort(), ["connect 0", "nop 0"]);
    const counted = since(before, responder.stats());
    deepEqual([counted.asked, counted.waiting], [1n, 0n]);
  });

  Deno.test(`uring: a connect that is submitted ${how} can be denied`, async () => {
    using responder = Responder.attach();
    const { result } = await responder.serve(
      run("uring", how, "127.0.0.1:9"),
      (event) => responder.deny(event),
    );
    deepEqual([...result].sort(), ["connect EPERM", "nop 0"]);
  });

  Deno.test(`uring: a program whose ${how} connect is held can be killed`, async () => {
    using responder = Responder.attach();
    const before = responder.stats();
    await using probe = start("uring", how, "127.0.0.1:9");
    await responder.next();
    probe.signal("SIGKILL");
    equal((await probe.end()).code, 137);
    await responder.serve(run("call", "socket:inet:dgram", "connect:127.0.0.1:9"));
    equal(since(before, responder.stats()).waiting, 0n);
  });
}

Deno.test("uring: a held connect ends when the program takes it back", async () => {
  using responder = Responder.attach();
  const before = responder.stats();
  await using probe = start("uring", "cancel", "127.0.0.1:9");
  await responder.next();
  await probe.go();
  const { lines } = await probe.end();
  deepEqual([...lines].sort(), ["cancel EALREADY", "connect EINTR", "ready"]);
  const counted = since(before, responder.stats());
  deepEqual([counted.asked, counted.endsSignal, counted.waiting], [1n, 1n, 0n]);
});
