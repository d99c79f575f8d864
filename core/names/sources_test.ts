import assert from "node:assert/strict";
import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { ConfigError } from "../yaml.ts";
import type { NamesConfig } from "./config.ts";
import { controlFrame } from "./frame_stream.ts";
import { checkNames, Names } from "./mod.ts";
import { distrust, uidOf } from "./peer.ts";
import { NameReader } from "./name_reader.ts";
import { NameTable } from "./table.ts";
import { a, dnstapFrame, framed, nameOf, response } from "./testing.ts";

const PASSWD =
  `root:x:0:0::/root:/bin/sh\nunbound:x:${Deno.uid()}:1::/:/bin/false\nother:x:4242:1::/:/bin/false\n`;

/** Sources with a table of their own, in a folder of their own; what waits for a time waits until a test lets it go. */
class Stage implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();
  readonly log: string[] = [];
  readonly pauses: number[] = [];
  readonly table = new NameTable({ lists: 64, ringWords: 4096 });
  readonly names: Names;
  readonly #reader = new NameReader(this.table.buffer, () => 100);
  #due: (() => void)[] = [];
  #watchers: (() => void)[] = [];

  constructor() {
    this.names = new Names({
      table: this.table,
      now: () => 100,
      clock: () => 0,
      passwd: () => PASSWD,
      log: (level, text) => this.#note(() => this.log.push(`${level}: ${text.replaceAll(this.folder, "")}`)),
      later: (milliseconds, act) => {
        this.#note(() => {
          this.pauses.push(milliseconds);
          this.#due.push(act);
        });
        return () => this.#due = this.#due.filter((due) => due !== act);
      },
    });
    const add = this.table.add.bind(this.table);
    this.table.add = (...words) => this.#note(() => add(...words));
  }

  config(parts: Partial<NamesConfig> = {}): NamesConfig {
    return { keep: 60_000, resolved: undefined, dnstap: [], ...parts };
  }

  /** `user` is the one that runs this test. */
  place(name: string, user: string | undefined = "unbound") {
    return { socket: `${this.folder}/${name}`, user, where: "snet.yaml:9:3" };
  }

  async load(config: NamesConfig | undefined): Promise<void> {
    (await this.names.open(config)).take();
  }

  /** What waits for a time. */
  letGo(): void {
    for (const act of this.#due.splice(0)) act();
  }

  of(last: number) {
    return this.#reader.of4(0xc0000200 + last);
  }

  source(index = 0) {
    return this.names.status()!.sources[index]!;
  }

  /** Waits until something is so, looking whenever anything happens here. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  #note<T>(act: () => T): T {
    const result = act();
    for (const wake of this.#watchers.splice(0)) wake();
    return result;
  }

  // deno-lint-ignore require-await
  async [Symbol.asyncDispose](): Promise<void> {
    this.names[Symbol.dispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** A sender of dnstap, as a resolver is. */
async function sender(path: string, ...frames: readonly Uint8Array[]): Promise<Socket> {
  const socket = connect(path);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(controlFrame(4, "protobuf:dnstap.Dnstap"));
  await once(socket, "data");
  socket.write(Uint8Array.from([...controlFrame(2), ...frames.flatMap((frame) => [...framed(frame)])]));
  return socket;
}

const adsFrame = (last: number, name = "ads.example", ttl?: number) =>
  dnstapFrame(response(nameOf(name), [a(name, `192.0.2.${last}`, ttl)]));

Deno.test("a resolver that writes dnstap tells names", async () => {
  await using stage = new Stage();
  const place = stage.place("dnstap.sock");
  await stage.load(stage.config({ dnstap: [place] }));
  assert.equal(Deno.statSync(place.socket).mode! & 0o777, 0o600);
  assert.equal(stage.source().connected, false);
  const socket = await sender(
    place.socket,
    adsFrame(1),
    dnstapFrame(new Uint8Array(12), 4),
    Uint8Array.of(9),
    adsFrame(2),
  );
  await stage.until(() => stage.of(2) !== undefined);
  assert.deepEqual(stage.of(1), [["ads.example"]]);
  const { connected, since, answers, others, malformed } = stage.source();
  assert.deepEqual({ connected, since, answers, others, malformed }, {
    connected: true,
    since: "1970-01-01T00:00:00.000Z",
    ...{ answers: 2, others: 1, malformed: 1 },
  });
  socket.destroy();
  await stage.until(() => !stage.source().connected);
  // What was told stays until its time is over.
  assert.deepEqual(stage.of(1), [["ads.example"]]);
  assert.deepEqual(stage.log, [
    "info: A resolver tells names: /dnstap.sock",
    "warning: No resolver tells names any more: /dnstap.sock",
  ]);
});

Deno.test("a sender of nonsense is put out, and counted", async () => {
  await using stage = new Stage();
  const place = stage.place("dnstap.sock");
  await stage.load(stage.config({ dnstap: [place] }));
  const socket = connect(place.socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.end("GET / HTTP/1.1\r\n\r\n");
  await once(socket, "close");
  assert.equal(stage.source().malformed, 1);
  assert.match(stage.source().failure!, /a frame before START|a frame of \d+ bytes/);
});

Deno.test("a name is kept for as long as its answer says, but never for less than keep", async () => {
  await using stage = new Stage();
  const place = stage.place("dnstap.sock");
  await stage.load(stage.config({ dnstap: [place], keep: 50_000 }));
  const until: number[] = [];
  const add = stage.table.add;
  stage.table.add = (address, names, expires, now) => {
    until.push(expires - now);
    add(address, names, expires, now);
  };
  const socket = await sender(
    place.socket,
    ...[adsFrame(1, "a.example", 5), adsFrame(2, "b.example", 300), adsFrame(3, "c.example", 0x7fffffff)],
  );
  await stage.until(() => stage.of(3) !== undefined);
  assert.deepEqual(until, [50, 300, 7 * 24 * 3600]);
  socket.destroy();
});

Deno.test("addresses of this machine itself get no name: the owner of a listed domain could bar them", async () => {
  await using stage = new Stage();
  const place = stage.place("dnstap.sock");
  await stage.load(stage.config({ dnstap: [place] }));
  const message = response(nameOf("ads.example"), [
    ...["127.0.0.1", "127.9.9.9", "0.0.0.0", "192.0.2.1"].map((ip) => a("ads.example", ip)),
  ]);
  const socket = await sender(place.socket, dnstapFrame(message));
  await stage.until(() => stage.of(1) !== undefined);
  assert.equal(stage.table.counts.added, 1);
  socket.destroy();
});

Deno.test("who is at the other end decides whether it is believed", async () => {
  const folder = Deno.makeTempDirSync();
  const server = createServer().listen(`${folder}/x`);
  await once(server, "listening");
  const socket = connect(`${folder}/x`);
  try {
    const [accepted] = await once(server, "connection") as [Socket];
    const own = Deno.uid()!;
    assert.equal(distrust(accepted, own), undefined);
    assert.equal(distrust(socket, own), undefined);
    const doubt = `at its other end is uid ${own} (process ${Deno.pid}), which is not trusted to tell names`;
    assert.equal(distrust(accepted, 4242), own === 0 ? undefined : doubt);
    accepted.destroy();
  } finally {
    socket.destroy();
    server.close();
    Deno.removeSync(folder, { recursive: true });
  }
  assert.equal(distrust(socket, Deno.uid()!), "who is at its other end cannot be told");
});

Deno.test({
  name: "another user who gets at the socket is refused, and told of once",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using stage = new Stage();
    const place = stage.place("dnstap.sock");
    await stage.load(stage.config({ dnstap: [place] }));
    // As somebody with more rights than sense might.
    Deno.chmodSync(stage.folder, 0o755);
    Deno.chmodSync(place.socket, 0o666);
    const program = `import socket,sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); sys.stdout.write(repr(s.recv(9)))`;
    for (let i = 0; i < 2; i++) {
      const child = new Deno.Command("/usr/bin/python3", {
        args: ["-c", program, place.socket],
        uid: 4243,
        gid: 4243,
      });
      const { stdout } = await child.output();
      assert.match(new TextDecoder().decode(stdout), /^b''$|^$/);
    }
    assert.equal(stage.source().refused, 2);
    assert.equal(stage.log.length, 1);
    assert.match(
      stage.log[0]!,
      /^warning: Refused a connection to \/dnstap.sock: at its other end is uid 4243 /,
    );
  },
});

/** A monitor as systemd-resolved has it. */
async function monitor(path: string, onAsk: (socket: Socket, text: string) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => onAsk(socket, String(bytes)));
  });
  server.listen(path);
  await once(server, "listening");
  return server;
}

