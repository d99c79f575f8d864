/** Questions to the chain: asked as events of the protocol, answered at once or later. */

import { ERRNO } from "../errno.ts";
import { EventMessage } from "../event.ts";
import { Clock, clockGettime } from "../libc.ts";
import type { CancelHandler, EventHandler } from "../netlink.ts";
import { type Action, Cause, Event } from "../protocol.ts";
import type { CallEvent } from "./call.ts";
import type { SourceCounts } from "./counts.ts";
import type { InterceptedCall } from "./held_call.ts";
import { EventWriter } from "./message.ts";
import { errnoOf, Question } from "./question.ts";
import type { HeldTask } from "./task.ts";

/** Answers of one call that are kept in case it is interrupted; one that asks more often is asked again. */
const HISTORY = 16;

/** Instead of an answer: there is none yet. */
export const OPEN = -1;

/** An event that cannot be told. */
export class MalformedEventError extends Error {}

/** What is asked, and who waits for it. */
export class Questions {
  onEvent: EventHandler = nothing;
  onCancel: CancelHandler = nothing;
  /** What a handler threw first; what it was asked about is denied. */
  handlerError: { readonly error: unknown } | undefined;
  /** Answers to what is not open. */
  readonly late: bigint[] = [];
  readonly #writer: EventWriter;
  readonly #event = new EventMessage();
  readonly #delay: number;
  readonly #isComplete: boolean;
  readonly #counts: SourceCounts;
  readonly #open = new Map<bigint, Question>();
  #answered: Question[] = [];
  #lastId = 0n;
  /** The question that the handler has before it; 0n for none. */
  #asking = 0n;
  #askedEvent: Event = Event.SnetSocket;
  #answer = OPEN;
  #patience = 0;
  /** What the message in the writer's buffer does not say all of yet. */
  #incomplete: CallEvent | undefined;
  #incompleteTask: HeldTask | undefined;
  readonly #completion = () => this.#complete();
  /** The call whose last question, answered at once, is still in the writer's buffer and nowhere else. */
  #last: InterceptedCall | undefined;

  /**
   * Nothing is asked yet.
   *
   * @param payloadMax bytes of what is sent that events show @param delay milliseconds in which there must be an answer
   * @param isComplete true to tell everything at once: where a call can be interrupted at any moment, it may be over
   * when more is asked for
   */
  constructor(payloadMax: number, delay: number, counts: SourceCounts, isComplete: boolean) {
    this.#isComplete = isComplete;
    this.#writer = new EventWriter(payloadMax);
    this.#delay = delay;
    this.#counts = counts;
  }

  /** True if answers have come for calls that wait. */
  get pending(): boolean {
    return this.#answered.length > 0 || this.late.length > 0;
  }

