import { equal, ok } from "node:assert/strict";
import { CallThread } from "./call_thread.ts";
import { ERRNO } from "./errno.ts";
import { landlockAbi, SYS_LANDLOCK_RESTRICT_SELF, tcpRuleset } from "./landlock.ts";
import { close } from "./libc.ts";

const SYS = { socket: 41, connect: 42, bind: 49, prctl: 157 };
const AF_INET = 2;
const STREAM = 1;
const DATAGRAM = 2;
const PR_SET_NO_NEW_PRIVS = 38n;

/** 127.0.0.1, and a port that nobody listens on. */
const LOOPBACK = new Uint8Array(new ArrayBuffer(16));
LOOPBACK.set([AF_INET, 0, 0, 1, 127, 0, 0, 1]);
const ANY_PORT = LOOPBACK.slice();
ANY_PORT[3] = 0;

async function confined(
  rules: { bind: boolean; connect: boolean },
  nr: number,
  type: number,
  address: Uint8Array<ArrayBuffer>,
): Promise<number> {
  const ruleset = tcpRuleset(rules);
  ok(ruleset !== undefined);
  using thread = new CallThread();
  const [, , fd] = await thread.run([
    ["syscall", SYS.prctl, PR_SET_NO_NEW_PRIVS, 1n],
    ["syscall", SYS_LANDLOCK_RESTRICT_SELF, BigInt(ruleset), 0n],
    ["syscall", SYS.socket, BigInt(AF_INET), BigInt(type), 0n],
  ]);
  try {
    return await thread.call(["syscall", nr, BigInt(fd!), address, BigInt(address.length)]);
  } finally {
    close(fd!);
    close(ruleset);
  }
}

Deno.test({
  name: "landlock: a confined thread can neither connect nor bind TCP, and nothing else is forbidden",
  ignore: Deno.build.arch !== "x86_64" || landlockAbi() < 4,
  async fn() {
    equal(await confined({ bind: true, connect: true }, SYS.connect, STREAM, LOOPBACK), -ERRNO.EACCES);
    equal(await confined({ bind: true, connect: true }, SYS.bind, STREAM, ANY_PORT), -ERRNO.EACCES);
    equal(await confined({ bind: true, connect: true }, SYS.connect, DATAGRAM, LOOPBACK), 0);
    equal(await confined({ bind: true, connect: false }, SYS.connect, STREAM, LOOPBACK), -ERRNO.ECONNREFUSED);
    equal(await confined({ bind: false, connect: true }, SYS.bind, STREAM, ANY_PORT), 0);
  },
});

Deno.test("landlock: where nothing is to be forbidden there is no ruleset", () => {
  equal(tcpRuleset({ bind: false, connect: false }), undefined);
});
