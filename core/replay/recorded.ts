/** What a recording tells: events, and what had become of them. */

import type { SourceEvent } from "../source.ts";

export type Action = "allow" | "deny";

/** What had been decided. */
export interface RecordedDecision {
  readonly action: Action;
  /** True where nobody was asked. */
  readonly isTold: boolean;
  /** What the program saw; undefined for EPERM, or where it was allowed. */
  readonly errno: number | undefined;
  readonly cause: string;
  /** Plugin and rule: `rules: web`, or `default`. */
  readonly by: string;
  readonly why: string;
  /** Microseconds for which the call was held. */
  readonly held: number;
}

/** One line of a recording. */
export interface RecordedLine {
  /** Its number in the file, from 1. */
  readonly number: number;
  /** When the call was held, milliseconds since 1970. */
  readonly time: number;
  readonly event: SourceEvent;
  /** Undefined for a bare event. */
  readonly decision: RecordedDecision | undefined;
}
