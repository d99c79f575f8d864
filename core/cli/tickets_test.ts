import assert from "node:assert/strict";
import type { TicketJson } from "../control/api.ts";
import { ticketLines } from "./tickets.ts";

const userName = (uid: number) => uid === 0 ? "root" : "www-data";

const tickets: readonly TicketJson[] = [
  {
    event: "snet.connect",
    scope: "task",
    key: ["remote-port"],
    action: "allow",
    timeLeft: 599_400,
    hits: 3,
    plugin: "rules",
    rule: { number: 0, name: "web" },
    pid: 412,
    uid: 0,
    family: 2,
    type: 1,
    protocol: 6,
    remote: { family: 2, port: 80 },
  },
  {
    event: "snet.bind",
    scope: "program",
    key: ["exe"],
    action: "deny",
    errno: 13,
    errnoName: "EACCES",
    timeLeft: 900,
    hits: 0,
    uid: 33,
    exe: "/usr/bin/my curl",
    family: 1,
    local: { family: 1, path: "/run/x\n" },
  },
];

Deno.test("tickets say whom they serve, what they answer and for how long", () => {
  assert.deepEqual(ticketLines(tickets, userName), [
    "HITS  LEFT   VERDICT      FOR                                      WHAT                       BY",
    "3     9m59s  allow        process 412 of root                      connect tcp to *:80        rules: web",
    "0     900ms  deny EACCES  program /usr/bin/my\\x20curl of www-data  bind unix from /run/x\\x0a",
  ]);
});

Deno.test("where whole paths are too wide, tickets show names", () => {
  assert.deepEqual(ticketLines(tickets, userName, 80), [
    "HITS  LEFT   VERDICT      FOR                     WHAT                       BY",
    "3     9m59s  allow        process 412 of root     connect tcp to *:80        web",
    "0     900ms  deny EACCES  my\\x20curl of www-data  bind unix from /run/x\\x0a",
  ]);
});
