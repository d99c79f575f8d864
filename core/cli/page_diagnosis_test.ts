import { deepEqual, rejects } from "node:assert/strict";
import type { PageState } from "../control/api.ts";
import { CommandError } from "./exit.ts";
import { diagnosePage } from "./page_diagnosis.ts";

const WEB = { listen: { host: "127.0.0.1", port: 8474 }, socket: "/run/web.sock", names: [], tls: undefined };

const found = async (ask: () => Promise<PageState | undefined>) => {
  const { state, found } = await diagnosePage(WEB, ask);
  return `${state}: ${found}`;
};

Deno.test("doctor: where the page is, why it cannot be, and that the daemon does not say", async () => {
  deepEqual([
    await found(() => Promise.resolve({ addresses: ["http://127.0.0.1:8474", "unix:/run/web.sock"] })),
    await found(() => Promise.resolve({ addresses: [], failure: "Cannot serve the page on x: in use" })),
    await found(() => Promise.resolve(undefined)),
    await found(() => Promise.reject(new CommandError("No daemon answers on /run/snet.sock"))),
  ], [
    "ok: http://127.0.0.1:8474, unix:/run/web.sock ('snet web' logs in); " +
    "where other users log in, take a port below 1024, which is for root",
    "limited: Cannot serve the page on x: in use",
    "limited: whether it is served on 127.0.0.1:8474 and unix:/run/web.sock is not known: " +
    "the daemon has been started without it",
    "limited: whether it is served on 127.0.0.1:8474 and unix:/run/web.sock is not known: " +
    "No daemon answers on /run/snet.sock",
  ]);
  await rejects(found(() => Promise.reject(new TypeError("a mistake"))), TypeError);
});

Deno.test("doctor: a port that any user's program can take while the daemon is away is told of", async () => {
  const { listen } = WEB;
  const tls = { cert: "", key: "" };
  const places = [WEB, { ...WEB, listen: { ...listen, port: 1023 } }, { ...WEB, tls }, {
    ...WEB,
    listen: undefined,
  }];
  const told = await Promise.all(
    places.map((web) => diagnosePage(web, () => Promise.resolve({ addresses: [] }))),
  );
  deepEqual(told.map(({ found }) => found.includes("below 1024")), [true, false, false, false]);
});
