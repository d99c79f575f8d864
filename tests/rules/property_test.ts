import assert from "node:assert/strict";
import type { SnetEvent } from "../../core/mod.ts";
import { event, type EventInit } from "../../core/testing.ts";
import { Operand } from "../../ffi/mod.ts";
import { compileRules } from "../../plugins/rules/compile.ts";
import { CompiledRules } from "../../plugins/rules/decide.ts";
import { describeRule, loadRules } from "../../plugins/rules/mod.ts";
import type { Rule } from "../../plugins/rules/rule.ts";
import { firstMatch, type World } from "./linear.ts";
import { CGROUP_PATHS, Chance, randomEvent, randomFile } from "./random.ts";

const SEED = 20240607;
const SMALL_SETS = 2000;
const LARGE_SETS = 20;
const EVENTS = 30;
// A Saturday, an hour past midnight: spans over midnight and their days differ.
const NOW = new Date(2024, 5, 8, 1, 0);

const world: World = {
  now: NOW,
  verified: ({ task }) => task.exeMntns === 2,
  cgroupPath: ({ task }) => CGROUP_PATHS.get(task.cgroup),
};

function compile(rules: readonly Rule[]): CompiledRules {
  const context = {
    clock: () => NOW.getTime(),
    verifiedExe: world.verified,
    cgroupPath: world.cgroupPath,
  };
  // As the reactor gets it.
  const data = structuredClone(compileRules({ rules, defaults: new Map() }, context));
  return new CompiledRules(data, context);
}

function load(chance: Chance, count: number): readonly Rule[] {
  return loadRules({ files: [{ path: "random.yaml", text: randomFile(chance, count) }], netns: 7 }).rules;
}

function explain(rules: readonly Rule[], event: SnetEvent, numbers: readonly (number | undefined)[]): string {
  const named = numbers.map((number) => number === undefined ? "none" : describeRule(rules[number]!));
  return JSON.stringify(
    { named, event: event.copy() },
    (_, value) => typeof value === "bigint" ? `${value}` : value,
    1,
  );
}

function checkAgainstLinear(rules: readonly Rule[], chance: Chance): number {
  const compiled = compile(rules);
  let hits = 0;
  for (let i = 0; i < EVENTS; i++) {
    const asked = event(randomEvent(chance));
    const found = compiled.decide(asked)?.rule;
    const expected = firstMatch(rules, asked, world);
    if (found !== expected) assert.fail(explain(rules, asked, [found, expected]));
    if (found !== undefined) hits++;
  }
  return hits;
}

Deno.test("the index finds the rule that comparing one after the other finds", () => {
  const chance = new Chance(SEED);
  let hits = 0;
  for (let i = 0; i < SMALL_SETS; i++) hits += checkAgainstLinear(load(chance, 1 + chance.below(30)), chance);
  // The test would prove nothing where all events miss, or all hit the same.
  const share = hits / (SMALL_SETS * EVENTS);
  assert.ok(share > 0.2 && share < 0.95, `${share} of the events hit`);
});

Deno.test("it does so among hundreds of rules", () => {
  const chance = new Chance(SEED + 1);
  for (let i = 0; i < LARGE_SETS; i++) checkAgainstLinear(load(chance, 300), chance);
});

function withoutPort(address: EventInit["local"]): EventInit["local"] {
  return address && { ...address, port: undefined };
}

/** An event that agrees with `one` in all that its ticket would hold, and is otherwise like `other`. */
function sameTicket(one: EventInit, other: EventInit, read: number): EventInit {
  const held = (bit: number) => (read & bit) !== 0;
  const address = (
    first: EventInit["local"],
    second: EventInit["local"],
    addressBit: number,
    portBit: number,
  ) => {
    if (held(addressBit) && held(portBit)) return first;
    if (held(addressBit)) return first && { ...first, port: second?.port };
    if (held(portBit)) {
      return first?.port === undefined ? withoutPort(second) : { ...second, port: first.port };
    }
    return second;
  };
  const [task, otherTask] = [one.task!, other.task!];
  return {
    ...other,
    name: one.name!,
    socket: one.socket!,
    local: address(one.local, other.local, Operand.LocalAddress, Operand.LocalPort),
    remote: address(one.remote, other.remote, Operand.RemoteAddress, Operand.RemotePort),
    task: {
      uid: task.uid!,
      gid: task.gid!,
      netns: task.netns!,
      exe: held(Operand.Exe) ? task.exe : otherTask.exe,
      exeMntns: held(Operand.Exe) ? task.exeMntns! : otherTask.exeMntns!,
      comm: held(Operand.Comm) ? task.comm! : otherTask.comm!,
      cgroup: held(Operand.Cgroup) ? task.cgroup! : otherTask.cgroup!,
    },
  };
}

Deno.test("what was read of an event determines the rule, so that a ticket is never too wide", () => {
  const chance = new Chance(SEED + 2);
  let compared = 0;
  for (let i = 0; i < SMALL_SETS; i++) {
    const rules = load(chance, 1 + chance.below(30));
    const compiled = compile(rules);
    for (let j = 0; j < EVENTS; j++) {
      const init = randomEvent(chance);
      const first = event(init);
      const found = compiled.decide(first)?.rule;
      if (first.read & Operand.Volatile) continue;
      const second = event(sameTicket(init, randomEvent(chance), first.read));
      const again = compiled.decide(second)?.rule;
      if (again !== found) assert.fail(explain(rules, second, [found, again]));
      compared++;
    }
  }
  assert.ok(compared > SMALL_SETS, `${compared} events compared`);
});
