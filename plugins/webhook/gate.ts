/** Lets so many in at once, and so many wait; nobody else. */

/** There is no room, not even to wait. */
export class GateFullError extends Error {
  /** Name of the class. */
  override readonly name = "GateFullError";
}

export class Gate {
  #inside = 0;
  readonly #waiting = new Set<() => void>();

  /** `room` are in at once, `queue` wait. */
  constructor(readonly room: number, readonly queue: number) {}

  /**
   * Runs a task as soon as there is room, in the order of asking.
   *
   * Throws a {@linkcode GateFullError} where as many wait as may, and the signal's reason where it is aborted meanwhile.
   */
  async run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#inside < this.room) this.#inside++;
    else await this.#wait(signal);
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  /** Whoever leaves hands the place over, so that nobody slips in between. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#inside--;
    else next();
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.queue) {
      throw new GateFullError(
        `${this.#inside} questions are asked and ${this.#waiting.size} wait, no more may`,
      );
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        this.#waiting.delete(enter);
        signal.removeEventListener("abort", stop);
        resolve();
      };
      const stop = () => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      this.#waiting.add(enter);
      signal.addEventListener("abort", stop, { once: true });
    });
  }
}
