/** What is written down of a run while it goes on: the log of `--log`, and what was denied for the line at the end. */

import type { Output } from "../cli/output.ts";
import { localUsers } from "../cli/users.ts";
import { Feed, type Observer } from "../feed.ts";
import type { Ring } from "../ring.ts";
import { DecisionLog, openLog } from "./log.ts";
import type { RunOptions } from "./options.ts";
import type { RunChain } from "./run_chain.ts";
import { Denials } from "./summary.ts";

/** Observes every decision of a run. */
export class Record {
  readonly #feed: Feed;
  readonly #ring: Ring;
  readonly #denials = new Denials();
  readonly #log: DecisionLog | undefined;
  readonly #output: Output;
  readonly #stops: (() => void)[] = [];

  /** Begins. Throws an Error of one line where the log cannot be written. */
  constructor(
    { log, json, quiet }: RunOptions,
    { links, slow }: RunChain,
    ring: Ring,
    output: Output,
  ) {
    const names = [...links, ...slow].map(({ name, instance }) => ({ name, rules: instance.rules ?? [] }));
    this.#ring = ring;
    this.#output = output;
    this.#feed = new Feed(ring, (plugin) => names[plugin]?.name);
    if (log !== undefined) {
      this.#log = new DecisionLog(log, openLog(log), {
        json: json === true,
        names,
        userName: localUsers(),
      });
      this.#stops.push(this.#feed.observe(this.#log.add));
    }
    // Nobody reads the line of a run whose standard error is a file: whoever wants it there has the log.
    if (quiet !== true && Deno.stderr.isTerminal()) this.#stops.push(this.#feed.observe(this.#denials.add));
  }

  /** How many observe besides. */
  get observers(): number {
    return this.#feed.observers;
  }

  /** Shows each decision to somebody else, too, until the returned function is called. */
  observe(observer: Observer): () => void {
    return this.#feed.observe(observer);
  }

  /** Takes what is left, writes it down, and says what was denied. */
  async close(): Promise<void> {
    if (this.observers > 0) this.#feed.drain();
    for (const stop of this.#stops) stop();
    const missing = await this.#log?.close(this.#ring.dropped);
    for (const line of [missing, this.#denials.line]) {
      if (line !== undefined) this.#output.error(`snet: ${line}`);
    }
  }
}
