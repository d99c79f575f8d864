/** `snet run --log`: decisions as lines of a file, written by the main thread, so that no call waits for a disk. */

import { safeJson } from "../cli/json.ts";
import { rowOf } from "../cli/row.ts";
import { Table } from "../cli/table.ts";
import type { UserName } from "../cli/users.ts";
import { observationJson, type RuleNames } from "../control/json.ts";
import type { Told } from "../feed.ts";

/** Where lines go to. */
export interface LogFile {
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** What a log looks like. */
export interface LogForm {
  /** One JSON object a line, as `snet watch --json` has them; else rows, as `snet watch` prints them to a pipe. */
  readonly json: boolean;
  /** Rules of the chain's links. */
  readonly names: RuleNames;
  readonly userName: UserName;
}

/** Characters that wait to be written where the file is slower than the calls: some 20,000 decisions. */
const ROOM = 8 * 1024 * 1024;
/** The name that stands for standard error. */
const STANDARD_ERROR = "-";

/** Opens a file to add lines to, or standard error for `-`. Throws an Error of one line. */
export function openLog(path: string): { readonly file: LogFile; readonly isNew: boolean } {
  // Closing it would take it from whoever else has something to say.
  if (path === STANDARD_ERROR) {
    return { file: { write: (bytes) => Deno.stderr.write(bytes), close: () => {} }, isNew: true };
  }
  try {
    const file = Deno.openSync(path, { append: true, create: true });
    return { file, isNew: file.statSync().size === 0 };
  } catch (error) {
    throw new Error(`Cannot write ${path}: ${reasonOf(error)}`);
  }
}

/** Writes one decision a line. What finds no room, or cannot be written, is counted. */
export class DecisionLog {
  readonly #file: LogFile;
  readonly #form: LogForm;
  readonly #table = new Table(undefined);
  #waiting: string[] = [];
  #room = ROOM;
  #lost = 0;
  #error: unknown;
  #writing: Promise<void> | undefined;

  /** `path` is for messages. The titles of the columns come first where the file is new. */
  constructor(
    readonly path: string,
    { file, isNew }: { readonly file: LogFile; readonly isNew: boolean },
    form: LogForm,
  ) {
    this.#file = file;
    this.#form = form;
    if (isNew && !form.json) this.#add(this.#table.header());
  }

  /** Adds a decision; the event is not kept. */
  readonly add = (told: Told): void => {
    const { json, names, userName } = this.#form;
    const observation = observationJson(told, names);
    const line = json ? safeJson(observation) : this.#table.row(rowOf(observation, userName));
    if (line.length > this.#room || this.#error !== undefined) this.#lost++;
    else this.#add(line);
  };

  /**
   * Writes what is left, and that decisions are missing where some are: `dropped` never came here. Returns a line for
   * people where something is missing.
   */
  async close(dropped: number): Promise<string | undefined> {
    await this.#writing;
    const missing = dropped + this.#lost;
    if (missing > 0) {
      this.#add(this.#form.json ? safeJson({ missing }) : `${countText(missing)} missing here`);
    }
    await this.#writing;
    this.#file.close();
    if (missing === 0 && this.#error === undefined) return undefined;
    const why = this.#error === undefined ? "they came too fast" : reasonOf(this.#error);
    return `${countText(missing)} missing in ${nameOf(this.path)}: ${why}`;
  }

  #add(line: string): void {
    this.#room -= line.length;
    this.#waiting.push(line);
    // Begun once for all that comes in one batch.
    this.#writing ??= Promise.resolve().then(() => this.#write());
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      try {
        await this.#writeAll(new TextEncoder().encode(`${lines.join("\n")}\n`));
      } catch (error) {
        this.#error ??= error;
        this.#lost += lines.length;
      }
      this.#room += lines.reduce((sum, { length }) => sum + length, 0);
    }
    // At once, so that no line can come between the last look and this.
    this.#writing = undefined;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) written += await this.#file.write(bytes.subarray(written));
  }
}

function nameOf(path: string): string {
  return path === STANDARD_ERROR ? "standard error" : path;
}

function countText(missing: number): string {
  return missing === 1 ? "1 decision is" : `${missing} decisions are`;
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, words = message] = /^(.*?) \(os error \d+\)/.exec(message) ?? [];
  return words.charAt(0).toLowerCase() + words.slice(1);
}
