/** What people see of a decision: the name of where a call went, who called, where that runs, and which ticket answers now. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ControlClient } from "../../core/cli/client.ts";
import {
  type DecisionJson,
  type HistoryJson,
  PATHS,
  type QuestionList,
  type RowBatch,
  type RowJson,
  type Stats,
  type TicketList,
} from "../../core/control/api.ts";
import { WatchStage } from "../terminal/watch_stage.ts";
import { Daemon } from "./daemon.ts";
import { lookUp, makeNetwork, Resolver } from "./resolvers.ts";
import { until, within } from "./until.ts";

const MAIN = new URL("../../core/main.ts", import.meta.url).pathname;

const RULES = `version: 1
rules:
  - { name: loopback, allow: snet.out, to: 127.0.0.0/8 }
  - { name: discard, allow: snet.out, port: 9, exe: /usr/bin/python*, remember: 10m }
  - { name: daytime, allow: snet.out, port: 13 }
  - { name: echo, ask: snet.out, port: 7 }
  - { name: local, allow: snet.in }
`;

/** A unit's cgroup, as systemd would have made it. */
const UNIT = "/system.slice/backup.service";
const CGROUP = `/sys/fs/cgroup${UNIT}`;

/** Connects to what it reads on standard input, line by line, and says so. */
const SCRIPT = `import socket, sys
for line in sys.stdin:
  host, port = line.split()
  socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect((host, int(port)))
  print("connected", flush=True)
`;

