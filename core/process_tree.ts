/** Who descends from whom, as /proc tells (proc_pid_stat(5)). */

import { readdirSync, readFileSync } from "node:fs";

/** A process. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Process group. */
  readonly group: number;
  /** One letter: R, S, D, T, Z, … */
  readonly state: string;
  /** Ticks since boot; with the pid it names one process until the next boot. */
  readonly startTime: bigint;
}

/** Reads /proc/PID/stat; undefined for a process that is gone. */
export function readProcess(pid: number): ProcessEntry | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

/** All processes that /proc shows. */
export function readProcesses(): ProcessEntry[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) =>
    readProcess(Number(pid)) ?? []
  );
}

/** Fields of a line of stat, counted behind the name, which may hold anything. */
const Field = { state: 0, parent: 1, group: 2, startTime: 19 } as const;

/** Undefined for what is no line of stat. */
export function parseStat(line: string): ProcessEntry | undefined {
  const pid = parseInt(line);
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const startTime = fields[Field.startTime];
  if (Number.isNaN(pid) || startTime === undefined) return undefined;
  return {
    pid,
    parent: Number(fields[Field.parent]),
    group: Number(fields[Field.group]),
    state: fields[Field.state]!,
    startTime: BigInt(startTime),
  };
}

/** The descendants of a process, except for some of its children and theirs; parents come before their children. */
export function descendants(
  of: number,
  processes: readonly ProcessEntry[],
  except: ReadonlySet<number> = new Set(),
): ProcessEntry[] {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const found = (children.get(of) ?? []).filter(({ pid }) => !except.has(pid));
  for (const { pid } of found) found.push(...children.get(pid) ?? []);
  return found;
}
