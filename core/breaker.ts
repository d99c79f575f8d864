/**
 * A circuit breaker for a plugin that may wait: one that keeps failing is not asked for a while, so that calls need not wait
 * for what is not going to come. Afterwards one question tries it; the pause doubles each time that this fails too.
 */

/** So many failures one after the other open it: fewer happen to whoever restarts a server. */
export const FAILURES_TO_OPEN = 5;
/** Milliseconds of the first pause, and of the longest. */
export const FIRST_PAUSE = 1000;
export const LONGEST_PAUSE = 60_000;

/** `closed`: the plugin is asked; `open`: it is not; `half-open`: one question tries it, the others do not wait for that. */
export type BreakerState = "closed" | "open" | "half-open";

/** How it stands, and what it has done. */
export interface BreakerCounts {
  readonly state: BreakerState;
  /** Failures since the last success. */
  readonly failures: number;
  /** Times that it opened after it had been closed. */
  readonly opened: number;
  /** Questions that were not put to the plugin. */
  readonly shortCircuited: number;
}

/** What {@linkcode Breaker.enter} gives to whoever may ask; what becomes of that is told with it. */
export type Trial = number;

export class Breaker {
  readonly #now: () => number;
  readonly #onChange: (state: "open" | "closed", pause: number) => void;
  /** Counts openings and closings: outcomes of trials from before say nothing about now. */
  #epoch = 0;
  #isOpen = false;
  #isTried = false;
  #failures = 0;
  #opened = 0;
  #shortCircuited = 0;
  #pause = FIRST_PAUSE;
  #retryAt = 0;

  /**
   * `now` gives milliseconds; `onChange` hears when it opens, for how many milliseconds, and when it closes; `limit` failures
   * one after the other open it.
   */
  constructor(
    now: () => number,
    onChange: (state: "open" | "closed", pause: number) => void = () => {},
    readonly limit: number = FAILURES_TO_OPEN,
  ) {
    this.#now = now;
    this.#onChange = onChange;
  }

  /** Undefined where the plugin is not to be asked. */
  enter(): Trial | undefined {
    if (!this.#isOpen) return this.#epoch;
    if (this.#isTried || this.#now() < this.#retryAt) {
      this.#shortCircuited++;
      return undefined;
    }
    this.#isTried = true;
    return this.#epoch;
  }

  succeeded(trial: Trial): void {
    if (trial !== this.#epoch) return;
    this.#failures = 0;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#isTried = false;
    this.#epoch++;
    this.#pause = FIRST_PAUSE;
    this.#onChange("closed", 0);
  }

  failed(trial: Trial): void {
    if (trial !== this.#epoch) return;
    this.#failures++;
    if (!this.#isOpen && this.#failures < this.limit) return;
    if (this.#isOpen) this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    else this.#opened++;
    const isNews = !this.#isOpen;
    this.#isOpen = true;
    this.#isTried = false;
    this.#epoch++;
    this.#retryAt = this.#now() + this.#pause;
    if (isNews) this.#onChange("open", this.#pause);
  }

  /** The question has ended before its answer: that says nothing about the plugin. */
  cancelled(trial: Trial): void {
    if (trial === this.#epoch) this.#isTried = false;
  }

  /** True where every question is put to the plugin. */
  get isClosed(): boolean {
    return !this.#isOpen;
  }

  get counts(): BreakerCounts {
    return {
      state: !this.#isOpen ? "closed" : this.#isTried ? "half-open" : "open",
      failures: this.#failures,
      opened: this.#opened,
      shortCircuited: this.#shortCircuited,
    };
  }
}
