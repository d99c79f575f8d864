/** The slow lane beside a model of it that is simple, slow and has no shared state: whatever happens, both do the same. */

import assert from "node:assert/strict";
import { Breaker } from "./breaker.ts";
import type { Trial } from "./breaker.ts";
import type { SlowPolicy } from "./plugin.ts";
import { keeper, laneOf, placed, question, settled } from "./testing_slow_lane.ts";
import { allow, deny } from "./verdict.ts";

const POLICIES: readonly SlowPolicy[] = [
  { timeout: 100, whenLate: "pass", whenFailed: "pass" },
  { timeout: 60, whenLate: "deny", whenFailed: "allow" },
  { timeout: 80, whenLate: "pass", whenFailed: "deny" },
];
const FALLBACK = "deny";

interface Call {
  readonly id: bigint;
  readonly kind: number;
  readonly deadline: number;
  next: number;
  until: number;
  /** Of those that wait until the same time, who began first. */
  order: number;
  missed: "late" | "failed" | undefined;
}

interface Asked {
  readonly first: bigint;
  readonly kind: number;
  calls: Call[];
  isOpen: boolean;
  isOver: boolean;
  isAborted: boolean;
  trial: Trial | undefined;
}

class Model {
  now = 0;
  #order = 0;
  readonly ends: string[] = [];
  readonly asked: readonly Asked[][] = POLICIES.map(() => []);
  readonly counts = POLICIES.map(() => ({
    allowed: 0,
    denied: 0,
    failed: 0,
    late: 0,
    cancelled: 0,
    shared: 0,
  }));
  readonly breakers = POLICIES.map(() => new Breaker(() => this.now));

  ask(id: bigint, kind: number, deadline: number): void {
    this.#goOn({ id, kind, deadline, next: 0, until: Infinity, order: 0, missed: undefined });
  }

  cancel(id: bigint): void {
    this.asked.forEach((list, place) => {
      for (const question of list) {
        const call = question.calls.find((call) => call.id === id);
        if (call === undefined) continue;
        this.counts[place]!.cancelled++;
        this.#leave(question, place, call);
      }
    });
  }

  answer(place: number, index: number, answer: "allow" | "deny" | "pass" | "fail"): void {
    const question = this.asked[place]![index]!;
    if (question.isOver) return;
    question.isOver = true;
    question.isOpen = false;
    const { calls } = question;
    question.calls = [];
    const counts = this.counts[place]!;
    this.#tell(question, place, answer === "fail" ? "failed" : "succeeded");
    if (answer === "allow") counts.allowed++;
    if (answer === "deny") counts.denied++;
    if (answer === "fail") counts.failed++;
    for (const call of calls) {
      if (answer === "fail") this.#missed(call, place, "failed");
      else if (answer === "pass") this.#goOn(call);
      else this.#end(call, "verdict", answer);
    }
  }

  /** Those whose time comes first are late first; of the same time, those that began first. */
  pass(time: number): void {
    for (;;) {
      const due = this.asked.flatMap((list, place) =>
        list.flatMap((question) => question.calls.map((call) => ({ question, place, call })))
      ).filter(({ call }) => call.until <= time);
      due.sort((a, b) => a.call.until - b.call.until || a.call.order - b.call.order);
      const [first] = due;
      if (first === undefined) break;
      const { question, place, call } = first;
      this.now = Math.max(this.now, call.until);
      this.counts[place]!.late++;
      question.isOpen = false;
      this.#tell(question, place, "failed");
      this.#leave(question, place, call);
      this.#missed(call, place, "late");
    }
    this.now = time;
  }

  /** How many wait at each place, and how long for each question. */
  get waiting(): readonly (readonly (readonly [bigint, number, boolean])[])[] {
    return this.asked.map((list) =>
      list.map(({ first, calls, isAborted }) => [first, calls.length, isAborted] as const)
    );
  }