/** A script that runs in that unit, as a child of a shell. */
class Backup implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async start(): Promise<Backup> {
    await Deno.mkdir(CGROUP, { recursive: true });
    await Deno.writeTextFile("/run/backup.py", SCRIPT);
    // The second command keeps the shell from becoming the script.
    const line = `echo $$ > ${CGROUP}/cgroup.procs; python3 -u /run/backup.py --all 'a b'; exit $?`;
    return new Backup(
      new Deno.Command("/bin/sh", {
        args: ["-c", line],
        ...{ stdin: "piped", stdout: "piped", stderr: "inherit" },
      }).spawn(),
    );
  }

  get pid(): number {
    return this.#child.pid;
  }

  async connect(host: string, port: number): Promise<string> {
    await this.#input.write(new TextEncoder().encode(`${host} ${port}\n`));
    let said = "";
    while (!said.endsWith("\n")) {
      said += (await within("the script's word", this.#output.read())).value ?? "\n";
    }
    return said;
  }

  /** It ends, and its shell with it. */
  async end(): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

/** The rows of a daemon, as they come. */
class Rows implements Disposable {
  readonly all: RowJson[] = [];
  readonly #stop = new AbortController();

  constructor(client: ControlClient) {
    void this.#read(client);
  }

  async #read(client: ControlClient): Promise<void> {
    try {
      for await (const { rows } of client.events<RowBatch>(PATHS.rows, this.#stop.signal)) {
        this.all.push(...rows);
      }
    } catch {
      // It has been stopped.
    }
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }
}

Deno.test("details: a script's call is told with its destination's name, its unit, and the ticket that answers now", async () => {
  // names_test.ts, which follows, takes it away again.
  await makeNetwork();
  await using daemon = await Daemon.start({
    rules: RULES,
    kernel: ["delay: 20s"],
    default: "deny",
    entry: MAIN,
    plugins: ["ask: {}"],
    more: ["names: { resolved: true }", "web: {}"],
  });
  await using _unbound = await Resolver.unbound();
  await using _resolved = await Resolver.resolved();
  using client = new ControlClient(daemon.socket);
  const stats = () => client.get<Stats>(PATHS.stats);
  await until("the monitor", async () => (await stats()).names!.sources[0]!.connected);
  using rows = new Rows(client);
  await until(
    "somebody who looks",
    async () => (await client.get<{ observers: number }>(PATHS.status)).observers > 1,
  );
  equal(await lookUp("www.example.com", "127.0.0.53"), "192.0.2.20");
  await until("a name", async () => (await stats()).names!.held === 1);

  await using backup = await Backup.start();
  equal(await backup.connect("192.0.2.20", 9), "connected\n");
  const row = await until("its row", () => rows.all.find(({ target }) => target === "udp 192.0.2.20:9"));
  equal(row.host, "www.example.com");
  const whole = () => client.get<DecisionJson>(`${PATHS.rows}/${row.number}`);
  const { names, process, ticket } = await whole();
  deepEqual(names, ["www.example.com"]);
  deepEqual([process?.state, process?.script, process?.command], [
    ...["runs", "/run/backup.py", "python3 -u /run/backup.py --all 'a b'"],
  ]);
  deepEqual(process?.place, { path: UNIT, unit: "backup.service", slice: "system.slice" });
  equal(process?.parents?.[0]?.pid, backup.pid);
  match(process!.parents![0]!.exe!, /\/(?:da|ba)?sh$/);
  ok(typeof ticket === "object");
  deepEqual([ticket.action, ticket.rule?.name, ticket.hits], ["allow", "discard", 0]);
  ok(ticket.timeLeft > 0 && ticket.timeLeft <= 600_000);

  // What the ticket answers makes no row, but a hit.
  equal(await backup.connect("192.0.2.20", 9), "connected\n");
  const { ticket: hit } = await whole();
  equal(typeof hit === "object" && hit.hits, 1);
  const { tickets: [listed] } = await client.get<TicketList>(`${PATHS.tickets}?most=1`);
  deepEqual([listed!.hits, listed!.user], [1, "root"]);
  match(listed!.what!, /^connect udp\b/);

  // At the terminal it is the same.
  await using stage = new WatchStage({ socket: daemon.socket, columns: 110 });
  await stage.see("python3.11");
  stage.type("/host:example.com\r");
  await stage.see(/^>\+ python3\.11 /m);
  stage.type("\rj");
  await stage.see(/^> +udp www\.example\.com:9 {2}192\.0\.2\.20 {2}connect /m);
  stage.type("i");
  await stage.see(/^ {3}known as {3}www\.example\.com$/m);
  await stage.see(/^ {3}script {5}\/run\/backup\.py \(by its own word\)$/m);
  await stage.see(/^ {3}unit {7}backup\.service$/m);
  await stage.see(/^ {3}ticket {5}answers allow for \S+ more; has once$/m);
  stage.type("qq");
  equal((await stage.status).code, 0);

  // Often enough to be among the ten, however often the resolver tries to reach others.
  for (let i = 0; i < 100; i++) equal(await backup.connect("192.0.2.20", 13), "connected\n");
  await until(
    "a hundred rows",
    () => rows.all.filter(({ target }) => target === "udp 192.0.2.20:13").length === 100,
  );
  const { targets } = await client.get<HistoryJson>(`${PATHS.history}?span=hour`);
  ok(
    targets.some(({ name, address }) => name === "udp www.example.com:13" && address === "192.0.2.20"),
    JSON.stringify(targets),
  );

  // Who answers a question sees the name beside the address that the answer is about.
  const asking = backup.connect("192.0.2.20", 7);
  const question = await until(
    "a question",
    async () => (await client.get<QuestionList>(PATHS.questions)).questions[0],
  );
  equal(question.wish, "connect to www.example.com at 192.0.2.20:7 (udp)");
  await client.post(`${PATHS.questions}/${question.id}/answer`, { action: "allow" });
  equal(await asking, "connected\n");

  // What was seen of it stays, when it has ended; and when its tickets are gone that is said.
  await backup.end();
  await client.post(PATHS.flush);
  const then = await whole();
  deepEqual([then.process?.state, then.process?.script, then.process?.place?.unit, then.ticket], [
    ...["ended", "/run/backup.py", "backup.service", "none"],
  ]);
});
