/** The last decisions, and the same by program and what it reached; bounded, whatever arrives. */

import type { RowFilter } from "./filter.ts";
import type { RowJson as Row } from "../control/api.ts";

/** Decisions that are kept. */
export const MOST_ROWS = 50_000;
/** Programs, and targets of one, that are counted each; the one heard of longest ago makes room. */
const MOST_PROGRAMS = 1_000;
const MOST_TARGETS = 500;
/** A sparkline shows so many times as many milliseconds. */
export const SPARK = { length: 60, step: 1_000 } as const;

/** What was counted of one program, or of one of its targets. */
export interface Tally {
  readonly name: string;
  allowed: number;
  denied: number;
  /** The last of its rows. */
  last: Row;
}

/** A program with its targets. */
export interface ProgramTally extends Tally {
  readonly targets: Map<string, Tally>;
  readonly spark: Spark;
}

/** Decisions of the last minute, second by second. */
export class Spark {
  readonly #counts = new Uint16Array(SPARK.length);
  #end = 0;

  /** Counts one at a time, milliseconds since 1970. */
  add(time: number): void {
    const second = Math.floor(time / SPARK.step);
    this.#advance(second);
    if (second > this.#end - SPARK.length) this.#counts[second % SPARK.length]!++;
  }

  /** The counts up to `time`, the oldest first. */
  until(time: number): number[] {
    this.#advance(Math.floor(time / SPARK.step));
    return Array.from(this.#counts, (_, index) => this.#counts[(this.#end + 1 + index) % SPARK.length]!);
  }

  #advance(second: number): void {
    const gone = Math.min(second - this.#end, SPARK.length);
    for (let i = 1; i <= gone; i++) this.#counts[(this.#end + i) % SPARK.length] = 0;
    if (gone > 0) {
      // Far ahead, every slot is a new one.
      if (gone === SPARK.length) this.#counts.fill(0);
      this.#end = second;
    }
  }
}

/** Programs and their targets, as they were counted. */
export class Tallies {
  readonly programs = new Map<string, ProgramTally>();

  add(row: Row): void {
    if (row.verdict === "told") return;
    const program = this.programs.get(row.program) ??
      { ...tallyOf(row.program, row), targets: new Map(), spark: new Spark() };
    const target = program.targets.get(row.target) ?? tallyOf(row.target, row);
    // The one heard of last is at the end of its map.
    renew(this.programs, row.program, program, MOST_PROGRAMS);
    renew(program.targets, row.target, target, MOST_TARGETS);
    program.spark.add(row.time);
    for (const tally of [program, target]) {
      if (row.verdict === "deny") tally.denied++;
      else tally.allowed++;
      tally.last = row;
    }
  }
}

export class LiveStore {
  #rows: Row[] = [];
  /** Where in `#rows` those that are kept begin. */
  #start = 0;
  #filter: RowFilter | undefined;
  #all = new Tallies();
  #fitting = this.#all;
  /** Decisions that the daemon did not keep for this page. */
  missed = 0;

  /** Decisions that are kept now. */
  get size(): number {
    return this.#rows.length - this.#start;
  }

  /** Of the rows that fit the filter. */
  get programs(): ReadonlyMap<string, ProgramTally> {
    return this.#fitting.programs;
  }

  /** What fits is shown and counted from now on, also of the rows that are there. */
  set filter(filter: RowFilter | undefined) {
    this.#filter = filter;
    this.#fitting = filter === undefined ? this.#all : new Tallies();
    if (filter !== undefined) {
      for (let i = this.#start; i < this.#rows.length; i++) this.#fit(this.#rows[i]!);
    }
  }

  add(rows: readonly Row[], missed: number): void {
    this.missed += missed;
    for (const row of rows) {
      this.#rows.push(row);
      this.#all.add(row);
      if (this.#filter !== undefined) this.#fit(row);
    }
    if (this.size > MOST_ROWS) this.#start = this.#rows.length - MOST_ROWS;
    // Taking away from the front moves all the rest: not for every batch.
    if (this.#start > MOST_ROWS) {
      this.#rows = this.#rows.slice(this.#start);
      this.#start = 0;
    }
  }

  /** The rows that fit, the newest first. */
  newest(): Row[] {
    const found: Row[] = [];
    for (let i = this.#rows.length - 1; i >= this.#start; i--) {
      const row = this.#rows[i]!;
      if (this.#filter === undefined || this.#filter(row)) found.push(row);
    }
    return found;
  }

  clear(): void {
    this.#rows = [];
    this.#start = 0;
    this.missed = 0;
    this.#all = new Tallies();
    this.filter = this.#filter;
  }

  #fit(row: Row): void {
    if (this.#filter!(row)) this.#fitting.add(row);
  }
}

function tallyOf(name: string, last: Row): Tally {
  return { name, allowed: 0, denied: 0, last };
}

function renew<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  if (map.size >= most) map.delete(map.keys().next().value!);
  map.set(key, value);
}
