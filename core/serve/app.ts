/** The routes that clients post to: who it is, of when, and what is replied, signed. */

import { Hono } from "hono";
import type { Client, Clients } from "./clients.ts";
import { refusal } from "./clients.ts";
import { checkPolicyRequest, readTurn } from "./messages.ts";
import { type Policy, type Refused, type Reply, SERVE_PATHS, type Turn } from "./protocol.ts";

/** What a server does for its clients. */
export interface Served {
  readonly clients: Clients;
  /** Replies to a turn; `gone` is aborted where nobody waits for that any more. Throws an Error of one line where it is too much. */
  turn(client: Client, turn: Turn, gone: AbortSignal): Promise<Reply>;
  /** The policy for a client. Throws an Error of one line where there is none. */
  policyFor(client: Client): Policy | Refused;
}

/** What the server of HTTP tells beside the request, whose body has been read. */
export interface Delivery {
  readonly body: Uint8Array;
  readonly gone: AbortSignal;
  /** Called when the sender is known: the connection is a client's. */
  readonly known: (client: string) => void;
}

type Environment = { Bindings: Delivery };

/** The application. */
export function serveApp(served: Served): Hono<Environment> {
  const app = new Hono<Environment>();
  const answer = (
    headers: Headers,
    { body, gone, known }: Delivery,
    respond: (text: string, client: Client, gone: AbortSignal) => Promise<Reply | Policy | Refused>,
  ) => receive(served, headers, body, known, (text, client) => respond(text, client, gone));
  app.post(SERVE_PATHS.turn, ({ req, env }) =>
    answer(
      req.raw.headers,
      env,
      (text, client, gone) => served.turn(client, readTurn(text, client.name), gone),
    ));
  app.post(SERVE_PATHS.policy, ({ req, env }) =>
    answer(req.raw.headers, env, (text, client) => {
      checkPolicyRequest(text, client.name);
      return Promise.resolve(served.policyFor(client));
    }));
  app.notFound((context) =>
    context.json({ error: `No ${context.req.method} ${context.req.path} here: this is snet serve` }, 404)
  );
  app.onError((error, context) => context.json({ error: error.message }, 500));
  return app;
}

async function receive(
  { clients }: Served,
  headers: Headers,
  body: Uint8Array,
  known: (client: string) => void,
  respond: (text: string, client: Client) => Promise<Reply | Policy | Refused>,
): Promise<Response> {
  const received = clients.receive(headers, body);
  // Who has no secret is not told what is wrong.
  if (received === undefined) return Response.json({ error: "not signed by a client" }, { status: 401 });
  const { client, id, refused } = received;
  known(client.name);
  let message: Reply | Policy | Refused;
  if (refused !== undefined) message = refused;
  else {
    client.counts.turns++;
    try {
      message = await respond(new TextDecoder().decode(body), client);
    } catch (error) {
      client.counts.malformed++;
      message = refusal("malformed", (error as Error).message.slice(0, 1000), clients.time);
    }
  }
  const text = JSON.stringify(message);
  return new Response(text, {
    headers: { "content-type": "application/json", ...client.sign(id, clients.time, text) },
  });
}
