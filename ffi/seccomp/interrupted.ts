/**
 * Calls that a signal has interrupted. The program's handler runs, then most calls are run again (signal(7)): to whoever
 * answers they are still the same call, and what was decided or done is not decided or done twice.
 */

import type { InterceptedCall } from "./held_call.ts";
import { Notification } from "./listener.ts";
import type { Question } from "./question.ts";

/** Milliseconds in which a call is to come back: handlers are quick. */
const COME_BACK = 1000;

/** A handler can be interrupted by a signal too, but so deep only. */
const DEEPEST = 8;

/** One that may come back. */
export interface Interrupted {
  readonly notification: Notification;
  readonly startTime: bigint;
  /** What it has asked, the open one last. */
  readonly questions: Question[];
  /** How it ended where the program could not be told; undefined if it did not. */
  readonly outcome: number | undefined;
  /** Milliseconds of performance.now(). */
  readonly until: number;
}

/** Interrupted calls by their thread. */
export class InterruptedCalls {
  readonly #calls = new Map<number, Interrupted[]>();
  readonly #comeBack: number;

  /** @param comeBack milliseconds after which one is overdue */
  constructor(comeBack = COME_BACK) {
    this.#comeBack = comeBack;
  }

  get isEmpty(): boolean {
    return this.#calls.size === 0;
  }

  /** Keeps what is known of a call; gives one back that is to be forgotten instead. */
  add(call: InterceptedCall, outcome: number | undefined, now: number): Interrupted | undefined {
    const notification = new Notification();
    notification.set(call.notification);
    const questions = call.history.slice();
    const { startTime } = call.task;
    const of = this.#calls.get(call.tid) ?? [];
    of.push({ notification, startTime, questions, outcome, until: now + this.#comeBack });
    this.#calls.set(call.tid, of);
    return of.length > DEEPEST ? of.shift() : undefined;
  }

  /** The call that this one is, come back; it is no longer kept here. */
  take(call: InterceptedCall): Interrupted | undefined {
    const of = this.#calls.get(call.tid);
    if (of === undefined) return undefined;
    const at = of.findLastIndex(({ notification, startTime }) =>
      startTime === call.task.startTime && notification.equals(call.notification)
    );
    if (at < 0) return undefined;
    const [taken] = of.splice(at, 1);
    if (of.length === 0) this.#calls.delete(call.tid);
    return taken;
  }

  /** Takes those that have not come back in time. */
  takeOverdue(now: number): Interrupted[] {
    const overdue: Interrupted[] = [];
    for (const [tid, of] of this.#calls) {
      const [first] = of;
      if (first === undefined || first.until > now) continue;
      const left = of.filter((interrupted) => interrupted.until > now);
      overdue.push(...of.filter((interrupted) => interrupted.until <= now));
      if (left.length === 0) this.#calls.delete(tid);
      else this.#calls.set(tid, left);
    }
    return overdue;
  }
}
