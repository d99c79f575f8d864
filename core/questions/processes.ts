/** Processes as the decision who may answer needs them: who comes from whom, and who could act in another's place. */

import { readFileSync, readlinkSync } from "node:fs";
import { readProcess } from "../process_tree.ts";

/** A process at the moment at which it was looked at. */
export interface ProcessView {
  readonly pid: number;
  /** 0 where that is not to be seen. */
  readonly parent: number;
  /** Ticks since boot (proc_pid_stat(5)). */
  readonly startTime: bigint;
  /** True where it has ended and only its entry is left. */
  readonly hasEnded: boolean;
  /** Effective user id. */
  readonly uid: number;
  /** The process that traces it; 0 for none. */
  readonly tracer: number;
  /** True for the first process of a pid namespace, whose children may be anybody's orphans. */
  readonly isInit: boolean;
  /** Path of the executable; undefined where it may not be seen. */
  readonly exe: string | undefined;
}

/** The part of a process that is told at once. */
export type ProcessGlance = Pick<ProcessView, "pid" | "parent" | "startTime" | "hasEnded">;

/** The world of processes; tests have their own. */
export interface Processes {
  /** Undefined for one that is gone. Takes a third of the time that `look` takes. */
  glance(pid: number): ProcessGlance | undefined;
  /** Undefined for one that is gone. */
  look(pid: number): ProcessView | undefined;
  /** The same text for processes of the same pid and user namespace; undefined where they may not be seen. */
  namespacesOf(pid: number): string | undefined;
}

/** What proc(5) tells. Nothing here reads the memory of a process, which could be made to wait for that. */
export const procfs: Processes = {
  glance(pid) {
    const entry = readProcess(pid);
    if (entry === undefined) return undefined;
    const { parent, startTime, state } = entry;
    return { pid, parent, startTime, hasEnded: state === "Z" || state === "X" };
  },
  look(pid) {
    const glance = procfs.glance(pid);
    const status = glance && tryTo(() => readFileSync(`/proc/${pid}/status`, "latin1"));
    if (glance === undefined || status === undefined) return undefined;
    const [, uid] = fieldOf(status, "Uid");
    const [tracer] = fieldOf(status, "TracerPid");
    return {
      ...glance,
      // Nobody's: whoever compares it with a user's finds another.
      uid: uid ?? -1,
      tracer: tracer ?? 0,
      isInit: fieldOf(status, "NSpid").at(-1) === 1,
      exe: tryTo(() => readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "")),
    };
  },
  namespacesOf(pid) {
    return tryTo(() => ["pid", "user"].map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`)).join());
  },
};

/** The numbers of a line of status. */
function fieldOf(status: string, name: string): readonly number[] {
  const [, text = ""] = new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status) ?? [];
  return text.split(/\s+/).filter((word) => word !== "").map(Number);
}

function tryTo<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** More than that is no line of descent that people have. */
const LONGEST_LINE = 256;
/** How often a line is looked at that changes meanwhile. */
const LOOKS = 4;

/**
 * A process, its parent and so on up to pid 1; undefined where that cannot be seen as a whole, or does not hold still
 * while it is looked at.
 */
export function lineOf(pid: number, processes: Processes): readonly ProcessView[] | undefined {
  for (let looks = 0; looks < LOOKS; looks++) {
    const line = climb(pid, processes);
    // A parent that ended between two looks leaves its children to another, and its number to anybody.
    if (line !== undefined && isSame(line, climb(pid, processes))) return line;
  }
}

function climb(pid: number, processes: Processes): readonly ProcessView[] | undefined {
  const line: ProcessView[] = [];
  for (let next = pid; line.length < LONGEST_LINE;) {
    const process = processes.look(next);
    const child = line.at(-1);
    if (process === undefined || child !== undefined && process.startTime > child.startTime) return undefined;
    line.push(process);
    if (next === 1) return line;
    next = process.parent;
  }
}

function isSame(a: readonly ProcessView[], b: readonly ProcessView[] | undefined): boolean {
  return a.length === b?.length &&
    a.every(({ pid, startTime }, index) => b[index]!.pid === pid && b[index]!.startTime === startTime);
}

/** Milliseconds for which a glance is good enough for who only looks. */
const FRESH = 1000;
/** Glances that are kept. */
const MOST_KEPT = 16_384;

/** The same processes, of which a glance is up to a second old: for what is only shown, to many, of many. */
export function slowly(processes: Processes, now: () => number): Processes {
  let kept = new Map<number, ProcessGlance | undefined>();
  let since = -Infinity;
  return {
    look: (pid) => processes.look(pid),
    namespacesOf: (pid) => processes.namespacesOf(pid),
    glance(pid) {
      if (now() - since >= FRESH || kept.size >= MOST_KEPT) [kept, since] = [new Map(), now()];
      if (!kept.has(pid)) kept.set(pid, processes.glance(pid));
      return kept.get(pid);
    },
  };
}

/**
 * The parent of a process, that one's, and so on, without pid 1; at most so many, as a line can be so long that looking at all of
 * it would hold up everybody. It may be out of date when it is read.
 */
export function parentsOf(pid: number, processes: Processes, most: number): readonly ProcessView[] {
  const parents: ProcessView[] = [];
  let child: ProcessGlance | undefined = processes.glance(pid);
  while (child !== undefined && child.parent > 1 && parents.length < most) {
    const parent = processes.look(child.parent);
    // Who is younger than its child has the number of who was its parent.
    if (parent === undefined || parent.startTime > child.startTime) break;
    parents.push(parent);
    child = parent;
  }
  return parents;
}
