/** A daemon in the kernel asks `snet serve`: real calls are decided on what stands for another machine. */

import { deepEqual, equal } from "node:assert/strict";
import { ControlClient } from "../../core/cli/client.ts";
import { PATHS, type Stats, type TicketList } from "../../core/control/api.ts";
import { makeCertificates } from "../../plugins/webhook/testing.ts";
import { Daemon } from "./daemon.ts";
import { connect, start } from "./probe.ts";
import { until } from "./until.ts";

const MAIN = new URL("../../core/main.ts", import.meta.url).pathname;
const LISTEN = "127.0.0.1:8765";

/** A server, over TLS, in a folder that the daemon's configuration names too. */
class Serve implements AsyncDisposable {
  #child: Deno.ChildProcess | undefined;

  private constructor(readonly folder: string) {}

  static async start(rules: string, policy: string): Promise<Serve> {
    const folder = await Deno.makeTempDir({ prefix: "snet-serve-" });
    await makeCertificates(folder);
    await Deno.writeTextFile(`${folder}/web1.secret`, "1".repeat(32), { mode: 0o600 });
    await Deno.chmod(`${folder}/server.key`, 0o600);
    await Deno.writeTextFile(`${folder}/rules.yaml`, rules);
    await Deno.writeTextFile(`${folder}/policy.yaml`, policy);
    await Deno.writeTextFile(
      `${folder}/serve.yaml`,
      `listen: ${LISTEN}
tls: { certificate: server.pem, key: server.key }
clients: { web1: { secret: web1.secret } }
default: pass
plugins: [{ rules: { files: [rules.yaml] } }]
policy: { files: [policy.yaml] }
control: { socket: control.sock }
`,
    );
    const serve = new Serve(folder);
    await serve.again();
    return serve;
  }

  /** Starts the process. */
  async again(): Promise<void> {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--allow-all", "--no-check", "--quiet", "--cached-only", MAIN],
        ...["serve", "--config", `${this.folder}/serve.yaml`],
      ],
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).spawn();
    await until("the server's being ready", async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: 8765 }).catch(() => undefined);
      connection?.close();
      return connection !== undefined;
    });
  }

  async kill(): Promise<void> {
    this.#child!.kill("SIGKILL");
    await this.#child!.status;
  }

  async counts() {
    using client = new ControlClient(`${this.folder}/control.sock`);
    return (await client.get<Stats>(PATHS.stats)).serve!.clients[0]!;
  }

  /** The daemon's entry of the plugin. */
  get entry(): string {
    const { folder } = this;
    return `remote: { url: "https://${LISTEN}", client: web1, secret: ${folder}/web1.secret, ca: ${folder}/ca.pem, ` +
      `timeout: 30s, whenFailed: deny, policy: ${folder}/kept/policy }`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill().catch(() => {});
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** What the daemon answers by itself: the server is on this machine too, so its calls and those to it are let through. */
const LOCAL = `version: 1
rules:
  - { name: what comes, allow: snet.in }
  - { name: the server, allow: snet.out, port: 8765 }
`;
const RULES = `version: 1
rules:
  - { name: seven, allow: snet.out, port: 7, remember: 1h }
  - { name: nine, deny: snet.out, port: 9, errno: ECONNREFUSED }
  - { name: python, deny: snet.out, exe: /usr/bin/python3, errno: EHOSTUNREACH }
`;
const POLICY = `version: 1
rules:
  - { name: eight, allow: snet.out, port: 8 }
`;

/** What the daemon counts of the plugin. */
async function counters(daemon: Daemon): Promise<Readonly<Record<string, number>>> {
  using client = new ControlClient(daemon.socket);
  const { daemon: { plugins } } = await client.get<Stats>(PATHS.stats);
  return plugins.find(({ name }) => name === "remote")!.counters!;
}

Deno.test("remote: real calls are decided by a server, by its policy while it is away, and by it again", async () => {
  await using serve = await Serve.start(RULES, POLICY);
  await using daemon = await Daemon.start({
    ...{ rules: LOCAL, default: "deny", entry: MAIN },
    kernel: ["delay: 5s", "policy: deny"],
    plugins: [serve.entry],
  });
  equal(await connect("127.0.0.1:7"), "0");
  equal(await connect("127.0.0.1:9"), "ECONNREFUSED");
  // The server leaves it open, and the daemon's default denies.
  equal(await connect("127.0.0.1:8"), "EPERM");
  // A ticket for the port alone, as the server's rule read nothing else.
  using client = new ControlClient(daemon.socket);
  const { tickets } = await client.get<TicketList>(PATHS.tickets);
  deepEqual(tickets.map(({ key, plugin }) => [key, plugin]), [[["remote-port"], "remote"]]);
  await until("the policy", async () => (await counters(daemon))["policy rules"] === 1);
  const { questions, passed } = await serve.counts();
  deepEqual([questions >= 3, passed >= 1], [true, true]);

  await serve.kill();
  await until("the server's absence", async () => (await counters(daemon))["online"] === 0);
  equal(await connect("127.0.0.1:8"), "0");
  equal(await connect("127.0.0.1:9"), "EPERM");
  const { "by policy": byPolicy, "policy undecided": undecided } = await counters(daemon);
  deepEqual([byPolicy, undecided], [1, 1]);

  await serve.again();
  await until("the server's return", async () => (await counters(daemon))["online"] === 1);
  equal(await connect("127.0.0.1:9"), "ECONNREFUSED");
  equal(await connect("127.0.0.1:8"), "EPERM");
});

Deno.test("remote: a caller that is killed takes its question back from the server", async () => {
  // Nobody there answers in time: the server's people are a server of their own, which never replies.
  const mute = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const held: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of mute) held.push(connection);
  })();
  await using serve = await Serve.start(RULES, POLICY);
  const config = await Deno.readTextFile(`${serve.folder}/serve.yaml`);
  await serve.kill();
  await Deno.writeTextFile(
    `${serve.folder}/serve.yaml`,
    config.replace(
      /plugins: .*/,
      `plugins: [{ webhook: { url: "http://127.0.0.1:${mute.addr.port}/", timeout: 1h } }]`,
    ),
  );
  await serve.again();
  await using _daemon = await Daemon.start({
    rules: `${LOCAL}  - { name: all but nine, allow: snet.out, not: { port: 9 } }\n`,
    ...{ default: "deny", entry: MAIN },
    kernel: ["delay: 5s", "policy: deny"],
    plugins: [serve.entry],
  });
  await using caller = start("call", "socket:inet:dgram", "connect:127.0.0.1:9");
  await until("the question at the server", async () => (await serve.counts()).waiting === 1);
  caller.signal("SIGKILL");
  await until("its end there", async () => (await serve.counts()).waiting === 0);
  equal((await serve.counts()).cancelled, 1);
  mute.close();
  for (const connection of held) connection.close();
  await accepting;
});
