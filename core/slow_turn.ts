/** A call in the slow lane, and a plugin's turn to answer for it and for all calls that are equal to it. */

import { callKey } from "../ffi/mod.ts";
import type { Trial } from "./breaker.ts";
import { eventOf } from "./event_message.ts";
import type { Asking } from "./plugin.ts";
import type { Question } from "./slow_lane.ts";
import type { SlowPlace } from "./slow_place.ts";
import type { SourceEvent } from "./source.ts";

/** A call while the links think about it. */
export class Waiting {
  readonly event: SourceEvent;
  /** Position in the lane of the link that is asked next. */
  next = 0;
  /** The question whose answer it waits for. */
  turn: Turn | undefined;
  /** Ends that wait when it has taken too long. */
  stopTimer: (() => void) | undefined;
  asked: Question["asked"];
  /** Who has not answered although it should have, first. */
  missed: { readonly place: SlowPlace; readonly cause: "late" | "failed" } | undefined;
  #noted = 0;
  #key: string | undefined;

  constructor(readonly question: Question, readonly deadline: number) {
    // The Worker has read the same bytes, so they are well formed.
    this.event = eventOf(question.message);
    this.asked = question.asked;
  }

  /** Bits of `Operand` that its answer depends on. */
  get read(): number {
    return this.question.read | this.event.read | this.#noted;
  }

  /** Notes what was read of an equal call, whose answer is for this one too. */
  note(read: number): void {
    this.#noted |= read;
  }

  /** The same for two calls of which a plugin would be told the same; made when it is asked for. */
  get key(): string {
    this.#key ??= callKey(this.question.message);
    const { asked, question: { client } } = this;
    // The text of JSON tells where it ends, so that none of the two can be taken for a part of the other.
    if (client === undefined && asked === undefined) return `?${this.#key}`;
    return JSON.stringify([client, asked?.plugin, asked?.rule, asked?.why]) + this.#key;
  }
}

/** One question to a link, as the link sees it, and the calls that wait for the answer. */
export class Turn implements Asking {
  readonly asked: Asking["asked"];
  /** Of the call that came first; also when that has gone. */
  readonly event: SourceEvent;
  isOver = false;
  /** When it was asked, a time of the lane's clock. */
  began = 0;
  readonly #waiting = new Set<Waiting>();
  #trial: Trial | undefined;
  #deadline = -Infinity;
  #controller: AbortController | undefined;
  #key: string | undefined;

  constructor(
    waiting: Waiting,
    /** Another, should another configuration have the same instance. */
    public place: SlowPlace,
    trial: Trial | undefined,
    deadline: number,
  ) {
    this.asked = waiting.asked;
    this.event = waiting.event;
    this.#trial = trial;
    this.join(waiting, deadline);
  }

  /** Those that wait for the answer, in the order in which they came. */
  get waiting(): readonly Waiting[] {
    return [...this.#waiting];
  }

  get calls(): number {
    return this.#waiting.size;
  }

  get deadline(): number {
    return this.#deadline;
  }

  /** Made when it is asked for: who answers at once needs none. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.isOver) this.#controller.abort();
    return this.#controller.signal;
  }

  /** One more waits for the answer, until `deadline`. */
  join(waiting: Waiting, deadline: number): void {
    this.#waiting.add(waiting);
    this.#deadline = Math.max(this.#deadline, deadline);
    this.place.waiting++;
    waiting.turn = this;
  }

  /** One waits no more. Where it was the last, the question is withdrawn. */
  leave(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    this.#letGo(waiting);
    if (this.#waiting.size === 0) this.withdraw();
  }

  /** From now on equal calls may join, which have this key. */
  open(key: string): void {
    this.#key = key;
    this.place.openTurns.set(key, this);
  }

  /** Nobody joins any more: who comes now asks anew. */
  shut(): void {
    const { openTurns } = this.place;
    if (this.#key !== undefined && openTurns.get(this.#key) === this) openTurns.delete(this.#key);
    this.#key = undefined;
  }

  /** Tells the breaker what has become of the question: the first that is told. */
  tell(outcome: "succeeded" | "failed" | "cancelled"): void {
    const trial = this.#trial;
    this.#trial = undefined;
    if (trial !== undefined) this.place.breaker?.[outcome](trial);
  }

  /** Goes on as another place's, which has the same instance. */
  moveTo(place: SlowPlace): void {
    this.place.waiting -= this.#waiting.size;
    place.waiting += this.#waiting.size;
    this.place = place;
  }

  /** Lets all go that wait. */
  end(): void {
    this.isOver = true;
    this.shut();
    for (const waiting of this.#waiting) this.#letGo(waiting);
    this.#waiting.clear();
  }

  /** Ends it: an answer would come to nothing, which the plugin is told. */
  withdraw(): void {
    this.tell("cancelled");
    this.end();
    this.#controller?.abort();
  }

  #letGo(waiting: Waiting): void {
    this.place.waiting--;
    waiting.turn = undefined;
    waiting.stopTimer?.();
    waiting.stopTimer = undefined;
  }
}
