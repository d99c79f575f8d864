/** Time that never runs backwards, made of a wall clock that somebody may set. */

/** Whole milliseconds since it was made. */
export class Elapsed {
  readonly #start: number;
  /** Since the start, as the clock has it: small numbers, which V8 keeps without allocating. */
  #last = 0;
  #passed = 0;

  constructor(readonly clock: () => number) {
    this.#start = Math.floor(clock());
  }

  /**
   * The time that has passed. While a clock that was set back catches up nothing is lost: time goes on from there. One
   * that was set forward counts as time passed.
   */
  read(): number {
    const now = Math.floor(this.clock() - this.#start);
    if (now > this.#last) this.#passed += now - this.#last;
    this.#last = now;
    return this.#passed;
  }
}
