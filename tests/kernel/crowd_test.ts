import { deepEqual, equal, ok } from "node:assert/strict";
import { Action } from "../../ffi/mod.ts";
import { connect, type Probe, start } from "./probe.ts";
import { observer, Responder, since } from "./responder.ts";
import { until } from "./until.ts";

Deno.test("crowd: a thousand programs wait at once, each is asked once, and each gets its own answer", async () => {
  using responder = Responder.attach();
  const before = responder.stats();
  await using crowd = start("crowd", "1000", "127.0.0.1:9");
  await crowd.go();
  await until("a thousand held calls", () => {
    responder.drain();
    return since(before, responder.stats()).waiting === 1000n;
  });
  const pids = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const event = await responder.next();
    pids.add(event.task.pid);
    if (event.task.pid % 2) responder.allow(event);
    else responder.deny(event);
  }
  equal(pids.size, 1000);
  const odd = [...pids].filter((pid) => pid % 2).length;
  const { lines } = await crowd.end();
  deepEqual(lines.slice(1), [`0 ${odd}`, `EPERM ${1000 - odd}`]);
  const counted = since(before, responder.stats());
  deepEqual([counted.asked, counted.endsAllowed, counted.endsDenied], [
    1000n,
    BigInt(odd),
    1000n - BigInt(odd),
  ]);
  equal(counted.waiting, 0n);
});

Deno.test("crowd: at its limit one uid is answered by the limit policy, while another uid goes on being asked", async () => {
  using responder = Responder.attach();
  responder.socket.configure({ limitUid: 50 });
  const before = responder.stats();
  await using crowd = start("crowd", "60", "127.0.0.1:9", "2001");
  await crowd.go();
  await until("60 calls: 50 held, 10 answered", () => {
    const { waiting, limitUid } = since(before, responder.stats());
    return waiting === 50n && limitUid === 10n;
  });
  await using other = start("call", "uid:2002", "socket:inet:dgram", "connect:127.0.0.1:9");
  await until("the other's question", () => since(before, responder.stats()).waiting === 51n);
  for (let i = 0; i < 51; i++) responder.allow(await responder.next());
  equal((await other.end()).lines.at(-1), "connect 0");
  deepEqual((await crowd.end()).lines.slice(1), ["0 50", "EPERM 10"]);
  const counted = since(before, responder.stats());
  deepEqual([counted.asked, counted.endsAllowed, counted.limitUid], [51n, 51n, 10n]);
});

Deno.test("crowd: the limit policy may be allow", async () => {
  using responder = Responder.attach();
  responder.socket.configure({ limitUid: 1, limitPolicy: Action.Allow });
  await using first = start("call", "uid:2003", "socket:inet:dgram", "connect:127.0.0.1:9");
  const event = await responder.next();
  equal(await connect("127.0.0.1:9", "uid:2003"), "0");
  responder.deny(event);
  equal((await first.end()).lines.at(-1), "connect EPERM");
});

/** Programs that one uid starts under another name, each ready to connect. */
const DISGUISES: Readonly<Record<string, () => Promise<Probe>>> = {
  "a set-user-ID program": () =>
    Promise.resolve(start("call", "setuid-root:2004", "socket:inet:dgram", "connect:127.0.0.1:9")),
  "a uid of its own user namespace": async () => {
    const steps = ["uid:2004", "userns", "ready", "uid:5", "socket:inet:dgram", "connect:127.0.0.1:9"];
    const probe = start("call", ...steps);
    await until(
      "its user namespace",
      () => Deno.readTextFileSync(`/proc/${probe.pid}/uid_map`) === "" || undefined,
    );
    await Deno.writeTextFile(`/proc/${probe.pid}/uid_map`, "0 3000 10");
    await Deno.writeTextFile(`/proc/${probe.pid}/gid_map`, "0 3000 10");
    await probe.go();
    return probe;
  },
};

