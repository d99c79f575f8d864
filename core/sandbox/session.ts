/**
 * The daemon's side of the protocol with one process, from its start to its end: each question gets one answer or fails, and
 * the first message that is not in order ends the process.
 */

import type { EventJson, Observation } from "../control/api.ts";
import { printable } from "../cli/text.ts";
import type { Verdict } from "../verdict.ts";
import config from "../../deno.json" with { type: "json" };
import { formatDuration } from "../duration.ts";
import { messageOfLine, ProtocolError } from "./check.ts";
import type { EndCause, SandboxCounters } from "./counters.ts";
import type { LimitedLog } from "./log_limit.ts";
import type { LaunchPlan } from "./plan.ts";
import { PluginProcess, type Surroundings } from "./process.ts";
import {
  type AskMessage,
  type Declaration,
  lineOf,
  type PluginMessage,
  PROTOCOL_VERSION,
  type Ready,
} from "./protocol.ts";
import type { Limits } from "./spec.ts";
import type { Timers } from "./timers.ts";

/** An answer, with the operands that decided where the plugin names them. */
export interface SessionAnswer {
  readonly verdict: Verdict | undefined;
  readonly read: readonly string[] | undefined;
}

/** What a question is made of. */
export type Question = Pick<AskMessage, "left" | "asked" | "about"> & { readonly event: EventJson };

/** What a session depends on. */
export interface SessionOptions {
  readonly plan: LaunchPlan;
  readonly limits: Limits;
  readonly counters: SandboxCounters;
  readonly log: LimitedLog;
  readonly surroundings: Surroundings;
  /** It has come to its end: one clause that says how. */
  readonly onEnd: (how: string, cause: EndCause) => void;
}

/** Answers that may still come to questions that ended by themselves; of older ones nobody knows any more. */
const MOST_CANCELLED = 4096;
/** Observations wait for each other this long, milliseconds, and this many go together. */
const OBSERVATION_PAUSE = 50;
const MOST_OBSERVATIONS = 256;
/** Bytes of unread lines past which observations are left out, so that questions have room. */
const CROWDED = 256 * 1024;

type State = "declaring" | "declared" | "settingUp" | "ready" | "over";

export class Session {
  /** What it says of itself. Rejects with one line where it does not come. */
  readonly declared: Promise<Declaration>;
  readonly #declared = Promise.withResolvers<Declaration>();
  #ready = Promise.withResolvers<Ready>();
  readonly #options: SessionOptions;
  readonly #timers: Timers;
  readonly #process: PluginProcess;
  #state: State = "declaring";
  #cause: EndCause = "crashed";
  /** Why it was ended; undefined where it does so by itself. */
  #why: string | undefined;
  #nextId = 1;
  readonly #waiting = new Map<number, PromiseWithResolvers<SessionAnswer>>();
  /** Questions that ended by themselves and may still be answered, oldest first. */
  readonly #cancelled = new Set<number>();
  /** Ids up to this one nobody remembers. */
  #forgotten = 0;
  #observations: Observation[] = [];
  #stopFlush: (() => void) | undefined;
  #stopTimer: () => void;
  #pinged = 0;
  #ponged = 0;

