import { deepEqual, equal, match } from "node:assert/strict";
import { connect, run, start } from "./probe.ts";
import { NetlinkError, observer, Responder, since } from "./responder.ts";

/** Runs `work` and returns the error that it must throw. */
function refusal(work: () => unknown): NetlinkError {
  try {
    work();
  } catch (error) {
    if (error instanceof NetlinkError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

Deno.test("attach: a second daemon is refused with the first one's name and pid", () => {
  using _first = Responder.attach({ name: "the first" });
  const error = refusal(() => Responder.attach({ name: "the second" }));
  equal(error.code, "EBUSY");
  match(error.message, new RegExp(`snet is attached by "the first" \\(pid ${Deno.pid}\\)`));
});

Deno.test("attach: when the first has gone, another may", () => {
  Responder.attach()[Symbol.dispose]();
  Responder.attach()[Symbol.dispose]();
});

Deno.test("attach: without CAP_NET_ADMIN it is EPERM, and so is every look at settings and counters", async () => {
  deepEqual(await run("unprivileged", "1234"), [
    "attach EPERM",
    "detach EPERM",
    "configure EPERM",
    "settings EPERM",
    "verdict EPERM",
    "hold EPERM",
    "tickets EPERM",
    "flush EPERM",
    "stats EPERM",
    "renounce 0",
  ]);
});

Deno.test("attach: root of a user namespace is nobody", async () => {
  const lines = await run("unprivileged", "1234", "userns");
  equal(lines[0], "attach EPERM");
});

Deno.test("attach: the family cannot be seen from another network namespace", async () => {
  equal((await run("unprivileged", "0", "netns"))[0], "no family");
});

Deno.test("attach: what a daemon starts is not asked until it renounces the exemption", async () => {
  const lines = await run("exempt");
  deepEqual(lines, [
    "daemon connect 0",
    "child connect 0",
    "child after exec connect 0",
    "asked 0",
    "child after renounce connect EPERM",
    "asked 1",
  ]);
});

Deno.test("attach: leaving frees all that wait, by the stricter policy", async () => {
  const responder = Responder.attach();
  await using one = start("call", "socket:inet:dgram", "connect:127.0.0.1:9");
  await using two = start("call", "socket:inet:dgram", "connect:127.0.0.1:9");
  await responder.next();
  await responder.next();
  using look = observer();
  const before = look.stats();
  responder[Symbol.dispose]();
  equal((await one.end()).lines.at(-1), "connect EPERM");
  equal((await two.end()).lines.at(-1), "connect EPERM");
  const counted = since(before, look.stats());
  equal(counted.endsGone, 2n);
  equal(counted.waiting, -2n);
});

Deno.test("attach: events that the kernel lacks are refused, and those attached to before stay", async () => {
  using responder = Responder.attach();
  equal(refusal(() => responder.socket.configure({ events: 0x8000_0000 })).code, "EOPNOTSUPP");
  equal((await responder.serve(connect())).events.length, 1);
});

Deno.test("attach: after one has come and gone a hundred times nothing is left", async () => {
  using look = observer();
  for (let i = 0; i < 100; i++) Responder.attach()[Symbol.dispose]();
  const { waiting, tickets } = look.stats();
  deepEqual([waiting, tickets], [0n, 0n]);
  equal(await connect(), "0");
});