  /**
   * Asks about a call, unless that was answered before a signal interrupted it.
   *
   * @returns 0 for allow, a positive errno, or {@linkcode OPEN}: then the call waits, for its `question`.
   * @throws MalformedEventError if it cannot be asked.
   */
  ask(call: InterceptedCall, event: CallEvent): number {
    this.keep(call);
    const id = ++this.#lastId;
    this.#write(id, call, event);
    const known = this.#known(call);
    if (known !== undefined) return this.#takeUp(call, known);
    const completion = this.#incomplete === undefined ? undefined : this.#completion;
    if (!this.#event.reset(this.#writer.view, 0, this.#writer.length, completion)) {
      throw new MalformedEventError("Cannot tell an event: what was written of it is not well formed");
    }
    this.#counts.asked++;
    this.#asking = id;
    this.#askedEvent = event.event;
    this.#answer = OPEN;
    this.#patience = this.#delay;
    call.denialEnd = "denied";
    try {
      this.onEvent(this.#event);
    } catch (error) {
      this.handlerError ??= { error };
      this.#answer = ERRNO.EPERM;
      call.denialEnd = "failed";
    }
    this.#asking = 0n;
    if (this.#answer === OPEN) return this.#leaveOpen(call, id, event.event);
    this.#last = call;
    call.denial = this.#answer;
    return this.#answer;
  }

  /** Answers a question; the call goes on at once if its handler is still being asked, else from {@linkcode takeAnswered}. */
  answer(id: bigint, action: Action, errno: number): void {
    if (id === this.#asking) {
      this.#answer = errnoOf(this.#askedEvent, action, errno);
      if (this.#answer === 0) this.#counts.allowed++;
      return;
    }
    const question = this.#open.get(id);
    if (question === undefined) {
      this.late.push(id);
      this.#counts.late++;
      return;
    }
    const answer = errnoOf(question.event, action, errno);
    if (answer === 0) this.#counts.allowed++;
    this.#close(question, answer);
  }

  /** Gives the answer more time, milliseconds from now. The question, if it is open and not that of this moment. */
  hold(id: bigint, milliseconds: number): Question | undefined {
    this.#counts.held++;
    if (id === this.#asking) {
      this.#patience = milliseconds;
      return undefined;
    }
    const question = this.#open.get(id);
    if (question === undefined) this.late.push(id);
    else question.deadline = performance.now() + milliseconds;
    return question;
  }

  /** Denies an open question, as its time is over. */
  expire(question: Question): void {
    question.end = "expired";
    this.#close(question, ERRNO.EPERM);
    this.#tell(question, Cause.Timeout);
  }

  /** The questions that were answered, each once; the calls of those that have one are to go on. */
  takeAnswered(): readonly Question[] {
    const answered = this.#answered;
    if (answered.length > 0) this.#answered = [];
    return answered;
  }

  /** Keeps what the call was asked last, before another event takes its place. */
  keep(call: InterceptedCall): void {
    if (this.#last === call && call.history.length < HISTORY) {
      this.#complete();
      const question = new Question(0n, this.#askedEvent, this.#writer.copy());
      question.answer = call.denial;
      question.end = call.denialEnd;
      call.history.push(question);
    }
    this.#last = undefined;
  }

  /** Nobody waits for these any more. */
  cancel(questions: readonly Question[] | undefined, cause: Cause): void {
    for (const question of questions ?? []) {
      question.call = undefined;
      if (!this.#open.delete(question.id)) continue;
      if (cause === Cause.Abandoned) this.#counts.abandoned++;
      this.#tell(question, cause);
    }
  }

  /** The call has ended; its object will be another's. */
  forget(call: InterceptedCall): void {
    if (this.#last === call) this.#last = undefined;
  }

  #write(id: bigint, call: InterceptedCall, event: CallEvent): void {
    const { attributes, flags } = call.task;
    try {
      this.#writer.write(id, clockGettime(Clock.Monotonic), this.#delay, event, attributes, flags);
      this.#incomplete = event;
      this.#incompleteTask = call.task;
      if (this.#isComplete) this.#complete();
    } catch (cause) {
      throw new MalformedEventError(`Cannot tell an event: ${cause}`, { cause });
    }
  }

  /** Bytes of the message, which says all now. */
  #complete(): number {
    const event = this.#incomplete;
    this.#incomplete = undefined;
    if (event !== undefined) this.#writer.complete(event, this.#incompleteTask!.names?.());
    return this.#writer.length;
  }

  /** What was asked at this place before the call was interrupted, if it is the same now. */
  #known(call: InterceptedCall): Question | undefined {
    const [next] = call.former ?? [];
    if (next === undefined) return undefined;
    this.#complete();
    if (this.#writer.says(next.text)) return call.former!.shift();
    // From here on it is another call than it was.
    this.cancel(call.former, Cause.Abandoned);
    call.former = undefined;
    return undefined;
  }

  #takeUp(call: InterceptedCall, question: Question): number {
    call.history.push(question);
    if (question.answer === undefined) {
      question.call = call;
      call.question = question;
      return OPEN;
    }
    call.denial = question.answer;
    call.denialEnd = question.end;
    return question.answer;
  }

  #leaveOpen(call: InterceptedCall, id: bigint, event: Event): number {
    this.#complete();
    const question = new Question(id, event, this.#writer.copy());
    question.call = call;
    question.deadline = performance.now() + this.#patience;
    this.#open.set(id, question);
    call.question = question;
    call.history.push(question);
    return OPEN;
  }

  #tell({ id, name }: Question, cause: Cause): void {
    try {
      this.onCancel(id, cause, name);
    } catch (error) {
      this.handlerError ??= { error };
    }
  }

  #close(question: Question, answer: number): void {
    this.#open.delete(question.id);
    question.answer = answer;
    this.#answered.push(question);
  }
}

function nothing(): void {}
