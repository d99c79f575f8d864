/**
 * A reactor's Worker for tests: it holds as many connects as its name says, from the start on and again when its tickets are
 * dropped, to the ports from 1, and counts how they were answered. Its one plugin, `once`, allows the first call that it
 * sees and denies the others.
 */

import { Action, EventFd, PollSet } from "../ffi/mod.ts";
import type { Attachment } from "./attachment.ts";
import { definePlugin } from "./plugin.ts";
import type { Attached, StartMessage } from "./reactor_messages.ts";
import { serveAsReactor } from "./reactor_worker.ts";
import type { Source } from "./source.ts";
import { event, MemorySource } from "./testing.ts";
import { allow, deny } from "./verdict.ts";

/** Blocks as a real source does. */
class WaitingSource extends MemorySource {
  readonly #wake: EventFd;
  readonly #poll: PollSet;
  #woken = false;

  constructor(wakeFd: number | undefined) {
    super();
    this.#wake = new EventFd(wakeFd);
    this.#poll = new PollSet([{ fd: this.#wake.fd }]);
  }

  override get fd(): number {
    return this.#wake.fd;
  }

  override receive(...[onEvent, onCancel, onRefused, wait]: Parameters<Source["receive"]>): number {
    if (wait && !this.pending) this.#poll.wait(-1);
    this.#woken ||= this.#wake.take();
    return super.receive(onEvent, onCancel, onRefused);
  }

  override takeWake(): boolean {
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }
}

class TestAttachment implements Attachment {
  readonly source: WaitingSource;
  #lastId = 0n;
  readonly generation = 0;
  readonly canHold = true;
  readonly deadlineOf = () => ({ delay: 60_000, policy: Action.Deny });
  readonly attached: Attached = {
    ...{ fd: -1, events: [], missing: [], features: 0, delay: 60_000, policy: Action.Deny, baseline: {} },
  };

  constructor({ wakeFd }: StartMessage) {
    this.source = new WaitingSource(wakeFd);
  }

  attach(): void {
    const calls = Number((globalThis as { name?: string }).name);
    for (let port = 1; port <= calls; port++) {
      this.source.arrive(event({ id: this.#lastId += 1n, remote: { ip: "192.0.2.1", port } }));
    }
  }
  load(): void {}
  flush(): number {
    this.attach();
    return 0;
  }
  get counts() {
    const allowed = this.source.sent.filter(({ action }) => action === Action.Allow).length;
    return { allowed, denied: this.source.sent.length - allowed, held: this.source.holds.size };
  }
}

const once = definePlugin({
  name: "once",
  doc: "For tests.",
  on: ["snet.connect"],
  options: {},
  setup() {
    let isFirst = true;
    return {
      decide() {
        const verdict = isFirst ? allow("the first") : deny("one of the others");
        isFirst = false;
        return verdict;
      },
    };
  },
});

serveAsReactor({ once }, (start) => new TestAttachment(start));
