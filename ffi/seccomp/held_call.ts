/** A call that a thread waits in, from the notification to its end. Objects are used again for later calls. */

import { ERRNO } from "../errno.ts";
import type { Event } from "../protocol.ts";
import type { Ask, CallSteps, HeldCall, Wait } from "./call.ts";
import type { End } from "./counts.ts";
import { type Listener, Notification } from "./listener.ts";
import type { TaskMemory } from "./memory.ts";
import { pidfdGetfd } from "./procfs.ts";
import type { Question } from "./question.ts";
import type { HeldTask } from "./task.ts";

/** What all calls of a source share. */
export interface CallContext {
  readonly listener: Listener;
  readonly memory: TaskMemory;
  /** Mask of events that the chain is asked about. */
  readonly events: number;
  readonly payloadMax: number;
  readonly sendAll: boolean;
}

/** One intercepted call; {@linkcode HeldCall} is what its handler sees of it. */
export class InterceptedCall implements HeldCall {
  readonly notification: Notification = new Notification();
  /** What was asked about it so far, but for an answered question that only the message buffer holds. */
  history: Question[] = [];
  /** The open one that it waits for. */
  question: Question | undefined;
  /** What was asked about when a signal interrupted it, to be used again in this order. */
  former: Question[] | undefined;
  /** Errno of the denial of the last question, 0 where it was allowed. */
  denial = 0;
  /** How the call ends by that denial. */
  denialEnd: End = "denied";
  /** Where it stands: the step that it waits in. */
  step: Ask | Wait | undefined;
  /** Its place among those that wait; -1 while it does not. */
  slot = -1;
  /** When waiting ends, milliseconds of performance.now(). */
  deadline = Infinity;
  /** True while the end of its thread would be heard of at once. */
  isTaskWatched = false;
  /** Signals of its process that were seen pending when it was last looked at. */
  seenSignals = 0n;
  /** True once it is known that what was read of its task was its own. */
  isChecked = false;
  readonly #context: CallContext;
  #task: HeldTask | undefined;
  #steps: CallSteps | undefined;

  constructor(context: CallContext) {
    this.#context = context;
  }

  /** Begins with another notification, which has been received into {@linkcode notification}. */
  reset(task: HeldTask): void {
    this.#task = task;
    this.#steps = undefined;
    this.step = undefined;
    this.history.length = 0;
    this.question = undefined;
    this.former = undefined;
    this.denial = 0;
    this.denialEnd = "denied";
    this.isChecked = false;
    this.seenSignals = 0n;
  }

  get task(): HeldTask {
    return this.#task!;
  }

  get steps(): CallSteps {
    return this.#steps!;
  }
  set steps(steps: CallSteps) {
    this.#steps = steps;
  }

  /** Lets go what the handler holds, wherever it stands. */
  abandon(): void {
    const steps = this.#steps;
    this.#steps = undefined;
    try {
      steps?.return(-ERRNO.EPERM);
    } catch {
      // The call's end does not depend on it.
    }
  }

  get nr(): number {
    return this.notification.nr;
  }

  get tid(): number {
    return this.notification.tid;
  }

  get payloadMax(): number {
    return this.#context.payloadMax;
  }

  get sendAll(): boolean {
    return this.#context.sendAll;
  }

  wants(event: Event): boolean {
    return ((this.#context.events >>> event) & 1) !== 0;
  }

  word(index: number): bigint {
    return this.notification.word(index);
  }

  int(index: number): number {
    return this.notification.int(index);
  }

  /** Also makes sure that the memory was that of the caller, and not that of another with the same number since. */
  read(address: bigint, into: Uint8Array<ArrayBuffer>, length: number): number {
    const bytes = this.#context.memory.read(this.tid, address, into, length);
    return this.isHeld() ? bytes : -ERRNO.ESRCH;
  }

  write(address: bigint, from: Uint8Array<ArrayBuffer>, length: number): number {
    if (!this.isHeld()) return -ERRNO.ESRCH;
    return this.#context.memory.write(this.tid, address, from, length);
  }

  isHeld(): boolean {
    const held = this.#context.listener.isHeld(this.notification);
    this.isChecked = held;
    return held;
  }

  duplicate(fd: number): number {
    return pidfdGetfd(this.task.pidfd, fd);
  }
}
