/** One thread: what is remembered of it, and how that is kept true. */

import { MessageWriter } from "../codec.ts";
import { ERRNO } from "../errno.ts";
import { close } from "../libc.ts";
import { Attr } from "../protocol.ts";
import { utf8 } from "../strings.ts";
import { LastSeen } from "./last_seen.ts";
import { OwnMounts } from "./mounts.ts";
import { readParents } from "./parents.ts";
import { readStat } from "./process_stat.ts";
import {
  buffer,
  cString,
  openFile,
  openFilesLimit,
  openFolder,
  openIn,
  PIDFD_THREAD,
  pidfdGetfd,
  pidfdOpen,
  readAt,
  readLink,
} from "./procfs.ts";
import { Program } from "./program.ts";
import { readStatus } from "./status.ts";
import type { HeldTask } from "./task.ts";
import { isUnknown, ThreadIds } from "./thread_ids.ts";

/** What of newer kernels is used where they have it; tests turn it off to try the ways of older ones. */
export interface TaskFeatures {
  /** PIDFD_THREAD, Linux 6.9. */
  threadPidfd: boolean;
  /** PIDFD_GET_INFO, Linux 6.13. */
  pidfdInfo: boolean;
}

/** What is shown of the arguments, bytes. */
const CMDLINE_LIMIT = 4096;

/** TASK_COMM_LEN with room for those that kernel threads have. */
const COMM_LIMIT = 64;

/** Fixed attributes, and parents and a path at their longest. */
const BLOCK_LIMIT = 512 + 2 * 4096;
/** comm and cmdline at their longest. */
const LATE_LIMIT = 64 + COMM_LIMIT + CMDLINE_LIMIT;

/** What the kernel says where no loginuid was set (INVALID_UID). */
const UNSET = 0xffff_ffff;

const COMM = cString("comm");
const PAGEMAP = cString("pagemap");
const CMDLINE = cString("cmdline");
const LOGINUID = cString("loginuid");
const STAT = cString("stat");
const CGROUP = cString("cgroup");
const NETNS = cString("ns/net");
const MNTNS = cString("ns/mnt");
const USERNS = cString("ns/user");

const bytes = buffer(CMDLINE_LIMIT);
const name = buffer(COMM_LIMIT);
const nameWords = new Uint32Array(name.buffer);
/** Entries of pagemap have 8 bytes: no other length is ever read. */
const odd = buffer(1);
const late = new MessageWriter(LATE_LIMIT);

const UNOPENED = -1;

/** A thread, by descriptors that stay with it; {@linkcode ThreadReader} reads the rest. */
export class Thread implements HeldTask {
  attributes = buffer(0);
  /** Calls that it is held in. */
  users = 0;
  /** When it was last asked for; greater is later. */
  lastUse = 0;
  readonly ids = new ThreadIds();
  readonly program = new Program();
  readonly netns = new LastSeen();
  readonly mntns = new LastSeen();
  loginuid = UNSET;
  parents = buffer(0);
  startTime = 0n;
  #isClosed = false;
  /** What {@linkcode names} reads, opened when it first does. */
  #commFd = UNOPENED;
  #cmdlineFd = UNOPENED;
  #pagemapFd = UNOPENED;
  /** /proc/TID/stat and cgroup, where the pidfd tells no ids; else -1. */
  statFd = -1;
  cgroupFd = -1;
  /** Its process where the pidfd does not tell. */
  tgid = 0;

  /** Takes over the descriptors of a thread and of /proc/TID. */
  constructor(readonly tid: number, readonly pidfd: number, readonly procfs: number) {}

  get pid(): number {
    return this.ids.pid;
  }

  get flags(): number {
    return this.program.flags;
  }

