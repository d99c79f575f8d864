/** What a person should be told once, instead of wondering why a program fails. */

import { ERRNO, errnoName } from "../errno.ts";
import type { UnreadableTask } from "./task.ts";

/** Different ones that are told; a program that makes up names of its own must not fill the terminal. */
const LIMIT = 64;

const NO_DESCRIPTORS =
  "Calls are refused: so many threads wait at once that snet may open no more files (EMFILE; ulimit -Hn)";

/** Lines for people, each once. */
export class Notices {
  readonly #told = new Set<string>();
  readonly #waiting: string[] = [];

  /** A task whose calls are refused since nobody knows what it is. */
  unreadable({ tid, comm, errno }: UnreadableTask): void {
    if (errno === ERRNO.EMFILE) return this.#tell("descriptors", NO_DESCRIPTORS);
    const name = printable(comm);
    this.#tell(
      name,
      `Cannot look into ${name} (thread ${tid}): its calls are refused (${errnoName(errno)}; ` +
        "it runs as another user, or is not dumpable)",
    );
  }

  /** A call that could not be carried out. */
  failed(nr: number, error: unknown): void {
    const message = printable(error instanceof Error ? error.message : String(error));
    this.#tell(message, `System call ${nr} was refused: ${message}`);
  }

  /** A call that found too many waiting already. */
  limited(limit: number): void {
    this.#tell("limited", `Calls are refused: ${limit} of the program's calls wait already, and no more may`);
  }

  /** The next line. */
  take(): string | undefined {
    return this.#waiting.shift();
  }

  #tell(what: string, line: string): void {
    if (this.#told.has(what) || this.#told.size >= LIMIT) return;
    this.#told.add(what);
    this.#waiting.push(line);
  }
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?") || "?";
}
