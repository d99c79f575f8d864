/** /proc/PID/stat, proc_pid_stat(5). */

import { close } from "../libc.ts";
import { buffer, cString, openIn, readAt } from "./procfs.ts";

const STAT = cString("stat");
const bytes = buffer(1024);
const decoder = new TextDecoder("latin1");

/** Nanoseconds of one clock tick: USER_HZ is 100 on every architecture that Deno runs on. */
const TICK = 10_000_000n;

export interface ProcessStat {
  /** Process id of the parent. */
  readonly ppid: number;
  /** When it started, nanoseconds of CLOCK_BOOTTIME in steps of a tick (10 ms). */
  readonly startTime: bigint;
}

/** The stat of the process whose /proc/PID `procfs` is, or undefined if it is gone. */
export function readStat(procfs: number): ProcessStat | undefined {
  const fd = openIn(procfs, STAT);
  if (fd < 0) return undefined;
  const length = readAt(fd, bytes);
  close(fd);
  if (length <= 0) return undefined;
  const text = decoder.decode(bytes.subarray(0, length));
  // The name before them may hold anything, parentheses and spaces too; the third field follows its last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { ppid: Number(fields[1]), startTime: BigInt(fields[19] ?? 0) * TICK };
}
