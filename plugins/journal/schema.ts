/** The journal's database: what is in it, how it is opened, and what is refused. */

import { statSync } from "node:fs";
import process from "node:process";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";

/** Written into the file's header (PRAGMA application_id): "snet" in ASCII. */
const APPLICATION_ID = 0x736e6574;
/** The only version so far (PRAGMA user_version). */
export const VERSION = 1;

/**
 * A decision a row. The tables are not strict: one odd value must not keep all that comes after it out. `observed` is the
 * whole event as the control API tells it (EventJson); the columns are what is asked for. The keys are 16 bytes in
 * hexadecimal, IPv4 as IPv4-mapped IPv6, so that a network is a range of them.
 */
const TABLES = `
  CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER NOT NULL,
    event TEXT NOT NULL,
    verdict TEXT NOT NULL,
    errno INTEGER,
    cause TEXT,
    plugin TEXT,
    rule INTEGER,
    rule_name TEXT,
    rule_place TEXT,
    why TEXT,
    remember INTEGER,
    held REAL NOT NULL,
    pid INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    comm TEXT NOT NULL,
    exe TEXT,
    cmdline TEXT,
    parents TEXT,
    cgroup TEXT NOT NULL,
    family INTEGER NOT NULL,
    type INTEGER NOT NULL,
    protocol INTEGER NOT NULL,
    local_ip TEXT,
    local_key TEXT,
    local_port INTEGER,
    remote_ip TEXT,
    remote_key TEXT,
    remote_port INTEGER,
    path TEXT,
    observed TEXT NOT NULL
  );
  CREATE INDEX decisions_time ON decisions (time);
  CREATE TABLE lost (since INTEGER NOT NULL, until INTEGER NOT NULL, count INTEGER NOT NULL);
  CREATE VIRTUAL TABLE words USING fts5 (
    exe, cmdline, addresses, why, rule, content='', contentless_delete=1, tokenize="unicode61 tokenchars '_'"
  );
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
`;

/** Why a journal cannot be used, in one line. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

/** node:sqlite, loaded when it is needed: the reactor and most commands never do. */
function sqlite(): typeof import("node:sqlite") {
  return process.getBuiltinModule("node:sqlite");
}

/** SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_NOTADB of sqlite3.h. */
const READONLY = 8;
const CANTOPEN = 14;
const NOTADB = 26;

/** SQLite's number for what went wrong, without what details it; undefined for any other error. */
function sqliteCode(error: unknown): number | undefined {
  const code = (error as { readonly errcode?: unknown }).errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** Milliseconds to wait for another writer, such as the daemon that is just being replaced. */
const BUSY_TIMEOUT = 1000;
/** Bytes that the write-ahead log keeps on the disk once it was copied into the database. */
const WAL_BYTES = 4 * 1024 * 1024;

/**
 * Opens a journal to write to, and makes its tables in a file that is empty.
 *
 * Throws a {@linkcode JournalError} for a file of another program or version, and SQLite's own errors.
 */
export function openToWrite(path: string): DatabaseSync {
  const database = new (sqlite().DatabaseSync)(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    if (isEmpty(path, database)) {
      // Both are for a file without tables; pages that become free can be given back afterwards.
      database.exec("PRAGMA auto_vacuum = incremental; PRAGMA journal_mode = wal");
      create(path, database);
    }
    // Without a sync at each transaction a power cut takes the last ones, and never what holds them together.
    database.exec(`PRAGMA synchronous = normal; PRAGMA journal_size_limit = ${WAL_BYTES}`);
    return database;
  } catch (error) {
    database.close();
    throw sqliteCode(error) === NOTADB ? noJournal(path) : error;
  }
}

/** A journal that is open for reading. */
export interface OpenJournal {
  readonly database: DatabaseSync;
  /** True where what is written from now on is not seen: nobody writes, and this user may not leave a trace there. */
  readonly isFrozen: boolean;
}

/** Opens a journal to read from. Throws a {@linkcode JournalError}. */
export function openToRead(path: string): OpenJournal {
  let kind: Deno.FileInfo;
  try {
    kind = Deno.statSync(path);
    Deno.openSync(path).close();
  } catch (error) {
    throw unreadable(path, error);
  }
  if (!kind.isFile) throw noJournal(path);
  try {
    return { database: tryToRead(path, path), isFrozen: false };
  } catch (error) {
    const code = sqliteCode(error);
    // To read along with a writer, files beside the database are needed, which only the daemon's user may make.
    if (code !== CANTOPEN && code !== READONLY) {
      throw error instanceof JournalError ? error : broken(path, error);
    }
    if (walBytes(path) > 0) throw broken(path, error);
  }
  try {
    return { database: tryToRead(path, `${pathToFileURL(path).href}?immutable=1`), isFrozen: true };
  } catch (error) {
    throw error instanceof JournalError ? error : broken(path, error);
  }
}

function tryToRead(path: string, name: string): DatabaseSync {
  const database = new (sqlite().DatabaseSync)(name, { readOnly: true });
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    if (isEmpty(path, database)) throw noJournal(path);
    // The first look at the tables, for which SQLite wants its other files.
    database.prepare("SELECT count(*) FROM lost").get();
    return database;
  } catch (error) {
    database.close();
    throw sqliteCode(error) === NOTADB ? noJournal(path) : error;
  }
}

/** Bytes in the write-ahead log beside a database. */
export function walBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

/** True for a file without anything; throws where there is something else than a journal of this version. */
function isEmpty(path: string, database: DatabaseSync): boolean {
  const application = numberOf(database, "PRAGMA application_id");
  const version = numberOf(database, "PRAGMA user_version");
  if (application === 0 && version === 0 && numberOf(database, "SELECT count(*) FROM sqlite_schema") === 0) {
    return true;
  }
  if (application !== APPLICATION_ID) throw noJournal(path);
  if (version !== VERSION) {
    throw new JournalError(
      `${path} is a journal of version ${version}, and this snet knows version ${VERSION}: use the snet that wrote it, ` +
        "or move the file away",
    );
  }
  return false;
}

function create(path: string, database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    // Another one may have been quicker.
    if (isEmpty(path, database)) database.exec(TABLES);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

/** The first value of the first row, which is a number. */
export function numberOf(database: DatabaseSync, sql: string): number {
  return Object.values(database.prepare(sql).get()!)[0] as number;
}

function noJournal(path: string): JournalError {
  return new JournalError(`${path} is no journal of snet`);
}

function unreadable(path: string, error: unknown): JournalError {
  if (error instanceof Deno.errors.NotFound) {
    return new JournalError(
      `There is no journal at ${path}; the plugin "journal" of snet.yaml keeps one, and --file names another place`,
    );
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new JournalError(`No permission to read ${path}: it is open to root and to members of group snet`);
  }
  return broken(path, error);
}

function broken(path: string, error: unknown): JournalError {
  return new JournalError(`Cannot read ${path}: ${(error as Error).message}`);
}
