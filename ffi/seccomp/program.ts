/** Which executable a thread runs, as the kernel module tells it (security/snet/identity.c). */

import { close, fstat, Open, openat2, Resolve } from "../libc.ts";
import { EventFlag } from "../protocol.ts";
import { utf8 } from "../strings.ts";
import { hasMount, type OwnMounts } from "./mounts.ts";
import { buffer, cString, readLink, statAt, Statx, STATX_BYTES } from "./procfs.ts";

const EXE = cString("exe");

/** What readlink(2) shows behind the name of a file that has it no longer, and behind any that is called so. */
const DELETED = new TextEncoder().encode(" (deleted)");

/** A path has 4096 bytes at most (PATH_MAX). */
const PATH_BYTES = 4096;

const statx = buffer(STATX_BYTES);
const words = new Uint32Array(statx.buffer);
const view = new DataView(statx.buffer);
const path = buffer(PATH_BYTES + DELETED.length);

/** 32-bit words of struct statx that tell one executable from another: links, inode, ctime, device, mount. */
const TELLING = [4, 8, 9, 24, 25, 26, 34, 35, 36, 37] as const;

const WANTED = Statx.Links | Statx.Inode | Statx.ChangeTime | Statx.MountId;

/** The executable of a thread. */
export class Program {
  /** Its path from the root of its mount namespace; empty where it has none. */
  path = new Uint8Array();
  /** Bits of `EventFlag`. */
  flags = 0;
  /** st_dev of stat(2). */
  dev = 0n;
  ino = 0n;
  /** Nanoseconds since 1970. */
  ctime = 0n;
  /** The mount namespace that vouches for the path; 0 for none. */
  mntns = 0;
  readonly #telling = new Uint32Array(TELLING.length);

  /**
   * Looks whether the thread runs another one than when this was last called: 0 or 1, or a negative errno. A file that is
   * renamed has a new change time, but for what happens in one tick of the clock before Linux 6.13: then it goes on
   * under the name that it had when it was seen, as with the kernel module.
   */
  look(procfs: number): number {
    const failed = statAt(procfs, EXE, Statx.NoSync, WANTED, statx);
    if (failed < 0) return failed;
    let changed = 0;
    for (let i = 0; i < TELLING.length; i++) {
      const word = words[TELLING[i]!]!;
      if (this.#telling[i] !== word) changed = 1;
      this.#telling[i] = word;
    }
    return changed;
  }

  /**
   * Reads what {@linkcode look} has found.
   *
   * @param mntns the thread's mount namespace @param ownMntns that of this process, whose mounts `own` are
   */
  read(procfs: number, mntns: number, ownMntns: number, own: OwnMounts): void {
    this.dev = device(view.getUint32(136, true), view.getUint32(140, true));
    this.ino = view.getBigUint64(32, true);
    this.ctime = view.getBigInt64(96, true) * 1_000_000_000n + BigInt(view.getUint32(104, true));
    const links = view.getUint32(16, true);
    const mount = view.getUint32(144, true);
    const isOwn = own.has(mount);
    // A descriptor of a file can come from a namespace where its path is anybody's choice.
    this.mntns = isOwn ? ownMntns : mntns !== ownMntns && hasMount(procfs, mount) ? mntns : 0;
    const length = Math.max(0, readLink(procfs, EXE, path));
    const marked = endsWith(path, length, DELETED);
    const unlinked = links === 0 || (marked && !(isOwn && this.#isNamed(path.subarray(0, length))));
    this.flags = unlinked ? EventFlag.ExeUnlinked : 0;
    this.path = path.slice(0, unlinked && marked ? length - DELETED.length : length);
  }

  /** True if the file has this very name. Looks only at what is in memory. */
  #isNamed(name: Uint8Array): boolean {
    const fd = openat2(utf8(name), Open.Path | Open.CloseOnExec, Resolve.Cached | Resolve.NoSymlinks);
    if (fd < 0) return false;
    const status = fstat(fd);
    close(fd);
    return typeof status !== "number" && status.ino === this.ino && status.dev === this.dev;
  }
}

/** Path of the executable of the process whose /proc/PID `procfs` is: its length in `into`, or a negative errno. */
export function readExe(procfs: number, into: Uint8Array<ArrayBuffer>): number {
  return readLink(procfs, EXE, into);
}

function endsWith(bytes: Uint8Array, length: number, end: Uint8Array): boolean {
  return end.every((byte, index) => bytes[length - end.length + index] === byte);
}

/** How stat(2) packs a device number (new_encode_dev of include/linux/kdev_t.h). */
function device(major: number, minor: number): bigint {
  return BigInt((minor & 0xff) | ((major & 0xfff) << 8)) | (BigInt(minor >>> 8) << 20n);
}
