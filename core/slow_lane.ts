/**
 * The slow lane: the links of the chain from the first that may wait, on the main thread. Each call that reaches it waits on
 * its own; the links are asked in their order and the first opinion wins. Each link has a time of its own; what becomes of
 * a call whose link is late or fails, the link's policy says, and whatever else goes wrong ends in the default.
 * A call that comes to a link while an equal one waits there joins it: one question, one answer, an end for each.
 * The reactor's Worker keeps the calls meanwhile and sends the answers (loop.ts).
 */

import { Operand } from "../ffi/mod.ts";
import { noCauses, ruleNumber, ticketTime } from "./chain.ts";
import type { ChainCause, ChainCounts } from "./chain.ts";
import type { Link } from "./link.ts";
import { NoRoom } from "./no_room.ts";
import type { Asking, Instead } from "./plugin.ts";
import { SlowPlace } from "./slow_place.ts";
import { Turn, Waiting } from "./slow_turn.ts";
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
  /** Which machine asks, where snet decides for others: calls of two machines are never equal. */
  readonly client?: string;
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

/** What becomes of each call that waited for an answer: true if the next link is to be asked about it. */
type Conclusion = (waiting: Waiting) => boolean;

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
    const { turn } = waiting;
    if (turn === undefined) return;
    turn.place.cancelled++;
    turn.leave(waiting);
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
    const heirs = new Map(former.map((place) => {
      return [place, places.find(({ instance }) => instance === place.instance)] as const;
    }));
    // Whoever has been asked by so many goes on behind the last of them that stays.
    const nexts = [0];
    for (const heir of heirs.values()) {
      nexts.push(heir === undefined ? nexts.at(-1)! : places.indexOf(heir) + 1);
    }
    this.#places = places;
    this.#fallback = fallback;
    for (const { turn } of this.#waiting.values()) {
      // One that others wait for too has moved already, or is over.
      if (turn === undefined || places.includes(turn.place)) continue;
      const heir = heirs.get(turn.place);
      if (heir !== undefined) turn.moveTo(heir);
      else turn.withdraw();
    }
    const moved: Waiting[] = [];
    for (const waiting of this.#waiting.values()) {
      waiting.next = nexts[waiting.next]!;
      if (waiting.turn === undefined) moved.push(waiting);
    }
    for (const waiting of moved) this.#proceed(waiting);
  }

  /** Ends all questions, and takes no more. */
  close(): void {
    this.#isClosed = true;
    this.cancelAll();
  }

  get counts(): ChainCounts {
    return {
      causes: { ...this.#causes },
      unremembered: this.#unremembered,
      plugins: this.#places.map((place) => place.counts),
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
    const deadline = Math.min(waiting.deadline, now + (policy?.timeout ?? Infinity));
    const equal = place.turnFor(waiting);
    if (equal !== undefined) return this.#share(equal, waiting, deadline);
    const trial = breaker?.enter();
    if (breaker !== undefined && trial === undefined) return this.#missed(waiting, place, "failed");
    const turn = new Turn(waiting, place, trial, deadline);
    turn.began = now;
    place.calls++;
    let answer: ReturnType<NonNullable<typeof place.instance.decide>>;
    try {
      answer = place.instance.decide!(waiting.event, turn);
    } catch (error) {
      return turn.isOver ? false : this.#failed(turn, error)(waiting);
    }
    // A plugin may be the end of its own question.
    if (turn.isOver) return false;
    if (!(answer instanceof Promise) || place.isFast) return this.#answered(turn, answer)(waiting);
    turn.open(waiting.key);
    this.#limit(waiting, deadline);
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

  /** The call waits for the answer to an equal one. */
  #share(turn: Turn, waiting: Waiting, deadline: number): false {
    turn.place.shared++;
    turn.join(waiting, deadline);
    this.#limit(waiting, deadline);
    return false;
  }

  #limit(waiting: Waiting, deadline: number): void {
    waiting.stopTimer = this.#at(deadline, () => {
      if (waiting.turn !== undefined && this.#late(waiting, waiting.turn)) this.#proceed(waiting);
    });
  }

  /** What was waited for has come. If nobody waits any more, that comes to nothing. */
  #goOn(turn: Turn, conclude: () => Conclusion): void {
    if (turn.isOver) return;
    const calls = turn.waiting;
    const become = conclude();
    for (const waiting of calls) {
      // What one of them went on to may be the end of another.
      if (this.#waiting.get(waiting.question.id) === waiting && become(waiting)) this.#proceed(waiting);
    }
  }

  #answered(turn: Turn, answer: unknown): Conclusion {
    const { place, event } = turn;
    let verdict: Verdict | undefined;
    try {
      verdict = answer === undefined ? undefined : place.answered(answer);
    } catch (error) {
      // An async function in the fast lane; that it fails besides must not end the process.
      if (answer instanceof Promise) answer.catch(() => {});
      return this.#failed(turn, error);
    }
    turn.tell("succeeded");
    turn.end();
    place.times.add((this.#now() - turn.began) * 1000);
    const { read } = event;
    return (waiting) => {
      waiting.note(read);
      if (verdict === undefined) return true;
      if (verdict.action !== "ask") return this.#decided(waiting, place, verdict);
      const { rule, why } = verdict;
      waiting.asked ??= { plugin: place.name, rule, why, number: ruleNumber(place.index, rule) };
      return true;
    };
  }

  #decided(waiting: Waiting, place: SlowPlace, verdict: Verdict): boolean {
    const { action, why, errno, scope, rule } = verdict;
    // That somebody before this one was not heard is nothing that a ticket could hold.
    const missed = waiting.missed === undefined ? 0 : Operand.Volatile;
    const read = waiting.read | missed;
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

  #failed(turn: Turn, error: unknown): Conclusion {
    const { place } = turn;
    const isFull = error instanceof NoRoom;
    turn.tell(isFull ? "cancelled" : "failed");
    turn.end();
    const message = place.threw(error);
    if (!isFull) this.#options.onFailure?.(place.name, message, place.policy?.whenFailed ?? "default");
    return (waiting) => this.#missed(waiting, place, "failed");
  }

  /** The time of one is over; others may wait longer for the same answer, but nobody joins them any more. */
  #late(waiting: Waiting, turn: Turn): boolean {
    const { place } = turn;
    place.late++;
    turn.shut();
    // That nobody was there to answer does not mean that nobody will be.
    if (!place.asks) turn.tell("failed");
    turn.leave(waiting);
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
}

function timer(time: number, task: () => void): () => void {
  const id = setTimeout(task, Math.min(time - performance.now(), LONGEST_TIMER));
  return () => clearTimeout(id);
}
