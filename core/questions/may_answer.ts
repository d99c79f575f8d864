/**
 * Who may answer which question. A peer answers for its own user only, root and the daemon's user for all; never the
 * process that asks, nor anything that it has started.
 *
 * What a process has started is told by its line of descent, and what the line cannot tell counts against it. Two ways
 * lead out of that line: an orphan becomes the child of a reaper (pid 1, systemd's user instance, whoever set
 * PR_SET_CHILD_SUBREAPER), and CLONE_PARENT of clone(2) makes a child of the caller's parent. Reapers and the parent of the
 * process that asks are "adopters" here: that somebody is their child says nothing about who started it. So there has to be a
 * process below the first adopter that is older than the one that asks, which cannot have started that.
 *
 * A session at the page answers as whoever made its link, whose line is kept from then (an {@linkcode Origin}). What began
 * later than that has not made the link. Of what was there before, all of the above holds as it was then; only that nobody can
 * tell any more whose child the one that asks was, where a process of the line has ended that may have been its parent.
 */

import { basename } from "node:path";
import { Clock, clockGettime, geteuid } from "../../ffi/mod.ts";
import { printableWord } from "../cli/describe.ts";
import { localUsers, type UserName } from "../cli/users.ts";
import type { Peer } from "../control/peer.ts";
import { lineOf, type Processes, type ProcessView, procfs } from "./processes.ts";

/** Why somebody may not answer, for counters. */
export type RefusalCause = "user" | "unseen" | "gone" | "traced" | "namespace" | "asker" | "origin";

/** Why somebody may not answer. */
export interface Refusal {
  readonly cause: RefusalCause;
  /** One line, in words to whoever wants to answer. */
  readonly why: string;
}

/** A process with a call that waits. */
export interface Asker {
  readonly pid: number;
  /** Its parent when it called. */
  readonly ppid: number;
  /** Nanoseconds since boot, as events have it. */
  readonly startTime: bigint;
}

/** The part of a question by which it is told who may answer it. */
export interface Asked {
  readonly uid: number;
  /** The program, for people. */
  readonly name: string;
  readonly askers: Iterable<Asker>;
}

/** What is known of the machine. */
export interface World {
  readonly processes: Processes;
  /** The daemon's user, who may do all that root may. */
  readonly ownUid: number;
  readonly ownPid: number;
  readonly userName: UserName;
  /** True where those who ask are on other machines, or have other numbers here: who they are cannot be told then. */
  readonly isElsewhere?: boolean;
}

/** The first pid namespace (PROC_PID_INIT_INO of include/linux/proc_ns.h), whose numbers events have. */
const INITIAL = "pid:[4026531836]";

/** This machine, as this process sees it. In a pid namespace of its own it knows nobody's number. */
export function worldOfSelf(): World {
  const isElsewhere = Deno.readLinkSync("/proc/self/ns/pid") !== INITIAL;
  return { processes: procfs, ownUid: geteuid(), ownPid: Deno.pid, userName: localUsers(), isElsewhere };
}

/** Who wants to answer, or to know what may be answered, as seen at one moment: it holds while nothing is waited for. */
export interface Answerer {
  /** Undefined if it could not be told. */
  readonly uid: number | undefined;
  /** Root, or the daemon's user. */
  readonly isPrivileged: boolean;
  /** Primary and supplementary groups. */
  readonly groups: readonly number[];
  /** 0 where it is not to be seen. */
  readonly pid: number;
  /** Paths of its executable and of those it comes from, as far as they can be told; its own first. */
  readonly programs: readonly (string | undefined)[];
  /** Why it may not answer a question; undefined if it may. */
  refusalFor(question: Asked): Refusal | undefined;
}

const ELSEWHERE: Refusal = {
  cause: "user",
  why:
    "users and processes that ask have other numbers here, as on another machine: root answers this question",
};

