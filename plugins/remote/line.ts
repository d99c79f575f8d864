/**
 * The line to the server: it brings questions there in turns, several at once, and keeps one turn there that waits for the
 * answers of those that take long. It knows whether the server is there: while it is not, nobody waits for it.
 */

import {
  randomId,
  readReply,
  type RemoteAnswer,
  type RemoteQuestion,
  type Reply,
  SERVE_LIMITS,
  SERVE_PATHS,
  SERVE_VERSION,
  type Turn,
} from "../../core/mod.ts";
import { fullJitter } from "../parts/http.ts";
import type { Sending, Wire } from "./wire.ts";
import { WireError } from "./wire.ts";

/** The server is away; the message says why. */
export class OfflineError extends Error {
  /** Name of the class. */
  override readonly name = "OfflineError";
}

/** What is used of a {@linkcode Wire}. */
export type WireLike = Pick<Wire, "name" | "send">;

export interface LineOptions {
  readonly client: string;
  /** Turns with questions that are under way at once. */
  readonly concurrency: number;
  /** Milliseconds in which the server must reply to what needs no waiting. */
  readonly attemptTimeout: number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Math.random(). */
  readonly random?: () => number;
  /** Hears of each reply which policy the server has. */
  readonly onPolicy: (policy: string | undefined) => void;
  /** Hears when the server has been reached, and when it cannot be any more. */
  readonly onOnline: () => void;
  readonly onOffline: (why: string) => void;
}

/** `connecting`: not reached yet, nor known to be away. */
export type LineState = "connecting" | "online" | "offline";

/** Bytes of the questions in one turn: more of them than one reply would make wait for each other. */
const TURN_BYTES = SERVE_LIMITS.turn / 4;
/** Milliseconds of the wait after the first failure, at most, and of the longest. */
const RETRY = { base: 500, longest: 30_000 };
/** Questions that the server is to be told are over, at most: what is more, it finds out itself. */
const MOST_CANCELLED = 10_000;

/** A question that has no answer yet. */
interface Waiting {
  id: string;
  readonly question: Omit<RemoteQuestion, "id">;
  readonly size: number;
  /** The server's, since it has the question; undefined while it does not. */
  incarnation: string | undefined;
  isSent: boolean;
  /** It was lost with a connection once. */
  isRepeated: boolean;
  readonly settle: (answer: RemoteAnswer | OfflineError) => void;
}

export class Line {
  state: LineState = "connecting";
  /** Times that the server went away; answers to nothing that was asked. */
  readonly counts = { offline: 0, strange: 0 };
  readonly #wire: WireLike;
  readonly #options: LineOptions;
  readonly #session = randomId();
  readonly #end = new AbortController();
  readonly #waiting = new Map<string, Waiting>();
  #queue: Waiting[] = [];
  #cancelled: string[] = [];
  #turns = 0;
  #why = "";
  #incarnation: string | undefined;
  #taken = 0;
  /** The policy that the server has told of, whether or not it could be used. */
  #policy: string | undefined;
  #isFlushDue = false;

  /** Begins to look for the server at once. */
  constructor(wire: WireLike, options: LineOptions) {
    this.#wire = wire;
    this.#options = options;
    void this.#keep();
  }

  /** Questions that have no answer yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** The server's answer. Throws an {@linkcode OfflineError} where it is away, or goes meanwhile, and the signal's reason. */
  ask(question: Omit<RemoteQuestion, "id">, signal: AbortSignal): Promise<RemoteAnswer> {
    signal.throwIfAborted();
    if (this.state === "offline") return Promise.reject(new OfflineError(this.#why));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        ...{ id: randomId(), question, size: JSON.stringify(question).length },
        ...{ incarnation: undefined, isSent: false, isRepeated: false },
        settle: (answer) => {
          this.#waiting.delete(waiting.id);
          signal.removeEventListener("abort", stop);
          if (answer instanceof OfflineError) reject(answer);
          else resolve(answer);
        },
      };
      const stop = () => {
        this.#waiting.delete(waiting.id);
        this.#withdraw(waiting);
        this.#flushSoon();
        reject(signal.reason);
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#waiting.set(waiting.id, waiting);
      this.#queue.push(waiting);
      this.#flushSoon();
    });
  }

  /** Gives the line up; who waits is told that the server is away. */
  close(): void {
    this.#end.abort(new OfflineError("the plugin has been closed"));
    this.#fail("the plugin has been closed");
  }

