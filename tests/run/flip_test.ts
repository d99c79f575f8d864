/** What was judged is what happens, whatever another thread does to the arguments meanwhile. */

import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { only, PROBE, run } from "./program.ts";
import { TcpServer, UdpServer } from "./server.ts";

/** Calls under snet; and by itself, where fewer show that the program would reach the denied address. */
const TRIES = 100_000;
const TRIES_ALONE = 20_000;

/** How often each result came. */
async function flip(
  how: string,
  allowed: number,
  denied: number,
  snet?: readonly string[],
): Promise<Record<string, number>> {
  const count = snet === undefined ? TRIES_ALONE : TRIES;
  const { stdout, stderr, code } = await run(
    [`${PROBE}/flip`, how, String(count), `127.0.0.1:${allowed}`, `127.0.0.2:${denied}`],
    { ...(snet && { snet: ["--quiet", ...snet] }) },
  );
  deepEqual([stderr, code], ["", 0]);
  const results = stdout.trim().split("\n").map((line) => line.split(" "));
  equal(results.reduce((sum, [, times]) => sum + Number(times), 0), count);
  return Object.fromEntries(results.map(([name, times]) => [name!, Number(times)]));
}

const HERE = only("{ name: here, allow: snet.out, to: 127.0.0.1 }");

Deno.test("flip: a connection to the denied address never comes about in 100,000 tries", async () => {
  await using denied = new TcpServer("127.0.0.2");
  // Nobody listens where it may connect to, so that no port is used up.
  const alone = await flip("connect", 1, denied.port);
  ok(alone["0"]! > 0, "by itself it gets there");
  ok(await denied.count() > 0);
  const held = await flip("connect", 1, denied.port, HERE);
  deepEqual(Object.keys(held).sort(), ["ECONNREFUSED", "EPERM"]);
  ok(held["EPERM"]! > 0 && held["ECONNREFUSED"]! > 0, "both addresses were seen");
  equal(await denied.count(), 0);
});

for (const how of ["udp-connect", "sendto", "sendmsg", "sendmmsg", "name"]) {
  Deno.test(`flip: no datagram reaches the denied address in 100,000 tries (${how})`, async () => {
    await using allowed = await UdpServer.start();
    await using denied = await UdpServer.start("127.0.0.2");
    await flip(how, allowed.port, denied.port);
    notEqual((await denied.texts()).length, 0, "by itself it gets there");
    const held = await flip(how, allowed.port, denied.port, HERE);
    ok(held["EPERM"]! > 0 && Object.keys(held).length > 1, "both addresses were seen");
    deepEqual((await denied.texts()).length, 0);
    notEqual((await allowed.texts()).length, 0);
  });
}

Deno.test("flip: a descriptor that becomes TCP behind the judgement does not connect", async () => {
  await using denied = new TcpServer("127.0.0.2");
  // Of 100,000 tries by itself some hit the moment; under snet the moment is far longer.
  await flip("fd-connect", 1, denied.port);
  notEqual(await denied.count(), 0, "by itself it gets there");
  const held = await flip("fd-connect", 1, denied.port, HERE);
  equal(held["0"], undefined);
  equal(await denied.count(), 0);
});

for (const how of ["fd-sendto", "fd-sendmsg"]) {
  Deno.test(`flip: with other families denied, a descriptor that becomes UDP sends nothing (${how})`, async () => {
    await using denied = await UdpServer.start("127.0.0.2");
    const alone = await flip(how, 1, denied.port);
    ok(alone["4"] !== undefined || (await denied.texts()).length > 0, "by itself it gets there");
    await flip(how, 1, denied.port, [...HERE, "--others", "deny"]);
    deepEqual(await denied.texts(), []);
  });
}
