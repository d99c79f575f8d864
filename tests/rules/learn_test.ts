/** What core writes of a run, and what rules make of it. */

import assert from "node:assert/strict";
import { Learner } from "../../core/run/learn.ts";
import { learnedRules } from "../../core/run/learn_rules.ts";
import { event, type EventInit } from "../../core/testing.ts";
import { compileRules } from "../../plugins/rules/compile.ts";
import { CompiledRules } from "../../plugins/rules/decide.ts";
import { checkRules, loadRules } from "../../plugins/rules/mod.ts";
import { Chance } from "./random.ts";

const SEED = 20240802;
const RUNS = 100;
const PERTURBED = 200;
const RANGE = { first: 32768, last: 60999 };

const context = { clock: Date.now, verifiedExe: () => true };

function compile(text: string): CompiledRules {
  const sources = { files: [{ path: "learned.yaml", text }] };
  assert.deepEqual(checkRules(sources).warnings, []);
  return new CompiledRules(structuredClone(compileRules(loadRules(sources), context)), context);
}

function learn(events: readonly EventInit[]): string {
  const learner = new Learner(() => true);
  for (const init of events) learner.record(event(init));
  return learnedRules(learner, { command: ["true"], portRange: RANGE }).text;
}

const EXES = ["/usr/bin/curl", "/usr/bin/nc", "/opt/a*b/{run", "/opt/x, y: #z", "/\udcff\n"];
const NAMES = ["snet.connect", "snet.sendmsg", "snet.bind", "snet.listen", "snet.post_accept"] as const;
const IPS = ["0.0.0.0", "127.0.0.1", "10.0.0.1", "10.0.0.2", "::", "::1", "fd00::1"];
/** A program asks for it in every run; it lies in the kernel's range. */
const BOUND = 40000;
/** The kernel chose it. */
const CHOSEN = [40001, 50000];
const PORTS = [0, 22, 80, 81, 82, 443, BOUND, ...CHOSEN];
const SOCKETS = [
  { type: 1, protocol: 0 },
  { type: 1, protocol: 6 },
  { type: 2, protocol: 17 },
  { type: 3, protocol: 1 },
  { type: 5, protocol: 132 },
];

interface Call extends EventInit {
  readonly name: typeof NAMES[number];
  readonly task: { readonly exe: string };
  readonly socket: typeof SOCKETS[number];
  readonly local: { readonly ip: string; readonly port: number };
  readonly remote: { readonly ip: string; readonly port: number } | undefined;
}

function randomCall(chance: Chance): Call {
  const name = chance.pick(NAMES);
  const address = () => ({ ip: chance.pick(IPS), port: chance.pick(PORTS) });
  const hasPeer = name !== "snet.bind" && name !== "snet.listen";
  const local = address();
  return {
    name,
    task: { exe: chance.pick(EXES) },
    socket: chance.pick(SOCKETS),
    // Nobody binds to those that the kernel chooses.
    local: name === "snet.bind" && CHOSEN.includes(local.port) ? { ...local, port: BOUND } : local,
    remote: hasPeer ? address() : undefined,
  };
}

/** The same call but for one thing. */
function perturbed(call: Call, chance: Chance): Call {
  const other = randomCall(chance);
  switch (chance.below(5)) {
    case 0:
      return { ...call, task: other.task };
    case 1:
      return { ...call, socket: other.socket };
    case 2:
      return { ...call, local: { ...call.local, ip: other.local.ip }, remote: ip(call.remote, chance) };
    case 3:
      return { ...call, local: { ...call.local, port: other.local.port }, remote: port(call.remote, chance) };
    default:
      return { ...other, task: call.task, socket: call.socket };
  }
}

function ip(address: Call["remote"], chance: Chance): Call["remote"] {
  return address && { ...address, ip: chance.pick(IPS) };
}

function port(address: Call["remote"], chance: Chance): Call["remote"] {
  return address && { ...address, port: chance.pick(PORTS) };
}

function protocolOf({ type, protocol }: Call["socket"]): number {
  return protocol || 6 * Number(type === 1);
}

const isOut = ({ name }: Call) => name === "snet.connect" || name === "snet.sendmsg";

/** Whether having seen one call means that the other one is allowed. */
function means(seen: Call, other: Call, all: readonly Call[]): boolean {
  const end = (call: Call) => isOut(call) ? call.remote! : call.local;
  // A call to the address "any" goes to this machine.
  const address = (call: Call) => {
    const { ip } = end(call);
    return !isOut(call) ? ip : ip === "0.0.0.0" ? "127.0.0.1" : ip === "::" ? "::1" : ip;
  };
  return seen.name === other.name && seen.task.exe === other.task.exe &&
    protocolOf(seen.socket) === protocolOf(other.socket) && address(seen) === address(other) &&
    (seen.name !== "snet.post_accept" || seen.remote!.ip === other.remote!.ip) &&
    (end(seen).port === end(other).port || (inRange(end(other).port) && isChosen(seen, address(seen), all)));
}

function inRange(port: number): boolean {
  return port >= RANGE.first && port <= RANGE.last;
}

/** Whether the port of a call is one that the next run will not see. */
function isChosen(call: Call, address: string, all: readonly Call[]): boolean {
  const { port } = isOut(call) ? call.remote! : call.local;
  const same = all.filter(({ socket }) => protocolOf(socket) === protocolOf(call.socket));
  const isBound = (port: number) =>
    same.some(({ name, local }) => name === "snet.bind" && local.port === port);
  if (!inRange(port) || call.name === "snet.bind") return false;
  if (call.name === "snet.sendmsg" && call.local.port !== 0 && isBound(call.local.port)) return true;
  const isOwn = same.some(({ local }) => local.port === port) && !isBound(port);
  return isOwn && (!isOut(call) || address === "127.0.0.1" || address === "::1");
}

Deno.test("a learned file allows what was seen, and nothing that differs in address, port, program or call", () => {
  const chance = new Chance(SEED);
  let denied = 0;
  for (let run = 0; run < RUNS; run++) {
    const binds = SOCKETS.map((socket): Call => ({
      name: "snet.bind",
      task: { exe: EXES[0]! },
      socket,
      local: { ip: "10.0.0.1", port: BOUND },
      remote: undefined,
    }));
    const calls = [...binds, ...Array.from({ length: 1 + chance.below(40) }, () => randomCall(chance))];
    const rules = compile(learn(calls));
    for (const call of calls) assert.equal(rules.decide(event(call))?.action, "allow", JSON.stringify(call));
    for (let i = 0; i < PERTURBED; i++) {
      const other = perturbed(chance.pick(calls), chance);
      const expected = calls.some((seen) => means(seen, other, calls)) ? "allow" : "deny";
      assert.equal(rules.decide(event(other))?.action, expected, JSON.stringify({ other, calls }));
      if (expected === "deny") denied++;
    }
  }
  // The test would prove little where hardly anything differs.
  const share = denied / (RUNS * PERTURBED);
  assert.ok(share > 0.5 && share < 0.95, `${share} of the perturbed calls are denied`);
});

Deno.test("the file does not depend on the order of the calls, nor on how often they were made", () => {
  const chance = new Chance(SEED + 1);
  const binds = SOCKETS.map((socket): Call => ({
    name: "snet.bind",
    task: { exe: EXES[0]! },
    socket,
    local: { ip: "10.0.0.1", port: BOUND },
    remote: undefined,
  }));
  const calls = Array.from({ length: 40 }, () => randomCall(chance));
  assert.equal(learn([...binds, ...calls.toReversed(), ...calls]), learn([...binds, ...calls]));
});
