/** The Worker's way to the slow lane: what comes up in one turn of the loop crosses to the main thread in one message. */

import type { SlowLaneDoor } from "./loop.ts";
import type { News } from "./reactor_messages.ts";
import type { Question } from "./slow_lane.ts";

/** So many questions are sent before the turn is over: who came first need not wait for a flood to end. */
const FULL = 64;

export class SlowDoor implements SlowLaneDoor {
  readonly #say: (news: News) => void;
  /** By their ids, in the order in which they came. */
  readonly #questions = new Map<bigint, Question>();
  #cancelled: bigint[] = [];

  constructor(say: (news: News) => void) {
    this.#say = say;
  }

  ask(question: Question): void {
    this.#questions.set(question.id, question);
    if (this.#questions.size >= FULL) this.send();
  }

  cancel(id: bigint): void {
    // Nobody has heard of it yet.
    if (this.#questions.delete(id)) return;
    this.#cancelled.push(id);
  }

  /** Sends what has come up; to be called at the end of each turn. */
  send(): void {
    if (this.#questions.size === 0 && this.#cancelled.length === 0) return;
    this.#say({ questions: [...this.#questions.values()], cancelled: this.#cancelled });
    this.#questions.clear();
    this.#cancelled = [];
  }
}
