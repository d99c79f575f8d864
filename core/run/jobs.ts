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

/** True where a process group has a member that descends from the process `ancestor`. */
export function descends(jobs: readonly Job[], group: number, ancestor: number): boolean {
  const parents = new Map(jobs.map(({ pid, parent }) => [pid, parent]));
  return jobs.some((job) => job.group === group && isBelow(job.pid, ancestor, parents));
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
