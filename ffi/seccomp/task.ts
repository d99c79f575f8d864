/** Who makes an intercepted call: read from /proc while the thread is held, so that it is what it was at the call. */

import { ERRNO } from "../errno.ts";
import { nameOf, type TaskFeatures, Thread, ThreadReader } from "./thread.ts";

/** A thread that waits in a call. */
export interface HeldTask {
  /** Thread id as the supervisor sees it. */
  readonly tid: number;
  /** Process (thread group) id. */
  readonly pid: number;
  /** When the process started, nanoseconds of CLOCK_BOOTTIME in steps of 10 ms. */
  readonly startTime: bigint;
  /** Bits of `EventFlag` about the executable. */
  readonly flags: number;
  /** Encoded attributes of the message: those from `pid` to `mntns` and `parents`, but for {@linkcode names}. */
  readonly attributes: Uint8Array<ArrayBuffer>;
  /** Encoded `comm` and `cmdline`, read now; a view that the next call changes. Absent where they are not known. */
  names?(): Uint8Array;
  /** For pidfd_getfd(2): a pidfd of the thread, or of its process before Linux 6.9. */
  readonly pidfd: number;
  /** A descriptor of /proc/TID (O_PATH). */
  readonly procfs: number;
}

/** A thread that the supervisor may not look into: it is not dumpable, or Yama or its user forbids it. */
export interface UnreadableTask {
  readonly tid: number;
  /** Name of the thread, "" if not even that can be read. */
  readonly comm: string;
  /** Why, positive; EACCES or EPERM where it is forbidden, EMFILE where the supervisor has no descriptor left. */
  readonly errno: number;
}

/** Threads that are remembered, each with up to five descriptors; one that is seen again after many others is read anew. */
const REMEMBERED = 256;

/** The threads whose calls were intercepted. */
export class TaskTable implements Disposable {
  /** After {@linkcode of} has given undefined: who cannot be looked into, or undefined for one that is gone. */
  unreadable: UnreadableTask | undefined;
  readonly #threads = new Map<number, Thread>();
  readonly #limit: number;
  readonly #reader: ThreadReader;
  #time = 0;

  /**
   * @param limit threads that are remembered beyond those that are held
   * @param highest descriptor of a thread; by the limit of open files if absent
   * @throws Error where /proc is not mounted
   */
  constructor(limit = REMEMBERED, features?: TaskFeatures, highest?: number) {
    this.#limit = limit;
    this.#reader = new ThreadReader(features, highest);
  }

  /** Threads that are remembered. */
  get size(): number {
    return this.#threads.size;
  }

  /**
   * The thread that has this id now, as it is now; undefined if it is gone, or {@linkcode unreadable}. It is that of
   * a call if the call is still held afterwards. Its descriptors stay open until it is given back: call
   * {@linkcode release} once for each time.
   */
  of(tid: number): HeldTask | undefined {
    this.unreadable = undefined;
    const thread = this.#known(tid) ?? this.#open(tid);
    if (typeof thread === "number") {
      this.#fail(tid, thread);
      return undefined;
    }
    thread.users++;
    thread.lastUse = ++this.#time;
    return thread;
  }

  /** To be called while a thread is held in a call by which it may leave its namespaces. */
  expectMoves(): void {
    this.#reader.expectMoves();
  }

  /** Gives a thread back, whose call is over. */
  release(task: HeldTask): void {
    if (!(task instanceof Thread)) return;
    task.users--;
    // Its id went to another thread meanwhile.
    if (task.users === 0 && this.#threads.get(task.tid) !== task) task.close();
  }

  /** Closes all descriptors. */
  close(): void {
    for (const thread of this.#threads.values()) thread.close();
    this.#threads.clear();
    this.#reader.close();
  }

  /** Closes all descriptors at the end of its scope (`using`). */
  [Symbol.dispose](): void {
    this.close();
  }

  /** The thread as remembered and still true, undefined if it is another one now, or a negative errno. */
  #known(tid: number): Thread | number | undefined {
    const thread = this.#threads.get(tid);
    if (thread === undefined) return undefined;
    const failed = this.#reader.refresh(thread);
    if (failed >= 0) return thread;
    this.#threads.delete(tid);
    if (thread.users === 0) thread.close();
    return isGone(failed) ? undefined : failed;
  }

  #open(tid: number): Thread | number {
    if (this.#threads.size >= this.#limit) this.#forgetOldest();
    let thread = this.#reader.open(tid);
    // Where there are few descriptors, those who make calls now need them.
    if (thread === -ERRNO.EMFILE && this.#forgetIdle()) thread = this.#reader.open(tid);
    if (typeof thread !== "number") this.#threads.set(tid, thread);
    return thread;
  }

  #forgetOldest(): void {
    let oldest: Thread | undefined;
    for (const thread of this.#threads.values()) {
      if (thread.users === 0 && (oldest === undefined || thread.lastUse < oldest.lastUse)) oldest = thread;
    }
    if (oldest === undefined) return;
    this.#threads.delete(oldest.tid);
    oldest.close();
  }

  /** Forgets all that are not held; false where there are none. */
  #forgetIdle(): boolean {
    const idle = [...this.#threads.values()].filter(({ users }) => users === 0);
    for (const thread of idle) {
      this.#threads.delete(thread.tid);
      thread.close();
    }
    return idle.length > 0;
  }

  #fail(tid: number, failed: number): void {
    if (!isGone(failed)) this.unreadable = { tid, comm: nameOf(tid), errno: -failed };
  }
}

function isGone(failed: number): boolean {
  return failed === -ERRNO.ESRCH || failed === -ERRNO.ENOENT;
}
