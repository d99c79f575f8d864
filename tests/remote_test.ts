/** `snet serve` as a process and the plugin `remote` as the daemon runs it, over TLS on loopback with an authority of the test's own. */

import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { parseConfig } from "../core/config.ts";
import { ControlClient } from "../core/cli/client.ts";
import { answerPath, type Observation, PATHS, type QuestionList, type Stats } from "../core/control/api.ts";
import type { PluginContext } from "../core/plugin.ts";
import { setUpLanes } from "../core/lanes.ts";
import { parseServeConfig } from "../core/serve/config.ts";
import { CLIENT_HEADER, SERVE_PATHS } from "../core/serve/protocol.ts";
import { closeLinks, prepare, setUp } from "../core/setup.ts";
import { signedHeaders, verifySigned } from "../core/signature.ts";
import { type SlowAnswer, SlowLane } from "../core/slow_lane.ts";
import { event, type EventInit } from "../core/testing.ts";
import { messageOf } from "../core/event_message.ts";
import { Operand } from "../ffi/mod.ts";
import { PLUGINS } from "../plugins/mod.ts";
import { makeCertificates } from "../plugins/webhook/testing.ts";
import { until } from "./kernel/until.ts";

const MAIN = new URL("../core/main.ts", import.meta.url).pathname;
/** The daemon's own network namespace, as a daemon's context has it. */
const HOST = 4026531840;

/** A folder with certificates and the secrets of two clients. */
async function place() {
  const folder = await Deno.makeTempDir({ prefix: "snet-remote-" });
  await Deno.chmod(folder, 0o700);
  await makeCertificates(folder);
  const write = (name: string, text: string) =>
    Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
  await write("web1.secret", "1".repeat(32));
  await write("web2.secret", "2".repeat(32));
  await Deno.chmod(`${folder}/server.key`, 0o600);
  /** A policy may be on its way into it still. */
  const remove = async (): Promise<void> => {
    while (await Deno.remove(folder, { recursive: true }).then(() => false, () => true));
  };
  return { folder, write, [Symbol.asyncDispose]: remove };
}

type Place = Awaited<ReturnType<typeof place>>;

const RULES = `version: 1
rules:
  - { name: web, allow: snet.out, port: 443, remember: 10m }
  - { name: no telnet, deny: snet.out, port: 23, errno: ECONNREFUSED }
  - { name: curl, allow: snet.out, exe: /usr/bin/curl, port: 8080 }
  - { name: cron, allow: snet.out, unit: cron.service, port: 8081 }
  - { name: inside, allow: snet.out, netns: host, port: 8082 }
`;

const POLICY = `version: 1
rules:
  - { name: web at least, allow: snet.out, port: 443, remember: 10m }
  - { name: ask about ssh, ask: snet.out, port: 22 }
`;

/** A server as a process, and its control API. */
class Serve implements AsyncDisposable {
  readonly socket: string;
  readonly #lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #news = Promise.withResolvers<void>();
  address = "";

  private constructor(readonly place: Place) {
    this.socket = `${place.folder}/control.sock`;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--quiet", MAIN, "serve", "--config", `${place.folder}/serve.yaml`],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#reading = this.#read();
  }

  /** `keys`: more of its configuration; it listens where it did before, if it did. */
  static async start(place: Place, keys: string, listen = "127.0.0.1:0"): Promise<Serve> {
    await place.write(
      "serve.yaml",
      `version: 1
listen: ${listen}
tls: { certificate: server.pem, key: server.key }
clients:
  web1: { secret: web1.secret, waiting: 1200, rate: 5000 }
  web2: { secret: web2.secret }
control: { socket: control.sock }
${keys}
`,
    );
    await place.write("rules.yaml", RULES);
    const serve = new Serve(place);
    const line = await serve.line(/^ready: listens on (\S+) with TLS/);
    serve.address = /listens on (\S+)/.exec(line)![1]!;
    return serve;
  }

