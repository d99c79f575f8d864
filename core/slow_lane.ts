/**
 * The slow lane: the links of the chain from the first that may wait, on the main thread. Each call that reaches it waits on
 * its own; the links are asked in their order, the first opinion wins, and whatever goes wrong ends in the default.
 * The reactor's Worker keeps the calls meanwhile and sends the answers (loop.ts).
 */

import { EventMessage } from "../ffi/mod.ts";
import { noCauses, ruleNumber, ticketTime } from "./chain.ts";
import type { ChainCause, ChainCounts } from "./chain.ts";
import { Place, placesByEvent } from "./link.ts";
import type { Link } from "./link.ts";
import type { Asking } from "./plugin.ts";
import type { Verdict } from "./verdict.ts";

/** A call that the fast lane left open; can be handed to another thread. */
export interface Question {
  /** Verdict id of its event. */
  readonly id: bigint;
  /** The event's bytes, its own. */
  readonly message: Uint8Array<ArrayBuffer>;
  /** Bits of `Operand` that the fast lane has read. */
  readonly read: number;
  /** Place in the chain of the slow lane's first link. */
  readonly first: number;
  /** When the default answers, milliseconds of CLOCK_MONOTONIC. */
  readonly until: number;
  /** Who said `ask`, and its `ruleNumber`; undefined where nobody had an opinion. */
  readonly asked: (NonNullable<Asking["asked"]> & { readonly number: number }) | undefined;
}

/** How a question ended. */
export interface SlowAnswer {
  readonly id: bigint;
  readonly verdict: Verdict;
  readonly cause: ChainCause;
  /** `ruleNumber` of who answered; 0 for nobody. */
  readonly number: number;
  /** Milliseconds for which a ticket may repeat the answer; 0 for no ticket. */
  readonly remember: number;
  /** Bits of `Operand` that the ticket must match. */
  readonly key: number;
}

/** What the lane depends on. */
export interface SlowLaneOptions {
  readonly fallback: "allow" | "deny";
  /** Gets the answer to each question that has not been cancelled, once. */
  readonly answer: (answer: SlowAnswer) => void;
  /** Hears each time that a plugin throws. */
  readonly onFailure?: (plugin: string, message: string) => void;
  /** Runs a task at a time of performance.now(), unless the returned function is called before. */
  readonly at?: (time: number, task: () => void) => () => void;
}

/** A timer that is set for longer than this runs at once. */
const LONGEST_TIMER = 0x7fff_ffff;

export class SlowLane {
  /** What answers where no link does. */
  fallback: "allow" | "deny";
  readonly #places: readonly Place[];
  readonly #byEvent: ReturnType<typeof placesByEvent>;
  readonly #answer: SlowLaneOptions["answer"];
  readonly #onFailure: NonNullable<SlowLaneOptions["onFailure"]>;
  readonly #at: NonNullable<SlowLaneOptions["at"]>;
  /** Whatever waits, by its id; the source bounds how many do. */
  readonly #waiting = new Map<bigint, Waiting>();
  readonly #causes = noCauses();
  #unremembered = 0;
  #isClosed = false;

  constructor(
    links: readonly Link[],
    { fallback, answer, onFailure = () => {}, at = timer }: SlowLaneOptions,
  ) {
    this.fallback = fallback;
    this.#places = links.map((link, index) => new Place(link, index));
    this.#byEvent = placesByEvent(this.#places);
    this.#answer = answer;
    this.#onFailure = onFailure;
    this.#at = at;
  }

  /** Questions that have no answer yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Asks the links; at `deadline`, a time of performance.now(), the default answers. */
  ask(question: Question, deadline: number): void {
    // The Worker has not heard yet that it is over; its source's end is the call's.
    if (this.#isClosed) return;
    const waiting = new Waiting(question, deadline);
    this.#waiting.set(question.id, waiting);
    waiting.stopTimer = this.#at(deadline, () => this.#late(waiting));
    void this.#decide(waiting);
  }

  /** The call has ended: nobody is answered any more. */
  cancel(id: bigint): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (waiting.place !== undefined) waiting.place.cancelled++;
    waiting.abort();
    this.#end(waiting);
  }