/** Whoever connects, and from whom it comes, as seen at one moment. */
export interface Origin {
  /** 0 where it is not to be seen. */
  readonly pid: number;
  readonly groups: readonly number[];
  /** Undefined where it cannot be told. */
  readonly line: readonly ProcessView[] | undefined;
  /** When it was looked at, ticks since boot; undefined of one that is looked at now. */
  readonly at?: bigint;
  /** Why it may answer nothing at all. */
  readonly refusal: Refusal | undefined;
}

/** Looks at who is at the other end. */
export function lookAt(peer: Peer, world: World): Answerer {
  const { uid } = peer;
  const isPrivileged = uid === 0 || uid === world.ownUid;
  const origin = peer.origin ?? originNow(peer, world);
  const { pid, groups, line, refusal } = origin;
  return {
    ...{ uid, isPrivileged, groups, pid },
    programs: line?.map(({ exe }) => exe) ?? [],
    refusalFor(question) {
      if (refusal !== undefined) return refusal;
      if (world.isElsewhere) return isPrivileged ? undefined : ELSEWHERE;
      if (!isPrivileged && uid !== question.uid) {
        const whose = `${printableWord(world.userName(question.uid))} (uid ${question.uid})`;
        return { cause: "user", why: `this question is for ${whose} or root; you are uid ${uid}` };
      }
      return refusalOfLine(origin, question, isPrivileged, world.processes);
    },
  };
}

/** Who is at the other end, to be kept; `now` in ticks since boot. */
export function originOf(peer: Peer, world: World, now: () => bigint = ticksNow): Origin {
  const origin = peer.origin ?? originNow(peer, world);
  // Read last: what begins meanwhile counts as having been there.
  return origin.at === undefined ? { ...origin, at: now() } : origin;
}

function originNow(peer: Peer, world: World): Origin {
  const { uid, process } = peer;
  const line = process === undefined ? undefined : lineOf(process.pid, world.processes);
  return {
    pid: process?.pid ?? 0,
    groups: process?.groups ?? [],
    line,
    refusal: refusalAtAll(peer, line, uid === 0 || uid === world.ownUid, world),
  };
}

function ticksNow(): bigint {
  return ticksOf(clockGettime(Clock.Boottime));
}

function refusalAtAll(
  { uid, process }: Peer,
  line: readonly ProcessView[] | undefined,
  isPrivileged: boolean,
  { processes, ownPid }: World,
): Refusal | undefined {
  if (uid === undefined || process === undefined) {
    return { cause: "unseen", why: "snet cannot tell who asks" };
  }
  if (process.pid === 0) {
    return { cause: "unseen", why: "snet cannot see your process: it is in another pid namespace" };
  }
  // Only now: if it lives after its line was looked at, that is its line, and not that of whoever got its number.
  if (!process.lives() || line?.[0]?.hasEnded) {
    return { cause: "gone", why: `the process that connected (pid ${process.pid}) has ended` };
  }
  if (line === undefined || line[0]!.startTime !== process.startTime) {
    return { cause: "unseen", why: "snet cannot see from which processes yours comes" };
  }
  const { tracer } = line[0]!;
  if (tracer !== 0 && processes.look(tracer)?.uid !== 0) {
    return { cause: "traced", why: `process ${tracer} traces yours, and could answer in your place` };
  }
  const theirs = processes.namespacesOf(process.pid);
  if (!isPrivileged && (theirs === undefined || theirs !== processes.namespacesOf(ownPid))) {
    return { cause: "namespace", why: "you are in another pid or user namespace than snet" };
  }
}