const READY = `{"parameters":{"ready":true},"continues":true}\0`;
const told = (name: string, last: number) => {
  const raw = Uint8Array.from(a(name, `192.0.2.${last}`)).toBase64();
  const question = [{ class: 1, type: 1, name }];
  return `${
    JSON.stringify({ parameters: { state: "success", question, answer: [{ raw }] }, continues: true })
  }\0`;
};

Deno.test("systemd-resolved is subscribed to, and again after it was started again", async () => {
  await using stage = new Stage();
  const place = stage.place("monitor.sock");
  await stage.load(stage.config({ resolved: place }));
  await stage.until(() => stage.pauses.length === 1);
  stage.letGo();
  await stage.until(() => stage.pauses.length === 2);
  const asked: string[] = [];
  const sockets: Socket[] = [];
  let last = 1;
  const serve = () =>
    monitor(place.socket, (socket, text) => {
      asked.push(text);
      sockets.push(socket);
      socket.write(READY + told("ads.example", last++) + "{nonsense}\0" + told("www.example", last++));
    });
  let server = await serve();
  stage.letGo();
  await stage.until(() => stage.of(2) !== undefined);
  assert.deepEqual([stage.of(1), stage.of(2)], [[["ads.example"]], [["www.example"]]]);
  assert.deepEqual(asked, [`{"method":"io.systemd.Resolve.Monitor.SubscribeQueryResults","more":true}\0`]);
  const { connected, answers, malformed } = stage.source();
  assert.deepEqual({ connected, answers, malformed }, { connected: true, answers: 2, malformed: 1 });

  sockets[0]!.destroy();
  server.close();
  await stage.until(() => stage.pauses.length === 3);
  assert.equal(stage.source().connected, false);
  assert.equal(stage.source().failure, "it has closed the connection");
  stage.letGo();
  await stage.until(() => stage.pauses.length === 4);
  server = await serve();
  stage.letGo();
  await stage.until(() => stage.of(4) !== undefined);
  assert.equal(stage.source().lost, 1);
  // Each time longer, until it is there again; and told once each time.
  assert.deepEqual(stage.pauses, [250, 500, 250, 500]);
  assert.deepEqual(stage.log.map((line) => line.replace(/: connect .*/, ": …")), [
    "warning: systemd-resolved tells no names, its monitor is tried again and again: …",
    "info: systemd-resolved tells names: /monitor.sock",
    "warning: systemd-resolved tells no names, its monitor is tried again and again: it has closed the connection",
    "info: systemd-resolved tells names: /monitor.sock",
  ]);
  stage.names[Symbol.dispose]();
  server.close();
});

