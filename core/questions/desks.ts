/** The desks of all plugins that ask people, as one: what the control API serves. */

import type { Answered, AnswerJson, QuestionChange, QuestionJson, QuestionList } from "../control/api.ts";
import type { Peer } from "../control/peer.ts";
import type { Link } from "../link.ts";
import { AnswerError, type DeskChange, type DeskQuestion, type QuestionDesk } from "./desk.ts";
import { type Answerer, lookAt, type World } from "./may_answer.ts";
import { slowly } from "./processes.ts";

/** A desk in its place in the chain. */
export interface PlacedDesk {
  readonly desk: QuestionDesk;
  /** How a question is decided when its time is over; `isAsked` where a rule wanted it to be asked. */
  readonly instead: (isAsked: boolean) => QuestionJson["instead"];
}

/** The desks of a configuration's plugins, where `fallback` decides what they all leave open. */
export function desksOf(links: readonly Link[], fallback: QuestionJson["instead"]): readonly PlacedDesk[] {
  return links.flatMap(({ instance: { questions: desk }, policy }, index) => {
    if (desk === undefined) return [];
    const instead = (isAsked: boolean) => {
      const { whenLate = fallback } = policy ?? {};
      if (whenLate !== "pass") return whenLate;
      const isAnybodyLeft = links.slice(index + 1).some(({ instance, asks }) =>
        instance.decide !== undefined && (asks === true || !isAsked)
      );
      return isAnybodyLeft ? "pass" : fallback;
    };
    return [{ desk, instead }];
  });
}

/** Whoever follows what happens costs a look at /proc for each change. Root and the daemon's user need no room. */
const MOST_READERS = 64;
/** Milliseconds for which a reader's own standing is not looked at again; when it answers, it is. */
const LOOK = 1000;
/** Milliseconds in which changes of one question are told once: a crowd may join it. */
const TOGETHER = 100;

interface Reader {
  readonly look: () => Answerer;
  readonly observer: (change: QuestionChange) => void;
}

export class Desks {
  readonly #world: World;
  /** The same, for who only looks. */
  readonly #shown: World;
  readonly #now: () => number;
  readonly #later: (milliseconds: number, act: () => void) => void;
  /** Ids of questions that have changed and are not told yet. */
  readonly #changed = new Set<string>();
  #placed: readonly PlacedDesk[] = [];
  #stop: readonly (() => void)[] = [];
  readonly #readers = new Set<Reader>();

  /** `now`: milliseconds of any clock; `later` does something when so many are over. */
  constructor(
    world: World,
    now: () => number = () => performance.now(),
    later: (milliseconds: number, act: () => void) => void = (time, act) =>
      Deno.unrefTimer(setTimeout(act, time)),
  ) {
    this.#world = world;
    this.#shown = { ...world, processes: slowly(world.processes, now) };
    this.#now = now;
    this.#later = later;
  }

  /** Other desks take the place of the former. */
  load(placed: readonly PlacedDesk[]): void {
    for (const stop of this.#stop) stop();
    this.#placed = placed;
    // Without a reader nobody is told.
    this.#stop = placed.map((place) => place.desk.observe((change) => this.#hear(place, change)));
    this.#forEach(({ look, observer }) => observer({ kind: "waiting", ...this.#list(look()) }));
  }

  /** All that wait, the oldest first, as they are for `peer`. */
  list(peer: Peer): QuestionList {
    return this.#list(lookAt(peer, this.#shown));
  }

  /** Takes an answer. Rejects with an {@linkcode AnswerError}. */
  async answer(peer: Peer, id: string, answer: AnswerJson): Promise<Answered> {
    const place = this.#placed.find(({ desk }) => desk.knows(id));
    if (place === undefined) {
      throw new AnswerError(404, `There is no question ${JSON.stringify(id.slice(0, 40))}`);
    }
    return await place.desk.answer(id, answer, lookAt(peer, this.#world));
  }

  /**
   * Tells `observer` what waits for people and what becomes of it, until the returned function is called. Throws an
   * {@linkcode AnswerError} where too many are told already.
   */
  observe(peer: Peer, observer: (change: QuestionChange) => void): () => void {
    const { uid } = peer;
    if (this.#readers.size >= MOST_READERS && uid !== 0 && uid !== this.#world.ownUid) {
      throw new AnswerError(503, `${MOST_READERS} readers follow the questions already; close one`);
    }
    let seen: Answerer | undefined;
    let at = -Infinity;
    const look = () => {
      const now = this.#now();
      if (seen === undefined || now - at >= LOOK) [seen, at] = [lookAt(peer, this.#shown), now];
      return seen;
    };
    const reader = { look, observer };
    observer({ kind: "waiting", ...this.#list(look()) });
    this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  }

  #list(viewer: Answerer): QuestionList {
    const questions = this.#placed.flatMap((place) =>
      place.desk.list(viewer).map((question) => withInstead(place, question))
    );
    return { questions: questions.toSorted((a, b) => a.since < b.since ? -1 : a.since > b.since ? 1 : 0) };
  }

  #hear(place: PlacedDesk, change: DeskChange): void {
    if (change.kind !== "changed" || this.#readers.size === 0) return this.#tell(place, change);
    if (this.#changed.has(change.id)) return;
    this.#changed.add(change.id);
    this.#later(TOGETHER, () => {
      this.#changed.delete(change.id);
      this.#tell(place, change);
    });
  }

  #tell(place: PlacedDesk, change: DeskChange): void {
    this.#forEach(({ look, observer }) => {
      if (change.kind === "closed") return observer(change);
      const question = place.desk.show(change.id, look());
      if (question !== undefined) observer({ kind: change.kind, question: withInstead(place, question) });
    });
  }

  /** A reader that fails is told no more: whoever asks, or answers, is none of its business. */
  #forEach(tell: (reader: Reader) => void): void {
    for (const reader of [...this.#readers]) {
      try {
        tell(reader);
      } catch {
        this.#readers.delete(reader);
      }
    }
  }
}

function withInstead({ instead }: PlacedDesk, question: DeskQuestion): QuestionJson {
  return { ...question, instead: instead(question.asked !== undefined) };
}