  #goOn(call: Call): void {
    const place = call.next++;
    const policy = POLICIES[place];
    if (policy === undefined) return this.#end(call, call.missed ?? "default", FALLBACK);
    if (this.now >= call.deadline) return this.#missed(call, place, "late");
    call.order = ++this.#order;
    call.until = Math.min(call.deadline, this.now + policy.timeout);
    const breaker = this.breakers[place]!;
    const list = this.asked[place]!;
    const equal = list.find(({ isOpen, kind }) => isOpen && kind === call.kind);
    if (equal !== undefined && breaker.isClosed) {
      this.counts[place]!.shared++;
      equal.calls.push(call);
      return;
    }
    const trial = breaker.enter();
    if (trial === undefined) return this.#missed(call, place, "failed");
    if (equal !== undefined) equal.isOpen = false;
    const { id: first, kind } = call;
    list.push({ first, kind, calls: [call], isOpen: true, isOver: false, isAborted: false, trial });
  }

  #missed(call: Call, place: number, cause: "late" | "failed"): void {
    call.missed ??= cause;
    const instead = cause === "late" ? POLICIES[place]!.whenLate : POLICIES[place]!.whenFailed;
    if (instead === "pass") this.#goOn(call);
    else this.#end(call, cause, instead);
  }

  #leave(question: Asked, place: number, call: Call): void {
    question.calls = question.calls.filter((other) => other !== call);
    if (question.calls.length > 0) return;
    question.isOver = question.isAborted = true;
    question.isOpen = false;
    this.#tell(question, place, "cancelled");
  }

  #tell(question: Asked, place: number, outcome: "succeeded" | "failed" | "cancelled"): void {
    const { trial } = question;
    question.trial = undefined;
    if (trial !== undefined) this.breakers[place]![outcome](trial);
  }

  #end(call: Call, cause: string, action: string): void {
    this.ends.push(`${call.id} ${cause} ${action}`);
  }
}

/** Numbers from 0 up to `below`, the same for the same seed (mulberry32). */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}

const ANSWERS = ["allow", "deny", "pass", "pass", "pass", "fail"] as const;

/** A reload is nothing to those that stay; but it begins their counters anew, which are compared without it. */
async function play(seed: number, isReloaded: boolean): Promise<{ shared: number; opened: number }> {
  const next = random(seed);
  const gates = POLICIES.map((policy, index) => keeper(`gate ${index}`, { policy }));
  const { lane, answers, pass, clock } = laneOf(gates);
  const model = new Model();
  let id = 0n;
  for (let step = 0; step < 150; step++) {
    const kind = next(10);
    if (kind < 5) {
      const pid = next(3);
      const deadline = clock.now + 1 + next(250);
      lane.ask(question(++id, { task: { pid } }), deadline);
      model.ask(id, pid, deadline);
    } else if (kind < 6) {
      const gone = 1n + BigInt(next(Number(id) + 1));
      lane.cancel(gone);
      model.cancel(gone);
    } else if (kind < 9) {
      const place = next(POLICIES.length);
      const { asked } = gates[place]!;
      if (asked.length === 0) continue;
      // Mostly one of the last: those before are over.
      const index = Math.max(0, asked.length - 1 - next(4));
      const answer = ANSWERS[next(ANSWERS.length)]!;
      const isFirst = !model.asked[place]![index]!.isOver;
      if (!isFirst) continue;
      if (answer === "fail") asked[index]!.fail(new Error("no route"));
      else asked[index]!.answer(answer === "pass" ? undefined : (answer === "allow" ? allow : deny)("so"));
      await settled();
      model.answer(place, index, answer);
    } else {
      const time = clock.now + next(120);
      pass(time);
      model.pass(time);
    }
    if (isReloaded && next(40) === 0) lane.load(placed(gates), FALLBACK);
    assert.deepEqual(
      gates.map(({ asked }) => asked.map(({ id, asking, signal }) => [id, asking.calls, signal.aborted])),
      model.waiting,
    );
    assert.deepEqual(
      answers.map(({ id, cause, verdict }) => `${id} ${cause} ${verdict.action}`),
      model.ends,
    );
  }
  lane.cancelAll();
  for (let gone = 1n; gone <= id; gone++) model.cancel(gone);
  const { causes } = lane.counts;
  assert.equal(Object.values(causes).reduce((sum, count) => sum + count), model.ends.length);
  assert.equal(lane.waiting, 0);
  const { plugins } = lane.counts;
  assert.deepEqual(plugins.map(({ slow }) => slow!.waiting), POLICIES.map(() => 0));
  assert.deepEqual(plugins.map(({ slow }) => slow!.breaker), model.breakers.map(({ counts }) => counts));
  if (!isReloaded) {
    const counts = plugins.map(({ allowed, denied, failed, late, cancelled, shared }) => {
      return { allowed, denied, failed, late, cancelled, shared };
    });
    assert.deepEqual(counts, model.counts);
  }
  return {
    shared: model.counts.reduce((sum, { shared }) => sum + shared, 0),
    opened: plugins.reduce((sum, { slow }) => sum + slow!.breaker.opened, 0),
  };
}

Deno.test("the slow lane does what its model does, whatever comes, ends, answers and fails in any order", async () => {
  let [shared, opened] = [0, 0];
  for (let seed = 1; seed <= 60; seed++) {
    try {
      const played = await play(seed, seed % 2 === 0);
      shared += played.shared;
      opened += played.opened;
    } catch (error) {
      throw new Error(`with seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  // It has come to what it is about.
  assert.ok(shared > 100 && opened > 10, `${shared} shared, ${opened} opened`);
});