Deno.test("a monitor that refuses is tried again, with its own word for why", async () => {
  await using stage = new Stage();
  const place = stage.place("monitor.sock");
  const server = await monitor(place.socket, (socket) => {
    socket.write(
      `{"error":"org.varlink.service.PermissionDenied","parameters":{}}\0${told("ads.example", 1)}`,
    );
  });
  await stage.load(stage.config({ resolved: place }));
  await stage.until(() => stage.pauses.length === 1);
  assert.equal(stage.source().failure, "org.varlink.service.PermissionDenied");
  assert.equal(stage.of(1), undefined);
  server.close();
});

Deno.test("sources that stay in the configuration go on; others are given up, and what they told stays", async () => {
  await using stage = new Stage();
  const [kept, gone] = [stage.place("kept.sock"), stage.place("gone.sock")];
  await stage.load(stage.config({ dnstap: [kept, gone] }));
  const socket = await sender(kept.socket, adsFrame(1));
  await stage.until(() => stage.of(1) !== undefined);
  await stage.load(stage.config({ dnstap: [kept], keep: 1000 }));
  assert.equal(stage.names.status()!.sources.length, 1);
  assert.equal(stage.source().connected, true);
  assert.throws(() => Deno.statSync(gone.socket), Deno.errors.NotFound);
  socket.write(framed(adsFrame(2)));
  await stage.until(() => stage.of(2) !== undefined);
  await stage.load(undefined);
  assert.equal(stage.names.status(), undefined);
  assert.deepEqual(stage.of(1), [["ads.example"]]);
  socket.destroy();
});

