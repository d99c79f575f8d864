/** Intercepted calls from their notification to their one end: their steps are run, and waited for. */

import { ERRNO, errnoName } from "../errno.ts";
import { close, PollSet } from "../libc.ts";
import { Cause } from "../protocol.ts";
import { type CallHandler, CONTINUE, type Installed, type Outcome, type Wait } from "./call.ts";
import type { End, SourceCounts } from "./counts.ts";
import { isMove } from "./filter.ts";
import { type CallContext, InterceptedCall } from "./held_call.ts";
import type { InterruptedCalls } from "./interrupted.ts";
import { Notices } from "./notices.ts";
import { LAST_ERRNO } from "./question.ts";
import { MalformedEventError, OPEN, type Questions } from "./questions.ts";
import { wantedBySignals } from "./signal_watch.ts";
import { readStatus } from "./status.ts";
import type { HeldTask, TaskTable } from "./task.ts";
import { WAITING_LIMIT, type WaitingCalls } from "./waiting.ts";

/** The kernel's own "run it again after the signal" (include/linux/errno.h), which no program ever sees. */
const ERESTARTSYS = 512;

/** Instead of a value to go on with: the call waits. No answer and no revents are negative. */
const WAITS = OPEN;

/** Who makes calls. */
export type Tasks = Pick<TaskTable, "of" | "release" | "expectMoves" | "unreadable" | "close">;

/** What the calls in hand depend on. */
export interface InHandOptions {
  readonly context: CallContext;
  /** What each system call does, by its number. */
  readonly handlers: ReadonlyMap<number, CallHandler>;
  readonly tasks: Tasks;
  readonly questions: Questions;
  readonly waiting: WaitingCalls;
  readonly interrupted: InterruptedCalls;
  readonly counts: SourceCounts;
  /** True where only a fatal signal ends a call that was received. */
  readonly waitKillable: boolean;
}

/** All calls that were received and have not ended. */
export class CallsInHand {
  readonly notices: Notices = new Notices();
  readonly #options: InHandOptions;
  readonly #one = new PollSet([{ fd: -1 }]);
  /** Objects of calls that have ended. */
  readonly #free: InterceptedCall[] = [];

  constructor(options: InHandOptions) {
    this.#options = options;
  }

  /** Looks at a thread as at one that makes a call, so that the first that does need not wait for what is read once. */
  prepare(): void {
    const { tasks } = this.#options;
    const own = tasks.of(Deno.pid);
    if (own !== undefined) tasks.release(own);
  }

  /**
   * Receives a call that poll(2) has shown, and runs it as far as it goes.
   *
   * @throws Error if the listener fails.
   */
  receive(): void {
    const { context, counts } = this.#options;
    const call = this.#free.pop() ?? new InterceptedCall(context);
    const failed = context.listener.receive(call.notification);
    if (failed < 0) {
      this.#free.push(call);
      // Its thread was killed, or interrupted, a moment before.
      if (failed === -ERRNO.ENOENT || failed === -ERRNO.EINTR) return;
      throw new Error(`Cannot receive calls from the seccomp listener: ${errnoName(-failed)}`);
    }
    counts.received++;
    if (isMove(call.nr, call.notification.arch)) return this.#letMove(call);
    const task = this.#taskOf(call);
    if (task !== undefined) this.#begin(call, task);
  }

  /** Goes on with calls whose questions were answered since. */
  resumeAnswered(): void {
    for (const { call, answer, end } of this.#options.questions.takeAnswered()) {
      if (call === undefined || answer === undefined) continue;
      call.denial = answer;
      call.denialEnd = end;
      this.resume(call, answer);
    }
  }

  /** Goes on with a call that waits, with an answer or with revents. */
  resume(call: InterceptedCall, input: number): void {
    this.#options.waiting.remove(call);
    call.question = undefined;
    // What was allowed is not done for a program that is gone.
    if (call.isHeld()) this.#run(call, input);
    else this.#vanish(call, undefined);
  }

  /** Goes on with calls whose time is over. */
  expire(now: number): void {
    const { waiting, questions } = this.#options;
    for (const call of waiting.overdue(now)) {
      if (call.slot < 0) continue;
      if (call.question === undefined) this.resume(call, 0);
      else questions.expire(call.question);
    }
  }

