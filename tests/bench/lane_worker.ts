/**
 * The Workers of tests/bench/lanes.ts: a reactor whose source holds another call as soon as one is answered, and the least
 * that a question to the main thread could cost, a message each way with a wake between.
 */

import { receiveMessageOnPort } from "node:worker_threads";
import type { Attachment } from "../../core/attachment.ts";
import { messageOf } from "../../core/event_message.ts";
import type { Attached, News, StartMessage } from "../../core/reactor_messages.ts";
import { serveAsReactor } from "../../core/reactor_worker.ts";
import type { Source } from "../../core/source.ts";
import { event } from "../../core/testing.ts";
import { Action, EventFd, EventMessage, PollSet, wakeEvent } from "../../ffi/mod.ts";

/** What a round is; the Worker's name says it as JSON. */
export interface Round {
  readonly kind: "reactor" | "bare";
  /** Calls of a round, and how many are under way at once. */
  readonly calls: number;
  readonly underWay: number;
}

/** What the bare Worker is started with; it runs a round for each message. */
export interface BareStart {
  readonly port: MessagePort;
  readonly wakeFd: number;
}

/** Bytes before the verdict id in a message: headers of netlink, generic netlink and the attribute, which comes first. */
const ID_OFFSET = 24;

/** Programs of their own, so that no two calls are equal. */
function messages(count: number): readonly DataView<ArrayBuffer>[] {
  return Array.from({ length: count }, (_, pid) => new DataView(messageOf(event({ task: { pid } })).buffer));
}

class BenchSource implements Source {
  readonly malformed = 0;
  readonly overruns = 0;
  /** Nanoseconds that a call of the last round took, once it is over. */
  result: number | undefined;
  readonly #round: Round;
  readonly #wake: EventFd;
  readonly #poll: PollSet;
  readonly #views: readonly DataView<ArrayBuffer>[];
  readonly #event = new EventMessage();
  #woken = false;
  #waiting: number[] = [];
  #queued: bigint[] = [];
  #begun = 0;
  #ended = 0;
  #start = 0;
  #lastId = 0n;
  readonly #slots = new Map<bigint, number>();

  constructor(wakeFd: number | undefined, round: Round) {
    this.#round = round;
    this.#wake = new EventFd(wakeFd);
    this.#poll = new PollSet([{ fd: this.#wake.fd }]);
    this.#views = messages(round.underWay);
  }

  get fd(): number {
    return this.#wake.fd;
  }
  get pending(): boolean {
    return this.#waiting.length > 0;
  }

  begin(): void {
    this.#begun = this.#ended = 0;
    this.#start = performance.now();
    for (let slot = 0; slot < this.#views.length; slot++) this.#arrive(slot);
  }

  receive(...[onEvent, , , wait]: Parameters<Source["receive"]>): number {
    if (wait && !this.pending) this.#poll.wait(-1);
    this.#woken ||= this.#wake.take();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const slot of waiting) {
      const view = this.#views[slot]!;
      const id = ++this.#lastId;
      view.setBigUint64(ID_OFFSET, id, true);
      this.#slots.set(id, slot);
      if (!this.#event.reset(view, 0, view.byteLength)) {
        throw new Error("a message of the benchmark is malformed");
      }
      onEvent(this.#event);
    }
    return waiting.length;
  }

  takeWake(): boolean {
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }
  answer(id: bigint): void {
    this.#queued.push(id);
  }
  hold(): void {}
  send(): void {
    const answered = this.#queued;
    this.#queued = [];
    for (const id of answered) {
      const slot = this.#slots.get(id)!;
      this.#slots.delete(id);
      this.#ended++;
      if (this.#begun < this.#round.calls) this.#arrive(slot);
    }
    if (answered.length > 0 && this.#ended === this.#round.calls) {
      this.result = (performance.now() - this.#start) * 1e6 / this.#round.calls;
      // There is nothing more to come that would end the wait.
      wakeEvent(this.fd);
    }
  }
  close(): void {}

  #arrive(slot: number): void {
    this.#begun++;
    this.#waiting.push(slot);
  }
}

class BenchAttachment implements Attachment {
  readonly source: BenchSource;
  readonly generation = 0;
  readonly canHold = true;
  readonly deadlineOf = () => ({ delay: 60_000, policy: Action.Deny });
  readonly attached: Attached = {
    ...{ fd: -1, events: [], missing: [], features: 0, delay: 60_000, policy: Action.Deny, baseline: {} },
  };

  constructor({ wakeFd }: StartMessage, round: Round) {
    this.source = new BenchSource(wakeFd, round);
  }

  attach(): void {}
  load(): void {}
  /** Begins a round. */
  flush(): number {
    this.source.begin();
    return 0;
  }
  report(tell: (news: News) => void): void {
    if (this.source.result === undefined) return;
    tell({ notice: String(this.source.result) });
    this.source.result = undefined;
  }
}

/** As little as there is to do: an event's bytes one way, a few numbers the other. */
function serveBare({ calls, underWay }: Round): void {
  const scope = globalThis as unknown as { onmessage: (event: MessageEvent<BareStart>) => void };
  scope.onmessage = ({ data: { port, wakeFd } }) => {
    const wake = new EventFd(wakeFd);
    const poll = new PollSet([{ fd: wakeFd }]);
    const bytes = messages(underWay).map((view) => new Uint8Array(view.buffer));
    const start = performance.now();
    let begun = 0;
    for (const message of bytes) port.postMessage({ id: begun++, message });
    for (let ended = 0; ended < calls;) {
      poll.wait(-1);
      wake.take();
      while (receiveMessageOnPort(port as never) !== undefined) {
        ended++;
        if (begun < calls) port.postMessage({ id: begun, message: bytes[begun++ % underWay] });
      }
    }
    port.postMessage((performance.now() - start) * 1e6 / calls);
  };
}

if ("WorkerGlobalScope" in globalThis) {
  const round: Round = JSON.parse((globalThis as { name?: string }).name!);
  if (round.kind === "bare") serveBare(round);
  else serveAsReactor({}, (start) => new BenchAttachment(start, round));
}
