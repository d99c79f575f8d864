/** How the sources of names are doing, as the control API tells it. */

/** The table of names, and who fills it. */
export interface NamesJson {
  /** Entries now: an address and the names of one answer. */
  readonly held: number;
  /** Entries since the start: new ones, those told again, those whose time was over, and those that gave way before. */
  readonly added: number;
  readonly refreshed: number;
  readonly expired: number;
  readonly evicted: number;
  readonly sources: readonly NameSourceJson[];
}

/** A resolver that is trusted to tell names. */
export interface NameSourceJson {
  readonly kind: "resolved" | "dnstap";
  readonly socket: string;
  readonly connected: boolean;
  /** Since when it is. */
  readonly since?: string;
  /** Answers that told names. */
  readonly answers: number;
  /** What else it said: errors, answers without an address, questions. */
  readonly others: number;
  /** What could not be read. */
  readonly malformed: number;
  /** Connections that ended by themselves. */
  readonly lost: number;
  /** Connections of those who are not trusted. */
  readonly refused: number;
  /** Why the last connection ended, or none came about. */
  readonly failure?: string;
}
