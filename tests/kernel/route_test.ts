import { deepEqual, ok } from "node:assert/strict";
import { Event } from "../../ffi/mod.ts";
import { AF } from "./linux.ts";
import { run } from "./probe.ts";
import { Responder } from "./responder.ts";

const WAYS = [
  "ip-options",
  "ip-options-on-inet6",
  "ipv6-rthdr",
  "ipv6-2292pktoptions",
  "ipv6-flowlabel-mgr",
  "sendmsg-inet",
  "sendmsg-inet6",
  "connected-inet",
  "connected-inet6",
];

Deno.test("route: a program lays routes of its own while nobody judges where it sends", async () => {
  const lines = await run("route");
  // A kernel without Mobile IPv6 knows no routing header in a message.
  const possible = lines.filter((line) => !/^(sendmsg|connected|sendmmsg)-inet6 /.test(line));
  deepEqual(possible.filter((line) => !line.endsWith(" 0")), []);
});

Deno.test("route: a first stop that no question shows is refused, however it is named", async () => {
  for (const event of [Event.SnetConnect, Event.SnetSendmsg]) {
    using responder = Responder.attach({ events: [event], families: [AF.INET, AF.INET6] });
    const before = responder.socket.stats().routesRefused;
    const { result } = await responder.serve(run("route"));
    ok(responder.socket.stats().routesRefused - before >= WAYS.length);
    deepEqual(result, [
      ...WAYS.map((way) => `${way} EPERM`),
      "sendmmsg-inet refused",
      "sendmmsg-inet6 refused",
      "another-option 0",
    ]);
  }
});
