import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Action } from "../../ffi/mod.ts";
import { Daemon, SNET } from "./daemon.ts";
import { connect, run, start } from "./probe.ts";
import { observer, Responder, since } from "./responder.ts";
import { until } from "./until.ts";

const RULES = `version: 1
default: deny
rules:
  - { name: discard, allow: snet.out, port: 9 }
  - { name: no echo, deny: snet.out, port: 7, errno: ECONNREFUSED }
  - { name: kept, allow: snet.out, port: 11, remember: 1h }
`;

/** The daemon answers nothing while it is stopped. */
async function stop(daemon: Daemon): Promise<void> {
  daemon.signal("SIGSTOP");
  await daemon.state("T");
}

Deno.test("daemon: rules decide, and what no rule names gets the default", async () => {
  await using _daemon = await Daemon.start({ rules: RULES });
  equal(await connect("127.0.0.1:9"), "0");
  equal(await connect("127.0.0.1:7"), "ECONNREFUSED");
  equal(await connect("127.0.0.1:8"), "EPERM");
});

Deno.test("daemon: a rule that remembers spares the next question", async () => {
  await using _daemon = await Daemon.start({ rules: RULES });
  using look = observer();
  const before = look.stats();
  const steps = ["socket:inet:dgram", "connect:127.0.0.1:11", "connect:127.0.0.1:11", "connect:127.0.0.1:11"];
  deepEqual((await run("call", ...steps)).slice(1), ["connect 0", "connect 0", "connect 0"]);
  const counted = since(before, look.stats());
  deepEqual([counted.asked, counted.ticketAllowed], [1n, 2n]);
});

Deno.test("daemon: a remembered answer does not skip an earlier rule that looked at more", async () => {
  const rules = `version: 1
default: deny
rules:
  - { name: not there, deny: snet.out, to: 127.0.0.2, errno: EHOSTUNREACH }
  - { name: not he, deny: snet.out, user: 1001, errno: EACCES }
  - { name: call, allow: snet.out, exe: /run/probe/call, remember: 1h, scope: program }
`;
  await using _daemon = await Daemon.start({ rules });
  using look = observer();
  const before = look.stats();
  equal(await connect("127.0.0.1:9"), "0");
  equal(await connect("127.0.0.1:9"), "0");
  equal(since(before, look.stats()).ticketAllowed, 1n);
  equal(await connect("127.0.0.2:9"), "EHOSTUNREACH");
  equal(await connect("127.0.0.1:9", "uid:1001"), "EACCES");
  equal((await run("uring", "inline", "127.0.0.1:9"))[0], "connect EPERM");
});

/** What calls get whose daemon dies: the stricter of the event's policy and the absent policy. */
const DEATHS: readonly [policy: string, absent: string, result: string][] = [
  ["allow", "allow", "0"],
  ["deny", "allow", "EPERM"],
  ["allow", "deny", "EPERM"],
];

for (const [policy, absent, result] of DEATHS) {
  Deno.test(`daemon: killed with calls waiting, all are freed at once: policy ${policy}, absent ${absent}: ${result}`, async () => {
    await using daemon = await Daemon.start({
      rules: RULES,
      kernel: ["delay: 1h", `policy: ${policy}`, `absent: ${absent}`],
    });
    using look = observer();
    const before = look.stats();
    await stop(daemon);
    await using crowd = start("crowd", "20", "127.0.0.1:9");
    await crowd.go();
    await until("20 held calls", () => since(before, look.stats()).waiting === 20n);
    daemon.signal("SIGKILL");
    deepEqual((await crowd.end()).lines.slice(1), [`${result} 20`]);
    const counted = since(before, look.stats());
    deepEqual([counted.endsGone, counted.waiting], [20n, 0n]);
    using responder = Responder.attach();
    responder.socket.configure({ absentPolicy: Action.Allow });
  });
}

Deno.test("daemon: stopped with calls waiting, they end by the policy, and it goes on afterwards", async () => {
  await using daemon = await Daemon.start({ rules: RULES, kernel: ["delay: 500ms", "policy: deny"] });
  using look = observer();
  const before = look.stats();
  await stop(daemon);
  await using crowd = start("crowd", "20", "127.0.0.1:9");
  await crowd.go();
  deepEqual((await crowd.end()).lines.slice(1), ["EPERM 20"]);
  equal(since(before, look.stats()).endsTimeoutDenied, 20n);
  daemon.signal("SIGCONT");
  equal(await connect("127.0.0.1:7"), "ECONNREFUSED");
});

