/** What a plugin that asks people offers the daemon: its questions, to be seen and answered. */

import type { Answered, AnswerJson, QuestionJson } from "../control/api.ts";
import { RequestError } from "../control/request_error.ts";
import type { Answerer } from "./may_answer.ts";

/** A question as its plugin knows it; what becomes of it when its time is over, the daemon knows. */
export type DeskQuestion = Omit<QuestionJson, "instead">;

/** What happens to a question. */
export type DeskChange =
  | { readonly kind: "opened" | "changed"; readonly id: string }
  | {
    readonly kind: "closed";
    readonly id: string;
    readonly how: "answered" | "ended" | "late" | "stopped";
    readonly answered?: Answered;
  };

/** The questions of one plugin. */
export interface QuestionDesk {
  /** All that wait, the oldest first, as they are for `viewer`. */
  list(viewer: Answerer): readonly DeskQuestion[];
  /** One of them; undefined where it waits no more. */
  show(id: string, viewer: Answerer): DeskQuestion | undefined;
  /** True of a question that waits here, or was here not long ago. */
  knows(id: string): boolean;
  /** Takes an answer. Rejects with an {@linkcode AnswerError}. */
  answer(id: string, answer: AnswerJson, who: Answerer): Promise<Answered>;
  /** Tells of each change, until the returned function is called. */
  observe(observer: (change: DeskChange) => void): () => void;
}

/** An answer that is not taken; the message is one line for whoever gave it. */
export class AnswerError extends RequestError {
  override readonly name = "AnswerError";
}
