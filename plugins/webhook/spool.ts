/**
 * Lines on their way to the server, on the disk: they outlive the process, also one that is killed. A folder of segments
 * (`0000000000000001.jsonl`, one line each), of which the first are removed when they are done with, or when all together
 * are too long; and a file `cursor`, which says up to where the first is done with.
 *
 * What is written survives the process at once, and a machine that loses power from the next sync on. A batch that was
 * sent but not yet done with is sent again.
 */

import { join } from "node:path";
import { checkFolder } from "../../core/mod.ts";
import type { Queue } from "./queue.ts";

const NAME = /^(\d{16})\.jsonl$/;
const NEWLINE = 10;
/** A spool is cut into so many segments, or more: what is dropped for lack of room is one of them. */
const SEGMENTS = 8;
/** Most bytes of a segment: one is read as a whole when it is dropped, or was torn. */
const MOST_SEGMENT = 8 * 1024 * 1024;
const ADVICE = "; choose a folder of root alone, such as /var/lib/snet/webhook";

interface Segment {
  readonly number: number;
  readonly path: string;
  bytes: number;
}

export interface SpoolOptions {
  /** Most bytes on the disk. */
  readonly limit: number;
  /** Bytes after which another segment begins; an eighth of the limit, 8 MiB at most, if absent. */
  readonly segment?: number;
  /** Milliseconds within which what was written is synced. */
  readonly sync: number;
  /** Says one line to the operator. */
  readonly log: (level: "warning" | "error", message: string) => void;
}

export class Spool implements Queue {
  lost = 0;
  readonly #options: Required<SpoolOptions>;
  readonly #lock: Deno.FsFile;
  /** In their order; the last is written to. */
  readonly #segments: Segment[] = [];
  #tail: Deno.FsFile;
  /** Up to where the first segment is done with. */
  #offset = 0;
  /** Where `done` moves to; the segment by its number, for the first may have been dropped meanwhile. */
  #taken: { readonly segment: number; readonly offset: number } | undefined;
  #syncTimer: ReturnType<typeof setTimeout> | undefined;
  #hasToldLoss = false;
  #isClosed = false;

  /**
   * Opens the spool of a folder, which is made if it is not there.
   *
   * Throws an Error of one line where that cannot be, such as for another process that has it.
   */
  static open(folder: string, options: SpoolOptions): Spool {
    try {
      Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
      // Whoever can write there could tell the server what never happened.
      checkFolder(folder, Deno.uid() ?? 0, ADVICE);
      return new Spool(folder, options);
    } catch (error) {
      throw new Error(`Cannot keep notifications in ${folder}: ${(error as Error).message}`);
    }
  }

