/** The verdict path: events from a source through the chain and back, with counters and an eye for observers. */

import { Action, ERRNO, Scope } from "../ffi/mod.ts";
import type { Cause } from "../ffi/mod.ts";
import type { Chain, ChainCounts, ChainDecision } from "./chain.ts";
import type { EventName } from "./event.ts";
import type { Deadline } from "./kernel.ts";
import type { Decision } from "./plugin.ts";
import type { Observed, Ring } from "./ring.ts";
import type { Source, SourceEvent } from "./source.ts";

/** Causes by the number that stands for them in the ring. */
export const CAUSES: readonly Decision["cause"][] = ["verdict", "default", "ask", "failed", "late"];
/** Stands there for a notification, about which nothing is decided. */
export const NOTICE = CAUSES.length;

const SCOPES = { task: Scope.Task, children: Scope.Children, program: Scope.Program } as const;
const CAUSE_NUMBERS = { verdict: 0, default: 1, ask: 2, failed: 3, late: 4 } as const;

const NEVER: Deadline = { delay: Infinity, policy: Action.Deny };

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
}

/** What the loop depends on. */
export interface LoopOptions {
  readonly source: Source;
  readonly chain: Chain;
  readonly ring: Ring;
  /** Nanoseconds of CLOCK_MONOTONIC, the clock of an event's `time`. */
  readonly now: () => bigint;
}

/** One source, one chain. {@linkcode Loop.turn} is the whole path; it logs nothing and waits for nothing. */
export class Loop {
  /** The generation of tickets under which decisions are made now. */
  generation = 0;
  /** When the kernel answers by itself, and how. */
  deadlineOf: (event: EventName) => Deadline = () => NEVER;
  readonly #source: Source;
  readonly #ring: Ring;
  readonly #now: () => bigint;
  #chain: Chain;
  /** What the chains before this one have counted. */
  readonly #former = { causes: { verdict: 0, default: 0, ask: 0, failed: 0 }, unremembered: 0 };
  #late = 0;
  #refused = 0;
  #lastRefusal: string | undefined;
  #notified = 0;
  #sendFailures = 0;
  readonly #cancelled: number[] = [];
  readonly #observed: Observed = { held: 0, number: 0, action: 0, cause: 0, errno: 0, remember: 0, why: "" };

  constructor({ source, chain, ring, now }: LoopOptions) {
    this.#source = source;
    this.#chain = chain;
    this.#ring = ring;
    this.#now = now;
  }

  /** Decides by another chain from now on; gives the former one back. */
  use(chain: Chain): Chain {
    const former = this.#chain;
    const { causes, unremembered } = this.#total(former.counts);
    Object.assign(this.#former.causes, causes);
    this.#former.unremembered = unremembered;
    this.#chain = chain;
    return former;
  }

  /**
   * Answers everything that has arrived; with `wait`, waits until something has. False if not all answers could be sent
   * and it should be tried again soon.
   */
  turn(wait = false): boolean {
    this.#source.receive(this.#onEvent, this.#onCancel, this.#onRefused, wait);
    return this.#send();
  }

  get counts(): LoopCounts {
    const { malformed, overruns } = this.#source;
    return {
      chain: this.#total(this.#chain.counts),
      late: this.#late,
      refused: this.#refused,
      lastRefusal: this.#lastRefusal,
      malformed,
      overruns,
      notified: this.#notified,
      cancelled: Array.from(this.#cancelled, (count = 0) => count),
      sendFailures: this.#sendFailures,
    };
  }

  #total({ causes, unremembered, plugins }: ChainCounts): ChainCounts {
    const former = this.#former;
    return {
      causes: {
        verdict: former.causes.verdict + causes.verdict,
        default: former.causes.default + causes.default,
        ask: former.causes.ask + causes.ask,
        failed: former.causes.failed + causes.failed,
      },
      unremembered: former.unremembered + unremembered,
      plugins,
    };
  }

  #send(): boolean {
    try {
      this.#source.send();
      return true;
    } catch {
      this.#sendFailures++;
      return false;
    }
  }

  readonly #onEvent = (event: SourceEvent): void => {
    if (event.isNotice) {
      this.#notified++;
      if (this.#ring.observed) this.#observeNotice(event);
      return;
    }
    const decision = this.#chain.decide(event);
    try {
      this.#answer(event.id, decision);
    } catch {
      // The answer is queued all the same: only the batch before it could not be sent yet.
      this.#sendFailures++;
    }
    if (this.#ring.observed) this.#observe(event, decision);
  };

  readonly #onCancel = (_id: bigint, cause: Cause): void => {
    this.#cancelled[cause] = (this.#cancelled[cause] ?? 0) + 1;
  };

  readonly #onRefused = (_id: bigint, errno: number, text: string): void => {
    if (errno === ERRNO.ENOENT) {
      this.#late++;
      return;
    }
    this.#refused++;
    this.#lastRefusal = text === "" ? `errno ${errno}` : text;
  };

  #answer(id: bigint, { verdict, remember, key, number }: ChainDecision): void {
    const denied = verdict.action === "deny";
    this.#source.answer(
      id,
      denied ? Action.Deny : Action.Allow,
      denied ? verdict.errno ?? 0 : 0,
      remember,
      SCOPES[verdict.scope ?? "task"],
      key,
      number,
      this.generation,
    );
  }

  #observe(event: SourceEvent, { verdict, cause, number, remember }: ChainDecision): void {
    const observed = this.#observed;
    const held = Number(this.#now() - event.time) / 1000;
    const deadline = this.deadlineOf(event.name);
    const late = held > deadline.delay * 1000;
    // What the program has got: the kernel's answer, where this one came to nothing.
    const denied = late ? deadline.policy === Action.Deny : verdict.action === "deny";
    const errno = late ? undefined : verdict.errno;
    // A verdict that names none: the kernel knows what a program expects of accept(2).
    const usual = event.name === "snet.post_accept" ? ERRNO.ECONNABORTED : ERRNO.EPERM;
    observed.held = held;
    observed.number = number;
    observed.action = denied ? Action.Deny : Action.Allow;
    observed.cause = late ? CAUSE_NUMBERS.late : CAUSE_NUMBERS[cause];
    observed.errno = denied ? errno ?? usual : 0;
    observed.remember = late ? 0 : remember;
    observed.why = late
      ? `the kernel's policy; too late after ${deadline.delay} ms came ${verdict.action}: ${verdict.why}`
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
