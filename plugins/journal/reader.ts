/** Reads the journal, while it is written and when nobody does: what `snet log` asks. */

import type { DatabaseSync } from "node:sqlite";
import { errnoName, type EventJson, type JournalFilter, type Observation } from "../../core/mod.ts";
import { type Condition, conditionOf } from "./filter.ts";
import { JournalError, openToRead } from "./schema.ts";

/** A decision with its number: the later one has the higher. */
export interface Recorded {
  readonly id: number;
  readonly observation: Observation;
}

/** Decisions that the journal lacks: how many, and between which times (milliseconds since 1970). */
export interface Missing {
  readonly since: number;
  readonly until: number;
  readonly count: number;
}

interface DecisionRow {
  readonly id: number;
  readonly time: number;
  readonly verdict: string;
  readonly errno: number | null;
  readonly cause: Observation["cause"] | null;
  readonly plugin: string | null;
  readonly rule: number | null;
  readonly rule_name: string | null;
  readonly rule_place: string | null;
  readonly why: string | null;
  readonly remember: number | null;
  readonly held: number;
  readonly observed: string;
}

/** What is read of a row; the other columns are there to be asked for. */
const READ =
  "id, time, verdict, errno, cause, plugin, rule, rule_name, rule_place, why, remember, held, observed";

export class JournalReader implements Disposable {
  #database: DatabaseSync;
  #isFrozen: boolean;
  #file: Deno.FileInfo;

  /** Throws a {@linkcode JournalError}. */
  constructor(readonly path: string) {
    ({ database: this.#database, isFrozen: this.#isFrozen } = openToRead(path));
    this.#file = Deno.statSync(path);
  }

  /**
   * Number of the first of the last `count` decisions that fit, to read on from; 0 where there are no more than that.
   *
   * Throws a FilterError (filter.ts).
   */
  startOfLast(count: number, filter: JournalFilter): number {
    const { sql, values } = conditionOf(filter);
    const found = this.#all<{ id: number }>(
      `SELECT id FROM decisions WHERE ${sql} ORDER BY id DESC LIMIT 1 OFFSET ?`,
      [0, ...values, count - 1],
    );
    return found[0]?.id ?? 0;
  }

  /**
   * At most `limit` decisions with a number above `id` that fit, the oldest first. None is read while the caller looks at
   * them, so that the one who writes is never held up.
   */
  after(id: number, limit: number, filter: JournalFilter): readonly Recorded[] {
    const { sql, values }: Condition = conditionOf(filter);
    return this.#all<DecisionRow>(
      `SELECT ${READ} FROM decisions WHERE ${sql} ORDER BY id LIMIT ?`,
      [id, ...values, limit],
    ).map((row) => ({ id: row.id, observation: this.#observationOf(row) }));
  }

  /** What the journal lacks of the time between two moments. */
  missing(since: number, until: number): readonly Missing[] {
    return this.#all<Missing>(
      "SELECT since, until, count FROM lost WHERE until >= ? AND since < ? ORDER BY since",
      [since, until],
    );
  }

  /** Makes sure that what was written meanwhile is seen, also in a file that was put in the place of the former. */
  refresh(): void {
    const { dev, ino } = Deno.statSync(this.path);
    if (!this.#isFrozen && dev === this.#file.dev && ino === this.#file.ino) return;
    const { database, isFrozen } = openToRead(this.path);
    this.#database.close();
    this.#database = database;
    this.#isFrozen = isFrozen;
    this.#file = Deno.statSync(this.path);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #observationOf(row: DecisionRow): Observation {
    try {
      return observationOf(row);
    } catch (error) {
      throw new JournalError(`Cannot read ${this.path}: decision ${row.id}: ${(error as Error).message}`);
    }
  }

  #all<T>(sql: string, values: readonly (string | number)[]): T[] {
    try {
      return this.#database.prepare(sql).all(...values) as unknown as T[];
    } catch (error) {
      throw new JournalError(`Cannot read ${this.path}: ${(error as Error).message}`);
    }
  }
}

/** An event, with what an Observation has beside it. */
type Observed = EventJson & Pick<Observation, "client" | "names">;

function observationOf(row: DecisionRow): Observation {
  const { errno, rule, rule_name, rule_place } = row;
  const { client, names, ...event }: Observed = JSON.parse(row.observed);
  return {
    time: new Date(row.time).toISOString(),
    ...(client !== undefined && { client }),
    event,
    ...(names !== undefined && { names }),
    asked: row.verdict !== "told",
    action: row.verdict === "deny" ? "deny" : "allow",
    why: row.why ?? "",
    ...(errno !== null && { errno, errnoName: errnoName(errno) }),
    cause: row.cause ?? "verdict",
    ...(row.plugin !== null && { plugin: row.plugin }),
    ...(rule !== null && {
      rule: {
        number: rule,
        ...(rule_name !== null && { name: rule_name }),
        ...(rule_place !== null && { where: rule_place }),
      },
    }),
    ...(row.remember !== null && { remember: row.remember }),
    held: row.held,
  };
}
