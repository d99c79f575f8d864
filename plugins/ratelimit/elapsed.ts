/** Time that never runs backwards, made of a wall clock that somebody may set. */

/** Whole milliseconds since it was made. */
export class Elapsed {
  #last: number;
  #passed = 0;

  constructor(readonly clock: () => number) {
    this.#last = Math.floor(clock());
  }

  /**
   * The time that has passed. While a clock that was set back catches up nothing is lost: time goes on from there. One
   * that was set forward counts as time passed.
   */
  read(): number {
    const now = Math.floor(this.clock());
    if (now > this.#last) this.#passed += now - this.#last;
    this.#last = now;
    return this.#passed;
  }
}
