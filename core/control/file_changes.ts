/** Files that people change through the API: each change is loaded before the next is begun, or taken back; and can be undone. */

import { utf8 } from "../../ffi/mod.ts";
import { readRegularFile } from "../regular_file.ts";
import { updateFile } from "../rule_file/text_file.ts";
import { RequestError } from "./request_error.ts";
import { MOST_TEXT } from "./rule_list.ts";

/** Saves that can be undone, and characters that are kept for that. */
const MOST_SAVES = 20;
const MOST_KEPT = 4 * 1024 * 1024;

export interface FileChangesParts {
  /** Takes over what has changed; rejects where that is refused, and then nothing has. */
  readonly reload: () => Promise<unknown>;
  readonly now: () => number;
}

/** A change that was saved. */
export interface Saved {
  readonly path: string;
  readonly former: string;
  readonly text: string;
  readonly time: number;
}

/** All that it throws is a RequestError, of several lines where a file has several mistakes. */
export class FileChanges {
  readonly #parts: FileChangesParts;
  /** The oldest first. */
  #saves: readonly Saved[] = [];
  #changing: Promise<unknown> = Promise.resolve();

  constructor(parts: FileChangesParts) {
    this.#parts = parts;
  }

  /** The last change of one of these files; undefined where none can be undone. */
  last(isOne: (path: string) => boolean): Saved | undefined {
    return this.#saves.findLast(({ path }) => isOne(path));
  }

  /** Runs what a change is made of when those before it have ended. */
  inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(change);
    this.#changing = done.catch(() => {});
    return done;
  }

  /** Within a turn: writes a text over the one that is expected and has it loaded; else the former text is back. */
  async save(path: string, text: string, isExpected: (now: string) => boolean): Promise<void> {
    const former = await this.#write(path, text, isExpected);
    if (former !== text) this.#keep({ path, former, text, time: this.#parts.now() });
  }

  /** Puts back what stood in one of these files before its last save. */
  undo(isOne: (path: string) => boolean): Promise<Saved> {
    return this.inTurn(async () => {
      const last = this.last(isOne);
      if (last === undefined) throw new RequestError(409, "Nothing was saved here that could be undone");
      await this.#write(last.path, last.former, (now) => now === last.text);
      this.#saves = this.#saves.filter((saved) => saved !== last);
      return last;
    });
  }

  /** Resolves to the former text. */
  async #write(path: string, text: string, isExpected: (now: string) => boolean): Promise<string> {
    let former = "";
    await update(path, (now) => {
      if (now === undefined || !isExpected(now)) {
        throw new RequestError(409, `${path} was changed meanwhile by somebody else; nothing was written`);
      }
      former = now;
      return text;
    });
    try {
      await this.#parts.reload();
    } catch (error) {
      // What somebody else wrote since then is theirs.
      await update(path, (now) => now === text ? former : undefined);
      // So that the daemon does not go on to say that it refused what stands there.
      await this.#parts.reload().catch(() => {});
      throw new RequestError(409, `Not loaded, so nothing has changed: ${(error as Error).message}`);
    }
    return former;
  }

  #keep(saved: Saved): void {
    const saves = [...this.#saves, saved].slice(-MOST_SAVES);
    const size = () => saves.reduce((sum, { former, text }) => sum + former.length + text.length, 0);
    while (saves.length > 1 && size() > MOST_KEPT) saves.shift();
    this.#saves = saves;
  }
}

async function update(path: string, edit: (text: string | undefined) => string | undefined): Promise<void> {
  try {
    await updateFile(path, edit);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestError(409, (error as Error).message);
  }
}

/** What stands in a file; undefined where it cannot be read, or is far longer than what is changed here. */
export function textAt(path: string): string | undefined {
  try {
    // Of UTF-8 a character is four bytes at most.
    return Deno.statSync(path).size > 4 * MOST_TEXT ? undefined : utf8(readRegularFile(path));
  } catch {
    return undefined;
  }
}