  /** Looks what became of the threads that wait; what the others left behind is given up. */
  look(now: number): void {
    const { waiting, questions, waitKillable } = this.#options;
    for (const call of waiting.all()) {
      if (call.slot < 0) continue;
      if (call.isHeld()) waiting.watchTask(call);
      else this.leave(call);
    }
    if (waitKillable) {
      for (const call of wantedBySignals(waiting.all())) this.#interrupt(call, now);
    }
    for (const gone of this.#options.interrupted.takeOverdue(now)) {
      questions.cancel(gone.questions, Cause.Abandoned);
    }
    waiting.looked(now, performance.now(), !this.#options.interrupted.isEmpty);
  }

  /** A call that waits whose thread may have left it. */
  leave(call: InterceptedCall): void {
    if (call.isHeld()) return;
    this.#options.waiting.remove(call);
    // What was sent before the signal came is not sent again.
    const done = call.step?.interrupted;
    this.#vanish(call, done !== undefined && done > 0 ? done : undefined);
  }

  /** Ends all calls. */
  close(): void {
    const { waiting, tasks, context } = this.#options;
    for (const call of waiting.all()) {
      waiting.remove(call);
      call.abandon();
      context.listener.end(call.notification, -ERRNO.EPERM);
      this.#count(call, "closed", Cause.Gone);
    }
    tasks.close();
  }

  /** The end of a call that waits no longer, where nothing is known of its thread. */
  get #gone(): End {
    return this.#options.waitKillable ? "killed" : "interrupted";
  }

  /** Nothing is asked, also not about a thread that cannot be looked into: there is nothing to judge. */
  #letMove(call: InterceptedCall): void {
    const { tasks, counts, context } = this.#options;
    tasks.expectMoves();
    const isGone = context.listener.goOn(call.notification) < 0;
    counts[isGone ? this.#gone : "continued"]++;
    this.#free.push(call);
  }

  /** Who makes the call; where nobody can tell, it has ended. */
  #taskOf(call: InterceptedCall): HeldTask | undefined {
    const { tasks, counts, context } = this.#options;
    let failure: unknown;
    try {
      const task = tasks.of(call.tid);
      if (task !== undefined) return task;
    } catch (error) {
      failure = error;
    }
    const ended = context.listener.end(call.notification, -ERRNO.EPERM);
    this.#free.push(call);
    if (ended < 0) counts[this.#gone]++;
    else if (failure !== undefined) {
      counts.failed++;
      this.notices.failed(call.nr, failure);
    } else {
      counts.unreadable++;
      if (tasks.unreadable !== undefined) this.notices.unreadable(tasks.unreadable);
    }
    return undefined;
  }

  #begin(call: InterceptedCall, task: HeldTask): void {
    const { handlers, counts } = this.#options;
    call.reset(task);
    if (!this.#options.waitKillable) this.#leaveFormer(call.tid);
    const former = this.#options.interrupted.isEmpty ? undefined : this.#options.interrupted.take(call);
    if (former !== undefined) {
      counts.resumed++;
      if (former.outcome !== undefined) return this.#finish(call, former.outcome);
      call.former = former.questions;
    }
    const handler = handlers.get(call.nr);
    try {
      if (handler === undefined) throw new Error("nobody carries it out");
      call.steps = handler(call);
    } catch (error) {
      return this.#fail(call, error);
    }
    this.#run(call, 0);
  }

