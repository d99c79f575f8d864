/** A desk for tests, and calls that come to it. */

import type {
  Answerer,
  AnswerJson,
  Asking,
  Processes,
  RefusalCause,
  RuleDraft,
  Verdict,
} from "../../core/mod.ts";
import { event, type EventInit } from "../../core/testing.ts";
import { Desk, type DeskOptions } from "./desk.ts";

/** Somebody who may answer, unless told otherwise. */
export function person(
  more: Partial<Omit<Answerer, "refusalFor">> & { readonly refusal?: RefusalCause } = {},
): Answerer {
  const { refusal, ...others } = more;
  return {
    ...{ uid: 1000, isPrivileged: false, groups: [1000], pid: 42, programs: ["/usr/bin/snet", "/bin/bash"] },
    ...others,
    refusalFor: () => refusal === undefined ? undefined : { cause: refusal, why: `no: ${refusal}` },
  };
}

export const ROOT = person({ uid: 0, isPrivileged: true, groups: [0] });

/** Processes that the test has made; pid 1 is there. */
class TestProcesses implements Processes {
  readonly #parents = new Map<number, { parent: number; start: bigint; exe: string | undefined }>([
    [1, { parent: 0, start: 0n, exe: "/usr/lib/systemd/systemd" }],
  ]);

  /** `start` in ticks. */
  set(pid: number, parent: number, start: bigint, exe?: string): void {
    this.#parents.set(pid, { parent, start, exe });
  }
  end(pid: number): void {
    this.#parents.delete(pid);
  }
  look(pid: number) {
    const process = this.#parents.get(pid);
    if (process === undefined) return undefined;
    const { parent, start: startTime, exe } = process;
    return { pid, parent, startTime, exe, hasEnded: false, uid: 1000, tracer: 0, isInit: false };
  }
  glance(pid: number) {
    return this.look(pid);
  }
  namespacesOf(): string {
    return "here";
  }
}

/** A call that is asked about. */
export class HeldCall {
  readonly controller = new AbortController();
  readonly event;
  verdict: Verdict | undefined;
  isOver = false;
  readonly outcome: Promise<void>;

  constructor(desk: Desk, init: EventInit, asking: Partial<Asking> = {}) {
    this.event = event(init);
    const outcome = desk.decide(this.event, {
      ...{ signal: this.controller.signal, deadline: 1e15, calls: 1 },
      asked: { plugin: "rules", rule: 3, why: "ask all" },
      ...asking,
    });
    this.outcome = Promise.resolve(outcome).then((verdict) => {
      this.verdict = verdict;
      this.isOver = true;
    });
  }
}

/** A desk at a time that the test sets. */
export class TestDesk {
  time = 1_700_000_000_000;
  /** By how much the wall clock has been set. */
  shift = 0;
  flushes = 0;
  readonly rules: RuleDraft[] = [];
  saveError: Error | undefined;
  readonly processes = new TestProcesses();
  readonly desk: Desk;
  readonly changes: string[] = [];
  #ids = 0;

  constructor(more: Partial<DeskOptions> = {}) {
    // The one that events of tests come from.
    this.processes.set(4321, 1, 100n);
    this.desk = new Desk({
      ...{ undecided: new Set(), most: 100, mostOfUser: 10, save: undefined, longest: 3_600_000 },
      ...{ clientOf: undefined, netns: undefined, isRun: false },
      ...{ lastingUsers: new Set(), lastingGroups: new Set(), processes: this.processes },
      addRule: (rule) => {
        if (this.saveError !== undefined) return Promise.reject(this.saveError);
        this.rules.push(rule);
        return Promise.resolve();
      },
      dropTickets: () => this.flushes++,
      userName: (uid) => uid === 1000 ? "alice" : String(uid),
      verifiedExe: () => true,
      clock: () => this.time + this.shift,
      now: () => this.time,
      lasting: () => this.time,
      newId: () => `q${++this.#ids}`,
      ...more,
    });
    this.desk.observe((change) => {
      this.changes.push(`${change.kind} ${change.id}${change.kind === "closed" ? ` ${change.how}` : ""}`);
    });
  }

  call(init: EventInit = {}, asking: Partial<Asking> = {}): HeldCall {
    return new HeldCall(this.desk, init, asking);
  }

  answer(id: string, answer: AnswerJson, who = person()) {
    return this.desk.answer(id, answer, who);
  }
}
