/** What has happened to a plugin's process, by cause, for `snet stats`. */

import type { Violation } from "./check.ts";

/** Why a process came to its end. */
export type EndCause = Violation | "crashed" | "refused" | "notAlive" | "memory" | "cpu" | "slowStart";

/** Names of one or two words, as `snet stats` shows them. */
export interface SandboxCounters extends Record<EndCause, number> {
  /** Processes that were started. */
  started: number;
  /** Answers to questions that had ended by themselves. */
  lateAnswers: number;
  /** Questions that it was not asked: too many waited, or it does not read. */
  unasked: number;
  /** Decisions that it was not told. */
  unobserved: number;
  /** Lines that it logged, and those that were left out. */
  logged: number;
  unlogged: number;
}

export function noCounters(): SandboxCounters {
  return {
    started: 0,
    crashed: 0,
    refused: 0,
    malformed: 0,
    tooLong: 0,
    wrongVerdict: 0,
    unknownId: 0,
    secondAnswer: 0,
    outOfTurn: 0,
    notAlive: 0,
    memory: 0,
    cpu: 0,
    slowStart: 0,
    lateAnswers: 0,
    unasked: 0,
    unobserved: 0,
    logged: 0,
    unlogged: 0,
  };
}
