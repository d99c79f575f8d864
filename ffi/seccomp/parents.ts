/** The processes that a process comes from. */

import { close } from "../libc.ts";
import { buffer, openFolder } from "./procfs.ts";
import { readStat } from "./process_stat.ts";
import { readExe } from "./program.ts";

/** More are not told: who nests deeper is not to be told from who wants to hold the supervisor up. */
const MOST = 16;

/** As the attribute `parents` can hold. */
const LONGEST = 4096;

const INIT = 1;

const parents = buffer(LONGEST);
const exe = buffer(LONGEST);
const encoder = new TextEncoder();

/**
 * Reads the parents of the process whose /proc/PID `procfs` is, the nearest first, up to the one whose parent is
 * `supervisor`: `PID PATH` and a NUL for each, where PATH is what readlink(2) shows of its executable (with ` (deleted)`
 * where it has been). Those who find no room, the farthest, are left out.
 *
 * @returns a view that the next call changes
 */
export function readParents(procfs: number, supervisor: number): Uint8Array<ArrayBuffer> {
  let child = procfs;
  let length = 0;
  for (let count = 0; count < MOST; count++) {
    const pid = readStat(child)?.ppid ?? 0;
    if (pid === supervisor || pid <= INIT) break;
    const parent = openFolder(`/proc/${pid}`);
    if (parent < 0) break;
    if (readStat(child)?.ppid !== pid) {
      // It has died, and its number could have been given to another one before that was opened.
      close(parent);
      continue;
    }
    if (child !== procfs) close(child);
    child = parent;
    const added = append(pid, parent, length);
    if (added === 0) break;
    length += added;
  }
  if (child !== procfs) close(child);
  return parents.subarray(0, length);
}

/** Bytes that were added, 0 for no room. */
function append(pid: number, procfs: number, at: number): number {
  const number = encoder.encode(`${pid} `);
  const path = Math.max(0, readExe(procfs, exe));
  const length = number.length + path + 1;
  if (at + length > LONGEST) return 0;
  parents.set(number, at);
  parents.set(exe.subarray(0, path), at + number.length);
  parents[at + length - 1] = 0;
  return length;
}
