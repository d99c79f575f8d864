import { deepEqual, match } from "node:assert/strict";
import type { Stats } from "../control/api.ts";
import { statsLines } from "./stats.ts";

const CLIENT = {
  ...{ sessions: 1, waiting: 0, turns: 5, questions: 3, answered: 2, passed: 1, cancelled: 0, gone: 0 },
  ...{ overRate: 0, full: 0, malformed: 0, forged: 4, stale: 0, replayed: 0 },
};
const STATS: Stats = {
  kernel: {},
  serve: {
    unknown: 7,
    connections: { open: 2, refused: 0, timeouts: 0, tooLarge: 0, tls: 0 },
    clients: [{ name: "web1", ...CLIENT }, { name: "web2", ...CLIENT, sessions: 0 }],
  },
  daemon: {
    ...{ since: "2026-03-01T12:00:00.000Z", late: 0, refused: 0, malformed: 0, overruns: 0, notified: 0 },
    ...{ decisions: { verdict: 2, default: 1, ask: 0, failed: 0, late: 0 }, cancelled: {}, unremembered: 0 },
    ...{ dropped: 0, waiting: 0, plugins: [] },
  },
};

Deno.test("of a server its clients are shown, and no kernel", () => {
  const lines = statsLines(STATS, false, undefined);
  deepEqual(lines.filter((line) => line.endsWith(":")), [
    "Connections, since the server was started:",
    "Client web1:",
    "Client web2, which is not there:",
    "Server, since 2026-03-01T12:00:00.000Z:",
  ]);
  match(lines.join("\n"), / {9}7 {2}unknown {2}Messages in the name of no client\./);
  match(lines.join("\n"), / {9}4 {2}forged {5}Messages in its name that none of its secrets has signed\./);
  deepEqual(lines.filter((line) => line.includes("replayed")), []);
});