  /** All calls have ended. */
  cancelAll(): void {
    for (const id of [...this.#waiting.keys()]) this.cancel(id);
  }

  /** Ends all questions, and lets the plugins give up what they hold. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.cancelAll();
    for (const { instance } of this.#places) instance.close?.();
  }

  get counts(): ChainCounts {
    return {
      causes: { ...this.#causes },
      unremembered: this.#unremembered,
      plugins: this.#places.map((place) => place.counts),
    };
  }

  async #decide(waiting: Waiting): Promise<void> {
    let { asked } = waiting.question;
    for (const place of this.#byEvent.get(waiting.event.name) ?? []) {
      if (!place.takes(asked !== undefined)) continue;
      waiting.place = place;
      let verdict: Verdict | undefined;
      try {
        const answer = await place.instance.decide!(waiting.event, waiting.asking(asked));
        if (waiting.isOver) return;
        verdict = answer === undefined ? undefined : place.answered(answer);
      } catch (error) {
        if (!waiting.isOver) this.#failed(waiting, place, error);
        return;
      }
      if (verdict === undefined) continue;
      if (verdict.action !== "ask") return this.#decided(waiting, place, verdict);
      const { rule, why } = verdict;
      asked ??= { plugin: place.name, rule, why, number: this.#number(waiting, place, rule) };
    }
    if (asked === undefined) this.#byDefault(waiting, "default", "no plugin decided", 0);
    else this.#byDefault(waiting, "ask", "nobody to ask", asked.number);
  }

  #decided(waiting: Waiting, place: Place, verdict: Verdict): void {
    const { action, why, errno, scope, rule } = verdict;
    const read = waiting.question.read | waiting.event.read;
    const remember = ticketTime(verdict, read);
    if (verdict.remember !== undefined && verdict.remember > 0 && remember === 0) this.#unremembered++;
    this.#settle(waiting, {
      // Only what counts: a plugin's object may hold what no message port takes.
      verdict: { action, why, ...(errno !== undefined && { errno }), ...(scope !== undefined && { scope }) },
      cause: "verdict",
      number: this.#number(waiting, place, rule),
      remember,
      key: read,
    });
  }

  #failed(waiting: Waiting, place: Place, error: unknown): void {
    this.#onFailure(place.name, place.threw(error));
    this.#byDefault(waiting, "failed", "a plugin failed", this.#number(waiting, place, undefined));
  }

  #late(waiting: Waiting): void {
    const { place } = waiting;
    if (waiting.isOver) return;
    waiting.abort();
    if (place === undefined) return this.#byDefault(waiting, "late", "nobody has answered in time", 0);
    place.late++;
    const why = `${place.name} has not answered in time`;
    this.#byDefault(waiting, "late", why, this.#number(waiting, place, undefined));
  }

  #byDefault(waiting: Waiting, cause: ChainCause, why: string, number: number): void {
    this.#settle(waiting, { verdict: { action: this.fallback, why }, cause, number, remember: 0, key: 0 });
  }

  #settle(waiting: Waiting, answer: Omit<SlowAnswer, "id">): void {
    this.#causes[answer.cause]++;
    this.#end(waiting);
    this.#answer({ id: waiting.question.id, ...answer });
  }

  #end(waiting: Waiting): void {
    this.#waiting.delete(waiting.question.id);
    waiting.end();
  }

  #number({ question }: Waiting, place: Place, rule: number | undefined): number {
    return ruleNumber(question.first + place.index, rule);
  }
}

/** A question while the links think about it. */
class Waiting {
  readonly event = new EventMessage();
  /** Whose answer is awaited. */
  place: Place | undefined;
  isOver = false;
  stopTimer: (() => void) | undefined;
  readonly #controller = new AbortController();

  constructor(readonly question: Question, readonly deadline: number) {
    const { buffer, byteOffset, byteLength } = question.message;
    // The Worker has read the same bytes, so they are well formed.
    this.event.reset(new DataView(buffer, byteOffset, byteLength), 0, byteLength);
  }

  asking(asked: Asking["asked"]): Asking {
    return { signal: this.#controller.signal, deadline: this.deadline, asked };
  }

  /** Tells the plugin that its answer would come to nothing. */
  abort(): void {
    this.#controller.abort();
  }

  end(): void {
    this.isOver = true;
    this.stopTimer?.();
  }
}

function timer(time: number, task: () => void): () => void {
  const id = setTimeout(task, Math.min(time - performance.now(), LONGEST_TIMER));
  return () => clearTimeout(id);
}
