import assert from "node:assert/strict";
import { geteuid } from "../../ffi/mod.ts";
import type { Observation, TicketJson, TicketList } from "./api.ts";
import { PATHS } from "./api.ts";
import { controlApp } from "./app.ts";
import type { Controlled } from "./app.ts";
import { eventJson } from "./json.ts";
import { hasRoom, serveControl } from "./server.ts";
import { event } from "../testing.ts";

function fakeDaemon(more: Partial<Controlled> = {}) {
  const observers = new Set<(observation: Observation) => void>();
  const daemon = {
    dropped: 0,
    observers,
    status: () => ({ version: "1" }) as ReturnType<Controlled["status"]>,
    stats: (all: boolean) => Promise.resolve({ all } as unknown as Awaited<ReturnType<Controlled["stats"]>>),
    tickets: () => ({ tickets: [] }),
    flush: () => Promise.resolve({ dropped: 3 }),
    reload: () => Promise.reject(new Error("snet.yaml:1:1: no")),
    observe(observer: (observation: Observation) => void) {
      observers.add(observer);
      return () => void observers.delete(observer);
    },
    drop: () => void daemon.dropped++,
    questions: {
      list: () => ({ questions: [] }),
      observe: () => () => {},
      answer: () => Promise.reject(new Error("no question")),
    },
    ...more,
  };
  return daemon;
}

const root = { peer: { uid: 0 } };
const somebody = { peer: { uid: 1000 } };

Deno.test("who may open the socket may read", async () => {
  const app = controlApp(fakeDaemon(), 0);
  for (const path of [PATHS.status, PATHS.stats, PATHS.tickets]) {
    assert.equal((await app.request(path, {}, somebody)).status, 200);
  }
  assert.deepEqual(await (await app.request(`${PATHS.stats}?all`, {}, somebody)).json(), { all: true });
});

Deno.test("only root and the daemon's own user may change anything", async () => {
  const app = controlApp(fakeDaemon(), 500);
  const post = (uid: number | undefined) => app.request(PATHS.flush, { method: "POST" }, { peer: { uid } });
  assert.deepEqual(await (await post(0)).json(), { dropped: 3 });
  assert.equal((await post(500)).status, 200);
  const refused = await post(1000);
  assert.equal(refused.status, 403);
  assert.deepEqual(await refused.json(), { error: "Only root may change anything here (you are uid 1000)" });
  assert.equal((await post(undefined)).status, 403);
});

Deno.test("what fails says why", async () => {
  const app = controlApp(fakeDaemon(), 0);
  const failed = await app.request(PATHS.reload, { method: "POST" }, root);
  assert.equal(failed.status, 500);
  assert.deepEqual(await failed.json(), { error: "snet.yaml:1:1: no" });
  const missing = await app.request("/v1/statu", {}, root);
  assert.equal(missing.status, 404);
});

Deno.test("HEAD begins no stream that nobody would end", async () => {
  const daemon = fakeDaemon();
  const app = controlApp(daemon, 0);
  for (const path of [PATHS.events, PATHS.rows, PATHS.questionEvents, PATHS.status]) {
    assert.equal((await app.request(path, { method: "HEAD" }, root)).status, 405);
  }
  assert.equal(daemon.observers.size, 0);
});

Deno.test("the event stream tells observations until the reader leaves", async () => {
  const daemon = fakeDaemon();
  const response = await controlApp(daemon, 0).request(PATHS.events, {}, somebody);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, ":\n\n");
  for (const observer of daemon.observers) observer({ why: "because" } as Observation);
  assert.equal((await reader.read()).value, 'data: {"why":"because"}\n\n');
  await reader.cancel();
  assert.equal(daemon.observers.size, 0);
});

Deno.test("a reader that does not read misses observations, which are counted", async () => {
  const daemon = fakeDaemon();
  const response = await controlApp(daemon, 0).request(PATHS.events, {}, somebody);
  for (const observer of daemon.observers) {
    for (let count = 0; count < 5000; count++) observer({} as Observation);
  }
  assert.equal(daemon.dropped, 5000 - 4095);
  await response.body!.cancel();
  // Programs choose how long their paths are.
  const long = await controlApp(daemon, 0).request(PATHS.events, {}, somebody);
  daemon.dropped = 0;
  for (const observer of daemon.observers) {
    for (let count = 0; count < 1000; count++) observer({ why: "x".repeat(16_384) } as Observation);
  }
  assert.equal(daemon.dropped, 1000 - 256);
  await long.body!.cancel();
});

