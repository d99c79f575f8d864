/**
 * Hands rows to the thread that writes them, a batch at a time, and keeps them until they are written: as many as there is
 * room for. What has to be left out is counted, and the count written as soon as anything can be.
 */

import type { PluginContext, PluginThread } from "../../core/mod.ts";
import type { Row } from "./row.ts";
import type { Limits, Lost } from "./store.ts";
import { type FromThread, type Later, Progress, timer, type ToThread } from "./thread.ts";

export interface RecorderOptions {
  readonly path: string;
  readonly limits: Limits;
  readonly start: () => PluginThread;
  readonly log: NonNullable<PluginContext["log"]>;
  readonly later?: Later;
}

/** Rows in one transaction: about 25 ms. */
const BATCH = 2000;
/** Milliseconds in which a batch gathers: what kill -9 can cost. */
const GATHER = 100;
/** Milliseconds until a batch that could not be written is tried again. */
const RETRY = 1000;
/** Milliseconds that the end of the daemon waits for the last rows. */
const LAST = 2000;
/** Characters of rows that wait: some 20,000 decisions. */
const ROOM = 16 * 1024 * 1024;
/** Characters that a row takes besides its event. */
const ROW = 256;

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #later: Later;
  /** What waits, the oldest first; those that the thread has now are its beginning. */
  #rows: Row[] = [];
  #room = ROOM;
  #lost: Lost | undefined;
  /** What the thread has now. */
  #sent: { readonly rows: number; readonly lost: Lost | undefined } | undefined;
  #number = 0;
  #thread: PluginThread | undefined;
  #cancel: (() => void) | undefined;
  /** What was logged and is not over. */
  #trouble: "slow" | "failing" | undefined;
  /** Decisions left out since the trouble began. */
  #missing = 0;
  #written = 0;
  #failures = 0;
  #dropped = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#later = options.later ?? timer;
  }

  /** Decisions that were written, wait and were left out, and how often writing failed. */
  get counts(): Readonly<Record<"written" | "waiting" | "failures" | "dropped", number>> {
    return {
      written: this.#written,
      waiting: this.#rows.length,
      failures: this.#failures,
      dropped: this.#dropped,
    };
  }

  /** Takes a row of this wall clock time; it is written soon. */
  add(row: Row, time: number): void {
    const size = sizeOf(row);
    if (size > this.#room) {
      this.#leaveOut(time);
      return;
    }
    this.#room -= size;
    this.#rows.push(row);
    if (this.#sent === undefined && this.#cancel === undefined) this.#sendIn(GATHER);
  }

  /** Writes what is left, and waits for it up to two seconds: the process may end next. */
  close(): void {
    this.#cancel?.();
    const rows = this.#rows.slice();
    if (this.#thread === undefined && rows.length === 0) return;
    // No message can be awaited here, as nothing else may come in between.
    const progress = new Int32Array(new SharedArrayBuffer(Progress.bytes));
    try {
      this.#sendLast(rows, progress.buffer);
      Atomics.wait(progress, Progress.ended, 0, LAST);
    } catch {
      // No thread can be started: told below.
    }
    this.#thread?.terminate();
    const left = rows.length - Atomics.load(progress, Progress.rows);
    if (left > 0) {
      this.#log("error", `${left} decisions could not be written to ${this.#options.path} any more`);
    }
  }

  #sendLast(rows: readonly Row[], progress: SharedArrayBuffer): void {
    const lost = without(this.#lost, this.#sent?.lost);
    const repeated = this.#sent?.rows ?? 0;
    // Nothing that the thread says is listened to any more.
    this.#sent = undefined;
    const thread = this.#started();
    const say = (message: Partial<ToThread> & Pick<ToThread, "rows">) =>
      thread.postMessage({ ...this.#file, number: this.#number++, lost: undefined, progress, ...message });
    // Of what the thread has already only it can say whether it was written.
    if (repeated > 0) say({ rows: rows.slice(0, repeated), repeated });
    for (let at = repeated; at < rows.length; at += BATCH) say({ rows: rows.slice(at, at + BATCH) });
    say({ rows: [], lost, isLast: true });
  }

  get #file(): Pick<ToThread, "path" | "limits"> {
    return { path: this.#options.path, limits: this.#options.limits };
  }

  #sendIn(milliseconds: number): void {
    this.#cancel = this.#later(milliseconds, () => {
      this.#cancel = undefined;
      this.#send();
    });
  }

  #send(): void {
    const rows = this.#rows.slice(0, BATCH);
    const lost = this.#lost;
    this.#sent = { rows: rows.length, lost };
    const number = this.#number++;
    try {
      this.#started().postMessage({ ...this.#file, rows, lost, number } satisfies ToThread);
    } catch (error) {
      this.#answered((error as Error).message);
    }
  }

  #started(): PluginThread {
    if (this.#thread !== undefined) return this.#thread;
    const thread = this.#options.start();
    thread.onmessage = ({ data }: MessageEvent<FromThread>) => this.#answered(data.failed);
    thread.onerror = (event) => {
      event.preventDefault();
      thread.terminate();
      this.#thread = undefined;
      this.#answered(`its thread died: ${event.message}`);
    };
    return this.#thread = thread;
  }

  #answered(failed: string | undefined): void {
    const sent = this.#sent;
    if (sent === undefined) return;
    this.#sent = undefined;
    if (failed !== undefined) {
      this.#failures++;
      if (this.#trouble !== "failing") {
        this.#trouble = "failing";
        this.#log(
          "error",
          `Cannot write to ${this.#options.path}: ${failed}; decisions wait until it can be, as far as there is room`,
        );
      }
      this.#sendIn(RETRY);
      return;
    }
    this.#written += sent.rows;
    for (const row of this.#rows.splice(0, sent.rows)) this.#room += sizeOf(row);
    this.#lost = without(this.#lost, sent.lost);
    if (this.#rows.length > 0 || this.#lost !== undefined) this.#send();
    else if (this.#trouble !== undefined) this.#tellOfEnd();
  }

  #leaveOut(time: number): void {
    const now = Math.round(time);
    const { since = now, count = 0 } = this.#lost ?? {};
    this.#lost = { since, until: now, count: count + 1 };
    this.#missing++;
    this.#dropped++;
    if (this.#trouble !== undefined) return;
    this.#trouble = "slow";
    this.#log("warning", `Writing to ${this.#options.path} takes too long; decisions are left out of it`);
  }

  #tellOfEnd(): void {
    const { path } = this.#options;
    const missing = this.#missing === 0 ? "nothing is missing" : `${this.#missing} decisions are missing`;
    this.#log("info", `Writing to ${path} keeps up again; ${missing}`);
    this.#trouble = undefined;
    this.#missing = 0;
  }

  #log(level: "info" | "warning" | "error", message: string): void {
    this.#options.log(level, `Journal: ${message}`);
  }
}

function sizeOf({ values }: Row): number {
  return (values.at(-1) as string).length + ROW;
}

/** What was lost since `written` was sent. */
function without(lost: Lost | undefined, written: Lost | undefined): Lost | undefined {
  if (lost === undefined || written === undefined || lost.count === written.count) {
    return lost?.count === written?.count ? undefined : lost;
  }
  return { since: written.until, until: lost.until, count: lost.count - written.count };
}
