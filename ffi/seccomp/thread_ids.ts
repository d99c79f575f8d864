/** Process, parent, user, group and cgroup of a thread: by one ioctl of its pidfd, or from /proc before Linux 6.13. */

import { ERRNO } from "../errno.ts";
import { utf8 } from "../strings.ts";
import { LastSeen } from "./last_seen.ts";
import { buffer, cString, pidfdInfo, readAt, statAt, Statx, STATX_BYTES } from "./procfs.ts";

/** struct pidfd_info of linux/pidfd.h in 32-bit words; the first two are a mask. */
const Word = { mask: 0, cgroup: 2, tid: 4, pid: 5, ppid: 6, uid: 9, gid: 10 } as const;
const WORDS = 16;
/** PIDFD_INFO_CREDS and PIDFD_INFO_CGROUPID; ids are always told. */
const WANTED = 1 << 1 | 1 << 2;

const info = buffer(4 * WORDS);
const words = new Uint32Array(info.buffer);

/** Ids as they were last read. */
export class ThreadIds {
  readonly #words = new Uint32Array(WORDS);
  readonly #view = new DataView(this.#words.buffer);
  readonly #cgroup = new LastSeen();

  get tid(): number {
    return this.#words[Word.tid]!;
  }

  /** Process (thread group) id. */
  get pid(): number {
    return this.#words[Word.pid]!;
  }

  /** Process id of the parent, 0 where it cannot be seen. */
  get ppid(): number {
    return this.#words[Word.ppid]!;
  }

  /** Effective user id. */
  get uid(): number {
    return this.#words[Word.uid]!;
  }

  /** Effective group id. */
  get gid(): number {
    return this.#words[Word.gid]!;
  }

  /** Cgroup (v2) id, 0 where there is none. */
  get cgroup(): bigint {
    return this.#view.getBigUint64(4 * Word.cgroup, true);
  }

  /** Reads them from a pidfd: 1 if one has changed, 0 if none has, or a negative errno; see {@linkcode isUnknown}. */
  look(pidfd: number): number {
    for (let i = 0; i < WORDS; i++) words[i] = 0;
    words[Word.mask] = WANTED;
    const failed = pidfdInfo(pidfd, info);
    return failed < 0 ? failed : this.#take();
  }

  /**
   * Reads them from /proc/TID, as {@linkcode look}; the process is `pid`, which stays.
   *
   * @param stat a descriptor of /proc/TID/stat @param cgroup and of /proc/TID/cgroup, negative where there is none
   */
  lookInProc(tid: number, pid: number, procfs: number, stat: number, cgroup: number): number {
    const ppid = readParent(stat);
    if (ppid < 0) return ppid;
    const failed = statAt(procfs, EMPTY, Statx.NoSync | Statx.EmptyPath, Statx.Owner, statx);
    if (failed < 0) return failed;
    const moved = cgroup < 0 ? 0 : this.#cgroup.update(text, textWords, Math.max(0, readAt(cgroup, text)));
    const id = moved === 1 ? cgroupOf(this.#cgroup.bytes) : this.cgroup;
    words.fill(0);
    words[Word.tid] = tid;
    words[Word.pid] = pid;
    words[Word.ppid] = ppid;
    // The folder always belongs to the thread's effective ids, also where its files are root's.
    words[Word.uid] = statxWords[UID]!;
    words[Word.gid] = statxWords[GID]!;
    new DataView(info.buffer).setBigUint64(4 * Word.cgroup, id, true);
    return this.#take();
  }

  #take(): number {
    let changed = 0;
    for (let i = 0; i < WORDS; i++) {
      if (this.#words[i] !== words[i]) changed = 1;
      this.#words[i] = words[i]!;
    }
    return changed;
  }
}

/** True for the errno by which a kernel says that it has no such ioctl; 6.11 takes none with an argument. */
export function isUnknown(errno: number): boolean {
  return errno === -ERRNO.ENOTTY || errno === -ERRNO.EINVAL;
}

const EMPTY = cString("");
const statx = buffer(STATX_BYTES);
const statxWords = new Uint32Array(statx.buffer);
/** Words of struct statx. */
const UID = 5;
const GID = 6;

const text = buffer(8192);
const textWords = new Uint32Array(text.buffer);

const SPACE = 32;
const ZERO = 48;
const PARENTHESIS = 41;

/** The parent in proc_pid_stat(5), or a negative errno. */
function readParent(stat: number): number {
  const length = readAt(stat, text);
  if (length <= 0) return length === 0 ? -ERRNO.ESRCH : length;
  // The name may hold anything, parentheses too, but no other field does: `) S 1234 …` follows it.
  let ppid = 0;
  for (let at = text.lastIndexOf(PARENTHESIS, length - 1) + 4; text[at]! !== SPACE; at++) {
    ppid = 10 * ppid + text[at]! - ZERO;
  }
  return ppid;
}

/** Where systemd mounts cgroup v2: alone, or beside v1. */
const ROOTS = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

/** No folder to look from, as paths are absolute. */
const NOWHERE = -1;

/** The id of the cgroup that cgroups(7) shows: the inode number of its folder; 0 where that cannot be told. */
function cgroupOf(shown: Uint8Array): bigint {
  const path = /^0::(\/.*)$/m.exec(utf8(shown.slice()))?.[1];
  if (path === undefined) return 0n;
  for (const root of ROOTS) {
    if (statAt(NOWHERE, cString(root + path), Statx.NoSync, Statx.Inode, statx) < 0) continue;
    return new DataView(statx.buffer).getBigUint64(32, true);
  }
  return 0n;
}
