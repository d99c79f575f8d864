/** Names behind addresses, from real resolvers to the answer that a program gets. */

import { deepEqual, equal, match } from "node:assert/strict";
import { ControlClient } from "../../core/cli/client.ts";
import { PATHS, type Stats } from "../../core/control/api.ts";
import { Daemon } from "./daemon.ts";
import { connect } from "./probe.ts";
import { dropNetwork, lookUp, makeNetwork, ownServer, Resolver, run, USERS } from "./resolvers.ts";
import { until } from "./until.ts";

/** Resolvers and those who ask them may talk on loopback. */
const RULES = `version: 1
rules:
  - { name: loopback, allow: snet.out, to: 127.0.0.0/8 }
  - { name: local, allow: snet.in }
`;

const DNSTAP = "/run/dnstap.sock";
const MONITOR = "/run/systemd/resolve/io.systemd.Resolve.Monitor";

async function start(action: "allow" | "deny", list: string, names: string, fallback: "allow" | "deny") {
  await makeNetwork();
  await Deno.writeTextFile("/run/list.txt", list);
  return await Daemon.start({
    rules: RULES,
    default: fallback,
    plugins: [`blocklist: { files: [/run/list.txt], action: ${action}, errno: EHOSTUNREACH }`],
    more: [`names: ${names}`],
  });
}

async function names(daemon: Daemon) {
  using client = new ControlClient(daemon.socket);
  return (await client.get<Stats>(PATHS.stats)).names!;
}

/** Waits until the daemon has heard of so many names. */
const heard = (daemon: Daemon, count: number) =>
  until(`${count} names`, async () => (await names(daemon)).held === count);

Deno.test("names: what unbound answers by dnstap allows what its clients asked for, and nothing else", async () => {
  await using daemon = await start(
    "allow",
    "||example.com^\n",
    `{ dnstap: { socket: ${DNSTAP}, user: unbound } }`,
    "deny",
  );
  await using _unbound = await Resolver.unbound(DNSTAP);
  await until("unbound at the socket", async () => (await names(daemon)).sources[0]!.connected);
  equal(await connect("192.0.2.10:9"), "EPERM");
  equal(await lookUp("plain.example.com", "127.0.0.1"), "192.0.2.10");
  equal(await lookUp("www.example.com", "127.0.0.1"), "192.0.2.20");
  equal(await lookUp("other.example.net", "127.0.0.1"), "192.0.2.30");
  await heard(daemon, 3);
  equal(await connect("192.0.2.10:9"), "0");
  equal(await connect("192.0.2.20:9"), "0");
  equal(await connect("192.0.2.30:9"), "EPERM");
});

Deno.test("names: an answer that a program got elsewhere allows nothing", async () => {
  await using daemon = await start(
    "allow",
    "||example.com^\n",
    `{ dnstap: { socket: ${DNSTAP}, user: unbound } }`,
    "deny",
  );
  await using _unbound = await Resolver.unbound(DNSTAP);
  await until("unbound at the socket", async () => (await names(daemon)).sources[0]!.connected);
  await using _own = await ownServer("127.0.0.66", "192.0.2.66");
  equal(await lookUp("www.example.com", "127.0.0.66"), "192.0.2.66");
  // Unbound's own answer comes after what it may have said before.
  equal(await lookUp("www.example.com", "127.0.0.1"), "192.0.2.20");
  await heard(daemon, 1);
  equal(await connect("192.0.2.20:9"), "0");
  equal(await connect("192.0.2.66:9"), "EPERM");
  // Nor does the program come to the socket where names are told.
  const { mode, uid } = await Deno.stat(DNSTAP);
  deepEqual([mode! & 0o777, uid], [0o600, USERS.unbound]);
  const program = `import os, socket
os.setuid(1001)
try: socket.socket(socket.AF_UNIX).connect("${DNSTAP}")
except OSError as error: print(error.strerror)`;
  equal(await run("/usr/bin/python3", "-c", program), "Permission denied");
});

Deno.test("names: what systemd-resolved answers denies, over aliases too, and again after it was started again", async () => {
  await using daemon = await start(
    "deny",
    "||cdn.example.net^\n||other.example.net^\n",
    "{ resolved: true }",
    "allow",
  );
  await using _unbound = await Resolver.unbound();
  {
    await using _resolved = await Resolver.resolved();
    await until("the monitor", async () => (await names(daemon)).sources[0]!.connected);
    equal(await connect("192.0.2.20:9"), "0");
    equal(await lookUp("www.example.com", "127.0.0.53"), "192.0.2.20");
    equal(await lookUp("plain.example.com", "127.0.0.53"), "192.0.2.10");
    await heard(daemon, 2);
    equal(await connect("192.0.2.20:9"), "EHOSTUNREACH");
    equal(await connect("192.0.2.10:9"), "0");
  }
  await until("the monitor's end", async () => !(await names(daemon)).sources[0]!.connected);
  equal(await connect("192.0.2.20:9"), "EHOSTUNREACH");
  await Deno.remove(MONITOR).catch(() => {});
  await using _resolved = await Resolver.resolved();
  await until("the monitor again", async () => (await names(daemon)).sources[0]!.connected);
  equal(await lookUp("other.example.net", "127.0.0.53"), "192.0.2.30");
  await heard(daemon, 3);
  equal(await connect("192.0.2.30:9"), "EHOSTUNREACH");
  const [source] = (await names(daemon)).sources;
  equal(source!.lost, 1);
  match(source!.since!, /^\d{4}-/);
});

Deno.test("names: with await-names even a connection right after the answer is met by its name", async () => {
  await makeNetwork();
  await Deno.writeTextFile("/run/list.txt", "||example.net^\n");
  await using daemon = await Daemon.start({
    rules: RULES,
    default: "allow",
    plugins: ["await-names: { wait: 5s }", "blocklist: { files: [/run/list.txt], errno: EHOSTUNREACH }"],
    more: ["names: { resolved: true }"],
  });
  await using _unbound = await Resolver.unbound();
  await using _resolved = await Resolver.resolved();
  await until("the monitor", async () => (await names(daemon)).sources[0]!.connected);
  const program = `import errno, socket, sys
for name in sys.argv[1:]:
  address = socket.getaddrinfo(name, 9, socket.AF_INET, socket.SOCK_DGRAM)[0][4]
  try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(address); print("0")
  except OSError as error: print(errno.errorcode[error.errno])`;
  await Deno.writeTextFile("/etc/resolv.conf", "nameserver 127.0.0.53\n");
  const asked = ["www.example.com", "plain.example.com", "other.example.net"];
  const said = await run("/usr/bin/python3", "-c", program, ...asked);
  deepEqual(said.split("\n"), ["EHOSTUNREACH", "0", "EHOSTUNREACH"]);
});

Deno.test("names: a source that comes or goes with a reload is taken over", async () => {
  await using daemon = await start("deny", "||example.com^\n", "{ resolved: true }", "allow");
  await using _unbound = await Resolver.unbound();
  await using _resolved = await Resolver.resolved();
  await until("the monitor", async () => (await names(daemon)).sources[0]!.connected);
  equal(await lookUp("plain.example.com", "127.0.0.53"), "192.0.2.10");
  await heard(daemon, 1);
  equal(await connect("192.0.2.10:9"), "EHOSTUNREACH");
  await daemon.reload(RULES, undefined, []);
  equal(await names(daemon), undefined);
  equal(await connect("192.0.2.10:9"), "0");
  await daemon.reload(RULES, undefined, [
    "names: { resolved: true }",
  ]);
  equal(await connect("192.0.2.10:9"), "EHOSTUNREACH");
  await dropNetwork();
});