Deno.test("daemon: a second one ends with the first one's name", async () => {
  await using first = await Daemon.start({ rules: RULES });
  await using second = await Daemon.launch({ rules: RULES });
  const { code, errors } = await second.end();
  ok(code !== 0);
  match(errors, new RegExp(`attached by "[^"]+" \\(pid ${first.pid}\\)`));
  equal(await connect("127.0.0.1:9"), "0");
});

Deno.test("daemon: SIGTERM ends it cleanly and frees the subsystem", async () => {
  await using daemon = await Daemon.start({ rules: RULES });
  daemon.signal("SIGTERM");
  equal((await daemon.end()).code, 0);
  await using _next = await Daemon.start({ rules: RULES });
  equal(await connect("127.0.0.1:9"), "0");
});

Deno.test("daemon: a reload puts other rules in place and drops the tickets of the old ones", async () => {
  await using daemon = await Daemon.start({ rules: RULES });
  await using probe = start(
    "call",
    "socket:inet:dgram",
    "connect:127.0.0.1:11",
    "ready",
    "connect:127.0.0.1:11",
  );
  await probe.line();
  equal(await probe.line(), "connect 0");
  await daemon.reload("version: 1\ndefault: deny\nrules: []\n");
  await probe.go();
  equal((await probe.end()).lines.at(-1), "connect EPERM");
});

Deno.test("daemon: a reload with a bad file changes nothing", async () => {
  await using daemon = await Daemon.start({ rules: RULES });
  const refused = await daemon.reload("version: 1\nrules:\n  - { alow: snet.out }\n").then(() => "", String);
  match(refused, /rules\.yaml:3:\d+/);
  equal(await connect("127.0.0.1:9"), "0");
  equal(await connect("127.0.0.1:7"), "ECONNREFUSED");
});

Deno.test("daemon: no call runs out of time while many rules are loaded", async () => {
  const many = Array.from(
    { length: 10_000 },
    (_, index) => `  - { allow: snet.out, exe: /opt/app${index}/bin/app, port: ${1 + index % 60_000} }\n`,
  );
  // Many times what the reactor needs to take them over, and less than it takes to read and compile them.
  await using daemon = await Daemon.start({ rules: RULES, kernel: ["delay: 1s"] });
  await using caller = start("call", "socket:inet:dgram", "ready", "repeat:1000000:connect:127.0.0.1:7");
  await caller.line();
  using look = observer();
  await caller.go();
  const before = look.stats();
  await daemon.reload(`version: 1\nrules:\n${many.join("")}`);
  const { endsDenied, endsTimeoutDenied, endsTimeoutAllowed } = since(before, look.stats());
  deepEqual([endsTimeoutDenied, endsTimeoutAllowed], [0n, 0n]);
  ok(endsDenied > 0n);
});

Deno.test("daemon: reloads under load lose no verdict", async () => {
  const answers = ["EACCES", "ECONNREFUSED", "ENETUNREACH"];
  const rules = (errno: string) =>
    `version: 1\ndefault: deny\nrules:\n  - { name: r, deny: snet.out, errno: ${errno} }\n`;
  await using daemon = await Daemon.start({ rules: rules(answers[0]!), kernel: ["delay: 1h"] });
  using look = observer();
  const before = look.stats();
  const callers = Array.from(
    { length: 4 },
    () => start("call", "socket:inet:dgram", "repeat:2000:connect:127.0.0.1:9"),
  );
  let running = true;
  const ends = Promise.all(callers.map((caller) => caller.end())).finally(() => running = false);
  let reloads = 0;
  while (running) await daemon.reload(rules(answers[++reloads % answers.length]!));
  for (const { lines } of await ends) {
    match(lines.at(-1)!, /^repeat 0 2000 (EACCES|ECONNREFUSED|ENETUNREACH)$/);
  }
  ok(reloads > 2, `${reloads} reloads while 8,000 calls were asked`);
  const { asked, endsDenied, waiting, ticketDenied } = since(before, look.stats());
  deepEqual([asked, endsDenied, waiting, ticketDenied], [8000n, 8000n, 0n, 0n]);
});

Deno.test("daemon: every held call has exactly one end, over all the tests of this file", () => {
  using look = observer();
  const counters = Object.entries(look.stats());
  const ends = counters.filter(([name]) => name.startsWith("ends")).reduce(
    (sum, [, count]) => sum + count,
    0n,
  );
  const { asked, waiting } = look.stats();
  equal(asked, ends + waiting);
  ok(asked > 8000n);
});

Deno.test("daemon: its version is that of the project", async () => {
  const { default: { version } } = await import("../../deno.json", { with: { type: "json" } });
  const { stdout } = await new Deno.Command(SNET, { args: ["--version"] }).output();
  match(new TextDecoder().decode(stdout), new RegExp(version.replaceAll(".", "\\.")));
});