  constructor(options: SessionOptions) {
    const { plan, surroundings, limits, log } = options;
    const { timers } = surroundings;
    this.#timers = timers;
    this.#options = options;
    this.declared = this.#declared.promise;
    this.declared.catch(() => {});
    this.#ready.promise.catch(() => {});
    options.counters.started++;
    this.#process = new PluginProcess(plan, {
      line: (text) => this.#take(text),
      tooLong: () => this.#end("tooLong", "it sent a line that is longer than 128 KiB"),
      logged: (text) => log.plugin("info", text),
      overMemory: (bytes) =>
        this.#end(
          "memory",
          `it holds ${mebibytes(bytes)} MiB of memory; ${mebibytes(limits.memory)} are its limit`,
        ),
      overCpu: () => this.#end("cpu", `it took more than ${limits.cpu} % of a processor over a minute`),
      ended: (how) => this.#ended(how),
    }, surroundings);
    this.#stopTimer = timers.after(
      limits.start,
      () => this.#end("slowStart", `it has not declared itself within ${formatDuration(limits.start)}`),
    );
    this.#send(lineOf({ type: "hello", protocol: PROTOCOL_VERSION, snet: config.version }));
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Questions without an answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Hands it its options, once. Rejects with one line where it refuses them or does not answer in time. */
  setUp(options: Readonly<Record<string, unknown>>): Promise<Ready> {
    const { limits } = this.#options;
    if (this.#state !== "declared") return Promise.reject(new Error("its process has ended"));
    this.#state = "settingUp";
    this.#stopTimer = this.#timers.after(
      limits.start,
      () => this.#end("slowStart", `it has not taken its options within ${formatDuration(limits.start)}`),
    );
    this.#send(lineOf({ type: "setup", options }));
    return this.#ready.promise;
  }

  /** Asks. Rejects with one line where it cannot be asked, fails, or ends; with nothing to say once `signal` is aborted. */
  ask(question: Question, signal: AbortSignal): Promise<SessionAnswer> {
    const { limits, counters } = this.#options;
    const id = this.#nextId;
    const refused = this.#state !== "ready"
      ? "its process is not ready"
      : this.#waiting.size >= limits.waiting
      ? `${limits.waiting} questions wait for it already`
      : undefined;
    const isAsked = refused === undefined && this.#process.write(lineOf({ type: "ask", id, ...question }));
    if (!isAsked) {
      counters.unasked++;
      return Promise.reject(new Error(refused ?? "it does not read what it is asked"));
    }
    this.#nextId++;
    const answer = Promise.withResolvers<SessionAnswer>();
    this.#waiting.set(id, answer);
    signal.addEventListener("abort", () => this.#cancel(id), { once: true });
    return answer.promise;
  }

  /** Tells it of a decision, soon; leaves it out where it reads too slowly. */
  observe(observation: Observation): void {
    if (
      this.#state !== "ready" || this.#process.unread > CROWDED ||
      this.#observations.length >= MOST_OBSERVATIONS
    ) {
      this.#options.counters.unobserved++;
      return;
    }
    this.#observations.push(observation);
    this.#stopFlush ??= this.#timers.after(OBSERVATION_PAUSE, () => this.#flushObservations());
  }

  /** Ends it at once, as of no use. */
  refuse(why: string): void {
    this.#end("refused", why);
  }

  /** Ends it in good order, within a bounded time. */
  close(): Promise<void> {
    if (this.#state !== "over") {
      this.#flushObservations();
      this.#process.write(lineOf({ type: "bye" }));
      this.#over(new Error("snet has ended its process"));
    }
    return this.#process.close();
  }

  #take(line: string): number {
    if (this.#state === "over") return 0;
    try {
      const message = messageOfLine(line);
      const isExpected = isAnswer(message) && !this.#isForgotten(message.id);
      this.#handle(message);
      return isExpected ? 0 : UNASKED;
    } catch (error) {
      // What overflows the stack, such as JSON of a thousand brackets, is no better than what is none.
      if (error instanceof ProtocolError) this.#end(error.violation, error.message);
      else this.#end("malformed", "it sent a line that cannot be read");
      return 0;
    }
  }

  #handle(message: PluginMessage): void {
    switch (message.type) {
      case "declaration":
        return this.#inTurn("declaring", "declaration", () => {
          this.#state = "declared";
          this.#declared.resolve(message);
        });
      case "ready":
        return this.#inTurn("settingUp", "ready", () => {
          this.#state = "ready";
          this.#ready.resolve(message);
          this.#ping();
        });
      case "answer":
        return this.#answered(
          message.id,
          (answer) => answer.resolve({ verdict: message.verdict ?? undefined, read: message.read }),
        );
      case "failure":
        if (message.id === undefined) return this.#end("refused", printable(message.why));
        return this.#answered(message.id, (answer) => answer.reject(new Error(printable(message.why))));
      case "log":
        return this.#options.log.plugin(message.level, message.message);
      case "pong":
        if (message.id === this.#ponged) {
          throw new ProtocolError("secondAnswer", `it answered ping ${message.id} a second time`);
        }
        if (message.id !== this.#pinged) {
          throw new ProtocolError("unknownId", `it answered no ping by pong ${message.id}`);
        }
        this.#ponged = message.id;
    }
  }

  #inTurn(state: State, type: string, act: () => void): void {
    if (this.#state !== state) throw new ProtocolError("outOfTurn", `it sent "${type}" out of turn`);
    this.#stopTimer();
    act();
  }

  #answered(id: number, settle: (answer: PromiseWithResolvers<SessionAnswer>) => void): void {
    const answer = this.#waiting.get(id);
    if (answer !== undefined) {
      this.#waiting.delete(id);
      return settle(answer);
    }
    if (id >= this.#nextId) {
      throw new ProtocolError("unknownId", `it answered question ${id}, which it was not asked`);
    }
    if (id > this.#forgotten && !this.#cancelled.delete(id)) {
      throw new ProtocolError("secondAnswer", `it answered question ${id} a second time`);
    }
    this.#options.counters.lateAnswers++;
  }

  /** A question of which nobody knows any more whether it was answered: it can be answered again and again. */
  #isForgotten(id = 0): boolean {
    return id <= this.#forgotten && !this.#waiting.has(id);
  }

  #cancel(id: number): void {
    const answer = this.#waiting.get(id);
    if (answer === undefined) return;
    this.#waiting.delete(id);
    this.#cancelled.add(id);
    if (this.#cancelled.size > MOST_CANCELLED) {
      const [oldest = 0] = this.#cancelled;
      this.#cancelled.delete(oldest);
      this.#forgotten = Math.max(this.#forgotten, oldest);
    }
    answer.reject(new Error("the question has ended"));
    this.#process.write(lineOf({ type: "cancel", id }));
  }

  /** Asks whether it is alive, again and again. */
  #ping(): void {
    const { limits } = this.#options;
    this.#pinged++;
    this.#send(lineOf({ type: "ping", id: this.#pinged }));
    this.#stopTimer = this.#timers.after(limits.alive, () => {
      if (this.#ponged === this.#pinged) return this.#ping();
      this.#end(
        "notAlive",
        `it has not answered a ping within ${formatDuration(limits.alive)}: it spins, or is stopped`,
      );
    });
  }

  #send(line: string): void {
    // Where it cannot be written to, its end or its time limit says so.
    this.#process.write(line, true);
  }

  #flushObservations(): void {
    this.#stopFlush?.();
    this.#stopFlush = undefined;
    const decisions = this.#observations;
    if (decisions.length === 0) return;
    this.#observations = [];
    if (!this.#process.write(lineOf({ type: "observe", decisions }))) {
      this.#options.counters.unobserved += decisions.length;
    }
  }

  /** Ends it for a reason; only the first counts. */
  #end(cause: EndCause, why: string): void {
    if (this.#state === "over") return;
    this.#cause = cause;
    this.#why = why;
    this.#options.counters[cause]++;
    this.#over(new Error(why));
    this.#process.kill();
  }

  #ended(how: string): void {
    if (this.#state !== "over") {
      this.#options.counters.crashed++;
      const early = this.#state === "declaring" ? " before it declared itself" : "";
      this.#why = `its process ${how}${early}`;
      this.#over(new Error(this.#why));
    }
    this.#options.onEnd(this.#why ?? `its process ${how}`, this.#cause);
  }

  /** Nothing more is expected of it: what waits fails at once. */
  #over(error: Error): void {
    this.#state = "over";
    this.#stopTimer();
    this.#stopFlush?.();
    this.#declared.reject(error);
    this.#ready.reject(error);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const answer of waiting) answer.reject(error);
  }
}

/** What a line costs that no question asked for, in bytes of output: so there are some 500 of them in a second. */
const UNASKED = 16 * 1024;

/** How many answers there are the questions bound. */
function isAnswer(message: PluginMessage): message is Extract<PluginMessage, { type: "answer" | "failure" }> {
  return message.type === "answer" || message.type === "failure";
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