  /** The first line of its log that matches, when it is there. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.#lines.find((line) => pattern.test(line));
      if (line !== undefined) return line;
      if (!await Promise.race([this.#news.promise.then(() => true), this.#reading.then(() => false)])) {
        throw new Error(`The server has ended: ${this.#lines.join("\n")}`);
      }
    }
  }

  async stats(): Promise<Stats> {
    using client = new ControlClient(this.socket);
    return await client.get<Stats>(PATHS.stats);
  }

  async client(name: string) {
    return (await this.stats()).serve!.clients.find((client) => client.name === name)!;
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async end(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended already.
    }
    await this.#child.status;
    await this.#reading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const chunk of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      this.#lines.push(...lines);
      const { resolve } = this.#news;
      this.#news = Promise.withResolvers();
      resolve();
    }
  }
}

/** The plugin as the daemon sets it up, in a slow lane of its own. */
class Asker implements Disposable {
  readonly failures: string[] = [];
  readonly log: string[] = [];
  readonly #answers = new Map<bigint, (answer: SlowAnswer) => void>();
  readonly #links;
  readonly lane: SlowLane;
  #id = 0n;

  /** `options`: more of the plugin's entry. */
  constructor(
    place: Place,
    address: string,
    options = "",
    context: Partial<PluginContext> = {},
    client = "web1",
  ) {
    const { folder } = place;
    const text = `default: deny
plugins:
  - remote:
      { url: "https://${address}", client: ${client}, secret: ${folder}/${client}.secret, ca: ${folder}/ca.pem,
        timeout: 60s${options} }
`;
    const whole: PluginContext = {
      ...{ clock: Date.now, netns: HOST, verifiedExe: () => true, cgroupPath: () => undefined },
      log: (level, message) => void this.log.push(`${level}: ${message}`),
      ...context,
    };
    const { plugins } = prepare(PLUGINS, parseConfig("/etc/snet.yaml", text, PLUGINS), whole);
    this.#links = setUp(PLUGINS, plugins, whole);
    this.lane = new SlowLane(this.#links, {
      fallback: "deny",
      answer: (answer) => this.#answers.get(answer.id)!(answer),
      onFailure: (_, message) => void this.failures.push(message),
    });
  }

  ask(init: EventInit = {}, asked?: { plugin: string; why: string }): Promise<SlowAnswer> {
    const id = ++this.#id;
    const { promise, resolve } = Promise.withResolvers<SlowAnswer>();
    this.#answers.set(id, resolve);
    const task = { netns: HOST, ...init.task };
    const message = messageOf(event({ ...init, id, task }));
    const question = asked && { ...asked, rule: undefined, number: 0 };
    this.lane.ask({ id, message, read: 0, until: 0, asked: question }, performance.now() + 60_000);
    return promise;
  }

  /** To a port of 192.0.2.1. */
  port(port: number, task: EventInit["task"] = {}): Promise<SlowAnswer> {
    return this.ask({ remote: { ip: "192.0.2.1", port }, task });
  }

  get last(): bigint {
    return this.#id;
  }

  get counters(): Readonly<Record<string, number>> {
    return this.#links[0]!.instance.counters!();
  }

  /** Resolves when a counter is that. */
  async until(counter: string, count: number): Promise<void> {
    await until(`${counter} to be ${count}`, () => this.counters[counter] === count);
  }

