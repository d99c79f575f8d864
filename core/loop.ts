/** The verdict path: events from a source through the chain and back, with counters and an eye for observers. */

import { Action, ERRNO, Scope } from "../ffi/mod.ts";
import type { Cause } from "../ffi/mod.ts";
import { addCounts, noCauses } from "./chain.ts";
import type { Chain, ChainCause, ChainCounts, ChainDecision } from "./chain.ts";
import type { EventName } from "./event.ts";
import type { Deadline } from "./kernel.ts";
import type { Observed, Ring } from "./ring.ts";
import type { Question, SlowAnswer } from "./slow_lane.ts";
import type { Source, SourceEvent } from "./source.ts";

/** Causes by the number that stands for them in the ring. */
export const CAUSES: readonly ChainCause[] = ["verdict", "default", "ask", "failed", "late"];
/** Stands there for a notification, about which nothing is decided. */
export const NOTICE = CAUSES.length;

const SCOPES = { task: Scope.Task, children: Scope.Children, program: Scope.Program } as const;
const CAUSE_NUMBERS = { verdict: 0, default: 1, ask: 2, failed: 3, late: 4 } as const;

const NEVER: Deadline = { delay: Infinity, policy: Action.Deny };

/**
 * Milliseconds for which a call is held past the slow lane's deadline, so that the default can answer and not the source's
 * policy: the main thread may have been busy when the time was over.
 */
const HOLD_MARGIN = 1000;
/** Milliseconds of its delay that the slow lane leaves to a source that cannot hold calls, for the same purpose. */
const DELAY_MARGIN = 250;
/** The protocol carries 32 bits of milliseconds. */
const LONGEST_HOLD = 0xffff_ffff;

/** What the loop has seen since it began. */
export interface LoopCounts {
  /** Of all chains that it has used; `plugins` are those of the present one. */
  readonly chain: ChainCounts;
  /** Answers refused since the call had ended meanwhile. */
  readonly late: number;
  /** Answers refused for another reason, and the last one's. */
  readonly refused: number;
  readonly lastRefusal: string | undefined;
  readonly malformed: number;
  readonly overruns: number;
  readonly notified: number;
  /** Calls that ended before their answer, by number of the kernel's cause. */
  readonly cancelled: readonly number[];
  /** Times that answers could not be sent at once. */
  readonly sendFailures: number;
  /** Calls that wait for the slow lane now. */
  readonly waiting: number;
  /** The source's own counters, where it has some. */
  readonly source?: Readonly<Record<string, number>>;
}

/** The loop's way to the slow lane; nothing here may wait. */
export interface SlowLaneDoor {
  /** Somebody there is to be asked; {@linkcode Loop.settle} takes the answer. */
  ask(question: Question): void;
  /** The call has ended: the answer would come to nothing. */
  cancel(id: bigint): void;
}

/** A call that waits for the slow lane. */
interface Held {
  readonly name: EventName;
  readonly time: bigint;
  readonly message: Uint8Array;
  /** The generation of tickets under which the fast lane read of it. */
  readonly generation: number;
  /** Until when the source waits, milliseconds after `time`. */
  readonly limit: number;
}

/** What is answered, by whichever lane. */
type Answered = Pick<ChainDecision, "verdict" | "number" | "remember" | "key"> & {
  readonly cause: ChainDecision["cause"];
};

/** What the loop depends on. */
export interface LoopOptions {
  readonly source: Source;
  readonly chain: Chain;
  readonly ring: Ring;
  /** Nanoseconds of CLOCK_MONOTONIC, the clock of an event's `time`. */
  readonly now: () => bigint;
  /** Where calls go that the chain leaves open; without it, it leaves none. */
  readonly slow?: SlowLaneDoor;
}

/** One source, one chain. {@linkcode Loop.turn} is the whole path; it logs nothing and waits for nothing. */
export class Loop {
  /** The generation of tickets under which decisions are made now. */
  generation = 0;
  /** When the kernel answers by itself, and how. */
  deadlineOf: (event: EventName) => Deadline = () => NEVER;
  /** Whether calls can be held past that. */
  canHold = true;
  readonly #source: Source;
  readonly #ring: Ring;
  readonly #now: () => bigint;
  readonly #slow: SlowLaneDoor | undefined;
  /** Calls that wait for the slow lane, by their id; the source bounds how many do. */
  readonly #held = new Map<bigint, Held>();
  #chain: Chain;
  /** What the chains before this one have counted. */
  #former: ChainCounts = { causes: noCauses(), unremembered: 0, plugins: [] };
  #late = 0;
  #refused = 0;
  #lastRefusal: string | undefined;
  #notified = 0;
  #sendFailures = 0;
  readonly #cancelled: number[] = [];
  readonly #observed: Observed = { held: 0, number: 0, action: 0, cause: 0, errno: 0, remember: 0, why: "" };

  constructor({ source, chain, ring, now, slow }: LoopOptions) {
    this.#source = source;
    this.#chain = chain;
    this.#ring = ring;
    this.#now = now;
    this.#slow = slow;
  }

  /** Decides by another chain from now on; gives the former one back. */
  use(chain: Chain): Chain {
    const former = this.#chain;
    this.#former = { ...addCounts(this.#former, former.counts), plugins: [] };
    this.#chain = chain;
    return former;
  }

  /**
   * Answers everything that has arrived; with `wait`, waits until something has. False if not all answers could be sent
   * and it should be tried again soon.
   */
  turn(wait = false): boolean {
    this.#source.receive(this.#onEvent, this.#onCancel, this.#onRefused, wait);
    return this.send();
  }

  /** Sends the answers that are due; false if it should be tried again soon. */
  send(): boolean {
    try {
      this.#source.send();
      return true;
    } catch {
      this.#sendFailures++;
      return false;
    }
  }

