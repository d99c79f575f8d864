/** What a plugin logs, on its way to the operator: printable, cut, and no more than a person would read. */

import { printable } from "../cli/text.ts";
import type { Log, LogLevel } from "../log.ts";
import type { SandboxCounters } from "./counters.ts";
import { LONGEST_TEXT } from "./protocol.ts";
import { Budget } from "./rate.ts";

/** Lines in a second, and at once. */
const LINES = { perSecond: 2, burst: 20 } as const;

export class LimitedLog {
  readonly #name: string;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #budget: Budget;
  readonly #counters: SandboxCounters;
  #left = 0;

  constructor(name: string, log: Log, now: () => number, counters: SandboxCounters) {
    this.#name = name;
    this.#log = log;
    this.#now = now;
    this.#budget = new Budget(LINES.perSecond, LINES.burst, now());
    this.#counters = counters;
  }

  /** A line of the plugin's. */
  plugin(level: LogLevel, message: string): void {
    if (!this.#budget.take(1, this.#now())) {
      this.#left++;
      this.#counters.unlogged++;
      return;
    }
    this.#counters.logged++;
    if (this.#left > 0) this.own("warning", `it logs too much: ${this.#left} lines were left out`);
    this.#left = 0;
    this.#log(level, `${this.#name}: ${printable(message.slice(0, LONGEST_TEXT))}`);
  }

  /** A line of snet's about it; what it quotes of the plugin is printable already. */
  own(level: LogLevel, message: string): void {
    this.#log(level, `plugin ${this.#name}: ${message}`);
  }
}
