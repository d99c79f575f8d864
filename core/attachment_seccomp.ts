/** The reactor at one program and its children, whose calls seccomp holds. There are no tickets: `remember` has no effect. */

import { Action, close, SeccompSource } from "../ffi/mod.ts";
import type { Attachment } from "./attachment.ts";
import type { LinkOutline } from "./chain.ts";
import { ALL_EVENTS } from "./events.ts";
import type { Deadline } from "./kernel.ts";
import type { Attached, News, SeccompSpec } from "./reactor_messages.ts";
import type { PreparedConfig } from "./setup.ts";
import type { ProgramSource } from "./source.ts";

export class SeccompAttachment implements Attachment {
  readonly generation = 0;
  readonly canHold = true;
  attached!: Attached;
  /** The default answers what nobody decides; but whoever is not answered at all, the source denies. */
  readonly deadlineOf: () => Deadline;
  readonly #spec: SeccompSpec;
  #isEndTold = false;

  constructor(readonly source: ProgramSource, spec: SeccompSpec) {
    this.#spec = spec;
    const deadline: Deadline = { delay: spec.delay, policy: Action.Deny };
    this.deadlineOf = () => deadline;
  }

  /** Closes the listener if it throws. */
  static open(spec: SeccompSpec, wakeFd: number | undefined): SeccompAttachment {
    try {
      return new SeccompAttachment(new SeccompSource({ ...spec, wakeFd }), spec);
    } catch (error) {
      close(spec.listener);
      throw error;
    }
  }

  /** Calls are held from the filter's first moment on; there is nothing else to begin with. */
  attach(config: PreparedConfig, links: readonly LinkOutline[]): void {
    const { events, listener } = this.#spec;
    // Nobody can change what a filter holds.
    const wanted = new Set([
      ...config.events,
      ...links.flatMap(({ events, undecided = events }) => undecided),
    ]);
    const missing = ALL_EVENTS.filter((name) => wanted.has(name) && !events.includes(name));
    this.attached = { events, missing, fd: listener, features: 0, ...this.deadlineOf(), baseline: {} };
  }

  load(config: PreparedConfig, links: readonly LinkOutline[]): void {
    this.attach(config, links);
  }

  flush(): number {
    return 0;
  }

  get counts(): Readonly<Record<string, number>> {
    return this.source.counts;
  }

  report(tell: (news: News) => void): void {
    for (let text = this.source.takeNotice(); text !== undefined; text = this.source.takeNotice()) {
      tell({ notice: text });
    }
    if (!this.source.ended || this.#isEndTold) return;
    this.#isEndTold = true;
    tell({ ended: true });
  }
}