  /** Takes an answer of the slow lane; {@linkcode Loop.send} sends it. Where the call has ended meanwhile it is late. */
  settle(answer: SlowAnswer): void {
    const held = this.#held.get(answer.id);
    if (held === undefined) {
      this.#late++;
      return;
    }
    this.#held.delete(answer.id);
    this.#answer(answer.id, answer, held.generation);
    if (this.#ring.observed) this.#observe(held, answer, held.limit);
  }

  get counts(): LoopCounts {
    const { malformed, overruns } = this.#source;
    return {
      chain: addCounts(this.#former, this.#chain.counts),
      late: this.#late,
      refused: this.#refused,
      lastRefusal: this.#lastRefusal,
      malformed,
      overruns,
      notified: this.#notified,
      cancelled: Array.from(this.#cancelled, (count = 0) => count),
      sendFailures: this.#sendFailures,
      waiting: this.#held.size,
    };
  }

  readonly #onEvent = (event: SourceEvent): void => {
    if (event.isNotice) {
      this.#notified++;
      if (this.#ring.observed) this.#observeNotice(event);
      return;
    }
    const decision = this.#chain.decide(event);
    if (decision.cause === "open") return this.#hold(event, decision);
    this.#answer(event.id, decision, this.generation);
    if (this.#ring.observed) this.#observe(event, decision, this.deadlineOf(event.name).delay);
  };

  readonly #onCancel = (id: bigint, cause: Cause): void => {
    this.#cancelled[cause] = (this.#cancelled[cause] ?? 0) + 1;
    this.#forget(id);
  };

  readonly #onRefused = (id: bigint, errno: number, text: string): void => {
    if (errno === ERRNO.ENOENT) {
      // Nothing was answered yet for a call that waits for the slow lane: it has ended before it could be held.
      if (!this.#forget(id)) this.#late++;
      return;
    }
    this.#refused++;
    this.#lastRefusal = text === "" ? `errno ${errno}` : text;
  };

  /** Keeps the call for the slow lane, past the delay in which the fast lane must answer, for as long as its plugins may take. */
  #hold(event: SourceEvent, { verdict, plugin, rule, number, key }: ChainDecision): void {
    const { id, name, time } = event;
    const { delay } = this.deadlineOf(name);
    // The source's buffer takes the next event when this one's handler returns.
    const message = event.message.slice();
    const now = this.#now();
    const gone = Number(now - time) / 1e6;
    const wanted = Math.min(
      this.#chain.slowTime(name, plugin !== undefined, delay),
      LONGEST_HOLD - HOLD_MARGIN,
    );
    const left = this.canHold ? wanted : Math.min(wanted, delay - gone - DELAY_MARGIN);
    const limit = this.canHold ? gone + left + HOLD_MARGIN : delay;
    this.#held.set(id, { name, time, message, generation: this.generation, limit });
    if (this.canHold) this.#holdFor(id, Math.ceil(left) + HOLD_MARGIN);
    const until = Number(now) / 1e6 + left;
    const asked = plugin === undefined ? undefined : { plugin, rule, why: verdict.why, number };
    this.#slow!.ask({ id, message, read: key, until, asked });
  }

  #holdFor(id: bigint, milliseconds: number): void {
    try {
      this.#source.hold(id, milliseconds);
    } catch {
      this.#sendFailures++;
    }
  }

  /** False if the call does not wait for the slow lane. */
  #forget(id: bigint): boolean {
    if (!this.#held.delete(id)) return false;
    this.#slow!.cancel(id);
    return true;
  }

  #answer(id: bigint, { verdict, remember, key, number }: Answered, generation: number): void {
    const denied = verdict.action === "deny";
    const scope = SCOPES[verdict.scope ?? "task"];
    try {
      this.#source.answer(
        id,
        denied ? Action.Deny : Action.Allow,
        denied ? verdict.errno ?? 0 : 0,
        remember,
        scope,
        key,
        number,
        generation,
      );
    } catch {
      // The answer is queued all the same: only the batch before it could not be sent yet.
      this.#sendFailures++;
    }
  }

  /** `limit`: the milliseconds after which the source has answered by itself. */
  #observe(
    event: Pick<SourceEvent, "name" | "time" | "message">,
    { verdict, cause, number, remember }: Answered,
    limit: number,
  ): void {
    const observed = this.#observed;
    const held = Number(this.#now() - event.time) / 1000;
    const late = held > limit * 1000;
    // What the program has got: the kernel's answer, where this one came to nothing.
    const denied = late ? this.deadlineOf(event.name).policy === Action.Deny : verdict.action === "deny";
    const errno = late ? undefined : verdict.errno;
    // A verdict that names none: the kernel knows what a program expects of accept(2).
    const usual = event.name === "snet.post_accept" ? ERRNO.ECONNABORTED : ERRNO.EPERM;
    observed.held = held;
    observed.number = number;
    observed.action = denied ? Action.Deny : Action.Allow;
    observed.cause = late ? CAUSE_NUMBERS.late : CAUSE_NUMBERS[cause as ChainCause];
    observed.errno = denied ? errno ?? usual : 0;
    observed.remember = late ? 0 : remember;
    observed.why = late
      ? `the kernel's policy; too late after ${Math.round(limit)} ms came ${verdict.action}: ${verdict.why}`
      : verdict.why;
    this.#ring.write(observed, event.message);
  }

  #observeNotice(event: SourceEvent): void {
    const observed = this.#observed;
    observed.held = 0;
    observed.number = 0;
    observed.action = Action.Allow;
    observed.cause = NOTICE;
    observed.errno = 0;
    observed.remember = 0;
    observed.why = "";
    this.#ring.write(observed, event.message);
  }
}
