/**
 * The slow lane: the links of the chain from the first that may wait, on the main thread. Each call that reaches it waits on
 * its own; the links are asked in their order and the first opinion wins. Each link has a time of its own; what becomes of
 * a call whose link is late or fails, the link's policy says, and whatever else goes wrong ends in the default.
 * The reactor's Worker keeps the calls meanwhile and sends the answers (loop.ts).
 */

import { EventMessage, Operand } from "../ffi/mod.ts";
import type { Trial } from "./breaker.ts";
import { noCauses, ruleNumber, ticketTime } from "./chain.ts";
import type { ChainCause, ChainCounts } from "./chain.ts";
import type { Link } from "./link.ts";
import type { Asking, Instead } from "./plugin.ts";
import { SlowPlace } from "./slow_place.ts";
import type { Verdict } from "./verdict.ts";

/** A call that the fast lane left open; can be handed to another thread. */
export interface Question {
  /** Verdict id of its event. */
  readonly id: bigint;
  /** The event's bytes, its own. */
  readonly message: Uint8Array<ArrayBuffer>;
  /** Bits of `Operand` that the fast lane has read. */
  readonly read: number;
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
  /** Hears each time that a plugin throws, with who answers instead. */
  readonly onFailure?: (plugin: string, message: string, instead: Instead | "default") => void;
  /** Hears when a plugin has failed so often that it is not asked for `pause` milliseconds, and when it answers again. */
  readonly onBreaker?: (plugin: string, state: "open" | "closed", pause: number) => void;
  /** Runs a task at a time of `now`, unless the returned function is called before. */
  readonly at?: (time: number, task: () => void) => () => void;
  /** Milliseconds of a clock that never goes back; performance.now() if absent. */
  readonly now?: () => number;
}

/** A timer that is set for longer than this runs at once. */
const LONGEST_TIMER = 0x7fff_ffff;

export class SlowLane {
  readonly #options: SlowLaneOptions;
  readonly #now: () => number;
  readonly #at: NonNullable<SlowLaneOptions["at"]>;
  #fallback: "allow" | "deny";
  #places: readonly SlowPlace[] = [];
  /** Whatever waits, by its id; the source bounds how many do. */
  readonly #waiting = new Map<bigint, Waiting>();
  readonly #causes = noCauses();
  #unremembered = 0;
  #isClosed = false;

  constructor(links: readonly Link[], options: SlowLaneOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#at = options.at ?? timer;
    this.#fallback = options.fallback;
    this.#places = this.#placed(links);
  }

  /** Questions that have no answer yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Asks the links; at `deadline`, a time of the lane's clock, whoever may wait is out of time. */
  ask(question: Question, deadline: number): void {
    // The Worker has not heard yet that it is over; its source's end is the call's.
    if (this.#isClosed) return;
    const waiting = new Waiting(question, deadline);
    this.#waiting.set(question.id, waiting);
    this.#proceed(waiting);
  }

  /** The call has ended: nobody is answered any more. */
  cancel(id: bigint): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (waiting.turn === undefined) return;
    waiting.turn.place.cancelled++;
    this.#withdraw(waiting.turn);
  }

