import { equal } from "node:assert/strict";
import { Action, Event } from "../../ffi/mod.ts";
import { AF } from "./linux.ts";
import { connect, run } from "./probe.ts";
import { maskOf, observer, Responder, since } from "./responder.ts";

/** Settings for when nobody is attached: a daemon sets them, and they outlive it. */
function leaveBehind(policy: Action): void {
  using responder = Responder.attach();
  responder.socket.configure({ absentPolicy: policy });
}

Deno.test("absent: with the policy allow, calls pass while nobody is attached", async () => {
  leaveBehind(Action.Allow);
  equal(await connect(), "0");
});

Deno.test("absent: with the policy deny, outbound internet calls fail and are counted", async () => {
  leaveBehind(Action.Deny);
  try {
    using look = observer();
    const before = look.stats();
    equal(await connect(), "EPERM");
    const lines = await run("call", "socket:inet6:dgram", "connect:[::1]:9", "sendto:x:[::1]:9");
    equal(lines.slice(1).join(), "connect EPERM,sendto EPERM");
    equal(since(before, look.stats()).absentDenied, 3n);
  } finally {
    leaveBehind(Action.Allow);
  }
});

Deno.test("absent: deny never touches AF_UNIX and AF_NETLINK, nor what only comes in", async () => {
  leaveBehind(Action.Deny);
  try {
    const unix = await run(
      "call",
      "socket:unix:dgram",
      "bind:unix:@absent-test",
      "socket:unix:dgram",
      "connect:unix:@absent-test",
      "write:x",
    );
    equal(unix.join(), "socket 3,bind 0,socket 4,connect 0,write 1");
    equal((await run("call", "socket:netlink:raw:0", "bind:netlink:0", "connect:netlink:0"))[2], "connect 0");
    equal((await run("call", "socket:inet:stream", "bind:127.0.0.1:7777", "listen"))[2], "listen 0");
  } finally {
    leaveBehind(Action.Allow);
  }
});

Deno.test("absent: a daemon may say which events and families deny covers", async () => {
  {
    using responder = Responder.attach();
    responder.socket.configure({
      absentPolicy: Action.Deny,
      absentEvents: maskOf([Event.SnetBind]),
      absentFamilies: 1n << BigInt(AF.INET6),
    });
  }
  try {
    equal((await run("call", "socket:inet6:dgram", "bind:[::1]:7777"))[1], "bind EPERM");
    equal((await run("call", "socket:inet:dgram", "bind:127.0.0.1:7777"))[1], "bind 0");
    equal(await connect(), "0");
  } finally {
    using responder = Responder.attach();
    responder.socket.configure({
      absentPolicy: Action.Allow,
      absentEvents: maskOf([Event.SnetConnect, Event.SnetSendmsg]),
      absentFamilies: 1n << BigInt(AF.INET) | 1n << BigInt(AF.INET6) | 1n << BigInt(AF.PACKET),
    });
  }
});
