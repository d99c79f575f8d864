/** How much is told: a token bucket, which counts what it held back. */

const MINUTE = 60_000;

export class Rate {
  #tokens: number;
  #time: number;
  #suppressed = 0;
  /** All that was held back since the beginning. */
  total = 0;

  /** `perMinute` on average and `burst` at once; `now` is in milliseconds and must not go back. */
  constructor(readonly perMinute: number, readonly burst: number, readonly now: () => number) {
    this.#tokens = burst;
    this.#time = now();
  }

  /** How many were held back since the last that may be told; undefined where this one may not be. */
  take(): number | undefined {
    const now = this.now();
    this.#tokens = Math.min(this.burst, this.#tokens + (now - this.#time) * this.perMinute / MINUTE);
    this.#time = now;
    if (this.#tokens < 1) {
      this.#suppressed++;
      this.total++;
      return undefined;
    }
    this.#tokens--;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return suppressed;
  }
}
