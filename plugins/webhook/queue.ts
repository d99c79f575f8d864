/** Lines on their way to the server, in memory: the oldest are dropped where there are too many. */

/** Lines in their order, of which some are taken, sent, and then done with. */
export interface Queue {
  readonly isEmpty: boolean;
  /** Lines that were lost since the beginning: for lack of room, or since the disk refused or damaged them. */
  readonly lost: number;
  append(lines: readonly string[]): void;
  /** The oldest, at most so many of at most so many bytes together, one at least; they stay until `done`. */
  take(count: number, bytes: number): readonly string[];
  /** What `take` gave last need not be kept any more. */
  done(): void;
  close(): void;
}

export class MemoryQueue implements Queue {
  #lines: string[] = [];
  /** Of the lines, how many `take` gave last; those that were dropped meanwhile are none of them any more. */
  #taken = 0;
  lost = 0;

  /** `limit`: lines that are kept. */
  constructor(readonly limit: number) {}

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  append(lines: readonly string[]): void {
    this.#lines.push(...lines);
    const excess = this.#lines.length - this.limit;
    if (excess <= 0) return;
    // Some may be on their way, and arrive: that counts too many rather than too few.
    this.lost += excess;
    this.#lines.splice(0, excess);
    this.#taken = Math.max(0, this.#taken - excess);
  }

  take(count: number, bytes: number): readonly string[] {
    const lines: string[] = [];
    let size = 0;
    for (const line of this.#lines) {
      size += line.length;
      if (lines.length > 0 && (lines.length >= count || size > bytes)) break;
      lines.push(line);
    }
    this.#taken = lines.length;
    return lines;
  }

  done(): void {
    this.#lines.splice(0, this.#taken);
    this.#taken = 0;
  }

  close(): void {}
}
