/**
 * A question's way from the reactor's Worker to the main thread and back, beside the least that crossing could cost: a
 * message each way, and a wake.
 */

import { parseConfig } from "../../core/config.ts";
import { allow } from "../../core/mod.ts";
import { Reactor } from "../../core/reactor.ts";
import { Ring } from "../../core/ring.ts";
import { EventFd, wakeEvent } from "../../ffi/mod.ts";
import type { BareStart, Round } from "./lane_worker.ts";

const WORKER = import.meta.resolve("./lane_worker.ts");
/** No filter: the source of the Worker is its own. */
const SOURCE = { kind: "seccomp", listener: -1, waitKillable: true, events: [], sendAll: false } as const;

function spawn(round: Round): Worker {
  return new Worker(WORKER, { type: "module", name: JSON.stringify(round) });
}

/** Calls that a plugin answers with a promise at once. */
export interface SlowLaneRounds {
  /** Nanoseconds a call. */
  round(): Promise<number>;
  stop(): Promise<void>;
}

/** A reactor that does a round of so many calls each time, of which so many are under way at once. */
export async function openSlowLane(calls: number, underWay: number): Promise<SlowLaneRounds> {
  const verdict = Promise.resolve(allow("at once"));
  let tell: (nanoseconds: string) => void;
  const reactor = await Reactor.start({ ...parseConfig("snet.yaml", "default: deny", {}), plugins: [] }, {
    spawn: () => spawn({ kind: "reactor", calls, underWay }),
    ring: Ring.ofSize(4096),
    source: { ...SOURCE, payload: 0, delay: 60_000 },
    slow: [{
      name: "prompt",
      events: ["snet.connect"],
      policy: { timeout: 60_000, whenLate: "pass", whenFailed: "pass" },
      instance: { decide: () => verdict },
    }],
    onNotice: (text) => tell(text),
    onFailure: (_, message) => {
      throw new Error(message);
    },
    onRestart: (why) => {
      throw why;
    },
  });
  return {
    round: async () => {
      const told = new Promise<string>((resolve) => tell = resolve);
      await reactor.flush();
      return Number(await told);
    },
    stop: () => reactor.stop(),
  };
}

/** The same without snet; nanoseconds a call. */
export async function bareRound(calls: number, underWay: number): Promise<number> {
  const worker = spawn({ kind: "bare", calls, underWay });
  const { port1, port2 } = new MessageChannel();
  using wake = new EventFd();
  const { promise, resolve } = Promise.withResolvers<number>();
  port1.onmessage = ({ data }) => {
    if (typeof data === "number") return resolve(data);
    port1.postMessage({ id: data.id, action: "allow" });
    wakeEvent(wake.fd);
  };
  worker.postMessage({ port: port2, wakeFd: wake.fd } satisfies BareStart, [port2]);
  const nanoseconds = await promise;
  port1.close();
  worker.terminate();
  return nanoseconds;
}