function refusalOfLine(
  { line, at }: Origin,
  { name, askers }: Asked,
  isPrivileged: boolean,
  processes: Processes,
): Refusal | undefined {
  const reapers = reapersOf(line!, processes);
  for (const asker of askers) {
    if (at !== undefined && ticksOf(asker.startTime) > at) continue;
    const who = `${name}[${asker.pid}]`;
    const place = line!.findIndex(({ pid }) => pid === asker.pid);
    const isKept = at !== undefined;
    if (place === 0) {
      const why = isKept
        ? `${who}, which asks, has made the link to this page`
        : `you are ${who}, which asks`;
      return { cause: "asker", why };
    }
    if (place > 0) {
      const whom = isKept ? "who made the link to this page" : "you";
      return { cause: "asker", why: `${who}, which asks, has started ${whom}; answer from elsewhere` };
    }
    // Root can do whatever it would be refused here.
    if (isPrivileged || hasOtherOrigin({ line: line!, isKept }, asker, reapers, processes)) continue;
    const why = isKept
      ? `nothing tells that ${who} has not made the link to this page; ` +
        "run snet web in a terminal that was open before it began, or answer as root"
      : `nothing tells that ${who} has not started you; ` +
        "answer from a terminal or program that was open before it asked, or as root";
    return { cause: "origin", why };
  }
}

/** Nanoseconds of a tick of /proc (USER_HZ), on every architecture that snet runs on. */
const TICK_NANOSECONDS = 10_000_000n;

/** The start of a process as /proc has it, of what events say. */
export function ticksOf(nanoseconds: bigint): bigint {
  return nanoseconds / TICK_NANOSECONDS;
}

/** Whether the line has, below the first adopter, a process that was there before the asking one. */
function hasOtherOrigin(
  { line, isKept }: { readonly line: readonly ProcessView[]; readonly isKept: boolean },
  { pid, ppid, startTime }: Asker,
  reapers: ReadonlySet<number>,
  processes: Processes,
): boolean {
  const start = ticksOf(startTime);
  const parent = processes.glance(pid)?.parent;
  for (const [index, process] of line.entries()) {
    const isAdopter = reapers.has(process.pid) || process.pid === ppid || process.pid === parent;
    // Of one that is the first of the line it does not matter who its children are.
    if (isAdopter && index > 0) return false;
    // Nobody is the child of who came later. Of who was there before, and has ended, it may have been one.
    if (isKept && index > 0 && process.startTime <= start && !livesOn(process, processes)) return false;
    if (process.startTime < start) return true;
  }
  return false;
}

/** Whether a process that was seen is there still. */
function livesOn({ pid, startTime }: ProcessView, processes: Processes): boolean {
  const now = processes.glance(pid);
  return now?.startTime === startTime && !now.hasEnded;
}

/**
 * Names of programs that take in orphans of their descendants, besides pid 1 and what runs the same program. The kernel
 * tells nobody who does (PR_SET_CHILD_SUBREAPER). And of those that start for any program of a user what that has left
 * with them: a line of a crontab, a service of the message bus.
 */
const REAPERS: ReadonlySet<string> = new Set([
  ...[
    "systemd",
    "init",
    "snet",
    "tini",
    "tini-static",
    "docker-init",
    "catatonit",
    "dumb-init",
    "s6-svscan",
    "runsv",
  ],
  ...[
    "containerd-shim",
    "containerd-shim-runc-v2",
    "conmon",
    "conmonrs",
    "crun",
    "runc",
    "bwrap",
    "supervisord",
  ],
  ...[
    "gnome-session-binary",
    "gnome-session-service",
    "xdg-desktop-portal",
    "sddm-helper",
    "uwsm",
    "firejail",
  ],
  ...[
    "cron",
    "crond",
    "fcron",
    "anacron",
    "atd",
    "dbus-daemon",
    "dbus-broker",
    "dbus-broker-launch",
  ],
]);

function reapersOf(line: readonly ProcessView[], processes: Processes): ReadonlySet<number> {
  const first = processes.look(1)?.exe;
  const reapers = line.filter(({ pid, isInit, exe }) =>
    // One that cannot be looked at may be one.
    pid === 1 || isInit || exe === undefined || exe === first || REAPERS.has(basename(exe))
  );
  return new Set(reapers.map(({ pid }) => pid));
}