  /** All calls have ended. */
  cancelAll(): void {
    for (const id of [...this.#waiting.keys()]) this.cancel(id);
  }

  /**
   * Other links take the place of these, at once. Instances that are among them again go on with all they have been asked;
   * what the others were asked goes on to what stands in their place now, or behind it. Whoever has made them closes them.
   */
  load(links: readonly Link[], fallback: "allow" | "deny"): void {
    const former = this.#places;
    const places = this.#placed(links);
    const heirOf = (place: SlowPlace) => places.find(({ instance }) => instance === place.instance);
    this.#places = places;
    this.#fallback = fallback;
    const moved = [...this.#waiting.values()].filter((waiting) => {
      const last = former.slice(0, waiting.next).findLast((place) => heirOf(place) !== undefined);
      waiting.next = last === undefined ? 0 : places.indexOf(heirOf(last)!) + 1;
      const { turn } = waiting;
      const heir = turn && heirOf(turn.place);
      if (turn !== undefined && heir === undefined) this.#withdraw(turn);
      else if (heir !== undefined) turn!.place = heir;
      return heir === undefined;
    });
    for (const waiting of moved) this.#proceed(waiting);
  }

  /** Ends all questions, and takes no more. */
  close(): void {
    this.#isClosed = true;
    this.cancelAll();
  }

  get counts(): ChainCounts {
    const waiting = new Map<SlowPlace, number>();
    for (const { turn } of this.#waiting.values()) {
      if (turn !== undefined) waiting.set(turn.place, (waiting.get(turn.place) ?? 0) + 1);
    }
    return {
      causes: { ...this.#causes },
      unremembered: this.#unremembered,
      plugins: this.#places.map((place) => place.countsWith(waiting.get(place) ?? 0)),
    };
  }

  #placed(links: readonly Link[]): readonly SlowPlace[] {
    return links.map((link, index) => {
      const former = this.#places.find(({ instance }) => instance === link.instance);
      return new SlowPlace(link, index, this.#now, this.#options.onBreaker, former);
    });
  }

  /** Asks one after the other until one decides or is to be waited for. */
  #proceed(waiting: Waiting): void {
    while (this.#askNext(waiting));
  }

  /** Asks the next link; true if the one behind it is to be asked, at once. */
  #askNext(waiting: Waiting): boolean {
    const place = this.#nextPlace(waiting);
    if (place === undefined) return this.#finish(waiting);
    const { policy, breaker } = place;
    const now = this.#now();
    if (policy !== undefined && now >= waiting.deadline) return this.#missed(waiting, place, "late");
    const trial = breaker?.enter();
    if (breaker !== undefined && trial === undefined) return this.#missed(waiting, place, "failed");
    const deadline = Math.min(waiting.deadline, now + (policy?.timeout ?? Infinity));
    const turn = new Turn(waiting, place, trial, deadline);
    waiting.turn = turn;
    let answer: ReturnType<NonNullable<typeof place.instance.decide>>;
    try {
      answer = place.instance.decide!(waiting.event, turn);
    } catch (error) {
      return turn.isOver ? false : this.#failed(turn, error);
    }
    // A plugin may be the end of its own question.
    if (turn.isOver) return false;
    if (!(answer instanceof Promise) || place.isFast) return this.#answered(turn, answer);
    turn.stopTimer = this.#at(deadline, () => this.#goOn(turn, () => this.#late(turn)));
    answer.then(
      (answer) => this.#goOn(turn, () => this.#answered(turn, answer)),
      (error) => this.#goOn(turn, () => this.#failed(turn, error)),
    );
    return false;
  }

  /** The next that is woken for the event; `next` is behind it then. */
  #nextPlace(waiting: Waiting): SlowPlace | undefined {
    const { event: { name }, asked } = waiting;
    while (waiting.next < this.#places.length) {
      const place = this.#places[waiting.next++]!;
      if (place.decides(name) && place.takes(asked !== undefined)) return place;
    }
  }

