/** What a source has seen, by cause. */

/** How a notification ends. Each that was received ends in exactly one way, or waits. */
export const ENDS = [
  /** The chain denied it. */
  "denied",
  /** The kernel runs it with the program's own arguments. */
  "continued",
  /** The source ran it; it may have failed there. */
  "carriedOut",
  /** Nobody answered in time: denied. */
  "expired",
  /** It made way for a signal; if it is run again, that is another notification. */
  "interrupted",
  /** Its thread died. */
  "killed",
  /** Its task could not be looked into: denied. */
  "unreadable",
  /** Carrying it out, or the chain, threw: denied. */
  "failed",
  /** Its event could not be put into a message: denied. */
  "malformed",
  /** Too many waited already: denied. */
  "limited",
  /** The source was closed: denied. */
  "closed",
] as const;

/** One of {@linkcode ENDS}. */
export type End = (typeof ENDS)[number];

/** What is counted besides. */
const OTHERS = [
  /** Calls that the filter told. */
  "received",
  /** Calls that wait now. */
  "waiting",
  /** Questions to the chain. */
  "asked",
  /** Questions that were answered with allow. */
  "allowed",
  /** Questions that were put on hold. */
  "held",
  /** Interrupted calls that came back, and went on with what was asked and answered. */
  "resumed",
  /** Questions of interrupted calls that did not come back. */
  "abandoned",
  /** Answers to calls that had ended meanwhile. */
  "late",
] as const;

/** Counters by cause: `received` is the sum of {@linkcode ENDS} and `waiting`. */
export type SourceCounts = Record<End | (typeof OTHERS)[number], number>;

/** All 0. */
export function noCounts(): SourceCounts {
  return Object.fromEntries([...OTHERS, ...ENDS].map((name) => [name, 0])) as SourceCounts;
}
