/** The last decisions, and the same by program and what it reached; bounded, whatever arrives. */

import { destinationOf } from "./destination.ts";
import type { RowFilter } from "./filter.ts";
import type { RowJson as Row } from "../control/api.ts";
import { RowList } from "./row_list.ts";

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
    const last = Math.floor(time / SPARK.step);
    this.#advance(last);
    return Array.from(this.#counts, (_, index) => this.#at(last - SPARK.length + 1 + index));
  }

  /** None for seconds that were not counted yet, or are not kept any more. */
  #at(second: number): number {
    return second > this.#end - SPARK.length && second <= this.#end
      ? this.#counts[second % SPARK.length]!
      : 0;
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
    // Of a server: programs of one machine are not those of another.
    const name = row.client === undefined ? row.program : `${row.client} ${row.program}`;
    const program = this.programs.get(name) ??
      { ...tallyOf(name, row), targets: new Map(), spark: new Spark() };
    const destination = destinationOf(row);
    const target = program.targets.get(destination) ?? tallyOf(destination, row);
    // The one heard of last is at the end of its map.
    renew(this.programs, name, program, MOST_PROGRAMS);
    renew(program.targets, destination, target, MOST_TARGETS);
    program.spark.add(row.time);
    for (const tally of [program, target]) {
      if (row.verdict === "deny") tally.denied++;
      else tally.allowed++;
      tally.last = row;
    }
  }
}

export class LiveStore {
  #all = { rows: new RowList(MOST_ROWS), tallies: new Tallies() };
  #filter: RowFilter | undefined;
  #fitting = this.#all;
  /** Decisions that the daemon did not keep for whoever reads this. */
  missed = 0;

  /** Decisions that are kept now. */
  get size(): number {
    return this.#all.rows.end - this.#all.rows.first;
  }

  /** Of the rows that fit the filter. */
  get programs(): ReadonlyMap<string, ProgramTally> {
    return this.#fitting.tallies.programs;
  }

  /** The rows that fit the filter. */
  get rows(): RowList {
    return this.#fitting.rows;
  }

  /** What fits is shown and counted from now on, also of the rows that are there. */
  set filter(filter: RowFilter | undefined) {
    this.#filter = filter;
    if (filter === undefined) {
      this.#fitting = this.#all;
      return;
    }
    this.#fitting = { rows: new RowList(MOST_ROWS), tallies: new Tallies() };
    const { rows } = this.#all;
    for (let place = rows.first; place < rows.end; place++) this.#fit(rows.at(place)!, filter);
  }

  add(rows: readonly Row[], missed: number): void {
    this.missed += missed;
    for (const row of rows) {
      this.#all.rows.push(row);
      this.#all.tallies.add(row);
      if (this.#filter !== undefined) this.#fit(row, this.#filter);
    }
  }

  /** The rows that fit, the newest first. */
  newest(): Row[] {
    return this.rows.newest();
  }

  clear(): void {
    this.missed = 0;
    this.#all = { rows: new RowList(MOST_ROWS), tallies: new Tallies() };
    this.filter = this.#filter;
  }

  #fit(row: Row, filter: RowFilter): void {
    if (!filter(row)) return;
    this.#fitting.rows.push(row);
    this.#fitting.tallies.add(row);
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
