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
  /** Its own deadline; `asking` has that of the last of the calls that are equal to it. */
  readonly deadline: number;
  readonly asker: Asker;
  answer(verdict: Verdict | undefined): void;
}

/** What whoever looks may do. */
export type Offer = Pick<DeskQuestion, "scopes" | "lasts" | "savedIn" | "mayAnswer" | "whyNot">;

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

/** Processes of one question: each of them is looked at when somebody answers. More make another question. */
const MOST_PROCESSES = 64;
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
  /** The processes whose calls they are, by their pid. */
  readonly #askers = new Map<number, { readonly asker: Asker; readonly calls: number }>();
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
    return [...this.#askers.values()].map(({ asker }) => asker);
  }

  /** True where a call of that process can join. */
  hasRoomFor(pid: number): boolean {
    return this.#askers.size < MOST_PROCESSES || this.#askers.has(pid);
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
    const { asker } = call;
    const known = this.#askers.get(asker.pid);
    this.#calls.add(call);
    this.#askers.set(asker.pid, { asker, calls: (known?.calls ?? 0) + 1 });
    if (known !== undefined || this.#calls.size === 1) return false;
    this.#revision++;
    return true;
  }

  remove(call: Call): void {
    if (!this.#calls.delete(call)) return;
    const { pid } = call.asker;
    const known = this.#askers.get(pid)!;
    if (known.calls === 1) this.#askers.delete(pid);
    else this.#askers.set(pid, { ...known, calls: known.calls - 1 });
  }

  /** `clock` and `now`: the wall clock, and that of the deadlines. */
  json(offer: Offer, user: string, clock: number, now: number): DeskQuestion {
    const { question: { facts, wish } } = this;
    const { since, parents } = this.#parts;
    const [first] = this.#calls;
    const { copy, asking: { asked } } = first!;
    const deadlines = [...this.#calls].map(({ asking, deadline }) =>
      deadline > now ? deadline : asking.deadline
    );
    const left = deadlines.reduce((first, deadline) => Math.min(first, deadline)) - now;
    const machine = this.client === undefined ? [] : [{ label: "machine", text: this.client }];
    // Of some the event itself tells it.
    const line = parents.length === 0 || copy.task.parents !== undefined
      ? []
      : [{ label: "run by", text: parents.join(" ← ") }];
    return {
      id: this.id,
      revision: this.#revision,
      since: new Date(since).toISOString(),
      calls: this.waiting,
      processes: this.askers.map(({ pid }) => pid),
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
