/**
 * What a call costs that `ratelimit` counts: from the bytes of its message to the answer of the chain, beside a chain
 * whose one plugin has no opinion. Run `deno run --allow-read tests/bench/ratelimit.ts` for a table.
 */

import { Chain } from "../../core/chain.ts";
import type { PluginContext, PluginInstance } from "../../core/mod.ts";
import { MessageWriter, writeAttributes } from "../../ffi/codec.ts";
import { EventMessage } from "../../ffi/event.ts";
import { Command, Event } from "../../ffi/protocol.ts";
import type { PartOfKey } from "../../plugins/ratelimit/key.ts";
import ratelimit from "../../plugins/ratelimit/mod.ts";

const ROUNDS = 7;
const DECISIONS = 300_000;

/** One call for each key: programs, users and destinations differ. */
function messageOf(index: number): DataView {
  const writer = new MessageWriter(1024);
  writer.begin(0x20, 0, 0, Command.Event, 1);
  writeAttributes(writer, "snet", {
    id: 1n,
    event: Event.SnetConnect,
    eventFlags: 0,
    time: 1n,
    timeLeft: 5000,
    pid: 1,
    tid: 1,
    ppid: 1,
    startTime: 1n,
    uid: 1000 + index,
    gid: 1000,
    comm: "curl",
    exe: "/usr/bin/curl",
    exeDev: 0x802n,
    exeIno: 100n + BigInt(index),
    exeGeneration: 1,
    exeCtime: 1n,
    exeMntns: 1,
    cgroup: 1n,
    netns: 1,
    mntns: 1,
    family: 2,
    type: 1,
    protocol: 6,
    cookie: 1n,
    remote: { family: 2, ipv4: Uint8Array.of(10, index >>> 16, index >>> 8, index), port: 443 },
  });
  writer.end();
  return new DataView(writer.bytes.slice(0, writer.length).buffer);
}

const context: PluginContext = { clock: Date.now, verifiedExe: () => true };

function limiter(method: "token-bucket" | "sliding-window", by: readonly PartOfKey[]): PluginInstance {
  const options = {
    rate: 100,
    per: 1000,
    method,
    burst: undefined,
    by,
    events: ["snet.out"],
    except: [],
  } as const;
  const rest = { over: "deny", errno: "EPERM", below: "pass", keys: 100_000 } as const;
  return ratelimit.setup(ratelimit.prepare!({ ...options, ...rest }, context), context) as PluginInstance;
}

function measure(instance: PluginInstance, messages: readonly DataView[]): number {
  const chain = new Chain([{ name: "measured", events: ["snet.connect"], instance }], "deny");
  const message = new EventMessage();
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    for (let i = 0; i < DECISIONS; i++) {
      const view = messages[i % messages.length]!;
      if (!message.reset(view, 0, view.byteLength)) {
        throw new Error("a message of the benchmark is malformed");
      }
      chain.decide(message);
    }
    return (performance.now() - start) * 1e6 / DECISIONS;
  });
  return times.toSorted((a, b) => a - b)[ROUNDS >> 1]!;
}

if (import.meta.main) {
  const all = Array.from({ length: 100_000 }, (_, index) => messageOf(index));
  console.log("keys     bare   method           by                    ns more");
  for (const count of [1, 1000, 100_000]) {
    const messages = all.slice(0, count);
    const bare = measure({ decide: () => undefined }, messages);
    for (const method of ["token-bucket", "sliding-window"] as const) {
      for (const by of [["user"], ["program"], ["user", "destination"]] as const) {
        const more = measure(limiter(method, by), messages) - bare;
        const cells = [String(count).padEnd(8), bare.toFixed(0).padEnd(6), method.padEnd(16)];
        console.log([...cells, by.join(", ").padEnd(20), more.toFixed(0).padStart(7)].join(" "));
      }
    }
  }
}
