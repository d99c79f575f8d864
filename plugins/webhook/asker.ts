/** Asks the server for a verdict on each event: so many at once, within the time that the lane gives. */

import type { Asking, PluginInstance, SnetEvent, Verdict } from "../../core/mod.ts";
import { parseAnswer } from "./answer.ts";
import { Gate, GateFullError } from "./gate.ts";
import { noteParts, type PartName, showParts } from "./parts.ts";
import type { Post, Reply } from "./poster.ts";

/** What is used of a Poster. */
export interface PosterLike {
  readonly name: string;
  /** Attempts, and those of them that repeat another. */
  readonly posts: number;
  readonly retries: number;
  post(post: Post): Promise<Reply>;
  close(): void;
}

export interface AskerOptions {
  readonly show: readonly PartName[];
  readonly retries: number;
  /** Questions that are with the server at once, and that wait for their turn. */
  readonly concurrency: number;
  readonly queue: number;
  /** What becomes of a question for which there is no room. */
  readonly whenFull: "fail" | "pass";
  readonly host: string;
  /** Wall clock, milliseconds since 1970. */
  readonly clock: () => number;
  /** performance.now(). */
  readonly now?: () => number;
  readonly uuid?: () => string;
}

export class Asker implements PluginInstance<"slow"> {
  /** Questions that the server had no opinion on, and those for which there was no room; the lane counts all others. */
  readonly #counts = { passed: 0, full: 0 };
  readonly #poster: PosterLike;
  readonly #options: Required<AskerOptions>;
  readonly #gate: Gate;

  constructor(poster: PosterLike, options: AskerOptions) {
    this.#poster = poster;
    this.#options = { now: () => performance.now(), uuid: () => crypto.randomUUID(), ...options };
    this.#gate = new Gate(options.concurrency, options.queue);
  }

  async decide(event: SnetEvent, asking: Asking): Promise<Verdict | undefined> {
    try {
      return await this.#gate.run(() => this.#ask(event, asking), asking.signal);
    } catch (error) {
      // That the server was away or busy is no property of the call: no ticket may hold what comes of it.
      event.readVolatile();
      if (!(error instanceof GateFullError)) throw error;
      this.#counts.full++;
      if (this.#options.whenFull === "pass") return undefined;
      throw error;
    }
  }

  counters(): Readonly<Record<string, number>> {
    const { passed, full } = this.#counts;
    return { posts: this.#poster.posts, retries: this.#poster.retries, passed, "no room": full };
  }

  close(): void {
    this.#poster.close();
  }

  async #ask(event: SnetEvent, { signal, deadline, asked }: Asking): Promise<Verdict | undefined> {
    const { show, retries } = this.#options;
    const { name } = this.#poster;
    const id = this.#options.uuid();
    const body = JSON.stringify(this.#question(id, event, deadline, asked));
    const { status, text } = await this.#poster.post({ id, body, signal, deadline, retries });
    if (status === 204) {
      this.#counts.passed++;
      noteParts(event, show);
      return undefined;
    }
    const { verdict, match } = this.#read(text, name);
    if (verdict === undefined) this.#counts.passed++;
    // What the verdict depends on is what a ticket matches.
    noteParts(event, match);
    return verdict;
  }

  #read(text: string, name: string): ReturnType<typeof parseAnswer> {
    try {
      return parseAnswer(text, this.#options.show, name);
    } catch (error) {
      throw new Error(`${name} answered what is no verdict: ${(error as Error).message}`);
    }
  }

  #question(id: string, event: SnetEvent, deadline: number, asked: Asking["asked"]): unknown {
    const { clock, now, host, show } = this.#options;
    const time = clock();
    const timeLeft = Math.max(0, Math.floor(deadline - now()));
    return {
      version: 1,
      type: "snet.question",
      id,
      time: new Date(time).toISOString(),
      deadline: new Date(time + timeLeft).toISOString(),
      timeLeft,
      host,
      answers: ["allow", "deny", "pass"],
      ...(asked !== undefined && { asked: { plugin: asked.plugin, why: asked.why } }),
      event: showParts(event, show),
    };
  }
}