  [Symbol.dispose](): void {
    this.lane.close();
    closeLinks(this.#links);
  }
}

const summary = ({ verdict: { action, why }, cause }: SlowAnswer) => `${action} by ${cause}: ${why}`;

const ONLY_RULES = `default: pass
plugins: [{ rules: { files: [rules.yaml] } }]`;

Deno.test("remote: the server's rules decide, and a ticket matches what they have read", async () => {
  await using at = await place();
  await using serve = await Serve.start(at, ONLY_RULES);
  using asker = new Asker(at, serve.address);
  const web = await asker.port(443);
  deepEqual([web.verdict, web.cause], [{ action: "allow", why: "web" }, "verdict"]);
  equal(web.remember, 600_000);
  equal(web.key, Operand.RemotePort);
  const telnet = await asker.port(23);
  deepEqual([telnet.verdict.action, telnet.verdict.errno], ["deny", 111]);
  // The server passes: what comes of it is the client's own, and no ticket.
  const other = await asker.port(9);
  deepEqual([summary(other), other.remember], ["deny by default: no plugin decided", 0]);
  equal(asker.counters["passed"], 1);
  const { questions, answered, passed } = await serve.client("web1");
  deepEqual([questions, answered, passed], [3, 2, 1]);
});

Deno.test("remote: what only the client can tell of an event is the client's word, not the server's machine", async () => {
  await using at = await place();
  await using serve = await Serve.start(at, ONLY_RULES);
  const curl = { exe: "/usr/bin/curl" };
  {
    // The path may name a file on the server, even the same one: nobody looks there.
    using asker = new Asker(at, serve.address, "", { verifiedExe: () => false });
    equal((await asker.port(8080, curl)).cause, "default");
    equal((await asker.port(8081)).cause, "default");
    equal((await asker.port(8082, { netns: HOST + 1 })).cause, "default");
  }
  using asker = new Asker(at, serve.address, "", {
    verifiedExe: ({ task }) => task.exe === "/usr/bin/curl",
    cgroupPath: () => "/system.slice/cron.service",
  });
  const answers = [await asker.port(8080, curl), await asker.port(8081), await asker.port(8082)];
  deepEqual(answers.map(summary), [
    "allow by verdict: curl",
    "allow by verdict: cron",
    "allow by verdict: inside",
  ]);
  equal((await asker.port(8080, { exe: "/usr/bin/wget" })).cause, "default");
});

Deno.test("remote: an executable that could not be verified now gets no ticket from an answer that is about it", async () => {
  await using at = await place();
  await using serve = await Serve.start(at, `default: deny\nplugins: [{ rules: { files: [rules.yaml] } }]`);
  await at.write(
    "rules.yaml",
    `version: 1\nrules: [{ deny: snet.out, not: { exe: /usr/bin/curl }, remember: 1h }]\n`,
  );
  serve.signal("SIGHUP");
  await serve.line(/^Reloaded/);
  using asker = new Asker(at, serve.address, "", {
    verifiedExe(event) {
      event.readVolatile();
      return false;
    },
  });
  equal((await asker.port(443)).remember, 0);
});

Deno.test("remote: while the server is away its policy decides, without tickets; what that cannot decide is whenFailed's", async () => {
  await using at = await place();
  await at.write("policy.yaml", POLICY);
  const keys = `${ONLY_RULES}\npolicy: { files: [policy.yaml] }`;
  const file = `${at.folder}/kept.policy`;
  const serve = await Serve.start(at, keys);
  const options = `, whenFailed: allow, policy: ${file}`;
  using asker = new Asker(at, serve.address, options);
  equal(summary(await asker.port(443)), "allow by verdict: web");
  await asker.until("policy rules", 2);
  await serve.end("SIGKILL");
  await asker.until("online", 0);
  const web = await asker.port(443);
  match(
    summary(web),
    /^allow by verdict: web at least \(policy of https:\/\/127\.0\.0\.1:\d+, which is away\)$/,
  );
  equal(web.remember, 0);
  // More than a circuit breaker would bear, and the policy is asked all the same.
  for (let time = 0; time < 10; time++) equal((await asker.port(22)).cause, "failed");
  equal((await asker.port(9)).verdict.action, "allow");
  equal((await asker.ask({}, { plugin: "rules", why: "ask" })).cause, "failed");
  match(asker.failures[0]!, /cannot be reached: .*; nobody there can be asked$/);
  match(asker.failures[10]!, /; its policy has no rule for this$/);
  match(asker.failures[11]!, /; nobody there can be asked$/);
  equal((await asker.port(443)).cause, "verdict");
  deepEqual([asker.counters["by policy"], asker.counters["policy undecided"]], [2, 12]);
  {
    // Another life of the daemon, which has never seen the server.
    using heir = new Asker(at, serve.address, options);
    match(summary(await heir.port(443)), /^allow by verdict: web at least/);
  }
  await using _again = await Serve.start(at, keys, serve.address);
  await asker.until("online", 1);
  equal(summary(await asker.port(23)), "deny by verdict: no telnet");
  deepEqual(
    asker.log.map((line) => line.replaceAll(/https:\S+|: error.*?;|\(os error.*?;/g, "…")).filter((line) =>
      /there|rules/.test(line)
    ).length,
    4,
  );
});

Deno.test("remote: a kept policy that is truncated, not this server's, or for others to write, is not used, and nothing fails for it", async () => {
  await using at = await place();
  await at.write("policy.yaml", POLICY);
  const file = `${at.folder}/kept.policy`;
  const options = `, policy: ${file}`;
  let address: string;
  {
    await using serve = await Serve.start(at, `${ONLY_RULES}\npolicy: { files: [policy.yaml] }`);
    ({ address } = serve);
    using asker = new Asker(at, address, options);
    await asker.port(443);
    await asker.until("policy rules", 2);
    while (!await Deno.stat(file).then(() => true, () => false)) {
      await new Promise((wake) => setTimeout(wake, 5));
    }
  }
  const whole = await Deno.readTextFile(file);
  equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  const rulesIn = async (text: string, mode: number, where = address) => {
    await Deno.writeTextFile(file, text);
    await Deno.chmod(file, mode);
    using asker = new Asker(at, where, options);
    const rules = asker.counters["policy rules"];
    equal((await asker.port(22)).cause, "failed");
    return [rules, ...asker.log.filter((line) => line.includes("kept"))];
  };
  deepEqual(await rulesIn(whole, 0o600), [2]);
  const [none, line] = await rulesIn(whole.slice(0, -20), 0o600);
  equal(none, 0);
  match(String(line), /^warning: Plugin "remote": The kept policy is not used: \S+kept\.policy is no JSON: /);
  match(String((await rulesIn(whole, 0o666))[1]), /not used: others may write to \S+kept\.policy$/);
  deepEqual(await rulesIn(whole, 0o600, "127.0.0.1:1"), [0]);
});

Deno.test("remote: a client is believed by its own secret alone", async () => {
  await using at = await place();
  await using serve = await Serve.start(at, ONLY_RULES);
  using second = new Asker(at, serve.address, "", {}, "web2");
  equal(summary(await second.port(443)), "allow by verdict: web");
  await Deno.copyFile(`${at.folder}/web2.secret`, `${at.folder}/web1.secret`);
  // The server has read the right one before.
  using thief = new Asker(at, serve.address, ", whenFailed: deny");
  equal((await thief.port(443)).cause, "failed");
  match(thief.failures[0]!, /replied with status 401 and no signature by the secret of "web1"/);
  const { serve: counts } = await serve.stats();
  ok(counts!.clients[0]!.forged >= 1);
  deepEqual([counts!.clients[0]!.questions, counts!.clients[1]!.questions], [0, 1]);
});

Deno.test("remote: an authority that is not trusted, or a name that is not the server's, is an end at the door", async () => {
  await using at = await place();
  await using other = await place();
  await using serve = await Serve.start(at, ONLY_RULES);
  await Deno.copyFile(`${other.folder}/ca.pem`, `${at.folder}/ca.pem`);
  using asker = new Asker(at, serve.address);
  equal((await asker.port(443)).cause, "failed");
  match(asker.failures[0]!, /cannot be reached: .*certificate/);
  equal((await serve.client("web1")).turns, 0);
});

/** A webhook behind the server that answers when it is told: what people do, without people. */
class Desk implements AsyncDisposable {
  readonly #waiting = new Set<(answer: Response) => void>();
  readonly #server;

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      await request.text();
      const { promise, resolve } = Promise.withResolvers<Response>();
      this.#waiting.add(resolve);
      return await promise;
    });
  }

  get keys(): string {
    const url = `http://127.0.0.1:${this.#server.addr.port}/`;
    return `default: deny\nplugins: [{ webhook: { url: "${url}", concurrency: 8, queue: 4000, timeout: 1h } }]`;
  }

  async waits(count: number): Promise<void> {
    await until(`${count} questions at the desk`, () => this.#waiting.size >= count);
  }

  allow(): void {
    for (const resolve of this.#waiting) resolve(Response.json({ action: "allow", why: "by the desk" }));
    this.#waiting.clear();
  }

  /** Allows whatever comes until these are answered. */
  async allowAll<T>(answers: readonly Promise<T>[]): Promise<T[]> {
    const ticker = setInterval(() => this.allow(), 1);
    const all = await Promise.all(answers);
    clearInterval(ticker);
    return all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.allow();
    await this.#server.shutdown();
  }
}

Deno.test("remote: a thousand questions wait over a handful of connections, others are answered meanwhile, and each gets its answer", async () => {
  await using at = await place();
  await using desk = new Desk();
  await using serve = await Serve.start(
    at,
    desk.keys.replace("[{ webhook", "[{ rules: { files: [rules.yaml] } }, { webhook"),
  );
  using asker = new Asker(at, serve.address);
  const waiting = Array.from({ length: 1000 }, (_, index) => asker.port(10_000 + index));
  await until("a thousand at the server", async () => (await serve.client("web1")).waiting === 1000);
  equal(summary(await asker.port(443)), "allow by verdict: web");
  const { serve: counts } = await serve.stats();
  ok(counts!.connections.open <= 8, `${counts!.connections.open} connections`);
  const answers = await desk.allowAll(waiting);
  deepEqual(new Set(answers.map(summary)), new Set(["allow by verdict: by the desk"]));
  // The last answers count as waiting until the client has said that they came.
  equal((await serve.client("web1")).answered, 1001);
});

Deno.test("remote: a call that ends takes its question back, at the server too", async () => {
  await using at = await place();
  await using desk = new Desk();
  await using serve = await Serve.start(at, desk.keys);
  using asker = new Asker(at, serve.address);
  void asker.port(9);
  await desk.waits(1);
  asker.lane.cancel(asker.last);
  await until("its end there", async () => {
    const { cancelled, waiting } = await serve.client("web1");
    return cancelled === 1 && waiting === 0;
  });
  // The server's own plugin has been told.
  const { plugins } = (await serve.stats()).daemon;
  deepEqual([plugins[0]!.cancelled, plugins[0]!.slow!.waiting], [1, 0]);
});

Deno.test("remote: a server that is killed while questions wait leaves them to whenFailed at once", async () => {
  await using at = await place();
  await using desk = new Desk();
  const serve = await Serve.start(at, desk.keys);
  using asker = new Asker(at, serve.address, ", whenFailed: deny");
  const waiting = [asker.port(9), asker.port(10)];
  await desk.waits(2);
  await serve.end("SIGKILL");
  deepEqual((await Promise.all(waiting)).map(({ cause }) => cause), ["failed", "failed"]);
});

Deno.test("remote: whoever watches the server sees which client asked, and what was decided", async () => {
  await using at = await place();
  await using serve = await Serve.start(at, ONLY_RULES);
  using control = new ControlClient(serve.socket);
  const seen = control.events<Observation>(PATHS.events);
  const first = seen.next();
  using asker = new Asker(at, serve.address, "", {}, "web2");
  // Until the stream has begun, nobody sees.
  await until("the stream", async () => {
    await asker.port(23);
    return (await control.get<{ observers: number }>(PATHS.status)).observers > 0;
  });
  await asker.port(23);
  const { client, action, rule, event: { name } } = (await first).value!;
  deepEqual([client, action, rule?.name, name], ["web2", "deny", "no telnet", "snet.connect"]);
  await seen.return(undefined);
});

Deno.test("remote: a reload takes rules and policy over, or nothing of what is wrong", async () => {
  await using at = await place();
  await using serve = await Serve.start(at, ONLY_RULES);
  using asker = new Asker(at, serve.address);
  equal((await asker.port(9)).cause, "default");
  await at.write("rules.yaml", "version: 1\nrules: [{ alow: snet.out }]\n");
  serve.signal("SIGHUP");
  match(await serve.line(/Not reloaded/), /the former configuration stays: \S+rules\.yaml:2:/);
  equal(summary(await asker.port(443)), "allow by verdict: web");
  await at.write("policy.yaml", POLICY);
  await at.write("rules.yaml", "version: 1\nrules: [{ name: nine, allow: snet.out, port: 9 }]\n");
  const config = await Deno.readTextFile(`${at.folder}/serve.yaml`);
  await at.write("serve.yaml", `${config}policy: { files: [policy.yaml] }\n`);
  serve.signal("SIGHUP");
  // The turn that is held tells of it.
  await asker.until("policy rules", 2);
  equal(summary(await asker.port(9)), "allow by verdict: nine");
});

Deno.test("remote: people at the server are asked, where a rule here or there says so; of two machines nothing is the same question", async () => {
  await using at = await place();
  await at.write("ask.yaml", "version: 1\nrules: [{ ask: snet.out, port: 22 }]\n");
  await using serve = await Serve.start(
    at,
    `default: deny\nplugins: [{ rules: { files: [ask.yaml] } }, { ask: { timeout: 1h } }]`,
  );
  using one = new Asker(at, serve.address);
  using two = new Asker(at, serve.address, "", {}, "web2");
  const answers = [
    one.port(22),
    two.port(22),
    one.ask({ remote: { ip: "192.0.2.1", port: 9 } }, { plugin: "rules", why: "of web1" }),
  ];
  using control = new ControlClient(serve.socket);
  const waiting = await until("three questions", async () => {
    const { questions } = await control.get<QuestionList>(PATHS.questions);
    return questions.length === 3 && questions;
  });
  const seen = waiting.map(({ facts, user, lasts, mayAnswer, event, id }) => {
    const machine = facts.find(({ label }) => label === "machine")?.text;
    return { id, machine, user, lasts, mayAnswer, port: event.remote?.port };
  });
  deepEqual(seen.map(({ machine, port, user }) => `${machine} ${port} ${user}`).toSorted(), [
    "web1 22 uid 1000 of web1",
    "web1 9 uid 1000 of web1",
    "web2 22 uid 1000 of web2",
  ]);
  // That a process here has the number of one there means nothing: root, or the server's user, may answer.
  deepEqual(seen.map(({ mayAnswer, lasts }) => mayAnswer && !lasts.includes("process")), [true, true, true]);
  for (const { id, machine } of seen) {
    await control.post(answerPath(id), {
      action: machine === "web1" ? "allow" : "deny",
      lasts: "time",
      time: 60_000,
      scope: "program",
    })
      // The answer about web1's program was for both of its questions.
      .catch((error) => match(error.message, /has said allow already/));
  }
  deepEqual((await Promise.all(answers)).map(({ verdict }) => verdict.action), ["allow", "deny", "allow"]);
  // What was said of a program of one machine is not said of the other's.
  deepEqual([(await one.port(22)).verdict.action, (await two.port(22)).verdict.action], ["allow", "deny"]);
});

/** Posts a turn as a client would, signed by `secret`, and gives the status and what a genuine reply says. */
async function post(at: Place, serve: Serve, secret: string, id: string, time: number, change: object = {}) {
  const key = new TextEncoder().encode(secret);
  const turn = {
    ...{
      version: 1,
      type: "snet.turn",
      client: "web1",
      session: "s",
      questions: [],
      cancelled: [],
      taken: 0,
    },
    ...{ wait: 0, ...change },
  };
  const body = JSON.stringify(turn);
  using client = Deno.createHttpClient({
    caCerts: [await Deno.readTextFile(`${at.folder}/ca.pem`)],
    http2: false,
  });
  const init: RequestInit & { client: Deno.HttpClient } = {
    ...{ method: "POST", body, client },
    headers: { [CLIENT_HEADER]: "web1", ...signedHeaders([key], id, time, body) },
  };
  const response = await fetch(`https://${serve.address}${SERVE_PATHS.turn}`, init);
  const text = await response.text();
  const signed = verifySigned([new TextEncoder().encode("1".repeat(32))], response.headers, text);
  const { type, cause, why } = JSON.parse(text);
  return { status: response.status, isSigned: signed?.id === id, type, cause, why };
}

Deno.test("remote: the server takes a message once, of now, by its own client, and says so only to whom has the secret", async () => {
  await using at = await place();
  await using serve = await Serve.start(at, ONLY_RULES);
  const own = "1".repeat(32);
  const now = () => Math.floor(Date.now() / 1000);
  const time = now();
  const first = await post(at, serve, own, "once", time);
  deepEqual(first, { status: 200, isSigned: true, type: "snet.reply", cause: undefined, why: undefined });
  const again = await post(at, serve, own, "once", time);
  deepEqual([again.isSigned, again.type, again.cause], [true, "snet.refused", "replayed"]);
  const old = await post(at, serve, own, "old", time - 1000);
  deepEqual([old.isSigned, old.type, old.cause], [true, "snet.refused", "clock"]);
  const forged = await post(at, serve, "2".repeat(32), "forged", now());
  deepEqual([forged.status, forged.isSigned, forged.type], [401, false, undefined]);
  const other = await post(at, serve, own, "other", now(), { client: "web2" });
  deepEqual([other.cause, other.why], ["malformed", `turn.client: "web2"; expected one of web1`]);
  const { forged: forgeries, stale, replayed, malformed } = await serve.client("web1");
  deepEqual([forgeries, stale, replayed, malformed], [1, 1, 1, 1]);
});

Deno.test("remote: a client that asks without end is bounded by itself, and another goes on", async () => {
  await using at = await place();
  await using desk = new Desk();
  await using serve = await Serve.start(
    at,
    desk.keys.replace("[{ webhook", "[{ rules: { files: [rules.yaml] } }, { webhook"),
  );
  using flood = new Asker(at, serve.address, ", whenFailed: deny");
  const questions = Array.from({ length: 1500 }, (_, index) => flood.port(10_000 + index));
  // 1,200 may wait; the others are refused, and end by whenFailed.
  await flood.until("refused", 300);
  using calm = new Asker(at, serve.address, "", {}, "web2");
  equal(summary(await calm.port(443)), "allow by verdict: web");
  deepEqual((await serve.client("web1")).full, 300);
  const answers = await desk.allowAll(questions);
  equal(answers.filter(({ cause }) => cause === "verdict").length, 1200);
});

Deno.test("remote: a rule that says ask needs a server with people behind it", async () => {
  await using at = await place();
  const { folder } = at;
  await at.write("ask.yaml", "version: 1\nrules: [{ ask: snet.out, port: 22 }]\n");
  const context = { clock: Date.now, verifiedExe: () => true };
  const lanesWith = (people: boolean) => {
    const text = `default: deny
plugins:
  - rules: { files: [ask.yaml] }
  - remote: { url: "https://127.0.0.1:1", client: web1, secret: web1.secret, people: ${people} }
`;
    return setUpLanes(PLUGINS, parseConfig(`${folder}/snet.yaml`, text, PLUGINS), context);
  };
  throws(
    () => lanesWith(false),
    /ask\.yaml:2:\d+: this rule says ask, and no plugin behind "rules" can ask a person/,
  );
  closeLinks(lanesWith(true).links);
});

Deno.test("remote: a secret that cannot be used is an error with its line, a server that is not there is none", async () => {
  await using at = await place();
  await Deno.writeTextFile(`${at.folder}/short.secret`, "short", { mode: 0o600 });
  const set = (secret: string) => {
    const text = `default: deny
plugins:
  - remote: { url: "https://127.0.0.1:1", client: web1, secret: ${secret} }
`;
    const config = parseConfig(`${at.folder}/snet.yaml`, text, PLUGINS);
    return setUpLanes(PLUGINS, config, { clock: Date.now, verifiedExe: () => true });
  };
  throws(
    () => set("short.secret"),
    /snet\.yaml:3:5: plugin "remote": the secret in \S+short\.secret has 5 bytes, 24 are needed/,
  );
  throws(() => set("none.secret"), /snet\.yaml:3:\d+: Cannot read \S+none\.secret: there is no such file/);
  closeLinks(set("web1.secret").links);
});

Deno.test("remote: the examples of configurations in the READMEs are right, with the files that they name", async () => {
  await using at = await place();
  const { folder } = at;
  const example = async (path: string) => {
    const readme = await Deno.readTextFile(new URL(path, import.meta.url));
    return /^```yaml\n([^]*?)^```/m.exec(readme)![1]!.replaceAll("/etc/snet/", `${folder}/`);
  };
  await Deno.copyFile(`${folder}/web1.secret`, `${folder}/remote.secret`);
  await Deno.copyFile(`${folder}/server.pem`, `${folder}/serve.pem`);
  await Deno.copyFile(`${folder}/server.key`, `${folder}/serve.key`);
  await at.write("db1.secret", "3".repeat(32));
  await at.write("db1.new.secret", "4".repeat(32));
  const client = (await example("../plugins/remote/README.md")).replace("- rules: {}", "");
  const { plugins } = parseConfig(`${folder}/snet.yaml`, client, PLUGINS);
  deepEqual(plugins.map(({ name, policy }) => [name, policy?.timeout]), [["remote", 300_000]]);
  const serve = parseServeConfig(`${folder}/serve.yaml`, await example("../core/serve/README.md"), PLUGINS);
  deepEqual(serve.clients.map(({ name, secrets }) => [name, secrets.length]), [["web1", 1], ["db1", 2]]);
});

Deno.test("remote: a policy that cannot be used here is told of once, and the server is not asked for it again and again", async () => {
  await using at = await place();
  await at.write("policy.yaml", "version: 1\nrules: [{ allow: snet.out, user: nobody-of-that-name }]\n");
  await using serve = await Serve.start(at, `${ONLY_RULES}\npolicy: { files: [policy.yaml] }`);
  using asker = new Asker(at, serve.address);
  const unusable = () => asker.log.filter((line) => line.includes("is not used, the former one stays"));
  await until("the policy's mistake", () => unusable().length > 0);
  match(
    unusable()[0]!,
    /^error: Plugin "remote": The policy of https:\S+ is not used, the former one stays: \S+policy\.yaml:2:\d+: /,
  );
  const before = asker.counters["messages"]!;
  for (let time = 0; time < 20; time++) await asker.port(443);
  // One message for each question, and at most one that is held.
  ok(asker.counters["messages"]! - before <= 21, `${asker.counters["messages"]! - before} messages`);
  deepEqual([unusable().length, asker.counters["policy rules"]], [1, 0]);
});
