/** The routes by which people see decisions as they are made. */

import type { Hono } from "hono";
import { PATHS } from "./api.ts";
import type { Environment } from "./app.ts";
import type { NumberedBatch, Recent } from "./recent.ts";

export function rowRoutes(app: Hono<Environment>, recent: Recent): void {
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
  app.get(`${PATHS.rows}/:number{[0-9]{1,15}}`, (context) => {
    const number = Number(context.req.param("number"));
    const observation = recent.at(number);
    if (observation !== undefined) return context.json(observation);
    return context.json({ error: `Decision ${number} is not kept any more` }, 404);
  });
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
