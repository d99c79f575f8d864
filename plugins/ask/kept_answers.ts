/** Answers that last: what people said of a program, an address or a port, for a time or until a program ends. */

import {
  type AnswerScope,
  isOfProgram,
  narrowness,
  type Processes,
  scopeKey,
  SCOPES,
  type SnetEvent,
  type Subject,
  subjectOf,
  ticksOf,
} from "../../core/mod.ts";

/** One process for as long as it lives; with the number alone another could be meant later. */
export interface ProcessName {
  readonly pid: number;
  /** Nanoseconds since boot. */
  readonly startTime: bigint;
}

/** An answer that lasts. */
export interface KeptAnswer {
  readonly action: "allow" | "deny";
  readonly scope: AnswerScope;
  /** Who said so and for how long, for the verdict's reason. */
  readonly why: string;
  /** When it ends to hold, milliseconds of the clock; Infinity for one that ends with its process. */
  readonly until: number;
  /** Of one until the program ends. */
  readonly process?: ProcessName;
  /** Also what that process starts. */
  readonly children?: boolean;
}

/** Of whom an answer is: what no scope leaves open. */
interface Owner {
  readonly uid: number;
  /** The same address is another machine in another network namespace. */
  readonly netns: number;
  /** The machine, where it is another. */
  readonly client?: string | undefined;
}

/** For one user; beyond, the oldest are dropped, and what they were about is asked again. */
const MOST_OF_USER = 512;
/** For all. */
const MOST = 4096;

/** Looked at for each call where answers are about children too: a line can be so long that it would hold up everybody. */
const MOST_ANCESTORS = 64;

interface Entry extends KeptAnswer {
  readonly key: string;
  readonly uid: number;
}

/** How many answers a user has. */
interface UserCounts {
  all: number;
  /** Of these, about a process. */
  processes: number;
  /** Of these, about its children too. */
  children: number;
}

interface CallerName {
  readonly text: string;
  readonly isAncestor: boolean;
}

/** Kept by what they are about, the oldest first. */
export class KeptAnswers {
  readonly #entries = new Map<string, Entry>();
  readonly #counts = new Map<number, UserCounts>();

  /** `clock`: milliseconds of a clock that nobody sets; `clientOf` tells the machine that a call is of, where it is another. */
  constructor(
    readonly clock: () => number,
    readonly processes: Processes | undefined,
    readonly clientOf?: (event: SnetEvent) => string | undefined,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Keeps an answer about what a call has in common with others; a later one about the same takes its place. */
  keep(subject: Subject, owner: Owner, answer: KeptAnswer): void {
    const about = scopeKey(subject, answer.scope);
    if (about === undefined) return;
    const key = keyOf(owner, about, answer.process && nameOf(answer.process));
    this.#drop(key);
    this.prune();
    this.#makeRoom(owner.uid);
    this.#entries.set(key, { ...answer, key, uid: owner.uid });
    this.#count(owner.uid, answer, 1);
  }

  /**
   * What was said of such a call. The narrowest answer counts, and of several that are as narrow one that denies. What
   * is read of the event is what decides; nothing where the user has no answers.
   */
  find(event: SnetEvent): KeptAnswer | undefined {
    const counts = this.#counts.get(event.task.uid);
    if (counts === undefined) return undefined;
    const subject = subjectOf(event);
    const who = this.#namesOf(event, counts);
    const { uid, netns } = event.task;
    const owner: Owner = { uid, netns, client: this.clientOf?.(event) };
    let best: Entry | undefined;
    for (const scope of SCOPES) {
      const isNarrower = best !== undefined && narrowness(best.scope) > narrowness(scope);
      const about = isNarrower ? undefined : scopeKey(subject, scope);
      if (about === undefined) continue;
      for (const name of isOfProgram(scope) ? [undefined, ...who] : [undefined]) {
        const entry = this.#at(keyOf(owner, about, name?.text));
        if (entry === undefined || name?.isAncestor && entry.children !== true) continue;
        if (best === undefined || entry.action === "deny") best = entry;
      }
    }
    return best;
  }

  /** Drops what has ended to hold. */
  prune(): void {
    const now = this.clock();
    for (const { key, until, process } of [...this.#entries.values()]) {
      if (until <= now || process !== undefined && !this.#lives(process)) this.#drop(key);
    }
  }

  #lives({ pid, startTime }: ProcessName): boolean {
    const process = this.processes?.glance(pid);
    return process !== undefined && !process.hasEnded && process.startTime === ticksOf(startTime);
  }

  /** The names by which answers may be kept that are for the process that calls: its own, and those of whom it comes from. */
  #namesOf(event: SnetEvent, { processes, children }: UserCounts): readonly CallerName[] {
    if (processes === 0) return [];
    const own = { text: nameOf(event.task), isAncestor: false };
    if (children === 0 || this.processes === undefined) return [own];
    // Who comes from whom is not told by the event.
    event.readVolatile();
    return [own, ...ancestorsOf(event.task.pid, this.processes)];
  }

  #at(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.until > this.clock()) return entry;
    this.#drop(key);
  }

  #makeRoom(uid: number): void {
    const ofUser = (this.#counts.get(uid)?.all ?? 0) >= MOST_OF_USER;
    if (!ofUser && this.#entries.size < MOST) return;
    const oldest = this.#entries.values().find((entry) => !ofUser || entry.uid === uid);
    if (oldest !== undefined) this.#drop(oldest.key);
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#count(entry.uid, entry, -1);
  }

  #count(uid: number, { process, children }: KeptAnswer, change: 1 | -1): void {
    const counts = this.#counts.get(uid) ?? { all: 0, children: 0, processes: 0 };
    counts.all += change;
    if (process !== undefined) counts.processes += change;
    if (children) counts.children += change;
    if (counts.all === 0) this.#counts.delete(uid);
    else this.#counts.set(uid, counts);
  }
}

/** The nearest from whom a process comes; who comes from further away is asked about. None where they change meanwhile. */
function ancestorsOf(pid: number, processes: Processes): readonly CallerName[] {
  const names: CallerName[] = [];
  for (let child = processes.glance(pid); child !== undefined && child.parent > 0;) {
    if (names.length >= MOST_ANCESTORS) break;
    const parent = processes.glance(child.parent);
    // Its number is another's by now.
    if (parent === undefined || parent.startTime > child.startTime) return [];
    names.push({ text: `${parent.pid}:${parent.startTime}`, isAncestor: true });
    child = parent;
  }
  return names;
}

function nameOf({ pid, startTime }: ProcessName): string {
  return `${pid}:${ticksOf(startTime)}`;
}

function keyOf({ uid, netns, client }: Owner, about: string, process: string | undefined): string {
  return `${client ?? ""} ${uid} ${netns} ${process ?? ""} ${about}`;
}
