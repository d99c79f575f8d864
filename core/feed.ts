/**
 * Brings decisions from the reactor's ring to whoever observes them, on the main thread. While nobody does, nothing
 * is written and nothing runs.
 */

import { Action, Clock, clockGettime, EventMessage } from "../ffi/mod.ts";
import { splitRuleNumber } from "./chain.ts";
import { isDeclaredMessage } from "./declared_message.ts";
import type { SnetEvent } from "./event.ts";
import { eventOf } from "./event_message.ts";
import { CAUSES, NOTICE } from "./loop.ts";
import type { Decision } from "./plugin.ts";
import type { Observed, Ring } from "./ring.ts";
import type { Verdict } from "./verdict.ts";

/** One decision about one event; the event is valid until the observer returns. */
export interface Told {
  readonly event: SnetEvent;
  /** Undefined for a notification: nothing was decided. */
  readonly decision: Decision | undefined;
  /** Place of the plugin that answered in the configured list. */
  readonly plugin: number | undefined;
  /** Microseconds for which the call was held. */
  readonly held: number;
  /** Wall clock of the answer, milliseconds since 1970. */
  readonly time: number;
}

export type Observer = (told: Told) => void;

/** Runs a task again and again until the returned function is called. */
export type Repeat = (task: () => void) => () => void;

/**
 * Waking the main thread for each batch would cost the Worker some 60 µs while callers wait; looking 40 times a
 * second costs it nothing, and nobody reads faster.
 */
const every25ms: Repeat = (task) => {
  const timer = setInterval(task, 25);
  return () => clearInterval(timer);
};

export class Feed {
  readonly #observers = new Set<Observer>();
  readonly #event = new EventMessage();
  #stop: (() => void) | undefined;

  /** `nameOf` gives the name of a plugin by its place. */
  constructor(
    readonly ring: Ring,
    readonly nameOf: (plugin: number) => string | undefined,
    readonly repeat: Repeat = every25ms,
  ) {}

  get observers(): number {
    return this.#observers.size;
  }

  /** Shows every decision to `observer` until the returned function is called. */
  observe(observer: Observer): () => void {
    this.#observers.add(observer);
    if (this.#stop === undefined) {
      this.ring.observed = true;
      this.#stop = this.repeat(() => this.drain());
    }
    return () => {
      this.#observers.delete(observer);
      if (this.#observers.size === 0) this.#end();
    };
  }

  /** Shows what has come since the last time. */
  drain(): void {
    // Events carry the monotonic clock; the wall clock may be set while they wait.
    const wallClock = Date.now() - Number(clockGettime(Clock.Monotonic)) / 1e6;
    this.ring.read((observed, message) => {
      const event = this.#read(message);
      if (event === undefined) return;
      const told = this.#told(event, observed, wallClock + Number(event.time) / 1e6 + observed.held / 1e3);
      for (const observer of this.#observers) observer(told);
    });
  }

  /** One object for all events of a kernel. The Worker has read the same bytes, so they are well formed. */
  #read(message: Uint8Array<ArrayBuffer>): SnetEvent | undefined {
    if (isDeclaredMessage(message)) return eventOf(message);
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    return this.#event.reset(view, 0, message.byteLength) ? this.#event : undefined;
  }

  #told(event: SnetEvent, observed: Observed, time: number): Told {
    const { held, number, action, cause, errno, remember, why } = observed;
    const by = splitRuleNumber(number);
    if (cause === NOTICE) return { event, decision: undefined, plugin: undefined, held, time };
    const verdict: Verdict = {
      action: action === Action.Deny ? "deny" : "allow",
      why,
      ...(errno === 0 ? {} : { errno }),
      ...(remember === 0 ? {} : { remember }),
    };
    const plugin = by === undefined ? undefined : this.nameOf(by.plugin);
    const decision: Decision = { verdict, plugin, rule: by?.rule, cause: CAUSES[cause]! };
    return { event, decision, plugin: by?.plugin, held, time };
  }

  #end(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.ring.observed = false;
    // What is left belongs to nobody: it must not be shown to the next observer.
    this.ring.read(() => {});
  }
}
