/** What was decided lately, in counts. */

/** How far back a history goes. */
export type HistorySpan = "hour" | "day" | "week";

/** What was decided lately, in counts. Calls that the kernel answers by a ticket are not among them. */
export interface HistoryJson {
  /** When counting began, milliseconds since 1970. */
  readonly since: number;
  readonly span: HistorySpan;
  /** Milliseconds of a slot: ten seconds of an hour, else ten minutes. */
  readonly step: number;
  /** When the first slot began, milliseconds since 1970; the others follow, and the last is the one that goes on. */
  readonly start: number;
  /** Decisions in each slot. */
  readonly allowed: readonly number[];
  readonly denied: readonly number[];
  /** The ten that called most often, by their paths; every text is printable. */
  readonly programs: readonly TopJson[];
  /** The ten that programs reached, or tried to, most often: `tcp 192.0.2.1:443`, or by its name `tcp example.org:443`. */
  readonly targets: readonly TopJson[];
  /** What was denied most often, and to which program; `target` is empty where the call is about none. */
  readonly denials: readonly DenialJson[];
}

/** What a program was denied, and how often. */
export interface DenialJson {
  readonly program: string;
  readonly target: string;
  /** As in {@linkcode TopJson}. */
  readonly address?: string;
  readonly denied: number;
}

/** A name, and how often it came; among very many names a little less than that. */
export interface TopJson {
  readonly name: string;
  /** Of a destination that has a name of its own: the address behind it that was reached last. */
  readonly address?: string;
  readonly allowed: number;
  readonly denied: number;
}
