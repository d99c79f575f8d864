import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import { eventJson } from "../control/json.ts";
import { definePlugin } from "../plugin.ts";
import { event } from "../testing.ts";
import { ConfigError } from "../yaml.ts";
import type { Client } from "./clients.ts";
import type { ServeConfig } from "./config.ts";
import type { Turn } from "./protocol.ts";
import { GRACE, Server } from "./server.ts";

const NEVER = new AbortController().signal;

/** Waits for ever. */
const people = definePlugin({
  ...{ name: "people", doc: "", lane: "slow", on: ["snet.out"], options: {} },
  setup: () => ({ decide: () => new Promise<undefined>(() => {}) }),
});

function configOf(...clients: readonly string[]): ServeConfig {
  return {
    chain: {
      ...{
        path: "/etc/snet/serve.yaml",
        default: "deny",
        events: [],
        families: [],
        folders: [],
        warnings: [],
      },
      kernel: {} as ServeConfig["chain"]["kernel"],
      plugins: [{ name: "people", options: {}, where: "s.yaml:1:1" }],
      control: { socket: "/run/x.sock", group: "snet" },
    },
    ...{ listen: { host: "127.0.0.1", port: 1 }, tls: undefined, default: "deny", policy: undefined },
    clients: clients.map((name) => ({ name, secrets: [new Uint8Array(32)], rate: 1000, waiting: 100 })),
  };
}

/** A server whose timers a test ends. */
function stage() {
  const timers = new Map<() => void, number>();
  const log: string[] = [];
  let config = configOf("web1", "web2");
  const server = new Server(config, {
    ...{ version: "1", plugins: { people }, read: () => config, settled: () => Promise.resolve() },
    context: { clock: () => 0, verifiedExe: () => false },
    log: (level, message) => void log.push(`${level}: ${message}`),
    after: (milliseconds, task) => {
      timers.set(task, milliseconds);
      return () => void timers.delete(task);
    },
  });
  const [first] = server.clients.all as [Client, Client];
  const turn = (session: string, ids: readonly string[] = [], given: Partial<Turn> = {}) =>
    server.turn(first, {
      ...{ version: 1, type: "snet.turn", client: "web1", session, cancelled: [], taken: 0, wait: 0 },
      questions: ids.map((id) => {
        return { id, timeLeft: 1000, event: eventJson(event()), verified: { exe: false, hostNet: false } };
      }),
      ...given,
    }, NEVER);
  return {
    ...{ server, turn, timers, log, first },
    reload: (next: ServeConfig) => {
      config = next;
      return server.reload();
    },
    counts: async () => (await server.stats(true)).serve!.clients[0]!,
    [Symbol.dispose]: () => server.close(),
  };
}

Deno.test("a session that is left takes its questions back after a while, and is another when it comes again", async () => {
  using at = stage();
  const { incarnation } = await at.turn("s", ["a"]);
  deepEqual([...at.timers.values()], [GRACE]);
  equal((await at.turn("s")).incarnation, incarnation);
  equal((await at.counts()).waiting, 1);
  const [[end]] = [...at.timers] as [[() => void, number]];
  end();
  const { waiting, gone, sessions } = await at.counts();
  deepEqual([waiting, gone, sessions], [0, 1, 0]);
  equal((await at.turn("s")).incarnation === incarnation, false);
});

Deno.test("while a turn is held its session is not left", async () => {
  using at = stage();
  const held = at.turn("s", [], { wait: 25_000 });
  while (at.timers.size === 0) await Promise.resolve();
  deepEqual([...at.timers.values()], [25_000]);
  await at.turn("s");
  // The hold's end, and no session's.
  deepEqual([...at.timers.values()], [25_000]);
  at.server.close();
  await held;
});

Deno.test("a client has so many sessions, no more", async () => {
  using at = stage();
  for (let session = 0; session < 8; session++) await at.turn(`s${session}`);
  await rejects(at.turn("s8"), /client "web1" has 8 sessions, no more may be/);
  equal((await at.turn("s7")).answers.length, 0);
});

Deno.test("a client that a reload takes away loses its questions, others keep theirs", async () => {
  using at = stage();
  await at.turn("s", ["a"]);
  await at.reload(configOf("web1", "db1"));
  equal((await at.counts()).waiting, 1);
  await at.reload(configOf("db1"));
  deepEqual(at.server.clients.all.map(({ name }) => name), ["db1"]);
  equal(at.first.counts.gone, 1);
  equal((await at.server.stats(false)).daemon.waiting, 0);
});

Deno.test("a reload that is wrong changes nothing, and the status says so", async () => {
  using at = stage();
  const unknown = configOf("db1");
  await rejects(at.reload({
    ...unknown,
    get chain(): never {
      throw new ConfigError(["s.yaml:1:1: no"]);
    },
  }));
  match(at.log.at(-1)!, /^error: Not reloaded, the former configuration stays: s\.yaml:1:1: no$/);
  equal(at.server.status().refused, "s.yaml:1:1: no");
  equal(at.server.clients.all.length, 2);
  await at.reload(configOf("web1", "web2"));
  equal(at.server.status().refused, undefined);
});

Deno.test("what only a start can change is said", async () => {
  using at = stage();
  await at.reload({ ...configOf("web1", "web2"), listen: { host: "127.0.0.1", port: 2 } });
  match(
    at.log.at(-2)!,
    /^warning: Address and certificate stay what they are until the server is started again$/,
  );
});

Deno.test("a server has no tickets, and says where they are", async () => {
  using at = stage();
  throws(() => at.server.tickets(), /they are in the kernels of its clients$/);
  await rejects(at.server.flush(), /they are in the kernels of its clients$/);
});
