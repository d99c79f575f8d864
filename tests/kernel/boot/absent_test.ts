import { equal } from "node:assert/strict";
import { Action } from "../../../ffi/mod.ts";
import { connect, run } from "../probe.ts";
import { observer, Responder } from "../responder.ts";

// The kernel of these tests was booted with BOOT_ARGS of run.ts.

Deno.test("boot: with snet.absent=1 outbound calls fail from the start, and the machine has booted all the same", async () => {
  using look = observer();
  equal(look.settings().absentPolicy, Action.Deny);
  equal(await connect(), "EPERM");
  equal((await run("call", "socket:unix:dgram", "bind:unix:@boot"))[1], "bind 0");
  equal((await run("call", "socket:inet:stream", "bind:127.0.0.1:7777", "listen"))[2], "listen 0");
});

Deno.test("boot: snet.verdict_delay and snet.verdict_policy hold until a daemon says otherwise", async () => {
  using look = observer();
  const { delay, policy } = look.settings();
  equal(delay, 2_000);
  equal(policy, Action.Deny);
  using responder = Responder.attach({ delay: 50, policy: Action.Allow });
  equal(await connect(), "0");
  equal(responder.stats().endsTimeoutAllowed, 1n);
});

Deno.test("boot: a daemon that attaches gets the boot values again, and leaves the absent policy as it was", async () => {
  using look = observer();
  Responder.attach({ delay: 50, policy: Action.Allow })[Symbol.dispose]();
  equal(await connect(), "EPERM");
  equal(look.settings().absentPolicy, Action.Deny);
});
