/** Process groups and what is stopped in them, and what processes have written. */

import { type ProcessEntry, readProcesses } from "../process_tree.ts";

/** A process, as far as job control is concerned. */
export type Job = Pick<ProcessEntry, "pid" | "parent" | "group" | "state">;

/** All processes at this moment. */
export type JobTable = () => readonly Job[];

/** The processes of the machine, as far as they can be seen. */
export const jobsOfSystem: JobTable = readProcesses;

/** Whether a signal has stopped it. */
export function isStopped({ state }: Job): boolean {
  return state === "T";
}

/** More processes are not looked through: that would take longer than a question may hold up others. */
const MOST_WRITERS = 200;

/**
 * How much the processes that descend from `ancestor` have written up to now (proc_pid_io(5)), to be compared with another
 * moment; undefined where that cannot be told. It counts files as well as the terminal.
 */
export function writtenBelow(jobs: readonly Job[], ancestor: number, read = readIo): string | undefined {
  const parents = parentsOf(jobs);
  const writers = jobs.filter(({ pid }) => isBelow(pid, ancestor, parents));
  if (writers.length > MOST_WRITERS) return undefined;
  const counts = writers.map(({ pid }) => `${pid}:${/^wchar: (\d+)$/m.exec(read(pid))?.[1]}`);
  return counts.some((each) => each.endsWith("undefined")) ? undefined : counts.join();
}

function readIo(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/io`);
  } catch {
    // Ended, or not to be looked into.
    return "";
  }
}

/** True where a process group has a member that descends from the process `ancestor`. */
export function descends(jobs: readonly Job[], group: number, ancestor: number): boolean {
  const parents = parentsOf(jobs);
  return jobs.some((job) => job.group === group && isBelow(job.pid, ancestor, parents));
}

function parentsOf(jobs: readonly Job[]): ReadonlyMap<number, number> {
  return new Map(jobs.map(({ pid, parent }) => [pid, parent]));
}

function isBelow(pid: number, ancestor: number, parents: ReadonlyMap<number, number>): boolean {
  const seen = new Set<number>();
  // The table was not read at one moment, so it may even go round in a circle.
  for (let at = parents.get(pid); at !== undefined && !seen.has(at); at = parents.get(at)) {
    if (at === ancestor) return true;
    seen.add(at);
  }
  return false;
}
