import { deepEqual, equal } from "node:assert/strict";
import { AnswerError } from "../questions/desk.ts";
import {
  type Answered,
  type AnswerJson,
  answerPath,
  PATHS,
  type QuestionChange,
  type QuestionJson,
} from "./api.ts";
import { controlApp, type Controlled } from "./app.ts";
import type { Peer } from "./peer.ts";
import type { Questions } from "./question_routes.ts";

class FakeQuestions implements Questions {
  readonly answers: [Peer, string, AnswerJson][] = [];
  observer: ((change: QuestionChange) => void) | undefined;
  refusal: AnswerError | undefined;
  waiting: readonly QuestionJson[] = [];

  list() {
    return { questions: this.waiting };
  }
  observe(_: Peer, observer: (change: QuestionChange) => void) {
    if (this.refusal !== undefined) throw this.refusal;
    this.observer = observer;
    observer({ kind: "waiting", ...this.list() });
    return () => this.observer = undefined;
  }
  answer(peer: Peer, id: string, answer: AnswerJson) {
    this.answers.push([peer, id, answer]);
    return this.refusal === undefined ? Promise.resolve({ id } as Answered) : Promise.reject(this.refusal);
  }
}

const somebody = { peer: { uid: 1000 } };
const appOf = (questions: Questions) => controlApp({ questions } as unknown as Controlled, 0);
const closed: QuestionChange = { kind: "closed", id: "a", how: "ended" };

Deno.test("questions: whoever may open the socket may try to answer, and each question says who may", async () => {
  const questions = new FakeQuestions();
  const init = { method: "POST", body: `{"action":"deny"}` };
  const response = await appOf(questions).request(answerPath("a"), init, somebody);
  deepEqual([response.status, await response.json()], [200, { id: "a" }]);
  deepEqual(questions.answers, [[{ uid: 1000 }, "a", { action: "deny", lasts: "once" }]]);
});

Deno.test("questions: what is refused has the status and the reason of the refusal", async () => {
  const questions = new FakeQuestions();
  questions.refusal = new AnswerError(409, "Not answered: somebody was first");
  const response = await appOf(questions).request(answerPath("a"), {
    method: "POST",
    body: `{"action":"deny"}`,
  }, somebody);
  deepEqual([response.status, await response.json()], [409, { error: "Not answered: somebody was first" }]);
  const followed = await appOf(questions).request(PATHS.questionEvents, {}, somebody);
  equal(followed.status, 409);
});

Deno.test("questions: what is no answer reaches nobody", async () => {
  const questions = new FakeQuestions();
  const response = await appOf(questions).request(
    answerPath("a"),
    { method: "POST", body: "allow" },
    somebody,
  );
  deepEqual([response.status, questions.answers], [400, []]);
});

Deno.test("questions: a stream tells what waits, and each change, until its reader leaves", async () => {
  const questions = new FakeQuestions();
  const response = await appOf(questions).request(PATHS.questionEvents, {}, somebody);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  equal((await reader.read()).value, `data: {"kind":"waiting","questions":[]}\n\n`);
  questions.observer!(closed);
  equal((await reader.read()).value, `data: {"kind":"closed","id":"a","how":"ended"}\n\n`);
  await reader.cancel();
  equal(questions.observer, undefined);
});

Deno.test("questions: a reader that was too slow is told anew what waits", async () => {
  const questions = new FakeQuestions();
  const response = await appOf(questions).request(PATHS.questionEvents, {}, somebody);
  for (let count = 0; count < 1000; count++) questions.observer!(closed);
  questions.waiting = [{ id: "b" } as QuestionJson];
  const reader = response.body!.getReader();
  const told: string[] = [];
  while (told.at(-1) !== "waiting b") {
    const { value } = await reader.read();
    const change: QuestionChange = JSON.parse(new TextDecoder().decode(value).slice("data: ".length));
    told.push(
      change.kind === "waiting" ? `waiting ${change.questions.map(({ id }) => id).join()}` : change.kind,
    );
  }
  // As many as there was room for, and then all at once.
  deepEqual([told.length, told[0], told[1]], [257, "waiting ", "closed"]);
  await reader.cancel();
});
