/**
 * How long the reactor takes to decide one event by rules: from the bytes of its message to the answer of the chain. Run
 * `deno run tests/bench/decisions.ts` for a table.
 */

import { Chain } from "../../core/chain.ts";
import type { PluginContext } from "../../core/mod.ts";
import { event } from "../../core/testing.ts";
import { MessageWriter, writeAttributes } from "../../ffi/codec.ts";
import { EventMessage } from "../../ffi/event.ts";
import { Command, Event, type EventNotice } from "../../ffi/protocol.ts";
import { compileRules } from "../../plugins/rules/compile.ts";
import { CompiledRules } from "../../plugins/rules/decide.ts";
import { hitOf, missOf, type MixEvent, mixRules } from "../../plugins/rules/mix.ts";

/** Where the rule that hits stands. */
export type Hit = "first" | "last" | "none" | "spread";

/** What deciding takes with so many rules of the mix. */
export interface DecisionTimes {
  readonly rules: number;
  /** Milliseconds to compile them. */
  readonly compile: number;
  /** Nanoseconds a decision, the median of several rounds. */
  readonly nanoseconds: Readonly<Record<Hit, number>>;
}

const ROUNDS = 9;
const DECISIONS = 50_000;
/** Ten rules that follow each other are one of each kind of the mix. */
const TEN = 10;
/** Different events in turn, spread over the rules or missing them all: as many as programs are at work at once. */
const EVENTS = 100;
const MNTNS = 4026531841;

/** Times with the first `count` rules of the mix. */
export function measureDecisions(count: number): DecisionTimes {
  const rules = mixRules(count);
  const start = performance.now();
  const context: PluginContext = { clock: () => 0, verifiedExe: ({ task }) => task.exeMntns === MNTNS };
  const compiled = new CompiledRules(compileRules({ rules, defaults: new Map() }, context), context);
  const compile = performance.now() - start;
  const chain = new Chain([{
    name: "rules",
    events: ["snet.connect"],
    instance: {
      decide: (event) => compiled.decide(event),
      rules: rules.map(({ name, where }) => ({ name: name!, where })),
    },
  }], "deny");
  return {
    rules: count,
    compile,
    nanoseconds: {
      first: measure(chain, TEN, hitOf),
      last: measure(chain, TEN, (index) => hitOf(count - 1 - index)),
      none: measure(chain, EVENTS, missOf),
      spread: measure(chain, EVENTS, (index) => hitOf(Math.floor(index * count / EVENTS))),
    },
  };
}

function measure(chain: Chain, count: number, make: (index: number) => MixEvent): number {
  const messages = Array.from({ length: count }, (_, index) => encode(make(index)));
  run(chain, messages);
  const times = Array.from({ length: ROUNDS }, () => run(chain, messages));
  return times.toSorted((a, b) => a - b)[ROUNDS >> 1]!;
}

const message = new EventMessage();

function run(chain: Chain, messages: readonly DataView[]): number {
  const start = performance.now();
  for (let i = 0, at = 0; i < DECISIONS; i++) {
    const view = messages[at]!;
    if (!message.reset(view, 0, view.byteLength)) throw new Error("a message of the benchmark is malformed");
    chain.decide(message);
    at = at + 1 === messages.length ? 0 : at + 1;
  }
  return (performance.now() - start) * 1e6 / DECISIONS;
}

/** The message in which the kernel would send the event. */
function encode(init: MixEvent): DataView {
  const { task, socket, remote } = event(init);
  const notice: EventNotice = {
    id: 1n,
    event: Event.SnetConnect,
    eventFlags: 0,
    time: 1n,
    timeLeft: 5000,
    pid: 1,
    tid: 1,
    ppid: 1,
    startTime: 1n,
    uid: task.uid,
    gid: task.gid,
    comm: task.comm,
    exe: task.exe!,
    exeDev: 1n,
    exeIno: 1n,
    exeGeneration: 1,
    exeCtime: 1n,
    exeMntns: MNTNS,
    cgroup: 1n,
    netns: 1,
    mntns: MNTNS,
    ...socket,
    cookie: 1n,
    remote: {
      family: remote!.family,
      ...(remote!.ipv4 === undefined ? { ipv6: remote!.ipv6! } : { ipv4: ipv4Bytes(remote!.ipv4) }),
      port: remote!.port!,
    },
  };
  const writer = new MessageWriter(4096);
  writer.begin(0x20, 0, 0, Command.Event, 1);
  writeAttributes(writer, "snet", notice);
  writer.end();
  return new DataView(writer.bytes.buffer, 0, writer.length);
}

function ipv4Bytes(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

if (import.meta.main) {
  console.log("     rules  compile ms   first ns    last ns    none ns  spread ns");
  for (const count of [10, 100, 1000, 10_000, 100_000]) {
    const { compile, nanoseconds: { first, last, none, spread } } = measureDecisions(count);
    console.log(
      [count, compile, first, last, none, spread].map((value) => value.toFixed(0).padStart(10)).join(" "),
    );
  }
}
