/** A plugin's process over the whole time that the plugin is set up: started again when it ends, later and later. */

import { isDeepStrictEqual } from "node:util";
import type { Observation } from "../control/api.ts";
import type { EndCause, SandboxCounters } from "./counters.ts";
import { noCounters } from "./counters.ts";
import { LimitedLog } from "./log_limit.ts";
import { planOf } from "./plan.ts";
import type { Declaration, Ready } from "./protocol.ts";
import { type Question, Session, type SessionAnswer } from "./session.ts";
import type { Surroundings } from "./process.ts";
import type { SandboxSpec } from "./spec.ts";
import type { Timers } from "./timers.ts";

/** Milliseconds before it is started again: doubled each time, up to the longest; a quarter of it is left to chance. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;
const CHANCE = 0.25;
/** Milliseconds of good work after which an end counts as the first. */
const GOOD_TIME = 60_000;

export class Supervisor {
  readonly counters: SandboxCounters = noCounters();
  readonly #spec: SandboxSpec;
  readonly #surroundings: Surroundings;
  readonly #timers: Timers;
  readonly #log: LimitedLog;
  #session: Session;
  #declaration: Declaration | undefined;
  #options: Readonly<Record<string, unknown>> | undefined;
  #ready: Promise<Ready> | undefined;
  #isReady = false;
  #isClosed = false;
  /** Something depends on it: it is started again. Before that, whoever opens it hears why it ended. */
  #isInService = false;
  /** Ends in a row. */
  #ends = 0;
  #readySince = 0;
  /** Why there is no process now. */
  #down: string | undefined;
  #stopTimer: () => void = () => {};

  /** Starts it. Throws an Error of one line for grants that mean nothing. */
  constructor(spec: SandboxSpec, surroundings: Surroundings) {
    const { timers } = surroundings;
    this.#spec = spec;
    this.#surroundings = surroundings;
    this.#timers = timers;
    this.#log = new LimitedLog(spec.name, spec.log, timers.now, this.counters);
    this.#session = this.#start();
  }

  /** What it declared when it was started first. */
  async declaration(): Promise<Declaration> {
    this.#declaration ??= await this.#session.declared;
    return this.#declaration;
  }

  get pid(): number {
    return this.#session.pid;
  }

  /** The options that it was set up with; undefined where it was not. */
  get options(): Readonly<Record<string, unknown>> | undefined {
    return this.#options;
  }

  /** Fulfilled when the process that there is now has taken its options; undefined where it was given none. */
  get ready(): Promise<Ready> | undefined {
    return this.#ready;
  }

  /** Sets it up, now and after each start. Rejects with one line where it refuses. */
  setUp(options: Readonly<Record<string, unknown>>): Promise<Ready> {
    this.#options = options;
    this.#ready = this.#prepare(this.#session, options);
    this.#ready.catch(() => {});
    return this.#ready;
  }

  /** From now on it is started again when it ends; its options are what it was, or is now, set up with. */
  serve(options: Readonly<Record<string, unknown>>): void {
    this.#isInService = true;
    if (this.#ready === undefined) void this.setUp(options).catch(() => {});
    else if (this.#down !== undefined) this.#startLater(this.#down, "crashed");
  }

  /** Asks it, as soon as it is ready. Rejects with one line. */
  async ask(question: () => Question, signal: AbortSignal): Promise<SessionAnswer> {
    if (this.#down !== undefined) throw new Error(this.#down);
    // Who has waited for it to be ready may have had no time left.
    if (!this.#isReady) await this.#ready;
    if (signal.aborted) throw new Error("the question has ended");
    return await this.#session.ask(question(), signal);
  }

  observe(observation: () => Observation): void {
    if (this.#isReady) this.#session.observe(observation());
    else this.counters.unobserved++;
  }

  /** Ends it for good, within a bounded time. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#isReady = false;
    this.#down = "snet has ended its process";
    this.#stopTimer();
    return this.#session.close();
  }

  #start(): Session {
    const { limits } = this.#spec;
    return new Session({
      plan: planOf(this.#spec, Deno.pid),
      limits,
      counters: this.counters,
      log: this.#log,
      surroundings: this.#surroundings,
      onEnd: (how, cause) => this.#ended(how, cause),
    });
  }

  async #prepare(session: Session, options: Readonly<Record<string, unknown>>): Promise<Ready> {
    const declaration = await session.declared;
    this.#declaration ??= declaration;
    if (!isDeepStrictEqual(declaration, this.#declaration)) {
      const why = "it declares itself otherwise than before; reload snet to take that over";
      session.refuse(why);
      throw new Error(why);
    }
    const ready = await session.setUp(options);
    if (session === this.#session && !this.#isClosed) {
      this.#isReady = true;
      this.#readySince = this.#timers.now();
    }
    return ready;
  }

  #ended(how: string, cause: EndCause): void {
    if (this.#isReady && this.#timers.now() - this.#readySince >= GOOD_TIME) this.#ends = 0;
    this.#isReady = false;
    if (this.#isClosed) return;
    this.#down = `its process is not running: ${how}`;
    if (this.#isInService) this.#startLater(how, cause);
  }

  #startLater(how: string, cause: EndCause): void {
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#ends);
    const wait = Math.round(pause * (1 + CHANCE * (2 * this.#timers.random() - 1)));
    this.#ends++;
    const was = cause === "crashed" ? how : `stopped: ${how}`;
    this.#log.own("error", `${was}; it starts again in ${(wait / 1000).toFixed(1)} s`);
    this.#stopTimer = this.#timers.after(wait, () => this.#again());
  }

  #again(): void {
    try {
      this.#session = this.#start();
    } catch (error) {
      return this.#ended(error instanceof Error ? error.message : String(error), "crashed");
    }
    this.#down = undefined;
    this.#ready = this.#prepare(this.#session, this.#options!);
    this.#ready.catch(() => {});
  }
}