  names(): Uint8Array {
    if (this.#commFd < 0) this.#commFd = openIn(this.procfs, COMM);
    if (this.#cmdlineFd < 0) this.#cmdlineFd = openIn(this.procfs, CMDLINE);
    late.clear();
    const named = readAt(this.#commFd, name);
    late.textBytes(Attr.Comm, name.subarray(0, Math.max(0, named - 1))); // without the line end
    const argued = readAt(this.#cmdlineFd, bytes);
    late.binary(Attr.Cmdline, bytes.subarray(0, Math.max(0, argued)));
    return late.bytes.subarray(0, late.length);
  }

  /**
   * Whether it runs another program than when this was last called, if only the same file anew: 0 or 1. An open
   * pagemap is that of the memory that the thread had then, and tells whether anybody has it still: that is not seen
   * where another process shares its memory, as vfork(2) lets it.
   */
  lookAtMemory(): number {
    if (this.#pagemapFd >= 0 && readAt(this.#pagemapFd, odd) === -ERRNO.EINVAL) return 0;
    if (this.#pagemapFd >= 0) close(this.#pagemapFd);
    this.#pagemapFd = openIn(this.procfs, PAGEMAP); // fails where the kernel has none: then it is always another
    return 1;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const own = [this.#commFd, this.#cmdlineFd, this.#pagemapFd, this.statFd, this.cgroupFd];
    for (const fd of [this.pidfd, this.procfs, ...own]) {
      if (fd >= 0) close(fd);
    }
  }
}

/** Descriptors that threads leave to the rest of snet, which must end what the program leaves behind. */
const SPARE = 32;

function highestDescriptor(): number {
  const limit = openFilesLimit();
  return limit - Math.min(SPARE, limit / 4);
}

/** Reads threads. */
export class ThreadReader {
  readonly #features: TaskFeatures;
  readonly #mounts = new OwnMounts();
  readonly #mntns = ownNamespace("mnt");
  readonly #userns = ownNamespace("user");
  readonly #writer = new MessageWriter(BLOCK_LIMIT);
  /** No descriptor of a thread is greater. */
  readonly #highest: number;
  /**
   * True once a thread may have other namespaces than when it was first seen. That concerns all: one that executes a
   * program takes the place of its process's first thread, and keeps its own.
   */
  #moves = false;

  /** @throws Error where /proc is not mounted */
  constructor(
    features: TaskFeatures = { threadPidfd: true, pidfdInfo: true },
    highest = highestDescriptor(),
  ) {
    this.#features = { ...features };
    this.#highest = highest;
  }

  close(): void {
    this.#mounts.close();
  }

  /** From now on namespaces are read at each call. */
  expectMoves(): void {
    this.#moves = true;
  }

  /** The thread that has this id, or a negative errno: -ESRCH or -ENOENT if there is none, -EMFILE for no descriptor. */
  open(tid: number): Thread | number {
    // The pidfd is older than the folder, and alive when the ids are read: so both are of one thread.
    let pidfd = this.#features.threadPidfd ? pidfdOpen(tid, PIDFD_THREAD) : -ERRNO.EINVAL;
    const procfs = openFolder(`/proc/${tid}`);
    if (pidfd === -ERRNO.EINVAL && procfs >= 0) {
      this.#features.threadPidfd = false;
      // Here the thread, which is in the folder's process when its ids are read, keeps the number of its process in use.
      pidfd = pidfdOpen(readStatus(procfs)?.number("Tgid") ?? tid, 0);
    }
    const thread = new Thread(tid, pidfd, procfs);
    const failed = procfs < 0
      ? procfs
      : pidfd < 0
      ? pidfd
      : pidfd > this.#highest
      ? -ERRNO.EMFILE
      : this.#first(thread);
    if (failed >= 0) return thread;
    thread.close();
    return failed;
  }

  /** Reads again what can have changed: 0, or a negative errno; -ESRCH for a thread that is gone. */
  refresh(thread: Thread): number {
    const ids = this.#lookAtIds(thread);
    if (ids < 0) return ids;
    const program = thread.program.look(thread.procfs);
    if (program < 0) return this.#reason(thread, program);
    // Of the same file by another of its names only this tells.
    const executed = thread.lookAtMemory();
    const moved = this.#lookAtNamespaces(thread);
    if (program | executed | moved) {
      thread.program.read(thread.procfs, inodeOf(thread.mntns.bytes), this.#mntns, this.#mounts);
    }
    if (ids | program | executed) {
      thread.parents = readParents(thread.procfs, Deno.pid).slice();
      thread.loginuid = loginuidOf(thread.procfs);
    }
    if (ids | program | executed | moved) thread.attributes = this.#encode(thread);
    return 0;
  }

  /** A thread may be born into namespaces of its own, later it leaves them by calls that are told. */
  #lookAtNamespaces(thread: Thread): number {
    const { mntns, netns } = thread;
    if (!this.#moves && !mntns.isEmpty && !netns.isEmpty) return 0;
    return this.#lookAtLink(thread, MNTNS, mntns) | this.#lookAtLink(thread, NETNS, netns);
  }

  #first(thread: Thread): number {
    const ids = this.#lookAtIds(thread);
    if (ids < 0) return ids;
    const started = startTimeOf(thread);
    if (started === undefined || thread.ids.tid !== thread.tid) return -ERRNO.ESRCH;
    thread.startTime = started;
    // Where it may make namespaces, it can make threads in others than its first one's.
    const userns = readLink(thread.procfs, USERNS, name);
    if (userns < 0 || inodeOf(name.subarray(0, userns)) !== this.#userns) this.#moves = true;
    const read = this.refresh(thread);
    if (read < 0) return read;
    const allowed = pidfdGetfd(thread.pidfd, NO_FD);
    return allowed < 0 && allowed !== -ERRNO.EBADF ? this.#reason(thread, allowed) : 0;
  }

  #lookAtIds(thread: Thread): number {
    const features = this.#features;
    if (features.pidfdInfo && features.threadPidfd) {
      const changed = thread.ids.look(thread.pidfd);
      if (!isUnknown(changed)) return changed;
      features.pidfdInfo = false;
    }
    const { tid, ids, procfs } = thread;
    if (thread.statFd < 0) {
      thread.tgid = readStatus(procfs)?.number("Tgid") ?? tid;
      thread.statFd = openIn(procfs, STAT);
      thread.cgroupFd = openIn(procfs, CGROUP);
      if (thread.statFd < 0) return thread.statFd;
    }
    return ids.lookInProc(tid, thread.tgid, procfs, thread.statFd, thread.cgroupFd);
  }

  #lookAtLink({ procfs }: Thread, link: Uint8Array<ArrayBuffer>, seen: LastSeen): number {
    return seen.update(name, nameWords, Math.max(0, readLink(procfs, link, name)));
  }

  /** /proc says of a thread that is gone that it is forbidden to look, and the other way round. */
  #reason(thread: Thread, failed: number): number {
    const alive = this.#lookAtIds(thread);
    if (alive < 0) return alive;
    return failed === -ERRNO.ESRCH || failed === -ERRNO.ENOENT ? -ERRNO.EACCES : failed;
  }

  #encode({ tid, startTime, ids, program, netns, mntns, parents, loginuid }: Thread) {
    const writer = this.#writer;
    writer.clear();
    writer.u32(Attr.Pid, ids.pid);
    writer.u32(Attr.Tid, tid);
    writer.u32(Attr.Ppid, ids.ppid);
    writer.u64(Attr.StartTime, startTime);
    writer.u32(Attr.Uid, ids.uid);
    writer.u32(Attr.Gid, ids.gid);
    writer.u32(Attr.Loginuid, loginuid);
    if (program.path.length > 0) writer.textBytes(Attr.Exe, program.path);
    writer.u64(Attr.ExeDev, program.dev);
    writer.u64(Attr.ExeIno, program.ino);
    writer.u32(Attr.ExeGeneration, 0);
    writer.u64(Attr.ExeCtime, program.ctime);
    writer.u32(Attr.ExeMntns, program.mntns);
    writer.u64(Attr.Cgroup, ids.cgroup);
    writer.u32(Attr.Netns, inodeOf(netns.bytes));
    writer.u32(Attr.Mntns, inodeOf(mntns.bytes));
    writer.binary(Attr.Parents, parents);
    return writer.bytes.slice(0, writer.length);
  }
}

/** Name of a thread that cannot be looked into: everybody may read that. */
export function nameOf(tid: number): string {
  const fd = openFile(`/proc/${tid}/comm`);
  if (fd < 0) return "";
  const length = Math.max(1, readAt(fd, name));
  close(fd);
  return utf8(name.slice(0, length - 1));
}

/** No descriptor has this number, so that only the right to take one is tried. */
const NO_FD = -1;

/** /proc/TID tells when the thread started, /proc/PID when its first one did. */
function startTimeOf({ tid, pid, procfs }: Thread): bigint | undefined {
  if (tid === pid) return readStat(procfs)?.startTime;
  const folder = openFolder(`/proc/${pid}`);
  if (folder < 0) return undefined;
  const stat = readStat(folder);
  close(folder);
  return stat?.startTime;
}

function loginuidOf(procfs: number): number {
  const fd = openIn(procfs, LOGINUID);
  if (fd < 0) return UNSET; // CONFIG_AUDIT is off
  const length = readAt(fd, name);
  close(fd);
  return length <= 0 ? UNSET : Number(utf8(name.slice(0, length)));
}

/** The number in `net:[4026531840]`, 0 where there is none. */
function inodeOf(link: Uint8Array): number {
  let inode = 0;
  for (const byte of link) {
    if (byte >= 48 && byte <= 57) inode = 10 * inode + byte - 48;
  }
  return inode;
}

/** @throws Error where /proc is not mounted */
function ownNamespace(kind: string): number {
  return inodeOf(new TextEncoder().encode(Deno.readLinkSync(`/proc/self/ns/${kind}`)));
}
