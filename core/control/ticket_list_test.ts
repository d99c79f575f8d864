import { deepEqual, equal } from "node:assert/strict";
import { eventJson } from "../cli/samples.ts";
import type { EventJson, TicketJson } from "./api.ts";
import { ticketFor, ticketText, withWords } from "./ticket_list.ts";

/** As the kernel lists one for what curl of www-data did, of that scope. */
function ticket(init: Partial<TicketJson> = {}): TicketJson {
  return {
    ...{
      event: "snet.connect",
      scope: "program",
      key: ["exe", "remoteAddress", "remotePort"],
      action: "allow",
    },
    ...{ timeLeft: 60_000, hits: 3, uid: 33, exe: "/usr/bin/curl", family: 2, type: 1, protocol: 6 },
    remote: { family: 2, ip: "127.0.0.1", port: 8080 },
    ...init,
  };
}

Deno.test("tickets: words say what a ticket is about, and leave out what it leaves open", () => {
  const { tickets: [told], more } = withWords({ tickets: [ticket()], more: 7 }, () => "www\tdata");
  deepEqual([told!.what, told!.user, more], ["connect tcp to 127.0.0.1:8080", "www\\x09data", 7]);
  equal(ticketText(ticket({ remote: { family: 2, port: 8080 } })), "connect tcp to *:8080");
});

Deno.test("tickets: the one that would answer such a call is found, and no other", () => {
  const found = (init: Partial<TicketJson>, event: EventJson = eventJson()) =>
    ticketFor(event, [ticket(init)]) !== undefined;
  const fitting: Partial<TicketJson>[] = [
    {},
    { scope: "task", pid: 23886 },
    { scope: "children", pid: 1 },
    { remote: { family: 2, port: 8080 } },
    { remote: { family: 2, ip: "127.0.0.1" } },
    { local: { family: 0 } },
    { comm: "curl" },
  ];
  const local = eventJson({ local: { family: 0 } });
  for (const init of fitting) equal(found(init, local), true, JSON.stringify(init));
  const others: Partial<TicketJson>[] = [
    { event: "snet.bind" },
    { key: ["exe", "cookie"] },
    { uid: 0 },
    { exe: "/usr/bin/wget" },
    { comm: "wget" },
    { scope: "task", pid: 23887 },
    { scope: "children", pid: 7 },
    { scope: "task" },
    { type: 2 },
    { protocol: 17 },
    { family: 10 },
    { remote: { family: 2, ip: "127.0.0.2", port: 8080 } },
    { remote: { family: 2, port: 80 } },
    { local: { family: 2, ip: "127.0.0.1" } },
  ];
  for (const init of others) equal(found(init), false, JSON.stringify(init));
});

Deno.test("tickets: of several the one that lasts longest is told", () => {
  const tickets = [
    ticket({ hits: 1 }),
    ticket({ hits: 2, timeLeft: 90_000 }),
    ticket({ hits: 3, timeLeft: 5 }),
  ];
  equal(ticketFor(eventJson(), tickets)!.hits, 2);
  equal(ticketFor(eventJson(), []), undefined);
});
