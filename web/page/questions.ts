/** The questions that wait for people, as the daemon tells of them. */

import { computed, signal } from "@preact/signals";
import type { Answered, AnswerJson, QuestionChange, QuestionJson } from "../../core/control/api.ts";
import { post, RequestError } from "./http.ts";
import { Stream } from "./stream.ts";

/** How long it is told what became of a question that was there, milliseconds. */
const FAREWELL = 4_000;

/** The oldest first. */
export const questions = signal<readonly QuestionJson[]>([]);

/** What became of the last ones, for a moment. */
export const ended = signal<readonly { readonly id: string; readonly text: string }[]>([]);

/** Those of one program each, in the order of the oldest of them. */
export const groups = computed(() => [...Map.groupBy(questions.value, ({ program }) => program)]);

export const questionStream = new Stream(
  () => "/v1/questions/events",
  (data) => hear(data as QuestionChange),
);

function hear(change: QuestionChange): void {
  switch (change.kind) {
    case "waiting":
      questions.value = change.questions;
      break;
    case "opened":
      questions.value = [...questions.value, change.question];
      break;
    case "changed":
      questions.value = questions.value.map((each) =>
        each.id === change.question.id ? change.question : each
      );
      break;
    case "closed":
      close(change);
  }
}

function close({ id, how, answered }: QuestionChange & { readonly kind: "closed" }): void {
  const question = questions.value.find((each) => each.id === id);
  questions.value = questions.value.filter((each) => each !== question);
  if (question === undefined) return;
  tell(id, `${question.program} ${question.wish}: ${endText(how, answered)}`);
}

function endText(how: string, answered: Answered | undefined): string {
  if (answered !== undefined) {
    return `${answered.action === "allow" ? "allowed" : "denied"} by ${answered.by.user}`;
  }
  if (how === "ended") return "the program no longer waits";
  return how === "late" ? "its time was over" : "the daemon stopped asking";
}

function tell(id: string, text: string): void {
  ended.value = [...ended.value, { id, text }];
  setTimeout(() => ended.value = ended.value.filter((each) => each.id !== id), FAREWELL);
}

/** Answers; undefined where that worked, else what is wrong in one line. */
export async function answer(id: string, body: AnswerJson): Promise<string | undefined> {
  try {
    await post<Answered>(`/v1/questions/${id}/answer`, body);
  } catch (error) {
    if (error instanceof RequestError) return error.message;
    throw error;
  }
}
