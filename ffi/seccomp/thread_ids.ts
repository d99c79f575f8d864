/** Process, parent, user, group and cgroup of a thread: by one ioctl of its pidfd, or from /proc before Linux 6.13. */

import { ERRNO } from "../errno.ts";
import { close } from "../libc.ts";
import { utf8 } from "../strings.ts";
import { buffer, cString, openIn, pidfdInfo, readAt, statAt, Statx, STATX_BYTES } from "./procfs.ts";
import { readStatus } from "./status.ts";

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
    words.fill(0);
    words[Word.mask] = WANTED;
    const failed = pidfdInfo(pidfd, info);
    return failed < 0 ? failed : this.#take();
  }

  /** Reads them from /proc/TID, as {@linkcode look}. */
  lookInProc(procfs: number): number {
    const status = readStatus(procfs);
    if (status === undefined) return -ERRNO.ESRCH;
    words.fill(0);
    words[Word.tid] = status.number("Pid");
    words[Word.pid] = status.number("Tgid");
    words[Word.ppid] = status.number("PPid");
    words[Word.uid] = status.number("Uid", 1);
    words[Word.gid] = status.number("Gid", 1);
    new DataView(info.buffer).setBigUint64(4 * Word.cgroup, cgroupOf(procfs), true);
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

const CGROUP = cString("cgroup");
/** Where systemd mounts cgroup v2: alone, or beside v1. */
const ROOTS = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];
/** The paths are absolute. */
const NOWHERE = -1;
const text = buffer(8192);
const statx = buffer(STATX_BYTES);

/** The id of a cgroup is the inode number of its folder. */
function cgroupOf(procfs: number): bigint {
  const fd = openIn(procfs, CGROUP);
  if (fd < 0) return 0n;
  const length = Math.max(0, readAt(fd, text));
  close(fd);
  const path = /^0::(\/.*)$/m.exec(utf8(text.subarray(0, length)))?.[1];
  if (path === undefined) return 0n;
  for (const root of ROOTS) {
    if (statAt(NOWHERE, cString(root + path), Statx.NoSync, Statx.Inode, statx) < 0) continue;
    return new DataView(statx.buffer).getBigUint64(32, true);
  }
  return 0n;
}
