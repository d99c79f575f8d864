/** A clock and its alarms, passed in so that tests need not wait. */

export interface Timers {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Runs a task after some milliseconds, unless the returned function is called before. */
  after(milliseconds: number, task: () => void): () => void;
  /** From 0 to 1. */
  random(): number;
}

export const SYSTEM_TIMERS: Timers = {
  now: () => performance.now(),
  after: (milliseconds, task) => {
    const id = setTimeout(task, milliseconds);
    return () => clearTimeout(id);
  },
  random: Math.random,
};