  /** Something has become of a turn that was waited for; where it is over, that comes to nothing. */
  #goOn(turn: Turn, become: () => boolean): void {
    if (!turn.isOver && become()) this.#proceed(turn.waiting);
  }

  #answered(turn: Turn, answer: unknown): boolean {
    const { waiting, place, trial } = turn;
    let verdict: Verdict | undefined;
    try {
      verdict = answer === undefined ? undefined : place.answered(answer);
    } catch (error) {
      // An async function in the fast lane; that it fails besides must not end the process.
      if (answer instanceof Promise) answer.catch(() => {});
      return this.#failed(turn, error);
    }
    turn.end();
    if (trial !== undefined) place.breaker?.succeeded(trial);
    if (verdict === undefined) return true;
    if (verdict.action !== "ask") return this.#decided(waiting, place, verdict);
    const { rule, why } = verdict;
    waiting.asked ??= { plugin: place.name, rule, why, number: ruleNumber(place.index, rule) };
    return true;
  }

  #decided(waiting: Waiting, place: SlowPlace, verdict: Verdict): boolean {
    const { action, why, errno, scope, rule } = verdict;
    // That somebody before this one was not heard is nothing that a ticket could hold.
    const missed = waiting.missed === undefined ? 0 : Operand.Volatile;
    const read = waiting.question.read | waiting.event.read | missed;
    const remember = ticketTime(verdict, read);
    if (verdict.remember !== undefined && verdict.remember > 0 && remember === 0) this.#unremembered++;
    return this.#settle(waiting, {
      // Only what counts: a plugin's object may hold what no message port takes.
      verdict: { action, why, ...(errno !== undefined && { errno }), ...(scope !== undefined && { scope }) },
      cause: "verdict",
      number: ruleNumber(place.index, rule),
      remember,
      key: read,
    });
  }

  #failed(turn: Turn, error: unknown): boolean {
    const { waiting, place, trial } = turn;
    turn.end();
    if (trial !== undefined) place.breaker?.failed(trial);
    this.#options.onFailure?.(place.name, place.threw(error), place.policy?.whenFailed ?? "default");
    return this.#missed(waiting, place, "failed");
  }

  #late(turn: Turn): boolean {
    const { waiting, place, trial } = turn;
    turn.abort();
    place.late++;
    // That nobody was there to answer does not mean that nobody will be.
    if (trial !== undefined && place.asks) place.breaker?.cancelled(trial);
    else if (trial !== undefined) place.breaker?.failed(trial);
    return this.#missed(waiting, place, "late");
  }

  /** A link has not answered: its policy does, or lets the next one be asked (true), or the default answers. */
  #missed(waiting: Waiting, place: SlowPlace, cause: "late" | "failed"): boolean {
    const instead = cause === "late" ? place.policy?.whenLate : place.policy?.whenFailed;
    waiting.missed ??= { place, cause };
    if (instead === "pass") return true;
    if (instead === undefined) return this.#finish(waiting);
    return this.#instead(waiting, instead, place, cause);
  }

  /** Nobody is left to be asked: the default answers, and is counted by what went wrong first. */
  #finish(waiting: Waiting): boolean {
    const { missed, asked } = waiting;
    if (missed !== undefined) return this.#instead(waiting, this.#fallback, missed.place, missed.cause);
    const [cause, why] = asked === undefined
      ? ["default", "no plugin decided"] as const
      : ["ask", "nobody to ask"] as const;
    const verdict: Verdict = { action: this.#fallback, why };
    return this.#settle(waiting, { verdict, cause, number: asked?.number ?? 0, remember: 0, key: 0 });
  }

  #instead(
    waiting: Waiting,
    action: "allow" | "deny",
    { name, index }: SlowPlace,
    cause: "late" | "failed",
  ): boolean {
    const why = cause === "late" ? `${name} has not answered in time` : `plugin ${name} failed`;
    const number = ruleNumber(index, undefined);
    return this.#settle(waiting, { verdict: { action, why }, cause, number, remember: 0, key: 0 });
  }

  /** False: nobody else is to be asked. */
  #settle({ question: { id } }: Waiting, answer: Omit<SlowAnswer, "id">): false {
    this.#waiting.delete(id);
    this.#causes[answer.cause]++;
    this.#options.answer({ id, ...answer });
    return false;
  }

  /** The answer of a turn would come to nothing. */
  #withdraw(turn: Turn): void {
    if (turn.trial !== undefined) turn.place.breaker?.cancelled(turn.trial);
    turn.abort();
  }
}

/** A question while the links think about it. */
class Waiting {
  readonly event = new EventMessage();
  /** Position in the lane of the link that is asked next. */
  next = 0;
  /** Whose answer was asked for last. */
  turn: Turn | undefined;
  asked: Question["asked"];
  /** Who has not answered although it should have, first. */
  missed: { readonly place: SlowPlace; readonly cause: "late" | "failed" } | undefined;

  constructor(readonly question: Question, readonly deadline: number) {
    const { buffer, byteOffset, byteLength } = question.message;
    // The Worker has read the same bytes, so they are well formed.
    this.event.reset(new DataView(buffer, byteOffset, byteLength), 0, byteLength);
    this.asked = question.asked;
  }
}

/** One link's turn to answer a question, as the link sees it. */
class Turn implements Asking {
  readonly asked: Asking["asked"];
  isOver = false;
  stopTimer: (() => void) | undefined;
  #controller: AbortController | undefined;

  constructor(
    readonly waiting: Waiting,
    /** Another, should another configuration have the same instance. */
    public place: SlowPlace,
    readonly trial: Trial | undefined,
    readonly deadline: number,
  ) {
    this.asked = waiting.asked;
  }

  /** Made when it is asked for: who answers at once needs none. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.isOver) this.#controller.abort();
    return this.#controller.signal;
  }

  end(): void {
    this.isOver = true;
    this.waiting.turn = undefined;
    this.stopTimer?.();
  }

  /** Ends it, and tells the plugin that its answer would come to nothing. */
  abort(): void {
    this.end();
    this.#controller?.abort();
  }
}

function timer(time: number, task: () => void): () => void {
  const id = setTimeout(task, Math.min(time - performance.now(), LONGEST_TIMER));
  return () => clearTimeout(id);
}
