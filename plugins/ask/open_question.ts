/** A question that waits: equal calls of a program, each with whoever waits for its answer. */

import {
  type Answerer,
  type Asked,
  type Asker,
  type Asking,
  type DeskQuestion,
  eventJson,
  printable,
  printableWord,
  type Question,
  type SnetEvent,
  type Verdict,
} from "../../core/mod.ts";

/** A process whose call waits; equal calls of one process are one here. */
export interface Call {
  /** The event whose reading is noted, for tickets. */
  readonly event: SnetEvent;
  /** A copy that may be read at will. */
  readonly copy: SnetEvent;
  readonly asking: Asking;
  readonly asker: Asker;
  answer(verdict: Verdict | undefined): void;
}

/** What whoever looks may do. */
export type Offer = Pick<DeskQuestion, "scopes" | "lasts" | "mayAnswer" | "whyNot">;

/** What stays as it is while a question waits. */
export interface QuestionParts {
  readonly id: string;
  /** The same for equal calls. */
  readonly key: string;
  /** Wall clock of the first call, milliseconds. */
  readonly since: number;
  readonly question: Question;
  readonly uid: number;
  readonly netns: number;
  /** The machine, where it is another. */
  readonly client: string | undefined;
  /** True where a rule can name the program: its path names that very file here. */
  readonly isVerified: boolean;
  /** From whom the process of the first call comes. */
  readonly parents: readonly string[];
}

/** Process ids that are told of one question. */
const SHOWN_PROCESSES = 32;
/** Milliseconds from which on the end of the time is nothing to tell: a week. */
const FAR = 7 * 86_400_000;

export class OpenQuestion implements Asked {
  readonly id: string;
  readonly key: string;
  readonly question: Question;
  readonly uid: number;
  readonly netns: number;
  readonly client: string | undefined;
  readonly isVerified: boolean;
  readonly #parts: QuestionParts;
  readonly #calls = new Set<Call>();
  #revision = 0;
  /** Who is answering, while a rule is being written. */
  answering: Answerer | undefined;

  constructor(parts: QuestionParts) {
    this.#parts = parts;
    ({
      id: this.id,
      key: this.key,
      question: this.question,
      uid: this.uid,
      netns: this.netns,
      client: this.client,
      isVerified: this.isVerified,
    } = parts);
  }

  get name(): string {
    return this.question.name;
  }

  get calls(): ReadonlySet<Call> {
    return this.#calls;
  }

  get askers(): readonly Asker[] {
    return [...new Map([...this.#calls].map(({ asker }) => [asker.pid, asker])).values()];
  }

  get revision(): number {
    return this.#revision;
  }

  /** Calls that wait for the answer: of several that are equal, the lane asks about one. */
  get waiting(): number {
    return [...this.#calls].reduce((sum, { asking }) => sum + asking.calls, 0);
  }

  /** True if another process joins with it. */
  add(call: Call): boolean {
    const isKnown = this.askers.some(({ pid }) => pid === call.asker.pid);
    const isFirst = this.#calls.size === 0;
    this.#calls.add(call);
    if (isKnown || isFirst) return false;
    this.#revision++;
    return true;
  }

  remove(call: Call): void {
    this.#calls.delete(call);
  }

  /** `clock` and `now`: the wall clock, and that of the deadlines. */
  json(offer: Offer, user: string, clock: number, now: number): DeskQuestion {
    const { question: { facts, wish } } = this;
    const { since, parents } = this.#parts;
    const [first] = this.#calls;
    const { copy, asking: { asked } } = first!;
    const left = Math.min(...[...this.#calls].map(({ asking }) => asking.deadline)) - now;
    const machine = this.client === undefined ? [] : [{ label: "machine", text: this.client }];
    const line = parents.length === 0 ? [] : [{ label: "run by", text: parents.join(" ← ") }];
    return {
      id: this.id,
      revision: this.#revision,
      since: new Date(since).toISOString(),
      calls: this.waiting,
      processes: this.askers.slice(0, SHOWN_PROCESSES).map(({ pid }) => pid),
      ...(left < FAR && { until: new Date(clock + Math.max(left, 0)).toISOString() }),
      event: eventJson(copy),
      program: printableWord(copy.task.exe ?? copy.task.comm),
      user,
      ...(asked !== undefined && {
        asked: {
          plugin: printable(asked.plugin),
          ...(asked.rule !== undefined && { rule: asked.rule }),
          why: printable(asked.why),
        },
      }),
      wish,
      facts: [...machine, ...facts.map(({ label, text }) => ({ label, text })), ...line],
      ...offer,
    };
  }
}
