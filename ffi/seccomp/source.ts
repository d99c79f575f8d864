/**
 * Events of one program and its children on a kernel without snet: the listener of a seccomp filter (seccomp_unotify(2))
 * as a source that the reactor cannot tell from the kernel's socket.
 *
 * Every call that is received has exactly one end, and whatever goes wrong on its way ends it with EPERM.
 */

import { ERRNO, errnoName } from "../errno.ts";
import { EventFd } from "../eventfd.ts";
import { Poll, PollSet, prepareLibc } from "../libc.ts";
import { type CancelHandler, type EventHandler, eventMask, type RefusalHandler } from "../netlink.ts";
import type { Action, EventName } from "../protocol.ts";
import { dropKept } from "./accept.ts";
import type { CallHandler } from "./call.ts";
import { CALLS } from "./calls.ts";
import { CallsInHand, type Tasks } from "./calls_in_hand.ts";
import { noCounts, type SourceCounts } from "./counts.ts";
import { InterruptedCalls } from "./interrupted.ts";
import { prepareSocketCalls } from "./libc.ts";
import { Listener } from "./listener.ts";
import { TaskMemory } from "./memory.ts";
import { Questions } from "./questions.ts";
import { TaskTable } from "./task.ts";
import { WaitingCalls } from "./waiting.ts";

/** What to listen to, and how. */
export interface SeccompOptions {
  /** The filter's listener, which the source takes over. */
  readonly listener: number;
  /** True where the filter has SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: only a fatal signal ends a call that was received. */
  readonly waitKillable: boolean;
  /** What the chain is asked about. */
  readonly events: readonly EventName[];
  /** True to ask about sends on connected sockets too. */
  readonly sendAll: boolean;
  /** Bytes of what is sent that events show. */
  readonly payload: number;
  /** Milliseconds in which a call is to be answered, or put on hold; it is denied then. */
  readonly delay: number;
  /** An eventfd by which another thread wakes this one, which is theirs to close; one of its own if absent. */
  readonly wakeFd?: number | undefined;
}

/** What a source is made of. */
export interface SeccompParts {
  /** What each system call does, by its number; those on sockets if absent. */
  readonly calls?: ReadonlyMap<number, CallHandler>;
  /** Who makes calls; closed with the source. Threads as /proc tells them if absent. */
  readonly tasks?: Tasks;
  /** Milliseconds in which a call that a signal has interrupted is to come back; a second if absent. */
  readonly comeBack?: number;
}

/** Calls that go on in one receive, so that those which are ready again and again do not starve the others. */
const DRAIN = 64;

/** Places in the poll set. */
const LISTENER = 0;
const WAKE = 1;
const READY = 2;

/** Calls of the programs behind one filter. It belongs to one thread. */
export class SeccompSource implements Disposable {
  readonly #listener: Listener;
  readonly #questions: Questions;
  readonly #waiting = new WaitingCalls();
  readonly #memory = new TaskMemory();
  readonly #inHand: CallsInHand;
  readonly #counts: SourceCounts = noCounts();
  readonly #wake: EventFd;
  readonly #isWakeOwn: boolean;
  readonly #poll: PollSet;
  #ended = false;
  #woken = false;
  #isPrepared = false;
  #closed = false;