for (const [disguise, begin] of Object.entries(DISGUISES)) {
  Deno.test(`crowd: ${disguise} is held at the cost of who runs it`, async () => {
    using responder = Responder.attach();
    responder.socket.configure({ limitUid: 1 });
    await using first = await begin();
    const event = await responder.next();
    equal(await connect("127.0.0.1:9", "uid:2004"), "EPERM");
    await using root = start("call", "socket:inet:dgram", "connect:127.0.0.1:9");
    responder.allow(await responder.next());
    equal((await root.end()).lines.at(-1), "connect 0");
    responder.allow(event);
    equal((await first.end()).lines.at(-1), "connect 0");
  });
}

Deno.test("crowd: at the limit of all, nobody is left out of the count", async () => {
  using responder = Responder.attach();
  responder.socket.configure({ limitTotal: 20 });
  const before = responder.stats();
  await using crowd = start("crowd", "30", "127.0.0.1:9");
  await crowd.go();
  await until("30 calls: 20 held, 10 answered", () => {
    const { waiting, limitTotal } = since(before, responder.stats());
    return waiting === 20n && limitTotal === 10n;
  });
  for (let i = 0; i < 20; i++) responder.allow(await responder.next());
  deepEqual((await crowd.end()).lines.slice(1), ["0 20", "EPERM 10"]);
});

Deno.test("crowd: one cgroup's limit leaves others alone", async () => {
  const folder = "/sys/fs/cgroup/snet-test";
  await Deno.mkdir(folder);
  try {
    using responder = Responder.attach();
    responder.socket.configure({ limitCgroup: 5 });
    const before = responder.stats();
    await using crowd = start(
      "/bin/sh",
      "-c",
      `echo $$ >${folder}/cgroup.procs; exec /run/probe/crowd 8 127.0.0.1:9`,
    );
    await crowd.go();
    await until("8 calls: 5 held, 3 answered", () => {
      const { waiting, limitCgroup } = since(before, responder.stats());
      return waiting === 5n && limitCgroup === 3n;
    });
    const { ino } = await Deno.stat(folder);
    for (let i = 0; i < 5; i++) {
      const event = await responder.next();
      equal(event.task.cgroup, BigInt(ino!));
      responder.allow(event);
    }
    deepEqual((await crowd.end()).lines.slice(1), ["0 5", "EPERM 3"]);
    equal((await responder.serve(connect())).result, "0");
  } finally {
    await until("the empty cgroup", () => Deno.remove(folder).then(() => true, () => false));
  }
});

Deno.test("crowd: a full netlink socket loses no question", async () => {
  // The smallest buffer that Linux gives holds a few events only.
  using responder = Responder.attach({ receiveBuffer: 1 });
  using look = observer(); // reading the counters by the daemon's own socket would empty it
  const before = look.stats();
  await using crowd = start("crowd", "300", "127.0.0.1:9");
  await crowd.go();
  await until("a send that found the socket full", () => since(before, look.stats()).retries > 0n);
  const { result } = await responder.serve(crowd.end());
  deepEqual(result.lines.slice(1), ["0 300"]);
  const counted = since(before, look.stats());
  deepEqual([counted.asked, counted.endsAllowed, counted.endsUndelivered], [300n, 300n, 0n]);
});

Deno.test("crowd: what a full socket cannot take before the deadline ends as undelivered, by the policy", async () => {
  using _responder = Responder.attach({ receiveBuffer: 1, delay: 300 });
  using look = observer();
  const before = look.stats();
  await using crowd = start("crowd", "300", "127.0.0.1:9");
  await crowd.go();
  const { lines } = await crowd.end();
  deepEqual(lines.slice(1), ["EPERM 300"]);
  const counted = since(before, look.stats());
  ok(counted.endsUndelivered > 0n, "some could not be sent");
  equal(counted.endsUndelivered + counted.endsTimeoutDenied, 300n);
  equal(counted.waiting, 0n);
});
