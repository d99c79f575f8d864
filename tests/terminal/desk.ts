/** Plays the daemon for tests of `snet ask`: its questions, over its control socket. */

import {
  type Answered,
  type AnswerJson,
  answerPath,
  PATHS,
  type QuestionChange,
  type QuestionJson,
} from "../../core/control/api.ts";
import { EventReaders } from "./event_readers.ts";

/** An answer that came in. */
export interface Given {
  readonly id: string;
  readonly answer: AnswerJson;
}

/** Questions that wait, and whoever looks at them. */
export class Desk implements AsyncDisposable {
  readonly given: Given[] = [];
  /** Refuses answers with this status and reason, while set. */
  refusal: { readonly status: number; readonly reason: string } | undefined;
  readonly #waiting = new Map<string, QuestionJson>();
  readonly #readers = new EventReaders();
  readonly #server: Deno.HttpServer;

  constructor(readonly path: string) {
    this.#server = Deno.serve(
      { path, transport: "unix", onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  /** A question comes, or has a new state. */
  put(question: QuestionJson): void {
    const kind = this.#waiting.has(question.id) ? "changed" : "opened";
    this.#waiting.set(question.id, question);
    this.#tell({ kind, question });
  }

  /** A question ends. */
  close(id: string, how: "answered" | "ended" | "late" | "stopped", answered?: Answered): void {
    this.#waiting.delete(id);
    this.#tell({ kind: "closed", id, how, ...answered && { answered } });
  }

  #tell(change: QuestionChange): void {
    this.#readers.tell(data(change));
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === PATHS.questions) return Response.json({ questions: [...this.#waiting.values()] });
    if (pathname === PATHS.questionEvents) {
      return this.#readers.response(data({ kind: "waiting", questions: [...this.#waiting.values()] }));
    }
    const id = pathname.split("/")[3] ?? "";
    if (request.method !== "POST" || pathname !== answerPath(id)) {
      return Response.json({ error: `no ${pathname}` }, { status: 404 });
    }
    const answer: AnswerJson = await request.json();
    const refusal = this.#waiting.has(id) ? this.refusal : { status: 404, reason: `no question ${id} waits` };
    if (refusal !== undefined) return Response.json({ error: refusal.reason }, { status: refusal.status });
    this.given.push({ id, answer });
    const answered: Answered = {
      id,
      action: answer.action,
      lasts: answer.lasts ?? "once",
      ...answer.lasts !== "once" && { scope: answer.scope ?? "program+address+port" },
      ...answer.time !== undefined && { until: new Date(Date.now() + answer.time).toISOString() },
      calls: this.#waiting.get(id)!.calls,
      by: { uid: 1000, user: "alice", pid: 1 },
    };
    this.close(id, "answered", answered);
    return Response.json(answered);
  }

  /** The daemon ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#readers.end();
    await this.#server.shutdown();
  }
}

function data(change: QuestionChange): string {
  return `data: ${JSON.stringify(change)}\n\n`;
}