  /** Takes the listener over; it is closed with the source. */
  constructor(options: SeccompOptions, parts: SeccompParts = {}) {
    prepareLibc();
    const { payload, delay, sendAll, waitKillable, wakeFd } = options;
    this.#wake = new EventFd(wakeFd);
    this.#isWakeOwn = wakeFd === undefined;
    this.#listener = new Listener(options.listener);
    this.#listener.wakeOnSameCpu(); // where the kernel can
    this.#questions = new Questions(payload, delay, this.#counts, !waitKillable);
    this.#inHand = new CallsInHand({
      context: {
        listener: this.#listener,
        memory: this.#memory,
        events: eventMask(...options.events),
        payloadMax: payload,
        sendAll,
      },
      handlers: parts.calls ?? CALLS,
      tasks: parts.tasks ?? new TaskTable(),
      interrupted: new InterruptedCalls(parts.comeBack),
      questions: this.#questions,
      waiting: this.#waiting,
      counts: this.#counts,
      waitKillable,
    });
    this.#poll = new PollSet([{ fd: this.fd }, { fd: this.wakeFd }, { fd: this.#waiting.fd }]);
  }

  /** The listener. */
  get fd(): number {
    return this.#listener.fd;
  }

  /** What `wakeEvent` takes to wake the thread that waits in {@linkcode receive}. */
  get wakeFd(): number {
    return this.#wake.fd;
  }

  /** True when no task uses the filter any more: nothing will come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** True if there is something to go on with that polling does not show. */
  get pending(): boolean {
    return this.#questions.pending;
  }

  /** Calls whose event could not be told. */
  get malformed(): number {
    return this.#counts.malformed;
  }

  /** Calls wait in the kernel, where there is room for all of them. */
  get overruns(): number {
    return 0;
  }

  /** Counters by cause. */
  get counts(): Readonly<SourceCounts> {
    return { ...this.#counts, waiting: this.#waiting.size };
  }

  /** A line for people, such as why a program's calls fail. Each is given once. */
  takeNotice(): string | undefined {
    return this.#inHand.notices.take();
  }

  /**
   * Goes on with what was answered and with what is ready, and takes the next call; with `wait`, blocks the thread until
   * there is something of that, if only a wake or the time to look after calls that wait.
   *
   * @returns how many events were handed over.
   * @throws Error if the listener fails; what the handlers throw, once what they were asked about is denied.
   */
  receive(onEvent: EventHandler, onCancel?: CancelHandler, onRefused?: RefusalHandler, wait = false): number {
    if (this.#closed) return 0;
    if (!this.#isPrepared) this.#prepare();
    const asked = this.#counts.asked;
    const questions = this.#questions;
    const mayWait = wait && !questions.pending;
    questions.onEvent = onEvent;
    questions.onCancel = onCancel ?? nothing;
    if (questions.pending) {
      for (const id of questions.late.splice(0)) onRefused?.(id, ERRNO.ENOENT, "");
      this.#inHand.resumeAnswered();
    }
    // An epoll set costs as much as all others together.
    this.#poll.set(READY, this.#waiting.size > 0 ? this.#waiting.fd : -1, Poll.In);
    const ready = this.#poll.wait(mayWait ? this.#timeout() : 0);
    if (ready > 0) this.#takeReady();
    // As where a program of the same user has lowered this process's limits (prlimit(2)).
    else if (ready < 0 && ready !== -ERRNO.EINTR) {
      throw new Error(`Cannot wait for calls: ${errnoName(-ready)}`);
    }
    this.#lookAfterWaiting();
    this.#rethrow();
    return this.#counts.asked - asked;
  }

  /** True once after `wakeEvent`. */
  takeWake(): boolean {
    const woken = this.#woken;
    this.#woken = false;
    return woken && this.#wake.take();
  }

  /**
   * Answers a question. During its event the call goes on when the handler returns, later with the next
   * {@linkcode receive}. There are no tickets: what else an answer says is not kept.
   *
   * @param errno what a denied program sees; 0 for EPERM, or ECONNABORTED of post_accept
   */
  answer(id: bigint, action: Action, errno = 0): void {
    this.#questions.answer(id, action, errno);
  }

  /** Puts a question on hold: it may be answered for `milliseconds` from now, and is denied then. */
  hold(id: bigint, milliseconds: number): void {
    const question = this.#questions.hold(id, milliseconds);
    if (question?.call !== undefined) this.#waiting.setDeadline(question.call, question.deadline);
  }

  /** Nothing is queued: answers are sent as calls go on. */
  send(): void {}

  /** Denies whoever waits, and closes the listener: all calls that come fail with ENOSYS. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#inHand.close();
    dropKept();
    this.#waiting.close();
    if (this.#isWakeOwn) this.#wake.close();
    this.#listener.close();
  }

  /** Closes the source at the end of its scope (`using`). */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Does what the first call would have to wait for: not before, as it is started meanwhile. */
  #prepare(): void {
    this.#isPrepared = true;
    prepareSocketCalls();
    this.#memory.prepare();
    this.#inHand.prepare();
  }

  #takeReady(): void {
    const poll = this.#poll;
    const listener = poll.ready(LISTENER);
    if ((listener & Poll.In) !== 0) this.#inHand.receive();
    else if ((listener & Poll.HangUp) !== 0) {
      this.#ended = true;
      dropKept();
      poll.set(LISTENER, -1, 0); // it would be ready for ever
    } else if ((listener & Poll.Invalid) !== 0) {
      throw new Error("The seccomp listener was closed by somebody else");
    }
    if (poll.ready(READY) !== 0) this.#resumeReady();
    if (poll.ready(WAKE) !== 0) this.#woken = true;
  }

  #resumeReady(): void {
    for (let i = 0; i < DRAIN; i++) {
      const ready = this.#waiting.next();
      if (ready === undefined) return;
      if (ready.revents === 0) this.#inHand.leave(ready.call);
      else this.#inHand.resume(ready.call, ready.revents);
    }
  }

  #timeout(): number {
    const { due } = this.#waiting;
    return due === Infinity ? -1 : Math.max(0, Math.ceil(due - performance.now()));
  }

  #lookAfterWaiting(): void {
    if (this.#waiting.due === Infinity) return;
    const now = performance.now();
    this.#inHand.expire(now);
    if (this.#waiting.isLookDue(now)) this.#inHand.look(now);
  }

  #rethrow(): void {
    const { handlerError } = this.#questions;
    if (handlerError === undefined) return;
    this.#questions.handlerError = undefined;
    throw handlerError.error;
  }
}

function nothing(): void {}
