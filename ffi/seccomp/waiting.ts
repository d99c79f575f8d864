/** Calls that wait: for a descriptor, for an answer, for the end of their time; and when to look what became of them. */

import { Epoll } from "../epoll.ts";
import { Poll } from "../libc.ts";
import type { InterceptedCall } from "./held_call.ts";

/** Milliseconds between two looks at those who wait: for signals, and for threads that died alone. */
const LOOK_EVERY = 50;

/** Looking takes at most one part in so many of the time, however many wait. */
const LOOK_SHARE = 10;

/** Calls that may wait at once. */
export const WAITING_LIMIT = 4096;

/** What can be ready of a call, in the lowest bit of its key. */
const DESCRIPTOR = 0;
const TASK = 1;

/** The calls that wait. Whatever goes on here belongs to a call that is in a slot. */
export class WaitingCalls {
  readonly #epoll = new Epoll();
  readonly #slots: (InterceptedCall | undefined)[] = [];
  readonly #free: number[] = [];
  #nextDeadline = Infinity;
  #nextLook = Infinity;

  /** Readable when {@linkcode next} has something. */
  get fd(): number {
    return this.#epoll.fd;
  }

  get size(): number {
    return this.#slots.length - this.#free.length;
  }

  /** A copy, as whoever looks may end some. */
  all(): InterceptedCall[] {
    return this.#slots.filter((call) => call !== undefined);
  }

  /**
   * Adds a call that waits in its step until `deadline`, milliseconds of performance.now().
   *
   * @returns 0, or a negative errno where its descriptor cannot be waited for.
   */
  add(call: InterceptedCall, deadline: number, now: number): number {
    const { step } = call;
    const slot = this.#free.pop() ?? this.#slots.length;
    if (step?.step === "wait") {
      const failed = this.#epoll.add(step.fd, step.events, 2 * slot + DESCRIPTOR);
      if (failed < 0) {
        if (slot < this.#slots.length) this.#free.push(slot);
        return failed;
      }
    }
    this.#slots[slot] = call;
    call.slot = slot;
    this.setDeadline(call, deadline);
    if (this.#nextLook === Infinity) this.#nextLook = now + LOOK_EVERY;
    return 0;
  }

  setDeadline(call: InterceptedCall, deadline: number): void {
    call.deadline = deadline;
    if (deadline < this.#nextDeadline) this.#nextDeadline = deadline;
  }

  /** Takes a call out; what it waits for may be closed then, not before. */
  remove(call: InterceptedCall): void {
    const { slot, step } = call;
    if (slot < 0) return;
    if (step?.step === "wait") this.#epoll.remove(step.fd);
    this.#unwatchTask(call);
    this.#slots[slot] = undefined;
    this.#free.push(slot);
    call.slot = -1;
  }

  /**
   * Hears of the end of a call's thread at once from now on, so that no descriptor outlives it. Not from the beginning:
   * most calls do not wait that long. (A thread waits in one call at a time, so that its pidfd is in the set once.)
   */
  watchTask(call: InterceptedCall): void {
    if (call.isTaskWatched) return;
    call.isTaskWatched = this.#epoll.add(call.task.pidfd, Poll.In, 2 * call.slot + TASK) >= 0;
  }

  /** What is ready of which call, 0 for the end of its thread; undefined if nothing is. */
  next(): { readonly call: InterceptedCall; readonly revents: number } | undefined {
    for (let ready = this.#epoll.next(); ready; ready = this.#epoll.next()) {
      const call = this.#slots[ready.key >>> 1];
      if (call === undefined) continue;
      if ((ready.key & 1) === DESCRIPTOR) return { call, revents: ready.events };
      // It is ready from now on, whatever becomes of the call.
      this.#unwatchTask(call);
      return { call, revents: 0 };
    }
    return undefined;
  }

  /** When there is something to do, milliseconds of performance.now(); Infinity for never. */
  get due(): number {
    return Math.min(this.#nextDeadline, this.#nextLook);
  }

  /** Those whose time is over. */
  overdue(now: number): InterceptedCall[] {
    if (now < this.#nextDeadline) return [];
    const waiting = this.all();
    this.#nextDeadline = waiting.reduce(
      (next, { deadline }) => deadline > now && deadline < next ? deadline : next,
      Infinity,
    );
    return waiting.filter(({ deadline }) => deadline <= now);
  }

  /** True if it is time to look; {@linkcode looked} says when that was done. */
  isLookDue(now: number): boolean {
    return now >= this.#nextLook;
  }

  /** @param more true if there is something to look after even if nobody waits */
  looked(began: number, ended: number, more: boolean): void {
    const pause = Math.max(LOOK_EVERY, LOOK_SHARE * (ended - began));
    this.#nextLook = more || this.size > 0 ? ended + pause : Infinity;
  }

  #unwatchTask(call: InterceptedCall): void {
    if (call.isTaskWatched) this.#epoll.remove(call.task.pidfd);
    call.isTaskWatched = false;
  }

  /** Gives the set up; nobody may wait any more. */
  close(): void {
    this.#epoll.close();
  }
}