Deno.test("over the socket, the kernel says who asks; the socket is for owner and group", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/snet.sock`;
  const app = controlApp(fakeDaemon(), geteuid());
  {
    await using _server = await serveControl(path, undefined, app);
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o660);
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    const init = { method: "POST", client };
    const response = await fetch(`http://snet${PATHS.flush}`, init);
    assert.deepEqual(await response.json(), { dropped: 3 });
  }
  assert.throws(() => Deno.lstatSync(path), Deno.errors.NotFound);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("one user cannot take all connections for longer than it holds them", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/snet.sock`;
  const ask = async () => {
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    const init = { method: "GET", client };
    return (await fetch(`http://snet${PATHS.status}`, init)).json();
  };
  {
    await using _server = await serveControl(path, undefined, controlApp(fakeDaemon(), geteuid()));
    const held: Deno.UnixConn[] = [];
    for (let count = 0; count < 32; count++) held.push(await Deno.connect({ transport: "unix", path }));
    using tooMany = await Deno.connect({ transport: "unix", path });
    assert.equal(await tooMany.read(new Uint8Array(1)), null);
    for (const connection of held) connection.close();
    let answer: unknown;
    while (answer === undefined) answer = await ask().catch(() => undefined);
    assert.deepEqual(answer, { version: "1" });
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a connection has one request at a time: behind a stream that does not end, none would be let go", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/snet.sock`;
  const daemon = fakeDaemon();
  {
    await using _server = await serveControl(path, undefined, controlApp(daemon, geteuid()));
    using connection = await Deno.connect({ transport: "unix", path });
    const request = new TextEncoder().encode(`GET ${PATHS.events} HTTP/1.1\r\nHost: snet\r\n\r\n`);
    await connection.write(new Uint8Array([...request, ...request, ...request]));
    for await (const _ of connection.readable) assert.ok(daemon.observers.size <= 1);
  }
  assert.equal(daemon.observers.size, 0);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("many users together leave root and the daemon's user room to connect", () => {
  const crowd = Array.from({ length: 256 }, (_, index) => ({ uid: 100_000 + index }));
  assert.equal(hasRoom(crowd.slice(1), { uid: 1000 }, 500), true);
  assert.deepEqual([1000, 0, 500, undefined].map((uid) => hasRoom(crowd, { uid }, 500)), [
    false,
    true,
    true,
    false,
  ]);
  assert.equal(hasRoom(Array.from({ length: 32 }, () => ({ uid: 0 })), { uid: 0 }, 500), false);
});

Deno.test("a file in the socket's place is not removed", async () => {
  const path = await Deno.makeTempFile();
  await assert.rejects(serveControl(path, undefined, controlApp(fakeDaemon(), 0)), {
    message: `Cannot listen on ${path}: there is a file of that name that is no socket`,
  });
  await Deno.remove(path);
});

Deno.test("decisions come in batches, from where a reader was, and each can be asked for whole", async () => {
  const daemon = fakeDaemon();
  const app = controlApp(daemon, 0);
  const stream = await app.request(PATHS.rows, {}, somebody);
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, ":\n\n");
  const observation: Observation = {
    time: "2026-01-02T03:04:05.006Z",
    event: eventJson(event()),
    asked: true,
    action: "allow",
    why: "web",
    cause: "verdict",
    held: 12,
  };
  for (const observer of daemon.observers) observer(observation);
  const { value } = await reader.read();
  assert.match(value!, /^id: 1\ndata: {"rows":\[{"number":1,.*"missed":0}\n\n$/);
  assert.deepEqual(await (await app.request(`${PATHS.rows}/1`, {}, somebody)).json(), {
    ...observation,
    ticket: "none",
  });
  const missing = await app.request(`${PATHS.rows}/2`, {}, somebody);
  assert.deepEqual([missing.status, await missing.json()], [404, {
    error: "Decision 2 is not kept any more",
  }]);
  assert.equal((await app.request(`${PATHS.rows}?since=x`, {}, somebody)).status, 400);
  await reader.cancel();
});

Deno.test("a decision tells who its program is, as far as whoever asks may know, and which ticket answers now", async () => {
  const viewers: unknown[] = [];
  const noted: unknown[] = [];
  const processes = {
    note: (observation: Observation) => noted.push(observation.why),
    of(_: Observation, viewer: number | undefined) {
      viewers.push(viewer);
      return Promise.resolve({ state: "ended" } as const);
    },
  };
  const made = eventJson(event());
  const { uid, exe } = made.task;
  const ticket: TicketJson = {
    ...{ event: made.name, scope: "program", key: [], action: "allow", timeLeft: 5000, hits: 2, uid },
    ...(exe !== undefined && { exe }),
  };
  let tickets: TicketList = { tickets: [ticket] };
  const asked: unknown[] = [];
  const daemon = fakeDaemon({
    processes,
    tickets(most?: number) {
      asked.push(most);
      return tickets;
    },
  });
  const app = controlApp(daemon, 7);
  const stream = await app.request(PATHS.rows, {}, somebody);
  const observation: Observation = {
    ...{ time: "2026-01-02T03:04:05.006Z", event: made, asked: true, action: "allow" },
    ...{ why: "web", cause: "verdict", held: 12 },
  };
  for (const observer of daemon.observers) observer(observation);
  assert.deepEqual(noted, ["web"]);
  const whole = async (uid: number | undefined) =>
    await (await app.request(`${PATHS.rows}/1`, {}, { peer: { uid } })).json();
  const told = await whole(1000);
  assert.deepEqual([told.process, told.ticket.hits, told.ticket.what], [{ state: "ended" }, 2, "connect"]);
  await whole(undefined);
  await whole(7);
  // The daemon's own user may know what root may.
  assert.deepEqual(viewers, [1000, undefined, 0]);
  // Of so many that they are not listed nobody knows.
  tickets = { tickets: [], more: 60_000 };
  assert.equal("ticket" in await whole(0), false);
  assert.deepEqual(new Set(asked), new Set([4096]));
  assert.equal((await app.request(`${PATHS.tickets}?most=x`, {}, somebody)).status, 400);
  const list = await (await app.request(`${PATHS.tickets}?most=9`, {}, somebody)).json();
  assert.deepEqual([list, asked.at(-1)], [{ more: 60_000, tickets: [] }, 9]);
  await stream.body!.cancel();
});
