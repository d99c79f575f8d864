/** Budgets: what a plugin may make snet read, and log, in a time. */

/** A token bucket; amounts may exceed it, and are owed then. */
export class Budget {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #at: number;

  /** @param perSecond what comes back each second @param burst the most that is saved @param now milliseconds */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
    this.#at = now;
  }

  /** Takes an amount if there is any left at all; false takes nothing. */
  take(amount: number, now: number): boolean {
    this.#refill(now);
    if (this.#left <= 0) return false;
    this.#left -= amount;
    return true;
  }

  /** Takes an amount in any case: milliseconds until nothing is owed any more. */
  spend(amount: number, now: number): number {
    this.#refill(now);
    this.#left -= amount;
    return Math.max(0, -this.#left * 1000 / this.#perSecond);
  }

  #refill(now: number): void {
    this.#left = Math.min(this.#burst, this.#left + Math.max(0, now - this.#at) * this.#perSecond / 1000);
    this.#at = now;
  }
}
