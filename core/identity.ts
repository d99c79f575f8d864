/**
 * Whether the path of an executable can be believed.
 *
 * A path is the name of a file in one mount namespace. A program in a namespace of its own can give any file the
 * name /usr/bin/curl; so where it was executed elsewhere, its path counts only if that path names the same file here.
 */

import { close, fstat, Open, openat2, Resolve } from "../ffi/mod.ts";
import type { SnetEvent } from "./event.ts";

/** The file that a path names here, or why that cannot be said: it is not there, or not without waiting. */
export type Lookup = (path: string) => FileIdentity | "absent" | "unknown";

export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  /** Nanoseconds since 1970. */
  readonly ctime: bigint;
}

/** Programs of other mount namespaces that are remembered; a machine with more asks the file system again. */
const REMEMBERED = 4096;

/** Answers `context.verifiedExe` of plugins. */
export class ExeVerifier {
  readonly #known = new Map<string, boolean>();

  /** `mntns` is the daemon's own mount namespace, the inode number of /proc/self/ns/mnt. */
  constructor(readonly mntns: number, readonly lookup: Lookup = lookupCached) {}

  /** The verifier of this process. */
  static ofSelf(): ExeVerifier {
    const link = Deno.readLinkSync("/proc/self/ns/mnt");
    const inode = /^mnt:\[(\d+)\]$/.exec(link)?.[1];
    if (inode === undefined) {
      throw new Error(`Cannot tell the mount namespace: /proc/self/ns/mnt is "${link}"`);
    }
    return new ExeVerifier(Number(inode));
  }

  /** True where the path of the event's executable names that very file here. Never waits for a disk. */
  verify(event: SnetEvent): boolean {
    const { task } = event;
    const path = task.exe;
    if (path === undefined || task.exeUnlinked) return false;
    if (task.exeMntns === this.mntns) return true;
    const key = `${task.exeDev}:${task.exeIno}:${task.exeGeneration}:${task.exeCtime}:${path}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = this.lookup(path);
    if (found === "unknown") {
      // The next time may tell otherwise, so no ticket may come of this one.
      event.readVolatile();
      return false;
    }
    const same = found !== "absent" && found.ino === task.exeIno && found.dev === task.exeDev &&
      found.ctime === task.exeCtime;
    this.#remember(key, same);
    return same;
  }

  #remember(key: string, same: boolean): void {
    if (this.#known.size >= REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, same);
  }
}

const ENOENT = 2;
const ENOTDIR = 20;

/** Looks only at what is in memory (RESOLVE_CACHED of openat2(2), Linux 5.12). */
function lookupCached(path: string): ReturnType<Lookup> {
  const fd = openat2(path, Open.Path | Open.CloseOnExec, Resolve.Cached);
  if (fd === -ENOENT || fd === -ENOTDIR) return "absent";
  if (fd < 0) return "unknown";
  const status = fstat(fd);
  close(fd);
  return typeof status === "number" ? "unknown" : status;
}