Deno.test("what cannot be opened changes nothing", async () => {
  await using stage = new Stage();
  const [good, bad] = [stage.place("good.sock"), stage.place("no/such/folder.sock")];
  await stage.load(stage.config({ dnstap: [good] }));
  const other = stage.place("other.sock");
  await assert.rejects(
    stage.names.open(stage.config({ dnstap: [good, other, bad] })),
    (error: Error) =>
      error instanceof ConfigError &&
      error.message.endsWith("folder.sock for dnstap: there is no such folder") &&
      error.message.startsWith("snet.yaml:9:3: Cannot listen on "),
  );
  assert.throws(() => Deno.statSync(other.socket), Deno.errors.NotFound);
  // Neither does what is opened and then dropped, since another part of the configuration was refused.
  (await stage.names.open(stage.config({ dnstap: [good, other] }))).drop();
  assert.throws(() => Deno.statSync(other.socket), Deno.errors.NotFound);
  assert.equal(stage.names.status()!.sources.length, 1);
  Deno.writeTextFileSync(other.socket, "");
  await assert.rejects(
    stage.names.open(stage.config({ dnstap: [other] })),
    /there is a file of that name that is no socket/,
  );
});

Deno.test("a socket on which somebody listens is left alone, one that is left over is replaced", async () => {
  await using stage = new Stage();
  const place = stage.place("dnstap.sock");
  const other = await monitor(place.socket, () => {});
  await assert.rejects(
    stage.names.open(stage.config({ dnstap: [place] })),
    /^ConfigError: snet.yaml:9:3: Cannot listen on .*dnstap.sock for dnstap: another program listens there$/,
  );
  // As a daemon leaves it that was killed.
  Deno.linkSync(place.socket, `${place.socket}.left`);
  other.close();
  await once(other, "close");
  Deno.renameSync(`${place.socket}.left`, place.socket);
  assert.equal(Deno.lstatSync(place.socket).isSocket, true);
  await stage.load(stage.config({ dnstap: [place] }));
  const socket = await sender(place.socket, adsFrame(1));
  await stage.until(() => stage.of(1) !== undefined);
  socket.destroy();
});

Deno.test("who else could put a socket there is refused", async () => {
  await using stage = new Stage();
  Deno.chmodSync(stage.folder, 0o777);
  await assert.rejects(
    stage.names.open(stage.config({ dnstap: [stage.place("dnstap.sock")] })),
    /others may write to .*choose a folder of root alone/,
  );
});

Deno.test("a user that this machine does not have is refused with its place", () => {
  const dnstap = [{ socket: "/run/x", user: "unbund", where: "snet.yaml:3:20" }];
  const config = { keep: 1000, resolved: undefined, dnstap };
  assert.throws(
    () => checkNames(config, PASSWD),
    /^ConfigError: snet.yaml:3:20: there is no user "unbund" here$/,
  );
  // systemd-resolved may be missing as long as it is not named: root alone is believed then.
  checkNames({ ...config, resolved: { socket: "/run/y", user: undefined, where: "" }, dnstap: [] }, PASSWD);
  assert.equal(uidOf("other", PASSWD), 4242);
  assert.equal(uidOf("77", PASSWD), 77);
  assert.equal(uidOf("", ":x:1:1::/:/bin/sh"), undefined);
});
