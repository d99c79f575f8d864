/** The routes by which people see decisions as they are made. */

import type { Hono } from "hono";
import { PATHS } from "./api.ts";
import type { UserName } from "../cli/users.ts";
import type { DecisionJson, Observation } from "./api.ts";
import type { Controlled, Environment } from "./app.ts";
import type { NumberedBatch, Recent } from "./recent.ts";
import { ticketFor, withWords } from "./ticket_list.ts";

/** What is asked about a decision besides what is kept of it. */
type Knowing = Pick<Controlled, "processes" | "tickets">;

/** Tickets among which the one is looked for that would answer a call. */
const MOST_TICKETS = 4096;

/** Adds the routes; `ownUid` is the daemon's user. */
export function rowRoutes(
  app: Hono<Environment>,
  recent: Recent,
  daemon: Knowing,
  { userName, ownUid }: { readonly userName: UserName; readonly ownUid: number },
): void {
  app.get(PATHS.rows, (context) => {
    const since = context.req.query("since");
    if (since !== undefined && !/^\d{1,15}$/.test(since)) {
      return context.json({ error: `since: "${since}" is no number of a decision` }, 400);
    }
    return new Response(
      recent.read(since === undefined ? undefined : Number(since)).pipeThrough(asEvents()),
      {
        headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
      },
    );
  });
  app.get(`${PATHS.rows}/:number{[0-9]{1,15}}`, async (context) => {
    const number = Number(context.req.param("number"));
    const observation = recent.at(number);
    if (observation === undefined) {
      return context.json({ error: `Decision ${number} is not kept any more` }, 404);
    }
    const { uid } = context.env.peer;
    const process = await daemon.processes?.of(observation, uid === ownUid ? 0 : uid);
    const ticket = ticketOf(observation, daemon, userName);
    const decision: DecisionJson = {
      ...observation,
      ...(process !== undefined && { process }),
      ...(ticket !== undefined && { ticket }),
    };
    return context.json(decision);
  });
}

/** Undefined where it cannot be told: calls of other machines are answered there. */
function ticketOf(
  { client, event, asked }: Observation,
  daemon: Knowing,
  userName: UserName,
): DecisionJson["ticket"] {
  if (client !== undefined || !asked) return undefined;
  const { tickets, more = 0 } = daemon.tickets(MOST_TICKETS);
  const found = ticketFor(event, tickets);
  if (found === undefined) return more > 0 ? undefined : "none";
  return withWords({ tickets: [found] }, userName).tickets[0];
}

/** Server-sent events (HTML Standard, 9.2), each with the number by which a reader goes on. */
function asEvents(): TransformStream<NumberedBatch, Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  return new TransformStream({
    // A first comment makes the headers go out at once.
    start: (controller) => controller.enqueue(encoder.encode(":\n\n")),
    transform: ({ last, ...batch }, controller) =>
      controller.enqueue(encoder.encode(`id: ${last}\ndata: ${JSON.stringify(batch)}\n\n`)),
  });
}
