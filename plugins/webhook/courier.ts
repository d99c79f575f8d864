/**
 * Brings notifications to the server in batches, in their order, each until the server has taken it: at least once, so that
 * a server that answered and was not heard gets some again (each has an id).
 */

import { fullJitter } from "../parts/http.ts";
import { PostError } from "./poster.ts";
import type { PosterLike } from "./asker.ts";
import type { Queue } from "./queue.ts";

export interface CourierOptions {
  /** Most events, and most bytes, of a batch. */
  readonly batch: number;
  readonly batchBytes: number;
  /** Milliseconds that the first event of a batch waits for others. */
  readonly delay: number;
  /** Milliseconds after which an attempt is given up. */
  readonly attemptTimeout: number;
  readonly host: string;
  /** Wall clock, milliseconds since 1970. */
  readonly clock: () => number;
  /** Says one line to the operator. */
  readonly log: (level: "info" | "warning" | "error", message: string) => void;
  readonly random?: () => number;
  readonly uuid?: () => string;
  /** Runs a task after so many milliseconds, unless the returned function is called before. */
  readonly after?: (milliseconds: number, task: () => void) => () => void;
}

/** Statuses that say that this batch is wrong: no repetition makes it right. */
const HOPELESS: ReadonlySet<number> = new Set([400, 413, 415, 422]);
/** Milliseconds between attempts: below BASE first, below twice the former each time after. */
const BASE = 500;
const LONGEST = 60_000;

/** Milliseconds after which a queue that did not open is asked for again, and how often that is no matter. */
const OPEN_AGAIN = 250;
const TELL_REFUSAL = 20;
/** Lines that wait for their queue at most; the oldest are dropped. */
const MOST_FRESH = 10_000;

export class Courier {
  readonly counts = { sent: 0, batches: 0, retried: 0, refused: 0 };
  readonly #open: () => Queue;
  readonly #poster: PosterLike;
  readonly #options: Required<CourierOptions>;
  #queue: Queue | undefined;
  #stopOpening: (() => void) | undefined;
  #refusals = 0;
  /** Lines that the queue has not got yet. */
  #fresh: string[] = [];
  #overflow = 0;
  /** Lines that were appended since the last batch was taken. */
  #since = 0;
  #attempt = 0;
  #isSending = false;
  #isClosed = false;
  /** True while the queue gives nothing, which was logged. */
  #isBroken = false;
  #isFlushDue = false;
  #stopTimer: (() => void) | undefined;
  /** True while the timer waits for a batch to fill, not for the server to come back. */
  #isGathering = false;
  readonly #closing = new AbortController();

  /** `open` gives the queue; where it throws, as while a former configuration still has it, it is asked again. */
  constructor(open: () => Queue, poster: PosterLike, options: CourierOptions) {
    this.#open = open;
    this.#poster = poster;
    this.#options = { random: Math.random, uuid: () => crypto.randomUUID(), after: timer, ...options };
    this.#openQueue();
  }

  /** Events that were lost: for lack of room, or since the disk or the server refused them. */
  get lost(): number {
    return this.#overflow + (this.#queue?.lost ?? 0) + this.counts.refused;
  }

  counters(): Readonly<Record<string, number>> {
    const { sent, batches, retried } = this.counts;
    return { sent, batches, retried, lost: this.lost };
  }

