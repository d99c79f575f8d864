/** Which mounts a mount namespace has, so that a path can be told from one of another namespace. */

import { errnoName } from "../errno.ts";
import { close, PollSet } from "../libc.ts";
import { buffer, cString, openFile, openIn, readAt } from "./procfs.ts";

const MOUNTINFO = cString("mountinfo");

/** Some 500 mounts at once. */
const chunk = buffer(65536);

/** Bytes that are read at most: a program could make its list long to hold the supervisor up. */
const LONGEST = 4 << 20;

const LINE_END = 10;
const ZERO = 48;

/** The mounts of this process's namespace, as of now. */
export class OwnMounts implements Disposable {
  readonly #fd: number;
  readonly #changes: PollSet;
  #ids: ReadonlySet<number>;

  /** @throws Error where /proc is not mounted. */
  constructor() {
    this.#fd = openFile("/proc/self/mountinfo");
    if (this.#fd < 0) {
      throw new Error(`Cannot open /proc/self/mountinfo: ${errnoName(-this.#fd)}; is /proc mounted?`);
    }
    this.#changes = new PollSet([{ fd: this.#fd, events: 0 }]);
    this.#ids = idsOf(this.#fd);
  }

  /** True if a mount with this id (STATX_MNT_ID) is in the namespace and below the root of this process. */
  has(id: number): boolean {
    // An id can be given to another mount later; the kernel tells of each change by POLLERR.
    if (this.#changes.wait(0) !== 0) this.#ids = idsOf(this.#fd);
    return this.#ids.has(id);
  }

  /** Closes its descriptor. */
  close(): void {
    close(this.#fd);
  }

  /** Closes its descriptor at the end of its scope (`using`). */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** True if the mount is in the namespace of the thread whose /proc/TID `procfs` is, and below its root. */
export function hasMount(procfs: number, id: number): boolean {
  const fd = openIn(procfs, MOUNTINFO);
  if (fd < 0) return false;
  const ids = idsOf(fd);
  close(fd);
  return ids.has(id);
}

/** First column of each line of mountinfo, proc_pid_mountinfo(5). */
function idsOf(fd: number): Set<number> {
  const ids = new Set<number>();
  let id = 0;
  let inId = true;
  for (let offset = 0; offset < LONGEST;) {
    const length = readAt(fd, chunk, offset);
    if (length <= 0) break;
    offset += length;
    for (let at = 0; at < length; at++) {
      const digit = chunk[at]! - ZERO;
      if (chunk[at] === LINE_END) {
        id = 0;
        inId = true;
      } else if (inId && digit >= 0 && digit <= 9) {
        id = 10 * id + digit;
      } else if (inId) {
        ids.add(id);
        inId = false;
      }
    }
  }
  return ids;
}
