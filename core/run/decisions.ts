/** What is told of the decisions of a run: the log, line by line, and the line at the end. */

import type { Output } from "../cli/output.ts";
import { printable } from "../cli/text.ts";
import { localUsers } from "../cli/users.ts";
import type { Feed } from "../feed.ts";
import type { Link } from "../link.ts";
import type { Ring } from "../ring.ts";
import { DecisionLog, openLog } from "./log.ts";
import type { RunOptions } from "./options.ts";
import { Denials } from "./summary.ts";

/** Observes a run. While nothing is to be told of it, nobody does, and deciding is the faster for it. */
export class Decisions {
  readonly #feed: Feed;
  readonly #ring: Ring;
  readonly #output: Output;
  readonly #log: DecisionLog | undefined;
  readonly #denials: Denials | undefined;
  readonly #stops: readonly (() => void)[];

  private constructor(
    options: Pick<RunOptions, "log" | "json" | "quiet">,
    feed: Feed,
    ring: Ring,
    links: readonly Link[],
    output: Output,
  ) {
    const names = links.map(({ name, instance }) => ({ name, rules: instance.rules ?? [] }));
    const form = { json: options.json === true, names, userName: localUsers() };
    this.#feed = feed;
    this.#ring = ring;
    this.#output = output;
    this.#log = options.log === undefined
      ? undefined
      : new DecisionLog(options.log, openLog(options.log), form);
    this.#denials = options.quiet ? undefined : new Denials();
    this.#stops = [this.#log, this.#denials].flatMap((each) =>
      each === undefined ? [] : [feed.observe(each.add)]
    );
  }

  /** Begins to observe. `links` are those of the chain, in its order. Throws an Error of one line where the log cannot be opened. */
  static open(
    options: Pick<RunOptions, "log" | "json" | "quiet">,
    feed: Feed,
    ring: Ring,
    links: readonly Link[],
    output: Output,
  ): Decisions {
    return new Decisions(options, feed, ring, links, output);
  }

  /** Writes what is left and says what was denied. Call it when nothing is decided any more. */
  async close(): Promise<void> {
    if (this.#stops.length > 0) this.#feed.drain();
    for (const stop of this.#stops) stop();
    const { dropped } = this.#ring;
    const missing = await this.#log?.close(dropped);
    if (this.#denials?.line !== undefined) this.#say(this.#denials.line);
    if (missing !== undefined) this.#say(printable(missing));
    else if (this.#denials !== undefined && dropped > 0) {
      this.#say(
        `${dropped} more ${dropped === 1 ? "call was" : "calls were"} decided, too fast to be looked at here`,
      );
    }
  }

  #say(text: string): void {
    this.#output.error(`snet: ${text}`);
  }
}
