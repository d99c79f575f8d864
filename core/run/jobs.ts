/** Process groups and what is stopped in them, as procfs tells it (proc_pid_stat(5)). */

/** A process, as far as job control is concerned. */
export interface Job {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Stopped by a signal. */
  readonly stopped: boolean;
}

/** All processes at this moment. */
export type JobTable = () => readonly Job[];

/** Reads the line of /proc/PID/stat; undefined where it is none. */
export function parseStat(line: string): Job | undefined {
  // The name is in parentheses and may hold anything, further ones too.
  const end = line.lastIndexOf(")");
  const [state, parent, group] = line.slice(end + 2).split(" ");
  const pid = Number.parseInt(line);
  if (end < 0 || group === undefined || !(pid > 0)) return undefined;
  return { pid, parent: Number(parent), group: Number(group), stopped: state === "T" };
}

/** The processes of the machine, as far as they can be seen. */
export function jobsOfSystem(): readonly Job[] {
  const jobs: Job[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const job = parseStat(Deno.readTextFileSync(`/proc/${name}/stat`));
      if (job !== undefined) jobs.push(job);
    } catch {
      // It has ended meanwhile.
    }
  }
  return jobs;
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
