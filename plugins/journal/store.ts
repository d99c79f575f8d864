/** Writes rows into the journal, and holds it to its size and age; it blocks, so it has a thread of its own. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { COLUMNS, type Row } from "./row.ts";
import { numberOf, openToWrite, walBytes } from "./schema.ts";

/** What a journal is held to. */
export interface Limits {
  /** Bytes of the database; the write-ahead log beside it is not in them. */
  readonly size: number;
  /** Milliseconds that a decision is kept. */
  readonly age: number;
}

/** Decisions that were not written, as there was no room for them to wait in. */
export interface Lost {
  /** Wall clock of the first and of the last, milliseconds since 1970. */
  readonly since: number;
  readonly until: number;
  readonly count: number;
}

/** Rows that are deleted in one transaction: about 30 ms. */
const STEP = 2000;
/** The part of the size that rows and words may have: what was deleted from the words is tidied up later. */
const FULL = 0.95;
/** Bytes that a row takes besides its event, with its words: more than it usually does. */
const ROW = 768;
/** A log of this size is not copied into the database any more, since somebody has been reading for too long. */
const WAL_LIMIT = 64 * 1024 * 1024;

export class Store implements Disposable {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #insertWords: StatementSync;
  readonly #insertLost: StatementSync;
  readonly #pageSize: number;
  readonly #file: Deno.FileInfo;

  /** Throws what {@linkcode openToWrite} throws. */
  constructor(readonly path: string, readonly limits: Limits) {
    const database = this.#database = openToWrite(path);
    const places = COLUMNS.map(() => "?").join(", ");
    this.#insert = database.prepare(`INSERT INTO decisions (${COLUMNS.join(", ")}) VALUES (${places})`);
    this.#insertWords = database.prepare(
      "INSERT INTO words (rowid, exe, cmdline, addresses, why, rule) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#insertLost = database.prepare("INSERT INTO lost (since, until, count) VALUES (?, ?, ?)");
    this.#pageSize = numberOf(database, "PRAGMA page_size");
    this.#file = Deno.statSync(path);
  }

  /** False once the file is not at its path any more: what is written would be nowhere. */
  get isInPlace(): boolean {
    try {
      const { dev, ino } = Deno.statSync(this.path);
      return dev === this.#file.dev && ino === this.#file.ino;
    } catch {
      return false;
    }
  }

  /** Writes all of it or nothing; the oldest make room for it. Throws SQLite's errors, and one where the log beside the database is too long. */
  write(rows: readonly Row[], lost?: Lost): void {
    this.#boundLog();
    const bytes = rows.reduce((sum, { values }) => sum + (values.at(-1) as string).length + ROW, 0);
    const room = this.limits.size * FULL - bytes;
    while (this.#used > room && this.#delete("ORDER BY id") > 0);
    // What became free is written to again, unless the limit has become another.
    if (this.#pages * this.#pageSize > this.limits.size) this.#giveBack();
    this.#inTransaction(() => {
      for (const { values, words } of rows) {
        const { lastInsertRowid } = this.#insert.run(...values);
        this.#insertWords.run(lastInsertRowid, ...words);
      }
      if (lost !== undefined) this.#insertLost.run(lost.since, lost.until, lost.count);
    });
  }

  /**
   * Deletes what is too old, some of it at a time; true if there may be more. `now` is the wall clock.
   */
  tidy(now: number): boolean {
    const old = this.#delete(`WHERE time < ${Math.floor(now - this.limits.age)} ORDER BY time`);
    if (old > 0) this.#giveBack();
    return old === STEP;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  get #pages(): number {
    return numberOf(this.#database, "PRAGMA page_count");
  }

  /** Bytes of the file that hold something. */
  get #used(): number {
    return (this.#pages - numberOf(this.#database, "PRAGMA freelist_count")) * this.#pageSize;
  }

  /** Gives what became free back to the disk. */
  #giveBack(): void {
    // A row for each page, of which exec() would take the first.
    this.#database.prepare("PRAGMA incremental_vacuum").all();
  }

  #delete(which: string): number {
    return this.#inTransaction(() => {
      const ids = this.#database.prepare(`SELECT id FROM decisions ${which} LIMIT ${STEP}`).all();
      if (ids.length === 0) return 0;
      for (const table of ["words WHERE rowid", "decisions WHERE id"]) {
        const statement = this.#database.prepare(`DELETE FROM ${table} = ?`);
        for (const { id } of ids) statement.run(id!);
      }
      const oldest = "SELECT ifnull(min(time), 0) FROM decisions";
      this.#database.exec(`DELETE FROM lost WHERE until < (${oldest})`);
      return ids.length;
    });
  }

  /** Someone who reads keeps the log from beginning anew: the disk must not fill up with it. */
  #boundLog(): void {
    if (walBytes(this.path) < WAL_LIMIT) return;
    this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    if (walBytes(this.path) >= WAL_LIMIT) throw new Error("a reader keeps the file from being tidied up");
  }

  #inTransaction<T>(act: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = act();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors, such as a full disk.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}
