/** The routes by which people see and answer questions. */

import type { Hono } from "hono";
import { parseAnswer } from "../questions/answer_body.ts";
import { type Answered, type AnswerJson, PATHS, type QuestionChange, type QuestionList } from "./api.ts";
import type { Environment } from "./app.ts";
import type { Peer } from "./peer.ts";

/** What the daemon does for whoever answers. */
export interface Questions {
  /** All that wait, as they are for `peer`. */
  list(peer: Peer): QuestionList;
  /** Calls `observer` with what waits, and with each change, until the returned function is called. */
  observe(peer: Peer, observer: (change: QuestionChange) => void): () => void;
  /** Takes an answer. Rejects with an AnswerError. */
  answer(peer: Peer, id: string, answer: AnswerJson): Promise<Answered>;
}

/** Changes that wait for a slow reader; then it is told anew of all that waits. */
const STREAM_LIMIT = 256;

/** Adds the routes. What they refuse is an AnswerError, for the application to tell. */
export function questionRoutes(app: Hono<Environment>, questions: Questions): void {
  app.get(PATHS.questions, (context) => context.json(questions.list(context.env.peer)));
  app.get(PATHS.questionEvents, (context) => changes(questions, context.env.peer));
  // Who may answer is not who may change the daemon: each question says it.
  app.post(`${PATHS.questions}/:id/answer`, async (context) => {
    const answer = parseAnswer(await context.req.text());
    return context.json(await questions.answer(context.env.peer, context.req.param("id"), answer));
  });
}

/** Server-sent events (HTML Standard, 9.2). */
function changes(questions: Questions, peer: Peer): Response {
  const encoder = new TextEncoder();
  let stop = () => {};
  let isBehind = false;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      stop = questions.observe(peer, (change) => {
        if (isBehind) return;
        if ((controller.desiredSize ?? 0) <= 0) isBehind = true;
        else controller.enqueue(encoder.encode(`data: ${JSON.stringify(change)}\n\n`));
      });
    },
    pull(controller) {
      if (!isBehind) return;
      isBehind = false;
      const waiting: QuestionChange = { kind: "waiting", ...questions.list(peer) };
      controller.enqueue(encoder.encode(`data: ${JSON.stringify(waiting)}\n\n`));
    },
    cancel: () => stop(),
  }, { highWaterMark: STREAM_LIMIT });
  return new Response(stream, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}