  /** Keeps a turn at the server that waits for answers, or looks for it. */
  async #keep(): Promise<void> {
    const { sleep, random = Math.random } = this.#options;
    const { signal } = this.#end;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const wait = this.state === "online" ? SERVE_LIMITS.hold : 0;
        const isNews = await this.#turn([], wait);
        failures = 0;
        this.#reached();
        // A server that does not hold turns must not be asked without end.
        if (wait > 0 && !isNews) await sleep(fullJitter(0, random), signal).catch(() => {});
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        // A connection that has been kept open may have been closed meanwhile.
        if (this.state === "online" && failures === 1 && kindOf(error) === "broken") continue;
        if (kindOf(error) === "busy") this.#reached();
        else this.#lost(error);
        await sleep(fullJitter(failures, random, RETRY), signal).catch(() => {});
      }
    }
  }

  #reached(): void {
    if (this.state === "online") return;
    this.state = "online";
    this.#options.onOnline();
  }

  #lost(error: unknown): void {
    const why = (error as Error).message;
    this.#why = why;
    if (this.state !== "offline") {
      this.state = "offline";
      this.counts.offline++;
      this.#options.onOffline(why);
    }
    this.#fail(why);
  }

  /** Lets everybody go that waits. */
  #fail(why: string): void {
    const error = new OfflineError(why);
    this.#queue = [];
    for (const waiting of [...this.#waiting.values()]) {
      this.#withdraw(waiting);
      waiting.settle(error);
    }
  }

  #withdraw(waiting: Waiting): void {
    if (waiting.isSent && this.#cancelled.length < MOST_CANCELLED) this.#cancelled.push(waiting.id);
    else if (!waiting.isSent) this.#queue = this.#queue.filter((other) => other !== waiting);
  }

  /** What is asked in one turn of the event loop goes in one turn of the line. */
  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    const { concurrency } = this.#options;
    while (this.#turns < concurrency && this.state !== "offline" && !this.#end.signal.aborted) {
      if (this.#queue.length === 0 && this.#cancelled.length === 0) return;
      void this.#bring(this.#takeBatch());
    }
  }

  #takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < Math.min(SERVE_LIMITS.questions, this.#queue.length)) {
      bytes += this.#queue[count]!.size;
      if (bytes > TURN_BYTES && count > 0) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #bring(batch: readonly Waiting[]): Promise<void> {
    this.#turns++;
    let isDone = false;
    try {
      await this.#turn(batch, 0);
      isDone = true;
    } catch (error) {
      this.#broken(batch, error);
    } finally {
      this.#turns--;
      // What is taken back and could not be told is told with the next turn, whatever that is for.
      if (isDone || this.#queue.length > 0) this.#flush();
    }
  }

  /** A turn was lost: its questions are asked once more, as others; then the server is away. */
  #broken(batch: readonly Waiting[], error: unknown): void {
    if (this.#end.signal.aborted) return;
    const left = batch.filter((waiting) => this.#waiting.has(waiting.id));
    if (kindOf(error) === "busy") {
      // It is there: what it does not take is refused.
      for (const { id, settle } of left) settle({ id, refused: (error as Error).message });
      return;
    }
    const isPassing = kindOf(error) === "broken" && this.state === "online";
    if (isPassing && left.every(({ isRepeated }) => !isRepeated)) {
      for (const waiting of left) this.#askAgain(waiting, true);
    } else this.#lost(error);
  }

  #askAgain(waiting: Waiting, isRepeated: boolean): void {
    this.#waiting.delete(waiting.id);
    this.#withdraw(waiting);
    waiting.id = randomId();
    waiting.isSent = false;
    waiting.incarnation = undefined;
    waiting.isRepeated ||= isRepeated;
    this.#waiting.set(waiting.id, waiting);
    this.#queue.push(waiting);
    this.#flushSoon();
  }

  /** One turn, and what comes of it: false where that is nothing new. */
  async #turn(batch: readonly Waiting[], wait: number): Promise<boolean> {
    const { client, attemptTimeout } = this.#options;
    const cancelled = this.#cancelled;
    this.#cancelled = [];
    for (const waiting of batch) waiting.isSent = true;
    const known = this.#policy;
    const turn: Turn = {
      ...{ version: SERVE_VERSION, type: "snet.turn", client, session: this.#session },
      questions: batch.map(({ id, question }) => ({ id, ...question })),
      ...(this.#incarnation !== undefined && { incarnation: this.#incarnation }),
      ...{ cancelled, taken: this.#taken, wait },
      ...(known !== undefined && { policy: known }),
    };
    const sending: Sending<Reply> = {
      ...{ path: SERVE_PATHS.turn, message: turn, signal: this.#end.signal, read: readReply },
      ...{ timeout: wait + attemptTimeout, most: SERVE_LIMITS.reply },
    };
    let reply: Reply;
    try {
      reply = await this.#wire.send(sending);
    } catch (error) {
      this.#cancelled = [...cancelled, ...this.#cancelled].slice(0, MOST_CANCELLED);
      throw error;
    }
    return this.#take(reply, batch);
  }

  #take(reply: Reply, batch: readonly Waiting[]): boolean {
    const { incarnation, last, answers, policy } = reply;
    const isNews = answers.length > 0 || incarnation !== this.#incarnation || policy !== this.#policy;
    for (const waiting of batch) waiting.incarnation = incarnation;
    if (incarnation !== this.#incarnation) {
      this.#incarnation = incarnation;
      this.#taken = 0;
      // The server that had these questions has forgotten them.
      for (const waiting of [...this.#waiting.values()]) {
        const isForgotten = waiting.incarnation !== undefined && waiting.incarnation !== incarnation;
        if (isForgotten) this.#askAgain(waiting, false);
      }
    }
    this.#taken = Math.max(this.#taken, last);
    for (const answer of answers) {
      const waiting = this.#waiting.get(answer.id);
      // One that was taken back meanwhile, or has come by another turn already.
      if (waiting === undefined) this.counts.strange++;
      else waiting.settle(answer);
    }
    this.#policy = policy;
    this.#options.onPolicy(policy);
    return isNews;
  }
}

function kindOf(error: unknown): WireError["kind"] {
  return error instanceof WireError ? error.kind : "other";
}
