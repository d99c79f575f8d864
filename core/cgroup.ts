/**
 * Paths of cgroups.
 *
 * The kernel names a cgroup by its id, which is never used twice between two boots, and a cgroup cannot be moved: what was found out
 * once stays true. A new one is looked up while its task waits, in procfs and cgroupfs, which live in memory: no disk. A table
 * read from time to time would not know a service yet that has just been started.
 */

import type { SnetEvent } from "./event.ts";

/** Where systemd mounts cgroup v2: alone, or beside v1. */
const ROOTS = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

/** Cgroups that are remembered; a machine with more looks some up again. */
const REMEMBERED = 4096;

/** What is asked of the system; each throws where there is no such thing. */
export interface CgroupFiles {
  /** Text of /proc/PID/cgroup, cgroups(7). */
  readonly ofProcess: (pid: number) => string;
  /** Inode number of the folder of a cgroup path. */
  readonly inode: (path: string) => bigint;
}

/** Answers `context.cgroupPath` of plugins. */
export class CgroupPaths {
  readonly #known = new Map<bigint, string>();

  constructor(readonly files: CgroupFiles) {}

  /** Those of this machine; undefined where it has no cgroup v2. */
  static ofSystem(): CgroupPaths | undefined {
    const root = ROOTS.find((root) => exists(`${root}/cgroup.controllers`));
    if (root === undefined) return undefined;
    return new CgroupPaths({
      ofProcess: (pid) => Deno.readTextFileSync(`/proc/${pid}/cgroup`),
      inode: (path) => BigInt(Deno.statSync(root + path).ino ?? 0),
    });
  }

  /** Path below the root of the hierarchy, such as `/system.slice/cron.service`; undefined where it cannot be told now. */
  pathOf(event: SnetEvent): string | undefined {
    const id = event.task.cgroup;
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    // The id is what the answer depends on; that the way to it leads over the process is no part of a ticket's key.
    const { pid } = event.copy().task;
    return this.path(id, pid);
  }

  /** The same for a cgroup by its id, in which that process was. */
  path(id: bigint, pid: number): string | undefined {
    const path = this.#known.get(id) ?? this.#lookUp(pid, id);
    if (path !== undefined) this.#remember(id, path);
    return path;
  }

  #lookUp(pid: number, id: bigint): string | undefined {
    try {
      const path = /^0::(\/.*)$/m.exec(this.files.ofProcess(pid))?.[1];
      // A thread can be in another cgroup than its process, and be moved meanwhile: the inode decides.
      return path !== undefined && this.files.inode(path) === id ? path : undefined;
    } catch {
      return undefined;
    }
  }

  #remember(id: bigint, path: string): void {
    if (this.#known.has(id)) return;
    if (this.#known.size >= REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(id, path);
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