  /** Takes one line of JSON for the server. */
  tell(line: string): void {
    this.#fresh.push(line);
    if (this.#fresh.length > MOST_FRESH) {
      this.#fresh.shift();
      this.#overflow++;
    }
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    // Observers hear of many events in one turn: one write serves them all.
    queueMicrotask(() => this.#flush());
  }

  /** Keeps what is not sent, where the queue can; a request under way is given up. */
  close(): void {
    if (this.#isClosed) return;
    if (this.#queue === undefined && this.#fresh.length > 0) this.#openQueue();
    this.#keep();
    this.#isClosed = true;
    this.#stopTimer?.();
    this.#stopOpening?.();
    this.#closing.abort();
    this.#queue?.close();
    this.#poster.close();
  }

  #openQueue(): void {
    this.#stopOpening?.();
    this.#stopOpening = undefined;
    try {
      this.#queue = this.#open();
    } catch (error) {
      if (++this.#refusals === TELL_REFUSAL) this.#options.log("error", (error as Error).message);
      this.#stopOpening = this.#options.after(OPEN_AGAIN, () => this.#openQueue());
      return;
    }
    this.#keep();
    // What an earlier life has left, and what has come meanwhile.
    if (!this.#queue.isEmpty) this.#send();
  }

  #flush(): void {
    this.#isFlushDue = false;
    if (this.#isClosed || this.#queue === undefined) return;
    this.#keep();
    if (this.#isSending) return;
    if (this.#since >= this.#options.batch && (this.#isGathering || this.#stopTimer === undefined)) {
      this.#send();
    } else if (this.#stopTimer === undefined) {
      this.#isGathering = true;
      this.#wait(this.#options.delay);
    }
  }

  #keep(): void {
    const lines = this.#fresh;
    if (lines.length === 0 || this.#queue === undefined) return;
    this.#fresh = [];
    this.#queue.append(lines);
    this.#since += lines.length;
  }

  #wait(milliseconds: number): void {
    this.#stopTimer = this.#options.after(milliseconds, () => this.#send());
  }

  /** Sends until nothing is left or something fails. */
  async #send(): Promise<void> {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#isGathering = false;
    this.#isSending = true;
    const { batch, batchBytes } = this.#options;
    const queue = this.#queue!;
    let wait: number | undefined;
    while (wait === undefined && !this.#isClosed && !queue.isEmpty) {
      this.#since = 0;
      try {
        const lines = queue.take(batch, batchBytes);
        if (lines.length > 0) wait = await this.#deliver(lines);
        this.#isBroken = false;
      } catch (error) {
        // Nobody awaits this: a disk that fails must not end the daemon.
        wait = this.#broken(error as Error);
      }
    }
    this.#isSending = false;
    if (wait !== undefined && !this.#isClosed) this.#wait(wait);
  }

  /** Says why the queue gives nothing, the first time in a row; milliseconds after which it is asked again. */
  #broken(error: Error): number {
    if (!this.#isBroken) this.#options.log("error", `Notifications wait: ${error.message}`);
    this.#isBroken = true;
    return LONGEST;
  }

  /** Milliseconds after which to try again; undefined where the batch is done with. */
  async #deliver(lines: readonly string[]): Promise<number | undefined> {
    const { attemptTimeout, log, random } = this.#options;
    const id = this.#options.uuid();
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(attemptTimeout)]);
    try {
      // The courier repeats by itself, without an end.
      await this.#poster.post({ id, body: this.#body(id, lines), signal, deadline: Infinity, retries: 0 });
      if (this.#attempt > 0) log("info", `${this.#poster.name} takes notifications again`);
      this.counts.sent += lines.length;
    } catch (error) {
      if (this.#isClosed) return undefined;
      const { status, retryAfter = 0 } = error instanceof PostError ? error : {} as Partial<PostError>;
      const message = (error as Error).message;
      if (status === undefined || !HOPELESS.has(status)) {
        if (this.#attempt === 0) log("warning", `Notifications wait: ${message}`);
        this.counts.retried++;
        return Math.max(retryAfter, fullJitter(this.#attempt++, random, { base: BASE, longest: LONGEST }));
      }
      if (this.counts.refused === 0) log("error", `Notifications are lost: ${message}`);
      this.counts.refused += lines.length;
    }
    this.#attempt = 0;
    this.counts.batches++;
    // Otherwise another may have the queue already; it sends the batch again.
    if (!this.#isClosed) this.#queue!.done();
    return undefined;
  }

  /** The lines are JSON already. */
  #body(id: string, lines: readonly string[]): string {
    const { clock, host } = this.#options;
    const head = JSON.stringify({
      ...{ version: 1, type: "snet.decisions", id, time: new Date(clock()).toISOString(), host },
      lost: this.lost,
    });
    return `${head.slice(0, -1)},"decisions":[${lines.join(",")}]}`;
  }
}

function timer(milliseconds: number, task: () => void): () => void {
  const id = setTimeout(task, milliseconds);
  return () => clearTimeout(id);
}