  /** A thread that makes a call has left the one before, if nobody has noticed yet. */
  #leaveFormer(tid: number): void {
    for (const waiting of this.#options.waiting.all()) {
      if (waiting.tid === tid) this.leave(waiting);
    }
  }

  #run(call: InterceptedCall, input: number): void {
    const { questions } = this.#options;
    let outcome: Outcome;
    try {
      for (;;) {
        const { done, value } = call.steps.next(input);
        if (done) {
          outcome = value;
          break;
        }
        call.step = value;
        if (value.step === "wait") input = this.#wait(call, value);
        else {
          if (!call.isChecked && !call.isHeld()) return this.#vanish(call, undefined);
          input = questions.ask(call, value.event);
          if (input === WAITS) input = this.#add(call, call.question!.deadline);
        }
        if (input === WAITS) return;
      }
    } catch (error) {
      return this.#fail(call, error);
    }
    this.#finish(call, outcome);
  }

  #wait(call: InterceptedCall, { fd, events, timeout }: Wait): number {
    // Most are ready at once, as a connection to the machine itself.
    this.#one.set(0, fd, events);
    const ready = this.#one.wait(0);
    if (ready > 0) return this.#one.ready(0);
    if (timeout === 0) return 0;
    this.#options.questions.keep(call);
    return this.#add(call, timeout < 0 ? Infinity : performance.now() + timeout);
  }

  #add(call: InterceptedCall, deadline: number): number {
    const { waiting } = this.#options;
    if (waiting.size >= WAITING_LIMIT) throw new LimitError();
    const failed = waiting.add(call, deadline, performance.now());
    if (failed < 0) throw new Error(`Cannot wait for a descriptor: ${errnoName(-failed)}`);
    return WAITS;
  }

  #finish(call: InterceptedCall, outcome: Outcome): void {
    const { listener } = this.#options.context;
    const { notification, denial } = call;
    if (typeof outcome === "number" && Number.isSafeInteger(outcome) && outcome >= -LAST_ERRNO) {
      const sent = listener.end(notification, outcome);
      const end = denial !== 0 && outcome === -denial ? call.denialEnd : "carriedOut";
      if (sent < 0) this.#vanish(call, outcome);
      else this.#count(call, end, Cause.Abandoned);
    } else if (denial !== 0) {
      // Whoever carries calls out has forgotten the answer; it holds all the same.
      if (typeof outcome === "object") giveUp(outcome);
      this.#fail(call, new Error("it was denied and would have gone on"));
    } else if (outcome === CONTINUE) {
      if (listener.goOn(notification) < 0) this.#vanish(call, undefined);
      else this.#count(call, "continued", Cause.Abandoned);
    } else if (typeof outcome === "object") this.#install(call, outcome);
    else this.#fail(call, new Error(`it has no outcome but ${String(outcome)}`));
  }

  #install(call: InterceptedCall, installed: Installed): void {
    const { listener } = this.#options.context;
    const number = listener.install(call.notification, installed.fd, installed.flags);
    if (number >= 0) {
      close(installed.fd);
      return this.#count(call, "carriedOut", Cause.Abandoned);
    }
    giveUp(installed);
    if (listener.end(call.notification, number) < 0) this.#vanish(call, undefined);
    else this.#count(call, "carriedOut", Cause.Abandoned);
  }

  /** Ends a call that cannot go on: it is denied. */
  #fail(call: InterceptedCall, error: unknown): void {
    const { listener } = this.#options.context;
    call.abandon();
    const sent = listener.end(call.notification, -ERRNO.EPERM);
    if (sent < 0) return this.#vanish(call, undefined);
    if (error instanceof LimitError) {
      this.notices.limited(WAITING_LIMIT);
      return this.#count(call, "limited", Cause.Abandoned);
    }
    this.notices.failed(call.nr, error);
    this.#count(call, error instanceof MalformedEventError ? "malformed" : "failed", Cause.Abandoned);
  }

  /** Makes way for a signal: its handler runs, and the call begins anew where it may. */
  #interrupt(call: InterceptedCall, now: number): void {
    const { waiting, context } = this.#options;
    const result = call.step?.interrupted;
    waiting.remove(call);
    // Before the answer, so that a descriptor of the supervisor is no longer there when the program goes on.
    call.abandon();
    if (context.listener.end(call.notification, result ?? -ERESTARTSYS) < 0) {
      return this.#vanish(call, undefined);
    }
    if (result === undefined) this.#keep(call, undefined, now);
    this.#count(call, "interrupted", Cause.Abandoned);
  }

  /** The thread waits no longer, and has not heard the outcome. */
  #vanish(call: InterceptedCall, outcome: number | undefined): void {
    if (this.#options.waitKillable || !isAlive(call.task)) return this.#count(call, "killed", Cause.Signal);
    this.#keep(call, outcome, performance.now());
    this.#count(call, "interrupted", Cause.Abandoned);
  }

  /** Keeps what was asked and done, for when the call comes back. */
  #keep(call: InterceptedCall, outcome: number | undefined, now: number): void {
    const { questions } = this.#options;
    questions.keep(call);
    const forgotten = this.#options.interrupted.add(call, outcome, now);
    for (const question of call.history) question.call = undefined;
    call.history.length = 0;
    questions.cancel(forgotten?.questions, Cause.Abandoned);
  }

  /** The end of a call: its object is free, and what is open of it is cancelled. */
  #count(call: InterceptedCall, end: End, cause: Cause): void {
    const { counts, questions, tasks } = this.#options;
    counts[end]++;
    call.abandon();
    tasks.release(call.task);
    questions.cancel(call.history, cause);
    questions.cancel(call.former, cause);
    questions.forget(call);
    call.former = undefined;
    this.#free.push(call);
  }
}

/** More calls wait than may. */
class LimitError extends Error {}

function giveUp({ fd, takeBack }: Installed): void {
  if (takeBack === undefined) close(fd);
  else takeBack();
}

function isAlive({ procfs }: HeldTask): boolean {
  const state = readStatus(procfs)?.state;
  return state !== undefined && state !== "Z" && state !== "X";
}
