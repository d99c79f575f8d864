/** What a program leaves behind when it ends: processes that it has started, and that go on. */

import { close, ERRNO, openProcess, Signal, signalProcess } from "../../ffi/mod.ts";
import { descendants, type ProcessEntry, readProcess, readProcesses } from "../process_tree.ts";

/** Milliseconds between SIGTERM and SIGKILL. */
const GRACE = 2000;
/** Milliseconds after which those are given up that even SIGKILL does not end: they wait for a disk, or multiply faster. */
const PATIENCE = 5000;
/** Milliseconds between two looks at those that SIGKILL was sent to, if nobody ends before. */
const LOOK = 50;

/** The world as this needs it. */
export interface World {
  /** Milliseconds that only grow. */
  now(): number;
  processes(): readonly ProcessEntry[];
  /** 0, or a negative errno. */
  signal(process: ProcessEntry, signal: number): number;
  /** Resolves when a child has ended, or after milliseconds. */
  childEnded(timeout?: number): Promise<void>;
}

/** The descendants of this process, except for children that it had before the program. */
export class Leftovers {
  readonly #world: World;
  readonly #self: number;
  readonly #strangers: ReadonlySet<number>;

  /** Whoever is there now is no leftover. */
  constructor(world: World, self = Deno.pid) {
    this.#world = world;
    this.#self = self;
    this.#strangers = new Set(
      world.processes().filter(({ parent }) => parent === self).map(({ pid }) => pid),
    );
  }

  /** Who is left. */
  list(): ProcessEntry[] {
    return descendants(this.#self, this.#world.processes(), this.#strangers).filter(isAlive);
  }

  /** Waits until nobody is left. */
  async gone(): Promise<void> {
    while (this.list().length > 0) await this.#world.childEnded();
  }

  /** Ends them: SIGTERM, after two seconds SIGKILL. Returns who cannot be ended. */
  async end(): Promise<readonly ProcessEntry[]> {
    const told = new Set<string>();
    await this.#endBy(GRACE, GRACE, (process) => {
      if (told.has(keyOf(process))) return 0;
      told.add(keyOf(process));
      const failed = this.#world.signal(process, Signal.TERM);
      // Who is stopped hears it only then.
      this.#world.signal(process, Signal.CONT);
      return failed;
    });
    return await this.#endBy(PATIENCE, LOOK, (process) => this.#world.signal(process, Signal.KILL));
  }

  /** Signals all who are left, again and again, until nobody is or the time is over: who is left then. */
  async #endBy(
    time: number,
    look: number,
    signal: (process: ProcessEntry) => number,
  ): Promise<readonly ProcessEntry[]> {
    const deadline = this.#world.now() + time;
    for (;;) {
      const left = this.list();
      const reached = left.filter((process) => signal(process) !== -ERRNO.EPERM);
      const remaining = deadline - this.#world.now();
      if (reached.length === 0 || remaining <= 0) return left;
      await this.#world.childEnded(Math.min(look, remaining));
    }
  }
}

function keyOf({ pid, startTime }: ProcessEntry): string {
  return `${pid}:${startTime}`;
}

/** A zombie holds nothing but its number; whoever started it has to take that back. */
function isAlive({ state }: ProcessEntry): boolean {
  return state !== "Z" && state !== "X";
}

/** This machine; `childEnded` is the supervisor's to tell. */
export function machine(childEnded: World["childEnded"]): World {
  return { now: () => performance.now(), processes: readProcesses, signal: signalExactly, childEnded };
}

/** Signals a process, but not another one that has got its number since. */
function signalExactly({ pid, startTime }: ProcessEntry, signal: number): number {
  const pidfd = openProcess(pid);
  if (pidfd < 0) return pidfd;
  try {
    return readProcess(pid)?.startTime === startTime ? signalProcess(pidfd, signal) : -ERRNO.ESRCH;
  } finally {
    close(pidfd);
  }
}
