/**
 * The questions of one asking plugin on one client: asked, taken back, and their answers kept until the client has said that
 * they came.
 */

import type { Client } from "./clients.ts";
import type { RemoteAnswer, RemoteQuestion, Reply, Turn } from "./protocol.ts";
import { randomId, SERVE_LIMITS, SERVE_VERSION } from "./protocol.ts";

/** What a session asks. */
export interface Judging {
  ask(client: Client, question: RemoteQuestion, respond: (answer: RemoteAnswer) => void): bigint;
  cancel(id: bigint): void;
}

/** What a session depends on. */
export interface SessionParts {
  readonly judge: Judging;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Runs a task after so many milliseconds, unless the returned function is called before. */
  readonly after: (milliseconds: number, task: () => void) => () => void;
  /** Resolves when what has been decided without waiting is decided. */
  readonly settled: () => Promise<void>;
  /** The policy that there is now. */
  readonly policy: () => string | undefined;
}

/** Bytes of answers in one reply, roughly: half of what a reply may have. */
const MOST_BYTES = SERVE_LIMITS.reply / 2;
/** Characters around an answer's reason; and each of those in it may be written as `\\u0000`. */
const ENVELOPE = 400;
const ESCAPED = 6;

interface Numbered {
  readonly number: number;
  readonly answer: RemoteAnswer;
}

export class Session {
  readonly incarnation = randomId();
  /** Turns that have no reply yet. */
  inFlight = 0;
  readonly #parts: SessionParts;
  /** Questions without an answer, by the client's id. */
  readonly #waiting = new Map<string, bigint>();
  /** Answers that have not been taken, in the order of their numbers. */
  #answers: Numbered[] = [];
  #last = 0;
  /** Ends the hold of the turn that is held. */
  #release: (() => void) | undefined;
  #isClosed = false;

  constructor(readonly client: Client, parts: SessionParts) {
    this.#parts = parts;
  }

  /** Questions that wait, and answers that nobody has taken. */
  get size(): number {
    return this.#waiting.size + this.#answers.length;
  }

  /** What is to be replied to a turn; `gone` is aborted where nobody waits for that. */
  async turn(turn: Turn, gone: AbortSignal): Promise<Reply> {
    const taken = turn.incarnation === this.incarnation ? turn.taken : 0;
    this.#forget(taken);
    for (const id of turn.cancelled) this.#cancel(id);
    const direct = await this.#ask(turn.questions);
    if (turn.wait > 0) await this.#hold(turn, gone);
    const later = this.#part();
    const policy = this.#parts.policy();
    return {
      version: SERVE_VERSION,
      type: "snet.reply",
      incarnation: this.incarnation,
      answers: [...direct, ...later.map(({ answer }) => answer)],
      last: later.at(-1)?.number ?? taken,
      ...(policy !== undefined && { policy }),
    };
  }

  /** There is something to tell, such as another policy. */
  wake(): void {
    this.#release?.();
  }

  /** Nobody is heard of any more. */
  close(): void {
    this.#isClosed = true;
    this.client.counts.gone += this.#waiting.size;
    this.client.waiting -= this.size;
    for (const id of this.#waiting.values()) this.#parts.judge.cancel(id);
    this.#waiting.clear();
    this.#answers = [];
    this.wake();
  }

  /** Asks, and gives what is decided without waiting; all else becomes an answer with a number. */
  async #ask(questions: readonly RemoteQuestion[]): Promise<readonly RemoteAnswer[]> {
    let direct: RemoteAnswer[] | undefined = [];
    for (const question of questions) this.#askOne(question, (answer) => direct?.push(answer) !== undefined);
    if (direct.length < questions.length) await this.#parts.settled();
    const answers = direct;
    direct = undefined;
    return answers;
  }

  /** `isTaken` gets the answer first, and says whether it is brought to the client so. */
  #askOne(question: RemoteQuestion, isTaken: (answer: RemoteAnswer) => boolean): void {
    const { client } = this;
    const { id } = question;
    const refuse = (refused: string) => void isTaken({ id, refused });
    client.counts.questions++;
    if (!client.take(this.#parts.now())) {
      client.counts.overRate++;
      return refuse(`more than ${client.config.rate} messages and questions a second`);
    }
    if (client.waiting >= client.config.waiting) {
      client.counts.full++;
      return refuse(`${client.config.waiting} questions wait, no more may`);
    }
    if (this.#waiting.has(id)) {
      client.counts.malformed++;
      return refuse("a question with this id waits already");
    }
    client.waiting++;
    let isOver = false;
    const respond = (answer: RemoteAnswer) => {
      isOver = true;
      this.#waiting.delete(id);
      if (isTaken(answer)) client.waiting--;
      else this.#keep(answer);
    };
    try {
      const number = this.#parts.judge.ask(client, question, respond);
      if (!isOver) this.#waiting.set(id, number);
    } catch (error) {
      client.counts.malformed++;
      client.waiting--;
      refuse((error as Error).message);
    }
  }

  /** The answers up to this number have come. */
  #forget(taken: number): void {
    const left = this.#answers.filter(({ number }) => number > taken);
    this.client.waiting -= this.#answers.length - left.length;
    this.#answers = left;
  }

  #keep(answer: RemoteAnswer): void {
    this.#answers.push({ number: ++this.#last, answer });
    this.wake();
  }

  #cancel(id: string): void {
    const number = this.#waiting.get(id);
    if (number === undefined) return;
    this.#waiting.delete(id);
    this.client.waiting--;
    this.client.counts.cancelled++;
    this.#parts.judge.cancel(number);
  }

  /** Waits until there is something to tell, the time is over, or another turn is held in its place. */
  async #hold({ wait, policy }: Turn, gone: AbortSignal): Promise<void> {
    this.wake();
    if (this.#answers.length > 0 || this.#isClosed || gone.aborted) return;
    if (policy !== this.#parts.policy()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stopTimer = this.#parts.after(wait, resolve);
    this.#release = resolve;
    gone.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    if (this.#release === resolve) this.#release = undefined;
    stopTimer();
  }

  /** The first answers, as many as fit into a reply. */
  #part(): readonly Numbered[] {
    let bytes = 0;
    const end = this.#answers.findIndex(({ answer }) => {
      bytes += ENVELOPE + ESCAPED * ("why" in answer ? answer.why : answer.refused).length;
      return bytes > MOST_BYTES;
    });
    return end < 0 ? [...this.#answers] : this.#answers.slice(0, Math.max(1, end));
  }
}
