import { equal, notEqual, ok } from "node:assert/strict";
import { Operand, Scope } from "../../ffi/mod.ts";
import { Daemon } from "./daemon.ts";
import { run } from "./probe.ts";
import { Responder } from "./responder.ts";

const VICTIM = "/usr/bin/curl";
const CALL = "/run/probe/call";
const STEPS = ["socket:inet:dgram", "connect:127.0.0.1:9"];

/** What the programs of probe/forge.c are run with, as a user without any rights. */
const WAYS: Readonly<Record<string, readonly string[]>> = {
  bindmount: [
    "--reuid=1234",
    "--regid=1234",
    "--clear-groups",
    "/run/probe/forge",
    "bindmount",
    VICTIM,
    CALL,
    ...STEPS,
  ],
  chroot: [
    "--reuid=1234",
    "--regid=1234",
    "--clear-groups",
    "/run/probe/forge",
    "chroot",
    VICTIM,
    CALL,
    ...STEPS,
  ],
  "mm-map": ["--reuid=0", "/run/probe/forge", "mm-map", VICTIM, "-", "127.0.0.1:9"],
};

const ownMntns = (await Deno.readLink("/proc/self/ns/mnt")).match(/\d+/)![0];

for (const [way, args] of Object.entries(WAYS)) {
  Deno.test(`forge: ${way} does not give a program the identity of ${VICTIM}`, async () => {
    using responder = Responder.attach();
    const victim = await Deno.stat(VICTIM);
    const { events } = await responder.serve(run("/usr/bin/setpriv", ...args));
    const { task } = events.at(-1)!;
    const isVictim = task.exeIno === BigInt(victim.ino!) && task.exeDev === BigInt(victim.dev);
    equal(isVictim, false);
    // Whoever goes by the path alone is told whose path it is: that of another mount namespace, or another path.
    ok(task.exe !== VICTIM || String(task.exeMntns) !== ownMntns, `${task.exe} in ${task.exeMntns}`);
  });

  Deno.test(`forge: a rule for ${VICTIM} does not match a program forged by ${way}`, async () => {
    const rules =
      `version: 1\ndefault: deny\nrules:\n  - { name: curl, allow: snet.connect, exe: ${VICTIM} }\n`;
    await using _daemon = await Daemon.start({ rules });
    const lines = await run("/usr/bin/setpriv", ...args);
    equal(lines.at(-1), "connect EPERM");
  });

  Deno.test(`forge: a ticket of ${VICTIM} does not serve a program forged by ${way}`, async () => {
    using responder = Responder.attach();
    const remember = { remember: 3_600_000, key: Operand.RemotePort, scope: Scope.Program };
    // The real one connects over TCP; the forger must ask for itself even where all else is equal.
    const real = run(VICTIM, "--silent", "--max-time", "1", "http://127.0.0.1:9/").catch(() => []);
    const first = await responder.serve(real, (event) => responder.allow(event, remember));
    notEqual(first.events.length, 0);
    const forged = await responder.serve(run("/usr/bin/setpriv", ...args), (event) => responder.deny(event));
    equal(forged.result.at(-1), "connect EPERM");
  });
}

Deno.test(`forge: a rule for a program matches that program itself`, async () => {
  const rules = `version: 1\ndefault: deny\nrules:\n  - { name: call, allow: snet.connect, exe: ${CALL} }\n`;
  await using _daemon = await Daemon.start({ rules });
  equal((await run("call", ...STEPS)).at(-1), "connect 0");
  equal((await run("uring", "inline", "127.0.0.1:9"))[0], "connect EPERM");
});

Deno.test("forge: renaming or removing the executable while it runs changes nothing of its identity", async () => {
  using responder = Responder.attach();
  const copy = "/tmp/forge-copy";
  await Deno.copyFile(CALL, copy);
  await Deno.chmod(copy, 0o755);
  const { ino } = await Deno.stat(copy);
  const { Probe } = await import("./probe.ts");
  await using probe = new Probe(copy, ["ready", ...STEPS]);
  await Deno.rename(copy, `${copy}-renamed`);
  await Deno.copyFile("/run/probe/uring", copy);
  await probe.go();
  const event = await responder.next();
  equal(event.task.exe, copy);
  equal(event.task.exeIno, BigInt(ino!));
  responder.allow(event);
  await probe.end();
});