  private constructor(readonly folder: string, options: SpoolOptions) {
    this.#options = { segment: segmentOf(options.limit), ...options };
    this.#lock = Deno.openSync(join(folder, "lock"), { write: true, create: true, mode: 0o600 });
    try {
      if (!this.#lock.tryLockSync(true)) throw new Error("another snet uses it");
      this.#find();
      this.#tail = this.#open(this.#segments.at(-1)!);
    } catch (error) {
      this.#lock.close();
      throw error;
    }
  }

  get isEmpty(): boolean {
    const [first] = this.#segments;
    return this.#segments.length === 1 && this.#offset >= first!.bytes;
  }

  append(lines: readonly string[]): void {
    if (this.#isClosed) return;
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
    const tail = this.#segments.at(-1)!;
    try {
      writeAll(this.#tail, bytes);
      tail.bytes += bytes.length;
      if (tail.bytes >= this.#options.segment) this.#begin();
      this.#shorten();
    } catch (error) {
      this.#refused(lines.length, error as Error);
    }
    this.#syncTimer ??= setTimeout(() => this.#sync(), this.#options.sync);
  }

  take(count: number, bytes: number): readonly string[] {
    // A segment without a whole line is passed over; the last may have none yet.
    for (;;) {
      const [first] = this.#segments;
      const { lines, end } = this.#isThere(first!)
        ? this.#read(first!, count, bytes)
        : this.#vanished(first!);
      this.#taken = { segment: first!.number, offset: end };
      if (lines.length > 0 || this.isEmpty) return lines;
      this.done();
    }
  }

  done(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    const [first] = this.#segments;
    // Where the segment was dropped meanwhile, all of the next is still to be sent.
    if (this.#isClosed || taken === undefined || taken.segment !== first!.number) return;
    this.#offset = taken.offset;
    if (this.#offset >= first!.bytes && this.#segments.length > 1) this.#removeFirst();
    this.#saveCursor();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#syncTimer);
    try {
      this.#tail.syncDataSync();
    } catch {
      // What could not be synced is written all the same.
    }
    this.#tail.close();
    this.#lock.close();
  }

  /** Finds what an earlier life has left: segments, how far they were done with, and the end of the last whole line. */
  #find(): void {
    for (const { name } of Deno.readDirSync(this.folder)) {
      const number = Number(NAME.exec(name)?.[1] ?? NaN);
      if (Number.isNaN(number)) continue;
      const path = join(this.folder, name);
      this.#segments.push({ number, path, bytes: Deno.statSync(path).size });
    }
    this.#segments.sort((a, b) => a.number - b.number);
    const cursor = this.#readCursor();
    while (this.#segments.length > 0 && this.#segments[0]!.number < cursor.segment) this.#dropFile();
    const [first] = this.#segments;
    if (first?.number === cursor.segment) this.#offset = Math.min(cursor.offset, first.bytes);
    const last = this.#segments.at(-1);
    if (last === undefined) this.#segments.push(this.#segment(Math.max(1, cursor.segment)));
    else this.#cutTornLine(last);
  }

  /** A line that was half written when the machine stopped is no line. */
  #cutTornLine(last: Segment): void {
    const bytes = Deno.readFileSync(last.path);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end === bytes.length) return;
    Deno.truncateSync(last.path, end);
    last.bytes = end;
    if (this.#segments.length === 1) this.#offset = Math.min(this.#offset, end);
    this.lost++;
  }

  #isThere({ path }: Segment): boolean {
    try {
      Deno.statSync(path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Somebody has removed a segment: what was in it is lost, and what is written to it would be too. */
  #vanished({ path, bytes }: Segment): { lines: readonly string[]; end: number } {
    this.#tellLoss(`there is no ${path} any more`);
    this.lost++;
    if (this.#segments.length === 1) this.#begin();
    return { lines: [], end: bytes };
  }

  /** Whole lines from where the segment is done with, and where they end. What is no JSON any more is lost. */
  #read(segment: Segment, count: number, bytes: number): { lines: readonly string[]; end: number } {
    const chunk = readFrom(segment.path, this.#offset, Math.min(bytes, segment.bytes - this.#offset));
    let end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      // One line is longer than a batch, or the rest of the segment is damaged.
      const rest = readFrom(segment.path, this.#offset, segment.bytes - this.#offset);
      end = rest.indexOf(NEWLINE) + 1;
      if (end === 0) {
        if (rest.length > 0) this.lost++;
        return { lines: [], end: segment.bytes };
      }
      return { lines: this.#whole([decode(rest.subarray(0, end - 1))]), end: this.#offset + end };
    }
    const lines: string[] = [];
    let start = 0;
    while (start < end && lines.length < count) {
      const next = chunk.indexOf(NEWLINE, start);
      lines.push(decode(chunk.subarray(start, next)));
      start = next + 1;
    }
    return { lines: this.#whole(lines), end: this.#offset + start };
  }

  /** Those lines that are JSON: one that is not would spoil the whole batch. */
  #whole(lines: readonly string[]): readonly string[] {
    const whole = lines.filter(isJson);
    this.lost += lines.length - whole.length;
    return whole;
  }

  #begin(): void {
    const segment = this.#segment(this.#segments.at(-1)!.number + 1);
    const file = this.#open(segment);
    try {
      this.#tail.syncDataSync();
    } finally {
      this.#tail.close();
      this.#tail = file;
      this.#segments.push(segment);
    }
  }

  /** Drops the oldest where the disk holds more than it may. */
  #shorten(): void {
    let total = this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
    while (total > this.#options.limit && this.#segments.length > 1) {
      const [first] = this.#segments;
      total -= first!.bytes;
      this.#tellLoss("it holds no more; the oldest are dropped");
      this.lost += this.#linesLeft(first!);
      this.#removeFirst();
      this.#saveCursor();
    }
  }

  /** Lines of the first segment that were not done with; one at least where it cannot be read. */
  #linesLeft({ path, bytes }: Segment): number {
    try {
      const rest = readFrom(path, this.#offset, bytes - this.#offset);
      return rest.reduce((lines, byte) => byte === NEWLINE ? lines + 1 : lines, 0);
    } catch {
      return 1;
    }
  }

  #removeFirst(): void {
    this.#dropFile();
    this.#offset = 0;
  }

  #dropFile(): void {
    const first = this.#segments.shift();
    if (first === undefined) return;
    try {
      Deno.removeSync(first.path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      this.#options.log("warning", `Cannot remove ${first.path}: ${(error as Error).message}`);
    }
  }

  /** The disk takes nothing: half a line must not stay, or the next would be spoiled too. */
  #refused(count: number, error: Error): void {
    this.#tellLoss(error.message);
    this.lost += count;
    const tail = this.#segments.at(-1)!;
    try {
      this.#tail.truncateSync(tail.bytes);
    } catch {
      // Then it is torn, which is found when it is read.
    }
  }

  /** The first time; counters tell the rest. */
  #tellLoss(why: string): void {
    if (!this.#hasToldLoss) this.#options.log("error", `Notifications are lost: ${this.folder}: ${why}`);
    this.#hasToldLoss = true;
  }

  async #sync(): Promise<void> {
    this.#syncTimer = undefined;
    try {
      await this.#tail.syncData();
    } catch (error) {
      // Another segment has begun, which has synced this one; or the disk is broken, which the next write tells.
      if (!(error instanceof Deno.errors.BadResource) && !this.#isClosed) {
        this.#options.log("error", `Cannot sync ${this.folder}: ${(error as Error).message}`);
      }
    }
  }

  #segment(number: number): Segment {
    return { number, path: join(this.folder, `${String(number).padStart(16, "0")}.jsonl`), bytes: 0 };
  }

  #open({ path }: Segment): Deno.FsFile {
    return Deno.openSync(path, { append: true, create: true, mode: 0o600 });
  }

  #readCursor(): { readonly segment: number; readonly offset: number } {
    let text = "";
    try {
      text = Deno.readTextFileSync(join(this.folder, "cursor"));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const [, segment, offset] = /^(\d+) (\d+)\n$/.exec(text) ?? [];
    // Without one everything is sent again, which a server can tell.
    return { segment: Number(segment ?? 0), offset: Number(offset ?? 0) };
  }

  /** By way of another file, so that there is always a whole one. */
  #saveCursor(): void {
    const path = join(this.folder, "cursor");
    try {
      Deno.writeTextFileSync(`${path}.new`, `${this.#segments[0]!.number} ${this.#offset}\n`, {
        mode: 0o600,
      });
      Deno.renameSync(`${path}.new`, path);
    } catch (error) {
      this.#options.log(
        "warning",
        `Cannot write ${path}, some will be sent twice: ${(error as Error).message}`,
      );
    }
  }
}

/** Bytes after which another segment begins. */
export function segmentOf(limit: number): number {
  return Math.min(Math.ceil(limit / SEGMENTS), MOST_SEGMENT);
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}

function readFrom(path: string, offset: number, length: number): Uint8Array {
  using file = Deno.openSync(path);
  file.seekSync(offset, Deno.SeekMode.Start);
  const bytes = new Uint8Array(Math.max(0, length));
  let size = 0;
  while (size < bytes.length) {
    const read = file.readSync(bytes.subarray(size));
    if (read === null) break;
    size += read;
  }
  return bytes.subarray(0, size);
}

const decoder = new TextDecoder();

function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function isJson(line: string): boolean {
  try {
    return typeof JSON.parse(line) === "object";
  } catch {
    return false;
  }
}
