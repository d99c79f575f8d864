/** Calls that wait for the name of their address. */

import type { PluginContext, SnetEvent } from "../../core/mod.ts";

/** What a wait is given. */
export interface WaitParts {
  readonly names: NonNullable<PluginContext["names"]>;
  /** Milliseconds for which a call waits at most. */
  readonly wait: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Calls `act` after so many milliseconds. */
  readonly later: (milliseconds: number, act: () => void) => void;
}

/** Milliseconds between two looks, while anybody waits: a resolver's word takes about one. */
const STEP = 1;
/** Calls that are looked at in a step; where more wait, each is looked at more seldom, so that a flood is no load. */
const CALLS = 500;

interface Waiting {
  readonly event: SnetEvent;
  readonly until: number;
  readonly end: () => void;
}

/** Looks for the names of all that wait together, and at nothing while nobody does. */
export class NameWait {
  readonly #parts: WaitParts;
  readonly #waiting = new Set<Waiting>();
  readonly #counts = { known: 0, told: 0, unnamed: 0 };

  constructor(parts: WaitParts) {
    this.#parts = parts;
  }

  /** What has become of calls: their name was there already, came meanwhile, or did not come in time. */
  get counts(): Readonly<Record<string, number>> {
    return {
      "named already": this.#counts.known,
      "named in time": this.#counts.told,
      "without a name": this.#counts.unnamed,
    };
  }

  /** Settles when there is a name for the event's remote address, or will be none in time; undefined if it need not wait. */
  until(event: SnetEvent, signal: AbortSignal): Promise<void> | undefined {
    if (!canHaveName(event)) return undefined;
    const { names, wait, now, later } = this.#parts;
    if (names(event) !== undefined) {
      this.#counts.known++;
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting: Waiting = {
      event,
      until: now() + wait,
      end: () => {
        signal.removeEventListener("abort", waiting.end);
        this.#waiting.delete(waiting);
        resolve();
      },
    };
    signal.addEventListener("abort", waiting.end);
    this.#waiting.add(waiting);
    if (this.#waiting.size === 1) later(STEP, this.#look);
    return promise;
  }

  readonly #look = (): void => {
    const { names, now, later } = this.#parts;
    const time = now();
    for (const { event, until, end } of this.#waiting) {
      const isNamed = names(event) !== undefined;
      if (!isNamed && time < until) continue;
      this.#counts[isNamed ? "told" : "unnamed"]++;
      end();
    }
    if (this.#waiting.size > 0) later(Math.ceil(this.#waiting.size / CALLS) * STEP, this.#look);
  };
}

/** What leads to this machine itself never has a name, and other families than IP have none. */
function canHaveName({ remote }: SnetEvent): boolean {
  if (remote === undefined) return false;
  const { ipv4 } = remote;
  if (ipv4 !== undefined) return ipv4 >>> 24 !== 127 && ipv4 !== 0;
  const { ipv6 } = remote;
  return ipv6 !== undefined && !(ipv6[15]! <= 1 && ipv6.subarray(0, 15).every((byte) => byte === 0));
}
