/** Processes for tests, and peers among them. */

import type { Peer } from "../control/peer.ts";
import type { World } from "./may_answer.ts";
import type { Processes, ProcessView } from "./processes.ts";

/** The parts that a test is about; `start` in ticks. */
export interface ProcessInit extends Partial<Omit<ProcessView, "startTime">> {
  readonly parent?: number;
  readonly start?: number;
  /** The same for processes in the same namespaces; `here` if absent, undefined where they may not be seen. */
  readonly namespaces?: string | undefined;
}

/** Processes by their pid. */
export class FakeProcesses implements Processes {
  readonly #processes = new Map<number, ProcessInit>();
  /** Called before each look, for what changes meanwhile. */
  onLook: (pid: number) => void = () => {};

  constructor(processes: Readonly<Record<number, ProcessInit>>) {
    for (const [pid, init] of Object.entries(processes)) this.#processes.set(Number(pid), init);
  }

  set(pid: number, init: ProcessInit | undefined): void {
    if (init === undefined) this.#processes.delete(pid);
    else this.#processes.set(pid, { ...this.#processes.get(pid), ...init });
  }

  look(pid: number): ProcessView | undefined {
    this.onLook(pid);
    const init = this.#processes.get(pid);
    if (init === undefined) return undefined;
    const { start = 0, namespaces: _, ...others } = init;
    return {
      ...{ pid, parent: 1, startTime: BigInt(start), hasEnded: false, uid: 1000, tracer: 0, isInit: false },
      exe: `/usr/bin/p${pid}`,
      ...others,
    };
  }

  glance(pid: number): ProcessView | undefined {
    return this.look(pid);
  }

  namespacesOf(pid: number): string | undefined {
    const init = this.#processes.get(pid);
    return init !== undefined && "namespaces" in init ? init.namespaces : "here";
  }
}

/** Whoever is at the other end: the process of that number as it is now. */
export function peer(processes: Processes, pid: number, uid = 1000, groups: readonly number[] = []): Peer {
  const startTime = processes.look(pid)?.startTime;
  const lives = () => processes.look(pid)?.startTime === startTime;
  return { uid, process: { pid, startTime, groups, lives } };
}

/** A machine on which the daemon is process 50 of root. */
export function world(processes: Processes, more: Partial<World> = {}): World {
  return {
    processes,
    ownUid: 0,
    ownPid: 50,
    userName: (uid) => uid === 1000 ? "alice" : String(uid),
    ...more,
  };
}
